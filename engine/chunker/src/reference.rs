//! A slow chunker that follows the rule word by word: the oracle of the tests.

use crate::polynomial::Polynomial;

pub(crate) struct Reference {
    pub(crate) polynomial: Polynomial,
    pub(crate) min_bytes: usize,
    pub(crate) max_bytes: usize,
    pub(crate) mask_bits: u32,
}

impl Reference {
    /// The lengths of all chunks of a file.
    pub(crate) fn lengths(&self, file: &[u8]) -> Vec<usize> {
        // By the byte that leaves: its share of the fingerprint, 63 bytes after it entered.
        let share = |byte| (0..63).fold(byte, |sum, _| self.polynomial.shift_byte(sum));
        let leave: Vec<u64> = (0..256).map(share).collect();
        let mut lengths = Vec::new();
        let mut rest = file;
        while !rest.is_empty() {
            let length = self.first_length(rest, &leave);
            lengths.push(length);
            rest = &rest[length..];
        }
        lengths
    }

    fn first_length(&self, data: &[u8], leave: &[u64]) -> usize {
        let mut window = [0; 64];
        window[0] = 1;
        let mut next = 1;
        let mut fingerprint = 1;
        for (index, &byte) in data.iter().enumerate().skip(self.min_bytes - 64) {
            let left = std::mem::replace(&mut window[next], byte);
            next = (next + 1) % 64;
            fingerprint ^= leave[usize::from(left)];
            fingerprint = self.polynomial.shift_byte(fingerprint) ^ u64::from(byte);
            let length = index + 1;
            let low_bits_are_zero = fingerprint.trailing_zeros() >= self.mask_bits;
            if length >= self.min_bytes && (low_bits_are_zero || length == self.max_bytes) {
                return length;
            }
        }
        data.len()
    }
}
