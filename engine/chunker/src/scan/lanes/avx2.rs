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
unsafe fn load_16_columns(columns: &mut [Bytes; 16], start: *const u8, stride_bytes: usize) {
    // SAFETY: the caller vouches for all places.
    let part = |lane: usize| unsafe { _mm_loadu_si128(start.wrapping_add(lane * stride_bytes).cast()) };
    let rows = |i: usize| _mm256_set_m128i(part(16 + i), part(i));
    // Written out, since the compiler must see every index to keep the vectors in registers.
    #[rustfmt::skip]
    let vectors = [
        rows(0), rows(1), rows(2), rows(3), rows(4), rows(5), rows(6), rows(7),
        rows(8), rows(9), rows(10), rows(11), rows(12), rows(13), rows(14), rows(15),
    ];
    *columns = perfect_shuffle(perfect_shuffle(perfect_shuffle(perfect_shuffle(vectors))));
}

/// Moves the highest bit of each byte's row number to the lowest of its column number, inside each 16-byte part. Four of
/// these transpose 16×16 bytes.
#[target_feature(enable = "avx2")]
#[inline]
fn perfect_shuffle(v: [Bytes; 16]) -> [Bytes; 16] {
    let low = |a, b| _mm256_unpacklo_epi8(a, b);
    let high = |a, b| _mm256_unpackhi_epi8(a, b);
    #[rustfmt::skip]
    let shuffled = [
        low(v[0], v[8]), high(v[0], v[8]), low(v[1], v[9]), high(v[1], v[9]),
        low(v[2], v[10]), high(v[2], v[10]), low(v[3], v[11]), high(v[3], v[11]),
        low(v[4], v[12]), high(v[4], v[12]), low(v[5], v[13]), high(v[5], v[13]),
        low(v[6], v[14]), high(v[6], v[14]), low(v[7], v[15]), high(v[7], v[15]),
    ];
    shuffled
}
