//! The unit of a worker's work: some megabytes of chunks, hashed together, asked for together, stored together.

use std::sync::Arc;

use parking_lot::Mutex;
use rempart_chunker::MAX_CHUNK_BYTES;
use rempart_model::BlobId;

use super::dir::Dir;

/// Memory of a batch. It must hold the longest chunk and a step of reading beside it, and half as much again, so that
/// chunks of usual length come together; pages that small files never reach are never touched, so they cost nothing.
pub(crate) const ARENA_BYTES: usize = MAX_CHUNK_BYTES + MAX_CHUNK_BYTES / 2 + READ_STEP_BYTES;
/// How much of a large file is read at a time: it is scanned for cuts while it is in the core's cache.
pub(crate) const READ_STEP_BYTES: usize = 512 * 1024;
/// Small files are stored when this much has come together: enough to fill every lane of the hash.
const SMALL_BATCH_BYTES: usize = 4 * 1024 * 1024;
const SMALL_BATCH_FILES: usize = 4096;

/// Chunks in one piece of memory.
#[derive(Debug)]
pub(crate) struct Batch {
    arena: Vec<u8>,
    /// Where the chunks end; what is read goes behind.
    pub(crate) end: usize,
    pub(crate) chunks: Vec<Chunk>,
}

#[derive(Debug)]
pub(crate) struct Chunk {
    pub(crate) start: usize,
    pub(crate) len: usize,
    pub(crate) owner: Owner,
}

/// Whose chunk it is.
#[derive(Debug)]
pub(crate) enum Owner {
    /// All of a file's content.
    File { dir: Arc<Dir>, slot: u32 },
    /// A part of a file's content.
    Part { file: Arc<LargeFile>, index: usize },
}

/// A file of several chunks, which may be stored by several workers.
#[derive(Debug)]
pub(crate) struct LargeFile {
    pub(crate) dir: Arc<Dir>,
    pub(crate) slot: u32,
    pub(crate) parts: Mutex<Parts>,
}

#[derive(Debug, Default)]
pub(crate) struct Parts {
    pub(crate) ids: Vec<Option<BlobId>>,
    pub(crate) missing: usize,
    /// How it ended; `None` while it is read.
    pub(crate) ended: Option<Ended>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    Whole,
    /// Reading failed half-way: what was stored is of no use.
    Failed,
}

impl Batch {
    pub(crate) fn new() -> Self {
        Self { arena: vec![0; ARENA_BYTES], end: 0, chunks: Vec::new() }
    }

    /// What stands in while the real one is stored: no memory at all.
    pub(crate) const fn placeholder() -> Self {
        Self { arena: Vec::new(), end: 0, chunks: Vec::new() }
    }

    pub(crate) fn clear(&mut self) {
        self.chunks.clear();
        self.end = 0;
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// Whether small files have filled it.
    pub(crate) fn is_full(&self) -> bool {
        self.end >= SMALL_BATCH_BYTES || self.chunks.len() >= SMALL_BATCH_FILES
    }

    /// The room behind the chunks.
    pub(crate) fn room(&mut self) -> &mut [u8] {
        &mut self.arena[self.end..]
    }

    pub(crate) fn bytes(&self, from: usize, until: usize) -> &[u8] {
        &self.arena[from..until]
    }

    /// Brings bytes to the beginning of an emptied batch.
    pub(crate) fn move_to_start(&mut self, from: usize, len: usize) {
        self.arena.copy_within(from..from + len, 0);
    }

    /// Makes the next `len` bytes of the room a chunk.
    pub(crate) fn push(&mut self, len: usize, owner: Owner) {
        self.chunks.push(Chunk { start: self.end, len, owner });
        self.end += len;
    }

    pub(crate) fn plaintexts(&self) -> impl Iterator<Item = &[u8]> {
        self.chunks.iter().map(|chunk| &self.arena[chunk.start..chunk.start + chunk.len])
    }
}
