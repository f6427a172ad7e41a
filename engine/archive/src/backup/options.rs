//! What a caller may ask of a backup.

use rempart_format::{Compression, FileTime};

use super::exclude::Excludes;

/// How a backup is made. `Options::default()` backs up everything, compresses, and works on all cores.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// What is left out.
    pub excludes: Excludes,
    /// zstd 3 where it pays, by default.
    pub compression: Compression,
    pub changes: ChangeDetection,
    /// Stores access times; they change trees at every read, so the modification time stands in for them otherwise.
    pub with_atime: bool,
    pub device_ids: DeviceIds,
    /// Threads that read, compress and store. `None`: as many as there are cores.
    pub read_concurrency: Option<std::num::NonZeroUsize>,
    /// Keeps the names of the files being read up to date in [`super::Progress`].
    pub track_current_files: bool,
    /// Counts what there is on a thread beside, where [`super::Progress`] was not told what to expect: so that the end of a
    /// first run can be foretold.
    pub count_ahead: bool,
    /// When the parent snapshot was begun: what changed in the two seconds before that, or later, is read again, as
    /// the parent may hold what it was before. `None` trusts all times.
    pub parent_started: Option<FileTime>,
}

/// Which entries say on which device they were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeviceIds {
    /// All, as restic's do: trees are shared with snapshots that restic makes of the same files.
    #[default]
    Always,
    /// Those with several names only, where it is needed to tell which names belong together. For sources whose device
    /// is another at each run (volume snapshots): their trees would never be the same again.
    HardLinksOnly,
}

/// What makes a file count as unchanged since the parent, so that it is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ChangeDetection {
    /// Same size, mtime, ctime and inode.
    #[default]
    Full,
    /// Same size, mtime and inode: where a tool touches the ctime of files that it does not change.
    IgnoreCtime,
    /// Same size and mtime: where neither inode nor ctime can be relied upon (FUSE, some network file systems).
    IgnoreInode,
    /// Every file is read.
    Force,
}
