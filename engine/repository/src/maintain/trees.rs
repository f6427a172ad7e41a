//! Many trees for somebody who looks at each: short ones many at a time, long ones one by one and never unpacked whole.

use std::sync::atomic::{AtomicBool, Ordering};

use rempart_format::{BlobKind, FormatError, Node, NodeKind, TreeCursor, TreeReader, for_each_reference};
use rempart_model::BlobId;

use super::reach::chain;
use crate::{BlobError, BlobSource, Repository, Result};

/// A tree that was read and found to be what its id names.
pub(super) enum TreeText<'t> {
    Short(&'t [u8]),
    Long(TreeCursor),
}

/// What [`for_each_tree`] calls for each tree. Returning `false` stops it.
pub(super) type VisitTree<'v> = dyn Fn(&BlobId, Result<TreeText<'_>, BlobError>) -> bool + Sync + 'v;

/// Calls `visit` for each tree, in the order that suits the storage, from several threads. Of the long ones, each of which
/// takes as much memory as it has bytes in its pack, one is held at a time.
pub(super) fn for_each_tree(repository: &Repository, ids: &[BlobId], visit: &VisitTree<'_>) -> Result<()> {
    // Whether the index can be read at all shows here, and not as a length that nobody knows.
    repository.index()?;
    let (long, short): (Vec<BlobId>, Vec<BlobId>) = ids.iter().copied().partition(|id| repository.is_long_tree(id));
    let is_stopped = AtomicBool::new(false);
    let visit = |id: &BlobId, text: Result<TreeText<'_>, BlobError>| {
        let goes_on = visit(id, text);
        if !goes_on {
            is_stopped.store(true, Ordering::Relaxed);
        }
        goes_on
    };
    let deliver = |at: usize, text: Result<&[u8], BlobError>| visit(&short[at], text.map(TreeText::Short));
    repository.read_blobs(BlobKind::Tree, &short, &deliver).map_err(BlobError::into_repository)?;
    for id in &long {
        if is_stopped.load(Ordering::Relaxed) {
            break;
        }
        visit(id, repository.read_tree(id).map(|tree| TreeText::Long(TreeCursor::new(tree))));
    }
    Ok(())
}

/// What [`Repository::for_each_reference_of`] calls: a tree, and what it refers to, or why that cannot be known. Returning
/// `false` stops it.
pub type VisitReference<'v> = dyn Fn(&BlobId, Result<(BlobKind, BlobId), String>) -> bool + Sync + 'v;

impl Repository {
    /// Calls `visit` with each chunk and each subtree that each of these trees names: from several threads, in the order that
    /// suits the storage. A tree that cannot be read is told once, as an error, and the others go on.
    pub fn for_each_reference_of(&self, trees: &[BlobId], visit: &VisitReference<'_>) -> Result<()> {
        enum Stop {
            Asked,
            Damaged(FormatError),
        }
        impl From<FormatError> for Stop {
            fn from(error: FormatError) -> Self {
                Self::Damaged(error)
            }
        }
        for_each_tree(self, trees, &|tree, text| {
            let text = match text {
                Ok(text) => text,
                Err(error) => return visit(tree, Err(chain(&error))),
            };
            let told = text.for_each_reference(|kind, id| match visit(tree, Ok((kind, id))) {
                true => Ok(()),
                false => Err(Stop::Asked),
            });
            match told {
                Ok(()) => true,
                Err(Stop::Asked) => false,
                Err(Stop::Damaged(error)) => visit(tree, Err(chain(&error))),
            }
        })
    }
}

impl TreeText<'_> {
    /// Calls `visit` with each chunk and each subtree, in the order in which they stand, and looks at nothing else.
    pub(super) fn for_each_reference<E: From<FormatError>>(
        self,
        mut visit: impl FnMut(BlobKind, BlobId) -> Result<(), E>,
    ) -> Result<(), E> {
        match self {
            Self::Short(json) => for_each_reference(json, visit),
            Self::Long(mut tree) => {
                let mut found = Vec::new();
                while tree.next_references(&mut found)? {
                    found.iter().try_for_each(|&(kind, id)| visit(kind, id))?;
                }
                Ok(())
            }
        }
    }

    /// Calls `visit` with each node.
    pub(super) fn for_each_node(self, mut visit: impl FnMut(&Node)) -> Result<(), FormatError> {
        match self {
            Self::Short(json) => TreeReader::new(json).try_for_each(|node| node.map(|node| visit(&node))),
            Self::Long(mut tree) => {
                let mut node = Node::new(Vec::new(), NodeKind::Other);
                while tree.next_into(&mut node)? {
                    visit(&node);
                }
                Ok(())
            }
        }
    }
}
