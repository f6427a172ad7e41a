//! `snapshot:sub/path`: from a snapshot and a path to a tree or a file.

use rempart_format::{Node, NodeKind, TreeCursor};
use rempart_model::BlobId;
use rempart_repository::BlobSource;

use super::error::{BrowseError, shown};

/// Where a path leads in a snapshot.
#[derive(Debug, Clone)]
pub enum Place {
    /// The root of the snapshot.
    Root {
        tree: BlobId,
    },
    Directory {
        node: Box<Node>,
        tree: BlobId,
    },
    /// What is no directory.
    Single {
        node: Box<Node>,
    },
}

impl Place {
    /// The tree of the root or directory.
    #[must_use]
    pub fn tree(&self) -> Option<BlobId> {
        match self {
            Self::Root { tree } | Self::Directory { tree, .. } => Some(*tree),
            Self::Single { .. } => None,
        }
    }

    #[must_use]
    pub fn node(&self) -> Option<&Node> {
        match self {
            Self::Root { .. } => None,
            Self::Directory { node, .. } | Self::Single { node } => Some(node),
        }
    }
}

/// Parts `snapshot:sub/path` at the first colon.
#[must_use]
pub fn split_spec(spec: &[u8]) -> (&[u8], Option<&[u8]>) {
    match spec.iter().position(|&byte| byte == b':') {
        Some(at) => (&spec[..at], Some(&spec[at + 1..])),
        None => (spec, None),
    }
}

/// Follows a path from the root tree, name by name. Empty components and `.` are passed over; `..` is a name like any
/// other, which no snapshot has. Symbolic links are not followed.
pub fn resolve(source: &dyn BlobSource, root: BlobId, path: &[u8]) -> Result<Place, BrowseError> {
    let mut place = Place::Root { tree: root };
    let mut walked = Vec::new();
    for name in path.split(|&byte| byte == b'/').filter(|name| !matches!(*name, b"" | b".")) {
        let Some(tree) = place.tree() else { return Err(BrowseError::NotADirectory { path: shown(&walked) }) };
        let node = child(source, tree, &walked, name)?;
        walked.push(b'/');
        walked.extend_from_slice(name);
        let node = node.ok_or_else(|| BrowseError::NotFound { path: shown(&walked) })?;
        place = match (node.kind, node.subtree) {
            (NodeKind::Dir, Some(tree)) => Place::Directory { node: Box::new(node), tree },
            (NodeKind::Dir, None) => return Err(BrowseError::NoSubtree { path: shown(&walked) }),
            _ => Place::Single { node: Box::new(node) },
        };
    }
    Ok(place)
}

fn child(source: &dyn BlobSource, tree: BlobId, path: &[u8], name: &[u8]) -> Result<Option<Node>, BrowseError> {
    let damaged = |source| BrowseError::DamagedTree { path: shown(path), id: tree, source };
    let bytes = source.read_tree(&tree).map_err(|source| BrowseError::ReadTree { path: shown(path), source })?;
    let mut cursor = TreeCursor::new(bytes);
    while let Some(node) = cursor.next_node() {
        let node = node.map_err(damaged)?;
        if node.name == name {
            return Ok(Some(node));
        }
    }
    Ok(None)
}
