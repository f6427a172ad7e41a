//! Browsing what the real restic stored: list, find, compare, count, and dump into what tar and unzip read.

use std::fs;
use std::process::Command;

use rempart_archive::browse::{
    ArchiveFormat, BrowseError, ChangeKind, CountMode, Criteria, DiffOptions, Find, List, ListOptions, diff,
    dump_archive, dump_file, resolve, size_stats,
};
use rempart_archive::cancel::CancelToken;
use rempart_archive::pattern::{Case, Patterns};
use rempart_archive::restore::RestoreOptions;
use rempart_format::{BlobKind, NodeKind};
use rempart_restore_tests::{Lab, explain};
use rempart_tests_support::tree::{self, Aspects};
use rempart_tests_support::{Tool, strange};

fn paths_of(lab: &Lab) -> Vec<String> {
    let listing = Command::new("find")
        .args([".", "-mindepth", "1", "!", "-type", "s"])
        .current_dir(lab.source())
        .output()
        .expect("run find");
    let mut paths: Vec<String> =
        String::from_utf8_lossy(&listing.stdout).lines().map(|line| line[1..].to_owned()).collect();
    paths.sort();
    paths
}

#[test]
fn a_listing_holds_every_path_and_a_sub_path_its_own() {
    let lab = Lab::new("list", Tool::Restic);
    fs::create_dir_all(lab.source().join("a/b/c")).expect("make folders");
    for name in ["a.txt", "a/x", "a/b/y", "a/b/c/z", "a/b/c/zz", "b"] {
        fs::write(lab.source().join(name), name).expect("write");
    }
    let snapshot = lab.back_up();
    let list = |path: &str, recursive| {
        let options = ListOptions { recursive, prefix: path.as_bytes().to_vec() };
        let mut list = List::of(&snapshot.repository, &snapshot.at(path), &options);
        let mut paths = Vec::new();
        while let Some(entry) = list.next_entry() {
            paths.push(String::from_utf8_lossy(entry.expect("readable").path).into_owned());
        }
        paths
    };
    let mut all = list("/", true);
    all.sort();
    assert_eq!(all, paths_of(&lab));
    assert_eq!(list("", false), ["/a", "/a.txt", "/b"]);
    assert_eq!(list("/a/b", true), ["/a/b/c", "/a/b/c/z", "/a/b/c/zz", "/a/b/y"]);
    assert_eq!(list("a/b/y", true), ["a/b/y"].map(|path| format!("/{path}")), "a file lists itself");
    let refusal = |path: &str| resolve(&snapshot.repository, snapshot.snapshot.tree, path.as_bytes()).expect_err(path);
    assert!(matches!(refusal("/a/nothing"), BrowseError::NotFound { .. }));
    assert!(matches!(refusal("/a/../b"), BrowseError::NotFound { .. }));
    assert!(matches!(refusal("/b/c"), BrowseError::NotADirectory { .. }));
}

#[test]
fn entries_are_found_by_name_kind_size_time_and_blob() {
    let lab = Lab::new("find", Tool::Restic);
    fs::create_dir_all(lab.source().join("Docs/old")).expect("make folders");
    fs::write(lab.source().join("Docs/Letter.TXT"), "letter").expect("write");
    fs::write(lab.source().join("Docs/old/letter.txt"), vec![1; 5000]).expect("write");
    strange::set_time(&lab.source().join("Docs/old/letter.txt"), 1_000_000_000, 0);
    let snapshot = lab.back_up();
    let find = |criteria: Criteria| {
        let place = snapshot.at("/");
        let mut find = Find::within(&snapshot.repository, &place, &criteria);
        let mut paths = Vec::new();
        while let Some(found) = find.next_found() {
            paths.push(String::from_utf8_lossy(found.expect("readable").entry.path).into_owned());
        }
        paths
    };
    let named = |pattern: &str, case| Criteria {
        patterns: Patterns::parse([pattern], case).expect("a pattern"),
        ..Criteria::default()
    };
    assert_eq!(find(named("letter.txt", Case::Sensitive)), ["/Docs/old/letter.txt"]);
    assert_eq!(find(named("letter.*", Case::Insensitive)), ["/Docs/Letter.TXT", "/Docs/old/letter.txt"]);
    assert_eq!(find(named("Docs", Case::Sensitive)), ["/Docs"], "what lies in a folder is not found by its name");
    assert_eq!(find(named("/Docs/*/l*", Case::Sensitive)), ["/Docs/old/letter.txt"]);
    let folders = Criteria { kinds: vec![NodeKind::Dir], ..Criteria::default() };
    assert_eq!(find(folders), ["/Docs", "/Docs/old"]);
    let large = Criteria { size_min_bytes: Some(1000), ..Criteria::default() };
    assert_eq!(find(large), ["/Docs/old/letter.txt"]);
    let until = rempart_format::FileTime { seconds: 1_000_000_000, nanoseconds: 0 };
    let old = Criteria { modified_until: Some(until), ..Criteria::default() };
    assert_eq!(find(old), ["/Docs/old/letter.txt"]);
    let place = snapshot.at("/Docs/Letter.TXT");
    let blob = place.node().expect("a file").content()[0];
    let by_blob = Criteria { blobs: [blob].into_iter().collect(), ..Criteria::default() };
    assert_eq!(find(by_blob), ["/Docs/Letter.TXT"]);
    let by_tree = Criteria { trees: snapshot.at("/Docs/old").tree().into_iter().collect(), ..Criteria::default() };
    assert_eq!(find(by_tree), ["/Docs/old"]);
}

