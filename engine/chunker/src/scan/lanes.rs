//! The search over many segments at once: lane i of every vector belongs to segment i, one byte of it.
//!
//! A fingerprint is kept as seven vectors of bytes ("planes"), shifted left by three so that its 53 bits end where the
//! highest plane ends. Rolling by a byte then moves every plane into the next higher one, which costs nothing; what the
//! highest plane held, and the byte that leaves the window, are linear in each half-byte, so they come from tables of 16
//! bytes: 28 byte shuffles for 64 (or 32) positions, where the scalar loop makes three dependent loads for one.
//!
//! The rolling is written once, as a macro, for vectors of two kinds; a macro, because functions with target features
//! cannot be methods of a trait.

mod avx2;
mod avx512;

use crate::tables::Tables;

pub(super) const PLANES: usize = 7;
/// How far the fingerprint's bit 0 stands left of plane 0's bit 0: 7·8 − 53.
const SHIFT_BITS: u32 = 3;
/// Segments are whole windows long: the byte that leaves was read one row before.
pub(super) const ROW_BYTES: usize = 64;

/// 16 answers for a half-byte, repeated for the 16-byte parts of the widest vector.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Shuffle([u8; 64]);

/// The shares of one byte in one plane, by its low and by its high half.
#[derive(Clone, Copy)]
struct Halves {
    low: Shuffle,
    high: Shuffle,
}

/// The tables of one polynomial in the form that byte shuffles want.
pub(super) struct PlaneTables {
    reduce: [Halves; PLANES],
    leave: [Halves; PLANES],
    /// Which bits of the three lowest planes must be zero for a cut.
    mask: [u8; 3],
}

impl PlaneTables {
    pub(super) fn new(tables: &Tables, mask: u64) -> Self {
        let mask = (mask << SHIFT_BITS).to_le_bytes();
        assert!(mask[3..] == [0; 5], "a cut depends on the three lowest planes alone");
        Self {
            // The table also holds the bits it is indexed by, to cancel them; here they have been shifted out.
            reduce: halves(|byte| tables.reduce[byte] & ((1 << 53) - 1)),
            leave: halves(|byte| tables.leave[byte]),
            mask: [mask[0], mask[1], mask[2]],
        }
    }
}

fn halves(share: impl Fn(usize) -> u64) -> [Halves; PLANES] {
    std::array::from_fn(|plane| {
        let byte_of = |byte: usize| (share(byte) << SHIFT_BITS).to_le_bytes()[plane];
        Halves {
            low: Shuffle(std::array::from_fn(|i| byte_of(i % 16))),
            high: Shuffle(std::array::from_fn(|i| byte_of(i % 16 * 16))),
        }
    })
}

/// Where a cut was found: in which segment, in which row of 64 bytes of it.
#[derive(Clone, Copy)]
pub(super) struct Hit {
    pub(super) lane: usize,
    pub(super) row: usize,
}

/// Searches as many segments as the vector has lanes, each `rows` rows long, one behind the other from `start`. Byte k of
/// the first segment is tested with the 63 before it. Gives the first hit of the first segment that has one.
///
/// # Safety
/// The processor has the vector's features. The 64 bytes before `start` and all segments are readable.
pub(super) type Search = unsafe fn(tables: &PlaneTables, start: *const u8, rows: usize) -> Option<Hit>;

/// A vector search and its number of segments.
#[derive(Clone, Copy)]
pub(super) struct Wide {
    pub(super) lanes: usize,
    pub(super) search: Search,
}

/// The searches whose processor features are present, the fastest first.
pub(super) fn searches() -> Vec<Wide> {
    let mut searches = Vec::new();
    if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bw") {
        searches.push(Wide { lanes: 64, search: avx512::search });
    }
    if is_x86_feature_detected!("avx2") {
        searches.push(Wide { lanes: 32, search: avx2::search });
    }
    searches
}

