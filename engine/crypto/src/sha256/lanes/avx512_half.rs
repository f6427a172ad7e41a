//! 8 lanes with AVX-512's rotates and three-operand logic on 256-bit vectors. A row of blocks takes less time than one of 16
//! lanes, since three ports serve 256 bits and two serve 512: the choice when few streams are left.

use std::arch::x86_64::*;

use super::avx2::load_blocks as load_blocks_avx2;
use super::{LaneBlocks, MAX_LANES};

type Words = __m256i;

super::kernel!("avx2,avx512f,avx512vl");

#[target_feature(enable = "avx2")]
#[inline]
fn splat(word: u32) -> Words {
    _mm256_set1_epi32(word.cast_signed())
}

#[target_feature(enable = "avx2")]
#[inline]
fn load(words: &[u32; MAX_LANES]) -> Words {
    // SAFETY: 8 of the 16 words are 32 bytes.
    unsafe { _mm256_loadu_si256(words.as_ptr().cast()) }
}

#[target_feature(enable = "avx2")]
#[inline]
fn store(vector: Words, words: &mut [u32; MAX_LANES]) {
    // SAFETY: 8 of the 16 words are 32 bytes.
    unsafe { _mm256_storeu_si256(words.as_mut_ptr().cast(), vector) }
}

#[target_feature(enable = "avx2")]
#[inline]
fn add(a: Words, b: Words) -> Words {
    _mm256_add_epi32(a, b)
}

#[target_feature(enable = "avx2")]
#[inline]
fn shift_right<const BITS: i32>(a: Words) -> Words {
    _mm256_srli_epi32::<BITS>(a)
}

#[target_feature(enable = "avx512f,avx512vl")]
#[inline]
fn rotate_right<const BITS: i32>(a: Words) -> Words {
    _mm256_ror_epi32::<BITS>(a)
}

// The constants are truth tables: bit 4·a + 2·b + c is the result for those operand bits.

#[target_feature(enable = "avx512f,avx512vl")]
#[inline]
fn xor3(a: Words, b: Words, c: Words) -> Words {
    _mm256_ternarylogic_epi32::<0x96>(a, b, c)
}

#[target_feature(enable = "avx512f,avx512vl")]
#[inline]
fn choose(e: Words, f: Words, g: Words) -> Words {
    _mm256_ternarylogic_epi32::<0xca>(e, f, g)
}

#[target_feature(enable = "avx512f,avx512vl")]
#[inline]
fn majority(a: Words, b: Words, c: Words) -> Words {
    _mm256_ternarylogic_epi32::<0xe8>(a, b, c)
}

/// # Safety
/// 64 bytes are readable at each of the first 8 pointers.
#[target_feature(enable = "avx2")]
#[inline]
unsafe fn load_blocks(blocks: &LaneBlocks) -> [Words; 16] {
    // SAFETY: handed on.
    unsafe { load_blocks_avx2(blocks) }
}
