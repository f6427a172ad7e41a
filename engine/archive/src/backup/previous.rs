//! What the parent snapshot knows of a directory, entry by entry.

use std::sync::Arc;

use rempart_format::{BlobKind, GoMode, Node, NodeKind, TreeReader};

use super::cache::Trust;
use super::dir::{Dir, Previous};
use super::listing::{Content, Entry, Extras, Listing};
use super::progress::Change;
use super::report::ProblemKind;
use super::source::Stat;
use super::worker::Worker;

/// A listing of the parent snapshot, gone through in step with the names of now.
#[derive(Debug)]
pub(crate) struct Old {
    listing: Listing,
    next: usize,
    /// Names of the parent snapshot that are not there any more.
    passed_over: bool,
    /// Whether content must be looked up in the repository before it is relied upon.
    pub(crate) must_verify: bool,
}

impl Old {
    /// The entry of this name; names must come in ascending order.
    pub(crate) fn advance_to(&mut self, name: &[u8]) -> Option<OldEntry<'_>> {
        while self.next < self.listing.entries.len() && self.listing.names.get(self.next) < name {
            self.next += 1;
            self.passed_over = true;
        }
        if self.next >= self.listing.entries.len() || self.listing.names.get(self.next) != name {
            return None;
        }
        self.next += 1;
        Some(OldEntry { entry: &mut self.listing.entries[self.next - 1], must_verify: self.must_verify })
    }

    /// Whether every entry of the parent snapshot was asked for.
    pub(crate) fn is_used_up(&self) -> bool {
        !self.passed_over && self.next == self.listing.entries.len()
    }
}

pub(crate) struct OldEntry<'a> {
    pub(crate) entry: &'a mut Entry,
    pub(crate) must_verify: bool,
}

impl Worker<'_, '_> {
    pub(crate) fn previous_listing(&mut self, dir: &Arc<Dir>) -> Option<Old> {
        let (listing, must_verify) = match dir.previous {
            Previous::Nothing => return None,
            Previous::Record(at) => {
                let trust = self.run.cache?.old.as_ref()?.trust;
                let listing = self.listing_of(at)?;
                (listing, trust == Trust::Verify)
            }
            Previous::Tree(id) => {
                let _ = dir.old_tree.set(id);
                let read = self.run.source?.read_blob(BlobKind::Tree, &id).map_err(|error| error.to_string());
                match read.and_then(|json| listing_of_tree(&json).map_err(|error| error.to_string())) {
                    Ok(listing) => (listing, true),
                    Err(reason) => {
                        self.run.problem(dir.path.clone(), ProblemKind::ParentTreeUnreadable { reason });
                        return None;
                    }
                }
            }
        };
        Some(Old { listing, next: 0, passed_over: false, must_verify })
    }
}

fn listing_of_tree(json: &[u8]) -> Result<Listing, rempart_format::FormatError> {
    let mut listing = Listing::default();
    for node in TreeReader::new(json) {
        let node = node?;
        if node.has_safe_name() && node.name.len() <= 255 {
            listing.names.push(&node.name);
            listing.entries.push(entry_of_node(node));
        }
    }
    Ok(listing)
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
