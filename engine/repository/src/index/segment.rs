//! A segment open for look-ups: mapped from the cache, or in memory.

use std::fs::File;

use rempart_format::BlobKind;
use rempart_model::{BlobId, Id, IndexId, PackId};

use super::BlobLocation;
use super::layout::{Checksum, ENTRY_BYTES, Entry, FIXED_BYTES, MAGIC, Plan, RawEntry, id_of, kind_of, slot};

/// Bodies up to this size are checked whole when opened; a larger one would cost more than it protects from: a rotten
/// entry can only name a place where the blob is not found (every blob is checked when read), never a blob that is not
/// in the repository.
const CHECKED_BODY_BYTES: usize = 64 << 20;

enum Bytes {
    Mapped(memmap2::Mmap),
    Owned(Vec<u8>),
}

impl std::ops::Deref for Bytes {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        match self {
            Self::Mapped(map) => map,
            Self::Owned(bytes) => bytes,
        }
    }
}

/// A sorted, immutable part of the index.
pub(super) struct Segment {
    bytes: Bytes,
    plan: Plan,
}

/// Why bytes are no segment. The cache drops such a file and builds it anew.
#[derive(Debug, thiserror::Error)]
#[error("not a usable index segment: {0}")]
pub(super) struct NotASegment(&'static str);

impl Segment {
    /// Maps a finished cache file.
    pub(super) fn map(file: &File) -> std::io::Result<Self> {
        // SAFETY: cache segments are written under a temporary name, renamed when whole, and never changed afterwards
        // (replaced or removed by name only), so the mapped bytes stay as they are.
        let map = unsafe { memmap2::Mmap::map(file)? };
        Self::check(Bytes::Mapped(map)).map_err(std::io::Error::other)
    }

    pub(super) fn from_vec(bytes: Vec<u8>) -> Result<Self, NotASegment> {
        Self::check(Bytes::Owned(bytes))
    }

    fn check(bytes: Bytes) -> Result<Self, NotASegment> {
        let refuse = |why| Err(NotASegment(why));
        if bytes.len() < FIXED_BYTES || &bytes[..8] != MAGIC {
            return refuse("unknown layout");
        }
        let (sources, packs, entries) = (u32_at(&bytes, 24) as usize, u32_at(&bytes, 28) as usize, u64_at(&bytes, 32));
        let plan = Plan { sources, packs, fanout_bits: u32_at(&bytes, 40) };
        if !plan.has_sane_fanout() {
            return refuse("absurd fanout");
        }
        let body = usize::try_from(entries).ok().and_then(|n| n.checked_mul(ENTRY_BYTES));
        if body.and_then(|body| body.checked_add(plan.entries_at())) != Some(bytes.len()) {
            return refuse("wrong length");
        }
        let at = plan.entries_at();
        if Checksum::of(&bytes[16..at]) != u64_at(&bytes, 8) {
            return refuse("header checksum");
        }
        if bytes.len() - at <= CHECKED_BODY_BYTES && Checksum::of(&bytes[at..]) != u64_at(&bytes, 16) {
            return refuse("body checksum");
        }
        Ok(Self { bytes, plan })
    }

    pub(super) fn entries(&self) -> &[RawEntry] {
        self.bytes[self.plan.entries_at()..].as_chunks::<ENTRY_BYTES>().0
    }

    pub(super) fn len(&self) -> usize {
        (self.bytes.len() - self.plan.entries_at()) / ENTRY_BYTES
    }

    /// The index files that the entries come from, ascending.
    pub(super) fn sources(&self) -> impl Iterator<Item = IndexId> + '_ {
        ids(&self.bytes[FIXED_BYTES..self.plan.packs_at()]).map(IndexId)
    }

    pub(super) fn pack_count(&self) -> usize {
        self.plan.packs
    }

    pub(super) fn pack(&self, number: u32) -> Option<PackId> {
        let at = self.plan.packs_at() + 32 * number as usize;
        ids(self.bytes[..self.plan.pack_sources_at()].get(at..)?).next().map(PackId)
    }

    /// Which of the sources names the pack: a position in [`Segment::sources`].
    pub(super) fn pack_source(&self, number: u32) -> Option<usize> {
        ((number as usize) < self.plan.packs)
            .then(|| u32_at(&self.bytes, self.plan.pack_sources_at() + 4 * number as usize) as usize)
    }

    /// Every copy of a blob, with the position of its entry.
    pub(super) fn find(&self, kind: BlobKind, id: &BlobId) -> impl Iterator<Item = (usize, BlobLocation)> + '_ {
        let wanted = *id.as_bytes();
        let fanout = self.plan.fanout_at() + 4 * slot(&wanted, self.plan.fanout_bits);
        let (from, to) = (u32_at(&self.bytes, fanout) as usize, u32_at(&self.bytes, fanout + 4) as usize);
        // A fanout that lies (it passed the checksum, so never by rot alone) finds nothing and breaks nothing.
        let bucket = self.entries().get(from..to).unwrap_or_default();
        let first = bucket.partition_point(|raw| raw[..32] < wanted[..]);
        let copies = bucket[first..].iter().take_while(move |raw| raw[..32] == wanted[..]);
        copies
            .enumerate()
            .filter(move |(_, raw)| kind_of(raw) == kind)
            .filter_map(move |(place, raw)| Some((from + first + place, self.location(raw)?)))
    }

    pub(super) fn for_each(&self, visit: &mut dyn FnMut(BlobKind, BlobId, BlobLocation)) {
        for raw in self.entries() {
            if let Some(location) = self.location(raw) {
                visit(kind_of(raw), BlobId(id_of(raw)), location);
            }
        }
    }

    fn location(&self, raw: &RawEntry) -> Option<BlobLocation> {
        let entry = Entry::from_raw(raw);
        Some(BlobLocation {
            pack: self.pack(entry.pack)?,
            offset_bytes: entry.offset_bytes,
            sealed_bytes: entry.sealed_bytes,
            uncompressed_bytes: entry.uncompressed_bytes,
        })
    }
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let mut number = [0; 4];
    number.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(number)
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let mut number = [0; 8];
    number.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(number)
}

fn ids(bytes: &[u8]) -> impl Iterator<Item = Id> + '_ {
    bytes.as_chunks::<32>().0.iter().map(|id| Id::new(*id))
}
