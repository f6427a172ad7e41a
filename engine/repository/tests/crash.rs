//! A backup that is struck at each of its storage operations in turn. Whatever happens: the real `restic check` finds no
//! error, every committed snapshot is whole, and the next backup succeeds.

mod common;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use common::{Hasty, PASSWORD, Place, init_options, noise, restic, snapshot_of};
use rempart_format::{BlobKind, TreeReader};
use rempart_model::SnapshotId;
use rempart_repository::{
    BlobError, BlobSink, BlobSource, LockMode, OpenOptions, Repository, UnlockScope, WriterLock, WriterOptions,
};
use rempart_storage::{
    CrashStore, ErrorKind, Fault, FaultPlan, FaultStore, ObjectName, ObjectStore, Trigger, Unsynced,
};

/// Name → content of a snapshot's files.
type Files = BTreeMap<String, Vec<u8>>;

fn files(seed: u64) -> Files {
    // Two packs of data at the smallest pack size, some small blobs, one that all snapshots share.
    let mut files: Files = (0..3u64).map(|n| (format!("large{n}"), noise(seed * 100 + n, 1_500_000))).collect();
    files.extend((0..12u64).map(|n| (format!("small{n:02}"), noise(seed * 100 + 50 + n, 300 + n as usize))));
    files.insert("shared".to_owned(), noise(7, 5000));
    files
}

fn open(store: Arc<dyn ObjectStore>) -> Result<Repository, rempart_repository::RepositoryError> {
    // Nobody else is there, so nobody has to be waited for.
    let options = OpenOptions { read_threads: 2, clock: Arc::new(Hasty), ..OpenOptions::default() };
    Repository::open(store, PASSWORD.as_bytes(), options)
}

fn back_up(store: Arc<dyn ObjectStore>, files: &Files) -> Result<SnapshotId, BlobError> {
    let repo = open(store)?;
    let lock = repo.lock_async(LockMode::Shared, None)?;
    // An index in the middle of the run too, written by its own thread.
    let options = WriterOptions { pack_target_bytes: 4 << 20, index_after_blobs: 4, ..WriterOptions::default() };
    let writer = repo.writer(WriterLock::Pending(lock), options)?;
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, content)| (name.as_str(), content.as_slice())).collect();
    // Half of it stored and indexed, as in a long run.
    snapshot_of(&writer, &files[..files.len() / 2])?;
    writer.flush()?;
    let snapshot = snapshot_of(&writer, &files)?;
    writer.commit(&snapshot)
}

fn assert_whole(repo: &Repository, id: SnapshotId, expected: &Files, context: &str) {
    let stored = repo.snapshot(id).unwrap_or_else(|error| panic!("{context}: committed {id:?} is gone: {error}"));
    let tree = repo.read_blob(BlobKind::Tree, &stored.snapshot.tree).unwrap_or_else(|e| panic!("{context}: {e}"));
    let mut found = Files::new();
    for node in TreeReader::new(&tree) {
        let node = node.unwrap();
        let content = node.content.unwrap_or_default().into_iter().flat_map(|blob| {
            repo.read_blob(BlobKind::Data, &blob).unwrap_or_else(|error| panic!("{context}: {error}"))
        });
        found.insert(String::from_utf8(node.name).unwrap(), content.collect());
    }
    assert_eq!(&found, expected, "{context}: other content");
}

fn assert_restic_accepts(path: &Path, context: &str) {
    let output = restic(path, &["check", "--read-data", "--no-lock"]);
    let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{context}: {}{}", shown(&output.stdout), shown(&output.stderr));
}

/// Puts the objects of a store in memory where restic can read them.
fn dump(store: &CrashStore, path: &Path) {
    for folder in ["keys", "locks", "snapshots", "index", "data"] {
        std::fs::create_dir_all(path.join(folder)).unwrap();
    }
    for (name, content) in store.objects() {
        let file = path.join(name.to_string());
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, content).unwrap();
    }
}

/// Strikes at each operation in turn; `after` brings back what is left, and is told what was committed.
fn strike_everywhere(fault: Fault, mut run: impl FnMut(FaultPlan, u64) -> bool) {
    let mut struck = 0;
    for n in 0.. {
        if !run(FaultPlan::new(Trigger::at(n), fault), n) {
            break;
        }
        struck += 1;
    }
    assert!(struck > 20, "only {struck} operations were struck with {fault:?}");
}

