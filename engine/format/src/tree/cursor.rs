//! One tree read from beginning to end by who owns its bytes, of a long tree a window at a time: never unpacked whole.

use rempart_model::BlobId;

use super::read::TreeReader;
use crate::{BlobKind, FormatError, Node, NodeKind, Unpacker};

/// What is unpacked of a long tree at a time, if no node is longer.
const WINDOW_BYTES: usize = 256 * 1024;
/// Where a text ends in the middle of a token, the reader may refuse as far before the end as the longest token that is
/// read at once: an id with its quotation marks has 66 bytes.
const TOKEN_BYTES: usize = 80;

/// The bytes of a tree.
#[derive(Debug)]
pub enum TreeBytes {
    Whole(Vec<u8>),
    /// A zstd frame that was unpacked once, piece by piece, and gave what the tree's id names.
    Packed(Vec<u8>),
}

/// Reads a tree item by item. The first error ends it.
pub struct TreeCursor {
    /// The tree, or of a packed one the stretch that is unpacked.
    bytes: Vec<u8>,
    /// How much of the tree lay before `bytes`.
    dropped_bytes: usize,
    /// What follows `bytes`: a frame, and the same begun to be unpacked.
    frame: Option<Vec<u8>>,
    packed: Option<Unpacker>,
    offset: usize,
    /// Length of the node that ends at `offset`.
    raw_bytes: usize,
    finished: bool,
}

impl TreeCursor {
    /// Reads nothing yet: what is no tree shows at the first item.
    #[must_use]
    pub fn new(tree: TreeBytes) -> Self {
        let (bytes, frame) = match tree {
            TreeBytes::Whole(bytes) => (bytes, None),
            TreeBytes::Packed(frame) => (Vec::new(), Some(frame)),
        };
        Self { bytes, dropped_bytes: 0, frame, packed: None, offset: 0, raw_bytes: 0, finished: false }
    }

    /// The next node. After an error or the end there is none.
    pub fn next_node(&mut self) -> Option<Result<Node, FormatError>> {
        let mut node = Node::new(Vec::new(), NodeKind::Other);
        match self.next_into(&mut node) {
            Ok(true) => Some(Ok(node)),
            Ok(false) => None,
            Err(error) => Some(Err(error)),
        }
    }

    /// Reads the next node into `node`, reusing what it has allocated; false at the end.
    pub fn next_into(&mut self, node: &mut Node) -> Result<bool, FormatError> {
        self.next(|reader| reader.next_into(node))
    }

    /// Steps over the next node and puts what it refers to into `found`, which is emptied first; false at the end.
    pub fn next_references(&mut self, found: &mut Vec<(BlobKind, BlobId)>) -> Result<bool, FormatError> {
        self.next(|reader| reader.next_references(found))
    }

    /// The JSON of the node read last, for [`crate::TreeEncoder::push_raw`]; nothing where there is none.
    #[must_use]
    pub fn raw_node(&self) -> &[u8] {
        let end = self.offset.min(self.bytes.len());
        &self.bytes[end.saturating_sub(self.raw_bytes)..end]
    }

