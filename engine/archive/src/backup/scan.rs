//! Listing a directory: its names, what `stat` says of each, and what of it the parent snapshot knows already.

use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use rempart_model::BlobId;
use rustix::io::Errno;

use super::admit::Admission;
use super::blocks::Blocks;
use super::cache::{Record, RecordRef, Trust};
use super::dir::{Dir, Listed, Previous, State, Subtree};
use super::error::Result;
use super::listing::{Content, Entry, Listing};
use super::progress::{Change, Item};
use super::queue::ScanTask;
use super::run::Run;
use super::source::{Stat, open_dir_at};
use super::worker::Worker;

impl Worker<'_, '_> {
    pub(crate) fn scan(&mut self, task: ScanTask) -> Result<()> {
        let ScanTask { dir, at, name } = task;
        let opened = open_dir_at(at.as_fd(), &name).map_err(|errno| ("open", errno));
        drop(at);
        let listed = opened.and_then(|fd| {
            self.names.read(&fd, &mut self.dir_buffer).map_err(|errno| ("list", errno)).map(|()| Arc::new(fd))
        });
        let fd = match listed {
            Ok(fd) => fd,
            Err((operation, errno)) => {
                self.run.failed(dir.path.clone(), operation, errno);
                return self.settle(dir, Subtree::Failed);
            }
        };
        let run = self.run;
        run.options.excludes.retain_names(&mut self.names, &dir.path, fd.as_fd(), &mut self.path, |name, kind| {
            run.problem(dir.path_of(name), kind);
        });
        self.read_stats(&dir, &fd);
        let xattrs = if dir.needs_xattrs { Some(self.xattrs_of_open(&fd, || dir.path.clone())) } else { None };
        if let Some(matched) = self.match_record(&dir) {
            return self.scan_matching(&dir, &fd, matched, xattrs);
        }
        self.scan_differing(dir, &fd, xattrs)
    }

    /// Fills `self.stats`, one for each name; `None` for what is gone or left out.
    fn read_stats(&mut self, dir: &Dir, fd: &OwnedFd) {
        let excludes = &self.run.options.excludes;
        let filters = excludes.larger_than_bytes.is_some() || excludes.one_file_system;
        self.stats.clear();
        for index in 0..self.names.len() {
            let stat = match Stat::at(fd.as_fd(), self.names.get_c(index)) {
                Ok(stat) if filters && excludes.excludes_stat(&stat, dir.allowed_device, dir.device) => None,
                Ok(stat) => Some(stat),
                Err(errno) => {
                    self.run.failed(dir.path_of(self.names.get(index)), "stat", errno);
                    None
                }
            };
            self.stats.push(stat);
        }
    }

    /// Whether the directory is what its records say, subdirectories' contents aside.
    fn match_record(&mut self, dir: &Dir) -> Option<Matched> {
        let Previous::Record(last) = dir.previous else { return None };
        let old = self.run.cache?.old.as_ref()?;
        let record = old.reader.record(last, &mut self.record)?;
        let mut matched = Matched::of(last, record.tree());
        let _ = dir.old_tree.set(matched.tree);
        if old.trust != Trust::Full || self.run.options.with_atime {
            return None;
        }
        let kept = (0..self.names.len()).zip(self.stats.iter());
        let mut kept = kept.filter_map(|(index, stat)| Some((self.names.get(index), stat.as_ref()?)));
        if record.before().is_none() {
            matched.take(self.run, &record, &mut kept)?;
        } else {
            let mut chain = old.reader.chain(last)?;
            while let Some(at) = chain.pop() {
                matched.take(self.run, &old.reader.record(at, &mut self.record)?, &mut kept)?;
            }
        }
        kept.next().is_none().then_some(matched)
    }

