//! 8 blocks: 512-bit vectors.

use std::arch::x86_64::*;

use super::{LanePowers, Limbs, MAX_LANES};

type Words = __m512i;
const LANES: usize = 8;

/// What interleaving the halves of two vectors of blocks gives.
pub(super) const ORDER: [usize; LANES] = [0, 4, 1, 5, 2, 6, 3, 7];

super::kernel!("avx512f");

#[target_feature(enable = "avx512f")]
#[inline]
fn splat(word: u64) -> Words {
    _mm512_set1_epi64(word.cast_signed())
}

#[target_feature(enable = "avx512f")]
#[inline]
fn load(words: &[u64; MAX_LANES]) -> Words {
    // SAFETY: 8 words are 64 bytes.
    unsafe { _mm512_loadu_si512(words.as_ptr().cast()) }
}

/// The low and the high eight bytes of each block, in [`ORDER`].
#[target_feature(enable = "avx512f")]
#[inline]
fn load_blocks(blocks: &[[u8; 16]; LANES]) -> (Words, Words) {
    let bytes = blocks.as_flattened();
    // SAFETY: the blocks are two vectors long.
    let (first, second) =
        unsafe { (_mm512_loadu_si512(bytes.as_ptr().cast()), _mm512_loadu_si512(bytes[64..].as_ptr().cast())) };
    (_mm512_unpacklo_epi64(first, second), _mm512_unpackhi_epi64(first, second))
}

#[target_feature(enable = "avx512f")]
#[inline]
fn sum_of_lanes(a: Words) -> u64 {
    let mut words = [0u64; LANES];
    // SAFETY: the words are one vector long.
    unsafe { _mm512_storeu_si512(words.as_mut_ptr().cast(), a) };
    words.iter().sum()
}

#[target_feature(enable = "avx512f")]
#[inline]
fn add(a: Words, b: Words) -> Words {
    _mm512_add_epi64(a, b)
}

#[target_feature(enable = "avx512f")]
#[inline]
fn and(a: Words, b: Words) -> Words {
    _mm512_and_si512(a, b)
}

#[target_feature(enable = "avx512f")]
#[inline]
fn or(a: Words, b: Words) -> Words {
    _mm512_or_si512(a, b)
}

#[target_feature(enable = "avx512f")]
#[inline]
fn multiply(a: Words, b: Words) -> Words {
    _mm512_mul_epu32(a, b)
}

#[target_feature(enable = "avx512f")]
#[inline]
fn shift_left<const BITS: u32>(a: Words) -> Words {
    _mm512_slli_epi64::<BITS>(a)
}

#[target_feature(enable = "avx512f")]
#[inline]
fn shift_right<const BITS: u32>(a: Words) -> Words {
    _mm512_srli_epi64::<BITS>(a)
}