    fn next(
        &mut self,
        read: impl FnMut(&mut TreeReader<'_>) -> Result<bool, FormatError>,
    ) -> Result<bool, FormatError> {
        if self.finished {
            return Ok(false);
        }
        let item = self.read_item(read);
        if !matches!(item, Ok(true)) {
            self.finished = true;
            self.bytes = Vec::new();
            self.raw_bytes = 0;
            (self.frame, self.packed) = (None, None);
        }
        item
    }

    fn read_item(
        &mut self,
        mut read: impl FnMut(&mut TreeReader<'_>) -> Result<bool, FormatError>,
    ) -> Result<bool, FormatError> {
        let mut step_bytes = WINDOW_BYTES;
        loop {
            let mut reader = TreeReader::resume(&self.bytes, self.offset);
            let item = read(&mut reader);
            let goes_on = self.frame.is_some() || self.packed.is_some();
            let is_cut = match &item {
                Ok(true) => false,
                // Nothing may follow the end of the tree.
                Ok(false) => true,
                Err(FormatError::Json { at_byte, .. }) => *at_byte + TOKEN_BYTES >= self.bytes.len(),
                Err(_) => false,
            };
            if !(goes_on && is_cut) {
                (self.offset, self.raw_bytes) = (reader.offset(), reader.raw_node().len());
                return item.map_err(|error| self.in_the_tree(error));
            }
            // The end of the window is no end of the tree. Twice as much at each further try, so that a node longer than
            // the window is not read from its beginning over and over.
            self.unpack(step_bytes)?;
            step_bytes *= 2;
        }
    }

    /// The place that an error names, from the beginning of the tree.
    fn in_the_tree(&self, error: FormatError) -> FormatError {
        match error {
            FormatError::Json { what, at_byte, expected } => {
                FormatError::Json { what, at_byte: self.dropped_bytes + at_byte, expected }
            }
            other => other,
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
        self.dropped_bytes += read;
        self.offset -= read;
        if !packed.read(len_bytes, &mut self.bytes)? {
            self.packed = None;
        }
        Ok(())
    }

    /// The trees of directories that come next, as far as they lie within a stretch of the blob. A hint for reading
    /// ahead: found by their bytes, which cannot occur inside a JSON string, where quotes are escaped.
    pub fn upcoming_subtrees(&self, limit: usize, found: &mut Vec<BlobId>) {
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
    use super::*;
    use crate::{Compression, Compressor, LocalZone, TreeEncoder, for_each_reference};

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

    fn one_node(raw: &[u8]) -> TreeBytes {
        TreeBytes::Whole([&br#"{"nodes":["#[..], raw, b"]}"].concat())
    }

    fn nodes(tree: TreeBytes) -> (Vec<Node>, bool) {
        let mut cursor = TreeCursor::new(tree);
        let mut nodes = Vec::new();
        loop {
            match cursor.next_node() {
                Some(Ok(node)) => {
                    assert_eq!(TreeCursor::new(one_node(cursor.raw_node())).next_node().unwrap().unwrap(), node);
                    nodes.push(node);
                }
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
    fn references_are_those_of_the_nodes_however_the_tree_is_kept() {
        let mut json = br#"{"version":1,"nodes":[{"name":"dir","type":"dir","subtree":""#.to_vec();
        json.extend_from_slice("07".repeat(32).as_bytes());
        json.extend_from_slice(br#"","content":null,"mtime":"no time at all"},"#);
        json.extend_from_slice(&tree()[br#"{"nodes":["#.len()..]);
        let mut expected = Vec::new();
        for_each_reference::<FormatError>(&json, |kind, id| {
            expected.push((kind, id));
            Ok(())
        })
        .unwrap();
        assert_eq!(expected[0], (BlobKind::Tree, BlobId::new([7; 32])));
        for tree in [TreeBytes::Whole(json.clone()), packed(&json)] {
            let (mut cursor, mut all, mut of_node) = (TreeCursor::new(tree), Vec::new(), Vec::new());
            while cursor.next_references(&mut of_node).unwrap() {
                all.extend_from_slice(&of_node);
            }
            assert!(all == expected, "{} references instead of {}", all.len(), expected.len());
        }
    }

    #[test]
    fn an_error_amid_a_packed_tree_names_its_place_and_nothing_behind_it_is_looked_at() {
        let mut json = tree();
        let at = json.windows(10).position(|window| window == b"file-03000").unwrap();
        json[at - 1] = b'?';
        let error_of = |tree| {
            let mut cursor = TreeCursor::new(tree);
            let error = (0..).find_map(|number| match cursor.next_node() {
                Some(Ok(_)) => None,
                Some(Err(error)) => Some((number, error.to_string())),
                None => panic!("the error went unnoticed"),
            });
            assert!(cursor.next_node().is_none(), "something came behind the error");
            error.unwrap()
        };
        let whole = error_of(TreeBytes::Whole(json.clone()));
        assert_eq!(whole.0, 3000);
        assert!(whole.1.contains(&format!("byte {}", at - 1)), "{}", whole.1);
        assert_eq!(error_of(packed(&json)), whole);
        // What follows cannot even be unpacked, and is not
        let TreeBytes::Packed(mut frame) = packed(&json) else { unreachable!("it was packed") };
        frame.truncate(frame.len() - 20);
        assert_eq!(error_of(TreeBytes::Packed(frame)), whole);
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
