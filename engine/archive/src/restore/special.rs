//! Symbolic links, devices, fifos and sockets: made in one go, on the thread that walks.

use std::ffi::CString;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use rempart_format::{Node, NodeKind};
use rustix::fs::{FileType, Mode, Stat};
use rustix::io::Errno;

use super::attributes::{Attributes, Handle, Known};
use super::delete::{remove_all, remove_entry};
use super::entry::Place;
use super::existing::Decision;
use super::report::{Action, Cause};
use super::session::Session;

/// What is no directory and no regular file.
pub(super) fn restore_special(
    session: &Session<'_>,
    place: &Place,
    node: &mut Node,
    stat: Option<&Stat>,
    decision: Decision,
) {
    let kind = node.kind;
    let attributes = Attributes::of(node, &session.owners);
    match place_special(session, place, node, &attributes, stat, decision) {
        Ok(action) => session.reporter.entry(|| place.path(), Some(kind), action, 0),
        Err((doing, cause)) => session.reporter.problem(place.path(), doing, cause),
    }
}

fn place_special(
    session: &Session<'_>,
    place: &Place,
    node: &Node,
    attributes: &Attributes,
    stat: Option<&Stat>,
    decision: Decision,
) -> Result<Action, (&'static str, Cause)> {
    if place.dir.imagined {
        return Ok(Action::Create);
    }
    let dir = session.directories.open(&place.dir).map_err(|error| ("reach", Cause::Io(error)))?;
    let dir = dir.as_fd();
    let name = place.name();
    let handle = match node.kind {
        NodeKind::Symlink => Handle::Symlink(dir, name),
        _ => Handle::Special(dir, name),
    };
    let mut action = if decision == Decision::Create { Action::Create } else { Action::Replace };
    if let (Some(stat), Decision::Compare | Decision::Trust) = (stat, decision)
        && is_same(dir, place, node, stat)
    {
        let equal = attributes.equal_in(stat, node.kind == NodeKind::Symlink) && attributes.xattrs_equal(handle);
        action = if equal { Action::Unchanged } else { Action::Describe };
        if action == Action::Describe && session.executes() {
            let mut problem = session.problems_of(|| place.path());
            attributes.apply(handle, Known::from_stat(stat), &session.identity, &mut problem);
        }
        return Ok(action);
    }
    if !session.executes() {
        return Ok(action);
    }
    if stat.is_some() {
        make_way(session, place, dir).map_err(|cause| ("replace", cause))?;
    }
    create(dir, place, node).map_err(|error| ("create", Cause::Io(error)))?;
    let known = Known {
        uid: Some(session.identity.uid),
        gid: place.dir.gid_of_new,
        mode: None,
        no_xattrs: !place.dir.gives_acl,
    };
    attributes.apply(handle, known, &session.identity, &mut session.problems_of(|| place.path()));
    Ok(action)
}

/// Removes what stands where something else must be. A directory that holds something goes only with `delete`.
pub(super) fn make_way(session: &Session<'_>, place: &Place, dir: BorrowedFd<'_>) -> Result<(), Cause> {
    match remove_entry(dir, place.name()) {
        Err(error) if error.raw_os_error() == Some(Errno::NOTEMPTY.raw_os_error()) => {
            if !session.options.delete {
                return Err(Cause::Refused("a directory that is not empty is in its place; --delete would remove it"));
            }
            let reporter = &session.reporter;
            remove_all(dir, place.name(), &mut || reporter.entry(|| place.path(), None, Action::Delete, 0))?;
            Ok(())
        }
        removed => Ok(removed?),
    }
}

fn is_same(dir: BorrowedFd<'_>, place: &Place, node: &Node, stat: &Stat) -> bool {
    match node.kind {
        NodeKind::Symlink => rustix::fs::readlinkat(dir, place.name(), Vec::new())
            .is_ok_and(|target| target.as_bytes() == node.link_target.as_slice()),
        NodeKind::Dev | NodeKind::CharDev => stat.st_rdev == node.device,
        _ => true,
    }
}

fn create(dir: BorrowedFd<'_>, place: &Place, node: &Node) -> io::Result<()> {
    let file_type = match node.kind {
        NodeKind::Symlink => {
            let target = CString::new(node.link_target.as_slice()).map_err(|_| Errno::INVAL)?;
            return Ok(rustix::fs::symlinkat(&target, dir, place.name())?);
        }
        NodeKind::Dev => FileType::BlockDevice,
        NodeKind::CharDev => FileType::CharacterDevice,
        NodeKind::Fifo => FileType::Fifo,
        NodeKind::Socket => FileType::Socket,
        _ => return Err(Errno::INVAL.into()),
    };
    Ok(rustix::fs::mknodat(dir, place.name(), file_type, Mode::RUSR | Mode::WUSR, node.device)?)
}
