//! Folders of this machine: pages, names that are no text, links, rights, sizes.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use rempart_host::explorer::{EntryKind, Page, list, tree_size};
use rempart_host::{HostError, HostPath};

fn names(page: &Page) -> Vec<String> {
    page.entries.iter().map(|entry| entry.name.to_text()).collect()
}

/// A folder whose path has no link in it.
fn folder() -> (tempfile::TempDir, HostPath) {
    let dir = tempfile::tempdir().unwrap();
    let path = HostPath::from(dir.path().canonicalize().unwrap().as_path());
    (dir, path)
}

#[test]
fn a_folder_comes_page_by_page_with_sizes_and_kinds() {
    let (dir, path) = folder();
    for name in ["b", "a", "d"] {
        fs::write(dir.path().join(name), "12345").unwrap();
    }
    fs::create_dir(dir.path().join("c")).unwrap();
    symlink("/etc", dir.path().join("link")).unwrap();
    let first = list(&path, None, 2).unwrap();
    assert_eq!((names(&first), first.total), (vec!["a".into(), "b".into()], 5));
    assert_eq!(first.entries[0].size_bytes, Some(5));
    assert_eq!(first.entries[0].path, path.join(b"a"));
    let second = list(&path, first.next.as_ref(), 10).unwrap();
    assert_eq!((names(&second), &second.next), (vec!["c".into(), "d".into(), "link".into()], &None));
    let kinds: Vec<EntryKind> = second.entries.iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds, [EntryKind::Dir, EntryKind::File, EntryKind::Symlink]);
    assert_eq!(second.entries[0].size_bytes, None, "a folder's size is asked for by itself");
    assert!(second.entries.iter().all(|entry| entry.readable && entry.modified_at.is_some()));
    let exact = list(&path, None, 5).unwrap();
    assert_eq!(exact.next, None, "a page that holds everything is the last");
}

#[test]
fn a_hundred_thousand_entries_come_each_once_in_their_order() {
    let (dir, path) = folder();
    for number in 0..100_000_u32 {
        // Scattered, so that the folder's own order is of no help.
        fs::File::create(dir.path().join(format!("{:08x}", number.wrapping_mul(2_654_435_761)))).unwrap();
    }
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = list(&path, after.as_ref(), 10_000).unwrap();
        assert_eq!(page.total, 100_000);
        assert!(page.entries.len() <= 10_000);
        all.extend(page.entries.into_iter().map(|entry| entry.name));
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    assert_eq!(all.len(), 100_000);
    assert!(all.windows(2).all(|pair| pair[0] < pair[1]), "ascending, and none twice");
}

#[test]
fn names_that_are_no_text_are_listed_paged_and_opened() {
    let (dir, path) = folder();
    let odd = [&b"\xff\xfe"[..], b"line\nbreak", b"100%", "été".as_bytes(), b"%FF"];
    for name in odd {
        fs::create_dir(dir.path().join(OsStr::from_bytes(name))).unwrap();
        fs::write(dir.path().join(OsStr::from_bytes(name)).join("inside"), name).unwrap();
    }
    let mut found = Vec::new();
    let mut after = None;
    for _ in 0..odd.len() {
        // As a client does: everything goes through JSON.
        let json = serde_json::to_string(&list(&path, after.as_ref(), 1).unwrap()).unwrap();
        let page: Page = serde_json::from_str(&json).unwrap();
        let entry = &page.entries[0];
        let inside = list(&entry.path, None, 10).unwrap();
        assert_eq!(fs::read(inside.entries[0].path.as_path()).unwrap(), entry.name.as_bytes());
        found.push(entry.name.as_bytes().to_vec());
        after = page.next;
    }
    let mut expected: Vec<Vec<u8>> = odd.iter().map(|name| name.to_vec()).collect();
    expected.sort();
    assert_eq!((found, after), (expected, None));
}

#[test]
fn no_link_is_followed_and_what_is_wrong_is_said() {
    let (dir, path) = folder();
    symlink("/etc", dir.path().join("link")).unwrap();
    fs::write(dir.path().join("file"), "").unwrap();
    for name in [&b"link"[..], b"link/ssl", b"file"] {
        let error = list(&path.join(name), None, 10).expect_err("no folder");
        assert!(matches!(error, HostError::NotAFolder { .. }), "{error}");
    }
    for wrong in ["/etc/../root", "/no/such/folder"] {
        assert!(matches!(list(&HostPath::from(wrong), None, 10), Err(HostError::Missing { .. })), "{wrong}");
    }
    assert!(matches!(list(&HostPath::from("etc"), None, 10), Err(HostError::NotAbsolute { .. })));
    assert!(matches!(
        tree_size(&path.join(b"link"), &AtomicBool::new(false), |_| ()),
        Err(HostError::NotAFolder { .. })
    ));
}

