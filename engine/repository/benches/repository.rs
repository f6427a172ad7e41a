//! The stages of a repository by themselves: index look-ups, opening, sealing into packs, reading back.

use std::sync::Arc;
use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use rempart_crypto::{KdfParams, sha256};
use rempart_format::BlobKind;
use rempart_model::BlobId;
use rempart_repository::{
    BlobSink, BlobSource, InitOptions, LockMode, OpenOptions, PreparedBlob, Repository, Writer, WriterLock,
    WriterOptions,
};
use rempart_storage::LocalStore;

const BLOBS: u32 = 400_000;

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn options(&self) -> OpenOptions {
        OpenOptions { cache_dir: Some(self.folder.path().join("cache")), ..OpenOptions::default() }
    }
    fn store(&self) -> Arc<LocalStore> {
        Arc::new(LocalStore::new(self.folder.path().join("repo")))
    }
    fn init() -> (Self, Repository) {
        let place = Self { folder: tempfile::tempdir().unwrap() };
        let init = InitOptions { chunker_polynomial: 0x003D_A335_8B4D_C173, kdf: KdfParams::INSECURE_FOR_TESTS };
        let repo = Repository::init(place.store(), b"p", &init, place.options()).unwrap();
        (place, repo)
    }
}

fn id(n: u32) -> BlobId {
    BlobId::new(sha256(&n.to_le_bytes()))
}

fn writer(repo: &Repository) -> Writer {
    let lock = repo.lock_async(LockMode::Shared, None).unwrap();
    repo.writer(WriterLock::Pending(lock), WriterOptions::default()).unwrap()
}

/// Bytes that no two blobs share, made fast.
fn fill(bytes: &mut [u8], seed: u64) {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    for word in bytes.chunks_exact_mut(8) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        word.copy_from_slice(&state.to_le_bytes());
    }
}

fn index(criterion: &mut Criterion) {
    let (place, repo) = Place::init();
    let first = writer(&repo);
    for n in 0..BLOBS {
        let payload = n.to_le_bytes();
        first.put(BlobKind::Data, &[PreparedBlob { id: id(n), payload: &payload, uncompressed_bytes: None }]).unwrap();
    }
    first.finish().unwrap();
    let known: Vec<BlobId> = (0..BLOBS).step_by(97).map(id).collect();
    let unknown: Vec<BlobId> = (BLOBS..2 * BLOBS).step_by(97).map(id).collect();
    let index = repo.index().unwrap();
    let mut group = criterion.benchmark_group("index of 400,000 blobs");
    group.measurement_time(Duration::from_secs(2)).warm_up_time(Duration::from_millis(500));
    for (name, ids) in [("known", &known), ("unknown", &unknown)] {
        group.throughput(Throughput::Elements(ids.len() as u64));
        group.bench_function(name, |b| {
            b.iter(|| ids.iter().filter(|id| index.contains(BlobKind::Data, id)).count());
        });
    }
    group.throughput(Throughput::Elements(1));
    group.bench_function("open, cached", |b| {
        b.iter(|| Repository::open(place.store(), b"p", place.options()).unwrap().index().unwrap().len());
    });
    group.sample_size(10);
    group.bench_function("open, no cache", |b| {
        b.iter(|| Repository::open(place.store(), b"p", OpenOptions::default()).unwrap().index().unwrap().len());
    });
    group.finish();
}

fn packs(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("packs, one thread");
    group.sample_size(10).measurement_time(Duration::from_secs(5)).warm_up_time(Duration::from_millis(500));
    for (name, blob_bytes, count) in [("1 MiB blobs", 1 << 20, 512usize), ("1 KiB blobs", 1 << 10, 100_000)] {
        let mut payload = vec![0; blob_bytes];
        group.throughput(Throughput::Bytes((blob_bytes * count) as u64));
        group.bench_function(format!("put {name}"), |b| {
            b.iter_batched(
                Place::init,
                |(place, repo)| {
                    let writer = writer(&repo);
                    for n in 0..count {
                        fill(&mut payload[..64.min(blob_bytes)], n as u64 + 1);
                        let blob = PreparedBlob { id: id(n as u32), payload: &payload, uncompressed_bytes: None };
                        writer.put(BlobKind::Data, &[blob]).unwrap();
                    }
                    writer.finish().unwrap();
                    place
                },
                BatchSize::PerIteration,
            );
        });
        let (_place, repo) = Place::init();
        let writer = writer(&repo);
        let mut ids = Vec::new();
        for n in 0..count {
            fill(&mut payload, n as u64 + 1);
            ids.push(BlobId::new(sha256(&payload)));
            writer
                .put(BlobKind::Data, &[PreparedBlob { id: ids[n], payload: &payload, uncompressed_bytes: None }])
                .unwrap();
        }
        writer.finish().unwrap();
        group.bench_function(format!("read {name}, all threads"), |b| {
            b.iter(|| repo.read_blobs(BlobKind::Data, &ids, &|_, blob| blob.is_ok()).unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, index, packs);
criterion_main!(benches);
