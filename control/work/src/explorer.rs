//! The folders of a machine, for choosing what to protect or where to restore to. `rempart-host` lists them, here as on
//! machines with an agent.
//!
//! Names are bytes. They go out as text that people can read and that comes back to the same bytes, see
//! [`crate::browse::readable_path`].

use jiff::Timestamp;
use rempart_host::explorer::{Entry, EntryKind, Page, list};
use rempart_host::{HostError, HostPath};

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
    /// Whether the process that looked may read it.
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

/// Lists what comes behind the name `after` in a folder of this machine.
pub fn explore(path: &str, after: Option<&str>, limit: usize) -> Result<FoundPage> {
    let of_text = |text: &str| HostPath::new(path_bytes(text));
    let page = list(&of_text(path), after.map(of_text).as_ref(), limit);
    page.map(FoundPage::from).map_err(|error| told(error).with("path", path))
}

fn told(error: HostError) -> Trouble {
    match error {
        HostError::NotAbsolute { .. } => Trouble::new(&table::EXPLORER_NOT_ABSOLUTE).field("path"),
        HostError::Missing { .. } => Trouble::new(&table::EXPLORER_MISSING),
        HostError::NotAFolder { .. } => Trouble::new(&table::EXPLORER_NOT_A_FOLDER),
        HostError::Denied { .. } => Trouble::new(&table::EXPLORER_DENIED),
        HostError::Unreadable { source, .. } => Trouble::new(&table::EXPLORER_FAILED).because(source),
        HostError::Strange { .. } | HostError::Canceled => Trouble::new(&table::EXPLORER_FAILED).because(error),
    }
}

impl From<Page> for FoundPage {
    fn from(page: Page) -> Self {
        Self {
            entries: page.entries.into_iter().map(Found::from).collect(),
            next: page.next.map(|name| readable_path(name.as_bytes())),
            total: page.total,
        }
    }
}

impl From<Entry> for Found {
    fn from(entry: Entry) -> Self {
        Self {
            name: String::from_utf8_lossy(entry.name.as_bytes()).into_owned(),
            path: readable_path(entry.path.as_bytes()),
            kind: match entry.kind {
                EntryKind::File => FoundKind::File,
                EntryKind::Dir => FoundKind::Dir,
                EntryKind::Symlink => FoundKind::Symlink,
                EntryKind::Other => FoundKind::Other,
            },
            size_bytes: entry.size_bytes,
            modified_at: entry.modified_at,
            readable: entry.readable,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;

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
