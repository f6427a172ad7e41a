//! Reading blobs: damage, lost packs, another copy, an index that another process has changed meanwhile.

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Mutex;

use common::{Place, back_up, id_of, noise, store, writer};
use rempart_format::BlobKind;
use rempart_model::BlobId;
use rempart_repository::{BlobError, BlobSource, ErrorKind, PreparedBlob, Repository, RepositoryError};

fn pack_path(place: &Place, pack: &str) -> PathBuf {
    place.repo_path().join("data").join(&pack[..2]).join(pack)
}

fn flip(path: &PathBuf, at: usize) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 1;
    fs::write(path, bytes).unwrap();
}

/// Reads many and sorts what came into the good and the bad.
fn read_all(repo: &Repository, ids: &[BlobId]) -> (BTreeSet<usize>, Vec<(usize, BlobError)>) {
    let (good, bad) = (Mutex::new(BTreeSet::new()), Mutex::new(Vec::new()));
    repo.read_blobs(BlobKind::Data, ids, &|place, blob| {
        match blob {
            Ok(plaintext) => {
                assert_eq!(id_of(plaintext), ids[place], "another blob came for number {place}");
                assert!(good.lock().unwrap().insert(place), "number {place} came twice");
            }
            Err(error) => bad.lock().unwrap().push((place, error)),
        }
        true
    })
    .unwrap();
    (good.into_inner().unwrap(), bad.into_inner().unwrap())
}

fn contents(count: u64) -> Vec<Vec<u8>> {
    (0..count).map(|n| noise(n + 1, 2000 + 1117 * (n as usize % 50))).collect()
}

fn stored(place: &Place, contents: &[Vec<u8>]) -> Vec<BlobId> {
    let names: Vec<String> = (0..contents.len()).map(|n| format!("{n:05}")).collect();
    let files: Vec<(&str, &[u8])> = names.iter().zip(contents).map(|(name, c)| (name.as_str(), c.as_slice())).collect();
    back_up(&place.init(), &files).unwrap();
    contents.iter().map(|content| id_of(content)).collect()
}

#[test]
fn a_damaged_blob_is_named_and_the_others_come() {
    let place = Place::new();
    let contents = contents(300);
    let ids = stored(&place, &contents);
    let repo = place.open();
    let broken = 123;
    let at = repo.index().unwrap().find(BlobKind::Data, &ids[broken]).unwrap();
    for offset in [0, 15, 16, at.sealed_bytes as usize / 2, at.sealed_bytes as usize - 1] {
        let path = pack_path(&place, &at.pack.to_string());
        flip(&path, at.offset_bytes as usize + offset);
        let (good, bad) = read_all(&repo, &ids);
        assert_eq!(good.len(), ids.len() - 1, "byte {offset} of the blob");
        assert_eq!(bad.len(), 1);
        assert_eq!((bad[0].0, bad[0].1.kind()), (broken, ErrorKind::Damaged), "{}", bad[0].1);
        assert!(repo.read_blob(BlobKind::Data, &ids[broken]).is_err());
        flip(&path, at.offset_bytes as usize + offset);
    }
    assert_eq!(read_all(&repo, &ids).0.len(), ids.len(), "undone, all is well");
}

#[test]
fn another_copy_helps_where_one_is_damaged_or_its_pack_is_gone() {
    let place = Place::new();
    let contents = contents(20);
    let ids = stored(&place, &contents);
    // A second copy of all blobs, as two backups at once leave them.
    let repo = place.open();
    let second = writer(&repo).unwrap();
    for content in &contents {
        let blob = PreparedBlob { id: id_of(content), payload: content, uncompressed_bytes: None };
        rempart_repository::BlobSink::put(&second, BlobKind::Data, &[blob]).unwrap();
    }
    second.finish().unwrap();
    let repo = place.open();
    let copies = repo.index().unwrap().find_all(BlobKind::Data, &ids[0]);
    assert_eq!(copies.len(), 2);
    for copy in &copies {
        let path = pack_path(&place, &copy.pack.to_string());
        flip(&path, copy.offset_bytes as usize + 20);
        assert_eq!(repo.read_blob(BlobKind::Data, &ids[0]).unwrap(), contents[0], "one copy is damaged");
        assert_eq!(read_all(&repo, &ids).0.len(), ids.len(), "one copy is damaged");
        flip(&path, copy.offset_bytes as usize + 20);

        let aside = place.folder.path().join("aside");
        fs::rename(&path, &aside).unwrap();
        let fresh = place.open();
        assert_eq!(read_all(&fresh, &ids).0.len(), ids.len(), "one pack is gone");
        fs::rename(&aside, &path).unwrap();
    }
    for copy in &copies {
        fs::remove_file(pack_path(&place, &copy.pack.to_string())).unwrap();
    }
    let repo = place.open();
    let error = repo.read_blob(BlobKind::Data, &ids[0]).unwrap_err().into_repository();
    assert!(matches!(error, RepositoryError::PackMissing { .. }), "{error}");
    let (good, bad) = read_all(&repo, &ids);
    assert!(good.is_empty());
    assert!(bad.iter().all(|(_, error)| error.to_string().contains("missing")), "{}", bad[0].1);
}

