//! Cuts that restic made. The files were backed up by restic 0.14.0 (`restic init`, `restic backup`); the polynomials are
//! those of `restic cat config`, the lengths those of the blobs that the tree names, in its order
//! (`restic cat blob ID | wc -c`).

use rempart_chunker::{Chunker, MAX_CHUNK_BYTES, MIN_CHUNK_BYTES, Polynomial};

const MIB: usize = 1 << 20;

/// The generator of the files: SplitMix64, little endian.
fn random(seed: u64, len_bytes: usize) -> Vec<u8> {
    let mut state = seed;
    let mut bytes = Vec::with_capacity(len_bytes + 8);
    while bytes.len() < len_bytes {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut word = state;
        word = (word ^ word >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ word >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        bytes.extend_from_slice(&(word ^ word >> 31).to_le_bytes());
    }
    bytes.truncate(len_bytes);
    bytes
}

fn random_file() -> Vec<u8> {
    random(1, 40 * MIB)
}

/// Has cuts by the largest length (a constant byte), by the smallest (zeros), and two kinds of borders.
fn mixed_file() -> Vec<u8> {
    let parts = [vec![0xAA; 20 * MIB], vec![0; 3 * MIB], random(2, 10 * MIB), vec![0; 12345], random(3, 4 * MIB + 77)];
    parts.concat()
}

fn chunker(polynomial_bits: u64) -> Chunker {
    Chunker::new(Polynomial::new(polynomial_bits).expect("restic's polynomials are irreducible"))
}

fn lengths(chunker: &Chunker, file: &[u8]) -> Vec<usize> {
    let mut rest = file;
    let mut lengths = Vec::new();
    while let Some(length) = chunker.next_cut(rest, true) {
        lengths.push(length);
        rest = &rest[length..];
    }
    lengths
}

#[test]
fn random_bytes_are_cut_where_restic_cuts_them() {
    let file = random_file();
    let first = [
        2605248, 1272426, 2351517, 574484, 602832, 657044, 630881, 1667534, 2026044, 1593527, 1065948, 1542354,
        1597057, 913861, 637616, 712263, 552968, 1263143, 1809009, 2396678, 625046, 2126769, 3591691, 906645, 1142618,
        1529900, 1668226, 954440, 1094388, 890923, 939960,
    ];
    assert_eq!(lengths(&chunker(0x23_b832_e333_5c55), &file), first);
    let second = [
        995254, 551375, 1517733, 1196826, 755099, 1433420, 1638032, 2021304, 740305, 541611, 1392443, 1129084, 590732,
        611007, 705921, 824859, 801680, 1418213, 3750712, 658896, 2194632, 1338302, 625496, 3632011, 1186760, 2202869,
        3756214, 1636247, 928814, 1167189,
    ];
    assert_eq!(lengths(&chunker(0x21_1a06_9410_ad7f), &file), second);
}

#[test]
fn constant_bytes_zeros_and_their_borders_are_cut_where_restic_cuts_them() {
    let file = mixed_file();
    let first = [
        8388608, 8388608, 4194368, 524288, 524288, 524288, 524288, 524288, 1026739, 564765, 1228328, 1935613, 2577247,
        630680, 620142, 552507, 1419335, 687458, 675779, 1847779, 529826, 744558, 175954,
    ];
    assert_eq!(lengths(&chunker(0x23_b832_e333_5c55), &file), first);
    let second = [
        8388608, 8388608, 4194368, 524288, 524288, 524288, 524288, 524288, 1488066, 1767259, 876501, 841302, 2007710,
        1484281, 1101007, 1443922, 926345, 932196, 1713083, 635038,
    ];
    assert_eq!(lengths(&chunker(0x21_1a06_9410_ad7f), &file), second);
}

#[test]
fn zeros_are_cut_at_the_smallest_length() {
    // As restic/chunker's own test has it, with its polynomial.
    let file = vec![0; 4 * MIN_CHUNK_BYTES];
    assert_eq!(lengths(&chunker(0x3D_A335_8B4D_C173), &file), [MIN_CHUNK_BYTES; 4]);
}

#[test]
fn a_stream_that_grows_is_cut_as_the_whole_is() {
    let file = mixed_file();
    let chunker = chunker(0x23_b832_e333_5c55);
    let expected = lengths(&chunker, &file);
    for step_bytes in [1_000_003, 65_536, 8 * MIB + 1] {
        let (mut start, mut scanned, mut given, mut found) = (0, 0, 0, Vec::new());
        while start < file.len() {
            let at_end = given == file.len();
            match chunker.next_cut_from(&file[start..given], scanned, at_end) {
                Some(cut) => {
                    found.push(cut);
                    start += cut;
                    scanned = 0;
                }
                None => {
                    scanned = given - start;
                    assert!(scanned < MAX_CHUNK_BYTES, "no cut in {scanned} bytes");
                    given = file.len().min(given + step_bytes);
                }
            }
        }
        assert_eq!(found, expected, "given {step_bytes} bytes at a time");
    }
}

#[test]
fn nothing_has_no_chunk_and_a_short_rest_is_one() {
    let chunker = chunker(0x3D_A335_8B4D_C173);
    assert_eq!(chunker.next_cut(&[], true), None);
    assert_eq!(chunker.next_cut(&[], false), None);
    assert_eq!(chunker.next_cut(&[1, 2, 3], true), Some(3));
    assert_eq!(chunker.next_cut(&[1, 2, 3], false), None);
}
