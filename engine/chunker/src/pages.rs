//! Page-aligned cuts for files of fixed pages (database files).
//!
//! Such a file changes in place, a page here and there, and never shifts. Content-defined chunks would store a mebibyte
//! anew for every changed page; aligned ones know where the change is. A mebibyte that did not change since the parent is
//! one chunk; where pages changed, it is cut into pieces of 64 KiB, so that only the pieces with a change are new.
//!
//! The parent's cuts are kept wherever nothing changed, whatever they are, since other cuts would be other chunks: a mebibyte
//! once cut small stays so until its next rewrite is large. Plain restic reads any cut.

use std::ops::Range;

/// A chunk where nothing changed. Chunks never cross a multiple of this.
pub const COLD_CHUNK_BYTES: u64 = 1024 * 1024;
/// A chunk where something changed.
pub const HOT_CHUNK_BYTES: u64 = 64 * 1024;

/// The lengths of the chunks of a file of `len_bytes`, in order, their sum being the file's length.
///
/// `changed` are the byte ranges that differ from the parent version of the file, in any order, overlapping or not; what
/// lies behind the end is ignored. Pages may have any size: a range that touches a part of a piece makes the piece new.
///
/// `parent_lengths` are the chunk lengths of the parent version, empty when there is none. Inside a mebibyte without a
/// change the parent's cuts are taken over if they respect its borders. A file without a parent is cut large.
#[must_use]
pub fn cut_lengths(len_bytes: u64, changed: &[Range<u64>], parent_lengths: &[u64]) -> Vec<u64> {
    let parent_ends = running_sums(parent_lengths);
    let hot = hot_blocks(len_bytes, changed);
    let (mut hot, mut parent_ends) = (hot.into_iter().peekable(), parent_ends.into_iter().peekable());
    let mut lengths = Vec::new();
    for block in 0..len_bytes.div_ceil(COLD_CHUNK_BYTES) {
        let start = block * COLD_CHUNK_BYTES;
        let end = len_bytes.min(start + COLD_CHUNK_BYTES);
        // The parent's cuts inside this block and at its two borders.
        while parent_ends.next_if(|&cut| cut < start).is_some() {}
        let from_border = start == 0 || parent_ends.next_if_eq(&start).is_some();
        let mut parents = Vec::new();
        while let Some(cut) = parent_ends.next_if(|&cut| cut < end) {
            parents.push(cut);
        }
        let to_border = parent_ends.peek() == Some(&end);

        let cuts: Vec<u64> = if hot.next_if_eq(&block).is_some() {
            (start..end).step_by(HOT_CHUNK_BYTES as usize).skip(1).collect()
        } else if from_border && to_border {
            parents
        } else {
            Vec::new()
        };
        let mut from = start;
        for cut in cuts.into_iter().chain([end]) {
            lengths.push(cut - from);
            from = cut;
        }
    }
    lengths
}

fn running_sums(lengths: &[u64]) -> Vec<u64> {
    lengths
        .iter()
        .filter(|&&length| length > 0)
        .scan(0u64, |sum, &length| {
            *sum = sum.saturating_add(length);
            Some(*sum)
        })
        .collect()
}

/// The numbers of the blocks of [`COLD_CHUNK_BYTES`] that a change touches, ascending, each once.
fn hot_blocks(len_bytes: u64, changed: &[Range<u64>]) -> Vec<u64> {
    let mut ranges: Vec<Range<u64>> =
        changed.iter().map(|range| range.start..range.end.min(len_bytes)).filter(|range| !range.is_empty()).collect();
    ranges.sort_by_key(|range| range.start);
    let mut blocks: Vec<u64> = Vec::new();
    for range in ranges {
        let (first, last) = (range.start / COLD_CHUNK_BYTES, (range.end - 1) / COLD_CHUNK_BYTES);
        let first = blocks.last().map_or(first, |&before| first.max(before + 1));
        blocks.extend(first..=last);
    }
    blocks
}

