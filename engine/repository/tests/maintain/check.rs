//! What a check says of repositories that are sound.

use jiff::Timestamp;
use rempart_repository::{CheckOptions, NoObserver, Problem, ReadData, Severity};

use crate::lab::{Lab, some_files};

#[test]
fn a_sound_repository_has_no_problem_and_every_pack_was_read() {
    let lab = Lab::new();
    lab.assert_sound("before the first backup");
    lab.backup(&some_files(1, 50, 20_000));
    lab.backup(&some_files(2, 5, 3_000_000));
    let report = lab.check();
    assert!(report.problems.is_empty(), "{:?}", report.problems);
    assert_eq!((report.snapshots, report.packs_read), (2, report.packs));
    assert_eq!(report.packs, lab.objects("data").len() as u64);
    assert_eq!(report.packs_never_verified, 0);
}

#[test]
fn partial_reads_come_round_and_are_remembered() {
    let lab = Lab::new();
    for seed in 0..8 {
        lab.backup(&some_files(seed, 3, 10_000));
    }
    let part = CheckOptions { read_data: ReadData::BasisPoints(2500) };
    let mut left = Vec::new();
    for _ in 0..5 {
        let report = lab.reopened().check(&part, &NoObserver).unwrap();
        assert!(report.packs_read > 0 && report.packs_read < report.packs);
        left.push(report.packs_never_verified);
    }
    assert!(left.is_sorted_by(|a, b| a >= b) && left[0] > 0, "{left:?}");
    assert_eq!(left.last(), Some(&0), "after five quarters every pack was read: {left:?}");
    let report = lab.reopened().check(&CheckOptions::default(), &NoObserver).unwrap();
    assert_eq!(report.packs_read, 0, "a check of the structure reads no pack");
    assert!(report.oldest_verification.is_some_and(|when| when <= Timestamp::now()));
}

#[test]
fn a_pack_that_no_index_mentions_is_a_hint_and_goes_with_the_next_prune() {
    let lab = Lab::new();
    let id = lab.backup(&some_files(1, 3, 1000));
    let pack = &lab.objects("data")[0];
    let orphan = pack.parent().unwrap().parent().unwrap().join("ab").join("ab".repeat(32));
    std::fs::create_dir_all(orphan.parent().unwrap()).unwrap();
    std::fs::copy(pack, &orphan).unwrap();

    let report = lab.check();
    assert!(!report.is_damaged(), "{:?}", report.problems);
    assert!(
        matches!(&report.problems[..], [problem @ Problem::PackOrphaned { .. }] if problem.severity() == Severity::Hint),
        "{:?}",
        report.problems
    );
    assert_eq!(lab.prune(&Default::default()).packs_orphaned, 1);
    assert!(!orphan.exists());
    lab.assert_sound("after the prune");
    assert!(crate::lab::read(&lab.reopened(), id).is_ok());
}
