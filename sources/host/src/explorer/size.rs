//! How much lies below a folder.

use std::collections::HashSet;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::{AtFlags, Dir, FileType, Statx, StatxFlags};
use serde::{Deserialize, Serialize};

use super::open::{open_folder, open_in};
use crate::error::{HostError, Result};
use crate::path::HostPath;

/// Of a folder and everything below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TreeSize {
    /// Lengths of files. One with several names below the folder counts once.
    pub bytes: u64,
    /// What they take on the disk: less where there are holes or compression, more where files are small.
    pub disk_bytes: u64,
    pub files: u64,
    /// Below the folder.
    pub folders: u64,
    /// Entries that this process may not look at: the true size is larger.
    pub unreadable: u64,
}

/// Deeper folders are counted as unreadable: each level holds a file descriptor.
const DEEPEST: usize = 400;

/// Entries between two calls of `progress`.
const STEP: u64 = 1000;

/// One level of the walk.
struct Level {
    folder: OwnedFd,
    /// Of this folder, still to be entered.
    folders: Vec<Vec<u8>>,
}

/// Adds up a tree. Stays on the file system of `path`, as a backup of it would. `progress` hears now and then how much it is
/// so far; `stop` ends the walk with [`HostError::Canceled`] within a thousand entries.
pub fn tree_size(path: &HostPath, stop: &AtomicBool, mut progress: impl FnMut(&TreeSize)) -> Result<TreeSize> {
    let (folder, _) = open_folder(path)?;
    let failed = |errno: rustix::io::Errno| HostError::of(path, errno.into());
    let stat = rustix::fs::statx(&folder, c"", AtFlags::EMPTY_PATH, StatxFlags::BASIC_STATS).map_err(failed)?;
    let mut walk = Walk { size: TreeSize::default(), device: device(&stat), linked: HashSet::new(), seen: 0 };
    let folders = walk.folder(&folder, stop, &mut progress)?.map_err(failed)?;
    let mut levels = vec![Level { folder, folders }];
    while let Some(level) = levels.last_mut() {
        let Some(name) = level.folders.pop() else {
            levels.pop();
            continue;
        };
        let folder = open_in(&level.folder, &name).ok().filter(|_| levels.len() < DEEPEST);
        let Some(folder) = folder else {
            walk.size.unreadable += 1;
            continue;
        };
        match walk.folder(&folder, stop, &mut progress)? {
            Ok(folders) => levels.push(Level { folder, folders }),
            Err(_) => walk.size.unreadable += 1,
        }
    }
    Ok(walk.size)
}

struct Walk {
    size: TreeSize,
    device: (u32, u32),
    /// Inodes of files with several names.
    linked: HashSet<u64>,
    seen: u64,
}

impl Walk {
    /// Counts the entries of one folder; returns its folders.
    fn folder(
        &mut self,
        folder: &impl AsFd,
        stop: &AtomicBool,
        progress: &mut impl FnMut(&TreeSize),
    ) -> Result<Result<Vec<Vec<u8>>, rustix::io::Errno>> {
        let mut folders = Vec::new();
        let entries = match Dir::read_from(folder) {
            Ok(entries) => entries,
            Err(errno) => return Ok(Err(errno)),
        };
        for entry in entries {
            if self.seen.is_multiple_of(STEP) {
                if stop.load(Ordering::Relaxed) {
                    return Err(HostError::Canceled);
                }
                progress(&self.size);
            }
            self.seen += 1;
            let Ok(entry) = entry else {
                self.size.unreadable += 1;
                break;
            };
            let name = entry.file_name();
            if name == c"." || name == c".." {
                continue;
            }
            match rustix::fs::statx(folder, name, AtFlags::SYMLINK_NOFOLLOW, StatxFlags::BASIC_STATS) {
                Ok(stat) if device(&stat) != self.device => {}
                Ok(stat) => {
                    if self.count(&stat) {
                        folders.push(name.to_bytes().to_vec());
                    }
                }
                // It went away.
                Err(rustix::io::Errno::NOENT) => {}
                Err(_) => self.size.unreadable += 1,
            }
        }
        Ok(Ok(folders))
    }

    /// Whether it is a folder.
    fn count(&mut self, stat: &Statx) -> bool {
        match FileType::from_raw_mode(u32::from(stat.stx_mode)) {
            FileType::Directory => {
                self.size.folders += 1;
                return true;
            }
            FileType::RegularFile if stat.stx_nlink < 2 || self.linked.insert(stat.stx_ino) => {
                self.size.files += 1;
                self.size.bytes = self.size.bytes.saturating_add(stat.stx_size);
                self.size.disk_bytes = self.size.disk_bytes.saturating_add(stat.stx_blocks.saturating_mul(512));
            }
            _ => {}
        }
        false
    }
}

const fn device(stat: &Statx) -> (u32, u32) {
    (stat.stx_dev_major, stat.stx_dev_minor)
}
