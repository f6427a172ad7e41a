use super::*;

fn parse(patterns: &[&str]) -> Patterns {
    Patterns::parse(patterns, Case::Sensitive).unwrap()
}

#[test]
fn a_pattern_matches_the_paths_restic_says_it_matches() {
    for (pattern, path, expected) in [
        ("*.go", "/foo/bar/test.go", true),
        ("*.c", "/foo/bar/test.go", false),
        ("**", "/foo/bar/test.go", true),
        ("foo*", "/foo/bar/test.go", true),
        ("/bar*", "/foo/bar/test.go", false),
        ("bar/*", "/foo/bar/test.go", true),
        ("ba*/*.go", "/foo/bar/test.go", true),
        ("tesT.*", "/foo/bar/test.go", false),
        ("/foo/bar/", "/foo/bar", true),
        ("/foo///bar", "/foo/bar", true),
        ("/foo/../bar", "/foo/bar", false),
        ("/foo/../bar", "/bar", true),
        ("/foo", "/foo/baz", true),
        ("/foo/*", "/foo", false),
        ("/foo/**", "/foo", true),
        ("bar", "/foo/bar/baz", true),
        ("/foo/*test.*", "/foo/bar/test.go", false),
        ("/foo/*/test.*", "/foo/bar/test.go", true),
        ("/*/*/baz/test.*", "/foo/bar/baz/test.go", true),
        ("foo/**/bar/*.go", "/home/user/foo/work/special/project/bar/test.go", true),
        ("foo/**/bar/*.go", "/home/user/foo/bar/test.go", true),
        ("foo/**/bar/*.go", "foo/bar/baz/bar/test.go", true),
        ("foo/**/bar/*.go", "bar/main.go", false),
        ("foo/**/bar/**/x", "/home/user/foo/blaaa/blaz/bar/shared/work/x", true),
        ("user/**/important*", "/home/user/work/x/y/hidden/x", false),
        ("user/**/hidden*/**/c", "/home/user/work/x/y/hidden/z/a/b/c", true),
        ("[a-c]at", "/x/bat", true),
        ("[^a-c]at", "/x/bat", false),
        (r"\*", "/x/*", true),
        (r"\*", "/x/y", false),
        ("é?.txt", "/éü.txt", true),
        ("a*b*c", "/aXbYbZc", true),
        ("a*b*c", "/aXbYbZd", false),
    ] {
        assert_eq!(parse(&[pattern]).matches(path.as_bytes()), expected, "{pattern} on {path}");
    }
}

#[test]
fn a_directory_is_entered_where_something_below_it_can_match() {
    for (pattern, path, expected) in [
        ("foo/bar", "/foo", true),
        ("/foo/bar", "/foo", true),
        ("/foo/bar/baz", "/foo/baz", false),
        ("/foo/**/qux", "/foo/bar/baz/boo", true),
        ("/foo/*/qux", "/foo/bar", true),
        ("/foo/*/qux", "/foo/bar/boo", false),
        ("/baz/bar", "/foo", false),
        ("/**/bar", "/foo/bar", true),
        ("/bar/*", "/foo", false),
    ] {
        assert_eq!(parse(&[pattern]).verdict(path.as_bytes()).child_may_match, expected, "{pattern} on {path}");
    }
}

#[test]
fn a_negated_pattern_takes_back_what_earlier_ones_matched() {
    let patterns = parse(&["/home/*/*", "!/home/ann/Documents", "*.o"]);
    for (path, expected) in [
        ("/home/ann/Downloads", true),
        ("/home/ann/Documents", false),
        ("/home/ann/Documents/letter", false),
        ("/home/ann/Documents/main.o", true),
    ] {
        assert_eq!(patterns.matches(path.as_bytes()), expected, "{path}");
    }
}

#[test]
fn case_is_ignored_where_asked_in_any_script() {
    let patterns = Patterns::parse(["*.JPG", "ÉTÉ"], Case::Insensitive).unwrap();
    for (path, expected) in [("/a/x.jpg", true), ("/a/X.JpG", true), ("/été/x", true), ("/ete/x", false)] {
        assert_eq!(patterns.matches(path.as_bytes()), expected, "{path}");
    }
    assert!(patterns.matches(b"/\xff\xfe.Jpg"), "a name that is not UTF-8 is folded as ASCII");
}

#[test]
fn names_that_are_not_utf8_match_byte_by_byte() {
    assert!(Patterns::parse([b"/a\xff/?".as_slice()], Case::Sensitive).unwrap().matches(b"/a\xff/\xfe"));
}

#[test]
fn a_malformed_pattern_is_refused_by_name() {
    for wrong in ["a[", "a/[x", "[]a]", "[a-]", r"x\", "**/[b"] {
        let error = Patterns::parse([wrong], Case::Sensitive).expect_err(wrong);
        assert_eq!(error.pattern, wrong);
    }
}

#[test]
fn a_path_itself_matches_only_up_to_its_end() {
    for (pattern, path, expected) in [
        ("foo", "/foo", true),
        ("foo", "/foo/bar", false),
        ("*.d", "/a.d/b.d", true),
        ("/etc/**/x", "/etc/x", true),
        ("/etc/**/x", "/etc/a/b/x", true),
        ("/etc/**/x", "/etc/a/x/b", false),
        ("/etc/**", "/etc/a/b", true),
        ("a/**/b/**/c", "/a/1/b/2/3/c", true),
        ("a/**/b/**/c", "/a/1/b/2/3/c/d", false),
        ("a/*", "/x/a/b", true),
    ] {
        assert_eq!(parse(&[pattern]).matches_itself(path.as_bytes()), expected, "{pattern} on {path}");
    }
}
