//! The real restic reads what we write, and we read what it writes.

mod common;

use common::{PASSWORD, Place, back_up, id_of, noise};
use rempart_format::BlobKind;
use rempart_repository::{BlobSource, OpenOptions, Repository};

#[test]
fn restic_accepts_and_reads_what_we_write() {
    let place = Place::new();
    let repo = place.init();
    let big = noise(1, 3_000_000);
    let text = "all work and no play\n".repeat(5000);
    let first = back_up(&repo, &[("big", &big), ("empty", b""), ("text", text.as_bytes())]).unwrap();
    let second = back_up(&place.open_cached(), &[("big", &big), ("new", b"new")]).unwrap();

    place.restic_ok(&["check", "--read-data"]);
    let listed = String::from_utf8(place.restic_ok(&["snapshots", "--json"])).unwrap();
    for snapshot in [first, second] {
        assert!(listed.contains(&snapshot.to_string()), "{snapshot} is not in {listed}");
    }
    let blob = place.restic_ok(&["cat", "blob", &id_of(&big).to_string()]);
    assert_eq!(blob, big, "restic reads another content");
    let dumped = place.restic_ok(&["dump", &first.to_string(), "/text"]);
    assert_eq!(dumped, text.as_bytes());
    place.restic_ok(&["prune"]);
    place.restic_ok(&["check", "--read-data"]);
    assert_eq!(place.open().read_blob(BlobKind::Data, &id_of(&big)).unwrap(), big);
}

#[test]
fn we_read_what_restic_writes_in_both_versions() {
    for version in ["1", "2"] {
        let place = Place::new();
        place.restic_ok(&["init", "--repository-version", version]);
        let source = place.folder.path().join("source");
        std::fs::create_dir(&source).unwrap();
        let contents: Vec<Vec<u8>> = (0..30u64).map(|n| noise(n + 1, 1000 + 997 * n as usize)).collect();
        for (n, content) in contents.iter().enumerate() {
            std::fs::write(source.join(n.to_string()), content).unwrap();
        }
        place.restic_ok(&["backup", source.to_str().unwrap(), "--tag", "one"]);
        place.restic_ok(&["backup", source.to_str().unwrap(), "--tag", "two"]);

        let repo = Repository::open(place.store(), PASSWORD.as_bytes(), OpenOptions::default()).unwrap();
        assert_eq!(repo.version().to_string(), version);
        let snapshots = repo.snapshots().unwrap();
        let tags: Vec<_> = snapshots.iter().map(|stored| stored.snapshot.tags.concat()).collect();
        assert_eq!(tags, ["one", "two"], "version {version}");
        let ids: Vec<_> = contents.iter().map(|content| id_of(content)).collect();
        let seen = std::sync::Mutex::new(Vec::new());
        repo.read_blobs(BlobKind::Data, &ids, &|place, blob| {
            assert_eq!(blob.unwrap(), contents[place], "version {version}, blob {place}");
            seen.lock().unwrap().push(place);
            true
        })
        .unwrap();
        let mut seen = seen.into_inner().unwrap();
        seen.sort_unstable();
        assert_eq!(seen, (0..30).collect::<Vec<_>>(), "version {version}: each blob comes once");
        for stored in &snapshots {
            repo.read_blob(BlobKind::Tree, &stored.snapshot.tree).unwrap();
        }
        if version == "2" {
            back_up(&repo, &[("file", &contents[3])]).unwrap();
            place.restic_ok(&["check", "--read-data"]);
        } else {
            let refused = back_up(&repo, &[("file", b"x")]).unwrap_err();
            assert_eq!(refused.kind(), rempart_repository::ErrorKind::Version, "{refused}");
        }
        assert!(repo.locks().unwrap().is_empty(), "a lock stayed behind");
    }
}
