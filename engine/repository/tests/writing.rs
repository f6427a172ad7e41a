//! Writing from many threads, writers and processes at once, and what a writer refuses.

mod common;

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::Arc;

use common::{Hasty, PASSWORD, Place, back_up, id_of, init_options, noise, snapshot_of, store, writer};
use rempart_format::{BlobKind, WallTime};
use rempart_model::BlobId;
use rempart_repository::{
    BlobSink, BlobSource, CheckOptions, ErrorKind, LockMode, NoObserver, OpenOptions, PreparedBlob, Repository,
    RepositoryError, UnlockScope, WriterLock, WriterOptions,
};
use rempart_storage::{CrashStore, ObjectKind, ObjectName, ObjectStore as _};

fn in_memory() -> (Arc<CrashStore>, Repository) {
    let store = Arc::new(CrashStore::new());
    let options = OpenOptions { clock: Arc::new(Hasty), ..OpenOptions::default() };
    let repo = Repository::init(store.clone(), PASSWORD.as_bytes(), &init_options(), options).unwrap();
    (store, repo)
}

#[test]
fn a_pack_stands_in_one_index_file_whatever_the_number_of_its_blobs() {
    let (store_in_memory, repo) = in_memory();
    let lock = repo.lock_async(LockMode::Shared, None).unwrap();
    let options = WriterOptions { index_after_blobs: 20_000, ..WriterOptions::default() };
    let writer = repo.writer(WriterLock::Pending(lock), options).unwrap();
    // More blobs than a pack takes, in bytes that would fit into one.
    for n in 0..60_000u32 {
        store(&writer, BlobKind::Data, &n.to_le_bytes(), false).unwrap();
    }
    let snapshot = snapshot_of(&writer, &[("last", b"last")]).unwrap();
    writer.commit(&snapshot).unwrap();
    assert!(repo.index_ids().unwrap().len() >= 2 && writer.stats().packs >= 3, "{:?}", writer.stats());
    let report = repo.check(&CheckOptions::default(), &NoObserver).unwrap();
    assert!(report.problems.is_empty(), "{:?}", report.problems);
    assert_eq!(report.packs, store_in_memory.list(ObjectKind::Pack).unwrap().len() as u64);
}

#[test]
fn threads_that_bring_the_same_blobs_store_each_once() {
    for place in [None, Some(Place::new())] {
        let repo = match &place {
            Some(place) => place.init(),
            None => in_memory().1,
        };
        let lock = repo.lock_async(LockMode::Shared, None).unwrap();
        let options = WriterOptions { pack_target_bytes: 4 << 20, index_after_blobs: 100, ..WriterOptions::default() };
        let writer = repo.writer(WriterLock::Pending(lock), options).unwrap();
        let contents: Vec<Vec<u8>> = (0..600u64).map(|n| noise(n + 1, 100 + 97 * (n as usize % 400))).collect();
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let (writer, contents) = (&writer, &contents);
                scope.spawn(move || {
                    for n in 0..contents.len() {
                        let content = &contents[(n * 7 + thread * 150) % contents.len()];
                        store(writer, BlobKind::Data, content, n % 2 == 0).unwrap();
                    }
                });
            }
        });
        let snapshot = snapshot_of(&writer, &[("last", b"last")]).unwrap();
        writer.commit(&snapshot).unwrap();
        let stats = writer.stats();
        assert_eq!((stats.data_blobs, stats.tree_blobs), (601, 1));
        assert!(stats.packs >= 4 && stats.index_files >= 2, "{stats:?}");
        drop(writer);
        repo.reload_index().unwrap();
        for content in &contents {
            let id = id_of(content);
            assert_eq!(repo.index().unwrap().find_all(BlobKind::Data, &id).len(), 1, "{id} is stored more than once");
            assert_eq!(&repo.read_blob(BlobKind::Data, &id).unwrap(), content);
        }
        if let Some(place) = place {
            place.restic_ok(&["check", "--read-data"]);
        }
    }
}

#[test]
fn a_small_backup_ends_in_few_packs() {
    for (bytes, most) in [(1, 1), (3_000_000, 1), (12_000_000, 2), (40_000_000, 5)] {
        let (_, repo) = in_memory();
        let place = Place::new();
        let local = place.init();
        for repo in [repo, local] {
            let writer = writer(&repo).unwrap();
            for (n, part) in noise(3, bytes).chunks(1_000_000).enumerate() {
                store(&writer, BlobKind::Data, part, n % 2 == 0).unwrap();
            }
            let packs = writer.finish().unwrap().packs;
            assert!(packs <= most, "{bytes} bytes ended in {packs} packs");
        }
    }
}

