//! `--json`: every command prints one object a line, each with a type, and closes with a summary.

mod support;

use std::ffi::OsStr;

use serde_json::Value;
use support::{Ran, World, files_below};

/// Runs with `--json`; the summary must have these fields.
#[track_caller]
fn summary_of(world: &World, arguments: &[&str], fields: &[&str]) -> Value {
    let ran = world.run(arguments.iter().chain(&["--json"])).succeeds();
    assert!(!ran.json().is_empty(), "{arguments:?}");
    let summary = ran.summary();
    for field in fields {
        assert!(!summary[field].is_null(), "{arguments:?}: the summary lacks {field}: {summary}");
    }
    summary
}

#[test]
fn every_command_closes_with_a_summary() {
    let world = World::empty();
    summary_of(&world, &["init"], &["id", "repository"]);
    let source = world.small_tree();
    let path = source.to_str().unwrap();
    summary_of(
        &world,
        &["backup", path, "--tag", "one"],
        &["snapshot_id", "files_new", "data_added", "total_duration"],
    );
    world.write("source/new", "new");
    summary_of(&world, &["backup", path], &["snapshot_id"]);

    let listed = summary_of(&world, &["snapshots"], &["snapshots"]);
    assert_eq!(listed["snapshots"], 2);
    let lines = world.run(["snapshots", "--json"]).succeeds().messages("snapshot");
    assert_eq!(lines.len(), 2, "one line for each: {lines:?}");
    for line in &lines {
        assert_eq!(line["id"].as_str().map(str::len), Some(64), "{line}");
        assert_eq!((&line["paths"][0], line["time"].is_string()), (&path.into(), true), "{line}");
    }
    summary_of(&world, &["ls", "latest"], &["entries", "bytes"]);
    let found = summary_of(&world, &["find", "*.txt"], &["hits"]);
    assert_eq!(found["hits"], 4, "two files in two snapshots: {found}");
    let diff = summary_of(&world, &["diff", "latest~1", "latest"], &["changed_files", "added", "removed"]);
    assert_eq!(diff["added"]["files"], 1, "{diff}");
    summary_of(&world, &["stats"], &["total_size", "snapshots_count"]);
    summary_of(&world, &["stats", "--mode", "raw-data"], &["total_size", "total_blob_count"]);
    summary_of(&world, &["tag", "latest", "--add", "two"], &["changed_snapshots"]);
    summary_of(&world, &["key", "list"], &["keys"]);
    summary_of(&world, &["check"], &["num_errors"]);
    summary_of(&world, &["check", "--read-data"], &["num_errors"]);
    let target = world.path("back");
    let target = target.to_str().unwrap();
    let restored =
        summary_of(&world, &["restore", "latest", "--target", target], &["files_restored", "bytes_restored"]);
    assert_eq!(restored["errors"], 0);
    world.run(["init", "--repo", world.path("second").to_str().unwrap()]).succeeds();
    let mut copy = world.command();
    copy.env("REMPART_FROM_PASSWORD", support::PASSWORD);
    copy.args(["copy", "--from-repo", world.repository().to_str().unwrap()]);
    copy.args(["--repo", world.path("second").to_str().unwrap(), "--json"]);
    assert_eq!(Ran::of(&mut copy).succeeds().summary()["snapshots_copied"], 2);
    summary_of(&world, &["forget", "--keep-last", "1", "--dry-run"], &["removed"]);
    let forgotten = summary_of(&world, &["forget", "--keep-last", "1"], &["kept"]);
    assert_eq!((&forgotten["kept"], &forgotten["removed"]), (&1.into(), &1.into()), "{forgotten}");
    summary_of(&world, &["prune", "--dry-run"], &[]);
    summary_of(&world, &["prune"], &[]);
    summary_of(&world, &["repair", "index"], &[]);
    summary_of(&world, &["repair", "snapshots"], &[]);
    summary_of(&world, &["unlock"], &["removed"]);
    summary_of(&world, &["cat", "config"], &[]);
    summary_of(&world, &["dump", "latest", path, "--target", world.path("dump.tar").to_str().unwrap()], &[]);
    summary_of(&world, &["completions", "bash"], &[]);
    summary_of(&world, &["man"], &[]);
}

#[test]
fn a_backup_reports_progress_and_every_file_when_asked() {
    let world = World::new();
    let source = world.small_tree();
    let ran = world.run([OsStr::new("backup"), source.as_os_str(), OsStr::new("--json"), OsStr::new("-vv")]).succeeds();
    let status = ran.messages("status");
    let last = status.last().unwrap_or_else(|| panic!("no status in {}", ran.text()));
    assert_eq!((&last["files_done"], &last["total_files"]), (&3.into(), &3.into()), "{last}");
    assert_eq!(last["percent_done"], 1.0, "{last}");
    let items: Vec<Value> = ran.messages("verbose_status");
    for name in ["a.txt", "sub/b.txt", "sub/empty"] {
        let path = source.join(name);
        let found = items.iter().find(|item| item["item"] == path.to_str().unwrap());
        let item = found.unwrap_or_else(|| panic!("{name} is not reported in {}", ran.text()));
        assert_eq!(item["action"], "new", "{item}");
    }
    // Only a quiet run has nothing but its summary.
    let quiet =
        world.run([OsStr::new("backup"), source.as_os_str(), OsStr::new("--json"), OsStr::new("-q")]).succeeds();
    assert_eq!(quiet.json().len(), 1, "{}", quiet.text());
}

#[test]
fn a_failure_is_an_object_on_the_standard_error() {
    let world = World::empty();
    let ran = world.run(["snapshots", "--json"]).ends_with(10);
    assert_eq!(ran.text(), "", "a failure prints no result");
    let error: Value = serde_json::from_str(ran.stderr.trim()).unwrap_or_else(|e| panic!("{e}: {}", ran.stderr));
    assert_eq!((&error["message_type"], &error["code"]), (&"exit_error".into(), &10.into()), "{error}");
}

#[test]
fn results_go_to_the_standard_output_and_messages_to_the_standard_error() {
    let world = World::new();
    let source = world.small_tree();
    let ran = world.run([OsStr::new("backup"), source.as_os_str(), OsStr::new("--quiet")]).succeeds();
    assert_eq!((ran.text().as_str(), ran.stderr.as_str()), ("", ""), "a quiet success says nothing");
    let dumped = world.run(["dump", "latest", source.join("a.txt").to_str().unwrap()]).succeeds();
    assert_eq!(dumped.stdout, b"alpha\n", "dump prints the file and nothing else");
    assert_eq!(files_below(&source).len(), 3);
}
