//! A sink and source in memory: the far side of the two traits, and what tests look at afterwards.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use parking_lot::Mutex;
use rempart_chunker::{Chunker, Polynomial};
use rempart_format::{BlobKind, Compression, Compressor, Node, Snapshot, TreeBytes, TreeReader, decompress_into};
use rempart_model::{BlobId, IndexId, SnapshotId};
use rempart_repository::{BlobError, BlobSink, BlobSource, Deliver, PreparedBlob, RepositoryError};

use super::super::count::count;
use super::super::targets::Target;
use super::super::{Backup, ChangeCacheLocation, NoObserver, Options, Progress, Report, Result, run};
use crate::cancel::CancelToken;

/// Trees from this length on are handed out packed.
const LONG_BYTES: usize = 1 << 20;

/// Blobs by kind and id; `None` while claimed.
type Blobs = HashMap<(BlobKind, BlobId), Option<Vec<u8>>>;

#[derive(Default)]
pub(super) struct Memory {
    blobs: Mutex<Blobs>,
}

impl BlobSink for Memory {
    fn claim(&self, kind: BlobKind, ids: &[BlobId], wanted: &mut Vec<bool>) -> std::result::Result<(), BlobError> {
        let mut blobs = self.blobs.lock();
        wanted.clear();
        wanted.extend(ids.iter().map(|id| {
            let is_new = !blobs.contains_key(&(kind, *id));
            blobs.entry((kind, *id)).or_default();
            is_new
        }));
        Ok(())
    }

    fn put(&self, kind: BlobKind, blobs: &[PreparedBlob<'_>]) -> std::result::Result<u64, BlobError> {
        let mut stored = 0;
        for blob in blobs {
            let mut plaintext = blob.payload.to_vec();
            if let Some(len) = blob.uncompressed_bytes {
                decompress_into(blob.payload, len.get(), &mut plaintext).expect("what was compressed is zstd");
            }
            assert_eq!(*blob.id.as_bytes(), rempart_crypto::sha256(&plaintext), "a blob under a wrong name");
            let place = self.blobs.lock().insert((kind, blob.id), Some(plaintext));
            assert_eq!(place, Some(None), "{kind:?} {:?} was put without or after a claim", blob.id);
            stored += blob.payload.len() as u64 + 32;
        }
        Ok(stored)
    }

    fn commit(&self, _: &Snapshot) -> std::result::Result<SnapshotId, BlobError> {
        unreachable!("run() does not commit")
    }
}

impl BlobSource for Memory {
    fn read_blob(&self, kind: BlobKind, id: &BlobId) -> std::result::Result<Vec<u8>, BlobError> {
        let found = self.blobs.lock().get(&(kind, *id)).cloned().flatten();
        found.ok_or_else(|| BlobError::from(RepositoryError::BlobMissing { kind, id: *id }))
    }

    /// As the repository does, from a length on that tests can afford.
    fn read_tree(&self, id: &BlobId) -> std::result::Result<TreeBytes, BlobError> {
        let json = self.read_blob(BlobKind::Tree, id)?;
        if json.len() < LONG_BYTES {
            return Ok(TreeBytes::Whole(json));
        }
        let mut frame = Vec::new();
        Compressor::new(Compression::Fast).unwrap().compress(&json, &mut frame).unwrap();
        Ok(TreeBytes::Packed(frame))
    }

    fn read_blobs(&self, kind: BlobKind, ids: &[BlobId], deliver: &Deliver<'_>) -> std::result::Result<(), BlobError> {
        for (index, id) in ids.iter().enumerate() {
            match self.read_blob(kind, id) {
                Ok(plaintext) => deliver(index, Ok(&plaintext)),
                Err(error) => deliver(index, Err(error)),
            };
        }
        Ok(())
    }

    fn plaintext_bytes(&self, kind: BlobKind, id: &BlobId) -> Option<u64> {
        self.blobs.lock().get(&(kind, *id))?.as_ref().map(|plaintext| plaintext.len() as u64)
    }
}

/// What was told while it went on comes to what the report says in the end.
fn assert_told(progress: &Progress, report: &Report) {
    let summary = &report.summary;
    let told = |counter: &AtomicU64| counter.load(Relaxed);
    assert_eq!(told(&progress.bytes_done), summary.total_bytes_processed, "bytes done");
    assert_eq!(told(&progress.bytes_found), summary.total_bytes_processed, "bytes found");
    assert_eq!(told(&progress.added_bytes), summary.data_added_bytes, "bytes added");
    assert_eq!(told(&progress.added_packed_bytes), summary.data_added_packed_bytes, "bytes stored");
}

/// A count beforehand would have come to what the run came across.
fn assert_foretold(progress: &Progress, sources: &[PathBuf], options: &Options) {
    let target = Target::resolve(sources).unwrap();
    let counted = count(&target, &options.excludes, &AtomicBool::new(false)).expect("nobody stopped it");
    assert_eq!(Some((counted.files, counted.bytes)), progress.totals(), "files and bytes counted beforehand");
}

pub(super) const POLYNOMIAL: u64 = 0x003D_A335_8B4D_C173;

impl Memory {
    /// Backs up as a caller without parent or cache.
    pub(super) fn backup(&self, sources: &[PathBuf], options: &Options) -> Result<Report> {
        self.backup_after(sources, options, None, None)
    }

