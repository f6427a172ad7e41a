//! 16 lanes: 512-bit vectors.

use std::arch::x86_64::*;

use super::{LaneBlocks, MAX_LANES};

type Words = __m512i;

super::kernel!("avx512f,avx512bw");

#[target_feature(enable = "avx512f")]
#[inline]
fn splat(word: u32) -> Words {
    _mm512_set1_epi32(word.cast_signed())
}

#[target_feature(enable = "avx512f")]
#[inline]
fn load(words: &[u32; MAX_LANES]) -> Words {
    // SAFETY: 16 words are 64 bytes.
    unsafe { _mm512_loadu_si512(words.as_ptr().cast()) }
}

#[target_feature(enable = "avx512f")]
#[inline]
fn store(vector: Words, words: &mut [u32; MAX_LANES]) {
    // SAFETY: 16 words are 64 bytes.
    unsafe { _mm512_storeu_si512(words.as_mut_ptr().cast(), vector) }
}

#[target_feature(enable = "avx512f")]
#[inline]
fn add(a: Words, b: Words) -> Words {
    _mm512_add_epi32(a, b)
}

#[target_feature(enable = "avx512f")]
#[inline]
fn shift_right<const BITS: u32>(a: Words) -> Words {
    _mm512_srli_epi32::<BITS>(a)
}

#[target_feature(enable = "avx512f")]
#[inline]
fn rotate_right<const BITS: i32>(a: Words) -> Words {
    _mm512_ror_epi32::<BITS>(a)
}

// The constants are truth tables: bit 4·a + 2·b + c is the result for those operand bits.

#[target_feature(enable = "avx512f")]
#[inline]
fn xor3(a: Words, b: Words, c: Words) -> Words {
    _mm512_ternarylogic_epi32::<0x96>(a, b, c)
}

#[target_feature(enable = "avx512f")]
#[inline]
fn choose(e: Words, f: Words, g: Words) -> Words {
    _mm512_ternarylogic_epi32::<0xca>(e, f, g)
}

#[target_feature(enable = "avx512f")]
#[inline]
fn majority(a: Words, b: Words, c: Words) -> Words {
    _mm512_ternarylogic_epi32::<0xe8>(a, b, c)
}

/// # Safety
/// 64 bytes are readable at each pointer.
#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
unsafe fn load_blocks(blocks: &LaneBlocks) -> [Words; 16] {
    let swap = _mm512_set4_epi32(0x0c0d0e0f, 0x08090a0b, 0x04050607, 0x00010203);
    // Loops and not `from_fn` or `map`: closures handed to functions without the features would be calls through memory.
    let mut rows = [splat(0); 16];
    for (row, block) in rows.iter_mut().zip(blocks) {
        // SAFETY: the caller vouches for 64 bytes at each pointer.
        *row = _mm512_shuffle_epi8(unsafe { _mm512_loadu_si512(block.cast()) }, swap);
    }
    // Four lanes at a time, 4×4 words are transposed inside each 128-bit quarter...
    let mut quarters = [[splat(0); 4]; 4];
    for (quarter, four) in quarters.iter_mut().zip(rows.as_chunks::<4>().0) {
        let [r0, r1, r2, r3] = *four;
        let (low01, high01) = (_mm512_unpacklo_epi32(r0, r1), _mm512_unpackhi_epi32(r0, r1));
        let (low23, high23) = (_mm512_unpacklo_epi32(r2, r3), _mm512_unpackhi_epi32(r2, r3));
        *quarter = [
            _mm512_unpacklo_epi64(low01, low23),
            _mm512_unpackhi_epi64(low01, low23),
            _mm512_unpacklo_epi64(high01, high23),
            _mm512_unpackhi_epi64(high01, high23),
        ];
    }
    // ...then the quarters among each other: word 4·q + j is made of quarter q of the four vectors j.
    let mut words = [splat(0); 16];
    for j in 0..4 {
        let [v0, v1, v2, v3] = [quarters[0][j], quarters[1][j], quarters[2][j], quarters[3][j]];
        let (even01, odd01) = (_mm512_shuffle_i32x4::<0x88>(v0, v1), _mm512_shuffle_i32x4::<0xdd>(v0, v1));
        let (even23, odd23) = (_mm512_shuffle_i32x4::<0x88>(v2, v3), _mm512_shuffle_i32x4::<0xdd>(v2, v3));
        words[j] = _mm512_shuffle_i32x4::<0x88>(even01, even23);
        words[4 + j] = _mm512_shuffle_i32x4::<0x88>(odd01, odd23);
        words[8 + j] = _mm512_shuffle_i32x4::<0xdd>(even01, even23);
        words[12 + j] = _mm512_shuffle_i32x4::<0xdd>(odd01, odd23);
    }
    words
}
