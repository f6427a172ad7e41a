//! Data from a pipe or a command: one file in the snapshot, stored only when its producer succeeded.

mod support;

use std::io::Write as _;
use std::process::Stdio;

use support::{World, files_below};

#[test]
fn what_a_command_prints_becomes_a_file() {
    let world = World::new();
    world
        .run(["backup", "--stdin-from-command", "--stdin-filename", "db/dump.sql", "--", "printf", "%s", "a b  $HOME"])
        .succeeds();
    // No shell looked at the words.
    assert_eq!(world.run(["dump", "latest", "/db/dump.sql"]).succeeds().text(), "a b  $HOME");
}

#[test]
fn a_command_that_fails_leaves_no_snapshot_even_if_it_printed_something() {
    let world = World::new();
    for script in ["echo partial; exit 3", "echo partial; kill -9 $$", "exit 1"] {
        let ran = world.run(["backup", "--stdin-from-command", "--", "sh", "-c", script]);
        ran.ends_with(27).says("no snapshot was stored");
        assert!(files_below(&world.repository().join("snapshots")).is_empty(), "{script:?} left a snapshot");
        assert!(files_below(&world.repository().join("locks")).is_empty(), "{script:?} left a lock");
    }
    world.run(["backup", "--stdin-from-command"]).ends_with(2);
}

#[test]
fn what_is_piped_in_becomes_a_file() {
    let world = World::new();
    let data: Vec<u8> = (0..3_000_000u32).flat_map(u32::to_le_bytes).collect();
    let mut child = world
        .command()
        .args(["backup", "--stdin", "--stdin-filename", "numbers"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&data).unwrap();
    assert!(child.wait().unwrap().success());
    assert!(world.run(["dump", "latest", "numbers"]).succeeds().stdout == data, "the piped bytes came back different");
}

#[test]
fn lists_of_paths_are_read_in_three_ways() {
    let world = World::new();
    world.small_tree();
    world.write("source/#odd name*", "odd");
    world.write("globbed", "# a comment\nsource/*.txt\n\n");
    world.write("verbatim", "source/#odd name*\n");
    world.write("raw", "source/sub/empty\0source/a.txt\0");
    for (option, list, names) in [
        ("--files-from", "globbed", vec!["/source", "/source/a.txt"]),
        ("--files-from-verbatim", "verbatim", vec!["/source", "/source/#odd name*"]),
        ("--files-from-raw", "raw", vec!["/source", "/source/a.txt", "/source/sub", "/source/sub/empty"]),
    ] {
        world.run(["backup", option, list]).succeeds();
        let listed = world.run(["ls", "latest"]).succeeds().text();
        assert_eq!(listed.lines().collect::<Vec<_>>(), names, "{option}");
    }
}

#[test]
fn what_is_excluded_is_left_out() {
    let world = World::new();
    world.small_tree();
    world.write("source/Big.BIN", vec![7; 5000]);
    world.write("source/cache/CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55\n");
    world.write("source/cache/junk", "junk");
    world.write("source/skip/.nobackup", "");
    world.write("source/skip/file", "file");
    world.write("patterns", "# comment\n*.txt\n");
    let listed = |options: &[&str]| {
        world.run(["backup", "source"].iter().chain(options)).succeeds();
        world.run(["ls", "latest"]).succeeds().text()
    };
    for (options, gone, kept) in [
        (vec!["--exclude", "*.txt"], "a.txt", "Big.BIN"),
        (vec!["--iexclude", "*.bin"], "Big.BIN", "a.txt"),
        (vec!["--exclude-file", "patterns"], "a.txt", "Big.BIN"),
        (vec!["--exclude-caches"], "cache/junk", "a.txt"),
        (vec!["--exclude-if-present", ".nobackup"], "skip/file", "a.txt"),
        (vec!["--exclude-larger-than", "4K"], "Big.BIN", "a.txt"),
    ] {
        let listed = listed(&options);
        assert!(!listed.contains(gone), "{options:?} kept {gone}: {listed}");
        assert!(listed.contains(kept), "{options:?} lost {kept}: {listed}");
    }
}
