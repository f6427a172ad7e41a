//! One byte after another, in several segments at once.
//!
//! Rolling a fingerprint waits for a table for each byte. Segments do not wait for each other, so four are searched in
//! turns.

use crate::tables::{Tables, WINDOW_BYTES};

const SEGMENTS: usize = 4;
/// What lies behind a cut is searched in vain, so not more than this for each segment.
const MAX_SEGMENT_BYTES: usize = 16 * 1024;
/// Below this, warming up three more windows costs more than it gains.
const MIN_SEGMENT_BYTES: usize = 256;

pub(super) fn first_candidate(tables: &Tables, mask: u64, data: &[u8], mut first: usize, last: usize) -> Option<usize> {
    loop {
        let segment_bytes = ((last + 1 - first) / SEGMENTS).min(MAX_SEGMENT_BYTES);
        if segment_bytes < MIN_SEGMENT_BYTES {
            return one_segment(tables, mask, data, first, last);
        }
        if let Some(end) = four_segments(tables, mask, data, first, segment_bytes) {
            return Some(end);
        }
        first += SEGMENTS * segment_bytes;
        if first > last {
            return None;
        }
    }
}

fn one_segment(tables: &Tables, mask: u64, data: &[u8], first: usize, last: usize) -> Option<usize> {
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

/// Searches the ends from `first` on in four segments. A hit in one shortens the search to the segments before it.
fn four_segments(tables: &Tables, mask: u64, data: &[u8], first: usize, segment_bytes: usize) -> Option<usize> {
    let starts: [usize; SEGMENTS] = std::array::from_fn(|i| first + i * segment_bytes);
    // Each segment's bytes from its first window on; the last byte of the last end is the last one.
    let [a, b, c, d] = starts.map(|start| &data[start - WINDOW_BYTES..start + segment_bytes - 1]);
    let mut fingerprints = [a, b, c, d].map(|bytes| tables.fingerprint(&bytes[..WINDOW_BYTES]));
    let mut hits = [None; SEGMENTS];
    for i in 0..segment_bytes {
        if fingerprints.iter().any(|fingerprint| fingerprint & mask == 0) {
            for (hit, fingerprint) in hits.iter_mut().zip(fingerprints) {
                if fingerprint & mask == 0 {
                    hit.get_or_insert(i);
                }
            }
            if hits[0].is_some() {
                break;
            }
        }
        let next = i + WINDOW_BYTES;
        if next < a.len() {
            fingerprints[0] = tables.roll(fingerprints[0], a[i], a[next]);
            fingerprints[1] = tables.roll(fingerprints[1], b[i], b[next]);
            fingerprints[2] = tables.roll(fingerprints[2], c[i], c[next]);
            fingerprints[3] = tables.roll(fingerprints[3], d[i], d[next]);
        }
    }
    starts.into_iter().zip(hits).find_map(|(start, hit)| Some(start + hit?))
}
