//! Owner, mode, times and extended attributes of an entry: what the snapshot says, and how it is applied.

use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use rempart_format::{FileTime, GoMode, Node, Xattr};
use rustix::fs::{AtFlags, Gid, Mode, OFlags, Stat, Timespec, Timestamps, Uid, XattrFlags};
use rustix::io::Errno;

use super::identity::{Identity, Owners};

/// The compact form in which many nodes wait.
#[derive(Debug, Clone)]
pub(super) struct Attributes {
    /// Permission bits with set-id and sticky bits, as chmod(2) takes them.
    pub(super) mode: u32,
    /// `None`: whoever creates it.
    pub(super) owner: Option<(u32, u32)>,
    pub(super) mtime: FileTime,
    pub(super) atime: FileTime,
    pub(super) xattrs: Box<[Xattr]>,
}

/// How an entry is reached.
#[derive(Clone, Copy)]
pub(super) enum Handle<'a> {
    /// A file or directory that is open.
    Fd(BorrowedFd<'a>),
    /// A symbolic link in a directory.
    Symlink(BorrowedFd<'a>, &'a CStr),
    /// A device, fifo or socket in a directory.
    Special(BorrowedFd<'a>, &'a CStr),
}

/// What an entry is known to have already, so that it need not be set.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    pub(super) uid: Option<u32>,
    pub(super) gid: Option<u32>,
    pub(super) mode: Option<u32>,
    /// It has no extended attributes.
    pub(super) no_xattrs: bool,
}

impl Known {
    pub(super) fn from_stat(stat: &Stat) -> Self {
        Self { uid: Some(stat.st_uid), gid: Some(stat.st_gid), mode: Some(stat.st_mode & 0o7777), no_xattrs: false }
    }
}

const ACL_ACCESS: &[u8] = b"system.posix_acl_access";
const SPECIAL_BITS: u32 = 0o7000;

impl Attributes {
    pub(super) fn of(node: &mut Node, owners: &Owners) -> Self {
        Self {
            mode: GoMode(node.mode).to_unix_permissions(),
            owner: owners.of(node),
            mtime: node.mtime,
            atime: node.atime,
            xattrs: std::mem::take(&mut node.xattrs).into_boxed_slice(),
        }
    }

    /// Whether owner, mode and modification time are as they should be. Says nothing of extended attributes.
    pub(super) fn equal_in(&self, stat: &Stat, is_symlink: bool) -> bool {
        self.owner.is_none_or(|owner| owner == (stat.st_uid, stat.st_gid))
            && (is_symlink || stat.st_mode & 0o7777 == self.mode)
            && (self.mtime == mtime_of(stat) || self.mtime == FileTime::MISSING)
    }