#[test]
fn packs_keep_their_size_and_many_are_filled_together() {
    let place = Place::new();
    let repo = place.init();
    let writer = writer(&repo).unwrap();
    let total = 300_000_000;
    let mut written = 0;
    while written < total {
        let part = noise(written as u64 + 1, 700_000 + written % 1_300_000);
        written += part.len();
        store(&writer, BlobKind::Data, &part, false).unwrap();
    }
    writer.finish().unwrap();
    let mut sizes: Vec<u64> =
        place.store().list(ObjectKind::Pack).unwrap().iter().map(|pack| pack.size_bytes).collect();
    sizes.sort_unstable();
    assert!(*sizes.last().unwrap() < 20 << 20, "a pack of {} bytes", sizes.last().unwrap());
    let full = sizes.iter().filter(|size| **size >= 16 << 20).count();
    assert!(sizes.len() - full <= 16, "{} packs of {} are not full", sizes.len() - full, sizes.len());
    place.restic_ok(&["check", "--read-data"]);
}

#[test]
fn data_and_trees_never_share_a_pack() {
    let place = Place::new();
    let repo = place.init();
    back_up(&repo, &[("a", b"a"), ("b", b"b")]).unwrap();
    let mut packs = [BTreeSet::new(), BTreeSet::new()];
    repo.index().unwrap().for_each(&mut |kind, _, location| {
        packs[usize::from(kind == BlobKind::Tree)].insert(location.pack);
    });
    assert_eq!((packs[0].len(), packs[1].len()), (1, 1));
    assert!(packs[0].is_disjoint(&packs[1]));
}

#[test]
fn what_was_promised_and_never_came_stops_the_commit() {
    let (_, repo) = in_memory();
    let writer = writer(&repo).unwrap();
    let mut wanted = Vec::new();
    writer.claim(BlobKind::Data, &[id_of(b"promised"), id_of(b"promised")], &mut wanted).unwrap();
    assert_eq!(wanted, [true, false]);
    let snapshot = snapshot_of(&writer, &[("f", b"x")]).unwrap();
    let error = writer.commit(&snapshot).unwrap_err().into_repository();
    assert!(matches!(error, RepositoryError::ClaimsUnmet { claimed: 3, stored: 2 }), "{error}");
    assert!(writer.commit(&snapshot).is_err(), "a failed commit can be repeated");
    assert!(repo.snapshot_ids().unwrap().is_empty());
}

#[test]
fn an_empty_blob_and_odd_pack_sizes_are_refused() {
    let (_, repo) = in_memory();
    let first = writer(&repo).unwrap();
    let empty = PreparedBlob { id: BlobId::new([1; 32]), payload: b"", uncompressed_bytes: None };
    assert!(first.put(BlobKind::Data, &[empty]).is_err());
    assert!(first.put(BlobKind::Data, &[]).is_err(), "the writer goes on after an error");
    drop(first);
    for mebibytes in [0, 3, 129] {
        let lock = Arc::new(repo.lock(LockMode::Shared, None).unwrap());
        let options = WriterOptions { pack_target_bytes: mebibytes << 20, ..WriterOptions::default() };
        let refused = repo.writer(WriterLock::Held(lock), options).map(drop).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Refused, "{mebibytes} MiB");
    }
}

#[test]
fn nothing_is_committed_under_a_lock_that_somebody_removed() {
    let (_, repo) = in_memory();
    let writer = writer(&repo).unwrap();
    let snapshot = snapshot_of(&writer, &[("f", b"x")]).unwrap();
    repo.unlock(UnlockScope::All).unwrap();
    assert_eq!(writer.commit(&snapshot).unwrap_err().kind(), ErrorKind::LockLost);
    assert!(repo.snapshot_ids().unwrap().is_empty());
}

#[test]
fn nothing_is_committed_beside_an_exclusive_lock_that_came_at_the_same_moment() {
    let (store, repo) = in_memory();
    let writer = writer(&repo).unwrap();
    let snapshot = snapshot_of(&writer, &[("f", b"x")]).unwrap();
    // Another process listed the locks before ours was there.
    let theirs = rempart_format::Lock {
        time: WallTime { instant: jiff::Timestamp::now(), offset_seconds: 0 },
        exclusive: true,
        hostname: "elsewhere".into(),
        username: "u".into(),
        pid: 1,
        uid: 0,
        gid: 0,
    };
    common::write_lock(&*store, &theirs);
    assert_eq!(writer.commit(&snapshot).unwrap_err().kind(), ErrorKind::Locked);
    assert!(repo.snapshot_ids().unwrap().is_empty());
}

