//! A disk that fills up, has no inode left, or turns read-only: a clear message, the documented exit code, nothing lost.

use rempart_chaos_tests::source::{self, Dice};
use rempart_chaos_tests::{Ledger, SmallDisk};
use rempart_tests_support::{Place, Ran, Tool};

/// As docs/cli.md has them.
const STORAGE_FULL: i32 = 23;
const REFUSED: i32 = 25;

fn backup(place: &Place) -> Ran {
    Tool::Rempart.on(place).args(["backup", "--pack-size", "4"]).arg(place.source()).run()
}

fn assert_refused(ran: &Ran, code: i32, word: &str) {
    assert_eq!(ran.code, Some(code), "{ran}");
    assert!(ran.stderr.to_lowercase().contains(word), "the message does not say {word:?}: {ran}");
    assert!(!ran.stderr.contains("panicked"), "{ran}");
}

#[test]
fn a_full_disk_ends_the_backup_and_loses_nothing() {
    // Given a repository on a small disk with one snapshot
    let mut dice = Dice::new(1);
    let place = Place::new("full");
    let disk = SmallDisk::mount(&place.repository(), "size=24m");
    source::make(&place.source(), 200, &mut dice);
    Tool::Rempart.init(&place);
    let mut ledger = Ledger::new(&place);
    let copy = ledger.copy_of(&place.source());
    assert_eq!(backup(&place).code, Some(0), "the first backup should fit");
    ledger.note_new(&copy);

    // When the next does not fit, several times
    source::make(&place.source(), 1200, &mut dice);
    let copy = ledger.copy_of(&place.source());
    for attempt in 1..=3 {
        let ran = backup(&place);
        assert_refused(&ran, STORAGE_FULL, "space");
        assert_eq!(ledger.note_new(&copy), 0, "attempt {attempt} made a snapshot: {ran}");
    }

    // Then nothing is lost, and with more space it goes on
    disk.remount("size=200m");
    ledger.assert_whole(&place.source(), "after the disk was full");
    let ran = backup(&place);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert_eq!(ledger.note_new(&copy), 1, "{ran}");
    ledger.assert_whole(&place.source(), "after the disk was full and has grown");
}

#[test]
fn prune_frees_a_full_disk() {
    // Given a full disk with a snapshot to forget, and the leavings of a failed backup
    let mut dice = Dice::new(2);
    let place = Place::new("full");
    let _disk = SmallDisk::mount(&place.repository(), "size=40m");
    source::make(&place.source(), 300, &mut dice);
    Tool::Rempart.init(&place);
    assert_eq!(backup(&place).code, Some(0), "the first backup should fit");
    std::fs::remove_dir_all(place.source()).expect("remove the source");
    source::make(&place.source(), 300, &mut dice);
    assert_eq!(backup(&place).code, Some(0), "the second backup should fit");
    let mut ledger = Ledger::new(&place);
    let copy = ledger.copy_of(&place.source());
    source::make(&place.source(), 1500, &mut dice);
    assert_eq!(backup(&place).code, Some(STORAGE_FULL), "the third backup should not fit");

    // When all but the last are forgotten
    let ran = Tool::Rempart.on(&place).args(["forget", "--keep-last", "1", "--prune"]).run();
    assert_eq!(ran.code, Some(0), "{ran}");

    // Then the last is whole, and there is space again
    assert_eq!(ledger.note_new(&copy), 1, "one snapshot should be left");
    ledger.assert_whole(&place.source(), "after prune on a full disk");
    std::fs::remove_dir_all(place.source()).expect("remove the source");
    source::make(&place.source(), 100, &mut dice);
    let ran = backup(&place);
    assert_eq!(ran.code, Some(0), "{ran}");
}

#[test]
fn a_read_only_disk_refuses_writing_and_lets_read() {
    let mut dice = Dice::new(3);
    let place = Place::new("readonly");
    let disk = SmallDisk::mount(&place.repository(), "size=100m");
    source::make(&place.source(), 50, &mut dice);
    Tool::Rempart.init(&place);
    let mut ledger = Ledger::new(&place);
    let copy = ledger.copy_of(&place.source());
    assert_eq!(backup(&place).code, Some(0), "the first backup");
    ledger.note_new(&copy);
    disk.remount("ro");
    // When it is written, then it is refused
    source::change(&place.source(), 50, &mut dice);
    assert_refused(&backup(&place), REFUSED, "read-only");
    let forget = Tool::Rempart.on(&place).args(["forget", "latest"]).run();
    assert_refused(&forget, REFUSED, "read-only");
    // And it can be read, without a lock
    let target = place.path().join("by-rempart");
    Tool::Rempart.on(&place).args(["restore", "latest", "--no-lock", "--target"]).arg(&target).succeed();
    ledger.assert_whole(&place.source(), "on a read-only disk");
}

#[test]
fn a_full_target_ends_the_restore_and_names_what_is_missing() {
    let mut dice = Dice::new(4);
    let place = Place::new("target");
    source::make(&place.source(), 300, &mut dice);
    Tool::Rempart.init(&place);
    assert_eq!(backup(&place).code, Some(0), "the backup");
    let target = place.path().join("target");
    let disk = SmallDisk::mount(&target, "size=4m");
    let restore = || Tool::Rempart.on(&place).args(["restore", "latest", "--target"]).arg(&target).run();
    let ran = restore();
    assert!(matches!(ran.code, Some(21 | STORAGE_FULL)), "{ran}");
    assert!(ran.stderr.to_lowercase().contains("space") && !ran.stderr.contains("panicked"), "{ran}");
    // With more space it continues where it stopped
    disk.remount("size=100m");
    let ran = restore();
    assert_eq!(ran.code, Some(0), "{ran}");
    let restored = target.join(place.source().strip_prefix("/").expect("absolute"));
    rempart_tests_support::tree::assert_equal(
        &place.source(),
        &restored,
        rempart_tests_support::tree::ALL,
        "continued",
    );
}
