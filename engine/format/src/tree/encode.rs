//! Writing trees: one buffer for the whole directory, nothing allocated per node once it has grown.

use crate::json::write::{base64, id, number, string};
use crate::{FormatError, LocalZone, Node, NodeKind, TimeWriter, is_safe_name, text};

/// Builds the JSON of one tree. Nodes are appended in ascending order of their raw names.
#[derive(Debug)]
pub struct TreeEncoder {
    json: Vec<u8>,
    last_name: Vec<u8>,
    nodes: usize,
    times: TimeWriter,
    finished: bool,
}

const BEGIN: &[u8] = br#"{"nodes":["#;
const END: &[u8] = b"]}\n";

impl TreeEncoder {
    #[must_use]
    pub fn new(zone: LocalZone) -> Self {
        Self { json: BEGIN.to_vec(), last_name: Vec::new(), nodes: 0, times: TimeWriter::new(zone), finished: false }
    }

    /// Forgets all nodes and keeps the memory.
    pub fn restart(&mut self) {
        self.json.clear();
        self.json.extend_from_slice(BEGIN);
        self.last_name.clear();
        self.nodes = 0;
        self.finished = false;
    }

    #[must_use]
    pub const fn len(&self) -> usize {
        self.nodes
    }

    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.nodes == 0
    }

    /// Bytes of JSON so far, the end that [`Self::finish`] adds not counted.
    #[must_use]
    pub const fn len_bytes(&self) -> usize {
        self.json.len()
    }

    /// Appends a node. Refused, with nothing appended: a name that does not follow the last one, an unsafe name, an
    /// unknown kind.
    pub fn push(&mut self, node: &Node) -> Result<(), FormatError> {
        if node.kind == NodeKind::Other {
            return Err(FormatError::UnknownNodeKind { name: FormatError::shown(&node.name) });
        }
        if !is_safe_name(&node.name) {
            return Err(FormatError::UnsafeName { name: FormatError::shown(&node.name) });
        }
        self.begin_node(&node.name)?;
        append_node(&mut self.json, &mut self.times, node);
        Ok(())
    }

    /// Appends a node as it stood in another tree: `json` is [`crate::TreeReader::raw_node`]'s. Keeps what this version
    /// does not know.
    pub fn push_raw(&mut self, name: &[u8], json: &[u8]) -> Result<(), FormatError> {
        self.begin_node(name)?;
        self.json.extend_from_slice(json);
        Ok(())
    }

    /// Gives away what was encoded since the last call, for trees too long to be held: the pieces, and what
    /// [`Self::finish_pieces`] gives, are the tree. Not after [`Self::finish`].
    pub fn take_piece<T>(&mut self, take: impl FnOnce(&[u8]) -> T) -> T {
        debug_assert!(!self.finished, "a finished tree has no further piece");
        let taken = take(&self.json);
        self.json.clear();
        taken
    }

    /// Gives away the last piece, and begins the next tree.
    pub fn finish_pieces<T>(&mut self, take: impl FnOnce(&[u8]) -> T) -> T {
        let taken = take(self.finish());
        self.restart();
        taken
    }

    fn begin_node(&mut self, name: &[u8]) -> Result<(), FormatError> {
        if self.finished {
            self.json.truncate(self.json.len() - END.len());
            self.finished = false;
        }
        if self.nodes > 0 {
            if name <= self.last_name.as_slice() {
                let previous = FormatError::shown(&self.last_name);
                return Err(FormatError::TreeNotSorted { previous, name: FormatError::shown(name) });
            }
            self.json.push(b',');
        }
        self.last_name.clear();
        self.last_name.extend_from_slice(name);
        self.nodes += 1;
        Ok(())
    }

    /// The whole tree: the bytes whose SHA-256 is its id. [`Self::restart`] begins the next one.
    pub fn finish(&mut self) -> &[u8] {
        if !self.finished {
            self.json.extend_from_slice(END);
            self.finished = true;
        }
        &self.json
    }

    /// The same, giving the buffer away.
    #[must_use]
    pub fn into_bytes(mut self) -> Vec<u8> {
        self.finish();
        self.json
    }
}