#[test]
fn blobs_that_a_prune_has_moved_are_found_again() {
    let place = Place::new();
    let contents = contents(40);
    let ids = stored(&place, &contents);
    let reader = place.open();
    reader.index().unwrap();
    // Another process keeps half of it, and repacks.
    let names: Vec<String> = (0..20).map(|n| n.to_string()).collect();
    let kept: Vec<(&str, &[u8])> =
        names.iter().zip(&contents).map(|(name, content)| (name.as_str(), content.as_slice())).collect();
    back_up(&place.open(), &kept).unwrap();
    place.restic_ok(&["forget", "--keep-last", "1", "--group-by", "", "--prune", "--max-unused", "0"]);
    let (good, bad) = read_all(&reader, &ids);
    assert_eq!(good, (0..20).collect(), "{}", bad[0].1);
    assert!(bad.iter().all(|(place, _)| *place >= 20));
    assert_eq!(reader.read_blob(BlobKind::Data, &ids[7]).unwrap(), contents[7]);
}

#[test]
fn an_unknown_blob_is_an_error_and_its_kind_counts() {
    let place = Place::new();
    let ids = stored(&place, &contents(3));
    let repo = place.open();
    let error = repo.read_blob(BlobKind::Tree, &ids[0]).unwrap_err().into_repository();
    assert!(matches!(error, RepositoryError::BlobMissing { kind: BlobKind::Tree, .. }), "{error}");
    assert_eq!(repo.plaintext_bytes(BlobKind::Tree, &ids[0]), None);
    assert_eq!(repo.plaintext_bytes(BlobKind::Data, &ids[0]), Some(2000));
    let (good, bad) = read_all(&repo, &[ids[0], BlobId::new([1; 32]), ids[2]]);
    assert_eq!((good.into_iter().collect::<Vec<_>>(), bad[0].0), (vec![0, 2], 1));
}

#[test]
fn a_reader_that_has_enough_is_not_given_more() {
    let place = Place::new();
    let ids = stored(&place, &contents(200));
    let repo = place.open();
    let calls = std::sync::atomic::AtomicUsize::new(0);
    repo.read_blobs(BlobKind::Data, &ids, &|_, _| {
        calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        false
    })
    .unwrap();
    // Each thread may have been in the middle of a call.
    assert!(calls.into_inner() <= 8, "deliver was called on and on");
}

#[test]
fn one_id_asked_for_twice_comes_twice() {
    let place = Place::new();
    let ids = stored(&place, &contents(2));
    let (good, bad) = read_all(&place.open(), &[ids[1], ids[0], ids[1]]);
    assert_eq!((good.len(), bad.len()), (3, 0));
}

#[test]
fn large_blobs_and_trees_come_back_too() {
    let place = Place::new();
    let repo = place.init();
    let second = writer(&repo).unwrap();
    let large = noise(5, 40_000_000);
    let tree = b"{\"nodes\":[]}\n".to_vec();
    let large_id = store(&second, BlobKind::Data, &large, false).unwrap();
    let tree_id = store(&second, BlobKind::Tree, &tree, true).unwrap();
    second.finish().unwrap();
    assert_eq!(repo.read_blob(BlobKind::Data, &large_id).unwrap(), large);
    assert_eq!(repo.read_blob(BlobKind::Tree, &tree_id).unwrap(), tree);
    let (good, _) = read_all(&repo, &[large_id]);
    assert_eq!(good.len(), 1);
}
