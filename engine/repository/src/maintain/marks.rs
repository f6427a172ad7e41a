//! One bit per blob of the index: what has been reached.

use std::sync::atomic::{AtomicU64, Ordering};

/// Bits that several threads set. 12.5 MB for 100 million blobs.
pub(crate) struct Marks {
    words: Vec<AtomicU64>,
}

impl Marks {
    pub(crate) fn new(bits: u64) -> Self {
        let words = usize::try_from(bits.div_ceil(64)).expect("a bitmap that fits into memory");
        Self { words: std::iter::repeat_with(AtomicU64::default).take(words).collect() }
    }

    /// Sets the bit; true where it was not set before.
    pub(crate) fn set(&self, bit: u64) -> bool {
        let mask = 1 << (bit % 64);
        self.word(bit).fetch_or(mask, Ordering::Relaxed) & mask == 0
    }

    pub(crate) fn is_set(&self, bit: u64) -> bool {
        self.word(bit).load(Ordering::Relaxed) & (1 << (bit % 64)) != 0
    }

    fn word(&self, bit: u64) -> &AtomicU64 {
        &self.words[usize::try_from(bit / 64).expect("a bit of this bitmap")]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bit_is_new_once() {
        let marks = Marks::new(130);
        for bit in [0, 63, 64, 129] {
            assert!(!marks.is_set(bit), "bit {bit}");
            assert!(marks.set(bit) && !marks.set(bit) && marks.is_set(bit), "bit {bit}");
        }
        assert!(!marks.is_set(1));
    }
}