#[test]
fn a_comparison_names_every_kind_of_change() {
    let lab = Lab::new("diff", Tool::Restic);
    let write = |name: &str, content: &str| fs::write(lab.source().join(name), content).expect("write");
    for folder in ["same", "gone", "both"] {
        fs::create_dir(lab.source().join(folder)).expect("make a folder");
        write(&format!("{folder}/inner"), folder);
    }
    write("modified", "before");
    write("touched", "same");
    write("kind", "a file");
    let old = lab.back_up();
    fs::remove_dir_all(lab.source().join("gone")).expect("remove");
    write("modified", "after");
    strange::set_time(&lab.source().join("touched"), 5, 5);
    fs::remove_file(lab.source().join("kind")).expect("remove");
    fs::create_dir(lab.source().join("kind")).expect("make a folder");
    write("kind/new", "new");
    write("both/added", "added");
    let new = lab.back_up();

    let mut changes = Vec::new();
    let options = DiffOptions { metadata: true, count_blobs: true };
    let (from, to) = (old.snapshot.tree, new.snapshot.tree);
    let stats = diff(&new.repository, from, to, options, &CancelToken::new(), &mut |change| {
        let change = change.expect("readable");
        let is_folder = change.new.or(change.old).is_some_and(|node| node.kind == NodeKind::Dir);
        if !(is_folder && change.kind == ChangeKind::Metadata) {
            changes.push((String::from_utf8_lossy(change.path).into_owned(), change.kind));
        }
        true
    })
    .expect("compared");
    changes.sort_by(|a, b| a.0.cmp(&b.0));
    use ChangeKind::{Added, Metadata, Modified, Removed, TypeChanged};
    let expected = [
        ("/both/added", Added),
        ("/gone", Removed),
        ("/gone/inner", Removed),
        ("/kind", TypeChanged),
        ("/kind/new", Added),
        ("/modified", Modified),
        ("/touched", Metadata),
    ];
    assert_eq!(changes, expected.map(|(path, kind)| (path.to_owned(), kind)));
    assert_eq!((stats.added.files, stats.added.data_blobs), (2, 3), "{stats:?}");
    assert_eq!((stats.removed.files, stats.removed.directories, stats.removed.data_blobs), (1, 1, 3), "{stats:?}");
    assert_eq!((stats.modified, stats.type_changed, stats.unreadable), (1, 1, 0), "{stats:?}");
}

#[test]
fn a_tar_of_the_strange_tree_unpacks_to_what_was_backed_up() {
    // Given a snapshot of everything a file system can hold
    let lab = Lab::new("tar", Tool::Restic);
    strange::make(&lab.source());
    fs::write(lab.source().join("large"), strange::noise(3, 5_000_000)).expect("write");
    let long = "long/".repeat(40);
    fs::create_dir_all(lab.source().join(&long)).expect("make folders");
    fs::write(lab.source().join(&long).join("name".repeat(30)), "long").expect("write");
    let snapshot = lab.back_up();

    // When it is dumped as tar and unpacked by GNU tar
    let archive = lab.target("archive.tar");
    let mut out = fs::File::create(&archive).expect("make the archive");
    let stats =
        dump_archive(&snapshot.repository, &snapshot.at("/"), ArchiveFormat::Tar, &mut out, &CancelToken::new())
            .unwrap_or_else(|error| panic!("{}", explain(&error)));
    assert!(stats.left_out.is_empty(), "{:?}", stats.left_out);
    let target = lab.target("unpacked");
    fs::create_dir(&target).expect("make the target");
    let unpacked = Command::new("tar")
        .args(["--extract", "--same-permissions", "--same-owner", "--xattrs", "--xattrs-include=*", "--file"])
        .arg(&archive)
        .current_dir(&target)
        .output()
        .expect("start tar");
    assert!(unpacked.status.success(), "{}", String::from_utf8_lossy(&unpacked.stderr));

    // Then it is the tree, times and owners, links and attributes included
    let aspects = Aspects { sockets: false, top: false, ..tree::ALL };
    let differences = tree::differences(&lab.source(), &target, aspects);
    assert!(differences.is_empty(), "{differences:#?}");
}

