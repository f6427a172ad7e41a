//! What is in the target already, and what the overwrite policy makes of it.

use std::ffi::CStr;
use std::io;
use std::os::fd::BorrowedFd;

use rempart_format::{FileTime, NodeKind};
use rustix::fs::{AtFlags, FileType, Stat};
use rustix::io::Errno;

use super::attributes::mtime_of;
use super::options::Overwrite;

/// What is to be done with an entry of the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    Create,
    /// Of the same kind: its content is compared.
    Compare,
    /// Of the same kind, size and time: its content is taken to be right.
    Trust,
    /// Something else, which has to go.
    Replace,
    Keep,
}

/// The entry itself, links not followed; `None` where there is none.
pub(super) fn look(dir: BorrowedFd<'_>, name: &CStr) -> io::Result<Option<Stat>> {
    match rustix::fs::statat(dir, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => Ok(Some(stat)),
        Err(Errno::NOENT) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

pub(super) fn kind_of(stat: &Stat) -> Option<NodeKind> {
    Some(match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => NodeKind::File,
        FileType::Directory => NodeKind::Dir,
        FileType::Symlink => NodeKind::Symlink,
        FileType::BlockDevice => NodeKind::Dev,
        FileType::CharacterDevice => NodeKind::CharDev,
        FileType::Fifo => NodeKind::Fifo,
        FileType::Socket => NodeKind::Socket,
        _ => return None,
    })
}

/// The policy, as a table of (what is there, what is wanted).
pub(super) fn decide(
    overwrite: Overwrite,
    there: Option<&Stat>,
    kind: NodeKind,
    size_bytes: u64,
    mtime: FileTime,
) -> Decision {
    let Some(stat) = there else { return Decision::Create };
    let same_kind = kind_of(stat) == Some(kind);
    let overwritten = if same_kind { Decision::Compare } else { Decision::Replace };
    match overwrite {
        Overwrite::Never => Decision::Keep,
        Overwrite::IfNewer if mtime_of(stat) >= mtime => Decision::Keep,
        Overwrite::IfNewer | Overwrite::Always => overwritten,
        Overwrite::IfChanged => {
            let same_size = kind != NodeKind::File || u64::try_from(stat.st_size) == Ok(size_bytes);
            if same_kind && same_size && mtime_of(stat) == mtime { Decision::Trust } else { overwritten }
        }
    }
}
