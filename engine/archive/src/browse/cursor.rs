//! One tree blob, read node by node. Owns its bytes, so that a walk can hold one per level on a stack of its own.

use rempart_format::{FormatError, Node, TreeReader, Unpacker};
use rempart_model::BlobId;
use rempart_repository::TreeBytes;

/// What is unpacked of a long tree at a time, if no node is longer.
const WINDOW_BYTES: usize = 256 * 1024;

pub(crate) struct TreeCursor {
    /// The tree, or of a packed one the stretch that is unpacked.
    bytes: Vec<u8>,
    /// What follows `bytes`: a frame, and the same begun to be unpacked.
    frame: Option<Vec<u8>>,
    packed: Option<Unpacker>,
    offset: usize,
    finished: bool,
}

impl TreeCursor {
    pub(crate) fn new(tree: TreeBytes) -> Self {
        let (bytes, frame) = match tree {
            TreeBytes::Whole(bytes) => (bytes, None),
            TreeBytes::Packed(frame) => (Vec::new(), Some(frame)),
        };
        Self { bytes, frame, packed: None, offset: 0, finished: false }
    }

    /// The next node. After an error or the end there is none.
    pub(crate) fn next_node(&mut self) -> Option<Result<Node, FormatError>> {
        if self.finished {
            return None;
        }
        let node = self.read_node();
        if !matches!(node, Some(Ok(_))) {
            self.finished = true;
            self.bytes = Vec::new();
            (self.frame, self.packed) = (None, None);
        }
        node
    }

    fn read_node(&mut self) -> Option<Result<Node, FormatError>> {
        let mut step_bytes = WINDOW_BYTES;
        loop {
            let mut reader = TreeReader::resume(&self.bytes, self.offset);
            let node = reader.next();
            if matches!(node, Some(Ok(_))) || (self.frame.is_none() && self.packed.is_none()) {
                self.offset = reader.offset();
                return node;
            }
            // The end of the window is no end of the tree. Twice as much at each further try, so that a node longer than
            // the window is not read from its beginning over and over.
            match self.unpack(step_bytes) {
                Ok(()) => step_bytes *= 2,
                Err(error) => return Some(Err(error)),
            }
        }
    }

    /// Drops what was read, and unpacks more behind what is left.
    fn unpack(&mut self, len_bytes: usize) -> Result<(), FormatError> {
        if let Some(frame) = self.frame.take() {
            self.packed = Some(Unpacker::new(frame)?);
        }
        let Some(packed) = &mut self.packed else { return Ok(()) };
        // One byte stays before the place: position 0 would be the beginning of the tree.
        let read = self.offset.saturating_sub(1);
        self.bytes.drain(..read);
        self.offset -= read;
        if !packed.read(len_bytes, &mut self.bytes)? {
            self.packed = None;
        }
        Ok(())
    }

    /// The trees of directories that come next, as far as they lie within a stretch of the blob. A hint for reading
    /// ahead: found by their bytes, which cannot occur inside a JSON string, where quotes are escaped.
    pub(crate) fn upcoming_subtrees(&self, limit: usize, found: &mut Vec<BlobId>) {
        const KEY: &[u8] = b"\"subtree\":\"";
        const STRETCH_BYTES: usize = 512 * 1024;
        let mut rest = self.bytes.get(self.offset..).unwrap_or_default();
        rest = &rest[..rest.len().min(STRETCH_BYTES)];
        while found.len() < limit {
            let Some(at) = find(rest, KEY) else { return };
            rest = &rest[at + KEY.len()..];
            if let Some(id) = rest.get(..64).and_then(|hex| rempart_model::Id::from_hex(hex).ok()) {
                found.push(BlobId(id));
            }
        }
    }
}

/// Where `needle` begins. Looks for its rarest letter first, eight bytes in.
fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    let mut from = 0;
    while from + needle.len() <= haystack.len() {
        let at = from + haystack[from..].iter().position(|&byte| byte == needle[1])?;
        if at > 0 && haystack[at - 1..].starts_with(needle) {
            return Some(at - 1);
        }
        from = at + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use rempart_format::{Compression, Compressor, LocalZone, NodeKind, TreeEncoder};

    use super::*;

    /// A tree with short nodes, and some that are longer than a window.
    fn tree() -> Vec<u8> {
        let mut encoder = TreeEncoder::new(LocalZone::utc());
        for number in 0..6000_u32 {
            let mut node = Node::new(format!("file-{number:05}"), NodeKind::File);
            let chunks = if number % 2500 == 2499 { 12_000 } else { number % 3 };
            node.content = Some((0..chunks).map(|chunk| BlobId::new([(chunk % 251) as u8; 32])).collect());
            encoder.push(&node).unwrap();
        }
        encoder.into_bytes()
    }

    fn packed(json: &[u8]) -> TreeBytes {
        let mut frame = Vec::new();
        Compressor::new(Compression::Auto).unwrap().compress(json, &mut frame).unwrap();
        TreeBytes::Packed(frame)
    }

    fn nodes(tree: TreeBytes) -> (Vec<Node>, bool) {
        let mut cursor = TreeCursor::new(tree);
        let mut nodes = Vec::new();
        loop {
            match cursor.next_node() {
                Some(Ok(node)) => nodes.push(node),
                Some(Err(_)) => return (nodes, false),
                None => return (nodes, true),
            }
        }
    }

    #[test]
    fn a_packed_tree_gives_the_nodes_of_the_whole_one() {
        let json = tree();
        let expected: Vec<Node> = TreeReader::new(&json).map(|node| node.unwrap()).collect();
        assert_eq!(nodes(TreeBytes::Whole(json.clone())), (expected.clone(), true));
        assert_eq!(nodes(packed(&json)), (expected, true));
        assert_eq!(nodes(packed(b"{\"nodes\":[]}\n")), (Vec::new(), true));
    }

    #[test]
    fn a_packed_tree_that_is_cut_off_or_goes_on_behind_its_end_is_an_error() {
        let json = tree();
        let count = |tree| {
            let (nodes, whole) = nodes(tree);
            (nodes.len(), whole)
        };
        assert_eq!(count(packed(&json[..json.len() - 3])), (6000, false));
        assert_eq!(count(packed(&json[..json.len() - 30])), (5999, false));
        assert_eq!(count(packed(&[&json[..], b"{}"].concat())), (6000, false));
    }
}