/// Writes the search for one kind of vector. In scope must be: the type `Bytes` (one byte for each lane), `LANES`, and the
/// functions `_mm_prefetch`, `splat`, `load`, `look_up`, `shift_left_3`, `shift_right_4`, `shift_right_5` (which may let bits of the
/// neighbour in), `and`, `xor`, `xor3`, `xor_and` and `or_and` (a ⊕ (b ∧ c), a ∨ (b ∧ c)), `min`, `zero_lanes`, and
/// `load_16_columns`, which gives 16 bytes of every segment as 16 vectors.
macro_rules! search {
    ($features:literal) => {
        /// See [`crate::scan::lanes::Search`].
        ///
        /// # Safety
        /// The 64 bytes before `start` and all segments are readable.
        #[target_feature(enable = $features)]
        pub(super) unsafe fn search(tables: &PlaneTables, start: *const u8, rows: usize) -> Option<Hit> {
            let segment_bytes = rows * ROW_BYTES;
            let mut planes = [splat(0); PLANES];
            // The last row's bytes, transposed: what leaves the window in this row.
            let mut leaving = [splat(0); ROW_BYTES];
            let mut columns = [splat(0); 16];
            for (sixteen, leaving) in leaving.as_chunks_mut::<16>().0.iter_mut().enumerate() {
                let from = start.wrapping_sub(ROW_BYTES - 16 * sixteen);
                // SAFETY: these are 16 of the 64 bytes before each segment.
                unsafe { load_16_columns(leaving, from, segment_bytes) };
                for entering in leaving {
                    planes = shift_and_reduce(tables, planes, *entering);
                }
            }
            let mut first: Option<Hit> = None;
            for row in 0..rows {
                let mut least = splat(0xff);
                // The segments lie too far apart for the processor to guess what comes next, so the place of the next
                // search is fetched meanwhile, a row's worth at a time.
                for line in 0..LANES {
                    let ahead = LANES * (segment_bytes + row * ROW_BYTES) + line * ROW_BYTES;
                    _mm_prefetch::<_MM_HINT_T1>(start.wrapping_add(ahead).cast());
                }
                for (sixteen, leaving) in leaving.as_chunks_mut::<16>().0.iter_mut().enumerate() {
                    let from = start.wrapping_add(row * ROW_BYTES + 16 * sixteen);
                    // SAFETY: these are 16 bytes of each segment.
                    unsafe { load_16_columns(&mut columns, from, segment_bytes) };
                    for (leaving, entering) in leaving.iter_mut().zip(&columns) {
                        planes = shift_and_reduce(tables, planes, *entering);
                        take_out(tables, &mut planes, *leaving);
                        *leaving = *entering;
                        least = min(least, masked_bits(tables, &planes));
                    }
                }
                let lane = zero_lanes(least).trailing_zeros() as usize;
                if lane < first.map_or(LANES, |hit| hit.lane) {
                    first = Some(Hit { lane, row });
                    if lane == 0 {
                        break;
                    }
                }
            }
            first
        }

        /// Every lane's fingerprint, moved on by a byte that enters.
        #[target_feature(enable = $features)]
        #[inline]
        fn shift_and_reduce(tables: &PlaneTables, planes: [Bytes; PLANES], entering: Bytes) -> [Bytes; PLANES] {
            let half = splat(0x0f);
            let highest = planes[PLANES - 1];
            let (low, high) = (and(highest, half), and(shift_right_4(highest), half));
            let mut shifted = planes;
            for plane in 0..PLANES {
                let Halves { low: of_low, high: of_high } = &tables.reduce[plane];
                let (of_low, of_high) = (look_up(load(of_low), low), look_up(load(of_high), high));
                shifted[plane] =
                    if plane == 0 { xor(of_low, of_high) } else { xor3(of_low, of_high, planes[plane - 1]) };
            }
            shifted[0] = xor_and(shifted[0], shift_left_3(entering), splat(0xff << SHIFT_BITS & 0xff));
            shifted[1] = xor_and(shifted[1], shift_right_5(entering), splat(0xff >> (8 - SHIFT_BITS)));
            shifted
        }

        /// Takes out the share of a byte that leaves.
        #[target_feature(enable = $features)]
        #[inline]
        fn take_out(tables: &PlaneTables, planes: &mut [Bytes; PLANES], leaving: Bytes) {
            let half = splat(0x0f);
            let (low, high) = (and(leaving, half), and(shift_right_4(leaving), half));
            for (plane, Halves { low: of_low, high: of_high }) in planes.iter_mut().zip(&tables.leave) {
                *plane = xor3(*plane, look_up(load(of_low), low), look_up(load(of_high), high));
            }
        }

        /// Zero in the lanes where a cut may fall.
        #[target_feature(enable = $features)]
        #[inline]
        fn masked_bits(tables: &PlaneTables, planes: &[Bytes; PLANES]) -> Bytes {
            let [mask0, mask1, mask2] = tables.mask;
            let bits = and(planes[0], splat(mask0));
            or_and(or_and(bits, planes[1], splat(mask1)), planes[2], splat(mask2))
        }
    };
}
use search;
