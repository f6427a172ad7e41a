//! What an agent sends is looked at before it is stored: a blob is what its name says, a tree can be read, and everything that
//! a tree names is there or on its way. An agent that lies, or whose memory does, makes no snapshot that cannot be restored.

use std::collections::HashSet;

use rempart_crypto::sha256;
use rempart_format::{BlobKind, Node, NodeKind, TreeReader, decompress_into, is_safe_name};
use rempart_model::BlobId;
use rempart_protocol::data::{Blob, ChunkKind};
use rempart_protocol::{Refusal, RefusalCode, Result};

/// A chunk of a file as plaintext: eight times what the chunker makes.
const DATA_BYTES: u32 = 64 << 20;
/// A tree as plaintext: a folder of several million entries.
const TREE_BYTES: u32 = 1 << 30;

/// As repositories name it.
#[must_use]
pub const fn kind_of(kind: ChunkKind) -> BlobKind {
    match kind {
        ChunkKind::Data => BlobKind::Data,
        ChunkKind::Tree => BlobKind::Tree,
    }
}

/// The looking of one session.
#[derive(Default)]
pub struct Checker {
    plaintext: Vec<u8>,
    /// Named by trees and neither stored nor promised when the tree came: must be at the commit.
    owed: HashSet<(ChunkKind, BlobId)>,
}

impl Checker {
    /// Looks at a blob. `is_there`: whether one is stored already, or will be before the commit.
    pub fn blob(&mut self, kind: ChunkKind, blob: &Blob, is_there: impl Fn(ChunkKind, &BlobId) -> bool) -> Result<()> {
        let refuse = |what: String| Err(Refusal::malformed(format!("blob {}: {what}", blob.id)));
        let limit = if kind == ChunkKind::Data { DATA_BYTES } else { TREE_BYTES };
        let plaintext = match blob.uncompressed_bytes {
            None if blob.payload.len() > limit as usize => return refuse(format!("longer than {limit} bytes")),
            Some(bytes) if bytes.get() > limit => return refuse(format!("{bytes} bytes, at most {limit}")),
            None => &blob.payload[..],
            Some(bytes) => match decompress_into(&blob.payload, bytes.get(), &mut self.plaintext) {
                Ok(()) => &self.plaintext[..],
                Err(error) => return refuse(error.to_string()),
            },
        };
        if sha256(plaintext) != *blob.id.as_bytes() {
            return refuse("its content does not match its name".to_owned());
        }
        if kind == ChunkKind::Tree {
            let owed = &mut self.owed;
            let named = tree(plaintext, |kind, id| {
                if !is_there(kind, &id) {
                    owed.insert((kind, id));
                }
            });
            if let Err(what) = named {
                return refuse(what);
            }
        }
        // One long tree does not cost its memory for as long as the session lives.
        if self.plaintext.capacity() > DATA_BYTES as usize {
            self.plaintext = Vec::new();
        }
        Ok(())
    }

    /// Everything that came trees name, and `root`, must be there.
    pub fn commit(&mut self, root: &BlobId, is_there: impl Fn(ChunkKind, &BlobId) -> bool) -> Result<()> {
        self.owed.insert((ChunkKind::Tree, *root));
        self.owed.retain(|(kind, id)| !is_there(*kind, id));
        match self.owed.iter().next() {
            None => Ok(()),
            Some((kind, id)) => {
                let detail = format!("{} that trees name, the first {kind:?} {id}", self.owed.len());
                Err(Refusal::new(RefusalCode::BlobsMissing, detail))
            }
        }
    }
}

