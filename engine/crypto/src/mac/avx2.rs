//! Four blocks at a time: lane i of every vector holds the sum of every fourth block from block i on.
//!
//! Every lane goes by Horner's rule with r^4; at the end lane i is multiplied by r^(4−i) and the lanes are added up.
//! Numbers are in five limbs of 26 bits, since the processor multiplies 32 bits by 32 in each 64-bit lane.
//!
//! 256-bit vectors also where there are 512-bit ones: multiplying in those makes several generations of Xeons lower their
//! clock by a quarter for everything that runs beside, and encryption costs twice what this does.

use std::arch::x86_64::*;

use zeroize::{Zeroize, ZeroizeOnDrop};

use super::BLOCK_BYTES;
use super::element::Element;

pub(super) const LANES: usize = 4;
/// Which block each lane gets: what interleaving the halves of two vectors of blocks gives.
const ORDER: [usize; LANES] = [0, 2, 1, 3];

type Words = __m256i;
/// The numbers of all lanes, limb by limb.
type Limbs = [[u64; LANES]; 5];

/// A factor for each lane, and five times that.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
struct Factors {
    once: Limbs,
    times_5: Limbs,
}

/// The powers of r, where the core has AVX2.
#[derive(Clone)]
pub(super) struct LanePowers {
    /// r^4 in every lane.
    step: Factors,
    /// r^4 for the first block, … r itself for the last.
    last: Factors,
}

impl LanePowers {
    pub(super) fn new(r: Element) -> Option<Self> {
        if !is_x86_feature_detected!("avx2") {
            return None;
        }
        let mut powers = [r; LANES];
        for i in 1..LANES {
            powers[i] = powers[i - 1].times(r);
        }
        let highest = LANES - 1;
        let ready = Self {
            step: Factors::new([powers[highest]; LANES]),
            last: Factors::new(ORDER.map(|block| powers[highest - block])),
        };
        powers.zeroize();
        Some(ready)
    }

    /// Takes in blocks, a multiple of [`LANES`].
    pub(super) fn absorb(&self, sum: Element, blocks: &[[u8; BLOCK_BYTES]]) -> Element {
        let (vectors, rest) = blocks.as_chunks();
        debug_assert!(rest.is_empty(), "{} blocks are left over", rest.len());
        let Some((first, others)) = vectors.split_first() else { return sum };
        // SAFETY: a `LanePowers` is made only where the core has AVX2.
        Element::from_limbs_26(unsafe { absorb(self, sum.to_limbs_26(), first, others) })
    }
}

impl Factors {
    fn new(lanes: [Element; LANES]) -> Self {
        let mut factors = Self { once: [[0; LANES]; 5], times_5: [[0; LANES]; 5] };
        for (lane, mut limbs) in lanes.map(Element::to_limbs_26).into_iter().enumerate() {
            for (i, limb) in limbs.into_iter().enumerate() {
                (factors.once[i][lane], factors.times_5[i][lane]) = (limb, 5 * limb);
            }
            limbs.zeroize();
        }
        factors
    }
}

/// The five limbs of the new sum, uncarried.
#[target_feature(enable = "avx2")]
fn absorb(
    powers: &LanePowers,
    sum: [u64; 5],
    first: &[[u8; BLOCK_BYTES]; LANES],
    others: &[[[u8; BLOCK_BYTES]; LANES]],
) -> [u64; 5] {
    // The sum so far belongs to the first block, which the first lane holds.
    let mut sums = split(first);
    for (lanes, limb) in sums.iter_mut().zip(sum) {
        *lanes = _mm256_add_epi64(*lanes, _mm256_set_epi64x(0, 0, 0, limb.cast_signed()));
    }
    for vector in others {
        // Carried here and not at the end, so that the compiler sees beside the products that their factors fit 32 bits;
        // it multiplies by 64 otherwise, at three times the cost.
        sums = multiply(carry(sums), &powers.step);
        for (limb, message) in sums.iter_mut().zip(split(vector)) {
            *limb = _mm256_add_epi64(*limb, message);
        }
    }
    let mut limbs = [0; 5];
    for (limb, lanes) in limbs.iter_mut().zip(carry(multiply(carry(sums), &powers.last))) {
        let mut words = [0u64; LANES];
        // SAFETY: four words are one vector long.
        unsafe { _mm256_storeu_si256(words.as_mut_ptr().cast(), lanes) };
        *limb = words.iter().sum();
    }
    limbs
}

