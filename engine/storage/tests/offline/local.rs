//! The local store: the suite, and what only a file system can show.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use crate::conformance::{content, id, named};
use rempart_storage::{ErrorKind, LocalStore, ObjectKind, ObjectName, ObjectStore};

#[test]
fn a_folder_conforms() {
    let root = tempfile::tempdir().unwrap();
    crate::conformance::conformance(&|place| Arc::new(LocalStore::new(root.path().join(place))));
}

fn files_below(root: &std::path::Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut dirs = vec![root.to_owned()];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                dirs.push(path)
            } else {
                found.push(path.strip_prefix(root).unwrap().display().to_string())
            }
        }
    }
    found.sort();
    found
}

#[test]
fn a_pack_gets_its_name_at_sync_and_other_objects_at_once() {
    let root = tempfile::tempdir().unwrap();
    let store = LocalStore::new(root.path());
    store.create().unwrap();
    let (pack, index) = (named(ObjectKind::Pack, 1), named(ObjectKind::Index, 2));
    store.write(pack, content(100, 1)).unwrap();
    store.write(index, content(100, 2)).unwrap();
    let before = files_below(root.path());
    assert!(before.contains(&index.to_string()), "{before:?}");
    assert!(!before.contains(&pack.to_string()), "the pack has its name before sync: {before:?}");
    store.sync().unwrap();
    let mut expected = vec![pack.to_string(), index.to_string()];
    expected.sort();
    assert_eq!(files_below(root.path()), expected, "after sync");
}

#[test]
fn a_store_dropped_without_sync_leaves_no_pack_and_no_temporary_file() {
    let root = tempfile::tempdir().unwrap();
    let store = LocalStore::new(root.path());
    store.create().unwrap();
    store.write(named(ObjectKind::Pack, 1), content(100, 1)).unwrap();
    let mut open_pack = store.begin_pack().unwrap().unwrap();
    open_pack.append(&content(3_000_000, 1)).unwrap();
    drop((open_pack, store));
    assert_eq!(files_below(root.path()), Vec::<String>::new());
}

#[test]
fn more_packs_than_a_group_holds_are_named_before_sync() {
    let root = tempfile::tempdir().unwrap();
    let store = LocalStore::new(root.path());
    store.create().unwrap();
    for number in 0..300 {
        store.write(named(ObjectKind::Pack, number), content(10, u64::from(number))).unwrap();
    }
    let open_files = fs::read_dir("/proc/self/fd").unwrap().count();
    assert!(open_files < 250, "{open_files} open files with 300 packs waiting");
    assert_eq!(store.list(ObjectKind::Pack).unwrap().len(), 300);
    store.sync().unwrap();
    assert_eq!(LocalStore::new(root.path()).list(ObjectKind::Pack).unwrap().len(), 300);
}

#[test]
fn foreign_files_are_passed_over() {
    let root = tempfile::tempdir().unwrap();
    let store = LocalStore::new(root.path());
    store.create().unwrap();
    store.write(named(ObjectKind::Pack, 1), content(10, 1)).unwrap();
    store.sync().unwrap();
    let folder = format!("{:.2}", id(1));
    for foreign in
        ["data/README", "data/00/notes.txt", &format!("data/{folder}/{}x", id(2)), "keys/.DS_Store", "lost+found"]
    {
        fs::write(root.path().join(foreign), "foreign").unwrap();
    }
    fs::create_dir(root.path().join(format!("data/{folder}/{}", id(5)))).unwrap();
    fs::create_dir(root.path().join("data/more")).unwrap();
    let listed = store.list(ObjectKind::Pack).unwrap();
    assert_eq!(listed.iter().map(|listed| listed.id).collect::<Vec<_>>(), [id(1)]);
    assert_eq!(store.list(ObjectKind::Key).unwrap(), []);
}

#[test]
fn permissions_follow_the_config() {
    for (config_mode, dir_mode, file_mode) in [(0o400, 0o700, 0o400), (0o440, 0o770, 0o440)] {
        let root = tempfile::tempdir().unwrap();
        let first = LocalStore::new(root.path().join("repo"));
        first.create().unwrap();
        first.write(ObjectName::Config, content(10, 1)).unwrap();
        let path = root.path().join("repo");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700, "a new repository is private");
        fs::set_permissions(path.join("config"), fs::Permissions::from_mode(config_mode)).unwrap();
        fs::remove_dir(path.join("data/5a")).unwrap();
        let store = LocalStore::new(&path);
        let name = ObjectName::Named(ObjectKind::Pack, rempart_model::Id::new([0x5a; 32]));
        store.write(name, content(10, 1)).unwrap();
        store.sync().unwrap();
        let mode = |path: std::path::PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(path.join(name.to_string())), file_mode, "a pack beside a config of mode {config_mode:o}");
        let umask_cleared = dir_mode & !0o027;
        assert_eq!(
            mode(path.join("data/5a")) & !0o027,
            umask_cleared,
            "a folder beside a config of mode {config_mode:o}"
        );
    }
}

