//! Several blocks at a time: lane i of every vector holds the sum of every eighth (or fourth) block from block i on.
//!
//! Every lane goes by Horner's rule with r^8 (r^4); at the end lane i is multiplied by r^(8−i) and the lanes are added up.
//! Numbers are in five limbs of 26 bits, since the processor multiplies 32 bits by 32 in each 64-bit lane.
//!
//! The steps are written once, as a macro, for vectors of two kinds; a macro, because functions with target features
//! cannot be methods of a trait.

mod avx2;
mod avx512;

use zeroize::{Zeroize, ZeroizeOnDrop};

use super::BLOCK_BYTES;
use super::element::Element;

const MAX_LANES: usize = 8;

/// The numbers of a vector of lanes, limb by limb.
type Limbs = [[u64; MAX_LANES]; 5];

/// Takes whole vectors of blocks into a sum, one vector at least. Gives the five limbs of the new sum, uncarried.
///
/// # Safety
/// The processor has the kernel's features.
type Absorb = unsafe fn(powers: &LanePowers, sum: [u64; 5], blocks: &[[u8; BLOCK_BYTES]]) -> [u64; 5];

#[derive(Clone, Copy)]
pub(super) struct Kernel {
    absorb: Absorb,
    /// Which block of a vector's worth each lane gets: what the cheapest load gives.
    order: &'static [usize],
}

/// The kernels whose processor features are present, the fastest first.
pub(super) fn kernels() -> Vec<Kernel> {
    let mut kernels = Vec::new();
    if is_x86_feature_detected!("avx512f") {
        kernels.push(Kernel { absorb: avx512::absorb, order: &avx512::ORDER });
    }
    if is_x86_feature_detected!("avx2") {
        kernels.push(Kernel { absorb: avx2::absorb, order: &avx2::ORDER });
    }
    kernels
}

/// The powers of r that a kernel needs.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
#[repr(align(64))]
pub(super) struct LanePowers {
    /// r to the number of lanes, and five times that, in every lane.
    step: Limbs,
    step_times_5: Limbs,
    /// r to the number of lanes for the first block, … r itself for the last.
    last: Limbs,
    last_times_5: Limbs,
    #[zeroize(skip)] // a processor's choice, no secret
    kernel: Kernel,
}

impl LanePowers {
    pub(super) fn new(kernel: Kernel, r: Element) -> Self {
        let lanes = kernel.order.len();
        let mut powers = vec![r];
        while powers.len() < lanes {
            powers.push(powers[powers.len() - 1].times(r));
        }
        let mut limbs: Vec<[u64; 5]> = powers.iter().map(|power| power.to_limbs_26()).collect();
        let mut ready =
            Self { step: [[0; 8]; 5], step_times_5: [[0; 8]; 5], last: [[0; 8]; 5], last_times_5: [[0; 8]; 5], kernel };
        for (lane, block) in kernel.order.iter().enumerate() {
            let (step, last) = (limbs[lanes - 1], limbs[lanes - 1 - block]);
            for (limb, (step, last)) in step.into_iter().zip(last).enumerate() {
                (ready.step[limb][lane], ready.step_times_5[limb][lane]) = (step, 5 * step);
                (ready.last[limb][lane], ready.last_times_5[limb][lane]) = (last, 5 * last);
            }
        }
        powers.zeroize();
        limbs.zeroize();
        ready
    }

    pub(super) fn lanes(&self) -> usize {
        self.kernel.order.len()
    }

    /// `blocks` are a multiple of the lanes.
    pub(super) fn absorb(&self, sum: Element, blocks: &[[u8; BLOCK_BYTES]]) -> Element {
        if blocks.is_empty() {
            return sum;
        }
        // SAFETY: `kernels` saw the features.
        Element::from_limbs_26(unsafe { (self.kernel.absorb)(self, sum.to_limbs_26(), blocks) })
    }
}