/// Blocks as limbs, the bit at 2^128 set.
#[target_feature(enable = "avx2")]
#[inline]
fn split(blocks: &[[u8; BLOCK_BYTES]; LANES]) -> [Words; 5] {
    let [first, second] = [load(&blocks[..2]), load(&blocks[2..])];
    let (low, high) = (_mm256_unpacklo_epi64(first, second), _mm256_unpackhi_epi64(first, second));
    let low_26 = |a| _mm256_and_si256(a, _mm256_set1_epi64x((1 << 26) - 1));
    [
        low_26(low),
        low_26(_mm256_srli_epi64::<26>(low)),
        low_26(_mm256_or_si256(_mm256_srli_epi64::<52>(low), _mm256_slli_epi64::<12>(high))),
        low_26(_mm256_srli_epi64::<14>(high)),
        _mm256_or_si256(_mm256_srli_epi64::<40>(high), _mm256_set1_epi64x(1 << 24)),
    ]
}

#[target_feature(enable = "avx2")]
#[inline]
fn load(two_blocks: &[[u8; BLOCK_BYTES]]) -> Words {
    let bytes = &two_blocks.as_flattened()[..32];
    // SAFETY: these are 32 bytes.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}

/// 2^130 = 5, so products of limbs that pass the fifth come back, five times, to the first.
#[target_feature(enable = "avx2")]
#[inline]
fn multiply(a: [Words; 5], by: &Factors) -> [Words; 5] {
    // SAFETY: four words are one vector long.
    let limb = |words: &[u64; LANES]| unsafe { _mm256_loadu_si256(words.as_ptr().cast()) };
    let [r0, r1, r2, r3, r4] =
        [limb(&by.once[0]), limb(&by.once[1]), limb(&by.once[2]), limb(&by.once[3]), limb(&by.once[4])];
    let [s1, s2, s3, s4] = [limb(&by.times_5[1]), limb(&by.times_5[2]), limb(&by.times_5[3]), limb(&by.times_5[4])];
    [
        dot(a, [r0, s4, s3, s2, s1]),
        dot(a, [r1, r0, s4, s3, s2]),
        dot(a, [r2, r1, r0, s4, s3]),
        dot(a, [r3, r2, r1, r0, s4]),
        dot(a, [r4, r3, r2, r1, r0]),
    ]
}

#[target_feature(enable = "avx2")]
#[inline]
fn dot(a: [Words; 5], b: [Words; 5]) -> Words {
    let (p0, p1) = (_mm256_mul_epu32(a[0], b[0]), _mm256_mul_epu32(a[1], b[1]));
    let (p2, p3) = (_mm256_mul_epu32(a[2], b[2]), _mm256_mul_epu32(a[3], b[3]));
    let four = _mm256_add_epi64(_mm256_add_epi64(p0, p1), _mm256_add_epi64(p2, p3));
    _mm256_add_epi64(four, _mm256_mul_epu32(a[4], b[4]))
}

/// Brings the limbs back to 26 bits and a little: two chains beside each other, so that neither is long.
#[target_feature(enable = "avx2")]
#[inline]
fn carry(limbs: [Words; 5]) -> [Words; 5] {
    let [l0, l1, l2, l3, l4] = limbs;
    let above = |a| _mm256_srli_epi64::<26>(a);
    let below = |a| _mm256_and_si256(a, _mm256_set1_epi64x((1 << 26) - 1));
    let add = |a, b| _mm256_add_epi64(a, b);
    let (l1, l0) = (add(l1, above(l0)), below(l0));
    let (l4, l3) = (add(l4, above(l3)), below(l3));
    let (l2, l1) = (add(l2, above(l1)), below(l1));
    let (over, l4) = (above(l4), below(l4));
    let l0 = add(l0, add(over, _mm256_slli_epi64::<2>(over)));
    let (l3, l2) = (add(l3, above(l2)), below(l2));
    let (l1, l0) = (add(l1, above(l0)), below(l0));
    let (l4, l3) = (add(l4, above(l3)), below(l3));
    [l0, l1, l2, l3, l4]
}
