//! Counting what snapshots hold.

use hashbrown::HashSet;
use rempart_format::{BlobKind, Node, NodeKind};
use rempart_model::BlobId;
use rempart_repository::BlobSource;

use super::error::BrowseError;
use super::walk::Walk;
use crate::cancel::CancelToken;

/// What is counted, in restic's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CountMode {
    /// What restoring each snapshot would take; a file with several names counts once in each.
    RestoreSize,
    /// Files that differ in content, each once over all snapshots.
    FilesByContents,
    /// The blobs of each file, each once for every path that uses it.
    BlobsPerFile,
    /// Blobs, each once over all snapshots, as they are stored.
    RawData,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SizeStats {
    pub snapshots: u64,
    pub entries: u64,
    pub files: u64,
    pub blobs: u64,
    pub total_bytes: u64,
    /// With [`CountMode::RawData`]: before compression.
    pub uncompressed_bytes: u64,
}

/// Counts over several snapshots. One that cannot be read is told, and the rest is counted. `stored_bytes` gives the
/// length of a blob as it is stored, for [`CountMode::RawData`].
pub fn size_stats(
    source: &dyn BlobSource,
    roots: impl IntoIterator<Item = BlobId>,
    mode: CountMode,
    stored_bytes: &dyn Fn(BlobKind, &BlobId) -> Option<u64>,
    cancel: &CancelToken,
    tell: &mut dyn FnMut(BrowseError),
) -> Result<SizeStats, BrowseError> {
    let mut counter = Counter { source, mode, stored_bytes, stats: SizeStats::default(), seen: HashSet::new() };
    for root in roots {
        counter.stats.snapshots += 1;
        // What was counted once over all snapshots is equal below an equal tree.
        let once = matches!(mode, CountMode::FilesByContents | CountMode::RawData);
        if !counter.tree(root) && once {
            continue;
        }
        let mut several_names = HashSet::new();
        let mut walk = Walk::of_tree(source, root);
        while let Some(entry) = walk.next_entry() {
            if cancel.is_canceled() {
                return Err(BrowseError::Canceled);
            }
            let mut known = false;
            match entry {
                Err(error) => tell(error),
                Ok(entry) => {
                    counter.stats.entries += 1;
                    match entry.node.kind {
                        NodeKind::Dir => known = entry.node.subtree.is_some_and(|tree| !counter.tree(tree)),
                        NodeKind::File => counter.file(entry.path, entry.node, &mut several_names),
                        _ => {}
                    }
                }
            }
            if known && once {
                walk.skip_subtree();
            }
        }
    }
    Ok(counter.stats)
}

struct Counter<'a> {
    source: &'a dyn BlobSource,
    mode: CountMode,
    stored_bytes: &'a dyn Fn(BlobKind, &BlobId) -> Option<u64>,
    stats: SizeStats,
    /// Trees, blobs, contents or (path, blob) pairs, hashed to 64 bits each: what collides is a count off by one among
    /// billions.
    seen: HashSet<u64>,
}

impl Counter<'_> {
    /// Whether this was not seen before.
    fn first_time(&mut self, what: impl std::hash::Hash) -> bool {
        let hash = std::hash::BuildHasher::hash_one(self.seen.hasher(), what);
        self.seen.insert(hash)
    }

    fn tree(&mut self, tree: BlobId) -> bool {
        let first = self.first_time((0_u8, tree));
        if first && self.mode == CountMode::RawData {
            self.blob(BlobKind::Tree, &tree);
        }
        first
    }

    fn blob(&mut self, kind: BlobKind, id: &BlobId) {
        self.stats.blobs += 1;
        self.stats.total_bytes += (self.stored_bytes)(kind, id).unwrap_or(0);
        self.stats.uncompressed_bytes += self.source.plaintext_bytes(kind, id).unwrap_or(0);
    }

    fn file(&mut self, path: &[u8], node: &Node, several_names: &mut HashSet<(u64, u64)>) {
        match self.mode {
            CountMode::RestoreSize => {
                self.stats.files += 1;
                if node.links < 2 || node.inode == 0 || several_names.insert((node.device_id, node.inode)) {
                    self.stats.total_bytes = self.stats.total_bytes.saturating_add(node.size);
                }
            }
            CountMode::FilesByContents => {
                if self.first_time((1_u8, node.content())) {
                    self.stats.files += 1;
                    self.stats.total_bytes = self.stats.total_bytes.saturating_add(node.size);
                }
            }
            CountMode::BlobsPerFile => {
                self.stats.files += 1;
                for id in node.content() {
                    if self.first_time((2_u8, path, id)) {
                        self.stats.blobs += 1;
                        self.stats.total_bytes += self.source.plaintext_bytes(BlobKind::Data, id).unwrap_or(0);
                    }
                }
            }
            CountMode::RawData => {
                self.stats.files += 1;
                for id in node.content() {
                    if self.first_time((3_u8, id)) {
                        self.blob(BlobKind::Data, id);
                    }
                }
            }
        }
    }
}
