//! The walk over a tree: entries in the order of their names, a directory before what it holds.

use rempart_format::{Node, NodeKind, TreeCursor, is_safe_name};
use rempart_model::BlobId;
use rempart_repository::BlobSource;

use super::error::{BrowseError, shown};
use super::fetch::TreeFetcher;
use super::resolve::Place;

/// One entry of a snapshot. Borrowed from the walk: a million entries cost one buffer.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'w> {
    /// From the root of the walk, beginning with `/`.
    pub path: &'w [u8],
    pub node: &'w Node,
    /// 0 for the entries of the root.
    pub depth: usize,
}

/// What a walk meets.
#[derive(Debug)]
pub enum Event<'w> {
    Entry(Entry<'w>),
    /// All entries of a directory that was entered were met; `whole` where its tree could be read to the end.
    Leave {
        path: &'w [u8],
        depth: usize,
        whole: bool,
    },
}

/// A lazy walk. What cannot be read is one error, and the walk goes on behind it.
pub struct Walk<'s> {
    fetcher: TreeFetcher<'s>,
    levels: Vec<Level>,
    path: Vec<u8>,
    /// The node met last; its subtree is entered at the next step unless it is skipped.
    node: Option<Node>,
    enter: Option<BlobId>,
    /// What was met before the first tree: the root, or a single file.
    start: Option<Start>,
}

enum Start {
    Tree(BlobId),
    Single(Box<Node>),
}

struct Level {
    cursor: TreeCursor,
    id: BlobId,
    /// Length of the path of the directory itself.
    path_bytes: usize,
    whole: bool,
}

impl<'s> Walk<'s> {
    /// Walks a place of a snapshot: the entries of a directory, or the one file it is.
    #[must_use]
    pub fn of(source: &'s dyn BlobSource, place: &Place) -> Self {
        let start = match place {
            Place::Root { tree } | Place::Directory { tree, .. } => Start::Tree(*tree),
            Place::Single { node, .. } => Start::Single(node.clone()),
        };
        Self::starting(source, start)
    }

    /// Walks a tree.
    #[must_use]
    pub fn of_tree(source: &'s dyn BlobSource, tree: BlobId) -> Self {
        Self::starting(source, Start::Tree(tree))
    }

    fn starting(source: &'s dyn BlobSource, start: Start) -> Self {
        let fetcher = TreeFetcher::new(source);
        Self { fetcher, levels: Vec::new(), path: Vec::new(), node: None, enter: None, start: Some(start) }
    }

    /// Prefixes all paths, as for a walk of a sub-path that shows full paths. Call before the first step.
    #[must_use]
    pub fn below(mut self, prefix: &[u8]) -> Self {
        self.path = match prefix {
            b"/" => Vec::new(),
            prefix => prefix.to_vec(),
        };
        self
    }

    /// Leaves out what the directory met last holds.
    pub fn skip_subtree(&mut self) {
        self.enter = None;
    }

    /// The next entry, without the ends of directories.
    pub fn next_entry(&mut self) -> Option<Result<Entry<'_>, BrowseError>> {
        loop {
            match self.step() {
                Step::End => return None,
                Step::Failed(error) => return Some(Err(error)),
                Step::Left { .. } => {}
                Step::Met => return Some(Ok(self.entry())),
            }
        }
    }

    /// The next entry or end of a directory.
    pub fn next_event(&mut self) -> Option<Result<Event<'_>, BrowseError>> {
        match self.step() {
            Step::End => None,
            Step::Failed(error) => Some(Err(error)),
            Step::Left { whole } => Some(Ok(Event::Leave { path: &self.path, depth: self.levels.len(), whole })),
            Step::Met => Some(Ok(Event::Entry(self.entry()))),
        }
    }

    /// The entry met last once more.
    #[must_use]
    pub fn met(&self) -> Option<Entry<'_>> {
        self.node.is_some().then(|| self.entry())
    }

    /// Takes the node of the entry met last out of the walk, for callers that keep it.
    pub fn take_node(&mut self) -> Option<Node> {
        self.node.take()
    }

    fn entry(&self) -> Entry<'_> {
        let node = self.node.as_ref().expect("a step that met an entry left its node");
        Entry { path: &self.path, node, depth: self.levels.len().saturating_sub(1) }
    }

    fn step(&mut self) -> Step {
        match self.start.take() {
            Some(Start::Tree(tree)) => {
                if let Err(error) = self.open(tree) {
                    return Step::Failed(error);
                }
            }
            Some(Start::Single(node)) => {
                if !is_safe_name(&node.name) {
                    return Step::Failed(self.unsafe_name(&node.name));
                }
                self.path.push(b'/');
                self.path.extend_from_slice(&node.name);
                self.enter = node.subtree.filter(|_| node.kind == NodeKind::Dir);
                self.node = Some(*node);
                return Step::Met;
            }
            None => {}
        }
        if let Some(Err(error)) = self.enter.take().map(|subtree| self.open(subtree)) {
            return Step::Failed(error);
        }
        let Some(level) = self.levels.last_mut() else { return Step::End };
        self.path.truncate(level.path_bytes);
        match level.cursor.next_node() {
            None => {
                let whole = level.whole;
                self.levels.pop();
                Step::Left { whole }
            }
            Some(Err(source)) => {
                level.whole = false;
                Step::Failed(BrowseError::DamagedTree { path: shown(&self.path), id: level.id, source })
            }
            Some(Ok(node)) => {
                if !is_safe_name(&node.name) {
                    level.whole = false;
                    return Step::Failed(self.unsafe_name(&node.name));
                }
                self.path.push(b'/');
                self.path.extend_from_slice(&node.name);
                if node.kind == NodeKind::Dir {
                    self.enter = node.subtree;
                }
                self.node = Some(node);
                Step::Met
            }
        }
    }

    fn open(&mut self, tree: BlobId) -> Result<(), BrowseError> {
        let parent = self.levels.last();
        let bytes = self
            .fetcher
            .fetch(&tree, |limit, list| {
                if let Some(parent) = parent {
                    parent.cursor.upcoming_subtrees(limit, list);
                }
            })
            .map_err(|source| BrowseError::ReadTree { path: shown(&self.path), source })?;
        let cursor = TreeCursor::new(bytes);
        self.levels.push(Level { cursor, id: tree, path_bytes: self.path.len(), whole: true });
        Ok(())
    }

    fn unsafe_name(&self, name: &[u8]) -> BrowseError {
        BrowseError::UnsafeName { directory: shown(&self.path), name: String::from_utf8_lossy(name).into_owned() }
    }
}

enum Step {
    Met,
    Left { whole: bool },
    Failed(BrowseError),
    End,
}
