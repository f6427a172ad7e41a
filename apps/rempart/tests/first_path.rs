//! The way of a user on the first day: init, backup, look, restore.

mod support;

use support::{World, files_below};

#[test]
fn a_folder_is_backed_up_listed_and_restored() {
    // Given a folder and an empty repository
    let world = World::new();
    let source = world.small_tree();

    // When it is backed up
    let id = world.backup(&source);

    // Then the snapshot is listed with its path
    let listed = world.run(["snapshots", "--json"]).succeeds();
    let snapshots = listed.messages("snapshot");
    assert_eq!(snapshots.len(), 1, "{}", listed.text());
    assert_eq!(snapshots[0]["id"], id.as_str());
    assert_eq!(snapshots[0]["paths"][0], source.to_str().unwrap());

    // and its files are listed
    let ls = world.run(["ls", "latest"]).succeeds().text();
    for name in ["a.txt", "sub", "sub/b.txt", "sub/empty"] {
        let path = source.join(name);
        assert!(ls.lines().any(|line| line == path.to_str().unwrap()), "{path:?} is missing in {ls}");
    }

    // and a restore brings every byte back
    let target = world.path("back");
    world.run(["restore", "latest", "--target", target.to_str().unwrap()]).succeeds();
    assert_eq!(files_below(&target.join(source.strip_prefix("/").unwrap())), files_below(&source));
}

#[test]
fn a_second_backup_has_a_parent_and_reads_nothing_again() {
    let world = World::new();
    let source = world.small_tree();
    let first = world.backup(&source);
    let second = world.run(["backup", source.to_str().unwrap(), "--json"]).succeeds();
    let summary = second.summary();
    assert_eq!(summary["files_unmodified"], 3, "{summary}");
    assert_eq!(summary["files_new"], 0, "{summary}");
    // Folders above the source may have changed meanwhile (/tmp does), so only data is asked about.
    assert_eq!(summary["data_blobs"], 0, "{summary}");
    let snapshots = world.run(["snapshots", "--json"]).succeeds().messages("snapshot");
    assert_eq!(snapshots[1]["parent"], first.as_str());
}

#[test]
fn a_part_of_a_snapshot_is_restored_by_its_path() {
    let world = World::new();
    let source = world.small_tree();
    world.backup(&source);
    let target = world.path("back");
    let spec = format!("latest:{}/sub", source.display());
    world.run(["restore", &spec, "--target", target.to_str().unwrap()]).succeeds();
    assert_eq!(files_below(&target), files_below(&source.join("sub")));
}

#[test]
fn a_dry_run_stores_nothing_and_restores_nothing() {
    let world = World::new();
    let source = world.small_tree();
    let summary = world.run(["backup", source.to_str().unwrap(), "--dry-run", "--json"]).succeeds().summary();
    assert_eq!(summary["dry_run"], true, "{summary}");
    assert_eq!(summary["files_new"], 3, "{summary}");
    assert!(files_below(&world.repository().join("data")).is_empty(), "a dry run wrote packs");
    assert!(files_below(&world.repository().join("snapshots")).is_empty(), "a dry run wrote a snapshot");

    world.backup(&source);
    let target = world.path("back");
    let ran = world.run(["restore", "latest", "--target", target.to_str().unwrap(), "--dry-run"]).succeeds();
    assert!(ran.text().contains("a.txt"), "the dry run does not list what it would do: {}", ran.text());
    assert!(!target.exists() || files_below(&target).is_empty(), "a dry run restored files");
}

#[test]
fn a_restore_in_place_brings_back_what_was_lost() {
    let world = World::new();
    let source = world.small_tree();
    world.backup(&source);
    let before = files_below(&source);
    std::fs::write(source.join("a.txt"), "spoiled").unwrap();
    std::fs::remove_file(source.join("sub/b.txt")).unwrap();
    let spec = format!("latest:{}", source.display());
    world.run(["restore", &spec, "--in-place"]).succeeds();
    assert_eq!(files_below(&source), before);
}

#[test]
fn no_lock_stays_behind_after_any_command() {
    let world = World::new();
    let source = world.small_tree();
    world.backup(&source);
    for arguments in [vec!["snapshots"], vec!["ls", "latest"], vec!["stats"], vec!["check"], vec!["prune"]] {
        world.run(&arguments).succeeds();
        assert!(files_below(&world.repository().join("locks")).is_empty(), "{arguments:?} left a lock behind");
    }
}
