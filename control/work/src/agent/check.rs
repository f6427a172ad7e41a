//! What an agent sends is looked at before it is stored: a blob is what its name says, a tree can be read, and everything that
//! a tree names is there or on its way. An agent that lies, or whose memory does, makes no snapshot that cannot be restored.

use std::collections::HashSet;

use parking_lot::Mutex;
use rempart_crypto::{sha256, sha256_many};
use rempart_format::{BlobKind, Node, NodeKind, TreeReader, decompress_into, is_safe_name};
use rempart_model::BlobId;
use rempart_protocol::data::{Blob, ChunkKind};
use rempart_protocol::{Refusal, RefusalCode, Result};

use super::sound::Sound;

/// A chunk of a file as plaintext: eight times what the chunker makes.
const DATA_BYTES: u32 = 64 << 20;
/// A tree as plaintext: a folder of several million entries.
const TREE_BYTES: u32 = 1 << 30;
/// How many blobs may be named before they come. An honest agent sends what a tree names before the tree; other connections
/// may be late by as much as is under way.
const OWED: usize = 1_000_000;

/// As repositories name it.
#[must_use]
pub const fn kind_of(kind: ChunkKind) -> BlobKind {
    match kind {
        ChunkKind::Data => BlobKind::Data,
        ChunkKind::Tree => BlobKind::Tree,
    }
}

/// So much plaintext is hashed together: several streams at once are faster than one.
const TOGETHER_BYTES: usize = 8 << 20;

/// What the trees of one session name.
#[derive(Default)]
pub struct Named {
    /// Neither stored nor promised when the tree came: must be at the commit.
    owed: HashSet<(ChunkKind, BlobId)>,
    /// Whether trees have everything below them.
    pub sound: Sound,
}

/// The looking of one thread.
#[derive(Default)]
pub struct Looker {
    scratch: Vec<u8>,
    /// Plaintexts that are hashed together, one behind the other.
    together: Vec<u8>,
}

impl Looker {
    /// Looks at blobs, and notes what they name if they are trees. `is_there`: whether one is stored already, or will be before
    /// the commit.
    pub fn blobs(
        &mut self,
        kind: ChunkKind,
        blobs: &[Blob],
        named: &Mutex<Named>,
        is_there: impl Fn(ChunkKind, &BlobId) -> bool,
    ) -> Result<()> {
        blobs.iter().try_for_each(|blob| is_of_good_length(kind, blob))?;
        let mut rest = blobs;
        while !rest.is_empty() {
            let mut bytes = 0;
            let fits = |blob: &&Blob| {
                bytes += plain_bytes(blob);
                bytes <= TOGETHER_BYTES
            };
            let (now, later) = rest.split_at(rest.iter().take_while(fits).count().max(1));
            self.look(kind, now, named, &is_there)?;
            rest = later;
        }
        // What was long does not cost its memory for as long as the session lives.
        for buffer in [&mut self.scratch, &mut self.together] {
            if buffer.capacity() > DATA_BYTES as usize {
                *buffer = Vec::new();
            }
        }
        Ok(())
    }

    /// At blobs whose plaintexts are little together, or at one.
    fn look(
        &mut self,
        kind: ChunkKind,
        blobs: &[Blob],
        named: &Mutex<Named>,
        is_there: &impl Fn(ChunkKind, &BlobId) -> bool,
    ) -> Result<()> {
        let Self { scratch, together } = self;
        together.clear();
        let mut ends = Vec::with_capacity(blobs.len());
        for blob in blobs {
            let plaintext = match blob.uncompressed_bytes {
                None => &blob.payload[..],
                Some(bytes) => match decompress_into(&blob.payload, bytes.get(), scratch) {
                    Ok(()) => &scratch[..],
                    Err(error) => return refuse(blob, &error.to_string()),
                },
            };
            if blobs.len() == 1 {
                if sha256(plaintext) != *blob.id.as_bytes() {
                    return refuse(blob, MISNAMED);
                }
                return trees(kind, [(blob, plaintext)], named, is_there);
            }
            together.extend_from_slice(plaintext);
            ends.push(together.len());
        }
        let begins = std::iter::once(0).chain(ends.iter().copied());
        let plaintexts: Vec<&[u8]> = begins.zip(&ends).map(|(begin, end)| &together[begin..*end]).collect();
        let mut digests = vec![[0; 32]; blobs.len()];
        sha256_many(&plaintexts, &mut digests);
        if let Some((blob, _)) = blobs.iter().zip(&digests).find(|(blob, digest)| *digest != blob.id.as_bytes()) {
            return refuse(blob, MISNAMED);
        }
        trees(kind, blobs.iter().zip(plaintexts), named, is_there)
    }
}

impl Named {
    /// Everything that came trees name, and `root`, must be there. What is below them: [`Sound::prove`].
    pub fn commit(&mut self, root: &BlobId, is_there: impl Fn(ChunkKind, &BlobId) -> bool) -> Result<()> {
        self.owed.insert((ChunkKind::Tree, *root));
        self.sound.named(root);
        self.owed.retain(|(kind, id)| !is_there(*kind, id));
        match self.owed.iter().next() {
            None => Ok(()),
            Some((kind, id)) => {
                let detail = format!("{} that trees name, the first {kind:?} {id}", self.owed.len());
                Err(Refusal::new(RefusalCode::BlobsMissing, detail))
            }
        }
    }