#[test]
fn a_tree_is_added_up_with_several_names_once_and_links_not_at_all() {
    let (dir, path) = folder();
    let deep = dir.path().join("a/b/c");
    fs::create_dir_all(&deep).unwrap();
    fs::write(deep.join("one"), vec![1; 1000]).unwrap();
    fs::write(dir.path().join("two"), vec![2; 30]).unwrap();
    fs::hard_link(deep.join("one"), dir.path().join("again")).unwrap();
    symlink("/usr", dir.path().join("link")).unwrap();
    let hole = fs::File::create(dir.path().join("hole")).unwrap();
    hole.set_len(1 << 30).unwrap();
    let mut heard = 0;
    let size = tree_size(&path, &AtomicBool::new(false), |_| heard += 1).unwrap();
    assert_eq!((size.bytes, size.files, size.folders, size.unreadable), (1030 + (1 << 30), 3, 3, 0));
    assert!(size.disk_bytes < 1 << 20, "a hole takes no room: {}", size.disk_bytes);
    assert!(heard > 0);
}

#[test]
fn a_tree_that_takes_too_long_is_left_on_request() {
    let (dir, path) = folder();
    for number in 0..5000 {
        fs::File::create(dir.path().join(number.to_string())).unwrap();
    }
    let stop = AtomicBool::new(false);
    let mut heard = Vec::new();
    let stopped = tree_size(&path, &stop, |size| {
        heard.push(size.files);
        stop.store(heard.len() == 2, Ordering::Relaxed);
    });
    assert!(matches!(stopped, Err(HostError::Canceled)));
    assert!(heard.len() == 2 && heard[1] < 5000, "{heard:?}");
}

#[test]
fn a_very_deep_tree_ends_and_says_that_it_is_larger() {
    let (dir, path) = folder();
    let mut at = rustix::fs::open(dir.path(), rustix::fs::OFlags::DIRECTORY, rustix::fs::Mode::empty()).unwrap();
    for _ in 0..600 {
        rustix::fs::mkdirat(&at, "deeper", rustix::fs::Mode::from_raw_mode(0o755)).unwrap();
        at = rustix::fs::openat(&at, "deeper", rustix::fs::OFlags::DIRECTORY, rustix::fs::Mode::empty()).unwrap();
    }
    let size = tree_size(&path, &AtomicBool::new(false), |_| ()).unwrap();
    assert_eq!((size.folders, size.unreadable), (400, 1));
}

/// Root may read everything, so another process without rights looks.
#[test]
fn what_may_not_be_read_is_marked_and_not_shown() {
    let (dir, path) = folder();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    for (name, mode) in [("closed", 0o700), ("open", 0o755)] {
        fs::create_dir(dir.path().join(name)).unwrap();
        fs::write(dir.path().join(name).join("file"), "secret").unwrap();
        fs::set_permissions(dir.path().join(name), fs::Permissions::from_mode(mode)).unwrap();
    }
    fs::write(dir.path().join("private"), "x").unwrap();
    fs::set_permissions(dir.path().join("private"), fs::Permissions::from_mode(0o600)).unwrap();
    assert!(rustix::process::geteuid().is_root(), "this test takes rights away from a thread: run it as root");
    let seen = std::thread::spawn(move || {
        // Of this thread alone: the calls of the kernel know no process.
        let nobody = rustix::process::Uid::from_raw(65534);
        rustix::thread::set_thread_res_uid(nobody, nobody, nobody).unwrap();
        let page = list(&path, None, 10).unwrap();
        let denied = list(&path.join(b"closed"), None, 10).map_err(|error| error.to_string());
        let size = tree_size(&path, &AtomicBool::new(false), |_| ()).unwrap();
        (page, denied, size)
    });
    let (page, denied, size) = seen.join().unwrap();
    let readable: Vec<(String, bool)> = page.entries.iter().map(|e| (e.name.to_text(), e.readable)).collect();
    assert_eq!(readable, [("closed".into(), false), ("open".into(), true), ("private".into(), false)]);
    assert!(denied.is_err_and(|told| told.contains("run it as root")));
    assert_eq!((size.files, size.unreadable), (2, 1), "the size of what is closed is not known");
}

#[test]
fn the_folders_of_this_machine_can_be_walked_down() {
    let mut at = HostPath::from("/");
    for name in Path::new("/usr/bin").iter().skip(1) {
        let page = list(&at, None, usize::MAX).unwrap();
        let entry = page.entries.iter().find(|entry| entry.name.as_bytes() == name.as_bytes());
        at = entry.unwrap_or_else(|| panic!("{name:?} is not in {at}")).path.clone();
    }
    assert_eq!(at, HostPath::from("/usr/bin"));
}