#[test]
fn a_zip_unpacks_to_the_same_files() {
    let lab = Lab::new("zip", Tool::Restic);
    fs::create_dir_all(lab.source().join("folder/empty")).expect("make folders");
    for (name, content) in
        [("folder/été.txt", strange::noise(1, 100_000)), ("zeros", vec![0; 3_000_000]), ("none", vec![])]
    {
        fs::write(lab.source().join(name), content).expect("write");
    }
    let snapshot = lab.back_up();
    let archive = lab.target("archive.zip");
    let mut out = fs::File::create(&archive).expect("make the archive");
    let stats =
        dump_archive(&snapshot.repository, &snapshot.at("/"), ArchiveFormat::Zip, &mut out, &CancelToken::new())
            .unwrap_or_else(|error| panic!("{}", explain(&error)));
    assert_eq!(stats.entries, 5, "{stats:?}");
    // python3 is on every Debian; its zipfile checks each checksum.
    let script =
        "import sys,zipfile; z=zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; z.extractall(sys.argv[2])";
    let target = lab.target("unpacked");
    let unpacked = Command::new("python3").args(["-c", script]).arg(&archive).arg(&target).output();
    let unpacked = unpacked.expect("start python3: install python3");
    assert!(unpacked.status.success(), "{}", String::from_utf8_lossy(&unpacked.stderr));
    for name in ["folder/été.txt", "zeros", "none"] {
        let same = fs::read(lab.source().join(name)).expect(name) == fs::read(target.join(name)).expect(name);
        assert!(same, "{name} has other bytes");
    }
    assert!(target.join("folder/empty").is_dir());
}

#[test]
fn one_file_is_dumped_as_it_was_and_a_folder_is_refused() {
    let lab = Lab::new("dump", Tool::Restic);
    let content = strange::noise(9, 40_000_000);
    fs::write(lab.source().join("file"), &content).expect("write");
    let snapshot = lab.back_up();
    let place = snapshot.at("/file");
    let mut out = Vec::new();
    let node = place.node().expect("a file");
    let written = dump_file(&snapshot.repository, b"/file", node, &mut out, &CancelToken::new());
    assert_eq!(written.expect("dumped"), content.len() as u64);
    assert!(out == content, "the bytes are not the file's");
    let mut folder = node.clone();
    folder.kind = NodeKind::Dir;
    let refused = dump_file(&snapshot.repository, b"/file", &folder, &mut out, &CancelToken::new());
    assert!(matches!(refused, Err(BrowseError::NotAFile { .. })), "{refused:?}");
}

#[test]
fn sizes_are_counted_as_restic_counts_them() {
    let lab = Lab::new("stats", Tool::Restic);
    fs::write(lab.source().join("one"), strange::noise(1, 10_000)).expect("write");
    fs::copy(lab.source().join("one"), lab.source().join("copy")).expect("copy");
    fs::hard_link(lab.source().join("one"), lab.source().join("link")).expect("link");
    fs::write(lab.source().join("two"), strange::noise(2, 500)).expect("write");
    let first = lab.back_up();
    fs::write(lab.source().join("three"), strange::noise(3, 7)).expect("write");
    let second = lab.back_up();
    let count = |mode| {
        let roots = [first.snapshot.tree, second.snapshot.tree];
        let stored = |_: BlobKind, _: &_| Some(1000);
        size_stats(&second.repository, roots, mode, &stored, &CancelToken::new(), &mut |error| {
            panic!("{}", explain(&error))
        })
        .expect("counted")
    };
    let stats = count(CountMode::RestoreSize);
    assert_eq!((stats.files, stats.total_bytes), (4 + 5, 2 * (10_000 + 10_000 + 500) + 7), "{stats:?}");
    let stats = count(CountMode::FilesByContents);
    assert_eq!((stats.files, stats.total_bytes), (3, 10_507), "{stats:?}");
    let stats = count(CountMode::BlobsPerFile);
    assert_eq!(stats.total_bytes, 10_000 * 3 + 507, "{stats:?}");
    let stats = count(CountMode::RawData);
    // Three chunks and two root trees.
    assert_eq!((stats.blobs, stats.total_bytes), (5, 5000), "{stats:?}");
}

#[test]
fn a_sub_path_is_restored_into_the_target_itself() {
    let lab = Lab::new("subpath", Tool::Restic);
    fs::create_dir_all(lab.source().join("etc/ssh")).expect("make folders");
    fs::write(lab.source().join("etc/ssh/config"), "config").expect("write");
    let snapshot = lab.back_up();
    for (path, expected) in [("/etc", "ssh/config"), ("/etc/ssh/config", "config")] {
        let target = lab.target(expected.rsplit('/').next_back().expect("a name"));
        let report = rempart_archive::restore::restore(
            &snapshot.repository,
            &snapshot.at(path),
            &target,
            &RestoreOptions { verify: true, ..RestoreOptions::default() },
            &rempart_archive::restore::NoObserver,
            &CancelToken::new(),
        )
        .expect("restored");
        assert!(report.problems.is_empty(), "{path}: {:?}", report.problems);
        assert_eq!(fs::read_to_string(target.join(expected)).expect(path), "config", "{path}");
    }
}
