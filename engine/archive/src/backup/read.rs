//! Reading files: each once, small ones many to a batch, large ones cut into chunks that several workers may store.

use std::ffi::CStr;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use rempart_chunker::MIN_CHUNK_BYTES;
use rempart_format::Xattr;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use super::batch::{Ended, LargeFile, Owner, Parts};
use super::dir::{Dir, State};
use super::error::Result;
use super::listing::Content;
use super::queue::ReadTask;
use super::report::ProblemKind;
use super::source::{Names, Reader, Stat};
use super::worker::Worker;

/// One file to read.
struct File<'t> {
    dir: &'t Arc<Dir>,
    slot: u32,
    at: &'t OwnedFd,
    name: &'t CStr,
    /// Where it is in the source, if that is not its name in `dir`.
    source_path: Option<&'t [u8]>,
    /// As the walk found it.
    stat: Stat,
}

impl File<'_> {
    fn path(&self) -> Vec<u8> {
        self.source_path.map_or_else(|| self.dir.path_of(self.name.to_bytes()), <[u8]>::to_vec)
    }
}

impl Worker<'_, '_> {
    pub(crate) fn read(&mut self, task: ReadTask) -> Result<()> {
        let ReadTask { dir, at, slots, source } = task;
        let mut names = Names::new();
        let mut stats = Vec::with_capacity(slots.len());
        if let State::Listed(listed) = &*dir.state.lock() {
            for &slot in &slots {
                names.push(listed.listing.names.get(slot as usize));
                stats.push(listed.listing.entries[slot as usize].stat);
            }
        }
        for ((index, &slot), &stat) in slots.iter().enumerate().zip(&stats) {
            if self.run.is_stopped() {
                break;
            }
            let (name, source_path) = match &source {
                Some(source) => (source.name.as_c_str(), Some(source.path.as_slice())),
                None => (names.get_c(index), None),
            };
            self.read_file(&File { dir: &dir, slot, at: &at, name, source_path, stat })?;
        }
        Ok(())
    }

    fn read_file(&mut self, file: &File<'_>) -> Result<()> {
        if self.run.options.track_current_files {
            self.run.progress.set_current(self.number, |path| path.extend_from_slice(&file.path()));
        }
        let fd = match open_file(file.at, file.name) {
            Ok(fd) => fd,
            Err(errno) => {
                self.run.failed(file.path(), "open", errno);
                return self.file_failed(file.dir, file.slot);
            }
        };
        if file.stat.size_bytes <= MIN_CHUNK_BYTES as u64 && self.read_small(file, &fd)? {
            return Ok(());
        }
        self.read_large(file, &fd)
    }

    /// Reads a file that is one chunk at most. `false`: it is not what the walk saw, and is to be read with more care.
    fn read_small(&mut self, file: &File<'_>, fd: &OwnedFd) -> Result<bool> {
        if self.batch.is_full() {
            self.hand_over_batch(0, 0)?;
        }
        let expected = file.stat.size_bytes as usize;
        // One byte of room more than expected shows a file that has grown.
        let room = self.batch.room();
        if room.len() <= expected {
            self.hand_over_batch(0, 0)?;
        }
        let room = &mut self.batch.room()[..=expected];
        let mut len = 0;
        while len < room.len() {
            match rustix::io::read(fd, &mut room[len..]) {
                Ok(0) => break,
                Ok(count) => {
                    len += count;
                    // A short read of a regular file is its end, unless it is shorter than it was.
                    if len == expected && expected > 0 {
                        break;
                    }
                }
                Err(Errno::INTR) => {}
                Err(errno) => {
                    self.run.failed(file.path(), "read", errno);
                    self.file_failed(file.dir, file.slot)?;
                    return Ok(true);
                }
            }
        }
        let unchanged = len == expected && Stat::of_open(fd).is_ok_and(|now| now.same_content_as(&file.stat));
        if !unchanged {
            return Ok(false);
        }
        let xattrs = self.xattrs_of_open(fd, || file.path());
        self.amend(file, None, xattrs)?;
        if len == 0 {
            self.file_done(file.dir, file.slot, Content::Empty, 0, 0)?;
        } else {
            self.batch.push(len, Owner::File { dir: Arc::clone(file.dir), slot: file.slot });
        }
        Ok(true)
    }

