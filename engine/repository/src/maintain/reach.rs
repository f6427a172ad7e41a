//! Reachability: which blobs the snapshots use.
//!
//! Trees are visited level by level, each once, whatever number of snapshots share it: a level is one request, which is
//! read in the order of the packs and decoded on all cores.

use std::sync::Arc;

use parking_lot::Mutex;
use rempart_format::{BlobKind, FormatError, Node, NodeKind};
use rempart_model::BlobId;

use super::marks::Marks;
use super::trees::{TreeText, for_each_tree};
use super::{MaintenanceObserver, Step};
use crate::{Index, Repository, Result};

/// What is wrong with a tree, as the walk meets it.
#[derive(Debug)]
pub(crate) enum TreeFault {
    /// A directory (or a snapshot, where `parent` is `None`) refers to a tree that no index knows.
    Missing { tree: BlobId, parent: Option<BlobId> },
    /// The tree cannot be read or decoded.
    Unreadable { tree: BlobId, reason: String },
    /// An entry is not as it must be.
    Node { tree: BlobId, name: Vec<u8>, reason: &'static str },
    /// A file refers to a chunk that no index knows.
    DataMissing { tree: BlobId, name: Vec<u8>, blob: BlobId },
}

/// The blobs in use, as bits over the positions of one index.
pub(crate) struct Reached {
    pub(crate) index: Arc<Index>,
    pub(crate) used: Marks,
}

impl Reached {
    pub(crate) fn is_used(&self, kind: BlobKind, id: &BlobId) -> bool {
        self.index.ordinal(kind, id).is_some_and(|bit| self.used.is_set(bit))
    }
}

/// How closely trees are looked at on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// Only at what they refer to: all that prune needs, and several times as fast.
    References,
    /// At every node.
    Nodes,
}

/// Visits all that hangs below `roots`. Faults are told and the walk goes on; an error means that it could not.
pub(crate) fn reach(
    repository: &Repository,
    roots: impl IntoIterator<Item = BlobId>,
    look: Look,
    observer: &dyn MaintenanceObserver,
    tell: &(dyn Fn(TreeFault) + Sync),
) -> Result<Reached> {
    let index = repository.reload_index()?;
    let reached = Reached { used: Marks::new(index.len()), index };
    observer.begin(Step::WalkTrees, None);
    let mut level: Vec<BlobId> = Vec::new();
    for root in roots {
        visit_subtree(&reached, root, None, &mut level, tell);
    }
    while !level.is_empty() && !observer.is_canceled() {
        let next = Mutex::new(Vec::new());
        for_each_tree(repository, &level, &|&tree, text| {
            match text {
                Ok(text) => visit_tree(&reached, tree, text, look, &next, tell),
                Err(error) => tell(TreeFault::Unreadable { tree, reason: chain(&error) }),
            }
            observer.advance(Step::WalkTrees, 1);
            !observer.is_canceled()
        })?;
        level = next.into_inner();
    }
    Ok(reached)
}

/// An error with its causes, on one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

fn visit_tree(
    reached: &Reached,
    tree: BlobId,
    text: TreeText<'_>,
    look: Look,
    next: &Mutex<Vec<BlobId>>,
    tell: &(dyn Fn(TreeFault) + Sync),
) {
    let mut found = Vec::new();
    let walked = match look {
        Look::References => text.for_each_reference(|kind, id| {
            match kind {
                BlobKind::Tree => visit_subtree(reached, id, Some(tree), &mut found, tell),
                BlobKind::Data => visit_chunk(reached, tree, &[], id, tell),
            }
            Ok(())
        }),
        Look::Nodes => text.for_each_node(|node| visit_node(reached, tree, node, &mut found, tell)),
    };
    if let Err(error) = walked {
        let error: FormatError = error;
        tell(TreeFault::Unreadable { tree, reason: chain(&error) });
    }
    if !found.is_empty() {
        next.lock().append(&mut found);
    }
}

fn visit_chunk(reached: &Reached, tree: BlobId, name: &[u8], blob: BlobId, tell: &(dyn Fn(TreeFault) + Sync)) {
    match reached.index.ordinal(BlobKind::Data, &blob) {
        Some(bit) => _ = reached.used.set(bit),
        None => tell(TreeFault::DataMissing { tree, name: name.to_vec(), blob }),
    }
}

fn visit_node(
    reached: &Reached,
    tree: BlobId,
    node: &Node,
    found: &mut Vec<BlobId>,
    tell: &(dyn Fn(TreeFault) + Sync),
) {
    let fault = |reason| TreeFault::Node { tree, name: node.name.clone(), reason };
    if !node.has_safe_name() {
        tell(fault("has a name that no file can have"));
    }
    match (node.kind, &node.subtree) {
        (NodeKind::Dir, Some(subtree)) if !subtree.0.is_null() => {
            visit_subtree(reached, *subtree, Some(tree), found, tell);
        }
        (NodeKind::Dir, _) => tell(fault("is a directory without a tree")),
        _ => {}
    }
    for &blob in node.content.iter().flatten() {
        if blob.0.is_null() {
            tell(fault("refers to a chunk without a name"));
            continue;
        }
        visit_chunk(reached, tree, &node.name, blob, tell);
    }
}

fn visit_subtree(
    reached: &Reached,
    tree: BlobId,
    parent: Option<BlobId>,
    found: &mut Vec<BlobId>,
    tell: &(dyn Fn(TreeFault) + Sync),
) {
    match reached.index.ordinal(BlobKind::Tree, &tree) {
        Some(bit) if reached.used.set(bit) => found.push(tree),
        Some(_) => {}
        None => tell(TreeFault::Missing { tree, parent }),
    }
}