#[test]
fn a_machine_that_crashes_at_any_operation_leaves_a_sound_repository() {
    let (old, new) = (files(1), files(2));
    let base = Arc::new(CrashStore::new());
    Repository::init(base.clone(), PASSWORD.as_bytes(), &init_options(), OpenOptions::default()).unwrap();
    let first = back_up(base.clone(), &old).unwrap();
    strike_everywhere(Fault::Crash, |plan, n| {
        let mut struck = true;
        let fates = [Unsynced::Vanishes, Unsynced::Survives, Unsynced::Either { seed: n + 1 }];
        for (turn, unsynced) in fates.into_iter().enumerate() {
            let context = format!("crash at operation {n}, {unsynced:?}");
            let store = Arc::new(CrashStore::new());
            base.objects().into_iter().for_each(|(name, bytes)| store.write(name, bytes).unwrap());
            store.sync().unwrap();
            let faulty = Arc::new(FaultStore::new(store.clone(), plan.clone()));
            let second = back_up(faulty.clone(), &new);
            struck &= faulty.struck() > 0;
            store.crash(unsynced);

            // Restic is slow to start: each place sees it in turn with another fate.
            if n % 3 == turn as u64 {
                let place = Place::new();
                dump(&store, place.folder.path());
                assert_restic_accepts(place.folder.path(), &context);
            }
            assert_sound(store, (first, &old), (second.ok(), &new), &context);
        }
        struck
    });
}

/// Every snapshot is whole, those that were committed are there, and the next backup succeeds.
fn assert_sound(
    store: Arc<dyn ObjectStore>,
    (first, old): (SnapshotId, &Files),
    (second, new): (Option<SnapshotId>, &Files),
    context: &str,
) {
    let repo = open(store.clone()).unwrap_or_else(|error| panic!("{context}: {error}"));
    repo.unlock(UnlockScope::All).unwrap();
    assert_whole(&repo, first, old, context);
    for stored in repo.snapshots().unwrap() {
        assert_whole(&repo, stored.id, if stored.id == first { old } else { new }, context);
    }
    if let Some(second) = second {
        assert_whole(&repo, second, new, context);
    }
    let third = back_up(store.clone(), new).unwrap_or_else(|error| panic!("{context}: {error}"));
    assert_whole(&open(store).unwrap(), third, new, context);
}

#[test]
fn faults_of_a_local_disk_at_any_operation_leave_a_sound_repository() {
    let (old, new) = (files(1), files(2));
    let base = Place::new();
    base.init();
    let first = back_up(base.store(), &old).unwrap();
    // The first everywhere; of the others each at its own third of the places.
    let others = [Fault::Fail(ErrorKind::Other), Fault::FillUp, Fault::TurnReadOnly, Fault::LoseResponse];
    for (turn, fault) in std::iter::once(Fault::Crash).chain(others).enumerate() {
        strike_everywhere(fault, |plan, n| {
            if turn > 0 && n % 3 != turn as u64 % 3 {
                return true;
            }
            let context = format!("{fault:?} at operation {n}");
            let place = Place::new();
            copy_folder(&base.repo_path(), &place.repo_path());
            let faulty = Arc::new(FaultStore::new(place.store(), plan));
            let second = back_up(faulty.clone(), &new);
            let struck = faulty.struck() > 0;
            drop(faulty);
            // Restic is slow to start: a part of the places shows as much.
            if n % 9 < 3 {
                assert_restic_accepts(&place.repo_path(), &context);
            }
            assert_sound(place.store(), (first, &old), (second.ok(), &new), &context);
            struck
        });
    }
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn an_init_that_is_struck_leaves_a_place_that_says_what_it_is() {
    for n in 0..40 {
        let store = Arc::new(CrashStore::new());
        let faulty = Arc::new(FaultStore::new(store.clone(), FaultPlan::new(Trigger::at(n), Fault::Crash)));
        let made = Repository::init(faulty.clone(), PASSWORD.as_bytes(), &init_options(), OpenOptions::default());
        if made.is_ok() {
            assert!(n > 5, "only {n} operations were struck");
            return;
        }
        store.crash(Unsynced::Vanishes);
        let has_config = store.objects().contains_key(&ObjectName::Config);
        match open(store.clone()) {
            Ok(_) => assert!(has_config, "crash at operation {n}: opened without a config"),
            Err(error) => {
                assert_eq!(error.kind(), rempart_repository::ErrorKind::NoRepository, "operation {n}: {error}");
                assert!(error.to_string().contains("rempart init"), "operation {n} advises nothing: {error}");
            }
        }
    }
    panic!("init never got through");
}