    fn scan_matching(
        &mut self,
        dir: &Arc<Dir>,
        fd: &Arc<OwnedFd>,
        matched: Matched,
        xattrs: Option<Vec<rempart_format::Xattr>>,
    ) -> Result<()> {
        self.count_matched(dir, &matched);
        let Matched { record, tree, dirs, .. } = matched;
        if dirs.is_empty() && xattrs.is_none() {
            return self.settle(Arc::clone(dir), Subtree::Unchanged(tree, record));
        }
        let mut scans = Vec::with_capacity(dirs.len());
        let kept = (0..self.names.len()).zip(self.stats.iter()).filter_map(|(i, stat)| Some((i, stat.as_ref()?)));
        let mut dirs = dirs.into_iter();
        for (slot, (index, stat)) in kept.enumerate() {
            if !stat.is_dir() {
                continue;
            }
            let previous = dirs.next().flatten().map_or(Previous::Nothing, Previous::Record);
            let mut child = self.child(dir, slot, self.names.get(index), stat, previous);
            child.change = Change::Unmodified;
            child.needs_xattrs = false;
            scans.push(ScanTask { dir: Arc::new(child), at: Arc::clone(fd), name: self.names.get_c(index).to_owned() });
        }
        dir.wait_for(scans.len() + 1);
        *dir.state.lock() = State::Matching { record, tree, differing: Vec::new(), xattrs };
        self.run.queue.push(std::iter::empty(), scans.into_iter());
        self.one_done(dir)
    }

    fn count_matched(&self, dir: &Dir, matched: &Matched) {
        let (progress, counts) = (self.run.progress, &self.run.counts);
        progress.files_found.fetch_add(matched.files, Relaxed);
        progress.bytes_found.fetch_add(matched.bytes, Relaxed);
        progress.files_done.fetch_add(matched.files, Relaxed);
        progress.bytes_done.fetch_add(matched.bytes, Relaxed);
        counts.files.unmodified.fetch_add(matched.files, Relaxed);
        counts.processed_bytes.fetch_add(matched.bytes, Relaxed);
        if !self.run.wants_items {
            return;
        }
        let directory = dir.snapshot_prefix();
        for (index, stat) in self.stats.iter().enumerate() {
            if let Some(stat) = stat.as_ref().filter(|stat| stat.is_file()) {
                let (name, size_bytes) = (self.names.get(index), stat.size_bytes);
                let change = Change::Unmodified;
                self.run.observer.item(&Item { directory: &directory, name, is_dir: false, size_bytes, change });
            }
        }
    }

    /// The long way: an entry for each name, with what the parent snapshot still tells of it.
    fn scan_differing(
        &mut self,
        dir: Arc<Dir>,
        fd: &Arc<OwnedFd>,
        xattrs: Option<Vec<rempart_format::Xattr>>,
    ) -> Result<()> {
        let mut old = self.previous_listing(&dir);
        let names = self.names.take();
        let stats = std::mem::take(&mut self.stats);
        let mut admission = Admission::new(&dir);
        let mut entries = Blocks::with_capacity(stats.len());
        for (from, mut block) in stats.into_blocks() {
            for (index, stat) in (from..).zip(block.drain(..)) {
                let entry = match stat {
                    None => Entry { content: Content::LeftOut, ..Entry::new(Stat::default()) },
                    Some(stat) => {
                        let was = old.as_mut().and_then(|old| old.advance_to(names.get(index)));
                        self.admit(&mut admission, fd, names.get(index), names.get_c(index), stat, was, index, None)
                    }
                };
                entries.push(entry);
            }
            // Memory for a directory like most is used again; that for a huge one is needed now, by what follows.
            if from == 0 {
                self.stats = block.into();
            }
        }
        let same_as = self.same_as(&dir, old, &admission);
        self.begin(dir, Listed { listing: Listing { names, entries }, same_as, xattrs }, admission)
    }

