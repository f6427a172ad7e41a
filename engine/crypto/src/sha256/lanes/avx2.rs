//! 8 lanes: 256-bit vectors.

use std::arch::x86_64::*;

use super::{LaneBlocks, MAX_LANES};

type Words = __m256i;

super::kernel!("avx2");

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

#[target_feature(enable = "avx2")]
#[inline]
fn rotate_right<const BITS: i32>(a: Words) -> Words {
    // The counts are constants once this is inlined, so these become shifts by an immediate number.
    let (right, left) = (_mm_cvtsi32_si128(BITS), _mm_cvtsi32_si128(32 - BITS));
    _mm256_or_si256(_mm256_srl_epi32(a, right), _mm256_sll_epi32(a, left))
}

#[target_feature(enable = "avx2")]
#[inline]
fn xor3(a: Words, b: Words, c: Words) -> Words {
    _mm256_xor_si256(_mm256_xor_si256(a, b), c)
}

#[target_feature(enable = "avx2")]
#[inline]
fn choose(e: Words, f: Words, g: Words) -> Words {
    _mm256_xor_si256(g, _mm256_and_si256(e, _mm256_xor_si256(f, g)))
}

#[target_feature(enable = "avx2")]
#[inline]
fn majority(a: Words, b: Words, c: Words) -> Words {
    // Where a and b differ, c decides. The next round has `b ^ c` as its `a ^ b`, which the compiler finds.
    _mm256_xor_si256(b, _mm256_and_si256(_mm256_xor_si256(a, b), _mm256_xor_si256(b, c)))
}

/// # Safety
/// 64 bytes are readable at each of the first 8 pointers.
#[target_feature(enable = "avx2")]
#[inline]
pub(super) unsafe fn load_blocks(blocks: &LaneBlocks) -> [Words; 16] {
    let swap = _mm256_broadcastsi128_si256(_mm_set_epi32(0x0c0d0e0f, 0x08090a0b, 0x04050607, 0x00010203));
    let mut words = [splat(0); 16];
    for half in 0..2 {
        // Loops and not `from_fn` or `map`: closures handed to functions without the features would be calls through memory.
        let mut rows = [splat(0); 8];
        for (row, block) in rows.iter_mut().zip(blocks) {
            // SAFETY: the caller vouches for 64 bytes at each pointer; these are the first or the last 32.
            let bytes = unsafe { _mm256_loadu_si256(block.wrapping_add(32 * half).cast()) };
            *row = _mm256_shuffle_epi8(bytes, swap);
        }
        // Four lanes at a time, 4×4 words are transposed inside each 128-bit half...
        let mut fours = [[splat(0); 4]; 2];
        for (transposed, four) in fours.iter_mut().zip(rows.as_chunks::<4>().0) {
            let [r0, r1, r2, r3] = *four;
            let (low01, high01) = (_mm256_unpacklo_epi32(r0, r1), _mm256_unpackhi_epi32(r0, r1));
            let (low23, high23) = (_mm256_unpacklo_epi32(r2, r3), _mm256_unpackhi_epi32(r2, r3));
            *transposed = [
                _mm256_unpacklo_epi64(low01, low23),
                _mm256_unpackhi_epi64(low01, low23),
                _mm256_unpacklo_epi64(high01, high23),
                _mm256_unpackhi_epi64(high01, high23),
            ];
        }
        // ...then the halves among each other.
        for j in 0..4 {
            words[8 * half + j] = _mm256_permute2x128_si256::<0x20>(fours[0][j], fours[1][j]);
            words[8 * half + 4 + j] = _mm256_permute2x128_si256::<0x31>(fours[0][j], fours[1][j]);
        }
    }
    words
}
