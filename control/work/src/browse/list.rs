//! A folder of a snapshot page by page, and a search by name.

use jiff::Timestamp;
use rempart_archive::browse::{self, Criteria, Find, List, ListOptions, Place};
use rempart_archive::cancel::CancelToken;
use rempart_archive::pattern::{Case, Patterns};
use rempart_format::{FileTime, GoMode, Node, NodeKind};
use rempart_model::BlobId;
use rempart_repository::Repository;

use super::path::path_text;
use crate::trouble::{Result, Trouble, table};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    File,
    Dir,
    Symlink,
    Other,
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// For people: what is no UTF-8 is shown as U+FFFD.
    pub name: String,
    /// In percent code, from the root of the snapshot.
    pub path: String,
    pub kind: EntryKind,
    /// Of files.
    pub size_bytes: Option<u64>,
    pub modified_at: Option<Timestamp>,
    /// `rwxr-x---`
    pub mode: String,
    pub owner: String,
    pub group: String,
    pub link_target: Option<String>,
}

#[derive(Debug, PartialEq, Eq)]
pub struct ListPage {
    pub entries: Vec<Entry>,
    /// All entries of the folder.
    pub total: u64,
    /// The name that the page ended with, in percent code; `None` on the last page.
    pub next: Option<String>,
}

#[derive(Debug, PartialEq, Eq)]
pub struct FindPage {
    pub entries: Vec<Entry>,
    /// More match, or the search was stopped before its end.
    pub is_cut: bool,
}

/// A search stops there: a person narrows it down.
pub const FOUND_AT_MOST: usize = 1000;
/// Entries that a search looks at before it stops.
const LOOKED_AT: u64 = 5_000_000;

/// The entries of a folder that come behind the name `after`, in the order of their names' bytes.
pub fn list(
    repository: &Repository,
    root: BlobId,
    path: &[u8],
    after: Option<&[u8]>,
    limit: usize,
) -> Result<ListPage> {
    let place = browse::resolve(repository, root, path)?;
    if matches!(place, Place::Single { .. }) {
        let path = String::from_utf8_lossy(path);
        return Err(Trouble::new(&table::SNAPSHOT_NOT_A_FOLDER).with("path", path));
    }
    let options = ListOptions { recursive: false, prefix: path.to_vec() };
    let mut listing = List::of(repository, &place, &options);
    let mut page = ListPage { entries: Vec::new(), total: 0, next: None };
    let mut last = Vec::new();
    while let Some(found) = listing.next_entry() {
        let found = found?;
        page.total += 1;
        if page.next.is_some() || after.is_some_and(|after| found.node.name.as_slice() <= after) {
            continue;
        }
        if page.entries.len() == limit {
            page.next = Some(path_text(&last));
            continue;
        }
        last.clone_from(&found.node.name);
        page.entries.push(entry(found.path, found.node));
    }
    Ok(page)
}

/// Entries whose name contains the text, case aside; with `*` or `?` in it, whose name is like it.
pub fn find(repository: &Repository, root: BlobId, text: &str, limit: usize, cancel: &CancelToken) -> Result<FindPage> {
    let pattern = if text.contains(['*', '?']) { text.to_owned() } else { format!("*{}*", escaped(text)) };
    let patterns = Patterns::parse([pattern.as_bytes()], Case::Insensitive)
        .map_err(|error| Trouble::new(&table::BACKUP_BAD_PATTERN).because(error).field("q"))?;
    let criteria = Criteria { patterns, ..Criteria::default() };
    let place = Place::Root { tree: root };
    let mut search = Find::within(repository, &place, &criteria);
    let mut page = FindPage { entries: Vec::new(), is_cut: false };
    let mut looked_at = 0;
    while let Some(found) = search.next_found() {
        looked_at += 1;
        if cancel.is_canceled() || looked_at > LOOKED_AT || page.entries.len() == limit.min(FOUND_AT_MOST) {
            page.is_cut = true;
            break;
        }
        // A folder that cannot be read hides what is in it; the others are searched all the same.
        if let Ok(found) = found {
            page.entries.push(entry(found.entry.path, found.entry.node));
        } else {
            page.is_cut = true;
        }
    }
    Ok(page)
}

fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        if matches!(c, '\\' | '[' | ']' | '!') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

fn entry(path: &[u8], node: &Node) -> Entry {
    let kind = match node.kind {
        NodeKind::File => EntryKind::File,
        NodeKind::Dir => EntryKind::Dir,
        NodeKind::Symlink => EntryKind::Symlink,
        _ => EntryKind::Other,
    };
    Entry {
        name: String::from_utf8_lossy(&node.name).into_owned(),
        path: path_text(path),
        kind,
        size_bytes: (kind == EntryKind::File).then_some(node.size),
        modified_at: instant(node.mtime),
        mode: permissions(node.mode & GoMode::PERMISSIONS),
        owner: name_or_number(&node.user, node.uid),
        group: name_or_number(&node.group, node.gid),
        link_target: (kind == EntryKind::Symlink).then(|| String::from_utf8_lossy(&node.link_target).into_owned()),
    }
}

fn instant(time: FileTime) -> Option<Timestamp> {
    if time == FileTime::MISSING {
        return None;
    }
    Timestamp::new(time.seconds, i32::try_from(time.nanoseconds).ok()?).ok()
}

fn permissions(mode: u32) -> String {
    (0..9).rev().map(|bit| if mode >> bit & 1 == 1 { ['x', 'w', 'r'][bit % 3] } else { '-' }).collect()
}

fn name_or_number(name: &str, number: u32) -> String {
    if name.is_empty() { number.to_string() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions_are_shown_as_ls_does() {
        for (mode, text) in [(0o755, "rwxr-xr-x"), (0o640, "rw-r-----"), (0o000, "---------"), (0o777, "rwxrwxrwx")] {
            assert_eq!(permissions(mode), text);
        }
    }
}
