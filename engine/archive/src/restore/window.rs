//! A window: files that are restored together, so that each chunk they share is read once, in the order of the packs.
//! Bounded in files and chunks, so that trees of any size take the same memory.

use std::ffi::CStr;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32};

use parking_lot::Mutex;
use rempart_format::{BlobKind, Node};
use rempart_model::BlobId;
use rempart_repository::{BlobError, BlobSource, RepositoryError};

use super::attributes::Attributes;
use super::directory::Dir;
use super::entry::Place;
use super::existing::Decision;
use super::file::Content;

const FILES_MAX: usize = 32 << 10;
const CHUNKS_MAX: usize = 48 << 10;
/// The first window is small, so that work begins at once; each is larger than the one before.
const FILES_FIRST: usize = 1 << 10;

/// One chunk of one file.
pub(super) struct Chunk {
    pub(super) id: BlobId,
    pub(super) offset_bytes: u64,
    pub(super) len_bytes: u32,
    pub(super) file: u32,
}

pub(super) struct FileEntry {
    pub(super) dir: Arc<Dir>,
    name_at: u32,
    pub(super) decision: Decision,
    pub(super) chunks: Range<u32>,
    /// The sum of its chunks.
    pub(super) content_bytes: u64,
    /// What the snapshot says; another number is a fault of who wrote the snapshot.
    pub(super) claimed_bytes: u64,
    /// What the target's file had before; 0 for a new one.
    pub(super) old_bytes: u64,
    pub(super) attributes: Attributes,
    /// Chunks that are not written yet.
    pub(super) remaining: AtomicU32,
    pub(super) failed: AtomicBool,
    pub(super) finished: AtomicBool,
    pub(super) content: Mutex<Content>,
}

/// A further name of a file that was met before.
pub(super) struct LinkEntry {
    pub(super) place: Place,
    pub(super) first: Place,
    /// What it is, for a target that cannot link.
    pub(super) node: Box<Node>,
    pub(super) decision: Decision,
}

#[derive(Default)]
pub(super) struct Window {
    pub(super) files: Vec<FileEntry>,
    pub(super) chunks: Vec<Chunk>,
    pub(super) links: Vec<LinkEntry>,
    /// Names one after the other, each ended by NUL.
    names: Vec<u8>,
}

impl Window {
    pub(super) fn name(&self, file: &FileEntry) -> &CStr {
        CStr::from_bytes_until_nul(&self.names[file.name_at as usize..]).unwrap_or_default()
    }

    pub(super) fn path(&self, file: &FileEntry) -> Vec<u8> {
        file.dir.path_of(self.name(file))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.files.is_empty() && self.links.is_empty()
    }

    /// Adds a file, and returns the length of its content. Fails where the repository does not know one of its chunks.
    pub(super) fn push_file(
        &mut self,
        source: &dyn BlobSource,
        place: &Place,
        node: &Node,
        attributes: Attributes,
        decision: Decision,
        old_bytes: u64,
    ) -> Result<u64, BlobError> {
        let first_chunk = self.chunks.len();
        let file = self.files.len() as u32;
        let mut content_bytes = 0;
        for id in node.content.iter().flatten() {
            let Some(len_bytes) = source.plaintext_bytes(BlobKind::Data, id) else {
                self.chunks.truncate(first_chunk);
                return Err(RepositoryError::BlobMissing { kind: BlobKind::Data, id: *id }.into());
            };
            let chunk = Chunk { id: *id, offset_bytes: content_bytes, len_bytes: len_bytes as u32, file };
            self.chunks.push(chunk);
            content_bytes += len_bytes;
        }
        place.dir.expect_one();
        let name_at = self.names.len() as u32;
        self.names.extend_from_slice(place.name.as_bytes_with_nul());
        self.files.push(FileEntry {
            dir: place.dir.clone(),
            name_at,
            decision,
            chunks: first_chunk as u32..self.chunks.len() as u32,
            content_bytes,
            claimed_bytes: node.size,
            old_bytes,
            attributes,
            remaining: AtomicU32::new(0),
            failed: AtomicBool::new(false),
            finished: AtomicBool::new(false),
            content: Mutex::new(Content::Closed),
        });
        Ok(content_bytes)
    }

    pub(super) fn push_link(&mut self, link: LinkEntry) {
        link.place.dir.expect_one();
        self.links.push(link);
    }
}

/// When a window is full.
pub(super) struct WindowLimit {
    files: usize,
}

impl WindowLimit {
    pub(super) fn new() -> Self {
        Self { files: FILES_FIRST }
    }

    pub(super) fn reached(&self, window: &Window) -> bool {
        window.files.len() + window.links.len() >= self.files || window.chunks.len() >= CHUNKS_MAX
    }

    pub(super) fn grow(&mut self) {
        self.files = (self.files * 2).min(FILES_MAX);
    }
}
