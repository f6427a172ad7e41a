//! Directories that are done: their trees, and the way up to the root.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use rempart_format::{BlobKind, NodeKind, TreeEncoder};
use rempart_model::BlobId;

use super::cache::{RecordBuffer, RecordFrame, RecordRef, encode_record};
use super::dir::{Dir, Listed, State, Subtree};
use super::error::{BackupError, Result};
use super::listing::{Content, Entry, Listing};
use super::progress::{Change, Item};
use super::source::Names;
use super::worker::Worker;

/// Finished trees that wait to be hashed and stored together.
#[derive(Default)]
pub(crate) struct TreeBatch {
    json: Vec<u8>,
    trees: Vec<Finished>,
}

struct Finished {
    dir: Arc<Dir>,
    listed: Listed,
    json: Range<usize>,
}

/// As many as the widest hash takes side by side, and no more memory than that is worth.
const TREES_PER_BATCH: usize = 16;
const TREE_BATCH_BYTES: usize = 1024 * 1024;

impl Worker<'_, '_> {
    /// A directory has its result: tells the one above, which may be done by that, and so on up.
    pub(crate) fn settle(&mut self, dir: Arc<Dir>, result: Subtree) -> Result<()> {
        let mut next = Some((dir, result));
        while let Some((dir, result)) = next.take() {
            self.count_dir(&dir, &result);
            let Some((parent, slot)) = &dir.parent else {
                self.run.finish(result);
                return Ok(());
            };
            deliver(parent, *slot, result);
            if parent.one_done() {
                next = self.complete(parent)?.map(|result| (Arc::clone(parent), result));
            }
        }
        Ok(())
    }

    /// Nothing is missing in a directory any more. A result if it is known at once; otherwise its tree waits to be
    /// stored.
    pub(crate) fn complete(&mut self, dir: &Arc<Dir>) -> Result<Option<Subtree>> {
        let state = std::mem::replace(&mut *dir.state.lock(), State::Blank);
        let listed = match state {
            State::Blank => return Err(BackupError::Internal { what: "a directory was finished twice" }),
            State::Matching { record, tree, differing, xattrs } => {
                if differing.is_empty() && xattrs.is_none() {
                    return Ok(Some(Subtree::Unchanged(tree, record)));
                }
                let Some(mut listing) = self.listing_of(record) else {
                    return Err(BackupError::Internal { what: "the change cache broke while it was read" });
                };
                let same_as = differing.is_empty().then_some((record, tree));
                for (slot, subtree) in differing {
                    apply(&mut listing, slot as usize, subtree);
                }
                Listed { listing, same_as, xattrs }
            }
            State::Listed(listed) => listed,
        };
        self.encode(dir, listed)?;
        Ok(None)
    }

    fn encode(&mut self, dir: &Arc<Dir>, listed: Listed) -> Result<()> {
        if let Some(long) = self.encode_listing(&listed.listing)? {
            let result = self.store_long(dir, listed, &long)?;
            return self.settle(Arc::clone(dir), result);
        }
        if dir.parent.is_none() && self.encoder.is_empty() {
            self.run.fail(BackupError::Empty);
            return Ok(());
        }
        let finished = Finished { dir: Arc::clone(dir), listed, json: 0..0 };
        if self.encoder.len_bytes() > TREE_BATCH_BYTES {
            // Too large to be held twice: it takes the place of the batch. Storing that may finish further directories,
            // which come into a batch again.
            let encoder = std::mem::replace(&mut self.encoder, TreeEncoder::new(self.run.zone.clone()));
            while self.store_trees()? {}
            self.trees.json = encoder.into_bytes();
            let json = 0..self.trees.json.len();
            self.trees.trees.push(Finished { json, ..finished });
        } else {
            let from = self.trees.json.len();
            self.trees.json.extend_from_slice(self.encoder.finish());
            let json = from..self.trees.json.len();
            self.trees.trees.push(Finished { json, ..finished });
        }
        if self.trees.trees.len() >= TREES_PER_BATCH || self.trees.json.len() >= TREE_BATCH_BYTES {
            self.store_trees()?;
        }
        Ok(())
    }

    /// Stores the trees that wait. Whether there were any.
    pub(crate) fn store_trees(&mut self) -> Result<bool> {
        if self.trees.trees.is_empty() {
            return Ok(false);
        }
        let mut batch = std::mem::take(&mut self.trees);
        let plaintexts: Vec<&[u8]> = batch.trees.iter().map(|tree| &batch.json[tree.json.clone()]).collect();
        let ids = self.store(BlobKind::Tree, &plaintexts)?;
        let trees = std::mem::take(&mut batch.trees);
        if self.trees.json.capacity() == 0 && batch.json.capacity() <= 4 * TREE_BATCH_BYTES {
            batch.json.clear();
            self.trees.json = batch.json;
        }
        for (finished, id) in trees.into_iter().zip(ids) {
            let result = self.result_of(&finished.dir, finished.listed, id);
            self.settle(finished.dir, result)?;
        }
        Ok(true)
    }

