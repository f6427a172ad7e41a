//! Writing snapshots anew without what is lost.
//!
//! A file that misses chunks keeps the rest of its bytes and gets the size that remains; a directory whose tree is lost
//! becomes empty. The new snapshot names the old one as its `original` and is tagged `repaired`; the old one goes only
//! if asked.

use hashbrown::HashMap;
use rempart_format::{BlobKind, Compression, Compressor, LocalZone, Node, NodeKind, TreeEncoder, TreeReader};
use rempart_model::{BlobId, SnapshotId};

use crate::maintain::MaintenanceObserver;
use crate::maintain::removal::stop_if_canceled;
use crate::{
    BlobError, BlobSink, BlobSource, ErrorKind, LockGuard, PreparedBlob, Repository, Result, StoredSnapshot, Writer,
};

/// The tag of snapshots that were written anew.
const TAG: &str = "repaired";

/// What became of one snapshot.
#[derive(Debug)]
pub struct SnapshotRepair {
    pub original: SnapshotId,
    /// `None` in a dry run, and where nothing of the snapshot is left.
    pub repaired: Option<SnapshotId>,
    /// Paths of files that lost chunks and of directories that lost their tree, from the root of the snapshot.
    pub lost: Vec<Vec<u8>>,
}

pub(super) struct Rewriter<'a> {
    pub(super) repository: &'a Repository,
    /// `None`: only look.
    pub(super) writer: Option<&'a Writer>,
    pub(super) observer: &'a dyn MaintenanceObserver,
    compressor: Compressor,
    /// Trees that were looked at, and what they became.
    done: HashMap<BlobId, BlobId>,
    lost: Vec<Vec<u8>>,
    /// Off while a tree is gone through again: what is lost of it is told already.
    pub(super) is_telling: bool,
}

impl Repository {
    /// Looks at each snapshot and writes those anew that miss something. Without a writer it only tells what it would do.
    /// The caller removes the originals if so asked, after this has returned.
    pub fn repair_snapshots(
        &self,
        exclusive: &LockGuard,
        snapshots: &[StoredSnapshot],
        writer: Option<&Writer>,
        observer: &dyn MaintenanceObserver,
    ) -> Result<Vec<SnapshotRepair>> {
        exclusive.ensure_exclusive("repair snapshots")?;
        let mut repairs = Vec::new();
        let mut rewriter = Rewriter {
            repository: self,
            writer,
            observer,
            compressor: Compressor::new(Compression::Auto)?,
            done: HashMap::new(),
            lost: Vec::new(),
            is_telling: true,
        };
        let mut new_snapshots = Vec::new();
        for stored in snapshots {
            rewriter.lost.clear();
            // What an earlier snapshot lost must be told of this one too, so nothing damaged is remembered as done.
            rewriter.done.retain(|before, after| before == after);
            let tree = rewriter.tree(&stored.snapshot.tree, &mut Vec::new())?;
            if tree == Some(stored.snapshot.tree) && rewriter.lost.is_empty() {
                continue;
            }
            let repair = SnapshotRepair { original: stored.id, repaired: None, lost: rewriter.lost.clone() };
            if let (Some(tree), Some(_)) = (tree, writer) {
                let mut snapshot = stored.snapshot.clone();
                snapshot.tree = tree;
                snapshot.original = Some(stored.snapshot.original.unwrap_or(stored.id));
                if !snapshot.tags.iter().any(|tag| tag == TAG) {
                    snapshot.tags.push(TAG.to_owned());
                }
                new_snapshots.push((repairs.len(), snapshot));
            }
            repairs.push(repair);
        }
        if let Some(writer) = writer {
            writer.flush()?;
            for (position, snapshot) in new_snapshots {
                repairs[position].repaired = Some(self.save_snapshot(exclusive, &snapshot)?);
            }
        }
        Ok(repairs)
    }
}

