//! One tree blob, read node by node. Owns its bytes, so that a walk can hold one per level on a stack of its own.

use rempart_format::{FormatError, Node, TreeReader};
use rempart_model::BlobId;

pub(crate) struct TreeCursor {
    bytes: Vec<u8>,
    /// Where what is not read yet begins, as a tree of its own.
    rest: usize,
    finished: bool,
}

const TREE_BEGINS: &[u8; 10] = b"{\"nodes\":[";

impl TreeCursor {
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        Self { bytes, rest: 0, finished: false }
    }

    /// The next node. After an error or the end there is none.
    pub(crate) fn next_node(&mut self) -> Option<Result<Node, FormatError>> {
        if self.finished {
            return None;
        }
        let mut reader = TreeReader::new(&self.bytes[self.rest..]);
        let node = reader.next();
        let raw = reader.raw_node();
        let end = (raw.as_ptr() as usize + raw.len()).wrapping_sub(self.bytes.as_ptr() as usize);
        if matches!(node, Some(Ok(_))) && self.begin_again_at(end) {
            return node;
        }
        self.finished = true;
        self.bytes = Vec::new();
        node
    }

    /// Writes the beginning of a tree over what was read, so that the rest is a tree. The node before is longer than that
    /// beginning is, as it has one in front of it.
    fn begin_again_at(&mut self, end: usize) -> bool {
        let Some(rest) = self.bytes.get(end..) else { return false };
        let Some(gap) = rest.iter().position(|byte| !byte.is_ascii_whitespace()) else { return true };
        let begins_at = end + gap + usize::from(rest[gap] == b',');
        let Some(from) = begins_at.checked_sub(TREE_BEGINS.len()) else { return false };
        self.bytes[from..begins_at].copy_from_slice(TREE_BEGINS);
        self.rest = from;
        true
    }

    /// The trees of directories that come next, as far as they lie within a stretch of the blob. A hint for reading
    /// ahead: found by their bytes, which cannot occur inside a JSON string, where quotes are escaped.
    pub(crate) fn upcoming_subtrees(&self, limit: usize, found: &mut Vec<BlobId>) {
        const KEY: &[u8] = b"\"subtree\":\"";
        const STRETCH_BYTES: usize = 512 * 1024;
        let mut rest = self.bytes.get(self.rest..).unwrap_or_default();
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
