//! The folders of this machine, for choosing what to protect or where to restore to.
//!
//! Names are bytes. They go out as text that people can read and that comes back to the same bytes, see
//! [`crate::browse::readable_path`].

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use jiff::Timestamp;
use rustix::fs::{Access, AtFlags, FileType, Mode, OFlags};

use crate::browse::{path_bytes, readable_path};
use crate::trouble::{Result, Trouble, table};

/// One entry of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// For people: what is no UTF-8 is shown as U+FFFD.
    pub name: String,
    /// Readable, and to be given back as it is.
    pub path: String,
    pub kind: FoundKind,
    /// Of files.
    pub size_bytes: Option<u64>,
    pub modified_at: Option<Timestamp>,
    /// Whether this process may read it.
    pub readable: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoundKind {
    File,
    Dir,
    Symlink,
    Other,
}

/// A page of a folder, in the order of names.
#[derive(Debug, PartialEq, Eq)]
pub struct FoundPage {
    pub entries: Vec<Found>,
    /// The name that the page ended with, written as paths are; `None` on the last page.
    pub next: Option<String>,
    /// All entries of the folder.
    pub total: u64,
}

/// Lists what comes behind the name `after`. The folder is opened without following a link in any component of its path,
/// and its entries are looked at through that handle: what is swapped for a link meanwhile leads nowhere.
pub fn explore(path: &str, after: Option<&str>, limit: usize) -> Result<FoundPage> {
    if !path.starts_with('/') {
        return Err(Trouble::new(&table::EXPLORER_NOT_ABSOLUTE).field("path"));
    }
    let told = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => Trouble::new(&table::EXPLORER_MISSING).with("path", path),
        io::ErrorKind::PermissionDenied => Trouble::new(&table::EXPLORER_DENIED).with("path", path),
        io::ErrorKind::NotADirectory => Trouble::new(&table::EXPLORER_NOT_A_FOLDER).with("path", path),
        // A link where a folder was to be opened without following.
        _ if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => {
            Trouble::new(&table::EXPLORER_NOT_A_FOLDER).with("path", path)
        }
        _ => Trouble::new(&table::EXPLORER_FAILED).with("path", path).because(error),
    };
    let after = after.map(path_bytes);
    let (folder, clean) = open_folder(&path_bytes(path)).map_err(told)?;
    let mut names: Vec<Vec<u8>> = Vec::new();
    for entry in rustix::fs::Dir::read_from(&folder).map_err(|error| told(error.into()))? {
        let name = entry.map_err(|error| told(error.into()))?.file_name().to_bytes().to_vec();
        if name != b"." && name != b".." {
            names.push(name);
        }
    }
    names.sort_unstable();
    let total = names.len() as u64;
    let from = after.map_or(0, |after| names.partition_point(|name| *name <= after));
    let rest = &names[from..];
    let page = &rest[..limit.min(rest.len())];
    let entries: Vec<Found> = page.iter().filter_map(|name| look(&folder, &clean, name)).collect();
    let next = page.last().filter(|_| page.len() < rest.len()).map(|last| readable_path(last));
    Ok(FoundPage { entries, next, total })
}

/// Opens a folder component by component, following no link.
fn open_folder(path: &[u8]) -> io::Result<(std::os::fd::OwnedFd, Vec<u8>)> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let mut folder = rustix::fs::open("/", flags, Mode::empty())?;
    let mut clean = Vec::new();
    for name in path.split(|byte| *byte == b'/').filter(|name| !matches!(*name, b"" | b".")) {
        if name == b".." || name.contains(&0) {
            return Err(io::ErrorKind::NotFound.into());
        }
        // Folders on the way need not be readable, only the last one.
        folder = match rustix::fs::openat(&folder, name, flags, Mode::empty()) {
            Err(rustix::io::Errno::ACCESS) => rustix::fs::openat(&folder, name, flags | OFlags::PATH, Mode::empty())?,
            opened => opened?,
        };
        clean.push(b'/');
        clean.extend_from_slice(name);
    }
    Ok((folder, clean))
}

