//! What is stored compressed, what as it is, and that the look before never costs what compressing would have gained.

use proptest::prelude::*;
use rempart_format::{BlobKind, Compression, Compressor, FormatError, decompress_into, is_incompressible};

/// xorshift64*: deterministic, and as good as random to zstd.
fn random(len: usize, seed: u64) -> Vec<u8> {
    let mut state = seed | 1;
    let mut next = || {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        state.wrapping_mul(0x2545_f491_4f6c_dd1d)
    };
    let mut bytes: Vec<u8> = (0..len.div_ceil(8)).flat_map(|_| next().to_le_bytes()).collect();
    bytes.truncate(len);
    bytes
}

fn text(len: usize) -> Vec<u8> {
    (0..)
        .flat_map(|line: u32| format!("line {} says {}\n", line, line.wrapping_mul(2_654_435_761)).into_bytes())
        .take(len)
        .collect()
}

fn stored(compression: Compression, kind: BlobKind, blob: &[u8]) -> (usize, bool) {
    let mut scratch = Vec::new();
    let stored = Compressor::new(compression).unwrap().store(kind, blob, &mut scratch).unwrap();
    let mut plaintext = Vec::new();
    if let Some(len) = stored.uncompressed_bytes {
        decompress_into(stored.payload, len.get(), &mut plaintext).unwrap();
        assert!(plaintext == blob, "{compression}: another plaintext came back");
    }
    (stored.payload.len(), stored.uncompressed_bytes.is_some())
}

#[test]
fn data_is_compressed_where_that_gains_and_trees_always() {
    let (text, noise) = (text(1 << 20), random(1 << 20, 1));
    for compression in [Compression::Fast, Compression::Auto, Compression::Max] {
        let (len, compressed) = stored(compression, BlobKind::Data, &text);
        assert!(compressed && len < text.len() / 2, "{compression}: {len} bytes");
        assert_eq!(stored(compression, BlobKind::Data, &noise), (noise.len(), false), "{compression}");
    }
    assert_eq!(stored(Compression::Off, BlobKind::Data, &text), (text.len(), false));
    for compression in [Compression::Off, Compression::Auto] {
        assert!(stored(compression, BlobKind::Tree, &text).1, "{compression}: a tree was not compressed");
        assert!(
            stored(compression, BlobKind::Tree, b"{\"nodes\":[]}\n").1,
            "{compression}: a small tree was not compressed"
        );
    }
    assert_eq!(stored(Compression::Auto, BlobKind::Data, b""), (0, false));
}

#[test]
fn frames_are_as_restic_writes_them() {
    let mut frame = Vec::new();
    Compressor::new(Compression::Auto).unwrap().compress(&text(100_000), &mut frame).unwrap();
    assert_eq!(frame[..4], [0x28, 0xb5, 0x2f, 0xfd], "zstd's magic number");
    // RFC 8878, 3.1.1.1.1: bit 2 is the checksum, bits 0 and 1 the dictionary; bit 5 says that the size is there.
    assert_eq!(frame[4] & 0b111, 0, "a checksum or a dictionary in {:#010b}", frame[4]);
    assert_ne!(frame[4] & 0b1110_0000, 0, "no content size in {:#010b}", frame[4]);
}

#[test]
fn damaged_blobs_are_errors_and_leave_nothing() {
    let blob = text(100_000);
    let (mut frame, mut out) = (Vec::new(), Vec::new());
    Compressor::new(Compression::Auto).unwrap().compress(&blob, &mut frame).unwrap();
    for wrong in [0, 1, 99_999, 100_001, u32::MAX] {
        let refused = decompress_into(&frame, wrong, &mut out);
        assert!(refused.is_err() && out.is_empty(), "promised {wrong} bytes: {refused:?}");
    }
    for len in (0..frame.len()).step_by(101) {
        assert!(decompress_into(&frame[..len], 100_000, &mut out).is_err() && out.is_empty(), "cut to {len} bytes");
    }
    // The thread's context must be fit for use after all that.
    decompress_into(&frame, 100_000, &mut out).unwrap();
    assert!(out == blob);
    assert!(matches!(decompress_into(&frame, 1, &mut out), Err(FormatError::UncompressedLength { .. })));
}

