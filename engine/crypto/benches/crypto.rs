//! How fast hashing and sealing are, beside a copy of the same bytes and the crates that do each step alone.
//! `cargo bench -p rempart-crypto`

use std::hint::black_box;

use aes::cipher::{KeyIvInit, StreamCipher};
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use poly1305::Poly1305;
use poly1305::universal_hash::KeyInit;
use rempart_crypto::{MasterKey, Sha256Stream, sha256, sha256_lanes, sha256_many};
use sha2::{Digest, Sha256};

type Group<'c> = BenchmarkGroup<'c, criterion::measurement::WallTime>;

fn bytes(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i * 131 + i / 251) as u8).collect()
}

fn memcpy(group: &mut Group<'_>, from: &[u8]) {
    let mut copy = vec![0; from.len()];
    group.bench_function("memcpy", |b| b.iter(|| copy.copy_from_slice(black_box(from))));
}

fn hash(c: &mut Criterion) {
    println!("lanes: {}", sha256_lanes());
    for (count, len) in [(64, 65536), (1000, 1000), (100, 300)] {
        let mut group = c.benchmark_group(format!("sha256/{count}_messages_of_{len}"));
        group.throughput(Throughput::Bytes((count * len) as u64));
        let data = bytes(count * len);
        let messages: Vec<&[u8]> = data.chunks(len).collect();
        let mut digests = vec![[0; 32]; count];
        group.bench_function("sha256_many", |b| b.iter(|| sha256_many(black_box(&messages), &mut digests)));
        group.bench_function("sha256_each", |b| {
            b.iter(|| messages.iter().fold(0, |sum, message| sum ^ sha256(black_box(message))[0]))
        });
        group.bench_function("sha2_crate_each", |b| {
            b.iter(|| messages.iter().fold(0, |sum, message| sum ^ Sha256::digest(black_box(message))[0]))
        });
        memcpy(&mut group, &data);
        group.finish();
    }
    let mut group = c.benchmark_group("sha256/streams_advanced_by_16_KiB");
    for count in [1, 2, 4, 8, 16] {
        let data = bytes(16384);
        let mut streams = vec![Sha256Stream::new(); count];
        group.throughput(Throughput::Bytes((count * data.len()) as u64));
        group.bench_function(format!("{count}"), |b| {
            b.iter(|| {
                let mut updates: Vec<_> = streams.iter_mut().map(|stream| (stream, &data[..])).collect();
                Sha256Stream::update_many(&mut updates);
            })
        });
    }
    group.finish();
}

fn envelope(c: &mut Criterion) {
    let key = MasterKey::generate();
    for len in [300, 1000, 65536, 1 << 20] {
        let mut group = c.benchmark_group(format!("envelope/{len}_bytes"));
        group.throughput(Throughput::Bytes(len as u64));
        let plaintext = bytes(len);
        let mut out = Vec::with_capacity(len + 32);
        group.bench_function("seal_into", |b| {
            b.iter(|| {
                out.clear();
                key.seal_into(black_box(&plaintext), &mut out);
            })
        });
        let envelope = key.seal(&plaintext);
        let mut opened = Vec::with_capacity(len);
        group.bench_function("open_into", |b| {
            b.iter(|| key.open_into(black_box(&envelope), &mut opened).expect("just sealed"))
        });
        let mut buffer = plaintext.clone();
        let mut keystream = ctr::Ctr128BE::<aes::Aes256>::new(&[1; 32].into(), &[2; 16].into());
        group.bench_function("aes_ctr_crates_alone", |b| b.iter(|| keystream.apply_keystream(black_box(&mut buffer))));
        group.bench_function("poly1305_crate_alone", |b| {
            b.iter(|| Poly1305::new(&[3; 32].into()).compute_unpadded(black_box(&plaintext)))
        });
        memcpy(&mut group, &plaintext);
        group.finish();
    }
}

criterion_group!(benches, hash, envelope);
criterion_main!(benches);