    /// Reads a file of any length, as it is from now on.
    fn read_large(&mut self, file: &File<'_>, fd: &OwnedFd) -> Result<()> {
        let before = match Stat::of_open(fd) {
            Ok(stat) if stat.is_file() => stat,
            Ok(_) => {
                self.run.problem(file.path(), ProblemKind::ChangedType);
                return self.file_failed(file.dir, file.slot);
            }
            Err(errno) => {
                self.run.failed(file.path(), "stat", errno);
                return self.file_failed(file.dir, file.slot);
            }
        };
        let xattrs = self.xattrs_of_open(fd, || file.path());
        let large = Arc::new(LargeFile { dir: Arc::clone(file.dir), slot: file.slot, parts: Parts::default().into() });
        let mut reader = Reader::new(fd.as_fd(), before.size_bytes);
        let read = match self.cut(&large, &mut reader)? {
            Ok(read) => read,
            Err((_, error)) => {
                let errno = error.raw_os_error().map_or(Errno::IO, Errno::from_raw_os_error);
                self.run.failed(file.path(), "read", errno);
                return self.large_file_ended(&large, Ended::Failed);
            }
        };
        if !Stat::of_open(fd).is_ok_and(|after| after.same_content_as(&before)) {
            self.run.problem(file.path(), ProblemKind::ChangedWhileRead);
        }
        // As read: where the size differs from that of the file, the next run sees a changed file.
        self.amend(file, Some(Stat { size_bytes: read, ..before }), xattrs)?;
        self.large_file_ended(&large, Ended::Whole)
    }

    /// Puts what reading showed into the entry: metadata if they differ from what the walk saw, attributes.
    fn amend(&mut self, file: &File<'_>, stat: Option<Stat>, xattrs: Vec<Xattr>) -> Result<()> {
        if stat.is_none() && xattrs.is_empty() {
            return Ok(());
        }
        let mut exchanged = false;
        if let State::Listed(listed) = &mut *file.dir.state.lock() {
            let entry = &mut listed.listing.entries[file.slot as usize];
            entry.set_xattrs(xattrs);
            if let Some(stat) = stat {
                exchanged = (stat.device, stat.inode) != (entry.stat.device, entry.stat.inode);
                if stat != entry.stat {
                    listed.same_as = None;
                    if entry.change == super::Change::Unmodified {
                        entry.change = super::Change::Changed;
                    }
                }
                entry.stat = stat;
            }
        }
        if exchanged && file.stat.links > 1 {
            // The name is another file's by now: the others of its old file must be read by themselves.
            self.read_next_link(&file.stat)?;
        }
        Ok(())
    }

    /// All of a file's content is stored; `told_bytes` of it were counted as done, part by part.
    pub(crate) fn file_done(
        &mut self,
        dir: &Arc<Dir>,
        slot: u32,
        content: Content,
        bytes_read: u64,
        told_bytes: u64,
    ) -> Result<()> {
        self.run.counts.read_bytes.fetch_add(bytes_read, Relaxed);
        let (mut links, mut xattrs) = (Vec::new(), Vec::new());
        if let State::Listed(listed) = &mut *dir.state.lock() {
            let entry = &mut listed.listing.entries[slot as usize];
            if let Some(old) = entry.extras.as_mut().and_then(|extras| extras.old_content.take())
                && old != content
            {
                entry.change = super::Change::Changed;
            }
            if entry.stat.links > 1 {
                xattrs = entry.xattrs().to_vec();
                links = self.run.hardlinks.finish(&entry.stat, &content, &xattrs);
            }
            entry.content = content.clone();
            let (size, change) = (entry.stat.size_bytes, entry.change);
            self.count_file(dir, listed.listing.names.get(slot as usize), size, told_bytes, change);
        }
        self.one_done(dir)?;
        for link in links {
            self.file_known(&link.dir, link.slot, content.clone(), xattrs.clone())?;
        }
        Ok(())
    }

