//! A directory as it is going to be stored: its names in order, and for each what its node will say.

use rempart_format::{FileTime, GoMode, Node, NodeKind, Xattr};
use rempart_model::BlobId;

use super::blocks::Blocks;
use super::cache::RecordRef;
use super::options::DeviceIds;
use super::progress::Change;
use super::source::{Names, Owners, Stat};

/// Names and entries, side by side: `entries[i]` belongs to `names.get(i)`.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    pub(crate) names: Names,
    pub(crate) entries: Blocks<Entry>,
}

#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) stat: Stat,
    pub(crate) content: Content,
    pub(crate) extras: Option<Box<Extras>>,
    pub(crate) change: Change,
}

/// What an entry holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Content {
    /// A file that is to be read, or a directory that is to be walked.
    Pending,
    /// No content: links, devices, pipes, sockets.
    Nothing,
    /// A file of no bytes.
    Empty,
    /// A file of one chunk: the common case, kept without an allocation.
    One(BlobId),
    Many(Box<[BlobId]>),
    Tree(BlobId, Option<RecordRef>),
    /// Nothing of it is stored.
    LeftOut,
}

/// What most entries do not have.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Extras {
    pub(crate) xattrs: Vec<Xattr>,
    pub(crate) link_target: Vec<u8>,
    pub(crate) atime: Option<FileTime>,
    /// What the file held in the parent snapshot, where it is read again although its metadata is the same.
    pub(crate) old_content: Option<Content>,
}

impl Content {
    pub(crate) fn from_chunks(ids: Vec<BlobId>) -> Self {
        match ids.as_slice() {
            [] => Self::Empty,
            [one] => Self::One(*one),
            _ => Self::Many(ids.into_boxed_slice()),
        }
    }

    pub(crate) fn chunks(&self) -> &[BlobId] {
        match self {
            Self::One(id) => std::slice::from_ref(id),
            Self::Many(ids) => ids,
            _ => &[],
        }
    }
}

impl Entry {
    pub(crate) fn new(stat: Stat) -> Self {
        let content = match stat.kind() {
            NodeKind::File | NodeKind::Dir => Content::Pending,
            NodeKind::Other => Content::LeftOut,
            _ => Content::Nothing,
        };
        Self { stat, content, extras: None, change: Change::New }
    }

    pub(crate) fn extras_mut(&mut self) -> &mut Extras {
        self.extras.get_or_insert_default()
    }

    pub(crate) fn xattrs(&self) -> &[Xattr] {
        self.extras.as_ref().map_or(&[], |extras| &extras.xattrs)
    }

    /// Keeps an allocation only where there is something to hold.
    pub(crate) fn set_xattrs(&mut self, xattrs: Vec<Xattr>) {
        if !xattrs.is_empty() || self.extras.is_some() {
            self.extras_mut().xattrs = xattrs;
        }
    }

    /// Writes the entry over a node whose memory is used again and again.
    pub(crate) fn fill(&self, name: &[u8], owners: &Owners, device_ids: DeviceIds, node: &mut Node) {
        let stat = &self.stat;
        let kind = stat.kind();
        node.name.clear();
        node.name.extend_from_slice(name);
        node.kind = kind;
        node.mode = GoMode::from_unix(stat.mode).0;
        node.mtime = stat.mtime();
        node.ctime = stat.ctime();
        node.atime = self.extras.as_ref().and_then(|extras| extras.atime).unwrap_or(node.mtime);
        (node.uid, node.gid) = (stat.uid, stat.gid);
        owners.user(stat.uid, &mut node.user);
        owners.group(stat.gid, &mut node.group);
        node.inode = stat.inode;
        let is_device = matches!(kind, NodeKind::Dev | NodeKind::CharDev);
        node.links =
            if kind == NodeKind::File || kind == NodeKind::Symlink || is_device { stat.links.into() } else { 0 };
        // "Only": as restic does behind its flag device-id-for-hardlinks. Pipes say nothing of links, so they keep it.
        let has_one_name = node.links == 1 || kind == NodeKind::Dir;
        node.device_id = if device_ids == DeviceIds::HardLinksOnly && has_one_name { 0 } else { stat.device };
        node.size = if kind == NodeKind::File { stat.size_bytes } else { 0 };
        node.device = if is_device { stat.size_bytes } else { 0 };
        node.link_target.clear();
        node.xattrs.clear();
        if let Some(extras) = &self.extras {
            node.link_target.extend_from_slice(&extras.link_target);
            node.xattrs.extend_from_slice(&extras.xattrs);
        }
        node.subtree = if let Content::Tree(id, _) = self.content { Some(id) } else { None };
        if kind == NodeKind::File {
            let content = node.content.get_or_insert_default();
            content.clear();
            content.extend_from_slice(self.content.chunks());
        } else {
            node.content = None;
        }
    }
}
