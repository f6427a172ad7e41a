//! Arguments that are not text, and everything that is generated from the definitions.

mod support;

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

use support::{Ran, World, files_below};

/// Every command, as a user types it.
const COMMANDS: &[&[&str]] = &[
    &["init"],
    &["backup"],
    &["snapshots"],
    &["ls"],
    &["find"],
    &["diff"],
    &["dump"],
    &["restore"],
    &["forget"],
    &["prune"],
    &["check"],
    &["repair", "index"],
    &["repair", "snapshots"],
    &["copy"],
    &["tag"],
    &["stats"],
    &["key", "list"],
    &["key", "add"],
    &["key", "remove"],
    &["key", "passwd"],
    &["unlock"],
    &["cat"],
    &["completions"],
    &["man"],
];

#[test]
fn docs_cli_md_is_what_the_definitions_say() {
    let generated = World::empty().run(["docs"]).succeeds().text();
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/cli.md");
    if std::env::var_os("REMPART_WRITE_DOCS").is_some() {
        std::fs::write(&path, &generated).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == generated,
        "docs/cli.md is out of step; write it with: REMPART_WRITE_DOCS=1 cargo test -p rempart --test command_line"
    );
}

#[test]
fn every_command_has_help_a_man_page_and_a_place_in_the_docs() {
    let world = World::empty();
    let pages = world.path("man");
    world.run([OsStr::new("man"), OsStr::new("--output-dir"), pages.as_os_str()]).succeeds();
    let docs = world.run(["docs"]).succeeds().text();
    for command in COMMANDS {
        let help = world.run(command.iter().chain(&["--help"])).succeeds().text();
        assert!(help.contains("Usage:"), "{command:?} --help: {help}");
        let page = pages.join(format!("rempart-{}.1", command.join("-")));
        assert!(page.exists(), "{} is missing", page.display());
        assert!(docs.contains(&format!("## `rempart {}`", command.join(" "))), "{command:?} is missing in the docs");
    }
    let top = world.run(["--help"]).succeeds().text();
    for command in COMMANDS {
        assert!(top.contains(command[0]), "{command:?} is missing in --help");
    }
    assert!(top.contains("Exit codes:") && top.contains("130"), "--help shows no exit codes");
    assert!(world.run(["man"]).succeeds().text().contains(".TH rempart"), "the man page is no man page");
    for shell in ["bash", "zsh", "fish"] {
        assert!(world.run(["completions", shell]).succeeds().text().contains("rempart"), "{shell}");
    }
}

#[test]
fn no_options_is_a_usage_error_and_help_is_not() {
    let world = World::empty();
    world.run::<&str>([]).ends_with(2);
    world.run(["no-such-command"]).ends_with(2);
    world.run(["backup", "--no-such-option"]).ends_with(2);
    world.run(["--version"]).succeeds().says("rempart");
}

#[test]
fn names_that_are_not_utf8_work_everywhere() {
    // Given a file whose name and folder are no text
    let world = World::new();
    let folder = world.path(OsStr::from_bytes(b"f\xffolder"));
    std::fs::create_dir(&folder).unwrap();
    let name = OsStr::from_bytes(b"na\xfe\xffme");
    std::fs::write(folder.join(name), "content").unwrap();

    // When it is backed up, listed, found, dumped and restored by that name
    world.run([OsStr::new("backup"), folder.as_os_str()]).succeeds();
    let ls = world.run(["ls", "latest"]).succeeds();
    let path = folder.join(name);
    assert!(ls.stdout.split(|b| *b == b'\n').any(|line| line == path.as_os_str().as_bytes()), "{}", ls.text());
    let found = world.run([OsStr::new("find"), name]).succeeds();
    assert!(found.stdout.windows(4).any(|window| window == b"a\xfe\xffm"), "{}", found.text());
    let dumped = world.run([OsStr::new("dump"), OsStr::new("latest"), path.as_os_str()]).succeeds();
    assert_eq!(dumped.stdout, b"content");
    let target = world.path(OsStr::from_bytes(b"b\xe9ck"));
    let mut spec = OsString::from("latest:").into_vec();
    spec.extend_from_slice(folder.as_os_str().as_bytes());
    let restore = [OsStr::new("restore"), OsStr::from_bytes(&spec), OsStr::new("--target"), target.as_os_str()];
    world.run(restore).succeeds();

    // Then the file is back under the same bytes
    assert_eq!(files_below(&target), files_below(&folder));

    // and a repository may have such a name too
    let repository = world.path(OsStr::from_bytes(b"r\xe9po"));
    world.run([OsStr::new("init"), OsStr::new("--repo"), repository.as_os_str()]).succeeds();
    assert!(repository.join("config").exists());
}

#[test]
fn a_reader_that_goes_away_is_no_error_message() {
    let world = World::new();
    for number in 0..3000 {
        world.write(format!("source/a-rather-long-name-to-fill-the-pipe-{number}"), "");
    }
    world.backup(&world.path("source"));
    let mut sh = std::process::Command::new("sh");
    let binary = env!("CARGO_BIN_EXE_rempart");
    sh.args(["-c", &format!("{{ {binary} ls latest; echo \"code $?\" >&2; }} | head -n 1")]);
    for (name, value) in world.command().get_envs() {
        sh.env(name, value.unwrap_or_default());
    }
    let ran = Ran::of(&mut sh);
    assert_eq!(ran.text().lines().count(), 1);
    assert_eq!(ran.stderr.trim(), "code 141", "something was said to a reader that went away");
}
