//! 2 lanes: two streams through the SHA instructions, one beside the other. Each round waits for the one before it, and the
//! unit that computes them has room for a second stream meanwhile.

use std::arch::x86_64::*;

use super::{BLOCK_BYTES, LaneBlocks, LaneStates};
use crate::sha256::constants::K;

/// One value for each of the two streams.
type Pair = [__m128i; 2];

/// Feeds `count` blocks to each of the first two lanes and moves their pointers behind them.
///
/// # Safety
/// `count` blocks are readable at both pointers.
#[target_feature(enable = "sha,sse4.1,ssse3")]
pub(in super::super) unsafe fn compress(states: &mut LaneStates, blocks: &mut LaneBlocks, count: usize) {
    let swap = _mm_set_epi64x(0x0c0d0e0f_08090a0b, 0x04050607_00010203);
    // The instructions want a, b, e, f in one vector and c, d, g, h in the other.
    let mut abef = [swap; 2];
    let mut cdgh = [swap; 2];
    for lane in 0..2 {
        let [a, b, c, d, e, f, g, h] = states.0.map(|words| words[lane].cast_signed());
        abef[lane] = _mm_set_epi32(a, b, e, f);
        cdgh[lane] = _mm_set_epi32(c, d, g, h);
    }
    for _ in 0..count {
        let before = (abef, cdgh);
        let mut w = [[swap; 2]; 4];
        for (four, w) in w.iter_mut().enumerate() {
            for lane in 0..2 {
                // SAFETY: the caller vouches for a block of 64 bytes at the pointer; these are 16 of them.
                let bytes = unsafe { _mm_loadu_si128(blocks[lane].wrapping_add(16 * four).cast()) };
                w[lane] = _mm_shuffle_epi8(bytes, swap);
            }
        }
        // Written out, since the compiler must see every index to keep the words in registers.
        macro_rules! four_rounds {
            ($k:literal) => {
                let constants = constants($k);
                for lane in 0..2 {
                    let words = _mm_add_epi32(w[$k % 4][lane], constants);
                    cdgh[lane] = _mm_sha256rnds2_epu32(cdgh[lane], abef[lane], words);
                    abef[lane] = _mm_sha256rnds2_epu32(abef[lane], cdgh[lane], _mm_shuffle_epi32::<0x0e>(words));
                }
            };
            ($k:literal, expanding) => {
                four_rounds!($k);
                w[$k % 4] = next_words(w[$k % 4], w[($k + 1) % 4], w[($k + 2) % 4], w[($k + 3) % 4]);
            };
        }
        four_rounds!(0, expanding);
        four_rounds!(1, expanding);
        four_rounds!(2, expanding);
        four_rounds!(3, expanding);
        four_rounds!(4, expanding);
        four_rounds!(5, expanding);
        four_rounds!(6, expanding);
        four_rounds!(7, expanding);
        four_rounds!(8, expanding);
        four_rounds!(9, expanding);
        four_rounds!(10, expanding);
        four_rounds!(11, expanding);
        four_rounds!(12);
        four_rounds!(13);
        four_rounds!(14);
        four_rounds!(15);
        for lane in 0..2 {
            abef[lane] = _mm_add_epi32(abef[lane], before.0[lane]);
            cdgh[lane] = _mm_add_epi32(cdgh[lane], before.1[lane]);
            blocks[lane] = blocks[lane].wrapping_add(BLOCK_BYTES);
        }
    }
    for lane in 0..2 {
        let [f, e, b, a] = words_of(abef[lane]);
        let [h, g, d, c] = words_of(cdgh[lane]);
        for (words, word) in states.0.iter_mut().zip([a, b, c, d, e, f, g, h]) {
            words[lane] = word;
        }
    }
}

#[target_feature(enable = "sse2")]
#[inline]
fn constants(four: usize) -> __m128i {
    // SAFETY: four words are 16 bytes.
    unsafe { _mm_loadu_si128(K[4 * four..][..4].as_ptr().cast()) }
}

/// The four message words that follow the sixteen given ones.
#[target_feature(enable = "sha,sse4.1,ssse3")]
#[inline]
fn next_words(w0: Pair, w4: Pair, w8: Pair, w12: Pair) -> Pair {
    let mut next = w0;
    for lane in 0..2 {
        let sigma0 = _mm_sha256msg1_epu32(w0[lane], w4[lane]);
        let partial = _mm_add_epi32(sigma0, _mm_alignr_epi8::<4>(w12[lane], w8[lane]));
        next[lane] = _mm_sha256msg2_epu32(partial, w12[lane]);
    }
    next
}

#[target_feature(enable = "sse2")]
#[inline]
fn words_of(vector: __m128i) -> [u32; 4] {
    let mut words = [0; 4];
    // SAFETY: four words are 16 bytes.
    unsafe { _mm_storeu_si128(words.as_mut_ptr().cast(), vector) };
    words
}