/// Writes the kernel for one kind of vector. In scope must be: the type `Words` (one 64-bit word for each lane), `LANES`,
/// and the functions `splat`, `load`, `sum_of_lanes`, `load_blocks` (the low and the high halves of a vector of blocks),
/// `add`, `and`, `or`, `multiply` (the low 32 bits), `shift_left`, `shift_right`.
macro_rules! kernel {
    ($features:literal) => {
        /// See [`crate::mac::lanes::Absorb`].
        #[target_feature(enable = $features)]
        pub(super) fn absorb(powers: &LanePowers, sum: [u64; 5], blocks: &[[u8; 16]]) -> [u64; 5] {
            let (vectors, _) = blocks.as_chunks::<LANES>();
            let Some((first, others)) = vectors.split_first() else { return sum };
            // The sum so far belongs to the first block, which the first lane holds.
            let mut lanes = split(first);
            for (lane, limb) in lanes.iter_mut().zip(sum) {
                let mut only_first = [0; 8];
                only_first[0] = limb;
                *lane = add(*lane, load(&only_first));
            }
            for vector in others {
                let product = multiply_limbs(lanes, &powers.step, &powers.step_times_5);
                let message = split(vector);
                let mut sum = product;
                for (limb, message) in sum.iter_mut().zip(message) {
                    *limb = add(*limb, message);
                }
                lanes = carry(sum);
            }
            let product = carry(multiply_limbs(lanes, &powers.last, &powers.last_times_5));
            let [l0, l1, l2, l3, l4] = product;
            [sum_of_lanes(l0), sum_of_lanes(l1), sum_of_lanes(l2), sum_of_lanes(l3), sum_of_lanes(l4)]
        }

        /// Blocks as limbs, the bit at 2^128 set.
        #[target_feature(enable = $features)]
        #[inline]
        fn split(blocks: &[[u8; 16]; LANES]) -> [Words; 5] {
            let low_26 = splat((1 << 26) - 1);
            let (low, high) = load_blocks(blocks);
            [
                and(low, low_26),
                and(shift_right::<26>(low), low_26),
                and(or(shift_right::<52>(low), shift_left::<12>(high)), low_26),
                and(shift_right::<14>(high), low_26),
                or(shift_right::<40>(high), splat(1 << 24)),
            ]
        }

        /// 2^130 = 5, so products of limbs that pass the fifth come back, five times, to the first.
        #[target_feature(enable = $features)]
        #[inline]
        fn multiply_limbs(a: [Words; 5], by: &Limbs, by_times_5: &Limbs) -> [Words; 5] {
            let [a0, a1, a2, a3, a4] = a;
            let [r0, r1, r2, r3, r4] = [load(&by[0]), load(&by[1]), load(&by[2]), load(&by[3]), load(&by[4])];
            let [s1, s2, s3, s4] =
                [load(&by_times_5[1]), load(&by_times_5[2]), load(&by_times_5[3]), load(&by_times_5[4])];
            [
                dot([a0, a1, a2, a3, a4], [r0, s4, s3, s2, s1]),
                dot([a0, a1, a2, a3, a4], [r1, r0, s4, s3, s2]),
                dot([a0, a1, a2, a3, a4], [r2, r1, r0, s4, s3]),
                dot([a0, a1, a2, a3, a4], [r3, r2, r1, r0, s4]),
                dot([a0, a1, a2, a3, a4], [r4, r3, r2, r1, r0]),
            ]
        }

        #[target_feature(enable = $features)]
        #[inline]
        fn dot(a: [Words; 5], b: [Words; 5]) -> Words {
            let (p0, p1, p2) = (multiply(a[0], b[0]), multiply(a[1], b[1]), multiply(a[2], b[2]));
            let (p3, p4) = (multiply(a[3], b[3]), multiply(a[4], b[4]));
            add(add(add(p0, p1), add(p2, p3)), p4)
        }

        /// Brings the limbs back to 26 bits and a little: two chains beside each other, so that neither is long.
        #[target_feature(enable = $features)]
        #[inline]
        fn carry(limbs: [Words; 5]) -> [Words; 5] {
            let [l0, l1, l2, l3, l4] = limbs;
            let low_26 = splat((1 << 26) - 1);
            let (l1, l0) = (add(l1, shift_right::<26>(l0)), and(l0, low_26));
            let (l4, l3) = (add(l4, shift_right::<26>(l3)), and(l3, low_26));
            let (l2, l1) = (add(l2, shift_right::<26>(l1)), and(l1, low_26));
            let (over, l4) = (shift_right::<26>(l4), and(l4, low_26));
            let l0 = add(l0, add(over, shift_left::<2>(over)));
            let (l3, l2) = (add(l3, shift_right::<26>(l2)), and(l2, low_26));
            let (l1, l0) = (add(l1, shift_right::<26>(l0)), and(l0, low_26));
            let (l4, l3) = (add(l4, shift_right::<26>(l3)), and(l3, low_26));
            [l0, l1, l2, l3, l4]
        }
    };
}
use kernel;