    pub(super) fn backup_after(
        &self,
        sources: &[PathBuf],
        options: &Options,
        parent_tree: Option<BlobId>,
        cache: Option<ChangeCacheLocation>,
    ) -> Result<Report> {
        let chunker = Chunker::new(Polynomial::new(POLYNOMIAL).unwrap());
        self.backup_with(&chunker, sources, options, parent_tree, cache)
    }

    pub(super) fn backup_with(
        &self,
        chunker: &Chunker,
        sources: &[PathBuf],
        options: &Options,
        parent_tree: Option<BlobId>,
        cache: Option<ChangeCacheLocation>,
    ) -> Result<Report> {
        let progress = Progress::new();
        let report = run(
            Backup {
                sink: self,
                source: Some(self),
                parent_tree,
                cache,
                chunker,
                options,
                progress: &progress,
                observer: &NoObserver,
                cancel: &CancelToken::new(),
            },
            sources,
        )?;
        let unfinished = self.blobs.lock().values().filter(|blob| blob.is_none()).count();
        assert_eq!(unfinished, 0, "blobs that were claimed and never put");
        if report.problems_count == 0 {
            assert_told(&progress, &report);
            assert_foretold(&progress, sources, options);
        }
        Ok(report)
    }

    pub(super) fn plaintext(&self, kind: BlobKind, id: &BlobId) -> Vec<u8> {
        self.read_blob(kind, id).unwrap_or_else(|error| panic!("{kind:?} {id}: {error}"))
    }

    /// Puts something else under an id.
    pub(super) fn replace(&self, kind: BlobKind, id: &BlobId, plaintext: Vec<u8>) {
        self.blobs.lock().insert((kind, *id), Some(plaintext));
    }

    pub(super) fn forget_all(&self) {
        self.blobs.lock().clear();
    }

    pub(super) fn nodes(&self, tree: BlobId) -> Vec<Node> {
        let json = self.read_blob(BlobKind::Tree, &tree).unwrap_or_else(|error| panic!("tree {tree}: {error}"));
        TreeReader::new(&json).map(|node| node.unwrap()).collect()
    }

    /// The node at a path of the snapshot.
    pub(super) fn node(&self, root: BlobId, path: &Path) -> Option<Node> {
        let mut tree = root;
        let mut found = None;
        for part in path.components().filter(|part| matches!(part, std::path::Component::Normal(_))) {
            let name = part.as_os_str().as_encoded_bytes();
            let node = self.nodes(tree).into_iter().find(|node| node.name == name)?;
            tree = node.subtree.unwrap_or(tree);
            found = Some(node);
        }
        found
    }

    /// The tree of a directory in the snapshot: what tests compare, as the directories above a test's own are busy.
    pub(super) fn subtree(&self, root: BlobId, path: &Path) -> BlobId {
        let node = self.node(root, path).unwrap_or_else(|| panic!("{} is not in the snapshot", path.display()));
        node.subtree.unwrap_or_else(|| panic!("{} is no directory in the snapshot", path.display()))
    }

    pub(super) fn content(&self, node: &Node) -> Vec<u8> {
        node.content().iter().flat_map(|id| self.read_blob(BlobKind::Data, id).unwrap()).collect()
    }

    /// Every path below a directory of the snapshot, for messages and comparison.
    pub(super) fn paths(&self, tree: BlobId) -> Vec<String> {
        let mut found = Vec::new();
        for node in self.nodes(tree) {
            let name = String::from_utf8_lossy(&node.name).into_owned();
            match node.subtree {
                Some(below) => {
                    found.push(format!("{name}/"));
                    found.extend(self.paths(below).into_iter().map(|path| format!("{name}/{path}")));
                }
                None => found.push(name),
            }
        }
        found
    }
}

pub(super) fn cache_at(directory: &Path, index_ids: &[u8]) -> ChangeCacheLocation {
    ChangeCacheLocation { directory: directory.to_owned(), scope: b"test".to_vec(), index_ids: ids(index_ids) }
}

pub(super) fn ids(numbers: &[u8]) -> Vec<IndexId> {
    numbers.iter().map(|number| IndexId::new([*number; 32])).collect()
}
