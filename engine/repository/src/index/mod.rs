//! The index: which pack holds which blob.
//!
//! All index files of the repository, as sorted immutable segments ([`layout`]) that are mapped from the local cache, or
//! held in memory where there is none. Opening an unchanged repository lists `index/` and maps; what is new is decoded
//! into another segment, and small segments are merged so that a look-up touches few.

mod build;
mod files;
mod layout;
mod load;
mod segment;
mod shelf;

use std::num::NonZeroU32;
use std::sync::Arc;

use parking_lot::RwLock;
use rempart_format::{BlobKind, PackEntry};
use rempart_model::{BlobId, IndexId, PackId};

pub(crate) use load::load;
use segment::Segment;

/// Where one copy of a blob lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlobLocation {
    pub pack: PackId,
    pub offset_bytes: u32,
    /// Length of the sealed blob, IV and MAC included.
    pub sealed_bytes: u32,
    pub uncompressed_bytes: Option<NonZeroU32>,
}

impl BlobLocation {
    pub(crate) fn of_entry(pack: PackId, entry: &PackEntry) -> Self {
        Self {
            pack,
            offset_bytes: entry.offset_bytes,
            sealed_bytes: entry.sealed_bytes,
            uncompressed_bytes: entry.uncompressed_bytes,
        }
    }

    /// Length of what the blob decodes to.
    #[must_use]
    pub fn plaintext_bytes(&self) -> u64 {
        match self.uncompressed_bytes {
            Some(bytes) => u64::from(bytes.get()),
            None => u64::from(self.sealed_bytes).saturating_sub(rempart_crypto::OVERHEAD_BYTES as u64),
        }
    }
}

/// What is stored where. Grows with what this process writes; never forgets (see `Repository::reload_index`).
pub struct Index {
    segments: RwLock<Vec<Arc<Segment>>>,
}

impl Index {
    fn new(segments: Vec<Arc<Segment>>) -> Self {
        Self { segments: RwLock::new(segments) }
    }

    #[must_use]
    pub fn contains(&self, kind: BlobKind, id: &BlobId) -> bool {
        self.find(kind, id).is_some()
    }

    /// One copy (the first found).
    #[must_use]
    pub fn find(&self, kind: BlobKind, id: &BlobId) -> Option<BlobLocation> {
        self.segments.read().iter().find_map(|segment| segment.find(kind, id).next().map(|(_, location)| location))
    }

    /// Every copy: a blob may lie in several packs. Copies that several index files name come once.
    #[must_use]
    pub fn find_all(&self, kind: BlobKind, id: &BlobId) -> Vec<BlobLocation> {
        let mut found: Vec<BlobLocation> = Vec::new();
        for segment in self.segments.read().iter() {
            for (_, location) in segment.find(kind, id) {
                if !found.contains(&location) {
                    found.push(location);
                }
            }
        }
        found
    }

    /// A number below [`Index::len`] that stands for the blob, the same at every call: the position of its first entry.
    #[must_use]
    pub fn ordinal(&self, kind: BlobKind, id: &BlobId) -> Option<u64> {
        let mut before = 0;
        for segment in self.segments.read().iter() {
            if let Some((place, _)) = segment.find(kind, id).next() {
                return Some(before + place as u64);
            }
            before += segment.len() as u64;
        }
        None
    }

    /// Entries, duplicates included.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.segments.read().iter().map(|segment| segment.len() as u64).sum()
    }
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Every entry, duplicates included, in the order that [`Index::ordinal`] counts: ascending by id in each segment.
    pub fn for_each(&self, visit: &mut dyn FnMut(BlobKind, BlobId, BlobLocation)) {
        let segments = self.segments.read().clone();
        segments.iter().for_each(|segment| segment.for_each(visit));
    }

    /// The index files that these entries come from, ascending.
    #[must_use]
    pub fn sources(&self) -> Vec<IndexId> {
        let mut sources: Vec<IndexId> = Vec::new();
        self.segments.read().iter().for_each(|segment| sources.extend(segment.sources()));
        sources.sort_unstable();
        sources
    }

    /// Adds a segment, unless a load that ran meanwhile has found its sources already.
    fn push(&self, segment: Arc<Segment>) {
        let mut segments = self.segments.write();
        if !segments.iter().any(|known| known.sources().any(|id| segment.sources().any(|new| new == id))) {
            segments.push(segment);
        }
    }
}
