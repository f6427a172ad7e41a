//! Each stage of the format against its limit: tree JSON, index look-up material, compression of small and large blobs.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use jiff::tz::TimeZone;
use rempart_format::{
    BlobKind, Compression, Compressor, FileTime, FormatError, GoMode, IndexEncoder, LocalZone, Node, NodeKind,
    PackEntry, TreeEncoder, TreeReader, decompress_into, for_each_pack, for_each_reference, is_incompressible,
};
use rempart_model::{BlobId, PackId};

/// xorshift64*: deterministic, and as good as random to zstd.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn bytes(&mut self, len: usize) -> Vec<u8> {
        let mut bytes: Vec<u8> = (0..len.div_ceil(8)).flat_map(|_| self.next().to_le_bytes()).collect();
        bytes.truncate(len);
        bytes
    }

    fn id(&mut self) -> [u8; 32] {
        self.bytes(32).try_into().expect("32 bytes were asked for")
    }

    /// Text of words drawn from a small vocabulary: compresses about as configuration files do.
    fn text(&mut self, len: usize) -> Vec<u8> {
        let mut text = Vec::with_capacity(len + 16);
        while text.len() < len {
            let word = self.next();
            text.extend_from_slice(format!("{}_{} = {}\n", word % 97, word % 13, self.next() % 1000).as_bytes());
        }
        text.truncate(len);
        text
    }
}

fn nodes(count: usize) -> Vec<Node> {
    let mut random = Random(1);
    (0..count)
        .map(|number| {
            let mtime =
                FileTime { seconds: 1_600_000_000 + (random.next() % 100_000_000) as i64, nanoseconds: 123_456_789 };
            Node {
                mode: GoMode::from_unix(0o100_644).0,
                mtime,
                atime: mtime,
                ctime: FileTime { seconds: mtime.seconds + 1, nanoseconds: 5 },
                user: "root".into(),
                group: "root".into(),
                inode: random.next() % 10_000_000,
                device_id: 65024,
                size: random.next() % 100_000,
                links: 1,
                content: Some(vec![BlobId::new(random.id())]),
                ..Node::new(format!("file-{number:08}.conf"), NodeKind::File)
            }
        })
        .collect()
}

fn trees(c: &mut Criterion) {
    let nodes = nodes(10_000);
    let mut group = c.benchmark_group("tree");
    group.throughput(Throughput::Elements(nodes.len() as u64));
    for (name, zone) in [("UTC", TimeZone::UTC), ("Paris", TimeZone::get("Europe/Paris").expect("tzdata"))] {
        let mut tree = TreeEncoder::new(LocalZone::new(zone));
        group.bench_function(format!("encode, {name}"), |b| {
            b.iter(|| {
                tree.restart();
                nodes.iter().for_each(|node| tree.push(node).expect("names ascend"));
                black_box(tree.finish().len())
            });
        });
    }
    let mut tree = TreeEncoder::new(LocalZone::utc());
    nodes.iter().for_each(|node| tree.push(node).expect("names ascend"));
    let json = tree.into_bytes();
    group.bench_function("decode", |b| {
        b.iter(|| TreeReader::new(&json).map(|node| node.expect("a node").size).sum::<u64>())
    });
    group.bench_function("references", |b| {
        b.iter(|| {
            let mut count = 0;
            for_each_reference(&json, |_, id| {
                count += usize::from(id.as_bytes()[0]);
                Ok::<_, FormatError>(())
            })
            .expect("a tree");
            count
        });
    });
    group.finish();
}

fn indexes(c: &mut Criterion) {
    let mut random = Random(2);
    let blobs: Vec<PackEntry> = (0..50_000)
        .map(|_| PackEntry {
            id: BlobId::new(random.id()),
            kind: BlobKind::Data,
            offset_bytes: (random.next() >> 40) as u32,
            sealed_bytes: (random.next() >> 50) as u32,
            uncompressed_bytes: std::num::NonZeroU32::new((random.next() >> 49) as u32),
        })
        .collect();
    let encode = || {
        let mut index = IndexEncoder::new();
        blobs.chunks(500).for_each(|pack| index.push_pack(&PackId::new([7; 32]), pack));
        index.finish()
    };
    let json = encode();
    let mut group = c.benchmark_group("index");
    group.throughput(Throughput::Elements(blobs.len() as u64));
    group.bench_function("encode", |b| b.iter(&encode));
    group.bench_function("decode", |b| {
        b.iter(|| {
            let mut bytes = 0;
            for_each_pack(&json, |_, blobs| {
                bytes += blobs.iter().map(|blob| u64::from(blob.sealed_bytes)).sum::<u64>();
                Ok::<_, FormatError>(())
            })
            .expect("an index");
            bytes
        });
    });
    group.finish();
}

fn compression(c: &mut Criterion) {
    let mut random = Random(3);
    let blobs = [
        ("small text", random.text(1000)),
        ("large text", random.text(1 << 20)),
        ("small random", random.bytes(1000)),
        ("large random", random.bytes(1 << 20)),
    ];
    let mut group = c.benchmark_group("zstd");
    let mut compressor = Compressor::new(Compression::Auto).expect("memory for a context");
    let (mut scratch, mut plain) = (Vec::new(), Vec::new());
    for (name, blob) in &blobs {
        group.throughput(Throughput::Bytes(blob.len() as u64));
        group.bench_function(format!("compress, {name}"), |b| {
            b.iter(|| compressor.compress(blob, &mut scratch).expect("memory"));
        });
        group.bench_function(format!("store, {name}"), |b| {
            b.iter(|| compressor.store(BlobKind::Data, blob, &mut scratch).expect("memory").payload.len());
        });
        group.bench_function(format!("sample, {name}"), |b| b.iter(|| is_incompressible(black_box(blob))));
        compressor.compress(blob, &mut scratch).expect("memory");
        let len = u32::try_from(blob.len()).expect("small");
        group.bench_function(format!("decompress, {name}"), |b| {
            b.iter_batched(
                || (),
                |()| decompress_into(&scratch, len, &mut plain).expect("our own"),
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, trees, indexes, compression);
criterion_main!(benches);
