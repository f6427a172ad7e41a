//! Snapshots made to harm: nothing outside of the target is ever touched, and each refusal is named.

use std::fs;
use std::os::unix::fs::symlink;

use rempart_archive::browse::{List, ListOptions};
use rempart_archive::restore::RestoreOptions;
use rempart_restore_tests::{Hostile, Lab, explain};
use rempart_tests_support::Tool;
use serde_json::json;

fn problems(report: &rempart_archive::restore::RestoreReport) -> Vec<String> {
    report.problems.iter().map(|problem| explain(problem)).collect()
}

#[test]
fn names_that_lead_elsewhere_are_refused_and_the_rest_is_restored() {
    for name in ["../outside", "/tmp/rempart-outside", "..", ".", "", "a/b", "nul\u{0}byte"] {
        // Given a file and a directory of that name among good ones
        let lab = Lab::new("names", Tool::Restic);
        let mut tree = Hostile::begin(&lab);
        let good = tree.file("good", b"good");
        let bad_file = tree.file(name, b"bad");
        let inner = tree.file("outside", b"bad");
        let bad_directory = tree.directory(name, &[inner]);
        let snapshot = tree.commit(&[bad_file, bad_directory, good]);
        let target = lab.target("deep/target");
        fs::create_dir_all(&target).expect("make the target");

        // When it is restored with --delete
        let options = RestoreOptions { delete: true, ..RestoreOptions::default() };
        let report = snapshot.restore(&target, &options);

        // Then the good one is there, both bad ones are reported, and nothing else was made
        assert_eq!(fs::read(target.join("good")).expect("the good file"), b"good", "{name:?}");
        assert_eq!(report.summary.problems, 2, "{name:?}: {:?}", problems(&report));
        assert!(problems(&report).iter().all(|text| text.contains("no file can have")), "{:?}", problems(&report));
        let entries = fs::read_dir(&target).expect("list").count();
        assert_eq!(entries, 1, "{name:?} made something in the target");
        let beside = fs::read_dir(lab.target("deep")).expect("list").count();
        assert_eq!(beside, 1, "{name:?} made something beside the target");
        assert!(!std::path::Path::new("/tmp/rempart-outside").exists(), "{name:?}");
    }
}

#[test]
fn a_link_and_then_a_directory_of_the_same_name_do_not_lead_out() {
    // Given a tree with a link out of the target, and a directory of that name with a file in it, in both orders
    for link_first in [true, false] {
        let lab = Lab::new("link", Tool::Restic);
        let outside = lab.target("outside");
        fs::create_dir(&outside).expect("make the outside");
        let mut tree = Hostile::begin(&lab);
        let link = Hostile::symlink("x", outside.to_str().expect("UTF-8"));
        let file = tree.file("pwned", b"bad");
        let directory = tree.directory("x", &[file]);
        let nodes = if link_first { [link, directory] } else { [directory, link] };
        let snapshot = tree.commit(&nodes);

        // When it is restored, twice, as the second finds what the first left
        for _ in 0..2 {
            let report = snapshot.restore(&lab.target("target"), &RestoreOptions::default());
            // Then the second entry is refused
            assert_eq!(report.summary.problems, 1, "{:?}", problems(&report));
            assert!(problems(&report)[0].contains("two entries of this name"), "{:?}", problems(&report));
        }
        assert_eq!(fs::read_dir(&outside).expect("list").count(), 0, "something was written through the link");
    }
}

#[test]
fn a_name_that_comes_twice_out_of_order_is_refused() {
    let lab = Lab::new("twice", Tool::Restic);
    let mut tree = Hostile::begin(&lab);
    let nodes = [("b", "first"), ("a", "a"), ("b", "second"), ("c", "c"), ("a", "again")]
        .map(|(name, content)| tree.file(name, content.as_bytes()));
    let snapshot = tree.commit(&nodes);
    for existing in [false, true] {
        let target = lab.target("target");
        let report = snapshot.restore(&target, &RestoreOptions::default());
        assert_eq!(report.summary.problems, 2, "existing {existing}: {:?}", problems(&report));
        for (name, content) in [("a", "a"), ("b", "first"), ("c", "c")] {
            let found = fs::read_to_string(target.join(name)).expect(name);
            assert_eq!(found, content, "{name}, existing {existing}");
        }
    }
}