impl Rewriter<'_> {
    /// The tree to use instead of this one, itself where nothing is lost; `None` where the whole tree is lost.
    fn tree(&mut self, id: &BlobId, path: &mut Vec<u8>) -> Result<Option<BlobId>> {
        if let Some(done) = self.done.get(id) {
            return Ok(Some(*done));
        }
        stop_if_canceled(self.observer)?;
        let repaired = match self.repository.is_long_tree(id) {
            true => self.long_tree(id, path)?,
            false => self.short_tree(id, path)?,
        };
        match repaired {
            Some(repaired) => _ = self.done.insert(*id, repaired),
            None => self.lose(path),
        }
        Ok(repaired)
    }

    fn short_tree(&mut self, id: &BlobId, path: &mut Vec<u8>) -> Result<Option<BlobId>> {
        let read = self.repository.read_blob(BlobKind::Tree, id);
        let Some(plaintext) = if_there(read)? else { return Ok(None) };
        let mut encoder = TreeEncoder::new(LocalZone::system());
        let (mut changed, mut cut_off) = (false, false);
        let mut nodes = TreeReader::new(&plaintext);
        while let Some(node) = nodes.next() {
            let Ok(mut node) = node else {
                cut_off = true;
                break;
            };
            let before = path.len();
            path.push(b'/');
            path.extend_from_slice(&node.name);
            if self.node(&mut node, path)? {
                changed = true;
                encoder.push(&node)?;
            } else {
                encoder.push_raw(&node.name, nodes.raw_node())?;
            }
            path.truncate(before);
        }
        if cut_off {
            self.lose(path);
        }
        Ok(Some(if changed || cut_off { self.store(encoder.finish())? } else { *id }))
    }

    pub(super) fn lose(&mut self, path: &[u8]) {
        if self.is_telling {
            self.lost.push(path.to_vec());
        }
    }

    /// Takes out of a node what is lost. True where that changed it.
    pub(super) fn node(&mut self, node: &mut Node, path: &mut Vec<u8>) -> Result<bool> {
        if node.kind == NodeKind::Dir {
            let before = node.subtree;
            node.subtree = match &before {
                Some(subtree) if !subtree.0.is_null() => self.tree(subtree, path)?,
                _ => {
                    self.lose(path);
                    None
                }
            };
            if node.subtree.is_none() {
                let empty = TreeEncoder::new(LocalZone::utc()).into_bytes();
                node.subtree = Some(self.store(&empty)?);
            }
            return Ok(node.subtree != before);
        }
        let Some(content) = &mut node.content else { return Ok(false) };
        let (before, mut remaining_bytes) = (content.len(), 0);
        content.retain(|blob| match self.repository.plaintext_bytes(BlobKind::Data, blob) {
            Some(bytes) => {
                remaining_bytes += bytes;
                true
            }
            None => false,
        });
        if content.len() == before {
            return Ok(false);
        }
        node.size = remaining_bytes;
        self.lose(path);
        Ok(true)
    }

    fn store(&mut self, json: &[u8]) -> Result<BlobId> {
        let id = BlobId::new(rempart_crypto::sha256(json));
        let Some(writer) = self.writer else { return Ok(id) };
        let mut wanted = Vec::new();
        writer.claim(BlobKind::Tree, &[id], &mut wanted).map_err(BlobError::into_repository)?;
        if wanted == [true] {
            let mut scratch = Vec::new();
            let stored = self.compressor.store(BlobKind::Tree, json, &mut scratch)?;
            let blob = PreparedBlob { id, payload: stored.payload, uncompressed_bytes: stored.uncompressed_bytes };
            writer.put(BlobKind::Tree, &[blob]).map_err(BlobError::into_repository)?;
        }
        Ok(id)
    }
}

/// What was read; `None` where it is lost or damaged, an error where the storage failed.
pub(super) fn if_there<T>(read: Result<T, BlobError>) -> Result<Option<T>> {
    match read.map_err(BlobError::into_repository) {
        Ok(read) => Ok(Some(read)),
        Err(error) if matches!(error.kind(), ErrorKind::Damaged | ErrorKind::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}
