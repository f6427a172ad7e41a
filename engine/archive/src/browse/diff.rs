//! What differs between two trees. Trees of the same id are equal and are not read.

use std::cmp::Ordering;

use hashbrown::HashSet;
use rempart_format::{Node, NodeKind, TreeCursor, is_safe_name};
use rempart_model::BlobId;
use rempart_repository::BlobSource;

use super::error::{BrowseError, shown};
use super::fetch::TreeFetcher;
use crate::cancel::CancelToken;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChangeKind {
    Added,
    Removed,
    /// A file's content, a link's target or a device's number.
    Modified,
    /// Mode, owner, modification time or extended attributes alone.
    Metadata,
    TypeChanged,
}

/// One difference. `old` and `new` are given where there is such an entry.
#[derive(Debug, Clone, Copy)]
pub struct Change<'d> {
    pub kind: ChangeKind,
    pub path: &'d [u8],
    pub old: Option<&'d Node>,
    pub new: Option<&'d Node>,
}

#[derive(Debug, Clone, Copy, Default)]
pub struct DiffOptions {
    /// Tells of entries that differ in metadata alone.
    pub metadata: bool,
    /// Counts blobs that only one side has. Reads equal trees too, and takes 40 bytes of memory for each blob.
    pub count_blobs: bool,
}

/// What one side has and the other has not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SideStats {
    pub files: u64,
    pub directories: u64,
    pub others: u64,
    /// Sizes of files that the other side does not have under that name.
    pub file_bytes: u64,
    /// With [`DiffOptions::count_blobs`].
    pub data_blobs: u64,
    pub tree_blobs: u64,
    pub blob_bytes: u64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DiffStats {
    pub added: SideStats,
    pub removed: SideStats,
    pub modified: u64,
    pub metadata: u64,
    pub type_changed: u64,
    /// Directories that could not be compared; each was told.
    pub unreadable: u64,
}

