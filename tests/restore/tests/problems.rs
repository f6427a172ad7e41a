//! When something goes wrong: it is named, the rest is restored, and the next run goes on where this one stopped.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use rempart_archive::cancel::CancelToken;
use rempart_archive::restore::{NoObserver, Overwrite, RestoreObserver, RestoreOptions, verify};
use rempart_chaos_tests::SmallDisk;
use rempart_restore_tests::{Lab, Opened, explain};
use rempart_tests_support::{Tool, strange, tree};

fn of_many_files(lab: &Lab, count: u64) -> Opened {
    for number in 0..count {
        let folder = lab.source().join(format!("folder-{:02}", number % 20));
        fs::create_dir_all(&folder).expect("make a folder");
        let bytes = strange::noise(number, 3_000 + 37 * number as usize);
        fs::write(folder.join(format!("file-{number:04}")), bytes).expect("write");
    }
    fs::write(lab.source().join("large"), strange::noise(1 << 20, 9_000_000)).expect("write");
    lab.back_up()
}

#[test]
fn a_full_target_is_told_for_each_file_and_a_later_run_completes_it() {
    // Given a target on a disk that is too small
    let lab = Lab::new("full", Tool::Restic);
    let snapshot = of_many_files(&lab, 600);
    let target = lab.target("target");
    fs::create_dir(&target).expect("make the target");
    let disk = SmallDisk::mount(&target, "size=8m");

    // When it is restored
    let report = snapshot.restore(&target, &RestoreOptions::default());

    // Then files that did not fit are told as such, and directories are all there
    assert!(report.summary.problems > 0, "8 MB took it all: {:?}", report.summary);
    let other = report.problems.iter().find(|problem| !problem.is_full());
    assert!(other.is_none(), "{}", explain(other.expect("one")));
    assert!(target.join("folder-19").exists(), "a directory is missing");
    let whole_files = report.summary.files;

    // And with more space the next run writes what is missing, and only that
    disk.remount("size=60m");
    let options = RestoreOptions { verify: true, ..RestoreOptions::default() };
    let report = snapshot.restore(&target, &options);
    assert!(report.problems.is_empty(), "{:?}", report.problems);
    assert!(report.summary.unchanged >= whole_files, "{:?}", report.summary);
    assert!(report.summary.written_bytes < report.summary.total_bytes, "{:?}", report.summary);
    tree::assert_equal(&lab.source(), &target, tree::Aspects { top: false, ..tree::ALL }, "completed");
}

#[test]
fn a_read_only_target_is_told_and_does_not_panic() {
    let lab = Lab::new("readonly", Tool::Restic);
    fs::write(lab.source().join("file"), "content").expect("write");
    fs::create_dir(lab.source().join("folder")).expect("make a folder");
    fs::write(lab.source().join("folder/inner"), "content").expect("write");
    let snapshot = lab.back_up();
    let target = lab.target("target");
    fs::create_dir(&target).expect("make the target");
    let disk = SmallDisk::mount(&target, "size=8m");
    disk.remount("ro");
    let report = snapshot.restore(&target, &RestoreOptions::default());
    let told: Vec<String> = report.problems.iter().map(|problem| explain(problem)).collect();
    assert_eq!(told.len(), 2, "{told:#?}");
    assert!(told.iter().all(|text| text.contains("Read-only")), "{told:#?}");
}

/// Cancels when a number of bytes was written.
struct StopsAfter<'a> {
    bytes: u64,
    written: AtomicU64,
    cancel: &'a CancelToken,
}

impl RestoreObserver for StopsAfter<'_> {
    fn progress(&self, bytes: u64) {
        if self.written.fetch_add(bytes, Ordering::Relaxed) + bytes > self.bytes {
            self.cancel.cancel();
        }
    }
}

#[test]
fn an_interrupted_restore_goes_on_where_it_stopped() {
    // Given restores that stop earlier and later
    let lab = Lab::new("resume", Tool::Restic);
    let snapshot = of_many_files(&lab, 300);
    for stop_after_bytes in [0, 100_000, 3_000_000, 10_000_000] {
        let target = lab.target(&format!("stopped-{stop_after_bytes}"));
        let cancel = CancelToken::new();
        let observer = StopsAfter { bytes: stop_after_bytes, written: AtomicU64::new(0), cancel: &cancel };
        let first = snapshot.restore_watched(&target, &RestoreOptions::default(), &observer, &cancel);
        assert!(first.canceled, "stopped after {stop_after_bytes}");

        // When each is run again
        let second = snapshot.restore(&target, &RestoreOptions { verify: true, ..RestoreOptions::default() });

        // Then it is whole, and what was written is not written again
        assert!(second.problems.is_empty(), "stopped after {stop_after_bytes}: {:?}", second.problems);
        let written_bytes = first.summary.written_bytes + second.summary.written_bytes;
        assert_eq!(written_bytes, second.summary.total_bytes, "stopped after {stop_after_bytes}");
        let aspects = tree::Aspects { top: false, ..tree::ALL };
        tree::assert_equal(&lab.source(), &target, aspects, "resumed");
    }
}