#[test]
fn appending_keeps_what_is_there() {
    let mut out = b"before".to_vec();
    Compressor::new(Compression::Auto).unwrap().append(b"hello hello hello", &mut out).unwrap();
    assert!(out.starts_with(b"before\x28\xb5\x2f\xfd"), "{out:?}");
}

#[test]
fn a_frame_does_not_depend_on_what_was_compressed_before_it() {
    let (small, large) = (text(100_000), text(3_000_000));
    let fresh = |plaintext: &[u8]| {
        let mut frame = Vec::new();
        Compressor::new(Compression::Auto).unwrap().compress(plaintext, &mut frame).unwrap();
        frame
    };
    let in_pieces = |compressor: &mut Compressor| {
        let mut pieces = compressor.begin(large.len() as u64).unwrap();
        large.chunks(70_000).for_each(|piece| pieces.push(piece).unwrap());
        pieces.finish(&rempart_crypto::sha256(&large)).unwrap()
    };
    let mut kept = Compressor::new(Compression::Auto).unwrap();
    let mut frame = Vec::new();
    for plaintext in [&small, &large, &small, &large, &large, &small] {
        kept.compress(plaintext, &mut frame).unwrap();
        assert!(frame == fresh(plaintext), "{} bytes", plaintext.len());
        assert!(in_pieces(&mut kept) == in_pieces(&mut Compressor::new(Compression::Auto).unwrap()), "in pieces");
    }
}

#[test]
fn only_noise_is_called_incompressible() {
    for seed in 1..40 {
        assert!(is_incompressible(&random(1 << 20, seed)), "random bytes of seed {seed}");
        assert!(is_incompressible(&random(8 << 20, seed * 77)), "random bytes of seed {seed}, 8 MiB");
    }
    assert!(!is_incompressible(&random(100_000, 1)), "too short for a look to pay");
}

/// What restic's default would gain on noise with something in it, the look must not lose beyond 3 %.
#[test]
fn structure_anywhere_in_noise_is_found() {
    let len = 1 << 20;
    let cases: Vec<(String, Vec<u8>)> = (0..16)
        .flat_map(|at| {
            let at = at * (len / 16);
            let noise = || random(len, 5 + at as u64);
            let patched = |patch: &[u8]| {
                let mut blob = noise();
                blob[at..at + patch.len()].copy_from_slice(patch);
                blob
            };
            let hex: Vec<u8> = noise()[..16 << 10].iter().flat_map(|b| format!("{b:02x}").into_bytes()).collect();
            [
                (format!("text at {at}"), patched(&text(40 << 10))),
                (format!("zeros at {at}"), patched(&vec![0; 40 << 10])),
                (format!("hexadecimal digits at {at}"), patched(&hex)),
                (format!("a copy of another place at {at}"), {
                    let other = noise();
                    let from = (at + len / 2) % len;
                    patched(&other[from..from + (40 << 10)])
                }),
            ]
        })
        .collect();
    for (what, blob) in cases {
        assert!(!is_incompressible(&blob), "{what} in noise was overlooked");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Noise of fewer values than a byte has, or with every so many-th byte fixed: if zstd gains 3 %, so must we.
    #[test]
    fn what_zstd_gains_on_is_not_skipped(seed: u64, values in 2u16..=256, period in 1usize..600, len in (256usize << 10)..(1 << 20)) {
        let mut blob = random(len, seed);
        for (position, byte) in blob.iter_mut().enumerate() {
            *byte = if position % period == 0 { (u16::from(*byte) % values) as u8 } else { *byte };
        }
        let mut frame = Vec::new();
        Compressor::new(Compression::Auto).unwrap().compress(&blob, &mut frame).unwrap();
        let gained = frame.len() < blob.len() / 100 * 97;
        prop_assert!(!(gained && is_incompressible(&blob)), "{} of {} bytes, skipped", frame.len(), blob.len());
    }
}
