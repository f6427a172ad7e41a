//! The search for the first place where the fingerprint of the 64 bytes before it ends in zeros.

#[cfg(target_arch = "x86_64")]
mod lanes;
mod scalar;

use crate::polynomial::Polynomial;
use crate::tables::Tables;

/// Finds candidates for cuts, with the fastest means of this core.
pub(crate) struct Scanner {
    tables: Tables,
    mask: u64,
    #[cfg(target_arch = "x86_64")]
    wide: Option<(lanes::Wide, Box<lanes::PlaneTables>)>,
}

/// Rows of 64 bytes in a segment of the vector search. Every segment first rolls over the row before it, and what lies
/// behind a cut is searched in vain, half of all segments on average: with a cut in a mebibyte, 17 rows are about the
/// least waste. Odd, so that the segments do not all fall into the same cache sets.
#[cfg(target_arch = "x86_64")]
const ROWS: usize = 17;

impl Scanner {
    pub(crate) fn new(polynomial: Polynomial, mask_bits: u32) -> Self {
        let tables = Tables::new(polynomial);
        let mask = (1 << mask_bits) - 1;
        #[cfg(target_arch = "x86_64")]
        let wide = lanes::searches().first().map(|&wide| (wide, Box::new(lanes::PlaneTables::new(&tables, mask))));
        Self {
            tables,
            mask,
            #[cfg(target_arch = "x86_64")]
            wide,
        }
    }

    /// The smallest `end` in `first..=last` where the fingerprint of `data[end − 64..end]` ends in zeros.
    /// `first` is at least 64 and `last` at most `data.len()`; `first > last` is an empty range.
    pub(crate) fn first_candidate(&self, data: &[u8], first: usize, last: usize) -> Option<usize> {
        #[cfg(target_arch = "x86_64")]
        let first = match self.search_wide(data, first, last) {
            Searched::Found(end) => return Some(end),
            Searched::NoneBefore(first) => first,
        };
        self.search_narrow(data, first, last)
    }

    /// The same with every means that runs here, for tests: other cores choose other ones.
    #[cfg(test)]
    pub(crate) fn of_every_kind(polynomial: Polynomial, mask_bits: u32) -> Vec<Self> {
        let plain = || Self {
            tables: Tables::new(polynomial),
            mask: (1 << mask_bits) - 1,
            #[cfg(target_arch = "x86_64")]
            wide: None,
        };
        let mut scanners = vec![plain()];
        #[cfg(target_arch = "x86_64")]
        for wide in lanes::searches() {
            let mut scanner = plain();
            let tables = lanes::PlaneTables::new(&scanner.tables, scanner.mask);
            scanner.wide = Some((wide, Box::new(tables)));
            scanners.push(scanner);
        }
        scanners
    }

    fn search_narrow(&self, data: &[u8], first: usize, last: usize) -> Option<usize> {
        if first > last { None } else { scalar::first_candidate(&self.tables, self.mask, data, first, last) }
    }

    /// Searches as much of the range as fills the vectors.
    #[cfg(target_arch = "x86_64")]
    fn search_wide(&self, data: &[u8], mut first: usize, last: usize) -> Searched {
        use crate::tables::WINDOW_BYTES;
        if first > last {
            return Searched::NoneBefore(first);
        }
        assert!(first >= WINDOW_BYTES && last <= data.len(), "{first}..={last} of {} bytes", data.len());
        let Some((wide, tables)) = &self.wide else { return Searched::NoneBefore(first) };
        if first == WINDOW_BYTES {
            // The vector search rolls each first window on by a byte, so it needs 65 bytes.
            if let Some(end) = self.search_narrow(data, first, last.min(first)) {
                return Searched::Found(end);
            }
            first += 1;
        }
        loop {
            let rows = (last + 1).saturating_sub(first) / (wide.lanes * lanes::ROW_BYTES);
            let rows = if rows.is_multiple_of(2) { rows.saturating_sub(1) } else { rows }.min(ROWS);
            if rows == 0 {
                return Searched::NoneBefore(first);
            }
            let segment_bytes = rows * lanes::ROW_BYTES;
            let start = data[first - 1 - WINDOW_BYTES..][WINDOW_BYTES..].as_ptr();
            // SAFETY: `lanes::searches` saw the features. The 64 bytes before `start` were just sliced. The segments end
            // at first − 1 + lanes·rows·64, which is at most `last`, and so at most the data's end.
            if let Some(hit) = unsafe { (wide.search)(tables, start, rows) } {
                let row_first = first + hit.lane * segment_bytes + hit.row * lanes::ROW_BYTES;
                let found = self.search_narrow(data, row_first, row_first + lanes::ROW_BYTES - 1);
                return Searched::Found(found.expect("a row with a hit has a candidate"));
            }
            first += wide.lanes * segment_bytes;
        }
    }
}

/// What a search over part of a range says.
#[cfg(target_arch = "x86_64")]
enum Searched {
    Found(usize),
    /// Nothing before this place; from there on nobody looked.
    NoneBefore(usize),
}
