//! One regular file: created or opened, written chunk by chunk, described, closed.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use parking_lot::Mutex;
use rempart_format::NodeKind;
use rustix::fs::{FileType, Mode, OFlags};
use rustix::io::Errno;

use super::attributes::{Handle, Known};
use super::entry::Place;
use super::existing::{Decision, unfinished_mode};
use super::report::{Action, Cause};
use super::session::Session;
use super::sparse::write_sparse_at;
use super::special::make_way;
use super::window::{FileEntry, Window};

/// Files of several chunks that are open at once.
const OPEN_MAX: usize = 64;

/// The handle of a file that is being written.
#[derive(Debug)]
pub(super) enum Content {
    /// Nothing was done yet.
    Closed,
    Open(Arc<OwnedFd>),
    /// Begun, and closed as others needed the handle. It must be this inode when it is opened again.
    Parked {
        device: u64,
        inode: u64,
    },
}

/// Which files of a window are open.
#[derive(Default)]
pub(super) struct OpenFiles {
    open: Mutex<VecDeque<u32>>,
}

type Failure = (&'static str, Cause);

/// Writes one chunk of a file, and finishes the file where it was the last.
pub(super) fn write_chunk(
    session: &Session<'_>,
    window: &Window,
    open_files: &OpenFiles,
    index: u32,
    data: &[u8],
    offset_bytes: u64,
) {
    let file = &window.files[index as usize];
    if file.failed.load(Ordering::Relaxed) {
        return;
    }
    let whole = file.chunks.len() == 1 && matches!(file.decision, Decision::Create | Decision::Replace);
    let written = if whole {
        write_whole(session, window, file, data)
    } else {
        write_part(session, window, open_files, index, data, offset_bytes)
    };
    match written {
        Ok(()) => session.reporter.wrote(data.len() as u64),
        Err((doing, cause)) => fail(session, window, file, doing, cause),
    }
}

/// Says once that a file cannot be restored. What was written of it stays, without its final time.
pub(super) fn fail(
    session: &Session<'_>,
    window: &Window,
    file: &FileEntry,
    doing: &'static str,
    cause: impl Into<Cause>,
) {
    if !file.failed.swap(true, Ordering::Relaxed) {
        session.problem_of_file(window.path(file), doing, cause.into());
    }
}

/// A file of one chunk, in one go: create, write, describe, close.
fn write_whole(session: &Session<'_>, window: &Window, file: &FileEntry, data: &[u8]) -> Result<(), Failure> {
    let handle = create(session, window, file)?;
    write(session, file, handle.as_fd(), data, 0)?;
    describe_new(session, window, file, handle.as_fd());
    drop(handle);
    file.remaining.store(0, Ordering::Relaxed);
    finished(session, window, file, action_of(file));
    Ok(())
}

fn write_part(
    session: &Session<'_>,
    window: &Window,
    open_files: &OpenFiles,
    index: u32,
    data: &[u8],
    offset_bytes: u64,
) -> Result<(), Failure> {
    let file = &window.files[index as usize];
    let handle = open(session, window, open_files, index)?;
    write(session, file, handle.as_fd(), data, offset_bytes)?;
    if file.remaining.fetch_sub(1, Ordering::AcqRel) == 1 {
        if !matches!(std::mem::replace(&mut *file.content.lock(), Content::Closed), Content::Closed) {
            open_files.open.lock().retain(|&other| other != index);
        }
        finish_written(session, window, file, handle.as_fd());
    }
    Ok(())
}

fn write(
    session: &Session<'_>,
    file: &FileEntry,
    handle: BorrowedFd<'_>,
    data: &[u8],
    offset_bytes: u64,
) -> Result<(), Failure> {
    let written = if session.options.sparse {
        write_sparse_at(handle, data, offset_bytes, file.old_bytes, file.content_bytes)
    } else {
        rempart_disk::write_all_at(handle, data, offset_bytes)
    };
    written.map_err(|error| ("write", error.into()))
}

/// A file whose content needs no writing: an empty one, or one that is there already.
pub(super) fn finish_unwritten(session: &Session<'_>, window: &Window, file: &FileEntry) -> Result<(), Failure> {
    if !session.executes() {
        return show(session, window, file);
    }
    match file.decision {
        Decision::Create | Decision::Replace => {
            let handle = create(session, window, file)?;
            describe_new(session, window, file, handle.as_fd());
            finished(session, window, file, action_of(file));
        }
        Decision::Compare | Decision::Trust if file.old_bytes != file.content_bytes => {
            let handle = open_existing(session, window, file)?;
            finish_written(session, window, file, handle.as_fd());
        }
        Decision::Compare | Decision::Trust => {
            let dir = session.directories.open(&file.dir).map_err(|error| ("reach", error.into()))?;
            let entry = Handle::Special(dir.as_fd(), window.name(file));
            let stat =
                super::existing::look(dir.as_fd(), window.name(file)).map_err(|error| ("examine", error.into()))?;
            let stat = stat.ok_or(("examine", Cause::Refused("it vanished while the restore ran")))?;
            session.reporter.found(file.content_bytes);
            if file.attributes.equal_in(&stat, false) && file.attributes.xattrs_equal(entry) {
                finished(session, window, file, Action::Unchanged);
            } else {
                let mut problem = session.problems_of(|| window.path(file));
                file.attributes.apply(entry, Known::from_stat(&stat), &session.identity, &mut problem);
                finished(session, window, file, Action::Describe);
            }
        }
        Decision::Keep => {}
    }
    Ok(())
}

/// Tells what would be done with a file.
pub(super) fn show(session: &Session<'_>, window: &Window, file: &FileEntry) -> Result<(), Failure> {
    let missing = file.remaining.load(Ordering::Relaxed) > 0 || file.old_bytes != file.content_bytes;
    let action = match file.decision {
        Decision::Compare | Decision::Trust if !missing => {
            let dir = session.directories.open(&file.dir).map_err(|error| ("reach", error.into()))?;
            let name = window.name(file);
            let stat = super::existing::look(dir.as_fd(), name).map_err(|error| ("examine", error.into()))?;
            let equal = stat.is_some_and(|stat| file.attributes.equal_in(&stat, false))
                && file.attributes.xattrs_equal(Handle::Special(dir.as_fd(), name));
            if equal { Action::Unchanged } else { Action::Describe }
        }
        _ => action_of(file),
    };
    finished(session, window, file, action);
    Ok(())
}

fn action_of(file: &FileEntry) -> Action {
    match file.decision {
        Decision::Create => Action::Create,
        Decision::Replace => Action::Replace,
        Decision::Compare | Decision::Trust => Action::Update,
        Decision::Keep => Action::Keep,
    }
}

fn finished(session: &Session<'_>, window: &Window, file: &FileEntry, action: Action) {
    if file.content_bytes != file.claimed_bytes {
        let (expected_bytes, actual_bytes) = (file.claimed_bytes, file.content_bytes);
        session.reporter.problem(
            window.path(file),
            "restore all that the snapshot says of",
            Cause::Length { expected_bytes, actual_bytes },
        );
    }
    session.reporter.entry(|| window.path(file), Some(NodeKind::File), action, file.content_bytes);
    file.finished.store(true, Ordering::Release);
    session.one_is_done(&file.dir);
}

/// The mode a new file is created with: the mark of unfinished files where the next run needs it; else the final one
/// where nobody but us can read what is being written before its time, 0600 otherwise.
fn creation_mode(session: &Session<'_>, file: &FileEntry) -> u32 {
    if let Some(mode) = unfinished_mode(session.overwrite(), NodeKind::File) {
        return mode;
    }
    let mode = file.attributes.mode;
    let ours =
        file.attributes.owner.is_none_or(|(uid, gid)| uid == session.identity.uid && Some(gid) == file.dir.gid_of_new);
    let plain = mode & (0o7000 | session.identity.umask) == 0;
    if ours && plain && !file.dir.gives_acl && mode & 0o200 != 0 { mode } else { 0o600 }
}

fn create(session: &Session<'_>, window: &Window, file: &FileEntry) -> Result<OwnedFd, Failure> {
    let dir = session.directories.open(&file.dir).map_err(|error| ("reach", error.into()))?;
    let name = window.name(file);
    if file.decision != Decision::Create {
        let place = Place { dir: file.dir.clone(), name: name.to_owned() };
        match make_way(session, &place, dir.as_fd()) {
            Err(Cause::Io(error)) if error.kind() == io::ErrorKind::NotFound => {}
            done => done.map_err(|cause| ("replace", cause))?,
        }
    }
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mode = Mode::from_raw_mode(creation_mode(session, file));
    let handle =
        rustix::fs::openat(dir, name, flags, mode).map_err(|error| ("create", io::Error::from(error).into()))?;
    if session.options.sparse && file.content_bytes > 0 {
        rustix::fs::ftruncate(&handle, file.content_bytes).map_err(|error| ("write", io::Error::from(error).into()))?;
    }
    Ok(handle)
}

fn describe_new(session: &Session<'_>, window: &Window, file: &FileEntry, handle: BorrowedFd<'_>) {
    let known = Known {
        uid: Some(session.identity.uid),
        gid: file.dir.gid_of_new,
        mode: (!file.dir.gives_acl).then(|| creation_mode(session, file) & !session.identity.umask),
        no_xattrs: !file.dir.gives_acl,
    };
    let mut problem = session.problems_of(|| window.path(file));
    file.attributes.apply(Handle::Fd(handle), known, &session.identity, &mut problem);
}

/// All its chunks are in place.
fn finish_written(session: &Session<'_>, window: &Window, file: &FileEntry, handle: BorrowedFd<'_>) {
    match file.decision {
        Decision::Create | Decision::Replace => describe_new(session, window, file, handle),
        _ => {
            let known = match rustix::fs::fstat(handle) {
                // Writing clears set-id bits.
                Ok(stat) => Known { mode: None, ..Known::from_stat(&stat) },
                Err(_) => Known { uid: None, gid: None, mode: None, no_xattrs: false },
            };
            let mut problem = session.problems_of(|| window.path(file));
            file.attributes.apply(Handle::Fd(handle), known, &session.identity, &mut problem);
        }
    }
    finished(session, window, file, action_of(file));
}

fn open(session: &Session<'_>, window: &Window, open_files: &OpenFiles, index: u32) -> Result<Arc<OwnedFd>, Failure> {
    let file = &window.files[index as usize];
    let handle = {
        let mut content = file.content.lock();
        let handle = match &*content {
            Content::Open(handle) => return Ok(handle.clone()),
            Content::Closed => match file.decision {
                Decision::Create | Decision::Replace => create(session, window, file)?,
                _ => open_existing(session, window, file)?,
            },
            Content::Parked { device, inode } => reopen(session, window, file, (*device, *inode))?,
        };
        let handle = Arc::new(handle);
        *content = Content::Open(handle.clone());
        handle
    };
    let oldest = {
        let mut open = open_files.open.lock();
        open.push_back(index);
        if open.len() > OPEN_MAX { open.pop_front() } else { None }
    };
    if let Some(oldest) = oldest {
        park(&mut window.files[oldest as usize].content.lock());
    }
    Ok(handle)
}

fn park(content: &mut Content) {
    if let Content::Open(handle) = &*content
        && let Ok(stat) = rustix::fs::fstat(handle)
    {
        *content = Content::Parked { device: stat.st_dev, inode: stat.st_ino };
    }
}

fn reopen(session: &Session<'_>, window: &Window, file: &FileEntry, is: (u64, u64)) -> Result<OwnedFd, Failure> {
    let dir = session.directories.open(&file.dir).map_err(|error| ("reach", error.into()))?;
    let handle = open_writable(dir.as_fd(), window.name(file)).map_err(|error| ("open", error.into()))?;
    let stat = rustix::fs::fstat(&handle).map_err(|error| ("examine", io::Error::from(error).into()))?;
    if (stat.st_dev, stat.st_ino) != is {
        return Err(("write", Cause::Refused("another file took its place while the restore ran")));
    }
    Ok(handle)
}

/// Opens a file of the target to be changed in place. One that cannot be opened so is replaced.
fn open_existing(session: &Session<'_>, window: &Window, file: &FileEntry) -> Result<OwnedFd, Failure> {
    let dir = session.directories.open(&file.dir).map_err(|error| ("reach", error.into()))?;
    let handle = open_writable(dir.as_fd(), window.name(file)).map_err(|error| ("open", error.into()))?;
    let stat = rustix::fs::fstat(&handle).map_err(|error| ("examine", io::Error::from(error).into()))?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile || stat.st_nlink != 1 {
        return Err(("write", Cause::Refused("another file took its place while the restore ran")));
    }
    if let Some(mode) = unfinished_mode(session.overwrite(), NodeKind::File) {
        let _ = rustix::fs::fchmod(&handle, Mode::from_raw_mode(mode));
    } else if stat.st_mode & 0o077 & !file.attributes.mode != 0 {
        // Nobody who may read the old content may read the new one early. Failing is told when the final mode is set.
        let _ = rustix::fs::fchmod(&handle, Mode::RUSR | Mode::WUSR);
    }
    if u64::try_from(stat.st_size) != Ok(file.content_bytes) {
        rustix::fs::ftruncate(&handle, file.content_bytes)
            .map_err(|error| ("resize", io::Error::from(error).into()))?;
    }
    Ok(handle)
}

pub(super) fn open_writable(dir: BorrowedFd<'_>, name: &std::ffi::CStr) -> io::Result<OwnedFd> {
    // NONBLOCK: a fifo put there meanwhile must not stop us.
    let flags = OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    match rustix::fs::openat(dir, name, flags, Mode::empty()) {
        Err(Errno::LOOP) => Err(io::Error::other("a symbolic link took its place while the restore ran")),
        opened => Ok(opened?),
    }
}
