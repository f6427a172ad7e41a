//! Which chunks of the target's files are right already: each is read and hashed where it lies.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use rempart_crypto::sha256_many;
use rempart_model::{BlobId, Id};
use rustix::fs::{FileType, Mode, OFlags};
use rustix::io::Errno;

use super::existing::Decision;
use super::session::Session;
use super::window::Window;

/// Read before hashes are taken: many small chunks are hashed together.
const BATCH_BYTES: usize = 4 << 20;
const BATCH_CHUNKS: usize = 64;

/// Reads chunks of files and compares their hashes with their names.
pub(super) struct ChunkChecker<T> {
    buffer: Vec<u8>,
    waiting: Vec<(usize, usize, BlobId, T)>,
}

impl<T: Copy> ChunkChecker<T> {
    pub(super) fn new() -> Self {
        Self { buffer: Vec::new(), waiting: Vec::new() }
    }

    /// Reads a chunk; `tell(tag, right)` is called for it now or at a later call.
    pub(super) fn check(
        &mut self,
        file: BorrowedFd<'_>,
        offset_bytes: u64,
        len_bytes: u32,
        id: BlobId,
        tag: T,
        tell: &mut dyn FnMut(T, bool),
    ) -> io::Result<()> {
        let from = self.buffer.len();
        self.buffer.resize(from + len_bytes as usize, 0);
        let filled = read_at(file, &mut self.buffer[from..], offset_bytes);
        match filled {
            Ok(true) => self.waiting.push((from, self.buffer.len(), id, tag)),
            Ok(false) => {
                self.buffer.truncate(from);
                tell(tag, false);
            }
            Err(error) => {
                self.buffer.truncate(from);
                return Err(error);
            }
        }
        if self.buffer.len() >= BATCH_BYTES || self.waiting.len() >= BATCH_CHUNKS {
            self.flush(tell);
        }
        Ok(())
    }

    pub(super) fn flush(&mut self, tell: &mut dyn FnMut(T, bool)) {
        let messages: Vec<&[u8]> = self.waiting.iter().map(|&(from, to, ..)| &self.buffer[from..to]).collect();
        let mut digests = vec![[0; Id::LEN_BYTES]; messages.len()];
        sha256_many(&messages, &mut digests);
        for (&(.., id, tag), digest) in self.waiting.iter().zip(&digests) {
            tell(tag, id.as_bytes() == digest);
        }
        self.waiting.clear();
        self.buffer.clear();
    }
}

/// Fills the buffer; false where the file ends before.
fn read_at(file: BorrowedFd<'_>, mut buffer: &mut [u8], mut offset_bytes: u64) -> io::Result<bool> {
    while !buffer.is_empty() {
        match rustix::io::pread(file, &mut *buffer, offset_bytes) {
            Ok(0) => return Ok(false),
            Ok(got) => {
                buffer = &mut buffer[got..];
                offset_bytes += got as u64;
            }
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(true)
}

/// Opens a regular file to be read; what else is there is an error.
pub(super) fn open_readable(dir: BorrowedFd<'_>, name: &std::ffi::CStr) -> io::Result<(OwnedFd, rustix::fs::Stat)> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let handle = rustix::fs::openat(dir, name, flags, Mode::empty())?;
    let stat = rustix::fs::fstat(&handle)?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err(io::Error::other("it is no regular file"));
    }
    Ok((handle, stat))
}

struct Found {
    file: usize,
    /// Which chunks are wrong; `None`: the file cannot be compared, and is replaced.
    wrong: Option<Vec<u32>>,
    old_bytes: u64,
    several_names: bool,
}

/// Compares the window's existing files. Afterwards `remaining` of each file is the number of chunks to be written, and
/// the returned list says which chunks of the window need not be. `None`: all must be.
pub(super) fn compare_existing(session: &Session<'_>, window: &mut Window) -> Option<Vec<bool>> {
    for file in &mut window.files {
        *file.remaining.get_mut() = file.chunks.len() as u32;
    }
    let candidates: Vec<usize> = (0..window.files.len())
        .filter(|&at| matches!(window.files[at].decision, Decision::Compare | Decision::Trust))
        .collect();
    if candidates.is_empty() {
        return None;
    }
    let found = Mutex::new(Vec::with_capacity(candidates.len()));
    let next = AtomicUsize::new(0);
    session.in_parallel(candidates.len(), || {
        let mut checker = ChunkChecker::new();
        while let Some(&file) = candidates.get(next.fetch_add(1, Ordering::Relaxed)) {
            if session.cancel.is_canceled() {
                return;
            }
            let result = compare_file(session, window, file, &mut checker);
            found.lock().push(result);
        }
    });
    let mut right = vec![false; window.chunks.len()];
    for found in found.into_inner() {
        let file = &mut window.files[found.file];
        file.old_bytes = found.old_bytes;
        let Some(wrong) = found.wrong.filter(|wrong| {
            // A file with other names is never written in place.
            !found.several_names || wrong.is_empty() && found.old_bytes == file.content_bytes
        }) else {
            file.decision = Decision::Replace;
            file.old_bytes = 0;
            continue;
        };
        *file.remaining.get_mut() = wrong.len() as u32;
        for chunk in file.chunks.clone() {
            right[chunk as usize] = true;
        }
        for chunk in wrong {
            right[chunk as usize] = false;
        }
    }
    Some(right)
}

fn compare_file(session: &Session<'_>, window: &Window, at: usize, checker: &mut ChunkChecker<u32>) -> Found {
    let file = &window.files[at];
    let not_comparable = Found { file: at, wrong: None, old_bytes: 0, several_names: false };
    let Ok(dir) = session.directories.open(&file.dir) else { return not_comparable };
    let Ok((handle, stat)) = open_readable(dir.as_fd(), window.name(file)) else { return not_comparable };
    let old_bytes = u64::try_from(stat.st_size).unwrap_or(0);
    let mut wrong = Vec::new();
    if file.decision == Decision::Compare || old_bytes != file.content_bytes {
        let mut tell = |chunk, right: bool| {
            if !right {
                wrong.push(chunk);
            }
        };
        for index in file.chunks.clone() {
            let chunk = &window.chunks[index as usize];
            let checked =
                checker.check(handle.as_fd(), chunk.offset_bytes, chunk.len_bytes, chunk.id, index, &mut tell);
            if checked.is_err() {
                // What cannot be read is written anew.
                checker.flush(&mut |_, _| {});
                return not_comparable;
            }
        }
        checker.flush(&mut tell);
    }
    Found { file: at, wrong: Some(wrong), old_bytes, several_names: stat.st_nlink > 1 }
}