    /// Owner, extended attributes, mode, times, in this order: giving a file away clears set-id bits and capabilities,
    /// an access list changes the mode. What fails is told, and the rest is done.
    pub(super) fn apply(
        &self,
        to: Handle<'_>,
        known: Known,
        identity: &Identity,
        problem: &mut dyn FnMut(&'static str, io::Error),
    ) {
        let mut mode = self.mode;
        let mut mode_known = known.mode;
        if let Some((uid, gid)) = self.owner
            && (known.uid, known.gid) != (Some(uid), Some(gid))
        {
            mode_known = mode_known.filter(|_| mode & SPECIAL_BITS == 0);
            match chown(to, uid, gid) {
                Ok(()) => {}
                Err(Errno::PERM | Errno::INVAL) if !identity.is_root() => {
                    // As `cp -p`: what stays ours must not run as if it were theirs.
                    let group_ours = known.gid == Some(gid) || chown_group(to, gid).is_ok();
                    if known.uid != Some(uid) {
                        mode &= !0o4000;
                    }
                    if !group_ours {
                        mode &= !0o2000;
                    }
                }
                Err(error) => {
                    mode &= !0o6000;
                    problem("set the owner of", error.into());
                }
            }
        }
        if !(self.xattrs.is_empty() && known.no_xattrs)
            && set_xattrs(to, &self.xattrs, known.no_xattrs, identity, problem)
        {
            mode_known = None;
        }
        if mode_known != Some(mode)
            && !matches!(to, Handle::Symlink(..))
            && let Err(error) = chmod(to, mode)
        {
            problem("set the mode of", error);
        }
        if let Err(error) = self.set_times(to) {
            problem("set the times of", error.into());
        }
    }

    fn set_times(&self, to: Handle<'_>) -> Result<(), Errno> {
        let times = Timestamps { last_access: timespec(self.atime), last_modification: timespec(self.mtime) };
        match to {
            Handle::Fd(fd) => rustix::fs::futimens(fd, &times),
            Handle::Symlink(dir, name) | Handle::Special(dir, name) => {
                rustix::fs::utimensat(dir, name, &times, AtFlags::SYMLINK_NOFOLLOW)
            }
        }
    }

    /// Whether the entry's extended attributes are the snapshot's.
    pub(super) fn xattrs_equal(&self, of: Handle<'_>) -> bool {
        let Ok(names) = list_xattrs(of) else { return self.xattrs.is_empty() };
        names.len() == self.xattrs.len()
            && self
                .xattrs
                .iter()
                .all(|xattr| CString::new(xattr.name.as_slice()).is_ok_and(|name| xattr_is(of, &name, &xattr.value)))
    }
}

pub(super) fn mtime_of(stat: &Stat) -> FileTime {
    // The kernel keeps nanoseconds below a second.
    FileTime { seconds: stat.st_mtime, nanoseconds: stat.st_mtime_nsec as u32 }
}

/// A time that the snapshot does not have is left as it is.
fn timespec(time: FileTime) -> Timespec {
    if time == FileTime::MISSING {
        return Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_OMIT };
    }
    Timespec { tv_sec: time.seconds, tv_nsec: time.nanoseconds.min(999_999_999).into() }
}

fn chown(to: Handle<'_>, uid: u32, gid: u32) -> Result<(), Errno> {
    change_owner(to, Some(Uid::from_raw(uid)), Some(Gid::from_raw(gid)))
}

fn chown_group(to: Handle<'_>, gid: u32) -> Result<(), Errno> {
    change_owner(to, None, Some(Gid::from_raw(gid)))
}

fn change_owner(to: Handle<'_>, uid: Option<Uid>, gid: Option<Gid>) -> Result<(), Errno> {
    match to {
        Handle::Fd(fd) => rustix::fs::fchown(fd, uid, gid),
        Handle::Symlink(dir, name) | Handle::Special(dir, name) => {
            rustix::fs::chownat(dir, name, uid, gid, AtFlags::SYMLINK_NOFOLLOW)
        }
    }
}

fn chmod(to: Handle<'_>, mode: u32) -> io::Result<()> {
    let mode = Mode::from_raw_mode(mode);
    match to {
        Handle::Fd(fd) => rustix::fs::fchmod(fd, mode)?,
        Handle::Symlink(..) => {}
        Handle::Special(dir, name) => {
            // chmod(2) would follow a link put there meanwhile; a handle that only names the entry does not.
            let entry =
                rustix::fs::openat(dir, name, OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())?;
            chmod_by_proc(entry.as_fd(), mode)?;
        }
    }
    Ok(())
}

/// Changes the mode of what an `O_PATH` handle names.
pub(super) fn chmod_by_proc(entry: BorrowedFd<'_>, mode: Mode) -> io::Result<()> {
    let path = format!("/proc/self/fd/{}", entry.as_raw_fd());
    Ok(rustix::fs::chmod(path, mode)?)
}

/// The path by which an entry of an open directory can be named to calls that take no directory handle. Its length does
/// not depend on the depth of the tree.
fn proc_path(dir: BorrowedFd<'_>, name: &CStr) -> Vec<u8> {
    let mut path = format!("/proc/self/fd/{}/", dir.as_raw_fd()).into_bytes();
    path.extend_from_slice(name.to_bytes());
    path
}

fn set_xattr(to: Handle<'_>, name: &CStr, value: &[u8]) -> Result<(), Errno> {
    match to {
        Handle::Fd(fd) => rustix::fs::fsetxattr(fd, name, value, XattrFlags::empty()),
        Handle::Symlink(dir, entry) | Handle::Special(dir, entry) => {
            rustix::fs::lsetxattr(proc_path(dir, entry), name, value, XattrFlags::empty())
        }
    }
}

