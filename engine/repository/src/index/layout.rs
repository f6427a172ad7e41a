//! The bytes of a segment: a sorted, immutable part of the index, mapped from the cache or held in memory.
//!
//! ```text
//! magic 8 · header checksum u64 · body checksum u64 · sources u32 · packs u32 · entries u64 · fanout bits u32 · 0 u32
//! source ids 32 × sources · pack ids 32 × packs · pack sources u32 × packs · fanout u32 × (2^bits + 1) · zeros up to 64
//! entries 48 × n, ascending by blob id: id 32 · pack u32 (bit 31: a tree) · offset u32 · sealed u32 · uncompressed u32
//! ```
//! All numbers are little-endian. `sources` are the index files that the entries come from, ascending; a pack's source
//! says which of them names it. `fanout[k]` counts the entries whose id's first `bits` bits are below `k`.

use std::num::NonZeroU32;

use rempart_format::BlobKind;
use rempart_model::{BlobId, Id};

/// The last digits are the version of this layout: a segment of another version is built anew.
pub(super) const MAGIC: &[u8; 8] = b"RMPSEG02";
pub(super) const FIXED_BYTES: usize = 48;
pub(super) const ENTRY_BYTES: usize = 48;
const TREE_BIT: u32 = 1 << 31;
/// Packs that a segment can number.
pub(super) const MAX_PACKS: usize = TREE_BIT as usize;
const MAX_FANOUT_BITS: u32 = 22;

pub(super) type RawEntry = [u8; ENTRY_BYTES];

/// One blob of a pack that a segment knows by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub id: BlobId,
    pub kind: BlobKind,
    pub pack: u32,
    pub offset_bytes: u32,
    pub sealed_bytes: u32,
    pub uncompressed_bytes: Option<NonZeroU32>,
}

impl Entry {
    pub(super) fn to_raw(self) -> RawEntry {
        let mut raw = [0; ENTRY_BYTES];
        let pack = self.pack | if self.kind == BlobKind::Tree { TREE_BIT } else { 0 };
        raw[..32].copy_from_slice(self.id.as_bytes());
        raw[32..36].copy_from_slice(&pack.to_le_bytes());
        raw[36..40].copy_from_slice(&self.offset_bytes.to_le_bytes());
        raw[40..44].copy_from_slice(&self.sealed_bytes.to_le_bytes());
        raw[44..48].copy_from_slice(&self.uncompressed_bytes.map_or(0, NonZeroU32::get).to_le_bytes());
        raw
    }

    pub(super) fn from_raw(raw: &RawEntry) -> Self {
        let number = |at: usize| u32::from_le_bytes([raw[at], raw[at + 1], raw[at + 2], raw[at + 3]]);
        Self {
            id: BlobId(id_of(raw)),
            kind: kind_of(raw),
            pack: number(32) & !TREE_BIT,
            offset_bytes: number(36),
            sealed_bytes: number(40),
            uncompressed_bytes: NonZeroU32::new(number(44)),
        }
    }
}

pub(super) fn id_of(raw: &RawEntry) -> Id {
    let mut id = [0; Id::LEN_BYTES];
    id.copy_from_slice(&raw[..32]);
    Id::new(id)
}

pub(super) fn kind_of(raw: &RawEntry) -> BlobKind {
    if raw[35] & 0x80 != 0 { BlobKind::Tree } else { BlobKind::Data }
}

/// Where each part of a segment lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Plan {
    pub sources: usize,
    pub packs: usize,
    pub fanout_bits: u32,
}

impl Plan {
    /// About eight entries share a fanout slot, so that a look-up compares three or four ids.
    pub(super) fn for_entries(sources: usize, packs: usize, entries: u64) -> Self {
        let bits = (64 - entries.leading_zeros()).saturating_sub(3).min(MAX_FANOUT_BITS);
        Self { sources, packs, fanout_bits: bits }
    }
    pub(super) fn has_sane_fanout(self) -> bool {
        self.fanout_bits <= MAX_FANOUT_BITS
    }
    pub(super) fn packs_at(self) -> usize {
        FIXED_BYTES + 32 * self.sources
    }
    pub(super) fn pack_sources_at(self) -> usize {
        self.packs_at() + 32 * self.packs
    }
    pub(super) fn fanout_at(self) -> usize {
        self.pack_sources_at() + 4 * self.packs
    }
    pub(super) fn fanout_slots(self) -> usize {
        (1 << self.fanout_bits) + 1
    }
    pub(super) fn entries_at(self) -> usize {
        (self.fanout_at() + 4 * self.fanout_slots()).next_multiple_of(64)
    }
}

/// The fanout slot of an id: its first `bits` bits.
pub(super) fn slot(id: &[u8], bits: u32) -> usize {
    let head = u32::from_be_bytes([id[0], id[1], id[2], id[3]]);
    if bits == 0 { 0 } else { (head >> (32 - bits)) as usize }
}

/// A checksum against torn and rotten cache files. Six lanes, one per word of an entry, so that it keeps up with memory.
#[derive(Debug, Clone, Copy)]
pub(super) struct Checksum([u64; 6]);

impl Checksum {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;

    pub(super) fn new() -> Self {
        Self(std::array::from_fn(|lane| (lane as u64 + 1).wrapping_mul(Self::ODD)))
    }

    pub(super) fn add(&mut self, raw: &RawEntry) {
        let (words, _) = raw.as_chunks::<8>();
        for (lane, word) in self.0.iter_mut().zip(words) {
            *lane = (*lane ^ u64::from_le_bytes(*word)).wrapping_mul(Self::ODD).rotate_left(29);
        }
    }

    pub(super) fn of(bytes: &[u8]) -> u64 {
        let mut sum = Self::new();
        let (blocks, rest) = bytes.as_chunks::<ENTRY_BYTES>();
        for block in blocks {
            sum.add(block);
        }
        let mut last = [0; ENTRY_BYTES];
        last[..rest.len()].copy_from_slice(rest);
        sum.add(&last);
        sum.finish(bytes.len() as u64)
    }

    pub(super) fn finish(self, len_bytes: u64) -> u64 {
        self.0.iter().fold(len_bytes, |sum, lane| (sum ^ lane).wrapping_mul(Self::ODD).rotate_left(31) ^ (sum >> 32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_reads_what_it_writes() {
        for (kind, uncompressed) in [(BlobKind::Data, None), (BlobKind::Tree, NonZeroU32::new(77))] {
            let entry = Entry {
                id: BlobId::new([7; 32]),
                kind,
                pack: 0x7fff_fffe,
                offset_bytes: u32::MAX,
                sealed_bytes: 33,
                uncompressed_bytes: uncompressed,
            };
            assert_eq!(Entry::from_raw(&entry.to_raw()), entry);
        }
    }

    #[test]
    fn the_checksum_notices_each_flipped_bit_and_a_changed_length() {
        let bytes: Vec<u8> = (0..150u8).collect();
        let sum = Checksum::of(&bytes);
        for at in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[at / 8] ^= 1 << (at % 8);
            assert_ne!(Checksum::of(&flipped), sum, "bit {at} flipped");
        }
        assert_ne!(Checksum::of(&bytes[..149]), sum, "one byte less");
        assert_ne!(Checksum::of(&[bytes.clone(), vec![0]].concat()), sum, "one zero more");
    }
}
