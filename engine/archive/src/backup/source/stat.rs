//! What the file system says of an entry, in 64 bytes: a directory of a million entries is held in memory whole.

use std::ffi::CStr;
use std::os::fd::{AsFd, BorrowedFd};

use rempart_format::{FileTime, NodeKind};
use rustix::fs::{AtFlags, FileType};
use rustix::io::Errno;

/// The metadata that decides whether an entry changed, and that goes into its node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Stat {
    pub(crate) inode: u64,
    /// Bytes of content; of a device file, the device it stands for (which has no content).
    pub(crate) size_bytes: u64,
    pub(crate) mtime_seconds: i64,
    pub(crate) ctime_seconds: i64,
    pub(crate) mtime_nanoseconds: u32,
    pub(crate) ctime_nanoseconds: u32,
    /// `st_mode`, type bits included.
    pub(crate) mode: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) links: u32,
    /// `st_dev`: where the entry lives.
    pub(crate) device: u64,
}

impl Stat {
    /// Of a name in an open directory; symbolic links are not followed, automounts not triggered.
    pub(crate) fn at(dir: BorrowedFd<'_>, name: &CStr) -> Result<Self, Errno> {
        let flags = AtFlags::SYMLINK_NOFOLLOW | AtFlags::NO_AUTOMOUNT;
        rustix::fs::statat(dir, name, flags).map(|found| Self::from_os(&found))
    }

    pub(crate) fn of_open(file: impl AsFd) -> Result<Self, Errno> {
        rustix::fs::fstat(file).map(|found| Self::from_os(&found))
    }

    /// The access time of a name, which the 64 bytes leave out: it is stored only on request.
    pub(crate) fn atime_at(dir: BorrowedFd<'_>, name: &CStr) -> Result<FileTime, Errno> {
        let found = rustix::fs::statat(dir, name, AtFlags::SYMLINK_NOFOLLOW | AtFlags::NO_AUTOMOUNT)?;
        Ok(FileTime { seconds: found.st_atime, nanoseconds: found.st_atime_nsec as u32 })
    }

    pub(crate) fn atime_of_open(file: impl AsFd) -> Result<FileTime, Errno> {
        let found = rustix::fs::fstat(file)?;
        Ok(FileTime { seconds: found.st_atime, nanoseconds: found.st_atime_nsec as u32 })
    }

    fn from_os(found: &rustix::fs::Stat) -> Self {
        let is_device =
            matches!(FileType::from_raw_mode(found.st_mode), FileType::BlockDevice | FileType::CharacterDevice);
        Self {
            inode: found.st_ino,
            size_bytes: if is_device { found.st_rdev } else { found.st_size as u64 },
            mtime_seconds: found.st_mtime,
            ctime_seconds: found.st_ctime,
            mtime_nanoseconds: found.st_mtime_nsec as u32,
            ctime_nanoseconds: found.st_ctime_nsec as u32,
            mode: found.st_mode,
            uid: found.st_uid,
            gid: found.st_gid,
            links: u32::try_from(found.st_nlink).unwrap_or(u32::MAX),
            device: found.st_dev,
        }
    }

    pub(crate) fn mtime(&self) -> FileTime {
        FileTime { seconds: self.mtime_seconds, nanoseconds: self.mtime_nanoseconds }
    }

    pub(crate) fn ctime(&self) -> FileTime {
        FileTime { seconds: self.ctime_seconds, nanoseconds: self.ctime_nanoseconds }
    }

    pub(crate) fn kind(&self) -> NodeKind {
        NodeKind::from_unix(self.mode)
    }

    pub(crate) fn is_dir(&self) -> bool {
        FileType::from_raw_mode(self.mode) == FileType::Directory
    }

    pub(crate) fn is_file(&self) -> bool {
        FileType::from_raw_mode(self.mode) == FileType::RegularFile
    }

    pub(crate) fn is_symlink(&self) -> bool {
        FileType::from_raw_mode(self.mode) == FileType::Symlink
    }

    /// Same content as far as times and size tell: what "changed while it was read" is judged by.
    pub(crate) fn same_content_as(&self, other: &Self) -> bool {
        self.inode == other.inode
            && self.device == other.device
            && self.size_bytes == other.size_bytes
            && self.mtime() == other.mtime()
            && self.ctime() == other.ctime()
            && FileType::from_raw_mode(self.mode) == FileType::from_raw_mode(other.mode)
    }
}
