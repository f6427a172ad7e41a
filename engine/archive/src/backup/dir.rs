//! Directories in progress: what is known of each, and what it still waits for.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;
use rempart_format::Xattr;
use rempart_model::BlobId;

use super::cache::RecordRef;
use super::listing::{Content, Listing};
use super::progress::Change;

/// A directory between being found and having its tree's id.
#[derive(Debug)]
pub(crate) struct Dir {
    /// Where its own entry is: the directory it lies in, and the place there. `None` for the root.
    pub(crate) parent: Option<(Arc<Dir>, u32)>,
    /// Absolute, in the source.
    pub(crate) path: Vec<u8>,
    /// In the snapshot, where that is another path.
    pub(crate) snapshot_path: Option<Vec<u8>>,
    /// The device that `--one-file-system` keeps to.
    pub(crate) allowed_device: u64,
    pub(crate) device: u64,
    pub(crate) previous: Previous,
    /// Its own metadata against the parent snapshot.
    pub(crate) change: Change,
    /// Whether its attributes must be read: the entry does not have them from the parent snapshot.
    pub(crate) needs_xattrs: bool,
    /// Its tree in the parent snapshot, once known.
    pub(crate) old_tree: OnceLock<BlobId>,
    /// Files being read and directories being walked in it.
    waits_for: AtomicUsize,
    pub(crate) state: Mutex<State>,
}

/// What the parent snapshot says of a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Previous {
    Nothing,
    /// By the change cache.
    Record(RecordRef),
    /// By the parent snapshot itself.
    Tree(BlobId),
}

#[derive(Debug)]
pub(crate) enum State {
    /// Its names are not known yet, or it is done.
    Blank,
    /// So far it is what the record says; what became of its subdirectories decides.
    Matching {
        record: RecordRef,
        tree: BlobId,
        differing: Vec<(u32, Subtree)>,
        xattrs: Option<Vec<Xattr>>,
    },
    Listed(Listed),
}

#[derive(Debug)]
pub(crate) struct Listed {
    pub(crate) listing: Listing,
    /// The record and tree of the parent snapshot, while nothing differs from it but what is still read.
    pub(crate) same_as: Option<(RecordRef, BlobId)>,
    /// The directory's own attributes, if they had to be read.
    pub(crate) xattrs: Option<Vec<Xattr>>,
}

/// What became of a directory, for the entry in the one above it.
#[derive(Debug)]
pub(crate) enum Subtree {
    /// Tree and record are those of the parent snapshot.
    Unchanged(BlobId, RecordRef),
    Stored {
        tree: BlobId,
        record: Option<RecordRef>,
        xattrs: Option<Vec<Xattr>>,
    },
    /// It could not be read: its entry is left out.
    Failed,
}

impl Previous {
    /// What the parent snapshot's entry for a directory leads to.
    pub(crate) fn of(content: &Content) -> Self {
        match content {
            Content::Tree(_, Some(record)) => Self::Record(*record),
            Content::Tree(tree, None) => Self::Tree(*tree),
            _ => Self::Nothing,
        }
    }
}

impl Dir {
    pub(crate) fn new(parent: Option<(Arc<Dir>, u32)>, path: Vec<u8>, previous: Previous) -> Self {
        Self {
            parent,
            path,
            snapshot_path: None,
            allowed_device: 0,
            device: 0,
            previous,
            change: Change::New,
            needs_xattrs: true,
            old_tree: OnceLock::new(),
            waits_for: AtomicUsize::new(0),
            state: Mutex::new(State::Blank),
        }
    }

    pub(crate) fn set_snapshot_path(&mut self, path: Vec<u8>) {
        self.snapshot_path = (path != self.path).then_some(path);
    }

    /// Sets the number of entries to wait for, before any of them can be done.
    pub(crate) fn wait_for(&self, count: usize) {
        self.waits_for.store(count, Ordering::Release);
    }

    /// One entry is done. Whether it was the last.
    pub(crate) fn one_done(&self) -> bool {
        self.waits_for.fetch_sub(1, Ordering::AcqRel) == 1
    }

    /// The absolute source path of a name in it.
    pub(crate) fn path_of(&self, name: &[u8]) -> Vec<u8> {
        super::targets::join(&self.path, name)
    }

    /// Its path in the snapshot, with a `/` at its end.
    pub(crate) fn snapshot_prefix(&self) -> Vec<u8> {
        let mut path = self.snapshot_path.as_ref().unwrap_or(&self.path).clone();
        if !path.ends_with(b"/") {
            path.push(b'/');
        }
        path
    }
}
