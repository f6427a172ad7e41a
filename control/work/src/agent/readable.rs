//! What a session may read: the tree that its order names, and what trees name that it was given. Blobs of other machines in
//! the same repository are not among them, whatever ids an agent may have come by.

use std::collections::HashSet;

use rempart_format::{FormatError, for_each_reference};
use rempart_model::BlobId;
use rempart_protocol::data::ChunkKind;

use super::check::kind_of;

/// Half of an id is kept: nobody finds another blob's by trying, and ten million chunks are not to cost a gigabyte.
pub type Half = [u8; 16];

/// Grows with every tree that is given out.
#[derive(Default)]
pub struct Readable {
    trees: HashSet<Half>,
    data: HashSet<Half>,
}

impl Readable {
    /// Of nothing but this tree, and what is found below it.
    #[must_use]
    pub fn from(root: Option<BlobId>) -> Self {
        let trees = root.iter().map(half).collect();
        Self { trees, data: HashSet::new() }
    }

    #[must_use]
    pub fn allows(&self, kind: ChunkKind, id: &BlobId) -> bool {
        match kind {
            ChunkKind::Tree => self.trees.contains(&half(id)),
            ChunkKind::Data => self.data.contains(&half(id)),
        }
    }

    /// A tree is given out: what it names may be asked for.
    pub fn learn(&mut self, tree: &[u8]) -> Result<(), FormatError> {
        for_each_reference(tree, |kind, id| {
            let set = if kind == kind_of(ChunkKind::Tree) { &mut self.trees } else { &mut self.data };
            set.insert(half(&id));
            Ok::<(), FormatError>(())
        })
    }
}

pub fn half(id: &BlobId) -> Half {
    let (half, _) = id.as_bytes().split_first_chunk().expect("an id has 32 bytes");
    *half
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_given_tree_names_may_be_read() {
        let id = |byte: u8| BlobId::new([byte; 32]);
        let mut readable = Readable::from(Some(id(1)));
        assert!(readable.allows(ChunkKind::Tree, &id(1)));
        assert!(!readable.allows(ChunkKind::Data, &id(1)), "a chunk of the same id is another blob");
        let tree = format!(
            r#"{{"nodes":[{{"name":"a","type":"file","content":["{}"]}},{{"name":"b","type":"dir","subtree":"{}"}}]}}"#,
            id(2),
            id(3)
        );
        readable.learn(tree.as_bytes()).unwrap();
        assert!(readable.allows(ChunkKind::Data, &id(2)) && readable.allows(ChunkKind::Tree, &id(3)));
        assert!(!readable.allows(ChunkKind::Tree, &id(2)) && !readable.allows(ChunkKind::Data, &id(4)));
        assert!(!Readable::from(None).allows(ChunkKind::Tree, &id(1)));
    }
}
