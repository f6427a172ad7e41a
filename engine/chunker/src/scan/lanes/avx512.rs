//! 64 segments: 512-bit vectors.

use std::arch::x86_64::*;

use super::{Halves, Hit, PLANES, PlaneTables, ROW_BYTES, SHIFT_BITS, Shuffle};

type Bytes = __m512i;
const LANES: usize = 64;

super::search!("avx512f,avx512bw");

#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
fn splat(byte: u8) -> Bytes {
    _mm512_set1_epi8(byte.cast_signed())
}

#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
fn load(shuffle: &Shuffle) -> Bytes {
    // SAFETY: 64 aligned bytes.
    unsafe { _mm512_load_si512((&raw const shuffle.0).cast()) }
}

/// By each half-byte, the table's answer.
#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
fn look_up(table: Bytes, halves: Bytes) -> Bytes {
    _mm512_shuffle_epi8(table, halves)
}

#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
fn shift_left_3(a: Bytes) -> Bytes {
    _mm512_slli_epi16::<3>(a)
}

#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
fn shift_right_4(a: Bytes) -> Bytes {
    _mm512_srli_epi16::<4>(a)
}

#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
fn shift_right_5(a: Bytes) -> Bytes {
    _mm512_srli_epi16::<5>(a)
}

#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
fn and(a: Bytes, b: Bytes) -> Bytes {
    _mm512_and_si512(a, b)
}

#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
fn xor(a: Bytes, b: Bytes) -> Bytes {
    _mm512_xor_si512(a, b)
}

// The constants are truth tables: bit 4·a + 2·b + c is the result for those operand bits.

#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
fn xor3(a: Bytes, b: Bytes, c: Bytes) -> Bytes {
    _mm512_ternarylogic_epi32::<0x96>(a, b, c)
}

#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
fn xor_and(a: Bytes, b: Bytes, c: Bytes) -> Bytes {
    _mm512_ternarylogic_epi32::<0x78>(a, b, c)
}

#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
fn or_and(a: Bytes, b: Bytes, c: Bytes) -> Bytes {
    _mm512_ternarylogic_epi32::<0xf8>(a, b, c)
}

#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
fn min(a: Bytes, b: Bytes) -> Bytes {
    _mm512_min_epu8(a, b)
}

/// One bit for each lane, set where it is zero.
#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
fn zero_lanes(a: Bytes) -> u64 {
    _mm512_testn_epi8_mask(a, a)
}

/// # Safety
/// 16 bytes are readable at `start` and at every multiple of `stride_bytes` behind it, [`LANES`] places in all.
#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
unsafe fn load_16_columns(start: *const u8, stride_bytes: usize) -> [Bytes; 16] {
    let mut vectors = [splat(0); 16];
    for (i, vector) in vectors.iter_mut().enumerate() {
        // SAFETY: the caller vouches for all places.
        let part = |lane: usize| unsafe { _mm_loadu_si128(start.wrapping_add(lane * stride_bytes).cast()) };
        let two = _mm512_inserti32x4::<1>(_mm512_castsi128_si512(part(i)), part(16 + i));
        *vector = _mm512_inserti32x4::<3>(_mm512_inserti32x4::<2>(two, part(32 + i)), part(48 + i));
    }
    // A perfect shuffle, four times: each moves the highest bit of a byte's row number to the lowest of its column number.
    for _ in 0..4 {
        let before = vectors;
        for i in 0..8 {
            vectors[2 * i] = _mm512_unpacklo_epi8(before[i], before[i + 8]);
            vectors[2 * i + 1] = _mm512_unpackhi_epi8(before[i], before[i + 8]);
        }
    }
    vectors
}
