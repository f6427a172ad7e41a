//! One byte at a time.

use crate::tables::{Tables, WINDOW_BYTES};

pub(super) fn first_candidate(tables: &Tables, mask: u64, data: &[u8], first: usize, last: usize) -> Option<usize> {
    let mut fingerprint = tables.fingerprint(&data[first - WINDOW_BYTES..first]);
    if fingerprint & mask == 0 {
        return Some(first);
    }
    let leaving = &data[first - WINDOW_BYTES..last - WINDOW_BYTES];
    let entering = &data[first..last];
    for (i, (&leaves, &enters)) in leaving.iter().zip(entering).enumerate() {
        fingerprint = tables.roll(fingerprint, leaves, enters);
        if fingerprint & mask == 0 {
            return Some(first + i + 1);
        }
    }
    None
}
