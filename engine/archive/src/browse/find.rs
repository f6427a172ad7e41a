//! Finding entries by name, kind, time, size or the blobs they are made of.

use hashbrown::HashSet;
use rempart_format::{FileTime, Node, NodeKind};
use rempart_model::BlobId;
use rempart_repository::BlobSource;

use super::error::BrowseError;
use super::resolve::Place;
use super::walk::{Entry, Walk};
use crate::pattern::Patterns;

/// What an entry must be to be found; what is not given is not asked.
#[derive(Debug, Clone, Default)]
pub struct Criteria {
    /// One of these must match the path itself.
    pub patterns: Patterns,
    /// One of these kinds.
    pub kinds: Vec<NodeKind>,
    pub modified_from: Option<FileTime>,
    pub modified_until: Option<FileTime>,
    pub size_min_bytes: Option<u64>,
    pub size_max_bytes: Option<u64>,
    /// Chunks: a file that has one of them is found.
    pub blobs: HashSet<BlobId>,
    /// Trees: a directory that is one of them is found.
    pub trees: HashSet<BlobId>,
}

impl Criteria {
    /// The blob by which the node is found, where blobs are asked for; `None` where it is not found.
    fn accepts(&self, path: &[u8], node: &Node) -> Option<Option<BlobId>> {
        let within = self.modified_from.is_none_or(|from| node.mtime >= from)
            && self.modified_until.is_none_or(|until| node.mtime <= until)
            && (self.kinds.is_empty() || self.kinds.contains(&node.kind))
            && self.size_min_bytes.is_none_or(|min| node.kind == NodeKind::File && node.size >= min)
            && self.size_max_bytes.is_none_or(|max| node.kind == NodeKind::File && node.size <= max)
            && (self.patterns.is_empty() || self.patterns.matches_itself(path));
        if !within {
            return None;
        }
        if self.blobs.is_empty() && self.trees.is_empty() {
            return Some(None);
        }
        let by_content = node.content().iter().find(|id| self.blobs.contains(*id));
        by_content.or(node.subtree.as_ref().filter(|id| self.trees.contains(*id))).copied().map(Some)
    }
}

/// An entry that was found.
#[derive(Debug, Clone, Copy)]
pub struct Found<'w> {
    pub entry: Entry<'w>,
    /// The blob by which it was found.
    pub blob: Option<BlobId>,
}

/// A search under way; what is found comes in the order of a walk.
pub struct Find<'s, 'c> {
    walk: Walk<'s>,
    criteria: &'c Criteria,
}

impl<'s, 'c> Find<'s, 'c> {
    #[must_use]
    pub fn within(source: &'s dyn BlobSource, place: &Place, criteria: &'c Criteria) -> Self {
        Self { walk: Walk::of(source, place), criteria }
    }

    pub fn next_found(&mut self) -> Option<Result<Found<'_>, BrowseError>> {
        let blob = loop {
            let (found, dead_end) = match self.walk.next_entry()? {
                Err(error) => return Some(Err(error)),
                Ok(entry) => {
                    let dead_end = !self.criteria.patterns.is_empty()
                        && entry.node.kind == NodeKind::Dir
                        && !self.criteria.patterns.verdict(entry.path).child_may_match;
                    (self.criteria.accepts(entry.path, entry.node), dead_end)
                }
            };
            if dead_end {
                self.walk.skip_subtree();
            }
            if let Some(blob) = found {
                break blob;
            }
        };
        Some(Ok(Found { entry: self.walk.met()?, blob }))
    }
}
