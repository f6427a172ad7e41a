//! 4 blocks: 256-bit vectors.

use std::arch::x86_64::*;

use super::{LanePowers, Limbs, MAX_LANES};

type Words = __m256i;
const LANES: usize = 4;

/// What interleaving the halves of two vectors of blocks gives.
pub(super) const ORDER: [usize; LANES] = [0, 2, 1, 3];

super::kernel!("avx2");

#[target_feature(enable = "avx2")]
#[inline]
fn splat(word: u64) -> Words {
    _mm256_set1_epi64x(word.cast_signed())
}

#[target_feature(enable = "avx2")]
#[inline]
fn load(words: &[u64; MAX_LANES]) -> Words {
    // SAFETY: 4 of the 8 words are 32 bytes.
    unsafe { _mm256_loadu_si256(words.as_ptr().cast()) }
}

/// The low and the high eight bytes of each block, in [`ORDER`].
#[target_feature(enable = "avx2")]
#[inline]
fn load_blocks(blocks: &[[u8; 16]; LANES]) -> (Words, Words) {
    let bytes = blocks.as_flattened();
    // SAFETY: the blocks are two vectors long.
    let (first, second) =
        unsafe { (_mm256_loadu_si256(bytes.as_ptr().cast()), _mm256_loadu_si256(bytes[32..].as_ptr().cast())) };
    (_mm256_unpacklo_epi64(first, second), _mm256_unpackhi_epi64(first, second))
}

#[target_feature(enable = "avx2")]
#[inline]
fn sum_of_lanes(a: Words) -> u64 {
    let mut words = [0u64; LANES];
    // SAFETY: the words are one vector long.
    unsafe { _mm256_storeu_si256(words.as_mut_ptr().cast(), a) };
    words.iter().sum()
}

#[target_feature(enable = "avx2")]
#[inline]
fn add(a: Words, b: Words) -> Words {
    _mm256_add_epi64(a, b)
}

#[target_feature(enable = "avx2")]
#[inline]
fn and(a: Words, b: Words) -> Words {
    _mm256_and_si256(a, b)
}

#[target_feature(enable = "avx2")]
#[inline]
fn or(a: Words, b: Words) -> Words {
    _mm256_or_si256(a, b)
}

#[target_feature(enable = "avx2")]
#[inline]
fn multiply(a: Words, b: Words) -> Words {
    _mm256_mul_epu32(a, b)
}

#[target_feature(enable = "avx2")]
#[inline]
fn shift_left<const BITS: i32>(a: Words) -> Words {
    _mm256_slli_epi64::<BITS>(a)
}

#[target_feature(enable = "avx2")]
#[inline]
fn shift_right<const BITS: i32>(a: Words) -> Words {
    _mm256_srli_epi64::<BITS>(a)
}