#[test]
fn leftovers_of_the_dead_are_removed_and_those_of_the_living_stay() {
    let root = tempfile::tempdir().unwrap();
    let store = LocalStore::new(root.path());
    store.create().unwrap();
    let mut living = store.begin_pack().unwrap().unwrap();
    living.append(&content(2_000_000, 1)).unwrap();
    store.write(named(ObjectKind::Index, 1), content(10, 1)).unwrap();
    // The highest process number of Linux is 2^22.
    let dead = root.path().join("data/tmp-elsewhere-4194305-0badcafe-0");
    fs::write(&dead, "torn").unwrap();
    // A process of our number in an earlier life of this host, as in a container: only the token differs.
    let own =
        fs::read_dir(root.path().join("data")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let own = own.into_iter().find(|name| name.starts_with("tmp-") && !name.contains("elsewhere")).unwrap();
    let mut fields: Vec<&str> = own.rsplitn(3, '-').collect();
    fields[1] = "0123456789abcdef";
    fields.reverse();
    let earlier = root.path().join("data").join(fields.join("-"));
    fs::write(&earlier, "torn").unwrap();
    assert_eq!(store.remove_leftovers(Duration::from_secs(3600)).unwrap(), 0, "it is young");
    assert_eq!(store.remove_leftovers(Duration::ZERO).unwrap(), 2, "they are of the dead");
    assert!(!dead.exists() && !earlier.exists());
    living.finish(id(9)).unwrap();
    store.sync().unwrap();
    assert_eq!(store.read(named(ObjectKind::Pack, 9)).unwrap(), content(2_000_000, 1));
    assert_eq!(store.list(ObjectKind::Index).unwrap().len(), 1);
}

#[test]
fn a_vanished_repository_is_told_from_a_missing_object() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("mnt");
    let store = LocalStore::new(&path);
    store.create().unwrap();
    store.write(ObjectName::Config, content(10, 1)).unwrap();
    store.write(named(ObjectKind::Pack, 1), content(10, 1)).unwrap();
    store.sync().unwrap();
    // As an unmount does: the mount point stays, and is empty.
    fs::rename(&path, root.path().join("gone")).unwrap();
    fs::create_dir(&path).unwrap();
    let pack = named(ObjectKind::Pack, 1);
    for (doing, error) in [
        ("read", store.read(pack).unwrap_err()),
        ("size", store.size(pack).unwrap_err()),
        ("remove", store.remove(pack).unwrap_err()),
        ("list", store.list(ObjectKind::Pack).unwrap_err()),
        ("list", store.list(ObjectKind::Snapshot).unwrap_err()),
        ("write a pack", store.write(named(ObjectKind::Pack, 2), content(1, 1)).unwrap_err()),
        ("write an index", store.write(named(ObjectKind::Index, 2), content(1, 1)).unwrap_err()),
    ] {
        assert_eq!(error.kind(), ErrorKind::Other, "{doing}: {}", error.chain());
        assert!(error.chain().contains("mounted"), "{doing}: {}", error.chain());
    }
    assert_eq!(files_below(&path), Vec::<String>::new(), "something was written into the empty mount point");
}

/// A small file system of its own.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mounted(options: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let status =
            Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(dir.path()).status().unwrap();
        assert!(
            status.success(),
            "mounting a tmpfs needs root; run the tests as root or in `unshare --map-root-user --mount`"
        );
        Self(dir)
    }

    fn remount(&self, options: &str) {
        let status =
            Command::new("mount").args(["-o", &format!("remount,{options}")]).arg(self.0.path()).status().unwrap();
        assert!(status.success(), "remounting with {options}");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[test]
fn a_full_disk_is_told_and_loses_nothing() {
    let disk = SmallDisk::mounted("size=4m");
    let store = LocalStore::new(disk.0.path());
    store.create().unwrap();
    store.write(ObjectName::Config, content(10, 1)).unwrap();
    let (kept, large) = (named(ObjectKind::Pack, 1), named(ObjectKind::Pack, 2));
    store.write(kept, content(1 << 20, 1)).unwrap();
    for (doing, outcome) in [
        ("write a pack", store.write(large, content(8 << 20, 2))),
        ("write an index", store.write(named(ObjectKind::Index, 2), content(8 << 20, 2))),
        (
            "append to a pack",
            store.begin_pack().and_then(|pack| {
                let mut pack = pack.unwrap();
                pack.append(&content(8 << 20, 2))?;
                pack.finish(id(2))
            }),
        ),
    ] {
        let error = outcome.expect_err(doing);
        assert_eq!(error.kind(), ErrorKind::Full, "{doing}: {}", error.chain());
    }
    store.sync().unwrap();
    let mut expected = vec!["config".to_owned(), kept.to_string()];
    expected.sort();
    assert_eq!(files_below(disk.0.path()), expected, "failed writes left something");
    assert!(store.free_bytes().unwrap().unwrap() < 4 << 20);
    store.write(named(ObjectKind::Pack, 3), content(1 << 20, 3)).expect("there is room again");
    store.sync().unwrap();
}

#[test]
fn a_disk_without_inodes_is_full_too() {
    let disk = SmallDisk::mounted("size=4m,nr_inodes=300");
    let store = LocalStore::new(disk.0.path());
    store.create().unwrap();
    let outcome = (0..100).try_for_each(|number| store.write(named(ObjectKind::Index, number), content(10, 1)));
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Full);
}

#[test]
fn a_read_only_disk_is_told_and_still_read() {
    let disk = SmallDisk::mounted("size=4m");
    let store = LocalStore::new(disk.0.path());
    store.create().unwrap();
    let name = named(ObjectKind::Pack, 1);
    store.write(name, content(1000, 1)).unwrap();
    store.sync().unwrap();
    disk.remount("ro");
    assert_eq!(store.read(name).unwrap(), content(1000, 1));
    for (doing, outcome) in [
        ("write a pack", store.write(named(ObjectKind::Pack, 2), content(10, 2))),
        ("write a lock", store.write(named(ObjectKind::Lock, 2), content(10, 2))),
        ("remove", store.remove(name)),
    ] {
        let error = outcome.expect_err(doing);
        assert_eq!(error.kind(), ErrorKind::ReadOnly, "{doing}: {}", error.chain());
        assert!(error.chain().contains(&disk.0.path().display().to_string()), "{doing}: {}", error.chain());
    }
}