fn key(out: &mut Vec<u8>, name: &'static str) {
    out.extend_from_slice(name.as_bytes());
}

/// The fields in restic's order; those that Go's `omitempty` leaves out are left out.
fn append_node(out: &mut Vec<u8>, times: &mut TimeWriter, node: &Node) {
    key(out, r#"{"name":"#);
    text::quoted_name(out, &node.name);
    key(out, r#","type":""#);
    key(out, node.kind.as_str());
    key(out, "\"");
    optional_number(out, r#","mode":"#, u64::from(node.mode));
    append_times(out, times, node);
    key(out, r#","uid":"#);
    number(out, u64::from(node.uid));
    key(out, r#","gid":"#);
    number(out, u64::from(node.gid));
    optional_string(out, r#","user":"#, node.user.as_bytes());
    optional_string(out, r#","group":"#, node.group.as_bytes());
    optional_number(out, r#","inode":"#, node.inode);
    optional_number(out, r#","device_id":"#, node.device_id);
    optional_number(out, r#","size":"#, node.size);
    optional_number(out, r#","links":"#, node.links);
    append_link_target(out, &node.link_target);
    append_xattrs(out, node);
    if let Some(attributes) = &node.generic_attributes {
        key(out, r#","generic_attributes":"#);
        out.extend_from_slice(attributes.as_bytes());
    }
    optional_number(out, r#","device":"#, node.device);
    append_content(out, node);
    if let Some(subtree) = &node.subtree {
        key(out, r#","subtree":"#);
        id(out, &subtree.0);
    }
    optional_string(out, r#","error":"#, node.error.as_bytes());
    out.push(b'}');
}

fn optional_number(out: &mut Vec<u8>, name: &'static str, value: u64) {
    if value != 0 {
        key(out, name);
        number(out, value);
    }
}

fn optional_string(out: &mut Vec<u8>, name: &'static str, value: &[u8]) {
    if !value.is_empty() {
        key(out, name);
        string(out, value);
    }
}

fn append_times(out: &mut Vec<u8>, times: &mut TimeWriter, node: &Node) {
    key(out, r#","mtime":"#);
    let from = out.len();
    times.write(out, node.mtime);
    let until = out.len();
    // Mostly all three are one and the same; printing it once is enough.
    for (name, time) in [(r#","atime":"#, node.atime), (r#","ctime":"#, node.ctime)] {
        key(out, name);
        if time == node.mtime {
            out.extend_from_within(from..until);
        } else {
            times.write(out, time);
        }
    }
}

fn append_link_target(out: &mut Vec<u8>, target: &[u8]) {
    optional_string(out, r#","linktarget":"#, target);
    if std::str::from_utf8(target).is_err() {
        key(out, r#","linktarget_raw":"#);
        base64(out, target);
    }
}

fn append_xattrs(out: &mut Vec<u8>, node: &Node) {
    for (position, xattr) in node.xattrs.iter().enumerate() {
        key(out, if position == 0 { r#","extended_attributes":[{"name":"# } else { r#",{"name":"# });
        string(out, &xattr.name);
        key(out, r#","value":"#);
        base64(out, &xattr.value);
        out.push(b'}');
    }
    if !node.xattrs.is_empty() {
        out.push(b']');
    }
}

fn append_content(out: &mut Vec<u8>, node: &Node) {
    let Some(content) = &node.content else {
        return key(out, r#","content":null"#);
    };
    key(out, r#","content":["#);
    for (position, chunk) in content.iter().enumerate() {
        if position > 0 {
            out.push(b',');
        }
        id(out, &chunk.0);
    }
    out.push(b']');
}
