//! What the real restic wrote, read and written again: every byte must come back. `tests/golden/make.sh` made the files.

use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use rempart_format::{
    Compression, Compressor, Config, IndexEncoder, KeyFile, LocalZone, Lock, Node, NodeKind, PackEntry, Snapshot,
    TreeEncoder, TreeReader, decode_master_key, encode_master_key, for_each_pack, pack, unpacked,
};
use rempart_model::PackId;

/// Folder of golden files, and the zone of the machine that wrote them.
const WRITERS: [(&str, &str); 2] = [("restic-0.19", "Europe/Paris"), ("restic-0.14-v1", "America/St_Johns")];
const CURRENT: (&str, &str) = WRITERS[0];

fn folder(writer: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(writer)
}

/// The files of a folder whose names begin and end like this, with their names; fails if there is none.
fn files(folder: &Path, prefix: &str, suffix: &str) -> Vec<(String, Vec<u8>)> {
    let mut found: Vec<_> = std::fs::read_dir(folder)
        .unwrap_or_else(|e| panic!("{} cannot be listed: {e}; tests/golden/make.sh makes it", folder.display()))
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), entry.path()))
        .filter(|(name, path)| path.is_file() && name.starts_with(prefix) && name.ends_with(suffix))
        .map(|(name, path)| (name, std::fs::read(path).unwrap()))
        .collect();
    found.sort();
    assert!(!found.is_empty(), "no {prefix}*{suffix} in {}", folder.display());
    found
}

fn zone(name: &str) -> LocalZone {
    LocalZone::new(TimeZone::get(name).expect("the zones of the world are there: install tzdata"))
}

