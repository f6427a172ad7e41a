//! How much there is in all is known before it is read.

use std::num::NonZeroUsize;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rempart_chunker::{Chunker, Polynomial};

use super::super::{Backup, NoObserver, Options, Progress, run};
use super::corpus;
use super::memory::{Memory, POLYNOMIAL};
use super::problems::BeforeFirstPut;
use crate::cancel::CancelToken;

/// Each with one file: more than the walk is ahead of the reading, and than are stored together.
const DIRS: u64 = 200;
const FILE_BYTES: usize = 200_000;

/// Backs up, and looks before the first files are stored, when many directories are not even listed.
fn foretold(count_ahead: bool, prepare: impl Fn(&Progress), look: impl Fn(&Progress) + Sync + Send) {
    let dir = tempfile::tempdir().unwrap();
    for number in 0..DIRS {
        let below = dir.path().join(format!("dir {number}"));
        std::fs::create_dir(&below).unwrap();
        std::fs::write(below.join("file"), corpus::noise(number, FILE_BYTES)).unwrap();
    }
    let memory = Memory::default();
    let progress = Progress::new();
    prepare(&progress);
    let act = || {
        look(&progress);
        Ok(())
    };
    // One worker, so that the order of things is known.
    let options = Options { read_concurrency: NonZeroUsize::new(1), count_ahead, ..Options::default() };
    let report = run(
        Backup {
            sink: &BeforeFirstPut { memory: &memory, did: AtomicBool::new(false), act },
            source: None,
            parent_tree: None,
            cache: None,
            chunker: &Chunker::new(Polynomial::new(POLYNOMIAL).unwrap()),
            options: &options,
            progress: &progress,
            observer: &NoObserver,
            cancel: &CancelToken::new(),
        },
        &[dir.path().to_owned()],
    );
    assert_eq!(report.unwrap().problems, []);
    assert_eq!(progress.totals(), Some(ALL), "in the end");
}

const ALL: (u64, u64) = (DIRS, DIRS * FILE_BYTES as u64);

#[test]
fn a_first_run_is_counted_beside_it() {
    let seen = Mutex::new(None);
    foretold(
        true,
        |_| {},
        |progress| {
            let begun = Instant::now();
            while progress.totals().is_none() {
                assert!(begun.elapsed() < Duration::from_secs(60), "nothing is foretold");
                std::thread::yield_now();
            }
            *seen.lock() = progress.totals();
        },
    );
    assert_eq!(*seen.lock(), Some(ALL));
}

#[test]
fn nothing_is_foretold_where_nobody_counts() {
    let seen = Mutex::new(Some((0, 0)));
    foretold(false, |_| {}, |progress| *seen.lock() = progress.totals());
    assert_eq!(*seen.lock(), None);
}

#[test]
fn what_the_last_run_came_across_is_expected_again_and_not_counted() {
    let seen = Mutex::new(None);
    foretold(true, |progress| progress.expect(7, 100_000_000), |progress| *seen.lock() = progress.totals());
    // More files than that are found already.
    let (files, bytes) = seen.lock().expect("it is told");
    assert!((8..DIRS).contains(&files), "{files} files");
    assert_eq!(bytes, 100_000_000);
}
