//! Every parser of this room with what must hold for any input: no panic, and what was read is written and read again the
//! same. Fuzz targets and the replay of their seeds run these.

use rempart_format::{
    BlobKind, Compression, Compressor, Config, FormatError, GoMode, IndexEncoder, KeyFile, LocalZone, Lock, Node,
    NodeKind, PackEntry, Snapshot, TreeEncoder, TreeReader, decode_master_key, decode_name, decompress_into,
    encode_master_key, encode_name, for_each_pack, for_each_reference, is_incompressible, pack, unpacked,
};
use rempart_model::{BlobId, PackId};

pub type Parser = (&'static str, fn(&[u8]));

/// Names (those of fuzz targets and of the folders of their seeds) and what they run.
pub const FORMAT_PARSERS: [Parser; 12] = [
    ("tree", tree),
    ("index", index),
    ("pack_header", pack_header),
    ("snapshot", snapshot),
    ("lock", lock),
    ("config", config),
    ("key_file", key_file),
    ("master_key", master_key),
    ("unpacked", unpacked_file),
    ("names", names),
    ("timestamps", timestamps),
    ("blobs", blobs),
];

fn nodes(json: &[u8]) -> Result<Vec<Node>, FormatError> {
    TreeReader::new(json).collect()
}

pub fn tree(json: &[u8]) {
    let mut reused = Node::new("left over", NodeKind::File);
    reused.content = Some(vec![BlobId::new([1; 32])]);
    let mut reader = TreeReader::new(json);
    while let Ok(true) = reader.next_into(&mut reused) {
        let alone = [br#"{"nodes":["#, reader.raw_node(), b"]}"].concat();
        assert_eq!(nodes(&alone).expect("a node reads alone as it did among others"), [reused.clone()]);
        let (mut resumed, mut going_on) = (TreeReader::resume(json, reader.offset()), reader.clone());
        assert_eq!(resumed.next().map(Result::ok), going_on.next().map(Result::ok), "resumed at {}", reader.offset());
        let mode = GoMode(reused.mode);
        assert_eq!(GoMode::from_unix(mode.to_unix()).to_unix(), mode.to_unix(), "mode {:o}", reused.mode);
    }
    let mut references = Vec::new();
    let referenced = for_each_reference(json, |kind, id| {
        references.push((kind, id));
        Ok::<_, FormatError>(())
    });
    let Ok(nodes) = nodes(json) else { return };
    referenced.expect("what reads as a tree has references");
    for node in &nodes {
        let own = node.content().iter().map(|id| (BlobKind::Data, *id));
        for reference in own.chain(node.subtree.map(|id| (BlobKind::Tree, id))) {
            assert!(references.contains(&reference), "prune would not see {reference:?}");
        }
    }
    written_again(nodes);
}

fn written_again(mut nodes: Vec<Node>) {
    let mut tree = TreeEncoder::new(LocalZone::utc());
    nodes.retain(|node| tree.push(node).is_ok());
    let json = tree.finish();
    let again = self::nodes(json).expect("what was written is read");
    for (node, again) in nodes.iter_mut().zip(&again) {
        // Years that UTC does not print: the one thing that is changed in writing.
        for (time, again) in
            [(&mut node.mtime, again.mtime), (&mut node.atime, again.atime), (&mut node.ctime, again.ctime)]
        {
            if !(-62_167_219_200..253_402_300_800).contains(&time.seconds) {
                *time = again;
            }
        }
    }
    assert_eq!(again, nodes);
}

fn packs(json: &[u8]) -> Result<Vec<(PackId, Vec<PackEntry>)>, FormatError> {
    let mut packs = Vec::new();
    for_each_pack(json, |id, blobs| {
        packs.push((id, blobs.to_vec()));
        Ok::<_, FormatError>(())
    })?;
    Ok(packs)
}

pub fn index(json: &[u8]) {
    let Ok(found) = packs(json) else { return };
    let mut index = IndexEncoder::new();
    for (id, blobs) in &found {
        index.push_pack(id, blobs);
    }
    assert_eq!(index.blobs(), found.iter().map(|(_, blobs)| blobs.len()).sum::<usize>());
    assert_eq!(packs(&index.finish()).expect("what was written is read"), found);
}

pub fn pack_header(header: &[u8]) {
    let Ok(entries) = pack::decode_header(header) else { return };
    let again = pack::encode_header(&entries);
    assert_eq!(again.len() + 36, pack::sealed_header_bytes(&entries));
    assert_eq!(pack::decode_header(&again).expect("what was written is read"), entries);
    for (entry, next) in entries.iter().zip(&entries[1..]) {
        assert_eq!(entry.end_bytes(), u64::from(next.offset_bytes));
    }
}

pub fn snapshot(json: &[u8]) {
    let Ok(snapshot) = Snapshot::decode(json) else { return };
    assert_eq!(Snapshot::decode(&snapshot.encode()).expect("what was written is read"), snapshot);
}

pub fn lock(json: &[u8]) {
    let Ok(lock) = Lock::decode(json) else { return };
    assert_eq!(Lock::decode(&lock.encode()).expect("what was written is read"), lock);
}

pub fn config(json: &[u8]) {
    let Ok(config) = Config::decode(json) else { return };
    assert_eq!(Config::decode(&config.encode()).expect("what was written is read"), config);
}

pub fn key_file(json: &[u8]) {
    let Ok(key) = KeyFile::decode(json) else { return };
    assert_eq!(KeyFile::decode(&key.encode()).expect("what was written is read"), key);
}

pub fn master_key(json: &[u8]) {
    let Ok(parts) = decode_master_key(json) else { return };
    let again = decode_master_key(&encode_master_key(&parts)).expect("what was written is read");
    assert!((again.encrypt, again.mac_k, again.mac_r) == (parts.encrypt, parts.mac_k, parts.mac_r));
}

pub fn unpacked_file(plaintext: &[u8]) {
    const LIMIT_BYTES: usize = 1 << 20;
    let Ok(json) = unpacked::decode_within(plaintext, LIMIT_BYTES) else { return };
    assert!(json.len() <= LIMIT_BYTES.max(plaintext.len()), "{} bytes came out", json.len());
    let mut compressor = Compressor::new(Compression::Fast).expect("memory for a context");
    let again = unpacked::encode(&mut compressor, &json).expect("memory");
    assert_eq!(unpacked::decode_within(&again, LIMIT_BYTES.max(json.len())).expect("our own"), json);
}

/// Any bytes as a name, and as the JSON of one.
pub fn names(bytes: &[u8]) {
    let mut json = Vec::new();
    encode_name(&mut json, bytes);
    assert_eq!(decode_name(&json).expect("what was written is read"), bytes);
    let Ok(name) = decode_name(bytes) else { return };
    json.clear();
    encode_name(&mut json, &name);
    assert_eq!(decode_name(&json).expect("what was written is read"), name);
}

/// Any text as a time.
pub fn timestamps(text: &[u8]) {
    let field = [br#"{"nodes":[{"name":"a","mtime":""#, text, br#"","atime":""#, text, br#""}]}"#].concat();
    tree(&field);
    lock(&[br#"{"time":""#, text, br#""}"#].concat());
}

/// Any bytes as a blob, and as the payload of one: four bytes say what length is promised, modulo 1 MiB.
pub fn blobs(bytes: &[u8]) {
    let mut compressor = Compressor::new(Compression::Fast).expect("memory for a context");
    let (mut scratch, mut plaintext) = (Vec::new(), Vec::new());
    assert!(bytes.len() >= 256 << 10 || !is_incompressible(bytes), "too short to be judged by a sample");
    for kind in [BlobKind::Data, BlobKind::Tree] {
        let stored = compressor.store(kind, bytes, &mut scratch).expect("memory");
        match stored.uncompressed_bytes {
            None => assert_eq!(stored.payload, bytes),
            Some(len) => {
                decompress_into(stored.payload, len.get(), &mut plaintext).expect("our own");
                assert_eq!(plaintext, bytes);
                let wrong = decompress_into(stored.payload, len.get() + 1, &mut plaintext);
                assert!(wrong.is_err() && plaintext.is_empty(), "a wrong length was let pass");
            }
        }
    }
    if let Some((promised, payload)) = bytes.split_first_chunk() {
        let promised = u32::from_le_bytes(*promised) % (1 << 20);
        if decompress_into(payload, promised, &mut plaintext).is_ok() {
            assert_eq!(plaintext.len(), promised as usize);
        }
    }
}