fn remove_xattr(from: Handle<'_>, name: &CStr) -> Result<(), Errno> {
    match from {
        Handle::Fd(fd) => rustix::fs::fremovexattr(fd, name),
        Handle::Symlink(dir, entry) | Handle::Special(dir, entry) => {
            rustix::fs::lremovexattr(proc_path(dir, entry), name)
        }
    }
}

fn xattr_is(of: Handle<'_>, name: &CStr, value: &[u8]) -> bool {
    // One byte more than expected, so that a longer value shows.
    let mut buffer = vec![0; value.len() + 1];
    let got = match of {
        Handle::Fd(fd) => rustix::fs::fgetxattr(fd, name, &mut buffer[..]),
        Handle::Symlink(dir, entry) | Handle::Special(dir, entry) => {
            rustix::fs::lgetxattr(proc_path(dir, entry), name, &mut buffer[..])
        }
    };
    got.is_ok_and(|len| buffer.get(..len) == Some(value))
}

fn list_xattrs(of: Handle<'_>) -> Result<Vec<CString>, Errno> {
    let mut buffer = vec![0; 1024];
    loop {
        let got = match of {
            Handle::Fd(fd) => rustix::fs::flistxattr(fd, &mut buffer[..]),
            Handle::Symlink(dir, entry) | Handle::Special(dir, entry) => {
                rustix::fs::llistxattr(proc_path(dir, entry), &mut buffer[..])
            }
        };
        match got {
            // XATTR_LIST_MAX is 64 KiB.
            Err(Errno::RANGE) if buffer.len() < 1 << 17 => buffer.resize(buffer.len() * 4, 0),
            Err(Errno::OPNOTSUPP) => return Ok(Vec::new()),
            Err(error) => return Err(error),
            Ok(len) => {
                buffer.truncate(len);
                let names = buffer.split_inclusive(|&byte| byte == 0);
                return Ok(names.filter_map(|name| CStr::from_bytes_with_nul(name).ok().map(CStr::to_owned)).collect());
            }
        }
    }
}

/// Makes the extended attributes those of the snapshot. True where an access list was set or removed, which changes the
/// mode.
fn set_xattrs(
    to: Handle<'_>,
    wanted: &[Xattr],
    none_there: bool,
    identity: &Identity,
    problem: &mut dyn FnMut(&'static str, io::Error),
) -> bool {
    let mut touched_mode = false;
    let there = if none_there { Vec::new() } else { list_xattrs(to).unwrap_or_default() };
    for name in &there {
        if wanted.iter().any(|xattr| xattr.name == name.to_bytes()) {
            continue;
        }
        touched_mode |= name.to_bytes() == ACL_ACCESS;
        match remove_xattr(to, name) {
            Ok(()) | Err(Errno::NODATA) => {}
            Err(error) if is_beyond_us(name.to_bytes(), error, identity) => {}
            Err(error) => problem("remove an extended attribute of", error.into()),
        }
    }
    for xattr in wanted {
        let Ok(name) = CString::new(xattr.name.as_slice()) else {
            problem("set an extended attribute of", Errno::INVAL.into());
            continue;
        };
        if there.contains(&name) && xattr_is(to, &name, &xattr.value) {
            continue;
        }
        touched_mode |= xattr.name == ACL_ACCESS;
        match set_xattr(to, &name, &xattr.value) {
            Ok(()) => {}
            Err(error) if is_beyond_us(&xattr.name, error, identity) => {}
            Err(error) => problem("set an extended attribute of", error.into()),
        }
    }
    touched_mode
}

/// Labels that only the administrator or the security module may set; a user's restore does without, as `cp -a` does.
fn is_beyond_us(name: &[u8], error: Errno, identity: &Identity) -> bool {
    let restricted = name.starts_with(b"security.") || name.starts_with(b"trusted.");
    match error {
        Errno::PERM | Errno::ACCESS => restricted && !identity.is_root(),
        Errno::OPNOTSUPP | Errno::INVAL => name == b"security.selinux",
        _ => false,
    }
}