    fn result_of(&mut self, dir: &Dir, listed: Listed, tree: BlobId) -> Subtree {
        let Listed { listing: Listing { names, entries }, same_as, xattrs } = listed;
        let kept = kept_record(same_as, &tree);
        let mut records = Records::new(dir, tree);
        if kept.is_none() {
            for (from, mut block) in entries.into_blocks() {
                self.write_record(&mut records, &names, from, &mut block);
            }
        }
        subtree(tree, kept, records, xattrs)
    }

    /// Writes the record of a block of a directory's entries for the next run, with the records below it that are the last
    /// run's still.
    pub(super) fn write_record(&mut self, records: &mut Records, names: &Names, from: usize, block: &mut [Entry]) {
        if records.is_broken {
            return;
        }
        let written = self.append_record(&records.frame, names, from, block);
        records.is_broken = written.is_none();
        records.frame.before = written;
    }

    fn append_record(
        &mut self,
        frame: &RecordFrame,
        names: &Names,
        from: usize,
        block: &mut [Entry],
    ) -> Option<RecordRef> {
        let cache = self.run.cache?;
        for entry in &mut *block {
            if let Content::Tree(_, record) = &mut entry.content
                && let Some(old) = record.filter(|record| record.is_old)
            {
                *record = cache.old.as_ref().and_then(|cached| cache.writer.copy(&cached.reader, old));
            }
        }
        let head_bytes = encode_record(frame, names, from, block, &mut self.record)?;
        cache.writer.append(&self.record, head_bytes).ok()
    }

    /// The directory as the last run left it.
    fn listing_of(&mut self, last: RecordRef) -> Option<Listing> {
        let reader = &self.run.cache?.old.as_ref()?.reader;
        let mut chain = reader.chain(last)?;
        let (mut listing, mut buffers) = (Listing::default(), [std::mem::take(&mut self.record), RecordBuffer::new()]);
        while let Some(at) = chain.pop() {
            reader.append_to(&mut listing, at, &mut buffers)?;
        }
        [self.record, _] = buffers;
        Some(listing)
    }

    fn count_dir(&self, dir: &Dir, result: &Subtree) {
        let change = match (result, dir.change) {
            (Subtree::Failed, _) => return,
            (_, Change::New) => Change::New,
            (Subtree::Unchanged(..), change) => change,
            (Subtree::Stored { tree, .. }, change) if dir.old_tree.get() == Some(tree) => change,
            _ => Change::Changed,
        };
        self.run.progress.dirs_done.fetch_add(1, Relaxed);
        // As restic: the root is nobody's entry, so it is not counted.
        let Some((parent, _)) = &dir.parent else { return };
        self.run.counts.dirs.count(change);
        if self.run.wants_items {
            let path = dir.snapshot_prefix();
            let name_start = path[..path.len() - 1].iter().rposition(|&byte| byte == b'/').map_or(0, |at| at + 1);
            let item = Item {
                directory: &parent.snapshot_prefix(),
                name: &path[name_start..path.len() - 1],
                is_dir: true,
                size_bytes: 0,
                change,
            };
            self.run.observer.item(&item);
        }
    }
}

/// The records of one directory in the making.
pub(super) struct Records {
    frame: RecordFrame,
    /// One of them could not be written: the directory is one without a record.
    is_broken: bool,
}

impl Records {
    pub(super) fn new(dir: &Dir, tree: BlobId) -> Self {
        Self { frame: RecordFrame { tree, device: dir.device, before: None }, is_broken: false }
    }
}

/// The record of the last run, where it says all there is to say of a tree.
pub(super) fn kept_record(same_as: Option<(RecordRef, BlobId)>, tree: &BlobId) -> Option<RecordRef> {
    same_as.filter(|(_, old)| old == tree).map(|(record, _)| record)
}

/// What the entry of a directory is told.
pub(super) fn subtree(
    tree: BlobId,
    kept: Option<RecordRef>,
    records: Records,
    xattrs: Option<Vec<rempart_format::Xattr>>,
) -> Subtree {
    match (kept, xattrs) {
        (Some(record), None) => Subtree::Unchanged(tree, record),
        (kept, xattrs) => Subtree::Stored { tree, record: kept.or(records.frame.before), xattrs },
    }
}

/// Puts a finished directory into its entry.
fn deliver(parent: &Dir, slot: u32, result: Subtree) {
    match &mut *parent.state.lock() {
        State::Blank => {}
        State::Matching { differing, .. } => {
            if !matches!(result, Subtree::Unchanged(..)) {
                differing.push((slot, result));
            }
        }
        State::Listed(listed) => {
            if !matches!(result, Subtree::Unchanged(..)) {
                listed.same_as = None;
            }
            apply(&mut listed.listing, slot as usize, result);
        }
    }
}

fn apply(listing: &mut Listing, slot: usize, result: Subtree) {
    let entry = &mut listing.entries[slot];
    debug_assert_eq!(entry.stat.kind(), NodeKind::Dir);
    match result {
        Subtree::Unchanged(tree, record) => entry.content = Content::Tree(tree, Some(record)),
        Subtree::Stored { tree, record, xattrs } => {
            entry.content = Content::Tree(tree, record);
            if let Some(xattrs) = xattrs {
                entry.set_xattrs(xattrs);
            }
        }
        Subtree::Failed => entry.content = Content::LeftOut,
    }
}
