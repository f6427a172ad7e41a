//! Deciding, for one name, what is taken from the parent snapshot, what is read at once, and what is still to do.

use std::ffi::CStr;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use rempart_format::{BlobKind, NodeKind};

use super::dir::{Dir, Previous};
use super::error::Result;
use super::hardlink::{Name, Turn};
use super::listing::{Content, Entry, Extras};
use super::options::ChangeDetection;
use super::previous::OldEntry;
use super::progress::{Change, Item};
use super::queue::{ReadTask, ScanTask, SourceName};
use super::report::ProblemKind;
use super::source::Stat;
use super::worker::Worker;

/// What a directory's entries ask for.
pub(crate) struct Admission {
    dir: Arc<Dir>,
    pub(crate) to_read: Vec<ReadTask>,
    pub(crate) to_scan: Vec<ScanTask>,
    /// Files with several names, of which one is read for all.
    pub(crate) linked: Vec<Linked>,
    /// Whether every entry's metadata are those of the parent snapshot.
    pub(crate) all_same: bool,
    /// Directories to wait for that nobody has to be told of.
    pub(crate) others: usize,
    read_bytes: u64,
}

/// A file with several names, and how to read it under this one.
pub(crate) struct Linked {
    pub(crate) stat: Stat,
    pub(crate) read: ReadTask,
}

/// A read task is at most this much, so that the files of one directory keep all workers busy.
const READ_TASK_FILES: usize = 64;
const READ_TASK_BYTES: u64 = 4 * 1024 * 1024;

impl Admission {
    pub(crate) fn new(dir: &Arc<Dir>) -> Self {
        Self {
            dir: Arc::clone(dir),
            to_read: Vec::new(),
            to_scan: Vec::new(),
            linked: Vec::new(),
            all_same: true,
            others: 0,
            read_bytes: 0,
        }
    }

    fn read(&mut self, at: &Arc<OwnedFd>, slot: u32, bytes: u64, source: Option<SourceName>) {
        self.read_bytes += bytes;
        if source.is_none()
            && self.read_bytes <= READ_TASK_BYTES
            && let Some(last) = self.to_read.last_mut()
            && last.slots.len() < READ_TASK_FILES
            && last.source.is_none()
        {
            last.slots.push(slot);
            return;
        }
        self.read_bytes = bytes;
        self.to_read.push(ReadTask { dir: Arc::clone(&self.dir), at: Arc::clone(at), slots: vec![slot], source });
    }
}

impl Worker<'_, '_> {
    /// The entry for a name that `stat` was asked about.
    #[expect(clippy::too_many_arguments, reason = "one call from two places, each argument of another origin")]
    pub(crate) fn admit(
        &mut self,
        admission: &mut Admission,
        at: &Arc<OwnedFd>,
        name: &[u8],
        source_name: &CStr,
        stat: Stat,
        old: Option<OldEntry<'_>>,
        slot: usize,
        source: Option<SourceName>,
    ) -> Entry {
        let mut entry = Entry::new(stat);
        let dir = Arc::clone(&admission.dir);
        let path = || source.as_ref().map_or_else(|| dir.path_of(name), |source| source.path.clone());
        let kind = stat.kind();
        if kind == NodeKind::Other {
            self.run.problem(path(), ProblemKind::UnknownType { mode: stat.mode });
            return entry;
        }
        let old = old.filter(|old| old.entry.stat.kind() == kind);
        let verdict = old.as_ref().map(|old| self.compare(&stat, &old.entry.stat));
        entry.change = match &verdict {
            None => Change::New,
            Some(verdict) if verdict.same_metadata => Change::Unmodified,
            Some(_) => Change::Changed,
        };
        admission.all_same &= verdict.as_ref().is_some_and(|verdict| verdict.same_metadata);
        let keeps_xattrs = verdict.as_ref().is_some_and(|verdict| verdict.same_ctime);
        if let Some(old) = &old
            && keeps_xattrs
        {
            entry.extras = old.entry.extras.as_ref().map(|extras| {
                Box::new(Extras {
                    xattrs: extras.xattrs.clone(),
                    link_target: extras.link_target.clone(),
                    ..Extras::default()
                })
            });
        }
        if self.run.options.with_atime {
            match Stat::atime_at(at.as_fd(), source_name) {
                Ok(atime) => entry.extras_mut().atime = Some(atime),
                Err(errno) => {
                    self.run.problem(path(), ProblemKind::AtimeUnreadable { errno: errno.raw_os_error() });
                }
            }
        }
        match kind {
            NodeKind::Dir => {
                let previous = old.map_or(Previous::Nothing, |old| Previous::of(&old.entry.content));
                let mut child = self.child(&dir, slot, name, &stat, previous);
                child.change = entry.change;
                child.needs_xattrs = !keeps_xattrs;
                if let Some(source) = &source {
                    child.path.clone_from(&source.path);
                    child.allowed_device = source.allowed_device;
                    child
                        .set_snapshot_path(super::targets::join(dir.snapshot_path.as_ref().unwrap_or(&dir.path), name));
                }
                admission.to_scan.push(ScanTask {
                    dir: Arc::new(child),
                    at: Arc::clone(at),
                    name: source_name.to_owned(),
                });
            }
            NodeKind::File => {
                self.run.progress.file_found(stat.size_bytes);
                let (same_content, same_metadata) =
                    verdict.map_or((false, false), |verdict| (verdict.same_content, verdict.same_metadata));
                if let Some(old) = old
                    && self.take_content(&mut entry, old, same_content, same_metadata, &path)
                {
                    if !keeps_xattrs {
                        let xattrs = self.xattrs_of_name(at, source_name, path);
                        entry.set_xattrs(xattrs);
                    }
                    self.count_file(&dir, name, stat.size_bytes, 0, entry.change);
                } else if stat.links > 1 {
                    let read = ReadTask { dir: Arc::clone(&dir), at: Arc::clone(at), slots: vec![slot as u32], source };
                    admission.linked.push(Linked { stat, read });
                } else {
                    admission.read(at, slot as u32, stat.size_bytes, source);
                }
            }
            _ => {
                if !keeps_xattrs {
                    if kind == NodeKind::Symlink {
                        match rustix::fs::readlinkat(at, source_name, Vec::new()) {
                            Ok(target) => entry.extras_mut().link_target = target.into_bytes(),
                            Err(errno) => {
                                self.run.failed(path(), "read the link", errno);
                                entry.content = Content::LeftOut;
                                return entry;
                            }
                        }
                    }
                    let xattrs = self.xattrs_of_name(at, source_name, path);
                    entry.set_xattrs(xattrs);
                }
            }
        }
        entry
    }

