//! The look-up tables of one polynomial.

use crate::polynomial::{DEGREE, Polynomial};

/// The bytes that a fingerprint covers.
pub(crate) const WINDOW_BYTES: usize = 64;

/// What rolling the window by a byte takes. A fingerprint is the window read as a polynomial, the first byte highest,
/// reduced: 53 bits.
pub(crate) struct Tables {
    /// By the byte that leaves: its share of the fingerprint after the shift, `byte·x^(8·64)`.
    pub(crate) leave: [u64; 256],
    /// By the eight bits that a shift moves to x^53 and above: those bits, and what they reduce to.
    pub(crate) reduce: [u64; 256],
}

impl Tables {
    pub(crate) fn new(polynomial: Polynomial) -> Self {
        let mut leave = [0; 256];
        let mut reduce = [0; 256];
        for byte in 0..=255u8 {
            let value = u64::from(byte);
            leave[usize::from(byte)] = (0..WINDOW_BYTES).fold(value, |sum, _| polynomial.shift_byte(sum));
            let high = value << DEGREE;
            // byte·x^53 mod P = (byte·x^45)·x^8 mod P, where byte·x^45 is already reduced.
            reduce[usize::from(byte)] = high | polynomial.shift_byte(value << (DEGREE - 8));
        }
        Self { leave, reduce }
    }

    /// Moves a window's fingerprint on: `enters` behind it, `leaves` from its front.
    #[inline(always)]
    pub(crate) fn roll(&self, fingerprint: u64, leaves: u8, enters: u8) -> u64 {
        // All of it is linear, so the leaving byte is taken out after the shift, where the chain does not wait for it.
        let reduce = self.reduce[usize::from((fingerprint >> (DEGREE - 8)) as u8)];
        (fingerprint << 8 | u64::from(enters)) ^ self.leave[usize::from(leaves)] ^ reduce
    }

    /// The fingerprint of a whole window.
    pub(crate) fn fingerprint(&self, window: &[u8]) -> u64 {
        window.iter().fold(0, |sum, &byte| self.roll(sum, 0, byte))
    }
}