#[test]
fn links_that_stand_in_the_target_are_replaced_not_followed() {
    // Given a target where links to elsewhere stand at the places of a directory and of files
    let lab = Lab::new("standing", Tool::Restic);
    let outside = lab.target("outside");
    fs::create_dir(&outside).expect("make the outside");
    fs::write(outside.join("victim"), "untouched").expect("write");
    let mut tree = Hostile::begin(&lab);
    let small = tree.file("small", b"small");
    let inner = tree.file("victim", b"overwritten");
    let directory = tree.directory("directory", &[inner]);
    let snapshot = tree.commit(&[directory, small]);
    let target = lab.target("target");
    fs::create_dir(&target).expect("make the target");
    symlink(&outside, target.join("directory")).expect("link");
    symlink(outside.join("victim"), target.join("small")).expect("link");

    // When it is restored
    let report = snapshot.restore(&target, &RestoreOptions::default());

    // Then the links are gone and what they led to is as before
    assert!(report.problems.is_empty(), "{:?}", problems(&report));
    assert_eq!(fs::read_to_string(outside.join("victim")).expect("the victim"), "untouched");
    assert!(fs::symlink_metadata(target.join("directory")).expect("look").is_dir());
    assert!(fs::symlink_metadata(target.join("small")).expect("look").is_file());
    assert_eq!(report.summary.replaced, 2, "{:?}", report.summary);
}

#[test]
fn a_file_with_another_name_outside_is_replaced_not_written_to() {
    let lab = Lab::new("hardlink", Tool::Restic);
    let outside = lab.target("outside");
    fs::write(&outside, "untouched").expect("write");
    let mut tree = Hostile::begin(&lab);
    let file = tree.file("inside", b"new");
    let snapshot = tree.commit(&[file]);
    let target = lab.target("target");
    fs::create_dir(&target).expect("make the target");
    fs::hard_link(&outside, target.join("inside")).expect("link");

    let report = snapshot.restore(&target, &RestoreOptions::default());

    assert!(report.problems.is_empty(), "{:?}", problems(&report));
    assert_eq!(fs::read_to_string(&outside).expect("the other name"), "untouched");
    assert_eq!(fs::read_to_string(target.join("inside")).expect("the file"), "new");
}

#[test]
fn sizes_and_trees_that_lie_do_no_harm() {
    // Given a file that claims to be enormous, a directory without a tree, one whose tree is missing, an unknown type
    let lab = Lab::new("lies", Tool::Restic);
    let mut tree = Hostile::begin(&lab);
    let mut enormous = tree.file("enormous", b"tiny");
    enormous["size"] = json!(u64::MAX);
    let mut treeless = tree.directory("treeless", &[]);
    treeless.as_object_mut().expect("an object").remove("subtree");
    let mut missing = tree.directory("missing", &[]);
    missing["subtree"] = json!("ab".repeat(32));
    let mut lost = tree.file("lost", b"x");
    lost["content"] = json!(["cd".repeat(32)]);
    let mut unknown = tree.file("unknown", b"x");
    unknown["type"] = json!("wormhole");
    let good = tree.file("zzz", b"good");
    let snapshot = tree.commit(&[enormous, lost, missing, treeless, unknown, good]);
    let target = lab.target("target");

    let report = snapshot.restore(&target, &RestoreOptions::default());

    // Then each is told, and what could be restored was
    let told = problems(&report);
    assert_eq!(report.summary.problems, 5, "{told:#?}");
    for word in ["18446744073709551615", "/lost", "missing", "names no tree", "its type"] {
        assert!(told.iter().any(|text| text.contains(word)), "no word of {word}: {told:#?}");
    }
    assert_eq!(fs::read(target.join("enormous")).expect("the content it has"), b"tiny");
    assert_eq!(fs::read(target.join("zzz")).expect("the last file"), b"good");
}

#[test]
fn a_tree_deeper_than_any_path_is_listed_restored_and_deleted() {
    // Given three thousand directories in each other: a path of over 12,000 bytes
    const DEPTH: usize = 3000;
    let lab = Lab::new("deep", Tool::Restic);
    let mut tree = Hostile::begin(&lab);
    let mut node = tree.file("bottom", b"deep");
    for _ in 0..DEPTH {
        node = tree.directory("dir", &[node]);
    }
    let snapshot = tree.commit(&[node]);
    let target = lab.target("target");

    // When it is listed and restored, twice
    let mut list =
        List::of(&snapshot.repository, &snapshot.at("/"), &ListOptions { recursive: true, ..ListOptions::default() });
    let mut longest = 0;
    while let Some(entry) = list.next_entry() {
        longest = longest.max(entry.expect("readable").path.len());
    }
    assert_eq!(longest, DEPTH * 4 + "/bottom".len());
    for expected_created in [DEPTH as u64 + 1, 0] {
        let options = RestoreOptions { verify: true, ..RestoreOptions::default() };
        let report = snapshot.restore(&target, &options);
        assert!(report.problems.is_empty(), "{:?}", problems(&report));
        assert_eq!(report.summary.created, expected_created);
        assert_eq!(report.summary.verified, 1);
    }

    // And an empty snapshot over it, with --delete, removes it all
    let empty = Hostile::begin(&lab).commit(&[]);
    let report = empty.restore(&target, &RestoreOptions { delete: true, ..RestoreOptions::default() });
    assert!(report.problems.is_empty(), "{:?}", problems(&report));
    assert_eq!(fs::read_dir(&target).expect("list").count(), 0);
}
