//! How fast cuts are found, beside a copy of the same bytes (no cut search can be faster) and the plain loop that rolls one
//! fingerprint (what every other implementation does). `cargo bench -p rempart-chunker`

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rempart_chunker::{Chunker, MIN_CHUNK_BYTES, Polynomial};

const POLYNOMIAL: u64 = 0x3D_A335_8B4D_C173;

fn random(len_bytes: usize) -> Vec<u8> {
    let mut state = 1u64;
    let words = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state ^ state >> 29).wrapping_mul(0xBF58_476D_1CE4_E5B9)
    });
    words.take(len_bytes / 8).flat_map(u64::to_le_bytes).collect()
}

/// One fingerprint, one byte at a time, from precomputed tables.
struct Plain {
    leave: [u64; 256],
    reduce: [u64; 256],
}

impl Plain {
    fn new() -> Self {
        let times_x8 = |a: u64| (0..8).fold(a, |a, _| if a << 1 >> 53 & 1 == 1 { a << 1 ^ POLYNOMIAL } else { a << 1 });
        let leave = std::array::from_fn(|byte| (0..63).fold(byte as u64, |sum, _| times_x8(sum)));
        let reduce = std::array::from_fn(|byte| (byte as u64) << 53 | times_x8((byte as u64) << 45));
        Self { leave, reduce }
    }

    fn scan(&self, data: &[u8]) -> usize {
        let (mut fingerprint, mut candidates) = (0u64, 0);
        for (&leaves, &enters) in data.iter().zip(&data[64..]) {
            fingerprint ^= self.leave[usize::from(leaves)];
            let high = self.reduce[(fingerprint >> 45) as usize & 255];
            fingerprint = (fingerprint << 8 | u64::from(enters)) ^ high;
            candidates += usize::from(fingerprint & 0xf_ffff == 0);
        }
        candidates
    }
}

fn chunker(c: &mut Criterion) {
    let chunker = Chunker::new(Polynomial::new(POLYNOMIAL).expect("irreducible"));

    let mut group = c.benchmark_group("scan_256_KiB");
    group.throughput(Throughput::Bytes(256 * 1024));
    // A constant byte has no cut, so all behind the smallest length is searched.
    let constant = vec![0xAA; MIN_CHUNK_BYTES + 256 * 1024];
    group.bench_function("next_cut", |b| b.iter(|| chunker.next_cut(black_box(&constant), false)));
    let plain = Plain::new();
    let scanned = &constant[MIN_CHUNK_BYTES - 64..];
    group.bench_function("plain_loop", |b| b.iter(|| plain.scan(black_box(scanned))));
    let mut copy = vec![0; 256 * 1024];
    group.bench_function("memcpy", |b| b.iter(|| copy.copy_from_slice(black_box(&constant[..256 * 1024]))));
    group.finish();

    let mut group = c.benchmark_group("random_file_32_MiB");
    let file = random(32 << 20);
    group.throughput(Throughput::Bytes(file.len() as u64)).sample_size(10);
    group.bench_function("all_cuts", |b| {
        b.iter(|| {
            let (mut rest, mut chunks) = (&file[..], 0);
            while let Some(length) = chunker.next_cut(rest, true) {
                rest = &rest[length..];
                chunks += 1;
            }
            chunks
        })
    });
    let mut copy = vec![0; file.len()];
    group.bench_function("memcpy", |b| b.iter(|| copy.copy_from_slice(black_box(&file))));
    group.finish();
}

criterion_group!(benches, chunker);
criterion_main!(benches);