/// Reads every node, and tells what each refers to.
fn tree(json: &[u8], mut names: impl FnMut(ChunkKind, BlobId)) -> Result<(), String> {
    let mut reader = TreeReader::new(json);
    let mut node = Node::new("", NodeKind::File);
    let mut last: Option<Vec<u8>> = None;
    while reader.next_into(&mut node).map_err(|error| error.to_string())? {
        let shown = || String::from_utf8_lossy(&node.name).into_owned();
        if !is_safe_name(&node.name) {
            return Err(format!("{:?} cannot be the name of a file", shown()));
        }
        if last.as_ref().is_some_and(|last| *last >= node.name) {
            return Err(format!("{:?} is out of order, or there twice", shown()));
        }
        match (node.kind, &node.subtree) {
            (NodeKind::Dir, Some(subtree)) => names(ChunkKind::Tree, *subtree),
            (NodeKind::Dir, None) => return Err(format!("the folder {:?} has no tree", shown())),
            (_, Some(_)) => return Err(format!("{:?} has a tree and is no folder", shown())),
            (NodeKind::File, None) if node.content.is_none() => {
                return Err(format!("the file {:?} has no list of its content", shown()));
            }
            (_, None) => {}
        }
        node.content().iter().for_each(|id| names(ChunkKind::Data, *id));
        last = Some(node.name.clone());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;
    use bytes::Bytes;
    use rempart_format::{Compression, Compressor};

    fn plain(bytes: &[u8]) -> Blob {
        let id = BlobId::new(sha256(bytes));
        Blob { id, uncompressed_bytes: None, payload: Bytes::copy_from_slice(bytes) }
    }

    fn packed(bytes: &[u8]) -> Blob {
        let mut payload = Vec::new();
        Compressor::new(Compression::Fast).unwrap().compress(bytes, &mut payload).unwrap();
        let uncompressed_bytes = NonZeroU32::new(bytes.len() as u32);
        Blob { uncompressed_bytes, payload: payload.into(), ..plain(bytes) }
    }

    #[test]
    fn a_blob_is_what_its_name_says_or_refused() {
        let mut checker = Checker::default();
        let mut look = |blob: &Blob| checker.blob(ChunkKind::Data, blob, |_, _| true);
        assert_eq!(look(&plain(b"content")), Ok(()));
        assert_eq!(look(&packed(&[7; 5000])), Ok(()));
        let other = Blob { id: BlobId::new([1; 32]), ..plain(b"content") };
        let too_short = Blob { uncompressed_bytes: NonZeroU32::new(4999), ..packed(&[7; 5000]) };
        let too_long = Blob { uncompressed_bytes: NonZeroU32::new(u32::MAX), ..packed(&[7; 5000]) };
        let broken = Blob { payload: Bytes::from_static(b"no frame"), ..packed(&[7; 5000]) };
        for wrong in [other, too_short, too_long, broken] {
            assert_eq!(look(&wrong).map_err(|refusal| refusal.code), Err(RefusalCode::Malformed), "{wrong:?}");
        }
    }

    fn node(name: &str, rest: &str) -> String {
        format!(
            r#"{{"name":"{name}",{rest},"mtime":"2026-01-01T00:00:00Z","atime":"2026-01-01T00:00:00Z","ctime":"2026-01-01T00:00:00Z"}}"#
        )
    }

    fn json(nodes: &[String]) -> Vec<u8> {
        format!("{{\"nodes\":[{}]}}\n", nodes.join(",")).into_bytes()
    }

    #[test]
    fn a_tree_that_cannot_be_restored_is_refused() {
        let file = |name: &str| node(name, r#""type":"file","content":[]"#);
        let id = "11".repeat(32);
        let good = [file("a"), node("b", &format!(r#""type":"dir","subtree":"{id}""#))];
        assert_eq!(Checker::default().blob(ChunkKind::Tree, &plain(&json(&good)), |_, _| true), Ok(()));
        for wrong in [
            json(&[file("b"), file("a")]),
            json(&[file("a"), file("a")]),
            json(&[file("..")]),
            json(&[file("a/b")]),
            json(&[node("a", r#""type":"dir""#)]),
            json(&[node("a", r#""type":"file""#)]),
            json(&[node("a", &format!(r#""type":"file","content":[],"subtree":"{id}""#))]),
            b"{\"nodes\":[".to_vec(),
            b"nothing".to_vec(),
        ] {
            let refused = Checker::default().blob(ChunkKind::Tree, &plain(&wrong), |_, _| true);
            let shown = String::from_utf8_lossy(&wrong);
            assert_eq!(refused.map_err(|refusal| refusal.code), Err(RefusalCode::Malformed), "{shown}");
        }
    }

    #[test]
    fn what_trees_name_must_be_there_at_the_commit() {
        let child = plain(b"a chunk");
        let content = format!(r#""type":"file","content":["{}"]"#, child.id);
        let root = plain(&json(&[node("a", &content)]));
        let mut checker = Checker::default();
        checker.blob(ChunkKind::Tree, &root, |_, _| false).unwrap();
        let here = |missing: BlobId| move |_: ChunkKind, id: &BlobId| *id != missing;
        let code = |refused: Result<()>| refused.map_err(|refusal| refusal.code);
        assert_eq!(code(checker.commit(&root.id, here(child.id))), Err(RefusalCode::BlobsMissing));
        assert_eq!(code(checker.commit(&root.id, here(root.id))), Err(RefusalCode::BlobsMissing));
        assert_eq!(code(checker.commit(&root.id, |_, _| true)), Ok(()));
    }
}