/// Found by the model: a prune that made its second look just before our lock file came goes on, and has ended by the time
/// of ours. What it removed was in our index, and is not stored again.
#[test]
fn nothing_is_committed_upon_what_a_prune_removed_before_the_second_look() {
    let (store_in_memory, repo) = in_memory();
    back_up(&repo, &[("f", b"shared")]).unwrap();
    let late = writer(&repo).unwrap();
    let snapshot = snapshot_of(&late, &[("f", b"shared"), ("g", b"new")]).unwrap();
    // As the prune leaves it: another index file, without the pack, in the place of the one that the writer read.
    let old = repo.index_ids().unwrap()[0];
    store_in_memory.remove(ObjectName::Named(ObjectKind::Index, old.0)).unwrap();
    let error = late.commit(&snapshot).unwrap_err().into_repository();
    assert!(matches!(error, RepositoryError::PrunedMeanwhile), "{error}");
    assert_eq!((error.kind(), repo.snapshot_ids().unwrap().len()), (ErrorKind::LockLost, 1));
    drop(late);
    assert!(repo.locks().unwrap().is_empty());
}

#[test]
fn backups_that_end_meanwhile_do_not_stop_a_commit() {
    let (_, repo) = in_memory();
    back_up(&repo, &[("f", b"shared")]).unwrap();
    let late = writer(&repo).unwrap();
    let snapshot = snapshot_of(&late, &[("f", b"shared"), ("g", b"new")]).unwrap();
    back_up(&repo, &[("h", b"another")]).unwrap();
    late.commit(&snapshot).unwrap();
    assert_eq!(repo.snapshot_ids().unwrap().len(), 3);
    let report = repo.check(&CheckOptions::default(), &NoObserver).unwrap();
    assert!(report.problems.is_empty(), "{:?}", report.problems);
}

#[test]
fn a_canceled_run_that_flushed_finds_its_blobs_again() {
    let (_, repo) = in_memory();
    let first = writer(&repo).unwrap();
    store(&first, BlobKind::Data, b"kept", false).unwrap();
    first.flush().unwrap();
    store(&first, BlobKind::Data, b"later", false).unwrap();
    first.flush().unwrap();
    drop(first);
    repo.reload_index().unwrap();
    let mut wanted = Vec::new();
    let ids = [id_of(b"kept"), id_of(b"later"), id_of(b"new")];
    writer(&repo).unwrap().claim(BlobKind::Data, &ids, &mut wanted).unwrap();
    assert_eq!(wanted, [false, false, true]);
}

/// This test starts itself anew as several processes, told by the environment what to do.
#[test]
fn processes_that_write_at_once_all_succeed() {
    const TOLD: &str = "REMPART_TEST_WRITER";
    if let Ok(told) = std::env::var(TOLD) {
        let (number, path) = told.split_once(':').unwrap();
        let number: u64 = number.parse().unwrap();
        let store = Arc::new(rempart_storage::LocalStore::new(path));
        let options = OpenOptions { cache_dir: Some(format!("{path}-cache").into()), ..OpenOptions::default() };
        for round in 0..4 {
            let repo = Repository::open(store.clone(), PASSWORD.as_bytes(), options.clone()).unwrap();
            let (own, common) = (noise(number * 100 + round, 400_000), noise(round + 1, 300_000));
            back_up(&repo, &[("own", &own), ("common", &common)]).unwrap();
        }
        return;
    }
    let place = Place::new();
    place.init();
    let me = std::env::current_exe().unwrap();
    let children: Vec<_> = (1..=4)
        .map(|number| {
            Command::new(&me)
                .args(["--exact", "processes_that_write_at_once_all_succeed", "--nocapture"])
                .env(TOLD, format!("{number}:{}", place.repo_path().display()))
                .spawn()
                .unwrap()
        })
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success(), "a writer failed");
    }
    let repo = place.open();
    assert!(repo.locks().unwrap().is_empty());
    let snapshots = repo.snapshots().unwrap();
    assert_eq!(snapshots.len(), 16);
    let trees: BTreeSet<BlobId> = snapshots.iter().map(|stored| stored.snapshot.tree).collect();
    assert_eq!(trees.len(), 16);
    for number in 1..=4 {
        for round in 0..4 {
            let own = noise(number * 100 + round, 400_000);
            assert_eq!(repo.read_blob(BlobKind::Data, &id_of(&own)).unwrap(), own, "writer {number}, round {round}");
        }
    }
    place.restic_ok(&["check", "--read-data"]);
}
