//! What begins while a lock settles: it counts only if the lock becomes certain and nobody wrote meanwhile, and leaves
//! nothing behind where that is not so.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rempart_model::SnapshotId;
use rempart_repository::{
    CheckOptions, ErrorKind, Limit, LockMode, NoObserver, PendingLock, PruneOptions, PrunePlan, ReadData, Repository,
    WriterOptions,
};

use crate::lab::{Files, Lab, joined, read, some_files};

const TIGHT: PruneOptions = PruneOptions {
    max_unused: Limit::Bytes(0),
    max_repack_bytes: None,
    repack_small: false,
    pack_target_bytes: 16 << 20,
    time_limit: None,
};
const ALL: CheckOptions = CheckOptions { read_data: ReadData::All };

/// Short packs, so that some of them are full soon.
fn short_packs() -> WriterOptions {
    WriterOptions { pack_target_bytes: 4 << 20, ..WriterOptions::default() }
}

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

/// A repository of which a prune keeps every second blob, and what is to be forgotten and kept.
struct Half {
    lab: Lab,
    forgotten: SnapshotId,
    kept: SnapshotId,
    files: Files,
}

impl Half {
    fn new() -> Self {
        let lab = Lab::new();
        let all = some_files(1, 300, 100_000);
        let files: Files = all.iter().step_by(2).map(|(name, chunks)| (name.clone(), chunks.clone())).collect();
        let forgotten = lab.backup(&all);
        let kept = lab.backup(&files);
        Self { lab, forgotten, kept, files }
    }

    /// A plan of which some is copied already, the lock it waits for, and the repository it is of.
    fn begun(&self) -> (PrunePlan, PendingLock, Repository) {
        let repository = self.lab.reopened();
        let pending = repository.lock_async(LockMode::Exclusive, None).unwrap();
        let mut plan = repository.plan_prune_without(&[self.forgotten], &TIGHT, &NoObserver).unwrap();
        plan.begin(&pending, &repository, short_packs()).unwrap();
        let patience = Instant::now() + Duration::from_secs(60);
        while self.unnamed().is_empty() {
            assert!(Instant::now() < patience, "nothing was copied in a minute");
            std::thread::yield_now();
        }
        (plan, pending, repository)
    }

    /// Packs that have no names yet.
    fn unnamed(&self) -> Vec<PathBuf> {
        let is_unnamed = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().starts_with("tmp-");
        self.lab.objects("data").into_iter().filter(is_unnamed).collect()
    }

    fn assert_whole(&self, when: &str) {
        self.lab.assert_sound(when);
        assert_eq!(read(&self.lab.reopened(), self.kept).unwrap(), joined(&self.files), "{when}");
    }
}

#[test]
fn what_is_copied_early_is_seen_by_nobody_and_used_once_the_lock_is_certain() {
    let half = Half::new();
    let (packs, indexes) = (half.lab.objects("data"), half.lab.objects("index"));
    let expected = half.lab.reopened().plan_prune_without(&[half.forgotten], &TIGHT, &NoObserver).unwrap().stats;
    // Given a plan that is being carried out ahead of its lock, others see the repository as it was
    let (plan, pending, repository) = half.begun();
    assert_eq!(half.lab.reopened().store().list(rempart_storage::ObjectKind::Pack).unwrap().len(), packs.len());
    assert_eq!(half.lab.objects("index"), indexes);
    // When the lock is certain, then the plan does all that it said
    let lock = Arc::new(pending.confirm().unwrap());
    repository.remove_snapshots(&lock, &[half.forgotten]).unwrap();
    assert_eq!(repository.prune(&lock, plan, short_packs(), &NoObserver).unwrap(), expected);
    assert!(half.unnamed().is_empty(), "{:?}", half.unnamed());
    assert!(packs.iter().any(|pack| !pack.exists()) && expected.packs_repacked > 0, "{expected:?}");
    drop(lock);
    half.assert_whole("after the prune");
}

#[test]
fn where_another_comes_at_the_same_time_nothing_is_left_of_what_was_copied() {
    let half = Half::new();
    let theirs = Elsewhere::lock(&half.lab);
    let before = half.lab.objects("");
    let (plan, pending, repository) = half.begun();
    theirs.arrives();
    assert_eq!(pending.confirm().map(drop).unwrap_err().kind(), ErrorKind::Locked);
    drop(plan);
    let _ = Elsewhere::take_away(theirs.0.iter().map(|(path, _)| path.clone()).collect());
    assert_eq!(half.lab.objects(""), before);
    // Not even the store that it was copied by gives it a name later
    repository.store().sync().unwrap();
    assert_eq!(half.lab.objects(""), before);
    half.assert_whole("after the other went");
}

#[test]
fn a_plan_begun_beside_a_backup_that_ended_is_refused_and_leaves_nothing() {
    let half = Half::new();
    let before_backup = half.lab.objects("");
    let late = half.lab.backup(&some_files(2, 3, 50_000));
    let written = half.lab.objects("").into_iter().filter(|path| !before_backup.contains(path));
    let backup = Elsewhere::take_away(written.collect());
    // Given a backup that ended unnoticed after the plan was made
    let (plan, pending, repository) = half.begun();
    backup.arrives();
    let lock = Arc::new(pending.confirm().unwrap());
    assert!(!plan.is_current(&repository).unwrap());
    let before = half.lab.objects("index");
    let refused = repository.prune(&lock, plan, short_packs(), &NoObserver);
    // Then the plan is refused, and what it copied is gone
    assert_eq!(refused.map_err(|error| error.kind()), Err(ErrorKind::Refused));
    assert_eq!((half.lab.objects("index"), half.unnamed()), (before, Vec::new()));
    drop(lock);
    half.assert_whole("after the refusal");
    assert_eq!(read(&half.lab.reopened(), late).unwrap(), joined(&some_files(2, 3, 50_000)));
}

#[test]
fn only_an_exclusive_lock_of_the_same_repository_lets_a_prune_begin() {
    let (half, other) = (Half::new(), Lab::new());
    let mut plan = half.lab.repository.plan_prune_without(&[half.forgotten], &TIGHT, &NoObserver).unwrap();
    let foreign = other.repository.lock_async(LockMode::Exclusive, None).unwrap();
    assert!(plan.begin(&foreign, &half.lab.repository, short_packs()).is_err());
    let shared = half.lab.repository.lock_async(LockMode::Shared, None).unwrap();
    assert!(plan.begin(&shared, &half.lab.repository, short_packs()).is_err());
    assert!(half.unnamed().is_empty());
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
