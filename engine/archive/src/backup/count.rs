//! What there is to back up, counted beside a run that nothing is known of beforehand.
//!
//! The walk of a backup is only a little ahead of its reading. To foretell the end of a first run, a thread of its own looks
//! at all names and sizes. It follows the rules of the run, and tells of nothing that goes wrong: the run itself does.

use std::ffi::CString;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use super::exclude::Excludes;
use super::plant::{FoundSource, find_source};
use super::source::{DirBuffer, Names, Stat, open_dir_at};
use super::targets::{Source, Target};

/// Files, and the bytes in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Counted {
    pub(crate) files: u64,
    pub(crate) bytes: u64,
}

/// Counts what lies at the sources. `None` if the run was over before that.
pub(crate) fn count(target: &Target, excludes: &Excludes, over: &AtomicBool) -> Option<Counted> {
    let mut count = Count {
        excludes,
        counted: Counted::default(),
        pending: Vec::new(),
        names: Names::new(),
        buffer: DirBuffer::new(),
        path: Vec::new(),
    };
    count.plant(target);
    while let Some(dir) = count.pending.pop() {
        if over.load(Relaxed) {
            return None;
        }
        count.list(&dir);
    }
    Some(count.counted)
}

struct Count<'e> {
    excludes: &'e Excludes,
    counted: Counted,
    /// The last found first: directories that are held open are as many as the tree is deep.
    pending: Vec<Dir>,
    names: Names,
    buffer: DirBuffer,
    path: Vec<u8>,
}

/// A directory that is not listed yet.
struct Dir {
    at: Arc<OwnedFd>,
    name: CString,
    path: Vec<u8>,
    device: u64,
    allowed_device: u64,
}

impl Count<'_> {
    fn plant(&mut self, target: &Target) {
        for child in target.children.values() {
            match &child.source {
                Some(source) if child.children.is_empty() => self.source(source),
                _ => self.plant(child),
            }
        }
    }

    fn source(&mut self, source: &Source) {
        let Ok(Some(FoundSource { at, stat, name: source })) = find_source(self.excludes, source) else { return };
        self.enter(&at, source.name, source.path, stat, source.allowed_device);
    }

    fn enter(&mut self, at: &Arc<OwnedFd>, name: CString, path: Vec<u8>, stat: Stat, allowed_device: u64) {
        if stat.is_dir() {
            self.pending.push(Dir { at: Arc::clone(at), name, path, device: stat.device, allowed_device });
        } else if stat.is_file() {
            self.counted.files += 1;
            self.counted.bytes += stat.size_bytes;
        }
    }

    fn list(&mut self, dir: &Dir) {
        let Ok(fd) = open_dir_at(dir.at.as_fd(), &dir.name) else { return };
        if self.names.read(&fd, &mut self.buffer).is_err() {
            return;
        }
        self.excludes.retain_names(&mut self.names, &dir.path, fd.as_fd(), &mut self.path, |_, _| {});
        let fd = Arc::new(fd);
        let names = std::mem::take(&mut self.names);
        for index in 0..names.len() {
            let Ok(stat) = Stat::at(fd.as_fd(), names.get_c(index)) else { continue };
            if !self.excludes.excludes_stat(&stat, dir.allowed_device, dir.device) {
                let path = if stat.is_dir() { super::targets::join(&dir.path, names.get(index)) } else { Vec::new() };
                self.enter(&fd, names.get_c(index).to_owned(), path, stat, dir.allowed_device);
            }
        }
        self.names = names;
    }
}