    pub(crate) fn compare(&self, now: &Stat, was: &Stat) -> Verdict {
        let same_ctime = now.ctime() == was.ctime() && now.inode == was.inode && !self.run.is_racy(now.ctime());
        let same_size_and_mtime = now.size_bytes == was.size_bytes && now.mtime() == was.mtime();
        let same_inode = now.inode == was.inode;
        let same_content = same_size_and_mtime
            && match self.run.options.changes {
                ChangeDetection::Full => same_ctime,
                ChangeDetection::IgnoreCtime => same_inode && !self.run.is_racy(now.mtime()),
                ChangeDetection::IgnoreInode => !self.run.is_racy(now.mtime()),
                ChangeDetection::Force => false,
            };
        // Devices are numbered anew at each start of the machine, and directories' sizes and links are not stored.
        let comparable = |stat: &Stat| {
            let is_dir = stat.is_dir();
            Stat {
                device: 0,
                size_bytes: if is_dir || stat.is_symlink() { 0 } else { stat.size_bytes },
                links: if is_dir { 0 } else { stat.links },
                ..*stat
            }
        };
        Verdict { same_metadata: comparable(now) == comparable(was), same_content, same_ctime }
    }

    /// Takes over the content of an unchanged file, if the repository still has it.
    fn take_content(
        &self,
        entry: &mut Entry,
        old: OldEntry<'_>,
        same_content: bool,
        same_metadata: bool,
        path: &dyn Fn() -> Vec<u8>,
    ) -> bool {
        let content = std::mem::replace(&mut old.entry.content, Content::LeftOut);
        if !same_content {
            if same_metadata {
                entry.extras_mut().old_content = Some(content);
            }
            return false;
        }
        if old.must_verify {
            let Some(source) = self.run.source else { return false };
            let is_there = |id| source.plaintext_bytes(BlobKind::Data, id).is_some();
            if !content.chunks().iter().all(is_there) {
                self.run.problem(path(), ProblemKind::ContentMissing);
                return false;
            }
        }
        entry.content = content;
        true
    }

    fn xattrs_of_name(&mut self, at: &OwnedFd, name: &CStr, path: impl Fn() -> Vec<u8>) -> Vec<rempart_format::Xattr> {
        let mut unreadable = Vec::new();
        let found = self.xattrs.of_name(at.as_fd(), name, &mut unreadable);
        self.told_xattrs(found, unreadable, path)
    }

    /// A file is dealt with; `told_bytes` of it were counted as done before.
    pub(crate) fn count_file(&self, dir: &Dir, name: &[u8], size_bytes: u64, told_bytes: u64, change: Change) {
        let (progress, counts) = (self.run.progress, &self.run.counts);
        progress.files_done.fetch_add(1, Relaxed);
        progress.bytes_done.fetch_add(size_bytes.saturating_sub(told_bytes), Relaxed);
        counts.files.count(change);
        counts.processed_bytes.fetch_add(size_bytes, Relaxed);
        if self.run.wants_items {
            let directory = dir.snapshot_prefix();
            self.run.observer.item(&Item { directory: &directory, name, is_dir: false, size_bytes, change });
        }
    }

    /// A name of a file with several: reads it, waits for another's reading, or has the content at once.
    pub(crate) fn enter_link(&mut self, linked: Linked) -> Result<()> {
        let Linked { stat, read } = linked;
        let (dir, slot) = (Arc::clone(&read.dir), read.slots[0]);
        match self.run.hardlinks.enter(&stat, &Name { dir: Arc::clone(&dir), slot }) {
            Turn::Read => {
                self.run.queue.push(std::iter::once(read), std::iter::empty());
                Ok(())
            }
            Turn::Wait => Ok(()),
            Turn::Known(content, xattrs) => self.file_known(&dir, slot, content, xattrs),
        }
    }
}

/// How an entry stands to what it was.
pub(crate) struct Verdict {
    pub(crate) same_metadata: bool,
    same_content: bool,
    /// Attributes and link targets cannot have changed without it.
    same_ctime: bool,
}
