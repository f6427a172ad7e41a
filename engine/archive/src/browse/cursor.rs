//! One tree blob, read node by node. Owns its bytes, so that a walk can hold one per level on a stack of its own.

use rempart_format::{FormatError, Node, TreeReader};
use rempart_model::BlobId;

pub(crate) struct TreeCursor {
    bytes: Vec<u8>,
    offset: usize,
    finished: bool,
}

impl TreeCursor {
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        Self { bytes, offset: 0, finished: false }
    }

    /// The next node. After an error or the end there is none.
    pub(crate) fn next_node(&mut self) -> Option<Result<Node, FormatError>> {
        if self.finished {
            return None;
        }
        let mut reader = TreeReader::resume(&self.bytes, self.offset);
        let node = reader.next();
        self.offset = reader.offset();
        if !matches!(node, Some(Ok(_))) {
            self.finished = true;
            self.bytes = Vec::new();
        }
        node
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
