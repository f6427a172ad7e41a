//! Copy: bring snapshots of one repository into another, moving only what is missing there.
//!
//! Trees move as the bytes they are, never decoded and encoded again (restic #3267); data is opened and sealed again
//! under the other key, and stays compressed as it was. Cut points differ between repositories with different chunker
//! polynomials: copies deduplicate among themselves, and with new backups only where the polynomial was taken over.

use hashbrown::{HashMap, HashSet};
use rempart_format::{BlobKind, Snapshot};
use rempart_model::{BlobId, SnapshotId};

use super::threads::for_each_parallel;
use super::trees::for_each_tree;
use super::{MaintenanceObserver, Step};
use crate::{BlobError, BlobSink, PreparedBlob, Repository, RepositoryError, Result, StoredSnapshot, Writer};

/// How to copy.
#[derive(Debug, Clone, Copy, Default)]
pub struct CopyOptions {
    /// Only tell which snapshots would be copied.
    pub dry_run: bool,
}

/// What was copied.
#[derive(Debug, Default)]
pub struct CopyReport {
    /// The snapshot here, and its copy there (`None` in a dry run).
    pub copied: Vec<(SnapshotId, Option<SnapshotId>)>,
    /// Snapshots that are there already.
    pub skipped: Vec<SnapshotId>,
    pub blobs: u64,
    /// Sealed bytes written there.
    pub bytes: u64,
}

/// Blobs of one request: bounds the memory that payloads take.
const BATCH_BLOBS: usize = 256;

impl Repository {
    /// Copies snapshots to where `writer` writes. `there` are the snapshots of that repository; each copy is committed
    /// as soon as it is whole, so an interrupted copy continues where it stopped.
    pub fn copy_to(
        &self,
        snapshots: &[StoredSnapshot],
        destination: &Repository,
        there: &[StoredSnapshot],
        writer: &Writer,
        options: CopyOptions,
        observer: &dyn MaintenanceObserver,
    ) -> Result<CopyReport> {
        let present = Present::new(there);
        let mut report = CopyReport::default();
        let mut visited = HashSet::new();
        observer.begin(Step::CopyBlobs, None);
        for stored in snapshots {
            if present.has(stored) {
                report.skipped.push(stored.id);
                continue;
            }
            if options.dry_run {
                report.copied.push((stored.id, None));
                continue;
            }
            self.copy_trees(stored.snapshot.tree, writer, &mut visited, &mut report, observer)?;
            let mut snapshot = stored.snapshot.clone();
            snapshot.original = Some(origin(stored));
            // The parent's id is another one there, or nothing at all.
            snapshot.parent = None;
            writer.flush()?;
            let copy = destination.save_snapshot(&*writer.lock()?, &snapshot)?;
            report.copied.push((stored.id, Some(copy)));
        }
        Ok(report)
    }

    fn copy_trees(
        &self,
        root: BlobId,
        writer: &Writer,
        visited: &mut HashSet<BlobId>,
        report: &mut CopyReport,
        observer: &dyn MaintenanceObserver,
    ) -> Result<()> {
        let mut level = if visited.insert(root) { vec![root] } else { Vec::new() };
        while !level.is_empty() {
            let references = parking_lot::Mutex::new((Vec::new(), Vec::new(), None));
            for_each_tree(self, &level, &|_, text| {
                let (mut trees, mut data) = (Vec::new(), Vec::new());
                let read = text.map_err(BlobError::into_repository).and_then(|text| {
                    text.for_each_reference::<RepositoryError>(|kind, id| {
                        match kind {
                            BlobKind::Tree => trees.push(id),
                            BlobKind::Data => data.push(id),
                        }
                        Ok(())
                    })
                });
                let mut all = references.lock();
                all.0.append(&mut trees);
                all.1.append(&mut data);
                if let Err(error) = read {
                    all.2.get_or_insert(error);
                }
                all.2.is_none() && !observer.is_canceled()
            })?;
            let (trees, data, failure) = references.into_inner();
            if let Some(error) = failure {
                return Err(error);
            }
            self.copy_blobs(BlobKind::Data, &data, writer, report, observer)?;
            self.copy_blobs(BlobKind::Tree, &level, writer, report, observer)?;
            level = trees.into_iter().filter(|tree| visited.insert(*tree)).collect();
        }
        Ok(())
    }

    fn copy_blobs(
        &self,
        kind: BlobKind,
        ids: &[BlobId],
        writer: &Writer,
        report: &mut CopyReport,
        observer: &dyn MaintenanceObserver,
    ) -> Result<()> {
        let mut wanted = Vec::new();
        writer.claim(kind, ids, &mut wanted).map_err(BlobError::into_repository)?;
        let index = self.index()?;
        let mut missing: Vec<BlobId> =
            ids.iter().zip(&wanted).filter(|(_, wanted)| **wanted).map(|(id, _)| *id).collect();
        // In the order in which they lie here, so that packs are read through.
        missing.sort_by_cached_key(|id| index.find(kind, id).map(|at| (at.pack, at.offset_bytes)));
        let failure = parking_lot::Mutex::new(None);
        let bytes = std::sync::atomic::AtomicU64::new(0);
        let batches: Vec<&[BlobId]> = missing.chunks(BATCH_BLOBS).collect();
        for_each_parallel(&batches, |batch| {
            let copied = batch.iter().try_for_each(|id| {
                if observer.is_canceled() {
                    return Err(RepositoryError::Canceled);
                }
                let (payload, uncompressed_bytes) = self.read_payload(kind, id)?;
                let blob = PreparedBlob { id: *id, payload: &payload, uncompressed_bytes };
                let stored = writer.put(kind, &[blob]).map_err(BlobError::into_repository)?;
                bytes.fetch_add(stored, std::sync::atomic::Ordering::Relaxed);
                observer.advance(Step::CopyBlobs, 1);
                Ok(())
            });
            copied.map_err(|error| failure.lock().get_or_insert(error).kind()).is_ok()
        });
        report.blobs += missing.len() as u64;
        report.bytes += bytes.into_inner();
        failure.into_inner().map_or(Ok(()), Err)
    }
}

/// What a snapshot was first: copies of copies are the same snapshot.
fn origin(stored: &StoredSnapshot) -> SnapshotId {
    stored.snapshot.original.unwrap_or(stored.id)
}

/// The snapshots of the destination, to tell which are there already: same origin, same moment, same tree. The last two
/// are asked too because `tag` and `rewrite` keep the origin of what they change.
struct Present {
    by_origin: HashMap<SnapshotId, Vec<Snapshot>>,
}

impl Present {
    fn new(there: &[StoredSnapshot]) -> Self {
        let mut by_origin: HashMap<SnapshotId, Vec<Snapshot>> = HashMap::new();
        for stored in there {
            by_origin.entry(origin(stored)).or_default().push(stored.snapshot.clone());
        }
        Self { by_origin }
    }

    fn has(&self, stored: &StoredSnapshot) -> bool {
        let same = |copy: &Snapshot| copy.time == stored.snapshot.time && copy.tree == stored.snapshot.tree;
        self.by_origin.get(&origin(stored)).is_some_and(|copies| copies.iter().any(same))
    }
}
