//! One page of a folder.

use std::os::fd::AsFd;

use jiff::Timestamp;
use rustix::fs::{Access, AtFlags, Dir, FileType, StatxFlags};
use serde::{Deserialize, Serialize};

use super::open::open_folder;
use crate::error::{HostError, Result};
use crate::path::HostPath;

/// One entry of a folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    pub name: HostPath,
    pub path: HostPath,
    pub kind: EntryKind,
    /// Of files. Of folders: [`super::tree_size`].
    pub size_bytes: Option<u64>,
    pub modified_at: Option<Timestamp>,
    /// Whether this process may read it: the content of a file, the names and entries of a folder.
    pub readable: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum EntryKind {
    File,
    Dir,
    Symlink,
    /// Devices, sockets, pipes.
    Other,
}

/// Entries in the order of their names' bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Page {
    pub entries: Vec<Entry>,
    /// Ask for what comes behind this name. Absent on the last page.
    pub next: Option<HostPath>,
    /// All entries of the folder.
    pub total: u64,
}

/// Lists what comes behind the name `after`, at most `limit` entries, and at least one.
///
/// A folder of 100,000 entries is read once for each page, and sorted only as far as the page goes: what costs time, the look
/// at an entry itself, is done for the page alone. Nothing is remembered between pages, so that one who goes away costs
/// nothing, and what comes and goes meanwhile moves no other entry to another page.
pub fn list(path: &HostPath, after: Option<&HostPath>, limit: usize) -> Result<Page> {
    let limit = limit.max(1);
    let (folder, clean) = open_folder(path)?;
    let failed = |errno: rustix::io::Errno| HostError::of(path, errno.into());
    let mut names: Vec<Vec<u8>> = Vec::new();
    let mut total = 0;
    for entry in Dir::read_from(&folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_bytes();
        if name == b"." || name == b".." {
            continue;
        }
        total += 1;
        if after.is_none_or(|after| name > after.as_bytes()) {
            names.push(name.to_vec());
        }
    }
    let more = names.len() > limit;
    if more {
        names.select_nth_unstable(limit - 1);
    }
    names.truncate(limit);
    names.sort_unstable();
    // From the names, not from the entries: the last of them may be gone.
    let next = names.last().filter(|_| more).map(|name| HostPath::new(name.clone()));
    let entries = names.into_iter().filter_map(|name| look(&folder, &clean, name)).collect();
    Ok(Page { entries, next, total })
}

/// `None`: it went away meanwhile.
fn look(folder: &impl AsFd, parent: &HostPath, name: Vec<u8>) -> Option<Entry> {
    let name = HostPath::new(name);
    let here = name.as_path();
    let path = parent.join(name.as_bytes());
    let stat = match rustix::fs::statx(folder, here, AtFlags::SYMLINK_NOFOLLOW, StatxFlags::BASIC_STATS) {
        Ok(stat) => stat,
        Err(rustix::io::Errno::NOENT) => return None,
        // Names may be read here, and nothing else.
        Err(_) => {
            return Some(Entry {
                name,
                path,
                kind: EntryKind::Other,
                size_bytes: None,
                modified_at: None,
                readable: false,
            });
        }
    };
    let kind = match FileType::from_raw_mode(u32::from(stat.stx_mode)) {
        FileType::RegularFile => EntryKind::File,
        FileType::Directory => EntryKind::Dir,
        FileType::Symlink => EntryKind::Symlink,
        _ => EntryKind::Other,
    };
    let needed = if kind == EntryKind::Dir { Access::READ_OK | Access::EXEC_OK } else { Access::READ_OK };
    // Links are stored as links: what they lead to does not matter.
    let readable = kind == EntryKind::Symlink
        || rustix::fs::accessat(folder, here, needed, AtFlags::EACCESS | AtFlags::SYMLINK_NOFOLLOW).is_ok();
    let size_bytes = (kind == EntryKind::File).then_some(stat.stx_size);
    let modified = Timestamp::new(stat.stx_mtime.tv_sec, i32::try_from(stat.stx_mtime.tv_nsec).unwrap_or(0));
    Some(Entry { name, path, kind, size_bytes, modified_at: modified.ok(), readable })
}