    /// A further name of a file whose content is stored already.
    pub(crate) fn file_known(&mut self, dir: &Arc<Dir>, slot: u32, content: Content, xattrs: Vec<Xattr>) -> Result<()> {
        if let State::Listed(listed) = &mut *dir.state.lock() {
            let entry = &mut listed.listing.entries[slot as usize];
            entry.set_xattrs(xattrs);
            entry.content = content;
            let (size, change) = (entry.stat.size_bytes, entry.change);
            self.count_file(dir, listed.listing.names.get(slot as usize), size, 0, change);
        }
        self.one_done(dir)
    }

    /// A file cannot be had (the reason is told already): its entry is left out.
    fn file_failed(&mut self, dir: &Arc<Dir>, slot: u32) -> Result<()> {
        let mut stat = Stat::default();
        if let State::Listed(listed) = &mut *dir.state.lock() {
            let entry = &mut listed.listing.entries[slot as usize];
            entry.content = Content::LeftOut;
            stat = entry.stat;
            listed.same_as = None;
        }
        if stat.links > 1 {
            self.read_next_link(&stat)?;
        }
        self.one_done(dir)
    }

    /// Reads a file by another of its names.
    fn read_next_link(&mut self, stat: &Stat) -> Result<()> {
        while let Some(name) = self.run.hardlinks.fail(stat) {
            match super::source::open_dir_path(&name.dir.path) {
                Ok(at) => {
                    let (dir, slots) = (name.dir, vec![name.slot]);
                    let read = ReadTask { dir, at: Arc::new(at), slots, source: None };
                    self.run.queue.push(std::iter::once(read), std::iter::empty());
                    return Ok(());
                }
                Err(errno) => {
                    self.run.failed(name.dir.path.clone(), "open", errno);
                    if let State::Listed(listed) = &mut *name.dir.state.lock() {
                        listed.listing.entries[name.slot as usize].content = Content::LeftOut;
                        listed.same_as = None;
                    }
                    self.one_done(&name.dir)?;
                }
            }
        }
        Ok(())
    }

    /// One more part of a large file is stored, or its reading has ended: if that was the last of it, so is the file.
    pub(crate) fn large_file_settle(&mut self, file: &Arc<LargeFile>) -> Result<()> {
        let (ids, ended) = {
            let mut parts = file.parts.lock();
            match parts.ended {
                Some(ended) if parts.missing == 0 => (std::mem::take(&mut parts.ids), ended),
                _ => return Ok(()),
            }
        };
        if ended == Ended::Failed {
            return self.file_failed(&file.dir, file.slot);
        }
        // All parts are there: `missing` counts them.
        let content = Content::from_chunks(ids.into_iter().flatten().collect());
        let read = size_of_entry(&file.dir, file.slot);
        self.file_done(&file.dir, file.slot, content, read, read)
    }

    /// All of a large file is read, or will never be.
    pub(crate) fn large_file_ended(&mut self, file: &Arc<LargeFile>, ended: Ended) -> Result<()> {
        file.parts.lock().ended = Some(ended);
        self.large_file_settle(file)
    }
}

fn size_of_entry(dir: &Dir, slot: u32) -> u64 {
    match &*dir.state.lock() {
        State::Listed(listed) => listed.listing.entries[slot as usize].stat.size_bytes,
        _ => 0,
    }
}

/// Opens a file for reading without following a link, waiting for a pipe's writer, or leaving a trace.
fn open_file(at: &OwnedFd, name: &CStr) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    match rustix::fs::openat(at, name, flags | OFlags::NOATIME, Mode::empty()) {
        // Only the owner (or root) may leave access times alone.
        Err(Errno::PERM) => rustix::fs::openat(at, name, flags, Mode::empty()),
        done => done,
    }
}
