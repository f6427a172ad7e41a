//! Removing entries of the target, whole directories included, without leaving it.

use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, FileType, Mode, OFlags};
use rustix::io::Errno;

/// The names in a directory, without `.` and `..`.
pub(super) fn names_in(dir: BorrowedFd<'_>) -> io::Result<Vec<CString>> {
    // A handle of its own: reading moves the position of the one that is shared.
    let own = rustix::fs::openat(dir, c".", OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    let mut names = Vec::new();
    for entry in rustix::fs::Dir::new(own)? {
        let entry = entry?;
        if !matches!(entry.file_name().to_bytes(), b"." | b"..") {
            names.push(entry.file_name().to_owned());
        }
    }
    Ok(names)
}

/// Removes what is no directory, or an empty directory.
pub(super) fn remove_entry(dir: BorrowedFd<'_>, name: &CStr) -> io::Result<()> {
    match rustix::fs::unlinkat(dir, name, AtFlags::empty()) {
        Err(Errno::ISDIR | Errno::PERM) => match rustix::fs::unlinkat(dir, name, AtFlags::REMOVEDIR) {
            Err(Errno::NOTDIR) => Err(Errno::PERM.into()),
            removed => Ok(removed?),
        },
        removed => Ok(removed?),
    }
}

/// Removes an entry with all it holds. Symbolic links are removed, not followed; another file system that is mounted
/// below stops it. `removed` is called once for each entry.
pub(super) fn remove_all(dir: BorrowedFd<'_>, name: &CStr, removed: &mut dyn FnMut()) -> io::Result<()> {
    let stat = rustix::fs::statat(dir, name, AtFlags::SYMLINK_NOFOLLOW)?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::Directory {
        rustix::fs::unlinkat(dir, name, AtFlags::empty())?;
        removed();
        return Ok(());
    }
    let device = rustix::fs::fstat(dir)?.st_dev;
    let top = open_within(dir, name, device)?;
    let mut levels = vec![Level { names: names_in(top.as_fd())?, handle: top, name: name.to_owned() }];
    while let Some(level) = levels.last_mut() {
        if let Some(name) = level.names.pop() {
            let here = level.handle.as_fd();
            match rustix::fs::unlinkat(here, &name, AtFlags::empty()) {
                Ok(()) => removed(),
                Err(Errno::ISDIR | Errno::PERM) => {
                    let handle = open_within(here, &name, device)?;
                    levels.push(Level { names: names_in(handle.as_fd())?, handle, name });
                }
                Err(Errno::NOENT) => {}
                Err(error) => return Err(error.into()),
            }
            continue;
        }
        let Some(done) = levels.pop() else { break };
        let parent = levels.last().map_or(dir, |level| level.handle.as_fd());
        rustix::fs::unlinkat(parent, &done.name, AtFlags::REMOVEDIR)?;
        removed();
    }
    Ok(())
}

struct Level {
    handle: OwnedFd,
    name: CString,
    names: Vec<CString>,
}

fn open_within(dir: BorrowedFd<'_>, name: &CStr, device: u64) -> io::Result<OwnedFd> {
    let handle = super::directory::open_directory(dir, name)?;
    if rustix::fs::fstat(&handle)?.st_dev != device {
        return Err(Errno::XDEV.into());
    }
    Ok(handle)
}
