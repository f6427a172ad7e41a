//! Opens folders without following links.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use crate::error::{HostError, Result};
use crate::path::HostPath;

const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC).union(OFlags::NOFOLLOW);

/// A folder of a folder.
pub fn open_in(parent: impl AsFd, name: &[u8]) -> Result<OwnedFd, Errno> {
    rustix::fs::openat(parent, name, FOLDER, Mode::empty())
}

/// An absolute path; returns it without empty components as well.
pub fn open_folder(path: &HostPath) -> Result<(OwnedFd, HostPath)> {
    if !path.as_bytes().starts_with(b"/") {
        return Err(HostError::NotAbsolute { path: path.clone() });
    }
    let failed = |errno: Errno| HostError::of(path, errno.into());
    let mut folder = rustix::fs::open("/", FOLDER, Mode::empty()).map_err(failed)?;
    let mut clean = HostPath::from("/");
    for name in path.as_bytes().split(|byte| *byte == b'/').filter(|name| !matches!(*name, b"" | b".")) {
        if name == b".." {
            return Err(HostError::of(path, io::ErrorKind::NotFound.into()));
        }
        // Folders on the way need not be readable, only the last one.
        folder = match open_in(&folder, name) {
            Err(Errno::ACCESS) => {
                rustix::fs::openat(&folder, name, FOLDER.union(OFlags::PATH), Mode::empty()).map_err(failed)?
            }
            opened => opened.map_err(failed)?,
        };
        clean = clean.join(name);
    }
    Ok((folder, clean))
}