/// Compares two trees, telling each change in the order of names; a directory's own change comes before those below it.
/// What cannot be read is told as an error, and the rest is compared. `tell` returning false stops.
pub fn diff(
    source: &dyn BlobSource,
    old: BlobId,
    new: BlobId,
    options: DiffOptions,
    cancel: &CancelToken,
    tell: &mut dyn FnMut(Result<Change<'_>, BrowseError>) -> bool,
) -> Result<DiffStats, BrowseError> {
    let mut run = Run {
        source,
        fetchers: [TreeFetcher::new(source), TreeFetcher::new(source)],
        options,
        levels: Vec::new(),
        path: Vec::new(),
        stats: DiffStats::default(),
        blobs: [Blobs::default(), Blobs::default()],
        tell,
        stopped: false,
    };
    run.open([Some(old), Some(new)]);
    while !run.levels.is_empty() && !run.stopped {
        if cancel.is_canceled() {
            return Err(BrowseError::Canceled);
        }
        run.step();
    }
    run.count_blobs();
    Ok(run.stats)
}

/// Blobs of one side.
#[derive(Default)]
struct Blobs {
    data: HashSet<BlobId>,
    trees: HashSet<BlobId>,
}

struct Level {
    sides: [Option<Side>; 2],
    path_bytes: usize,
}

struct Side {
    cursor: TreeCursor,
    tree: BlobId,
    next: Option<Node>,
}

struct Run<'s, 'd> {
    source: &'s dyn BlobSource,
    fetchers: [TreeFetcher<'s>; 2],
    options: DiffOptions,
    levels: Vec<Level>,
    path: Vec<u8>,
    stats: DiffStats,
    blobs: [Blobs; 2],
    tell: &'d mut dyn FnMut(Result<Change<'_>, BrowseError>) -> bool,
    stopped: bool,
}

impl Run<'_, '_> {
    fn step(&mut self) {
        let Some(level) = self.levels.last_mut() else { return };
        self.path.truncate(level.path_bytes);
        let name = |side: usize| level.sides[side].as_ref().and_then(|side| side.next.as_ref()).map(|node| &node.name);
        let order = match (name(0), name(1)) {
            (None, None) => {
                self.levels.pop();
                return;
            }
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(old), Some(new)) => old.cmp(new),
        };
        let old = if order.is_le() { self.take(0) } else { None };
        let new = if order.is_ge() { self.take(1) } else { None };
        let Some(name) = old.as_ref().or(new.as_ref()).map(|node| node.name.clone()) else { return };
        self.path.push(b'/');
        self.path.extend_from_slice(&name);
        self.compare(old.as_ref(), new.as_ref());
    }

    /// The side's next node; the one behind it is read.
    fn take(&mut self, side: usize) -> Option<Node> {
        let state = self.levels.last_mut()?.sides[side].as_mut()?;
        let taken = state.next.take();
        loop {
            match state.cursor.next_node() {
                Some(Ok(node)) if is_safe_name(&node.name) => state.next = Some(node),
                Some(Ok(node)) => {
                    let directory = shown(&self.path);
                    let name = String::from_utf8_lossy(&node.name).into_owned();
                    self.stopped |= !(self.tell)(Err(BrowseError::UnsafeName { directory, name }));
                    continue;
                }
                Some(Err(source)) => {
                    self.stats.unreadable += 1;
                    let error = BrowseError::DamagedTree { path: shown(&self.path), id: state.tree, source };
                    self.stopped |= !(self.tell)(Err(error));
                }
                None => {}
            }
            return taken;
        }
    }

    fn compare(&mut self, old: Option<&Node>, new: Option<&Node>) {
        let path = self.path.clone();
        let mut change = |kind| {
            self.stopped |= !(self.tell)(Ok(Change { kind, path: &path, old, new }));
        };
        match (old, new) {
            (Some(old), Some(new)) if old.kind != new.kind => {
                change(ChangeKind::TypeChanged);
                self.stats.type_changed += 1;
            }
            (Some(old), Some(new)) if content_differs(old, new) => {
                change(ChangeKind::Modified);
                self.stats.modified += 1;
            }
            (Some(old), Some(new)) => {
                if metadata_differs(old, new) {
                    self.stats.metadata += 1;
                    if self.options.metadata {
                        change(ChangeKind::Metadata);
                    }
                }
            }
            (None, Some(new)) => {
                change(ChangeKind::Added);
                self.stats.added.count(new);
            }
            (Some(old), None) => {
                change(ChangeKind::Removed);
                self.stats.removed.count(old);
            }
            (None, None) => {}
        }
        if self.options.count_blobs {
            for (side, node) in [old, new].into_iter().enumerate() {
                self.blobs[side].data.extend(node.into_iter().flat_map(|node| node.content().iter().copied()));
            }
        }
        let subtree =
            |node: Option<&Node>| node.filter(|node| node.kind == NodeKind::Dir).and_then(|node| node.subtree);
        let trees = [subtree(old), subtree(new)];
        if trees != [None, None] && (trees[0] != trees[1] || self.options.count_blobs) {
            self.open(trees);
        }
    }

    /// Enters a pair of directories. Where one cannot be read, neither is compared: all would seem added or removed.
    fn open(&mut self, trees: [Option<BlobId>; 2]) {
        let mut sides = [None, None];
        if self.options.count_blobs {
            let known = |side: usize| trees[side].is_none_or(|tree| self.blobs[side].trees.contains(&tree));
            if trees[0] == trees[1] && known(0) && known(1) {
                return;
            }
            for (blobs, tree) in self.blobs.iter_mut().zip(trees) {
                blobs.trees.extend(tree);
            }
        }
        for side in 0..2 {
            let Some(tree) = trees[side] else { continue };
            let parent = self.levels.last().and_then(|level| level.sides[side].as_ref());
            let fetched = self.fetchers[side].fetch(&tree, |limit, list| {
                if let Some(parent) = parent {
                    parent.cursor.upcoming_subtrees(limit, list);
                }
            });
            match fetched {
                Ok(bytes) => sides[side] = Some(Side { cursor: TreeCursor::new(bytes), tree, next: None }),
                Err(source) => {
                    self.stats.unreadable += 1;
                    self.stopped |= !(self.tell)(Err(BrowseError::ReadTree { path: shown(&self.path), source }));
                    return;
                }
            }
        }
        self.levels.push(Level { sides, path_bytes: self.path.len() });
        self.take(0);
        self.take(1);
    }

    fn count_blobs(&mut self) {
        let [old, new] = std::mem::take(&mut self.blobs);
        let sides = [(&mut self.stats.removed, &old, &new), (&mut self.stats.added, &new, &old)];
        for (stats, mine, other) in sides {
            use rempart_format::BlobKind::{Data, Tree};
            for (kind, mine, other) in [(Data, &mine.data, &other.data), (Tree, &mine.trees, &other.trees)] {
                for id in mine.difference(other) {
                    *(if kind == Data { &mut stats.data_blobs } else { &mut stats.tree_blobs }) += 1;
                    stats.blob_bytes += self.source.plaintext_bytes(kind, id).unwrap_or(0);
                }
            }
        }
    }
}

impl SideStats {
    fn count(&mut self, node: &Node) {
        match node.kind {
            NodeKind::File => {
                self.files += 1;
                self.file_bytes = self.file_bytes.saturating_add(node.size);
            }
            NodeKind::Dir => self.directories += 1,
            _ => self.others += 1,
        }
    }
}

fn content_differs(old: &Node, new: &Node) -> bool {
    old.content() != new.content() || old.link_target != new.link_target || old.device != new.device
}

/// Access and change times, inode numbers and link counts differ between any two backups and are passed over.
fn metadata_differs(old: &Node, new: &Node) -> bool {
    old.mode != new.mode
        || old.mtime != new.mtime
        || (old.uid, old.gid) != (new.uid, new.gid)
        || old.xattrs != new.xattrs
}
