//! Snapshots that no tool would write: trees from any JSON, stored by the engine's writer as valid blobs.

use rempart_crypto::sha256;
use rempart_format::{BlobKind, Compression, Compressor, LocalZone, Snapshot, WallTime};
use rempart_model::BlobId;
use rempart_repository::{BlobSink, LockMode, PreparedBlob, Writer, WriterLock, WriterOptions};
use serde_json::{Value, json};

use crate::Lab;
use crate::lab::Opened;

/// A snapshot under construction.
pub struct Hostile<'l> {
    lab: &'l Lab,
    writer: Writer,
    compressor: Compressor,
}

impl<'l> Hostile<'l> {
    pub fn begin(lab: &'l Lab) -> Self {
        let repository = lab.open();
        let lock = repository.lock_async(LockMode::Shared, None).expect("lock the repository");
        let writer = repository.writer(WriterLock::Pending(lock), WriterOptions::default()).expect("begin to write");
        Self { lab, writer, compressor: Compressor::new(Compression::Auto).expect("a compressor") }
    }

    fn put(&mut self, kind: BlobKind, plaintext: &[u8]) -> BlobId {
        let id = BlobId::new(sha256(plaintext));
        let mut wanted = Vec::new();
        self.writer.claim(kind, &[id], &mut wanted).expect("ask");
        if wanted == [true] {
            let mut scratch = Vec::new();
            let stored = self.compressor.store(kind, plaintext, &mut scratch).expect("compress");
            let blob = PreparedBlob { id, payload: stored.payload, uncompressed_bytes: stored.uncompressed_bytes };
            self.writer.put(kind, &[blob]).expect("put");
        }
        id
    }

    /// Stores a tree of these nodes as they are.
    pub fn tree(&mut self, nodes: &[Value]) -> BlobId {
        let json = format!("{}\n", json!({ "nodes": nodes }));
        self.put(BlobKind::Tree, json.as_bytes())
    }

    pub fn file(&mut self, name: &str, content: &[u8]) -> Value {
        let id = self.put(BlobKind::Data, content);
        let mut node = node(name, "file", 0o644);
        node["size"] = json!(content.len());
        node["content"] = json!([id.to_string()]);
        node
    }

    pub fn directory(&mut self, name: &str, nodes: &[Value]) -> Value {
        let subtree = self.tree(nodes);
        let mut node = node(name, "dir", 0o755 | 1 << 31);
        node["subtree"] = json!(subtree.to_string());
        node
    }

    pub fn symlink(name: &str, target: &str) -> Value {
        let mut node = node(name, "symlink", 0o777 | 1 << 27);
        node["linktarget"] = json!(target);
        node
    }

    /// Commits a snapshot of these nodes and opens it.
    pub fn commit(mut self, nodes: &[Value]) -> Opened {
        let tree = self.tree(nodes);
        let snapshot = Snapshot {
            paths: vec!["/".to_owned()],
            hostname: "test".to_owned(),
            username: "test".to_owned(),
            ..Snapshot::new(tree, WallTime::now(&LocalZone::utc()))
        };
        self.writer.commit(&snapshot).expect("commit");
        drop(self.writer);
        Opened { repository: self.lab.open(), snapshot }
    }
}

/// A node with the fields that every kind has.
fn node(name: &str, kind: &str, mode: u32) -> Value {
    let time = "2001-02-03T04:05:06.789Z";
    json!({
        "name": name, "type": kind, "mode": mode, "mtime": time, "atime": time, "ctime": time,
        "uid": rustix::process::geteuid().as_raw(), "gid": rustix::process::getegid().as_raw(), "content": null,
    })
}
