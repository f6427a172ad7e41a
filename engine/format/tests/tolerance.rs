//! What other versions and other programs wrote, what is damaged, and what must never be written.

use rempart_format::{
    BlobKind, Config, FormatError, GoMode, IndexEncoder, KeyFile, LocalZone, Lock, Node, NodeKind, PackEntry, Snapshot,
    TreeEncoder, TreeReader, WallTime, for_each_pack, for_each_reference, is_safe_name, pack, unpacked,
};
use rempart_model::{BlobId, PackId};

const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn id() -> BlobId {
    ID.parse().unwrap()
}

fn nodes(json: &str) -> Result<Vec<Node>, FormatError> {
    TreeReader::new(json.as_bytes()).collect()
}

#[test]
fn a_tree_of_another_time_is_read() {
    let node = |field: &str| format!(r#"{{"nodes":[{{"name":"a",{field}}}]}}"#);
    let first = |json: &str| nodes(json).unwrap_or_else(|e| panic!("{json}: {e}")).remove(0);
    for field in [
        "user",
        "mode",
        "mtime",
        "content",
        "subtree",
        "extended_attributes",
        "linktarget_raw",
        "type",
        "generic_attributes",
    ] {
        let json = node(&format!("\"{field}\":null"));
        assert_eq!(first(&json), Node { content: None, ..Node::new("a", NodeKind::Other) }, "{json}");
    }
    assert_eq!(first(&node(r#""type":"irregular""#)).kind, NodeKind::Other);
    assert_eq!(first(&node(r#""future":{"x":[1,{"y":null}]},"uid":7"#)).uid, 7);
    assert_eq!(first(&node(r#""linktarget":"lossy","linktarget_raw":"/w==""#)).link_target, b"\xff");
    assert_eq!(first(&node(r#""linktarget_raw":"/w==","linktarget":"lossy""#)).link_target, b"\xff");
    assert_eq!(first(&node("\"user\":\"\\ud800 \u{e9}\"")).user, "\u{fffd} \u{e9}");
    let windows = r#"{"windows.file_attributes":"IAAAAA=="}"#;
    assert_eq!(
        first(&node(&format!(r#""generic_attributes":{windows}"#))).generic_attributes.as_deref(),
        Some(windows)
    );
    assert_eq!(first(&node(r#""extended_attributes":[{"name":"user.a","value":null}]"#)).xattrs[0].value, b"");
    for empty in [r#"{"nodes":[]}"#, r#"{"nodes":null}"#, "{}", " { \"a\" : 1 , \"nodes\" : [ ] , \"b\" : [] } \n"] {
        assert_eq!(nodes(empty).unwrap_or_else(|e| panic!("{empty}: {e}")), [], "{empty}");
    }
}

#[test]
fn a_damaged_tree_is_refused_and_yields_nothing_after_the_damage() {
    let damaged = [
        "",
        "null",
        "[]",
        "{",
        r#"{"nodes":{}}"#,
        r#"{"nodes":[]"#,
        r#"{"nodes":[]}x"#,
        r#"{"nodes":[null]}"#,
        r#"{"nodes":[{}]}"#,
        r#"{"nodes":[{"name":"a"},]}"#,
        r#"{"nodes":[{"name":"a"} {"name":"b"}]}"#,
        r#"{"nodes":[{"name":"a","uid":-1}]}"#,
        r#"{"nodes":[{"name":"a","uid":4294967296}]}"#,
        r#"{"nodes":[{"name":"a","size":1.5}]}"#,
        r#"{"nodes":[{"name":"a","size":"1"}]}"#,
        r#"{"nodes":[{"name":"a","content":["00"]}]}"#,
        r#"{"nodes":[{"name":"a","content":[null]}]}"#,
        r#"{"nodes":[{"name":"\\q"}]}"#,
        r#"{"nodes":[{"name":"a","linktarget_raw":"?"}]}"#,
        r#"{"nodes":[{"name":"a","subtree":""}]}"#,
    ];
    for json in damaged {
        assert!(nodes(json).is_err(), "{json} was read as {:?}", nodes(json));
    }
    let mut reader = TreeReader::new(br#"{"nodes":[{"name":"a"},{"name":7},{"name":"c"}]}"#);
    assert!(reader.next().unwrap().is_ok(), "the node before the damage is whole");
    assert!(reader.next().unwrap().is_err());
    assert!(reader.next().is_none(), "nothing can be known of what stands behind damage");
    let deep = format!(r#"{{"nodes":[{{"name":"a","x":{}{}}}]}}"#, "[".repeat(100_000), "]".repeat(100_000));
    assert!(nodes(&deep).is_err(), "nesting without end would overflow the stack");
}

#[test]
fn trees_that_no_restic_would_take_are_never_written() {
    let mut tree = TreeEncoder::new(LocalZone::utc());
    for name in ["", ".", "..", "a/b", "a\0b", "/"] {
        assert!(!is_safe_name(name.as_bytes()), "{name:?} is a way out of the directory");
        let refused = tree.push(&Node::new(name, NodeKind::File));
        assert!(matches!(refused, Err(FormatError::UnsafeName { .. })), "{name:?} was written");
    }
    assert!(tree.push(&Node::new("a", NodeKind::Other)).is_err(), "a kind without a word was written");
    tree.push(&Node::new("b", NodeKind::File)).unwrap();
    for name in ["b", "a", "B"] {
        let refused = tree.push(&Node::new(name, NodeKind::File));
        assert!(matches!(refused, Err(FormatError::TreeNotSorted { .. })), "{name:?} was written behind \"b\"");
    }
    tree.push(&Node::new(b"b\xff", NodeKind::Dir)).unwrap();
    let names: Vec<_> = TreeReader::new(tree.finish()).map(|node| node.unwrap().name).collect();
    assert_eq!(names, [b"b".to_vec(), b"b\xff".to_vec()], "what was refused left traces");
    tree.push(&Node::new("c", NodeKind::Fifo)).unwrap();
    assert_eq!(TreeReader::new(tree.finish()).count(), 3, "a node appended after finish() is missing");
    tree.restart();
    assert_eq!(tree.finish(), b"{\"nodes\":[]}\n");
}

#[test]
fn references_are_those_of_content_and_subtrees_only() {
    let json = format!(
        r#"{{"content":["x"],"nodes":[{{"name":"a","content":["{ID}"],"x":{{"content":["zz"]}}}},{{"name":"b","subtree":"{ID}","content":null}}]}}"#
    );
    let mut found = Vec::new();
    for_each_reference(json.as_bytes(), |kind, id| {
        found.push((kind, id));
        Ok::<_, FormatError>(())
    })
    .unwrap();
    assert_eq!(found, [(BlobKind::Data, id()), (BlobKind::Tree, id())]);
    let stopped = for_each_reference(json.as_bytes(), |_, _| Err(FormatError::OutOfMemory { len_bytes: 7 }));
    assert!(matches!(stopped, Err(FormatError::OutOfMemory { len_bytes: 7 })), "the visitor's own error: {stopped:?}");
}

#[test]
fn an_index_of_another_time_is_read_and_a_damaged_one_refused() {
    let read = |json: &str| {
        let mut packs = Vec::new();
        for_each_pack(json.as_bytes(), |pack, blobs| {
            packs.push((pack, blobs.to_vec()));
            Ok::<_, FormatError>(())
        })
        .map(|()| packs)
    };
    let odd = format!(
        r#"{{"supersedes":["{ID}"],"packs":[{{"blobs":[{{"length":50,"type":"tree","id":"{ID}","offset":1,"x":0}}],"id":"{ID}"}}]}}"#
    );
    let entry =
        PackEntry { id: id(), kind: BlobKind::Tree, offset_bytes: 1, sealed_bytes: 50, uncompressed_bytes: None };
    assert_eq!(read(&odd).unwrap(), [(PackId(id().0), vec![entry])]);
    for empty in [r#"{"packs":null}"#, r#"{"packs":[]}"#, "{}"] {
        assert_eq!(read(empty).unwrap(), [], "{empty}");
    }
    let blob = |blob: &str| format!(r#"{{"packs":[{{"id":"{ID}","blobs":[{blob}]}}]}}"#);
    let damaged = [
        "[]".to_owned(),
        r#"{"packs":[{"blobs":[]}]}"#.to_owned(),
        format!(r#"{{"packs":[{{"id":"{}"}}]}}"#, "0".repeat(64)),
        blob(r#"{"type":"data","offset":0,"length":1}"#),
        blob(&format!(r#"{{"id":"{ID}","offset":0,"length":1}}"#)),
        blob(&format!(r#"{{"id":"{ID}","type":"blob","offset":0,"length":1}}"#)),
        blob(&format!(r#"{{"id":"{ID}","type":"data","offset":4294967296,"length":1}}"#)),
        blob(&format!(r#"{{"id":"{ID}","type":"data","offset":01,"length":1}}"#)),
        blob(&format!(r#"{{"id":"{}","type":"data","offset":0,"length":1}}"#, ID.to_uppercase())),
    ];
    for json in damaged {
        assert!(read(&json).is_err(), "{json} was read as {:?}", read(&json));
    }
}

#[test]
fn an_index_says_when_it_is_full() {
    let mut index = IndexEncoder::new();
    let entry =
        PackEntry { id: id(), kind: BlobKind::Data, offset_bytes: 0, sealed_bytes: 33, uncompressed_bytes: None };
    index.push_pack(&PackId(id().0), &vec![entry; rempart_format::INDEX_FULL_BLOBS - 1]);
    assert!(!index.is_full(), "49,999 blobs");
    index.push_pack(&PackId(id().0), &[entry]);
    assert!(index.is_full() && index.packs() == 2, "50,000 blobs in two packs");
}

#[test]
fn pack_headers_out_of_bounds_are_refused() {
    let entry = |kind: u8, sealed: u32| [&[kind], &sealed.to_le_bytes()[..], &[7; 32]].concat();
    assert_eq!(pack::decode_header(&entry(0, 33)).unwrap()[0].plaintext_bytes(), 1);
    let refused = [
        ("nothing", vec![]),
        ("an unknown type", entry(4, 33)),
        ("a blob shorter than its envelope", entry(0, 31)),
        ("a cut entry", entry(0, 33)[..36].to_vec()),
        ("a cut compressed entry", entry(2, 33)),
        ("blobs beyond 4 GiB", [entry(0, u32::MAX), entry(1, 33)].concat()),
        ("too many entries", vec![0; pack::MAX_HEADER_BYTES]),
    ];
    for (what, header) in refused {
        assert!(pack::decode_header(&header).is_err(), "{what} was read");
    }
    // restic takes a compressed blob of no length for one that is not compressed.
    let zero = [&[2], &33u32.to_le_bytes()[..], &[0; 4], &[7; 32]].concat();
    assert_eq!(pack::decode_header(&zero).unwrap()[0].uncompressed_bytes, None);
    let most = pack::MAX_ENTRIES * pack::entry_header_bytes(true) + 32;
    assert!(most <= pack::MAX_HEADER_BYTES && most + pack::entry_header_bytes(true) > pack::MAX_HEADER_BYTES);
}

#[test]
fn truncated_configs_keys_and_snapshots_name_what_is_missing() {
    let field = |result: Result<(), FormatError>| match result {
        Err(FormatError::MissingField { field, .. }) => field,
        other => panic!("{other:?} instead of a missing field"),
    };
    assert_eq!(field(Config::decode(b"{}").map(drop)), "version");
    assert_eq!(field(Config::decode(br#"{"version":2}"#).map(drop)), "id");
    assert_eq!(field(KeyFile::decode(br#"{"kdf":"scrypt","N":2,"r":1,"p":1,"salt":""}"#).map(drop)), "data");
    assert_eq!(field(Snapshot::decode(br#"{"time":"2024-01-01T00:00:00Z","tree":null}"#).map(drop)), "tree");
    for version in ["0", "3", "18446744073709551615"] {
        let config = format!(r#"{{"version":{version}}}"#);
        let refused = Config::decode(config.as_bytes());
        assert!(matches!(refused, Err(FormatError::UnsupportedVersion { .. })), "{config}: {refused:?}");
    }
    for polynomial in ["", "+1", "xyz", "11112222333344445"] {
        let config = format!(r#"{{"version":2,"id":"{ID}","chunker_polynomial":"{polynomial}"}}"#);
        assert!(Config::decode(config.as_bytes()).is_err(), "{config}");
    }
}

#[test]
fn sparse_snapshots_and_locks_are_read() {
    let snapshot =
        Snapshot::decode(format!(r#"{{"tree":"{ID}","tags":null,"paths":["/a",null],"x":1}}"#).as_bytes()).unwrap();
    assert_eq!(
        (snapshot.paths, snapshot.tags, snapshot.time),
        (vec!["/a".into(), String::new()], vec![], WallTime::default())
    );
    let lock = Lock::decode(br#"{"exclusive":true,"pid":-1,"hostname":null}"#).unwrap();
    assert!(lock.exclusive && lock.pid == -1 && lock.time.instant.as_second() < 0, "{lock:?}");
}

#[test]
fn unpacked_files_are_json_or_zstd_within_bounds() {
    for (plaintext, why) in
        [(&b""[..], "empty"), (b"\x01x", "an unknown version"), (b"\x02", "no frame"), (b"\x02junk", "no zstd")]
    {
        assert!(unpacked::decode(plaintext).is_err(), "{why} was read");
    }
    let mut compressor = rempart_format::Compressor::new(rempart_format::Compression::Max).unwrap();
    let bomb = unpacked::encode(&mut compressor, &vec![b'['; 10 << 20]).unwrap();
    assert!(bomb.len() < 10_000, "{} bytes", bomb.len());
    let within = |limit| unpacked::decode_within(&bomb, limit);
    assert!(matches!(within(1 << 20), Err(FormatError::TooLarge { .. })), "ten times the limit was unpacked");
    assert_eq!(within(10 << 20).unwrap().len(), 10 << 20);
    for len in 1..bomb.len() {
        assert!(unpacked::decode(&bomb[..len]).is_err(), "cut to {len} bytes, it was read");
    }
}

#[test]
fn modes_go_to_go_and_back() {
    let known = [
        (0o100_644, 0o644),
        (0o104_755, 0o755 | 1 << 23),
        (0o102_755, 0o755 | 1 << 22),
        (0o041_777, 0o777 | 1 << 31 | 1 << 20),
        (0o120_777, 0o777 | 1 << 27),
        (0o060_660, 0o660 | 1 << 26),
        (0o020_620, 0o620 | 1 << 26 | 1 << 21),
        (0o010_600, 0o600 | 1 << 25),
        (0o140_755, 0o755 | 1 << 24),
    ];
    for (unix, go) in known {
        assert_eq!(GoMode::from_unix(unix), GoMode(go), "{unix:o}");
        assert_eq!(GoMode(go).to_unix(), unix, "{unix:o}");
        assert_eq!(GoMode(go).to_unix_permissions(), unix & 0o7777, "{unix:o}");
        assert_ne!(NodeKind::from_unix(unix), NodeKind::Other, "{unix:o}");
    }
}