#[cfg(test)]
#[allow(clippy::single_range_in_vec_init)] // lists of changes with one change
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MIB: u64 = COLD_CHUNK_BYTES;
    const PIECE: u64 = HOT_CHUNK_BYTES;
    const PAGE: u64 = 8192;

    #[test]
    fn a_new_file_is_cut_at_every_mebibyte() {
        assert_eq!(cut_lengths(0, &[], &[]), [0; 0]);
        assert_eq!(cut_lengths(1, &[], &[]), [1]);
        assert_eq!(cut_lengths(MIB, &[], &[]), [MIB]);
        assert_eq!(cut_lengths(2 * MIB + PAGE, &[], &[]), [MIB, MIB, PAGE]);
    }

    #[test]
    fn a_mebibyte_with_a_changed_page_is_cut_small_and_the_others_keep_their_cuts() {
        let parent = cut_lengths(4 * MIB, &[], &[]);
        let lengths = cut_lengths(4 * MIB, &[MIB + 3 * PAGE..MIB + 4 * PAGE], &parent);
        let expected = [vec![MIB], vec![PIECE; 16], vec![MIB; 2]].concat();
        assert_eq!(lengths, expected);
        // Unchanged in the next run: the same chunks, so nothing is stored.
        assert_eq!(cut_lengths(4 * MIB, &[], &lengths), expected);
        // Another page of the same mebibyte: the same cuts, so one piece is stored.
        assert_eq!(cut_lengths(4 * MIB, &[2 * MIB - PAGE..2 * MIB], &lengths), expected);
    }

    #[test]
    fn a_change_across_a_border_heats_both_sides_and_one_at_the_border_one() {
        let parent = cut_lengths(2 * MIB, &[], &[]);
        assert_eq!(cut_lengths(2 * MIB, &[MIB - 1..MIB + 1], &parent), [PIECE; 32]);
        assert_eq!(cut_lengths(2 * MIB, &[0..MIB], &parent), [vec![PIECE; 16], vec![MIB]].concat());
        assert_eq!(cut_lengths(2 * MIB, &[MIB..MIB], &parent), [MIB, MIB]);
    }

    #[test]
    fn a_file_that_grew_keeps_its_whole_mebibytes() {
        let parent = cut_lengths(2 * MIB + PAGE, &[], &[]);
        let lengths = cut_lengths(3 * MIB + PAGE, &[2 * MIB + PAGE..3 * MIB + PAGE], &parent);
        assert_eq!(lengths, [vec![MIB; 2], vec![PIECE; 16], vec![PAGE]].concat());
    }

    #[test]
    fn a_parent_with_content_defined_cuts_is_cut_anew() {
        assert_eq!(cut_lengths(2 * MIB, &[], &[700_000, 2 * MIB - 700_000]), [MIB, MIB]);
    }

    proptest! {
        #[test]
        fn chunks_cover_the_file_and_never_cross_a_mebibyte(
            len_bytes in 0..20 * MIB,
            changed in prop::collection::vec((0..22 * MIB, 0..3 * MIB).prop_map(|(start, len)| start..start + len), 0..8),
            parent_lengths in prop::collection::vec(prop_oneof![Just(MIB), Just(PIECE), 0..2 * MIB], 0..60),
        ) {
            let lengths = cut_lengths(len_bytes, &changed, &parent_lengths);
            prop_assert_eq!(lengths.iter().sum::<u64>(), len_bytes);
            let mut start = 0;
            for length in lengths {
                prop_assert!(length > 0);
                let (end, block) = (start + length, start / MIB);
                prop_assert!(end <= (block + 1) * MIB, "{}..{} crosses a mebibyte", start, end);
                let block_range = block * MIB..(block + 1) * MIB;
                let heats = |range: &Range<u64>| {
                    let (from, to) = (range.start.max(block_range.start), range.end.min(block_range.end).min(len_bytes));
                    from < to
                };
                if changed.iter().any(heats) {
                    prop_assert!(length <= PIECE, "{}..{} is hot and too large", start, end);
                }
                start = end;
            }
        }

        #[test]
        fn an_unchanged_file_keeps_its_cuts(
            len_bytes in 1..20 * MIB,
            changed in prop::collection::vec((0..20 * MIB, 0..2 * MIB).prop_map(|(start, len)| start..start + len), 0..8),
        ) {
            let parent = cut_lengths(len_bytes, &changed, &[]);
            prop_assert_eq!(cut_lengths(len_bytes, &[], &parent), parent);
        }
    }
}
