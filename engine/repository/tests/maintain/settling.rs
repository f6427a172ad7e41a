//! What begins while a lock settles: it counts only if the lock becomes certain and nobody wrote meanwhile, and leaves
//! nothing behind where that is not so.

use std::path::PathBuf;

use rempart_repository::{CheckOptions, ErrorKind, LockMode, NoObserver, ReadData};

use crate::lab::{Lab, some_files};

const ALL: CheckOptions = CheckOptions { read_data: ReadData::All };

/// Files taken out of the repository, to come back as if another process had written them just now.
struct Elsewhere(Vec<(PathBuf, Vec<u8>)>);

impl Elsewhere {
    fn take_away(paths: Vec<PathBuf>) -> Self {
        let take = |path: PathBuf| {
            let content = std::fs::read(&path).unwrap();
            std::fs::remove_file(&path).unwrap();
            (path, content)
        };
        Self(paths.into_iter().map(take).collect())
    }

    /// The file of an exclusive lock of another.
    fn lock(lab: &Lab) -> Self {
        let held = lab.exclusive();
        let path = lab.objects("locks").pop().unwrap();
        let content = std::fs::read(&path).unwrap();
        drop(held);
        Self(vec![(path, content)])
    }

    fn arrives(&self) {
        self.0.iter().for_each(|(path, content)| std::fs::write(path, content).unwrap());
    }
}

#[test]
fn a_check_begun_early_finds_what_a_later_one_finds_and_has_the_lock() {
    let lab = Lab::new();
    lab.backup(&some_files(1, 40, 50_000));
    let pack = lab.objects("data").pop().unwrap();
    let mut bytes = std::fs::read(&pack).unwrap();
    bytes[100] ^= 1;
    std::fs::remove_file(&pack).unwrap();
    std::fs::write(&pack, bytes).unwrap();
    let late = lab.check();
    let repository = lab.reopened();
    let pending = repository.lock_async(LockMode::Exclusive, None).unwrap();
    let (report, lock) = repository.check_as_lock_settles(pending, &ALL, &NoObserver).unwrap();
    assert!(late.is_damaged());
    assert_eq!(format!("{:?}", report.problems), format!("{:?}", late.problems));
    assert_eq!((report.packs_read, report.bytes_read), (late.packs_read, late.bytes_read));
    lock.ensure_exclusive("the test").unwrap();
}

#[test]
fn a_check_that_is_not_alone_says_so_and_one_beside_which_somebody_wrote_looks_again() {
    let lab = Lab::new();
    lab.backup(&some_files(1, 10, 50_000));
    let theirs = Elsewhere::lock(&lab);
    let before = lab.objects("");
    lab.backup(&some_files(2, 10, 50_000));
    let backup = Elsewhere::take_away(lab.objects("").into_iter().filter(|path| !before.contains(path)).collect());
    let repository = lab.reopened();
    // Given another who came at the same time
    let pending = repository.lock_async(LockMode::Exclusive, None).unwrap();
    theirs.arrives();
    let refused = repository.check_as_lock_settles(pending, &ALL, &NoObserver).map(drop);
    assert_eq!(refused.map_err(|error| error.kind()), Err(ErrorKind::Locked));
    let _ = Elsewhere::take_away(theirs.0.iter().map(|(path, _)| path.clone()).collect());
    // Given a backup that ends while the lock settles
    let waiting = lab.reopened_with_sleep(move || backup.arrives());
    let pending = waiting.lock_async(LockMode::Exclusive, None).unwrap();
    let (report, _lock) = waiting.check_as_lock_settles(pending, &ALL, &NoObserver).unwrap();
    assert_eq!((report.snapshots, report.problems.len()), (2, 0), "{:?}", report.problems);
}
