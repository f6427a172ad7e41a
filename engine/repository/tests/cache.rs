//! The local cache saves work and is never needed, and what opening costs is counted.

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use common::{PASSWORD, Place, back_up, id_of, noise, writer};
use rempart_format::BlobKind;
use rempart_repository::{LockMode, Repository};
use rempart_storage::{ObjectKind, Operation, RecordStore};

fn files_below(path: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(path).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_below(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn recorded(place: &Place) -> (Arc<RecordStore>, Repository) {
    let store = Arc::new(RecordStore::new(place.store()));
    let repo = Repository::open(store.clone(), PASSWORD.as_bytes(), place.with_cache()).unwrap();
    (store, repo)
}

/// Five backups, each with its own index file.
fn history(place: &Place) -> Vec<Vec<u8>> {
    let repo = place.init();
    let contents: Vec<Vec<u8>> = (0..5).map(|n| noise(n + 1, 10_000)).collect();
    for content in &contents {
        back_up(&repo, &[("file", content)]).unwrap();
    }
    contents
}

#[test]
fn an_unchanged_index_is_listed_and_not_read() {
    let place = Place::new();
    let contents = history(&place);
    for (turn, reads) in [("first", 5), ("second", 0), ("third", 0)] {
        let (store, repo) = recorded(&place);
        let index = repo.index().unwrap();
        for content in &contents {
            assert!(index.contains(BlobKind::Data, &id_of(content)), "{turn} opening");
        }
        assert_eq!(index.len(), 10, "{turn} opening: five blobs and five trees");
        assert_eq!(index.sources(), repo.index_ids().unwrap());
        let counts = store.counts();
        assert_eq!(counts.of_kind(Operation::Read, Some(ObjectKind::Index)).calls, reads, "{turn} opening:\n{counts}");
    }
}

#[test]
fn opening_asks_for_a_key_and_the_config_and_nothing_else() {
    let place = Place::new();
    history(&place);
    let (store, _repo) = recorded(&place);
    let counts = store.counts();
    assert_eq!(counts.of_kind(Operation::List, Some(ObjectKind::Key)).calls, 1, "{counts}");
    assert_eq!(counts.of_kind(Operation::Read, Some(ObjectKind::Key)).calls, 1, "{counts}");
    assert_eq!(counts.of_kind(Operation::Read, None).calls, 1, "{counts}");
    assert_eq!(counts.to_string().lines().count(), 3, "{counts}");
}

#[test]
fn a_backup_without_new_blobs_writes_its_lock_and_its_snapshot() {
    let place = Place::new();
    let contents = history(&place);
    let warm = place.open_cached();
    warm.index().unwrap();
    let (store, repo) = recorded(&place);
    store.take_counts();
    back_up(&repo, &[("file", &contents[4])]).unwrap();
    let counts = store.counts();
    let calls = |operation, kind| counts.of_kind(operation, Some(kind)).calls;
    assert_eq!(calls(Operation::Write, ObjectKind::Lock), 1, "{counts}");
    assert_eq!(calls(Operation::Write, ObjectKind::Snapshot), 1, "{counts}");
    assert_eq!(counts.of(Operation::Write).calls, 2, "{counts}");
    assert_eq!(calls(Operation::Remove, ObjectKind::Lock), 1, "{counts}");
    // Before the lock file, and 200 ms after it.
    assert_eq!(calls(Operation::List, ObjectKind::Lock), 2, "{counts}");
    // When the writer begins, to load it, and with the second look: was anything pruned meanwhile?
    assert_eq!(calls(Operation::List, ObjectKind::Index), 3, "{counts}");
    assert_eq!(counts.of(Operation::Read).calls + counts.of(Operation::ReadRange).calls, 0, "{counts}");
    assert_eq!(counts.of(Operation::Sync).calls, 1, "{counts}");
}

#[test]
fn what_this_process_wrote_is_not_read_back() {
    let place = Place::new();
    history(&place);
    place.open_cached().index().unwrap();
    back_up(&place.open_cached(), &[("file", &noise(77, 5000))]).unwrap();
    let (store, repo) = recorded(&place);
    assert!(repo.index().unwrap().contains(BlobKind::Data, &id_of(&noise(77, 5000))));
    repo.snapshots().unwrap();
    let counts = store.counts();
    assert_eq!(counts.of_kind(Operation::Read, Some(ObjectKind::Index)).calls, 0, "{counts}");
    assert_eq!(counts.of_kind(Operation::Read, Some(ObjectKind::Snapshot)).calls, 5, "the sixth is known:\n{counts}");
    store.take_counts();
    repo.snapshots().unwrap();
    assert_eq!(store.counts().of(Operation::Read).calls, 0, "all snapshots are known");
}

#[test]
fn a_cache_in_any_state_changes_no_answer() {
    let place = Place::new();
    let contents = history(&place);
    let ask = |what: &str| {
        let repo = place.open_cached();
        let index = repo.index().unwrap();
        for content in &contents {
            assert!(index.contains(BlobKind::Data, &id_of(content)), "{what}");
        }
        assert!(!index.contains(BlobKind::Data, &id_of(b"never stored")), "{what}");
        assert_eq!(index.len(), 10, "{what}");
        assert_eq!(repo.snapshots().unwrap().len(), 5, "{what}");
    };
    ask("empty");
    let files: Vec<PathBuf> =
        files_below(&place.cache_path()).into_iter().filter(|f| !f.ends_with("CACHEDIR.TAG")).collect();
    assert!(files.len() >= 6, "snapshots and segments are cached: {files:?}");
    for file in &files {
        let whole = fs::read(file).unwrap();
        for len in [0, 1, 47, whole.len() / 2, whole.len() - 1] {
            fs::write(file, &whole[..len]).unwrap();
            ask(&format!("{} cut to {len} bytes", file.display()));
            fs::write(file, &whole).unwrap();
        }
        for at in (0..whole.len()).step_by(whole.len() / 12) {
            let mut bad = whole.clone();
            bad[at] ^= 0xff;
            fs::write(file, &bad).unwrap();
            ask(&format!("{} changed at byte {at}", file.display()));
        }
    }
    fs::remove_dir_all(place.cache_path()).unwrap();
    ask("removed");
    // A folder that cannot be made: a file is in its place.
    fs::remove_dir_all(place.cache_path()).unwrap();
    fs::write(place.cache_path(), b"").unwrap();
    ask("impossible");
}

#[test]
fn segments_of_replaced_index_files_are_forgotten() {
    let place = Place::new();
    let contents = history(&place);
    place.open_cached().index().unwrap();
    place.restic_ok(&["forget", "--keep-last", "2", "--group-by", "", "--prune", "--max-unused", "0"]);
    let repo = place.open_cached();
    let index = repo.index().unwrap();
    for (n, content) in contents.iter().enumerate() {
        assert_eq!(index.contains(BlobKind::Data, &id_of(content)), n >= 3, "content {n}");
    }
    assert_eq!(index.sources(), repo.index_ids().unwrap());
}

#[test]
fn many_small_backups_leave_few_segments() {
    let place = Place::new();
    place.init();
    for n in 0..30 {
        let repo = place.open_cached();
        let writer = writer(&repo).unwrap();
        common::store(&writer, BlobKind::Data, &noise(n + 1, 100), false).unwrap();
        writer.finish().unwrap();
    }
    let repo = place.open_cached();
    let index = repo.index().unwrap();
    assert_eq!(index.len(), 30);
    let segments = fs::read_dir(repo.cache_dir().unwrap().join("segments")).unwrap().count();
    assert!(segments <= 5, "{segments} segments");
    for n in 0..30 {
        assert!(index.contains(BlobKind::Data, &id_of(&noise(n + 1, 100))), "blob {n}");
    }
    let lock = repo.lock(LockMode::Shared, None).unwrap();
    lock.release().unwrap();
}