    /// Notes what a tree names.
    fn tree(&mut self, blob: &Blob, plaintext: &[u8], is_there: &impl Fn(ChunkKind, &BlobId) -> bool) -> Result<()> {
        let Self { owed, sound } = self;
        let named = tree(plaintext, |kind, id| {
            if kind == ChunkKind::Tree {
                sound.named(&id);
            }
            if !is_there(kind, &id) {
                owed.insert((kind, id));
            }
        });
        if let Err(what) = named {
            return refuse(blob, &what);
        }
        sound.came(&blob.id);
        if owed.len() > OWED {
            owed.retain(|(kind, id)| !is_there(*kind, id));
            if owed.len() > OWED {
                let detail = format!("{} blobs are named by trees and do not come", owed.len());
                return Err(Refusal::new(RefusalCode::TooLong, detail));
            }
        }
        Ok(())
    }
}

const MISNAMED: &str = "its content does not match its name";

fn refuse(blob: &Blob, what: &str) -> Result<()> {
    Err(Refusal::malformed(format!("blob {}: {what}", blob.id)))
}

fn plain_bytes(blob: &Blob) -> usize {
    blob.uncompressed_bytes.map_or(blob.payload.len(), |bytes| bytes.get() as usize)
}

/// Before anything is unpacked.
fn is_of_good_length(kind: ChunkKind, blob: &Blob) -> Result<()> {
    let limit_bytes = if kind == ChunkKind::Data { DATA_BYTES } else { TREE_BYTES };
    match plain_bytes(blob) {
        bytes if bytes > limit_bytes as usize => refuse(blob, &format!("{bytes} bytes, at most {limit_bytes}")),
        _ => Ok(()),
    }
}

/// Reads what trees name.
fn trees<'b>(
    kind: ChunkKind,
    blobs: impl IntoIterator<Item = (&'b Blob, &'b [u8])>,
    named: &Mutex<Named>,
    is_there: &impl Fn(ChunkKind, &BlobId) -> bool,
) -> Result<()> {
    if kind != ChunkKind::Tree {
        return Ok(());
    }
    let mut named = named.lock();
    blobs.into_iter().try_for_each(|(blob, plaintext)| named.tree(blob, plaintext, is_there))
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

    /// Looks as a session of one thread does.
    #[derive(Default)]
    struct Checker {
        looker: Looker,
        named: Mutex<Named>,
    }

    impl Checker {
        fn blobs(
            &mut self,
            kind: ChunkKind,
            blobs: &[Blob],
            is_there: impl Fn(ChunkKind, &BlobId) -> bool,
        ) -> Result<()> {
            self.looker.blobs(kind, blobs, &self.named, is_there)
        }
    }

    #[test]
    fn a_blob_is_what_its_name_says_or_refused() {
        let mut checker = Checker::default();
        let mut look = |blob: &Blob| checker.blobs(ChunkKind::Data, &[plain(b"beside"), blob.clone()], |_, _| true);
        assert_eq!(look(&plain(b"content")), Ok(()));
        assert_eq!(look(&packed(&[7; 5000])), Ok(()));
        let other = Blob { id: BlobId::new([1; 32]), ..plain(b"content") };
        let too_short = Blob { uncompressed_bytes: NonZeroU32::new(4999), ..packed(&[7; 5000]) };
        let too_long = Blob { uncompressed_bytes: NonZeroU32::new(u32::MAX), ..packed(&[7; 5000]) };
        let broken = Blob { payload: Bytes::from_static(b"no frame"), ..packed(&[7; 5000]) };
        for wrong in [other, too_short, too_long, broken] {
            assert_eq!(look(&wrong).map_err(|refusal| refusal.code), Err(RefusalCode::Malformed), "{wrong:?}");
            let alone = Checker::default().blobs(ChunkKind::Data, &[wrong], |_, _| true);
            assert_eq!(alone.map_err(|refusal| refusal.code), Err(RefusalCode::Malformed));
        }
    }

    #[test]
    fn blobs_of_any_length_are_looked_at_in_portions() {
        let long = |byte: u8, mebibytes: usize| packed(&vec![byte; mebibytes << 20]);
        let blobs: Vec<Blob> =
            [1, 9, 2, 5, 3, 20, 1].iter().zip(0..).map(|(length, byte)| long(byte, *length)).collect();
        let mut checker = Checker::default();
        assert_eq!(checker.blobs(ChunkKind::Data, &blobs, |_, _| true), Ok(()));
        for at in 0..blobs.len() {
            let mut wrong = blobs.clone();
            wrong[at].id = BlobId::new([7; 32]);
            let refused = checker.blobs(ChunkKind::Data, &wrong, |_, _| true).expect_err("misnamed");
            assert!(refused.detail.contains(&wrong[at].id.to_string()), "{at}: {refused}");
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
        assert_eq!(Checker::default().blobs(ChunkKind::Tree, &[plain(&json(&good))], |_, _| true), Ok(()));
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
            let refused = Checker::default().blobs(ChunkKind::Tree, &[plain(&wrong)], |_, _| true);
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
        checker.blobs(ChunkKind::Tree, std::slice::from_ref(&root), |_, _| false).unwrap();
        let here = |missing: BlobId| move |_: ChunkKind, id: &BlobId| *id != missing;
        let code = |refused: Result<()>| refused.map_err(|refusal| refusal.code);
        assert_eq!(code(checker.named.lock().commit(&root.id, here(child.id))), Err(RefusalCode::BlobsMissing));
        assert_eq!(code(checker.named.lock().commit(&root.id, here(root.id))), Err(RefusalCode::BlobsMissing));
        assert_eq!(code(checker.named.lock().commit(&root.id, |_, _| true)), Ok(()));
    }
}
