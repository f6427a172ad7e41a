//! 32 segments: 256-bit vectors.

use std::arch::x86_64::*;

use super::{Halves, Hit, PLANES, PlaneTables, ROW_BYTES, SHIFT_BITS, Shuffle};

type Bytes = __m256i;
const LANES: usize = 32;

super::search!("avx2");

#[target_feature(enable = "avx2")]
#[inline]
fn splat(byte: u8) -> Bytes {
    _mm256_set1_epi8(byte.cast_signed())
}

#[target_feature(enable = "avx2")]
#[inline]
fn load(shuffle: &Shuffle) -> Bytes {
    // SAFETY: 32 of 64 aligned bytes.
    unsafe { _mm256_load_si256((&raw const shuffle.0).cast()) }
}

/// By each half-byte, the table's answer.
#[target_feature(enable = "avx2")]
#[inline]
fn look_up(table: Bytes, halves: Bytes) -> Bytes {
    _mm256_shuffle_epi8(table, halves)
}

#[target_feature(enable = "avx2")]
#[inline]
fn shift_left_3(a: Bytes) -> Bytes {
    _mm256_slli_epi16::<3>(a)
}

#[target_feature(enable = "avx2")]
#[inline]
fn shift_right_4(a: Bytes) -> Bytes {
    _mm256_srli_epi16::<4>(a)
}

#[target_feature(enable = "avx2")]
#[inline]
fn shift_right_5(a: Bytes) -> Bytes {
    _mm256_srli_epi16::<5>(a)
}

#[target_feature(enable = "avx2")]
#[inline]
fn and(a: Bytes, b: Bytes) -> Bytes {
    _mm256_and_si256(a, b)
}

#[target_feature(enable = "avx2")]
#[inline]
fn xor(a: Bytes, b: Bytes) -> Bytes {
    _mm256_xor_si256(a, b)
}

#[target_feature(enable = "avx2")]
#[inline]
fn xor3(a: Bytes, b: Bytes, c: Bytes) -> Bytes {
    xor(xor(a, b), c)
}

#[target_feature(enable = "avx2")]
#[inline]
fn xor_and(a: Bytes, b: Bytes, c: Bytes) -> Bytes {
    xor(a, and(b, c))
}

#[target_feature(enable = "avx2")]
#[inline]
fn or_and(a: Bytes, b: Bytes, c: Bytes) -> Bytes {
    _mm256_or_si256(a, and(b, c))
}

#[target_feature(enable = "avx2")]
#[inline]
fn min(a: Bytes, b: Bytes) -> Bytes {
    _mm256_min_epu8(a, b)
}

/// One bit for each lane, set where it is zero.
#[target_feature(enable = "avx2")]
#[inline]
fn zero_lanes(a: Bytes) -> u32 {
    _mm256_movemask_epi8(_mm256_cmpeq_epi8(a, splat(0))).cast_unsigned()
}

/// # Safety
/// 16 bytes are readable at `start` and at every multiple of `stride_bytes` behind it, [`LANES`] places in all.
#[target_feature(enable = "avx2")]
#[inline]
unsafe fn load_16_columns(start: *const u8, stride_bytes: usize) -> [Bytes; 16] {
    let mut vectors = [splat(0); 16];
    for (i, vector) in vectors.iter_mut().enumerate() {
        // SAFETY: the caller vouches for all places.
        let part = |lane: usize| unsafe { _mm_loadu_si128(start.wrapping_add(lane * stride_bytes).cast()) };
        *vector = _mm256_set_m128i(part(16 + i), part(i));
    }
    // A perfect shuffle, four times: each moves the highest bit of a byte's row number to the lowest of its column number.
    for _ in 0..4 {
        let before = vectors;
        for i in 0..8 {
            vectors[2 * i] = _mm256_unpacklo_epi8(before[i], before[i + 8]);
            vectors[2 * i + 1] = _mm256_unpackhi_epi8(before[i], before[i + 8]);
        }
    }
    vectors
}