#[test]
fn what_was_left_unfinished_is_finished_under_every_policy_and_what_is_there_is_spared() {
    let lab = Lab::new("resume-spared", Tool::Restic);
    let snapshot = of_many_files(&lab, 120);
    for overwrite in [Overwrite::Never, Overwrite::IfNewer] {
        for stop_after_bytes in [0, 400_000, 5_000_000] {
            // Given somebody's own file in the target, and a restore that stops
            let target = lab.target(&format!("{overwrite:?}-{stop_after_bytes}"));
            fs::create_dir(&target).expect("make the target");
            let own = target.join("folder-03");
            fs::create_dir(&own).expect("make a folder");
            fs::write(own.join("file-0003"), "somebody's own").expect("write");
            let options = RestoreOptions { overwrite, ..RestoreOptions::default() };
            let cancel = CancelToken::new();
            let observer = StopsAfter { bytes: stop_after_bytes, written: AtomicU64::new(0), cancel: &cancel };
            let first = snapshot.restore_watched(&target, &options, &observer, &cancel);
            assert!(first.canceled, "{overwrite:?} stopped after {stop_after_bytes}");

            // When it is run again
            let second = snapshot.restore(&target, &options);

            // Then nothing but that file and the folder it was in is otherwise than in the snapshot
            assert!(second.problems.is_empty(), "{overwrite:?}, {stop_after_bytes}: {:?}", second.problems);
            assert_eq!(fs::read_to_string(own.join("file-0003")).expect("read"), "somebody's own");
            fs::remove_file(own.join("file-0003")).expect("remove");
            let last = snapshot.restore(&target, &RestoreOptions::default());
            let changed = (last.summary.created, last.summary.replaced, last.summary.updated, last.summary.described);
            assert_eq!(changed, (1, 0, 0, 1), "{overwrite:?}, {stop_after_bytes}: {:?}", last.summary);
            tree::assert_equal(&lab.source(), &target, tree::Aspects { top: false, ..tree::ALL }, "resumed");
        }
    }
}

#[test]
fn one_changed_byte_is_written_again_and_nothing_else_of_a_large_file() {
    let lab = Lab::new("byte", Tool::Restic);
    let snapshot = of_many_files(&lab, 1);
    let target = lab.target("target");
    let _ = snapshot.restore(&target, &RestoreOptions::default());
    flip(&target.join("large"), 4_500_000);
    let report = snapshot.restore(&target, &RestoreOptions::default());
    assert_eq!(report.summary.updated, 1, "{:?}", report.summary);
    assert!((1..=8 << 20).contains(&report.summary.written_bytes), "{:?}", report.summary);
    assert!(report.summary.written_bytes < 9_000_000, "{:?}", report.summary);
    let same = fs::read(target.join("large")).expect("read") == fs::read(lab.source().join("large")).expect("read");
    assert!(same, "the content is not right");
}

fn flip(file: &Path, at: u64) {
    let opened = fs::OpenOptions::new().read(true).write(true).open(file).expect("open");
    let mut byte = [0];
    opened.read_exact_at(&mut byte, at).expect("read");
    opened.write_all_at(&[byte[0] ^ 1], at).expect("write");
}

#[test]
fn a_second_look_finds_a_flipped_byte_a_cut_a_longer_and_a_missing_file() {
    let lab = Lab::new("verify", Tool::Restic);
    let snapshot = of_many_files(&lab, 40);
    let target = lab.target("target");
    let _ = snapshot.restore(&target, &RestoreOptions::default());
    flip(&target.join("large"), 8_999_999);
    flip(&target.join("folder-03/file-0003"), 0);
    let cut = fs::OpenOptions::new().write(true).open(target.join("folder-04/file-0004")).expect("open");
    cut.set_len(100).expect("cut");
    let longer = fs::OpenOptions::new().write(true).open(target.join("folder-05/file-0005")).expect("open");
    longer.set_len(1_000_000).expect("lengthen");
    fs::remove_file(target.join("folder-06/file-0006")).expect("remove");

    let options = RestoreOptions::default();
    let place = snapshot.at("/");
    let report = verify(&snapshot.repository, &place, &target, &options, &NoObserver, &CancelToken::new())
        .expect("the target is there");

    let mut told: Vec<String> = report.problems.iter().map(|problem| explain(problem)).collect();
    told.sort();
    assert_eq!(told.len(), 5, "{told:#?}");
    for (path, word) in [
        ("/large", "differs"),
        ("/folder-03/file-0003", "from byte 0"),
        ("/folder-04/file-0004", "differs"),
        ("/folder-05/file-0005", "1000000 bytes"),
        ("/folder-06/file-0006", "No such file"),
    ] {
        assert!(told.iter().any(|text| text.contains(path) && text.contains(word)), "{path} {word}: {told:#?}");
    }
}

#[test]
fn content_that_the_repository_lost_is_told_and_the_rest_restored() {
    // Given a repository of which a pack is gone
    let lab = Lab::new("lost", Tool::Restic);
    fs::write(lab.source().join("large"), strange::noise(5, 30_000_000)).expect("write");
    let _ = lab.back_up();
    fs::write(lab.source().join("later"), "stored by another run").expect("write");
    let snapshot = lab.back_up();
    let largest = lab.largest_pack();
    fs::remove_file(&largest).expect("remove a pack");

    // When it is restored
    let target = lab.target("target");
    let report = snapshot.restore(&target, &RestoreOptions::default());

    // Then the one file is told once, and the other is whole
    let told: Vec<String> = report.problems.iter().map(|problem| explain(problem)).collect();
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told[0].contains("/large") && told[0].contains("pack"), "{told:#?}");
    assert_eq!(fs::read_to_string(target.join("later")).expect("the other"), "stored by another run");
}
