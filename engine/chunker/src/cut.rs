//! The rule that turns fingerprints into cuts.
//!
//! restic clears the window at a cut, slides in one byte of value 1, skips to 64 bytes before the smallest length and
//! rolls from there. By the smallest length the 1 has left the window again, so from there on the fingerprint is that of
//! the last 64 bytes alone, whatever came before. The cut falls at the first length, from the smallest on, where the
//! fingerprint's low 20 bits are zero, and at the largest length at the latest.

use crate::polynomial::Polynomial;
use crate::scan::Scanner;

/// Smallest chunk but for the last of a file.
pub const MIN_CHUNK_BYTES: usize = 512 * 1024;
/// Largest chunk.
pub const MAX_CHUNK_BYTES: usize = 8 * 1024 * 1024;
/// A cut falls where this many low bits of the fingerprint are zero: once in a mebibyte of random bytes.
const MASK_BITS: u32 = 20;

/// The tables of one polynomial. Cheap to share (`&Chunker` from any thread), about 6 KiB.
pub struct Chunker {
    scanner: Scanner,
    min_bytes: usize,
    max_bytes: usize,
}

impl Chunker {
    #[must_use]
    pub fn new(polynomial: Polynomial) -> Self {
        Self::with_limits(polynomial, MIN_CHUNK_BYTES, MAX_CHUNK_BYTES, MASK_BITS)
    }

    /// Other limits than restic's, so that tests see many cuts in few bytes. `min_bytes` is a window at least.
    pub(crate) fn with_limits(polynomial: Polynomial, min_bytes: usize, max_bytes: usize, mask_bits: u32) -> Self {
        debug_assert!((crate::tables::WINDOW_BYTES..=max_bytes).contains(&min_bytes));
        Self { scanner: Scanner::new(polynomial, mask_bits), min_bytes, max_bytes }
    }

    /// The length of the chunk at the start of `data`, where `data` begins at a chunk boundary.
    /// `None`: no cut in these bytes and more may follow (`at_end` false, fewer than [`MAX_CHUNK_BYTES`] given).
    /// With `at_end` the rest is the last chunk; `None` then says that there is no rest.
    #[must_use]
    pub fn next_cut(&self, data: &[u8], at_end: bool) -> Option<usize> {
        self.next_cut_from(data, 0, at_end)
    }

    /// Same, continuing a search: the first `scanned` bytes are known to hold no cut (what a `None` for that many bytes
    /// said), so a stream that grows is not scanned twice.
    #[must_use]
    pub fn next_cut_from(&self, data: &[u8], scanned: usize, at_end: bool) -> Option<usize> {
        let last = data.len().min(self.max_bytes);
        let first = self.min_bytes.max(scanned.saturating_add(1));
        if let Some(cut) = self.scanner.first_candidate(data, first, last) {
            return Some(cut);
        }
        if data.len() >= self.max_bytes {
            Some(self.max_bytes)
        } else if at_end && !data.is_empty() {
            Some(data.len())
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::reference::Reference;

    fn lengths(chunker: &Chunker, file: &[u8]) -> Vec<usize> {
        let mut rest = file;
        let mut lengths = Vec::new();
        while let Some(length) = chunker.next_cut(rest, true) {
            lengths.push(length);
            rest = &rest[length..];
        }
        lengths
    }

    fn random(seed: u64, len_bytes: usize) -> Vec<u8> {
        let mut state = seed;
        let next = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 56) as u8
        };
        std::iter::repeat_with(next).take(len_bytes).collect()
    }

    /// Runs of random bytes, of one byte repeated, of a short pattern: everything that files are made of.
    fn file(max_bytes: usize) -> impl Strategy<Value = Vec<u8>> {
        let random = (any::<u64>(), 0..max_bytes).prop_map(|(seed, len)| random(seed, len));
        let constant = (any::<u8>(), 0..max_bytes / 4).prop_map(|(byte, len)| vec![byte; len]);
        let zeros = (0..max_bytes / 8).prop_map(|len| vec![0; len]);
        let pattern = (prop::collection::vec(any::<u8>(), 1..200), 1..max_bytes / 400)
            .prop_map(|(pattern, times)| pattern.repeat(times));
        prop::collection::vec(prop_oneof![4 => random, 1 => constant, 1 => zeros, 1 => pattern], 1..6)
            .prop_map(|parts| parts.concat())
    }

    fn polynomial() -> impl Strategy<Value = Polynomial> {
        any::<u64>().prop_map(|seed| {
            (0u64..)
                .map(|i| seed.wrapping_add(i.wrapping_mul(0x9E37_79B9_7F4A_7C15)) & ((1 << 53) - 1))
                .map(|bits| bits | (1 << 53) | 1)
                .find_map(|bits| Polynomial::new(bits).ok())
                .expect("one odd polynomial in 26 is irreducible")
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

        #[test]
        fn cuts_equal_the_reference(
            polynomial in polynomial(),
            file in file(120_000),
            min_bytes in 64usize..3000,
            more_bytes in prop_oneof![0usize..300, 1000usize..100_000],
            mask_bits in 4u32..16,
        ) {
            let max_bytes = min_bytes + more_bytes;
            let expected = Reference { polynomial, min_bytes, max_bytes, mask_bits }.lengths(&file);
            for (kind, scanner) in Scanner::of_every_kind(polynomial, mask_bits).into_iter().enumerate() {
                let chunker = Chunker { scanner, min_bytes, max_bytes };
                prop_assert_eq!(&lengths(&chunker, &file), &expected, "scanner {}", kind);
            }
        }

        #[test]
        fn a_search_in_steps_finds_what_one_search_finds(
            polynomial in polynomial(),
            file in file(60_000),
            steps in prop::collection::vec(1usize..20_000, 1..20),
            mask_bits in 8u32..18,
        ) {
            let chunker = Chunker::with_limits(polynomial, 500, 50_000, mask_bits);
            let whole = chunker.next_cut(&file, true);
            let (mut scanned, mut steps) = (0, steps.into_iter().cycle());
            let stepwise = loop {
                let given = file.len().min(scanned + steps.next().unwrap_or(1));
                let at_end = given == file.len();
                match chunker.next_cut_from(&file[..given], scanned, at_end) {
                    None if !at_end => scanned = given,
                    found => break found,
                }
            };
            prop_assert_eq!(stepwise, whole);
        }
    }

    #[test]
    fn restics_own_limits_equal_the_reference() {
        let polynomial = Polynomial::new(0x3D_A335_8B4D_C173).expect("irreducible");
        let file = random(7, 20 * MAX_CHUNK_BYTES / 8);
        let reference = Reference { polynomial, min_bytes: MIN_CHUNK_BYTES, max_bytes: MAX_CHUNK_BYTES, mask_bits: 20 };
        let expected = reference.lengths(&file);
        assert!(expected.len() > 5, "too few cuts to prove anything: {expected:?}");
        assert_eq!(lengths(&Chunker::new(polynomial), &file), expected);
    }
}