fn show(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Compares long texts and shows the place where they part.
fn assert_same(ours: &str, golden: &str, what: &str) {
    let Some(at) = ours.bytes().zip(golden.bytes()).position(|(a, b)| a != b) else {
        return assert_eq!(ours.len(), golden.len(), "{what}: one is longer");
    };
    let around = |text: &str| show(&text.as_bytes()[at.saturating_sub(60)..text.len().min(at + 60)]);
    panic!("{what} differs at byte {at}:\nours   {}\ngolden {}", around(ours), around(golden));
}

/// What restic 0.14 wrote otherwise: Go before 1.22 had a longer form of two control characters, Unicode has grown, and
/// the bytes of link targets that are no UTF-8 were lost. Changes nothing in what restic 0.19 wrote.
fn as_today(json: &str) -> String {
    let old = [(r"\u0008", r"\b"), (r"\u000c", r"\f"), (r"\\U0001fae8", "🫨")];
    let json = old.iter().fold(json.to_owned(), |json, (old, new)| json.replace(old, new));
    json.replace(r#""bad \ufffd\ufffd target","content""#, "\"bad \u{fffd}\u{fffd} target\",\"content\"")
}

fn nodes(writer: &str, kind: NodeKind) -> Vec<Node> {
    files(&folder(writer).join("trees"), "", ".json")
        .iter()
        .flat_map(|(_, json)| TreeReader::new(json).map(|node| node.unwrap()).collect::<Vec<_>>())
        .filter(|node| node.kind == kind)
        .collect()
}

#[test]
fn trees_come_back_byte_for_byte() {
    for (writer, zone_name) in WRITERS {
        for (name, json) in files(&folder(writer).join("trees"), "", ".json") {
            let mut tree = TreeEncoder::new(zone(zone_name));
            let mut raw = TreeEncoder::new(LocalZone::utc());
            let mut reader = TreeReader::new(&json);
            while let Some(node) = reader.next() {
                let mut node = node.unwrap_or_else(|e| panic!("{writer}, tree {name}: {e}"));
                // The one thing that restic's own trees lose: bytes of attribute names that are no UTF-8.
                for xattr in node.xattrs.iter_mut().filter(|xattr| show(&xattr.name) == "user.bad \u{fffd}") {
                    xattr.name = b"user.bad \xff".to_vec();
                }
                tree.push(&node).unwrap_or_else(|e| panic!("{writer}, tree {name}: {e}"));
                raw.push_raw(&node.name, reader.raw_node()).unwrap();
            }
            assert_same(&show(raw.finish()), &show(&json), &format!("{writer}, tree {name}, raw nodes"));
            assert_same(&show(tree.finish()), &as_today(&show(&json)), &format!("{writer}, tree {name}"));
        }
    }
}

#[test]
fn every_kind_of_node_is_among_the_golden_ones() {
    // All but sockets, which restic does not store.
    use NodeKind::{CharDev, Dev, Dir, Fifo, File, Symlink};
    for kind in [File, Dir, Symlink, Dev, CharDev, Fifo] {
        assert!(!nodes(CURRENT.0, kind).is_empty(), "no {kind:?}: make.sh should make one");
    }
    let files = nodes(CURRENT.0, NodeKind::File);
    let has = |what: &str, found: bool| assert!(found, "no file {what}: make.sh should make one");
    has("with several chunks", files.iter().any(|node| node.content().len() > 1));
    has("without a chunk", files.iter().any(|node| node.content == Some(vec![])));
    has("with two links", files.iter().any(|node| node.links == 2));
    has("with an empty attribute", files.iter().any(|node| node.xattrs.iter().any(|x| x.value.is_empty())));
    has("of nobody known", files.iter().any(|node| node.user.is_empty() && node.uid == 54321));
    has("with a name of broken UTF-8", files.iter().any(|node| node.name == b"bad \xff\xfe end"));
    let targets: Vec<_> = nodes(CURRENT.0, NodeKind::Symlink).into_iter().map(|node| node.link_target).collect();
    assert!(targets.contains(&b"bad \xff\xfe target".to_vec()), "the link to broken UTF-8 reads as {targets:?}");
}

#[test]
fn snapshots_locks_configs_and_keys_come_back_byte_for_byte() {
    for (writer, _) in WRITERS {
        let folder = folder(writer);
        for (name, json) in files(&folder, "snapshot-", ".json") {
            let snapshot = Snapshot::decode(&json).unwrap_or_else(|e| panic!("{writer}, {name}: {e}"));
            assert_eq!(show(&snapshot.encode()), show(&json), "{writer}, {name}");
        }
        let [lock, config, key, master] = ["lock", "config", "key", "master-key"]
            .map(|name| std::fs::read(folder.join(name).with_extension("json")).unwrap());
        assert_eq!(show(&Lock::decode(&lock).unwrap().encode()), show(&lock), "{writer}, lock");
        assert_eq!(show(&Config::decode(&config).unwrap().encode()), show(&config), "{writer}, config");
        assert_eq!(show(&KeyFile::decode(&key).unwrap().encode()), show(&key), "{writer}, key file");
        let parts = decode_master_key(&master).unwrap();
        assert_eq!(show(&encode_master_key(&parts)), show(&master), "{writer}, master key");
    }
}

fn packs(json: &[u8]) -> Vec<(PackId, Vec<PackEntry>)> {
    let mut packs = Vec::new();
    for_each_pack(json, |id, blobs| {
        packs.push((id, blobs.to_vec()));
        Ok::<_, rempart_format::FormatError>(())
    })
    .unwrap();
    packs
}

#[test]
fn indexes_come_back_byte_for_byte_compressed_or_not() {
    for (writer, _) in WRITERS {
        for (name, json) in files(&folder(writer), "index-", ".json") {
            let mut index = IndexEncoder::new();
            for (id, blobs) in packs(&json) {
                index.push_pack(&id, &blobs);
            }
            let json = show(&json);
            assert_same(&show(&index.finish()), &json, &format!("{writer}, {name}"));
            let stored = std::fs::read(folder(writer).join(&name).with_extension("unpacked")).unwrap();
            assert_eq!(show(&unpacked::decode(&stored).unwrap()), json, "{writer}, {name}, as it was stored");
            let mut compressor = Compressor::new(Compression::Auto).unwrap();
            let ours = unpacked::encode(&mut compressor, json.as_bytes()).unwrap();
            assert_eq!(show(&unpacked::decode(&ours).unwrap()), json, "{writer}, {name}, as we store it");
        }
    }
}

#[test]
fn pack_headers_come_back_byte_for_byte_and_say_what_the_index_says() {
    for (writer, _) in WRITERS {
        let indexed: Vec<_> =
            files(&folder(writer), "index-", ".json").iter().flat_map(|(_, json)| packs(json)).collect();
        for (name, header) in files(&folder(writer), "pack-", ".header") {
            let entries = pack::decode_header(&header).unwrap_or_else(|e| panic!("{writer}, {name}: {e}"));
            assert_eq!(pack::encode_header(&entries), header, "{writer}, {name}");
            let id = name.trim_start_matches("pack-").trim_end_matches(".header");
            let mut blobs = indexed.iter().find(|(pack, _)| pack.to_string() == id).expect("an indexed pack").1.clone();
            blobs.sort_by_key(|blob| blob.offset_bytes);
            assert_eq!(entries, blobs, "{writer}, {name}: header and index differ");
        }
    }
}
