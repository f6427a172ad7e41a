//! Everything a file system can hold, backed up by the real restic, comes back.

use std::fs;
use std::os::unix::fs::MetadataExt;

use rempart_archive::restore::RestoreOptions;
use rempart_restore_tests::{Lab, Watcher};
use rempart_tests_support::tree::{self, Aspects};
use rempart_tests_support::{Tool, strange};

/// restic never stores sockets; the folder that was backed up itself is the target, whose attributes are its owner's.
const KEPT_BY_RESTIC: Aspects = Aspects { sockets: false, top: false, ..tree::ALL };

#[test]
fn everything_comes_back_and_a_second_restore_changes_nothing() {
    // Given a snapshot of the strange tree
    let lab = Lab::new("whole", Tool::Restic);
    strange::make(&lab.source());
    let snapshot = lab.back_up();
    let target = lab.target("restored");

    // When it is restored
    let options = RestoreOptions { verify: true, ..RestoreOptions::default() };
    let report = snapshot.restore(&target, &options);

    // Then nothing is missing or different
    assert!(report.problems.is_empty(), "{:?}", report.problems);
    tree::assert_equal(&lab.source(), &target, KEPT_BY_RESTIC, "restored");
    assert!(report.summary.verified > 300, "{:?}", report.summary);

    // And when it is restored again, all is found to be right
    let report = snapshot.restore(&target, &options);
    assert!(report.problems.is_empty(), "{:?}", report.problems);
    let summary = report.summary;
    let changed = summary.created + summary.replaced + summary.updated + summary.described + summary.deleted;
    assert_eq!((changed, summary.written_bytes), (0, 0), "{summary:?}");
    tree::assert_equal(&lab.source(), &target, KEPT_BY_RESTIC, "restored twice");
}

#[test]
fn a_target_that_changed_becomes_the_snapshot_again() {
    // Given a restored tree that went on to change in every way
    let lab = Lab::new("changed", Tool::Restic);
    strange::make(&lab.source());
    // Longer than two of the longest chunks, whatever the polynomial.
    let mut long: Vec<u8> = (0..20_000_000_u32).map(|n| (n.wrapping_mul(0x9e37_79b1) >> 13) as u8).collect();
    fs::write(lab.source().join("plain/long"), &long).expect("write the long file");
    let snapshot = lab.back_up();
    let target = lab.target("restored");
    let _ = snapshot.restore(&target, &RestoreOptions::default());
    strange::change(&target, 1);
    *long.last_mut().expect("it has bytes") ^= 1;
    fs::write(target.join("plain/long"), &long).expect("change the end of the long file");

    // When it is restored with everything else deleted
    let watcher = Watcher::default();
    let options = RestoreOptions { delete: true, ..RestoreOptions::default() };
    let report = snapshot.restore_watched(&target, &options, &watcher, &Default::default());

    // Then it is the snapshot, and of the long file only the last chunk was written
    assert!(report.problems.is_empty(), "{:?}", watcher.problems());
    tree::assert_equal(&lab.source(), &target, KEPT_BY_RESTIC, "restored over changes");
    assert!(report.summary.written_bytes < long.len() as u64, "{:?}", report.summary);
}

#[test]
fn the_older_restic_is_read_too() {
    let lab = Lab::new("older", Tool::OldRestic);
    strange::make(&lab.source());
    let snapshot = lab.back_up();
    let target = lab.target("restored");
    let report = snapshot.restore(&target, &RestoreOptions::default());
    assert!(report.problems.is_empty(), "{:?}", report.problems);
    // restic 0.14 loses the bytes of link targets that are not UTF-8.
    let differences = tree::differences(&lab.source(), &target, KEPT_BY_RESTIC);
    let unexpected: Vec<_> = differences.iter().filter(|line| !line.contains("links/")).collect();
    assert!(unexpected.is_empty(), "{unexpected:#?}");
}

#[test]
fn zeros_become_holes_where_asked_over_an_existing_file_too() {
    // Given a file with a hole between two blocks of data
    let lab = Lab::new("sparse", Tool::Restic);
    let mut content = vec![7_u8; 10_000];
    content.resize(20_000_000, 0);
    content.extend_from_slice(&[9; 5_000]);
    fs::write(lab.source().join("holes"), &content).expect("write");
    fs::write(lab.source().join("zeros"), vec![0; 3_000_000]).expect("write");
    let snapshot = lab.back_up();
    let options = RestoreOptions { sparse: true, ..RestoreOptions::default() };

    for before in ["nothing", "a longer file", "a shorter file", "a dense file"] {
        // When it is restored over what was there
        let target = lab.target(&before.replace(' ', "-"));
        fs::create_dir(&target).expect("make the target");
        let there = match before {
            "a longer file" => vec![5; 25_000_000],
            "a shorter file" => vec![5; 1_000_000],
            "a dense file" => vec![5; content.len()],
            _ => Vec::new(),
        };
        if !there.is_empty() {
            fs::write(target.join("holes"), there).expect("write");
        }
        let report = snapshot.restore(&target, &options);

        // Then the bytes are right and the zeros take no space
        assert!(report.problems.is_empty(), "{before}: {:?}", report.problems);
        for (name, most_blocks) in [("holes", 200), ("zeros", 0)] {
            let found = fs::read(target.join(name)).expect("read");
            let right = fs::read(lab.source().join(name)).expect("read");
            assert!(found == right, "{name} over {before} has other bytes");
            let blocks = fs::metadata(target.join(name)).expect("look").blocks();
            assert!(blocks <= most_blocks, "{name} over {before} takes {blocks} blocks of 512 bytes");
        }
    }
}
