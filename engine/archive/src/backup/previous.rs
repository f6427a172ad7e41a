//! What the parent snapshot knows of a directory, entry by entry: of a huge one, some thousand entries at a time.

use std::cmp::Ordering;
use std::sync::Arc;

use rempart_format::{FormatError, GoMode, Node, NodeKind, TreeCursor};
use rempart_model::BlobId;

use super::admit::Admission;
use super::blocks::BLOCK_ITEMS;
use super::cache::{BodyReader, RecordBuffer, RecordRef, Trust};
use super::dir::{Dir, Previous};
use super::listing::{Content, Entry, Extras, Listing};
use super::progress::Change;
use super::report::ProblemKind;
use super::source::Stat;
use super::worker::Worker;

/// A listing of the parent snapshot, gone through in step with the names of now.
pub(crate) struct Old<'r> {
    /// The stretch of it that is at hand.
    listing: Listing,
    next: usize,
    rest: Rest<'r>,
    /// Names of the parent snapshot that are not there any more, or entries that could not be read.
    has_gaps: bool,
    /// Why the parent's tree could not be read to its end.
    failure: Option<FormatError>,
    /// Whether content must be looked up in the repository before it is relied upon.
    must_verify: bool,
}

/// What comes behind the stretch at hand.
enum Rest<'r> {
    /// The next one last.
    Records {
        reader: &'r BodyReader,
        chain: Vec<RecordRef>,
        buffers: [RecordBuffer; 2],
    },
    Tree(TreeCursor),
    Nothing,
}

impl Old<'_> {
    /// The entry of this name; names must come in ascending order.
    pub(crate) fn advance_to(&mut self, name: &[u8]) -> Option<OldEntry<'_>> {
        loop {
            if !self.has_next() {
                return None;
            }
            match self.listing.names.get(self.next).cmp(name) {
                Ordering::Less => {
                    self.next += 1;
                    self.has_gaps = true;
                }
                Ordering::Equal => break,
                Ordering::Greater => return None,
            }
        }
        self.next += 1;
        Some(OldEntry { entry: &mut self.listing.entries[self.next - 1], must_verify: self.must_verify })
    }

    /// Whether every entry of the parent snapshot was asked for.
    fn is_used_up(&mut self) -> bool {
        !self.has_next() && !self.has_gaps
    }

    /// Whether there is a further entry; brings the next stretch where need be.
    fn has_next(&mut self) -> bool {
        while self.next == self.listing.entries.len() {
            self.next = 0;
            self.listing.names.clear();
            self.listing.entries.clear();
            let is_last = match &mut self.rest {
                Rest::Nothing => return false,
                Rest::Records { reader, chain, buffers } => match chain.pop() {
                    None => true,
                    Some(at) => {
                        let read = reader.append_to(&mut self.listing, at, buffers);
                        self.has_gaps |= read.is_none();
                        read.is_none()
                    }
                },
                Rest::Tree(tree) => match append_nodes(&mut self.listing, tree) {
                    Ok(goes_on) => !goes_on,
                    // What was read before is what the tree's id names; the rest is as if it were new.
                    Err(error) => {
                        self.failure = Some(error);
                        self.has_gaps = true;
                        true
                    }
                },
            };
            if is_last {
                self.rest = Rest::Nothing;
            }
        }
        true
    }
}

pub(crate) struct OldEntry<'a> {
    pub(crate) entry: &'a mut Entry,
    pub(crate) must_verify: bool,
}

impl<'r> Worker<'_, 'r> {
    pub(crate) fn previous_listing(&mut self, dir: &Arc<Dir>) -> Option<Old<'r>> {
        let (rest, must_verify) = match dir.previous {
            Previous::Nothing => return None,
            Previous::Record(last) => {
                let old = self.run.cache?.old.as_ref()?;
                let (reader, chain) = (&old.reader, old.reader.chain(last)?);
                (Rest::Records { reader, chain, buffers: Default::default() }, old.trust == Trust::Verify)
            }
            Previous::Tree(id) => {
                let _ = dir.old_tree.set(id);
                match self.run.source?.read_tree(&id) {
                    Ok(tree) => (Rest::Tree(TreeCursor::new(tree)), true),
                    Err(error) => {
                        let reason = error.to_string();
                        self.run.problem(dir.path.clone(), ProblemKind::ParentTreeUnreadable { reason });
                        return None;
                    }
                }
            }
        };
        Some(Old { listing: Listing::default(), next: 0, rest, has_gaps: false, failure: None, must_verify })
    }

    /// The record and tree of the parent snapshot, where all entries are admitted and none differs. Tells of a parent's
    /// tree that could not be read to its end.
    pub(crate) fn same_as(
        &self,
        dir: &Dir,
        old: Option<Old<'_>>,
        admission: &Admission,
    ) -> Option<(RecordRef, BlobId)> {
        let mut old = old?;
        let is_used_up = old.is_used_up();
        if let Some(error) = old.failure {
            let reason = error.to_string();
            self.run.problem(dir.path.clone(), ProblemKind::ParentTreeUnreadable { reason });
        }
        match dir.previous {
            Previous::Record(record) if is_used_up && admission.all_same => {
                dir.old_tree.get().map(|tree| (record, *tree))
            }
            _ => None,
        }
    }
}

/// Appends as many entries of a tree as make a stretch. False at its end.
fn append_nodes(listing: &mut Listing, tree: &mut TreeCursor) -> Result<bool, FormatError> {
    while listing.entries.len() < BLOCK_ITEMS {
        let Some(node) = tree.next_node() else { return Ok(false) };
        let node = node?;
        if node.has_safe_name() && node.name.len() <= 255 {
            listing.names.push(&node.name);
            listing.entries.push(entry_of_node(node));
        }
    }
    Ok(true)
}

fn entry_of_node(node: Node) -> Entry {
    let is_device = matches!(node.kind, NodeKind::Dev | NodeKind::CharDev);
    let stat = Stat {
        inode: node.inode,
        size_bytes: if is_device { node.device } else { node.size },
        mtime_seconds: node.mtime.seconds,
        ctime_seconds: node.ctime.seconds,
        mtime_nanoseconds: node.mtime.nanoseconds,
        ctime_nanoseconds: node.ctime.nanoseconds,
        mode: GoMode(node.mode).to_unix(),
        uid: node.uid,
        gid: node.gid,
        links: u32::try_from(node.links).unwrap_or(u32::MAX),
        device: node.device_id,
    };
    let content = match node.kind {
        NodeKind::File => Content::from_chunks(node.content.unwrap_or_default()),
        NodeKind::Dir => node.subtree.map_or(Content::LeftOut, |tree| Content::Tree(tree, None)),
        _ => Content::Nothing,
    };
    let extras = (!node.xattrs.is_empty() || !node.link_target.is_empty())
        .then(|| Box::new(Extras { xattrs: node.xattrs, link_target: node.link_target, ..Extras::default() }));
    Entry { stat, content, extras, change: Change::Unmodified }
}
