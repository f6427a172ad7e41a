//! Numbers modulo 2^130 − 5, in limbs of 44, 44 and 42 bits.

use zeroize::Zeroize;

const LOW_44: u64 = (1 << 44) - 1;
const LOW_42: u64 = (1 << 42) - 1;
#[cfg(target_arch = "x86_64")]
const LOW_26: u64 = (1 << 26) - 1;

/// A number modulo 2^130 − 5. The limbs may exceed their bits a little between operations.
#[derive(Clone, Copy, Zeroize)]
pub(super) struct Element([u64; 3]);

impl Element {
    pub(super) const ZERO: Self = Self([0; 3]);

    /// A 16-byte number, and `high_bit` at 2^128.
    fn from_block(block: &[u8; 16], high_bit: u64) -> Self {
        let number = u128::from_le_bytes(*block);
        let limb = |shift: u32| (number >> shift) as u64 & LOW_44;
        Self([limb(0), limb(44), limb(88) | high_bit << 40])
    }

    /// The MAC's r: some bits are always taken as zero.
    pub(super) fn clamped(r: &[u8; 16]) -> Self {
        let clamped = u128::from_le_bytes(*r) & 0x0fff_fffc_0fff_fffc_0fff_fffc_0fff_ffff;
        Self::from_block(&clamped.to_le_bytes(), 0)
    }

    fn plus(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] + other.0[i]))
    }

    /// The product, carried far enough for more sums and products.
    pub(super) fn times(self, other: Self) -> Self {
        let [a0, a1, a2] = self.0.map(u128::from);
        let [b0, b1, b2] = other.0.map(u128::from);
        // 2^132 = 20 (mod 2^130 − 5): what passes the third limb comes back to the first.
        let d0 = a0 * b0 + 20 * (a1 * b2 + a2 * b1);
        let d1 = a0 * b1 + a1 * b0 + 20 * (a2 * b2);
        let d2 = a0 * b2 + a1 * b1 + a2 * b0;
        let d1 = d1 + (d0 >> 44);
        let d2 = d2 + (d1 >> 44);
        let h0 = (d0 as u64 & LOW_44) + 5 * (d2 >> 42) as u64;
        let h1 = (d1 as u64 & LOW_44) + (h0 >> 44);
        Self([h0 & LOW_44, h1, d2 as u64 & LOW_42])
    }

    /// Horner's rule for whole blocks: for each, add and multiply by r.
    pub(super) fn absorb(self, blocks: &[[u8; 16]], r: Self) -> Self {
        blocks.iter().fold(self, |sum, block| sum.plus(Self::from_block(block, 1)).times(r))
    }

    /// The same for the rest of a message, fewer than 16 bytes: a 1 byte ends it instead of the bit at 2^128.
    pub(super) fn absorb_last(self, rest: &[u8], r: Self) -> Self {
        let mut block = [0; 16];
        block[..rest.len()].copy_from_slice(rest);
        block[rest.len()] = 1;
        self.plus(Self::from_block(&block, 0)).times(r)
    }

    /// The number reduced fully, plus s, modulo 2^128.
    pub(super) fn finish(self, s: u128) -> u128 {
        let mut h = self.0;
        // Twice: the first pass may leave a carry from what comes back to the first limb.
        for _ in 0..2 {
            h[1] += h[0] >> 44;
            h[0] &= LOW_44;
            h[2] += h[1] >> 44;
            h[1] &= LOW_44;
            h[0] += 5 * (h[2] >> 42);
            h[2] &= LOW_42;
        }
        h[1] += h[0] >> 44;
        h[0] &= LOW_44;
        // The number minus 2^130 − 5, if that is not negative; chosen without a branch.
        let g0 = h[0] + 5;
        let g1 = h[1] + (g0 >> 44);
        let g2 = h[2] + (g1 >> 44);
        let reduced = 0u64.wrapping_sub(g2 >> 42);
        let pick = |from: u64, other: u64| (other & LOW_44 & reduced) | (from & !reduced);
        let (h0, h1, h2) = (pick(h[0], g0), pick(h[1], g1), pick(h[2], g2 & LOW_42));
        let number = u128::from(h0) | u128::from(h1) << 44 | u128::from(h2) << 88;
        number.wrapping_add(s)
    }
}

#[cfg(target_arch = "x86_64")]
impl Element {
    /// In five limbs of 26 bits, as the vector kernels take them; the last may be larger.
    pub(super) fn to_limbs_26(self) -> [u64; 5] {
        let [h0, h1, h2] = self.0;
        let h1 = h1 + (h0 >> 44);
        let (h0, h2) = (h0 & LOW_44, h2 + (h1 >> 44));
        let h1 = h1 & LOW_44;
        let low = h0 | h1 << 44;
        let high = h1 >> 20 | h2 << 24;
        [low & LOW_26, low >> 26 & LOW_26, (low >> 52 | high << 12) & LOW_26, high >> 14 & LOW_26, h2 >> 16]
    }

    /// From five limbs of 26 bits that may be as large as 2^40.
    pub(super) fn from_limbs_26(limbs: [u64; 5]) -> Self {
        let [mut l0, mut l1, mut l2, mut l3, mut l4] = limbs;
        for _ in 0..2 {
            l1 += l0 >> 26;
            l2 += l1 >> 26;
            l3 += l2 >> 26;
            l4 += l3 >> 26;
            (l1, l2, l3) = (l1 & LOW_26, l2 & LOW_26, l3 & LOW_26);
            l0 = (l0 & LOW_26) + 5 * (l4 >> 26);
            l4 &= LOW_26;
        }
        // l0 may now be a little above 26 bits, which the sums below carry.
        let low = u128::from(l0) + (u128::from(l1) << 26) + (u128::from(l2) << 52) + (u128::from(l3) << 78);
        let h2 = (low >> 88) as u64 + (l4 << 16);
        Self([low as u64 & LOW_44, (low >> 44) as u64 & LOW_44, h2])
    }
}
