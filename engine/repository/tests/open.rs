//! Making and opening repositories, right and wrong.

mod common;

use std::fs;

use common::{PASSWORD, Place, back_up, init_options};
use rempart_crypto::KdfParams;
use rempart_repository::{ErrorKind, LockMode, OpenOptions, Repository, RepositoryError};

fn opening(place: &Place, password: &str) -> Result<Repository, RepositoryError> {
    Repository::open(place.store(), password.as_bytes(), OpenOptions::default())
}

#[test]
fn where_nothing_is_opening_says_how_to_make_a_repository() {
    let place = Place::new();
    for _ in 0..2 {
        let error = opening(&place, PASSWORD).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NoRepository, "{error}");
        assert!(error.to_string().contains("rempart init"), "{error}");
        // The second time in an empty folder instead of a missing one.
        fs::create_dir_all(place.repo_path()).unwrap();
    }
}

#[test]
fn a_place_in_use_is_not_made_a_repository() {
    let place = Place::new();
    let first = place.init();
    let again =
        || Repository::init(place.store(), PASSWORD.as_bytes(), &init_options(), OpenOptions::default()).unwrap_err();
    assert_eq!(again().kind(), ErrorKind::AlreadyExists);
    fs::remove_file(place.repo_path().join("config")).unwrap();
    assert_eq!(again().kind(), ErrorKind::AlreadyExists, "keys alone");
    assert_eq!(opening(&place, PASSWORD).unwrap_err().kind(), ErrorKind::NoRepository);
    let keys = place.repo_path().join("keys");
    fs::remove_dir_all(&keys).unwrap();
    fs::create_dir(&keys).unwrap();
    let snapshot = place.repo_path().join("snapshots").join("ab".repeat(32));
    fs::write(&snapshot, b"x").unwrap();
    assert_eq!(again().kind(), ErrorKind::AlreadyExists, "snapshots alone");
    fs::remove_file(snapshot).unwrap();
    let second = place.init();
    assert_ne!(first.id(), second.id());
    place.restic_ok(&["check"]);
}

#[test]
fn a_wrong_password_is_told_from_damage() {
    let place = Place::new();
    place.init();
    let error = opening(&place, "wrong").unwrap_err();
    assert!(matches!(error, RepositoryError::WrongPassword { tried: 1 }), "{error}");
}

#[test]
fn a_damaged_key_or_config_is_an_error_that_names_it_at_every_length() {
    for file in ["keys", "config"] {
        let place = Place::new();
        place.init();
        let mut path = place.repo_path().join(file);
        if path.is_dir() {
            path = fs::read_dir(&path).unwrap().next().unwrap().unwrap().path();
        }
        let whole = fs::read(&path).unwrap();
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        for len in (0..whole.len()).step_by(if file == "keys" { 7 } else { 1 }) {
            fs::write(&path, &whole[..len]).unwrap();
            let error = opening(&place, PASSWORD).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Damaged, "{file} cut to {len} bytes: {error}");
        }
        fs::write(&path, &whole).unwrap();
        opening(&place, PASSWORD).unwrap();
    }
}

#[test]
fn a_damaged_key_does_not_hide_an_intact_one() {
    let place = Place::new();
    let repo = place.init();
    let first = repo.key_id();
    repo.add_key(b"second", init_options().kdf).unwrap();
    let path = place.repo_path().join("keys").join(first.to_string());
    fs::remove_file(&path).unwrap();
    fs::write(&path, b"{\"kdf\":").unwrap();
    opening(&place, "second").unwrap();
    assert_eq!(opening(&place, "third").unwrap_err().kind(), ErrorKind::WrongPassword);
}

#[test]
fn a_newer_version_is_refused_by_its_number() {
    let place = Place::new();
    let repo = place.init();
    let json = String::from_utf8(repo.cat_config().unwrap()).unwrap();
    // Sealed anew with the same key, as a future program would.
    let newer = json.replace("\"version\":2", "\"version\":3");
    assert_ne!(newer, json);
    common::write_config(&place, newer.as_bytes());
    let error = opening(&place, PASSWORD).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Version);
    assert!(error.to_string().contains('3'), "{error}");
}

#[test]
fn passwords_come_and_go_and_the_last_stays() {
    let place = Place::new();
    let repo = place.init();
    back_up(&repo, &[("file", b"content")]).unwrap();
    let kdf = KdfParams { n: 512, r: 8, p: 1 };
    let second = repo.add_key(b"second", kdf).unwrap();
    let other = opening(&place, "second").unwrap();
    assert_eq!(other.key_id(), second);
    assert_eq!(repo.keys().unwrap().iter().filter(|key| key.in_use).count(), 1);

    let shared = repo.lock(LockMode::Shared, None).unwrap();
    assert_eq!(repo.remove_key(&shared, second).unwrap_err().kind(), ErrorKind::Refused, "with a shared lock");
    drop(shared);
    let lock = repo.lock(LockMode::Exclusive, None).unwrap();
    assert!(matches!(repo.remove_key(&lock, repo.key_id()).unwrap_err(), RepositoryError::KeyInUse));
    repo.remove_key(&lock, second).unwrap();
    assert!(matches!(repo.remove_key(&lock, second).unwrap_err(), RepositoryError::NoSuchFile { .. }));
    assert!(matches!(repo.remove_key(&lock, repo.key_id()).unwrap_err(), RepositoryError::LastKey));
    assert_eq!(opening(&place, "second").unwrap_err().kind(), ErrorKind::WrongPassword);

    let changed = repo.change_password(&lock, b"third", kdf).unwrap();
    assert_eq!(repo.key_id(), changed);
    assert_eq!(opening(&place, PASSWORD).unwrap_err().kind(), ErrorKind::WrongPassword);
    assert_eq!(opening(&place, "third").unwrap().snapshots().unwrap().len(), 1);
    assert_eq!(repo.keys().unwrap().len(), 1);
}

#[test]
fn a_lock_of_another_repository_opens_no_door() {
    let (here, there) = (Place::new(), Place::new());
    let (repo, other) = (here.init(), there.init());
    let foreign = other.lock(LockMode::Exclusive, None).unwrap();
    assert!(matches!(repo.remove_snapshots(&foreign, &[]), Ok(())), "nothing to remove needs no lock");
    let id = back_up(&repo, &[("f", b"x")]).unwrap();
    let refused = repo.remove_snapshots(&foreign, &[id]).unwrap_err();
    assert!(matches!(refused, RepositoryError::ForeignLock { .. }), "{refused}");
    assert_eq!(repo.snapshot_ids().unwrap(), [id]);
}
