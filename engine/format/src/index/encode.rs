//! Writing index files, pack by pack.

use rempart_model::PackId;

use super::INDEX_FULL_BLOBS;
use crate::PackEntry;
use crate::json::write::{id, number};

/// Builds one index file. A pack must be appended whole: restic loses blobs of packs that are split over two files.
#[derive(Debug)]
pub struct IndexEncoder {
    json: Vec<u8>,
    packs: usize,
    blobs: usize,
}

impl Default for IndexEncoder {
    fn default() -> Self {
        Self { json: br#"{"packs":["#.to_vec(), packs: 0, blobs: 0 }
    }
}

impl IndexEncoder {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    pub fn push_pack(&mut self, pack: &PackId, blobs: &[PackEntry]) {
        if self.packs > 0 {
            self.json.push(b',');
        }
        self.json.extend_from_slice(br#"{"id":"#);
        id(&mut self.json, &pack.0);
        self.json.extend_from_slice(br#","blobs":["#);
        for (position, blob) in blobs.iter().enumerate() {
            self.json.extend_from_slice(if position == 0 { br#"{"id":"#.as_slice() } else { br#",{"id":"# });
            append_blob(&mut self.json, blob);
        }
        self.json.extend_from_slice(b"]}");
        self.packs += 1;
        self.blobs += blobs.len();
    }

    #[must_use]
    pub const fn packs(&self) -> usize {
        self.packs
    }

    #[must_use]
    pub const fn blobs(&self) -> usize {
        self.blobs
    }

    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.packs == 0
    }

    /// Whether the next pack belongs into another file.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.blobs >= INDEX_FULL_BLOBS
    }

    /// The JSON of the file, not yet compressed or sealed.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        self.json.extend_from_slice(b"]}\n");
        self.json
    }
}

fn append_blob(out: &mut Vec<u8>, blob: &PackEntry) {
    id(out, &blob.id.0);
    out.extend_from_slice(br#","type":""#);
    out.extend_from_slice(blob.kind.as_str().as_bytes());
    out.extend_from_slice(br#"","offset":"#);
    number(out, u64::from(blob.offset_bytes));
    out.extend_from_slice(br#","length":"#);
    number(out, u64::from(blob.sealed_bytes));
    if let Some(bytes) = blob.uncompressed_bytes {
        out.extend_from_slice(br#","uncompressed_length":"#);
        number(out, u64::from(bytes.get()));
    }
    out.push(b'}');
}
