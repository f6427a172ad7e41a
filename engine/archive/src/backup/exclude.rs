//! What is left out of a backup. The semantics are restic's, option by option.
//!
//! Targets that the user names are never left out by rules; what lies in them is.

mod file;
mod tag;

use std::os::fd::BorrowedFd;

use super::report::ProblemKind;
use super::source::{Names, Stat};
use crate::pattern::Patterns;

pub use file::{PatternFileError, read_pattern_file};
pub(crate) use tag::TagVerdict;
pub use tag::{ExcludeTag, InvalidExcludeTag};

/// The rules. `Excludes::default()` leaves nothing out.
#[derive(Debug, Clone, Default)]
pub struct Excludes {
    /// `--exclude`, `--iexclude` and their files: matched against absolute source paths.
    pub patterns: Patterns,
    /// `--exclude-if-present`, `--exclude-caches`.
    pub tags: Vec<ExcludeTag>,
    /// `--exclude-larger-than`: everything but directories whose size is above this.
    pub larger_than_bytes: Option<u64>,
    /// `--one-file-system`: stays on the file system of each target; mount points are kept as empty directories.
    pub one_file_system: bool,
}

impl Excludes {
    /// By path alone, asked before the file system is.
    pub(crate) fn excludes_path(&self, absolute_path: &[u8]) -> bool {
        self.patterns.matches(absolute_path)
    }

    /// Drops the names of a directory that a rule leaves out without a look at their metadata. `doubtful` hears of tag files that
    /// are not as they should be; `path` is memory to work in.
    pub(crate) fn retain_names(
        &self,
        names: &mut Names,
        dir_path: &[u8],
        dir: BorrowedFd<'_>,
        path: &mut Vec<u8>,
        mut doubtful: impl FnMut(&[u8], ProblemKind),
    ) {
        for tag in &self.tags {
            if names.find(tag.name()).is_none() {
                continue;
            }
            match tag.verdict(dir) {
                TagVerdict::LeaveOut => names.retain(|name| name == tag.name()),
                TagVerdict::Doubtful(kind) => doubtful(tag.name(), kind),
            }
        }
        if !self.patterns.is_empty() {
            path.clear();
            path.extend_from_slice(dir_path);
            if !path.ends_with(b"/") {
                path.push(b'/');
            }
            let prefix_len = path.len();
            names.retain(|name| {
                path.truncate(prefix_len);
                path.extend_from_slice(name);
                !self.excludes_path(path)
            });
        }
    }

    /// By metadata. `allowed_device` is the target's, `dir_device` that of the directory which holds the entry.
    pub(crate) fn excludes_stat(&self, stat: &Stat, allowed_device: u64, dir_device: u64) -> bool {
        let too_large = self.larger_than_bytes.is_some_and(|limit| stat.is_file() && stat.size_bytes > limit);
        let elsewhere = self.one_file_system && stat.device != allowed_device;
        // A mount point is an entry of the directory that it is mounted in, and that one is ours.
        let is_mount_point = stat.is_dir() && dir_device == allowed_device;
        too_large || (elsewhere && !is_mount_point)
    }
}
