//! The same folder gives the same tree, whoever writes it: one tool's backup finds the other's data.

use rempart_tests_support::{Place, Tool, strange};
use serde_json::Value;

/// restic passes sockets over, Rempart keeps them: the one entry in which the trees of a folder differ.
fn strange_without_socket() -> Place {
    let place = Place::new("same");
    strange::make(&place.source());
    let special = place.source().join("special");
    std::fs::remove_file(special.join("socket")).expect("remove the socket");
    strange::set_time(&special, 1_000_000_000, 0);
    place
}

/// Backs up; returns the node of the source, as the new snapshot has it in the tree above: its metadata and the id of its
/// own tree.
fn node_of_source(place: &Place, tool: Tool, options: &[&str]) -> Value {
    let before = Tool::snapshot_ids(place);
    tool.backup(place, options);
    let after = Tool::snapshot_ids(place);
    let new = after.iter().find(|id| !before.contains(id)).expect("a new snapshot");
    let parent = place.path().to_str().expect("a plain path");
    let printed = Tool::Restic.on(place).args(["cat", "tree", &format!("{new}:{parent}")]).succeed().stdout;
    let tree: Value = serde_json::from_str(&printed).unwrap_or_else(|e| panic!("{e} in {printed}"));
    let nodes = tree["nodes"].as_array().expect("a tree has nodes");
    nodes.iter().find(|node| node["name"] == "source").unwrap_or_else(|| panic!("no source in {printed}")).clone()
}

fn second_finds_the_data_of_the_first(first: Tool, second: Tool) {
    let place = strange_without_socket();
    first.init(&place);
    let by_first = node_of_source(&place, first, &[]);
    // --force: every file is read again; what is equal is equal by content, not by trust in the parent.
    let by_second = node_of_source(&place, second, &["--force"]);
    assert_eq!(by_first, by_second, "the node of the source by {} and by {}", first.name(), second.name());
    let blobs = |snapshots: &[&str]| -> u64 {
        let program = Tool::Restic.on(&place).args(["stats", "--mode", "raw-data", "--json"]).args(snapshots);
        let stats: Value = serde_json::from_str(&program.succeed().stdout).expect("JSON");
        stats["total_blob_count"].as_u64().expect("a count")
    };
    // Above the source lie the folders of the test's place; others may write beside it meanwhile.
    let (all, of_one) = (blobs(&[]), blobs(&["latest"]));
    let above = place.source().components().count() as u64;
    assert!(all <= of_one + above, "{all} blobs in all, {of_one} in one snapshot: not deduplicated");
}

#[test]
fn restic_finds_what_rempart_stored() {
    second_finds_the_data_of_the_first(Tool::Rempart, Tool::Restic);
}

#[test]
fn rempart_finds_what_restic_stored() {
    second_finds_the_data_of_the_first(Tool::Restic, Tool::Rempart);
}

#[test]
fn an_unchanged_folder_adds_nothing_of_its_own() {
    // Given a backup by Rempart, when restic takes it for the parent of its own
    let place = strange_without_socket();
    Tool::Rempart.init(&place);
    Tool::Rempart.backup(&place, &["--host", "somewhere"]);
    let printed = Tool::Restic.backup(&place, &["--host", "somewhere", "--json"]).stdout;
    let summary: Value = serde_json::from_str(printed.lines().last().expect("a summary")).expect("JSON");
    // Then no file is new or changed, and no data is added
    for (field, expected) in [("files_new", 0), ("files_changed", 0), ("data_blobs", 0)] {
        assert_eq!(summary[field], expected, "{field} in {summary:#}");
    }
}
