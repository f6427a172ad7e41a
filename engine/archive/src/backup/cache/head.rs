//! Heads: which body counts, and under what conditions.

use rempart_format::FileTime;
use rempart_model::IndexId;

use super::checksum::checksum;
use super::record::RecordRef;

const MAGIC: &[u8; 8] = b"RHead 2\n";
const FIXED_BYTES: usize = 8 + 32 + 16 + 8 + 4 + 8 + 4 + 8;

/// What a head says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head {
    /// Digest of what trees depend on beside the files: names of owners, time zone, options.
    pub(super) context: [u8; 32],
    /// Part of the body's file name.
    pub(super) body: [u8; 16],
    pub(super) root: RecordRef,
    /// An entry that changed at this moment or later may have changed again since it was read.
    pub(super) trusted_before: FileTime,
    /// The index files that were there when everything the body refers to was stored. Sorted.
    pub(super) index_ids: Vec<IndexId>,
}

impl Head {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(FIXED_BYTES + 32 * self.index_ids.len() + 8);
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&self.context);
        out.extend_from_slice(&self.body);
        out.extend_from_slice(&self.root.offset_bytes.to_le_bytes());
        out.extend_from_slice(&self.root.head_bytes.to_le_bytes());
        out.extend_from_slice(&self.trusted_before.seconds.to_le_bytes());
        out.extend_from_slice(&self.trusted_before.nanoseconds.to_le_bytes());
        out.extend_from_slice(&(self.index_ids.len() as u64).to_le_bytes());
        for id in &self.index_ids {
            out.extend_from_slice(id.as_bytes());
        }
        out.extend_from_slice(&checksum(&[&out]).to_le_bytes());
        out
    }

    /// `None` for anything but what [`Self::encode`] made.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (body, sum) = bytes.split_last_chunk::<8>()?;
        if body.len() < FIXED_BYTES || !body.starts_with(MAGIC) || checksum(&[body]) != u64::from_le_bytes(*sum) {
            return None;
        }
        let mut rest = &body[MAGIC.len()..];
        let context = take(&mut rest)?;
        let body = take(&mut rest)?;
        let root = RecordRef {
            offset_bytes: u64::from_le_bytes(take(&mut rest)?),
            head_bytes: u32::from_le_bytes(take(&mut rest)?),
            is_old: true,
        };
        let trusted_before = FileTime {
            seconds: i64::from_le_bytes(take(&mut rest)?),
            nanoseconds: u32::from_le_bytes(take(&mut rest)?),
        };
        let count = u64::from_le_bytes(take(&mut rest)?);
        if count.checked_mul(32)? != rest.len() as u64 {
            return None;
        }
        let index_ids = rest.chunks_exact(32).filter_map(|id| Some(IndexId::new(id.try_into().ok()?))).collect();
        Some(Self { context, body, root, trusted_before, index_ids })
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (bytes, after) = rest.split_first_chunk::<N>()?;
    *rest = after;
    Some(*bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_reads_what_it_wrote_and_nothing_else() {
        let head = Head {
            context: [7; 32],
            body: [9; 16],
            root: RecordRef { offset_bytes: 1 << 40, head_bytes: 4711, is_old: true },
            trusted_before: FileTime { seconds: -5, nanoseconds: 999_999_999 },
            index_ids: (0..3).map(|i| IndexId::new([i; 32])).collect(),
        };
        let bytes = head.encode();
        assert_eq!(Head::decode(&bytes), Some(head));
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x10;
            assert_eq!(Head::decode(&damaged), None, "damage at byte {at} went unnoticed");
            assert_eq!(Head::decode(&bytes[..at]), None, "{at} bytes were taken for a head");
        }
    }
}