    /// Sets a directory waiting for what was admitted, and puts that into the queue.
    pub(crate) fn begin(&mut self, dir: Arc<Dir>, listed: Listed, admission: Admission) -> Result<()> {
        let Admission { to_read, to_scan, linked, others, .. } = admission;
        // One more than there is, so that it is not done before all of it is on its way.
        let reads = to_read.iter().map(|read| read.slots.len()).sum::<usize>();
        dir.wait_for(reads + to_scan.len() + linked.len() + others + 1);
        *dir.state.lock() = State::Listed(listed);
        self.run.queue.push(to_read.into_iter(), to_scan.into_iter());
        for linked in linked {
            self.enter_link(linked)?;
        }
        self.one_done(&dir)
    }

    /// One of the things that a directory waits for is done.
    pub(crate) fn one_done(&mut self, dir: &Arc<Dir>) -> Result<()> {
        if dir.one_done()
            && let Some(result) = self.complete(dir)?
        {
            return self.settle(Arc::clone(dir), result);
        }
        Ok(())
    }

    /// A directory below `dir`, at `slot` of its listing.
    pub(crate) fn child(&self, dir: &Arc<Dir>, slot: usize, name: &[u8], stat: &Stat, previous: Previous) -> Dir {
        let mut child = Dir::new(Some((Arc::clone(dir), slot as u32)), dir.path_of(name), previous);
        child.snapshot_path = dir.snapshot_path.as_ref().map(|path| super::targets::join(path, name));
        child.allowed_device = dir.allowed_device;
        child.device = stat.device;
        child
    }

    pub(crate) fn xattrs_of_open(&mut self, fd: impl AsFd, path: impl Fn() -> Vec<u8>) -> Vec<rempart_format::Xattr> {
        let mut unreadable = Vec::new();
        let found = self.xattrs.of_open(fd.as_fd(), &mut unreadable);
        self.told_xattrs(found, unreadable, path)
    }

    /// The attributes that could be read; what could not is told.
    pub(crate) fn told_xattrs(
        &self,
        found: Result<Vec<rempart_format::Xattr>, Errno>,
        unreadable: Vec<super::source::UnreadableXattr>,
        path: impl Fn() -> Vec<u8>,
    ) -> Vec<rempart_format::Xattr> {
        use super::report::ProblemKind;
        for xattr in unreadable {
            let errno = xattr.errno.raw_os_error();
            self.run.problem(path(), ProblemKind::XattrUnreadable { name: xattr.name, errno });
        }
        found.unwrap_or_else(|errno| {
            let errno = errno.raw_os_error();
            self.run.problem(path(), ProblemKind::XattrUnreadable { name: b"(list)".to_vec(), errno });
            Vec::new()
        })
    }
}

/// What a directory that matches its records holds.
#[derive(Debug)]
struct Matched {
    /// The last of the records, and what it says.
    record: RecordRef,
    tree: BlobId,
    /// For each subdirectory, its record.
    dirs: Vec<Option<RecordRef>>,
    files: u64,
    bytes: u64,
}

impl Matched {
    fn of(record: RecordRef, tree: BlobId) -> Self {
        Self { record, tree, dirs: Vec::new(), files: 0, bytes: 0 }
    }

    /// Compares one record with the entries that come next. `None` where one differs.
    fn take<'n>(
        &mut self,
        run: &Run<'_>,
        record: &Record<'_>,
        entries: &mut impl Iterator<Item = (&'n [u8], &'n Stat)>,
    ) -> Option<()> {
        if record.has_mixed_devices() {
            return None;
        }
        for index in 0..record.len() {
            let (name, stat) = entries.next()?;
            if record.name(index) != name {
                return None;
            }
            let was = record.stat(index);
            let same = if stat.is_dir() {
                self.dirs.push(Record::child(&was));
                Stat { size_bytes: was.size_bytes, links: was.links, ..*stat } == was
            } else {
                if stat.is_file() {
                    self.files += 1;
                    self.bytes += stat.size_bytes;
                }
                *stat == was
            };
            if !same || run.is_racy(stat.ctime()) {
                return None;
            }
        }
        Some(())
    }
}
