//! The search for the first place where the fingerprint of the 64 bytes before it ends in zeros.

mod scalar;

use crate::polynomial::Polynomial;
use crate::tables::Tables;

/// Finds candidates for cuts, with the fastest means of this core.
pub(crate) struct Scanner {
    tables: Tables,
    mask: u64,
}

impl Scanner {
    pub(crate) fn new(polynomial: Polynomial, mask_bits: u32) -> Self {
        Self { tables: Tables::new(polynomial), mask: (1 << mask_bits) - 1 }
    }

    /// The smallest `end` in `first..=last` where the fingerprint of `data[end − 64..end]` ends in zeros.
    /// `first` is at least 64 and `last` at most `data.len()`; `first > last` is an empty range.
    pub(crate) fn first_candidate(&self, data: &[u8], first: usize, last: usize) -> Option<usize> {
        if first > last {
            return None;
        }
        scalar::first_candidate(&self.tables, self.mask, data, first, last)
    }
}
