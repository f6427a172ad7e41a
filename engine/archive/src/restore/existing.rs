//! What is in the target already, and what the overwrite policy makes of it.

use std::ffi::CStr;
use std::io;
use std::os::fd::BorrowedFd;

use rempart_format::{GoMode, Node, NodeKind};
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

/// What a restore has begun and not finished has this mode, a file without the execute bit, where the policy would
/// take it for somebody's own at the next run. Nobody else gives it: on files the sticky bit means nothing, and in a
/// directory that nobody but its owner enters, hardly more.
const UNFINISHED: u32 = 0o1000;

/// The mode that marks an unfinished entry; `None` where the policy compares what is there in any case.
pub(super) fn unfinished_mode(overwrite: Overwrite, kind: NodeKind) -> Option<u32> {
    match (overwrite, kind) {
        (Overwrite::Never | Overwrite::IfNewer, NodeKind::File) => Some(UNFINISHED | 0o600),
        // Directories that are there are described under the other policies.
        (Overwrite::Never, NodeKind::Dir) => Some(UNFINISHED | 0o700),
        _ => None,
    }
}

/// Whether an interrupted run left this entry unfinished.
pub(super) fn is_unfinished(overwrite: Overwrite, there: &Stat, node: &Node) -> bool {
    let mark = unfinished_mode(overwrite, node.kind);
    kind_of(there) == Some(node.kind)
        && mark == Some(there.st_mode & 0o7777)
        && mark != Some(GoMode(node.mode).to_unix_permissions())
}

/// The policy, as a table of (what is there, what is wanted).
pub(super) fn decide(overwrite: Overwrite, there: Option<&Stat>, node: &Node) -> Decision {
    let Some(stat) = there else { return Decision::Create };
    let same_kind = kind_of(stat) == Some(node.kind);
    let overwritten = if same_kind { Decision::Compare } else { Decision::Replace };
    match overwrite {
        Overwrite::Never | Overwrite::IfNewer if is_unfinished(overwrite, stat, node) => Decision::Compare,
        Overwrite::Never => Decision::Keep,
        Overwrite::IfNewer if mtime_of(stat) >= node.mtime => Decision::Keep,
        Overwrite::IfNewer | Overwrite::Always => overwritten,
        Overwrite::IfChanged => {
            let same_size = node.kind != NodeKind::File || u64::try_from(stat.st_size) == Ok(node.size);
            if same_kind && same_size && mtime_of(stat) == node.mtime { Decision::Trust } else { overwritten }
        }
    }
}
