//! Walks a folder into an archive. Small files are read in batches of neighbours, large ones streamed.

use hashbrown::HashMap;
use rempart_format::{BlobKind, Node, NodeKind};
use rempart_model::BlobId;
use rempart_repository::{BlobError, BlobSource, RepositoryError};

use super::content::{read_all, stream, taken};
use super::{ArchiveWriter, DumpStats};
use crate::browse::error::{BrowseError, shown};
use crate::browse::resolve::Place;
use crate::browse::walk::Walk;
use crate::cancel::CancelToken;

const SMALL_FILE_BYTES: u64 = 1 << 20;
const BATCH_BYTES: u64 = 8 << 20;
const BATCH_ENTRIES: usize = 1024;

struct Waiting {
    path: Vec<u8>,
    node: Node,
    content_bytes: u64,
}

pub(super) fn write(
    source: &dyn BlobSource,
    place: &Place,
    archive: &mut dyn ArchiveWriter,
    cancel: &CancelToken,
) -> Result<DumpStats, BrowseError> {
    let mut run = Run { source, archive, cancel, stats: DumpStats::default(), first_names: HashMap::new() };
    let mut walk = Walk::of(source, place);
    let mut waiting: Vec<Waiting> = Vec::new();
    let mut waiting_bytes = 0;
    loop {
        let path = match walk.next_entry() {
            None => break,
            Some(entry) => entry?.path.to_vec(),
        };
        let Some(node) = walk.take_node() else { continue };
        let content_bytes = content_bytes(source, &path, &node)?;
        waiting_bytes += content_bytes.min(SMALL_FILE_BYTES);
        waiting.push(Waiting { path, node, content_bytes });
        if waiting.len() >= BATCH_ENTRIES || waiting_bytes >= BATCH_BYTES {
            run.write_batch(std::mem::take(&mut waiting))?;
            waiting_bytes = 0;
        }
    }
    run.write_batch(waiting)?;
    run.archive.finish()?;
    Ok(run.stats)
}

/// The sum of the chunks, which is what will be written; the size that the node claims may be wrong.
fn content_bytes(source: &dyn BlobSource, path: &[u8], node: &Node) -> Result<u64, BrowseError> {
    let mut sum_bytes = 0;
    for id in node.content() {
        sum_bytes += source.plaintext_bytes(BlobKind::Data, id).ok_or_else(|| {
            let missing = BlobError::Repository(RepositoryError::BlobMissing { kind: BlobKind::Data, id: *id });
            BrowseError::ReadContent { path: shown(path), source: missing }
        })?;
    }
    Ok(sum_bytes)
}

struct Run<'a> {
    source: &'a dyn BlobSource,
    archive: &'a mut dyn ArchiveWriter,
    cancel: &'a CancelToken,
    stats: DumpStats,
    /// Of files with several names, while further ones may come.
    first_names: HashMap<(u64, u64), (Vec<u8>, u64)>,
}

impl Run<'_> {
    fn write_batch(&mut self, batch: Vec<Waiting>) -> Result<(), BrowseError> {
        let small = |entry: &&Waiting| entry.content_bytes <= SMALL_FILE_BYTES;
        let ids: Vec<BlobId> = batch.iter().filter(small).flat_map(|entry| entry.node.content()).copied().collect();
        let mut chunks = read_all(self.source, &ids).into_iter().zip(&ids);
        for entry in &batch {
            if self.cancel.is_canceled() {
                return Err(BrowseError::Canceled);
            }
            let is_small = small(&entry);
            let linked = self.linked(entry)?;
            let begun = !linked && self.archive.begin(&entry.path, &entry.node, entry.content_bytes)?;
            if !linked && !begun {
                let path = shown(&entry.path);
                self.stats.left_out.push(BrowseError::Unrepresentable { path, reason: "it has no form for this type" });
            }
            if is_small {
                for (chunk, id) in chunks.by_ref().take(entry.node.content().len()) {
                    if begun {
                        let chunk = taken(chunk, self.source, id)
                            .map_err(|source| BrowseError::ReadContent { path: shown(&entry.path), source })?;
                        self.archive.content(&chunk)?;
                    }
                }
            } else if begun {
                let archive = &mut *self.archive;
                stream(self.source, &entry.path, entry.node.content(), self.cancel, &mut |data| archive.content(data))?;
            }
            if begun {
                self.archive.end()?;
                self.stats.content_bytes += entry.content_bytes;
            }
            self.stats.entries += u64::from(begun || linked);
        }
        Ok(())
    }

    /// Whether it was written as a further name of a file.
    fn linked(&mut self, entry: &Waiting) -> Result<bool, BrowseError> {
        let Waiting { path, node, .. } = entry;
        if node.links < 2 || node.inode == 0 || node.kind != NodeKind::File {
            return Ok(false);
        }
        let key = (node.device_id, node.inode);
        let Some((first, left)) = self.first_names.get_mut(&key) else {
            self.first_names.insert(key, (path.clone(), node.links - 1));
            return Ok(false);
        };
        let linked = self.archive.link(path, node, first)?;
        *left -= 1;
        if *left == 0 {
            self.first_names.remove(&key);
        }
        Ok(linked)
    }
}
