//! A pack cut into pieces that are read one after the other: every byte once, and each blob whole in one piece.

use std::ops::Range;

use rempart_format::PackEntry;

/// Bytes that are read at a time, if a single blob is not longer.
const PIECE_BYTES: u64 = 2 << 20;

/// What is read of a pack in one go.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Piece<'a> {
    /// Within the file.
    pub(super) range: Range<u64>,
    /// The first byte that no piece before this one held; blobs of a damaged index may overlap.
    pub(super) new_from: u64,
    /// The blobs in it.
    pub(super) entries: &'a [PackEntry],
}

pub(super) fn end_of(entry: &PackEntry) -> u64 {
    u64::from(entry.offset_bytes) + u64::from(entry.sealed_bytes)
}

/// The pieces of a file of this length whose blobs, sorted by offset, are these. What the index does not know (the header
/// at the end, gaps) comes in pieces without blobs. A piece may reach beyond the end of the file where a blob does.
pub(super) fn pieces(entries: &[PackEntry], stored_bytes: u64) -> impl Iterator<Item = Piece<'_>> {
    let (mut rest, mut reached) = (entries, 0);
    std::iter::from_fn(move || {
        let Some(first) = rest.first() else {
            return unknown(&mut reached, stored_bytes);
        };
        let start = u64::from(first.offset_bytes);
        if start > reached {
            return unknown(&mut reached, start);
        }
        let (mut end, mut len) = (end_of(first), 1);
        while let Some(next) = rest.get(len)
            && u64::from(next.offset_bytes) <= end
            && end_of(next) <= start + PIECE_BYTES
        {
            end = end.max(end_of(next));
            len += 1;
        }
        let (entries, behind) = rest.split_at(len);
        rest = behind;
        let new_from = reached.min(end);
        reached = reached.max(end);
        Some(Piece { range: start..end, new_from, entries })
    })
}

/// The next piece of what the index does not know, up to `end`.
fn unknown<'a>(reached: &mut u64, end: u64) -> Option<Piece<'a>> {
    let start = *reached;
    *reached = end.min(start + PIECE_BYTES).max(start);
    (*reached > start).then_some(Piece { range: start..*reached, new_from: start, entries: &[] })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rempart_format::BlobKind;
    use rempart_model::BlobId;

    use super::*;

    fn entry(offset_bytes: u64, sealed_bytes: u64) -> PackEntry {
        PackEntry {
            id: BlobId::new([0; 32]),
            kind: BlobKind::Data,
            offset_bytes: u32::try_from(offset_bytes).unwrap(),
            sealed_bytes: u32::try_from(sealed_bytes).unwrap(),
            uncompressed_bytes: None,
        }
    }

    #[test]
    fn blobs_are_read_together_up_to_a_bound_and_the_header_at_last() {
        let kib = 1 << 10;
        let entries: Vec<_> = [(0, 1), (1, 600), (601, 1400), (2001, 9000), (11_001, 4)]
            .map(|(at, len)| entry(at * kib, len * kib))
            .into();
        let shape: Vec<_> = pieces(&entries, 11_007 * kib).map(|piece| (piece.range, piece.entries.len())).collect();
        let expected = [(0..2001, 3), (2001..11_001, 1), (11_001..11_005, 1), (11_005..11_007, 0)];
        assert_eq!(shape, expected.map(|(range, blobs)| (range.start * kib..range.end * kib, blobs)));
        assert_eq!(pieces(&[], 0).count(), 0);
    }

    proptest! {
        /// Also where an index lies: blobs that overlap, leave gaps, reach beyond the end.
        #[test]
        fn every_byte_is_new_once_and_every_blob_lies_in_one_piece(
            mut blobs in prop::collection::vec((0u64..20 << 20, 0u64..5 << 20), 0..12),
            stored_bytes in 0u64..30 << 20,
        ) {
            blobs.sort_unstable();
            let entries: Vec<_> = blobs.into_iter().map(|(at, len)| entry(at, len)).collect();
            let (mut reached, mut seen) = (0, Vec::new());
            for piece in pieces(&entries, stored_bytes) {
                prop_assert_eq!(piece.new_from, reached.min(piece.range.end));
                prop_assert!(piece.range.start <= reached, "a gap before {:?}", piece.range);
                reached = reached.max(piece.range.end);
                let holds = |e: &PackEntry| u64::from(e.offset_bytes) >= piece.range.start && end_of(e) <= piece.range.end;
                prop_assert!(piece.entries.iter().all(holds));
                let longest = piece.entries.first().map_or(PIECE_BYTES, |e| PIECE_BYTES.max(e.sealed_bytes.into()));
                prop_assert!(piece.range.end - piece.range.start <= longest);
                seen.extend_from_slice(piece.entries);
            }
            prop_assert_eq!(&seen, &entries);
            let last = entries.iter().map(end_of).max().unwrap_or(0);
            prop_assert_eq!(reached, stored_bytes.max(last));
        }
    }
}