/// `None`: it went away meanwhile.
fn look(folder: &impl std::os::fd::AsFd, parent: &[u8], name: &[u8]) -> Option<Found> {
    let raw = Path::new(OsStr::from_bytes(name));
    let stat =
        rustix::fs::statx(folder.as_fd(), raw, AtFlags::SYMLINK_NOFOLLOW, rustix::fs::StatxFlags::BASIC_STATS).ok();
    let stat = match stat {
        Some(stat) => stat,
        None if rustix::fs::accessat(folder.as_fd(), raw, Access::EXISTS, AtFlags::SYMLINK_NOFOLLOW).is_err() => {
            return None;
        }
        None => return Some(unreadable(parent, name)),
    };
    let kind = match FileType::from_raw_mode(u32::from(stat.stx_mode)) {
        FileType::RegularFile => FoundKind::File,
        FileType::Directory => FoundKind::Dir,
        FileType::Symlink => FoundKind::Symlink,
        _ => FoundKind::Other,
    };
    let needed = if kind == FoundKind::Dir { Access::READ_OK | Access::EXEC_OK } else { Access::READ_OK };
    // Links are stored as links: what they lead to does not matter.
    let readable = kind == FoundKind::Symlink
        || rustix::fs::accessat(folder.as_fd(), raw, needed, AtFlags::EACCESS | AtFlags::SYMLINK_NOFOLLOW).is_ok();
    let modified = Timestamp::new(stat.stx_mtime.tv_sec, i32::try_from(stat.stx_mtime.tv_nsec).unwrap_or(0));
    Some(Found {
        kind,
        size_bytes: (kind == FoundKind::File).then_some(stat.stx_size),
        modified_at: modified.ok(),
        readable,
        ..unreadable(parent, name)
    })
}

fn unreadable(parent: &[u8], name: &[u8]) -> Found {
    Found {
        path: readable_path(&[parent, b"/", name].concat()),
        name: String::from_utf8_lossy(name).into_owned(),
        kind: FoundKind::Other,
        size_bytes: None,
        modified_at: None,
        readable: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(page: &FoundPage) -> Vec<&str> {
        page.entries.iter().map(|found| found.name.as_str()).collect()
    }

    #[test]
    fn a_folder_comes_page_by_page_with_sizes_and_kinds() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        for name in ["b", "a", "d"] {
            std::fs::write(root.join(name), "12345").unwrap();
        }
        std::fs::create_dir(root.join("c")).unwrap();
        std::os::unix::fs::symlink("/etc", root.join("link")).unwrap();
        let path = root.to_str().unwrap();
        let first = explore(path, None, 2).unwrap();
        assert_eq!((names(&first), first.next.as_deref(), first.total), (vec!["a", "b"], Some("b"), 5));
        assert_eq!(first.entries[0].size_bytes, Some(5));
        let second = explore(path, first.next.as_deref(), 10).unwrap();
        assert_eq!((names(&second), second.next.as_deref()), (vec!["c", "d", "link"], None));
        assert_eq!(second.entries[0].kind, FoundKind::Dir);
        assert_eq!(second.entries[2].kind, FoundKind::Symlink);
        assert!(second.entries.iter().all(|found| found.readable));
        assert_eq!(second.entries[0].path, format!("{path}/c"));
    }

    #[test]
    fn folders_whose_names_are_no_utf8_or_look_like_a_code_are_entered() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        for (name, shown, text) in [
            (&b"caf\xe9"[..], "caf\u{fffd}", "caf%E9"),
            (b"100%25", "100%25", "100%2525"),
            (b"My Docs %", "My Docs %", "My Docs %"),
        ] {
            let folder = root.join(OsStr::from_bytes(name));
            std::fs::create_dir(&folder).unwrap();
            for n in 0..3 {
                std::fs::write(folder.join(OsStr::from_bytes(&[b'\xff', b'0' + n])), "").unwrap();
            }
            let parent = root.to_str().unwrap();
            let listed = explore(parent, None, 10).unwrap();
            let found = listed.entries.iter().find(|found| found.name == shown).expect(shown);
            assert_eq!(found.path, format!("{parent}/{text}"));
            let first = explore(&found.path, None, 2).unwrap();
            assert_eq!((first.entries.len(), first.next.as_deref()), (2, Some("%FF1")), "{shown}");
            let second = explore(&found.path, first.next.as_deref(), 2).unwrap();
            assert_eq!(second.entries[0].path, format!("{parent}/{text}/%FF2"));
        }
    }

    #[test]
    fn links_are_not_followed_out_of_a_folder() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        std::os::unix::fs::symlink("/etc", root.join("link")).unwrap();
        for path in [format!("{}/link", root.display()), format!("{}/link/ssl", root.display())] {
            let trouble = explore(&path, None, 10).expect_err(&path);
            assert_eq!(trouble.code(), "explorer.not_a_folder", "{path}");
        }
        for (path, code) in [
            ("etc".to_owned(), "explorer.not_absolute"),
            (format!("{}/missing", root.display()), "explorer.missing"),
            ("/etc/../root".to_owned(), "explorer.missing"),
            ("/etc/hostname".to_owned(), "explorer.not_a_folder"),
        ] {
            assert_eq!(explore(&path, None, 10).expect_err(&path).code(), code, "{path}");
        }
    }
}
