//! Directories of the target: how each is reached, and when it is done.
//!
//! A directory is opened from its parent's handle by its own name, never by a path, and never through a symbolic link.
//! Handles are kept while they are few; one that was closed is opened again from above.

use std::collections::VecDeque;
use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use super::attributes::{Attributes, Known};
use super::report::Action;

/// Handles of directories that are open at once; a process may have 1024 files open where nothing was set.
const OPEN_MAX: usize = 256;

const OPEN_DIRECTORY: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

pub(super) struct Dir {
    parent: Option<Arc<Dir>>,
    name: CString,
    /// What must be done before the directory itself is: its entries that wait, and one for the walk that is in it.
    pending: AtomicUsize,
    /// Made by this run: what is found in it, this run made.
    pub(super) made: bool,
    /// Not there; only in a run that shows what would be done.
    pub(super) imagined: bool,
    /// The group that the system gives to what is created here, where that is certain.
    pub(super) gid_of_new: Option<u32>,
    /// What is created here gets an access list that was not asked for.
    pub(super) gives_acl: bool,
    /// What it gets at its end; `None` leaves it as it is.
    pub(super) end: Option<Box<DirectoryEnd>>,
    handle: Mutex<Option<Arc<OwnedFd>>>,
}

/// What is known of a directory when it is entered.
#[derive(Default)]
pub(super) struct Entered {
    pub(super) made: bool,
    pub(super) imagined: bool,
    pub(super) gid_of_new: Option<u32>,
    pub(super) gives_acl: bool,
    pub(super) end: Option<Box<DirectoryEnd>>,
    pub(super) handle: Option<OwnedFd>,
}

/// What is done with a directory when all that lies in it is done.
pub(super) struct DirectoryEnd {
    pub(super) attributes: Attributes,
    pub(super) known: Known,
    pub(super) action: Action,
}

impl Dir {
    pub(super) fn parent(&self) -> Option<&Arc<Dir>> {
        self.parent.as_ref()
    }

    /// One more thing must be done before this directory is.
    pub(super) fn expect_one(&self) {
        self.pending.fetch_add(1, Ordering::Relaxed);
    }

    /// One of them is done. True where it was the last.
    pub(super) fn one_is_done(&self) -> bool {
        self.pending.fetch_sub(1, Ordering::AcqRel) == 1
    }

    /// From the root of what is restored, beginning with `/`; the root itself is empty.
    pub(super) fn path(&self) -> Vec<u8> {
        let mut names = Vec::new();
        let mut dir = self;
        while let Some(parent) = &dir.parent {
            names.push(dir.name.to_bytes());
            dir = parent;
        }
        let mut path = Vec::new();
        for name in names.into_iter().rev() {
            path.push(b'/');
            path.extend_from_slice(name);
        }
        path
    }

    pub(super) fn path_of(&self, name: &CStr) -> Vec<u8> {
        let mut path = self.path();
        path.push(b'/');
        path.extend_from_slice(name.to_bytes());
        path
    }
}

/// A chain of parents is let go one by one: a hostile tree may be deeper than the stack.
impl Drop for Dir {
    fn drop(&mut self) {
        let mut next = self.parent.take();
        while let Some(mut dir) = next.and_then(Arc::into_inner) {
            next = dir.parent.take();
        }
    }
}

/// Keeps the handles of directories.
pub(super) struct Directories {
    open: Mutex<VecDeque<Weak<Dir>>>,
}

impl Directories {
    pub(super) fn new() -> Self {
        Self { open: Mutex::default() }
    }

    /// The target itself. Its handle stays open.
    pub(super) fn root(&self, entered: Entered) -> Arc<Dir> {
        Arc::new(Self::dir(None, CString::default(), entered))
    }

    pub(super) fn child(&self, parent: &Arc<Dir>, name: CString, entered: Entered) -> Arc<Dir> {
        parent.expect_one();
        let has_handle = entered.handle.is_some();
        let dir = Arc::new(Self::dir(Some(parent.clone()), name, entered));
        if has_handle {
            self.remember(&dir);
        }
        dir
    }

    fn dir(parent: Option<Arc<Dir>>, name: CString, entered: Entered) -> Dir {
        Dir {
            parent,
            name,
            pending: AtomicUsize::new(1),
            made: entered.made,
            imagined: entered.imagined,
            gid_of_new: entered.gid_of_new,
            gives_acl: entered.gives_acl,
            end: entered.end,
            handle: Mutex::new(entered.handle.map(Arc::new)),
        }
    }

    /// The directory's handle, opened from above where it was closed.
    pub(super) fn open(&self, dir: &Arc<Dir>) -> io::Result<Arc<OwnedFd>> {
        if let Some(handle) = &*dir.handle.lock() {
            return Ok(handle.clone());
        }
        let mut closed = vec![dir];
        let mut above = loop {
            let last = closed.last().expect("begins with one");
            let Some(parent) = last.parent() else { return Err(Errno::BADF.into()) };
            if let Some(handle) = &*parent.handle.lock() {
                break handle.clone();
            }
            closed.push(parent);
        };
        for dir in closed.into_iter().rev() {
            let handle = Arc::new(open_directory(above.as_fd(), &dir.name)?);
            *dir.handle.lock() = Some(handle.clone());
            self.remember(dir);
            above = handle;
        }
        Ok(above)
    }

    /// Closes the handle of a directory that is done.
    pub(super) fn close(&self, dir: &Dir) {
        if dir.parent.is_some() {
            dir.handle.lock().take();
        }
    }

    fn remember(&self, dir: &Arc<Dir>) {
        let forgotten = {
            let mut open = self.open.lock();
            open.push_back(Arc::downgrade(dir));
            if open.len() > OPEN_MAX { open.pop_front() } else { None }
        };
        if let Some(dir) = forgotten.and_then(|dir| dir.upgrade()) {
            dir.handle.lock().take();
        }
    }
}

/// Opens a directory by its name in another. A directory of ours that we may not read is opened all the same.
pub(super) fn open_directory(parent: std::os::fd::BorrowedFd<'_>, name: &CStr) -> io::Result<OwnedFd> {
    match rustix::fs::openat(parent, name, OPEN_DIRECTORY, Mode::empty()) {
        Err(Errno::ACCESS) => {
            let named = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let entry = rustix::fs::openat(parent, name, named, Mode::empty())?;
            super::attributes::chmod_by_proc(entry.as_fd(), Mode::RWXU)?;
            Ok(rustix::fs::openat(parent, name, OPEN_DIRECTORY, Mode::empty())?)
        }
        opened => Ok(opened?),
    }
}
