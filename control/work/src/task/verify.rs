//! Reads everything back that one snapshot is made of: each tree and each chunk once, decrypted, unpacked and compared
//! with its name.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use parking_lot::Mutex;
use rempart_archive::browse::Walk;
use rempart_format::{BlobKind, NodeKind};
use rempart_model::{BlobId, SnapshotId};
use rempart_repository::{BlobSource as _, Index, Repository};
use serde::Serialize;

use super::{gauge::Gauge, lock};
use crate::trouble::{Result, Trouble, chain, table};

/// What a verification found.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verified {
    pub files: u64,
    pub blobs: u64,
    pub bytes: u64,
    /// What cannot be read back, the first of them in words.
    pub damaged: u64,
    pub damages: Vec<String>,
}

const DAMAGES_KEPT: usize = 1000;
/// Chunks that are asked for together: enough to read packs in their order.
const BATCH: usize = 20_000;

/// Which chunks were read: one bit for each that the index knows.
struct Seen<'i> {
    index: &'i Index,
    bits: Vec<u64>,
}

impl<'i> Seen<'i> {
    fn new(index: &'i Index) -> Self {
        let words = usize::try_from(index.len().div_ceil(64)).unwrap_or(usize::MAX);
        Self { index, bits: vec![0; words] }
    }

    /// Whether it was not met before. `None`: the index does not know it.
    fn is_first(&mut self, id: &BlobId) -> Option<bool> {
        let ordinal = self.index.ordinal(BlobKind::Data, id)?;
        let (word, bit) = (usize::try_from(ordinal / 64).ok()?, 1_u64 << (ordinal % 64));
        let word = self.bits.get_mut(word)?;
        let is_first = *word & bit == 0;
        *word |= bit;
        Some(is_first)
    }
}

/// Verifies the snapshot with this root.
pub fn verify(repository: &Repository, root: BlobId, whole_bytes: Option<u64>, gauge: &Gauge) -> Result<Verified> {
    let _held = lock::shared(repository, &gauge.cancel)?;
    let index = repository.reload_index()?;
    gauge.step("verifying");
    gauge.bytes_total.store(whole_bytes.unwrap_or(0), Relaxed);
    let mut seen = Seen::new(&index);
    let mut verified = Verified::default();
    let mut batch: Vec<BlobId> = Vec::new();
    let mut walk = Walk::of_tree(repository, root);
    while let Some(entry) = walk.next_entry() {
        stop_if_canceled(gauge)?;
        match entry {
            Err(error) => verified.tell(gauge, chain(&error)),
            Ok(entry) if entry.node.kind == NodeKind::File => {
                verified.files += 1;
                gauge.files_done.fetch_add(1, Relaxed);
                for id in entry.node.content() {
                    match seen.is_first(id) {
                        Some(true) => batch.push(*id),
                        Some(false) => {}
                        None => {
                            let path = String::from_utf8_lossy(entry.path);
                            verified.tell(gauge, format!("{path}: its chunk {id:.8} is in no index"));
                        }
                    }
                }
            }
            Ok(_) => {}
        }
        if batch.len() >= BATCH {
            read(repository, &std::mem::take(&mut batch), gauge, &mut verified)?;
        }
    }
    read(repository, &batch, gauge, &mut verified)?;
    Ok(verified)
}

impl Verified {
    fn tell(&mut self, gauge: &Gauge, damage: String) {
        self.damaged += 1;
        gauge.problems.fetch_add(1, Relaxed);
        if self.damages.len() < DAMAGES_KEPT {
            self.damages.push(damage);
        }
    }
}

fn read(repository: &Repository, ids: &[BlobId], gauge: &Gauge, verified: &mut Verified) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let bytes = AtomicU64::new(0);
    let damages = Mutex::new(Vec::new());
    let deliver = |at: usize, data: Result<&[u8], rempart_repository::BlobError>| {
        match data {
            Ok(data) => {
                bytes.fetch_add(data.len() as u64, Relaxed);
                gauge.bytes_done.fetch_add(data.len() as u64, Relaxed);
            }
            Err(error) => damages.lock().push(format!("chunk {:.8}: {}", ids[at], chain(&error))),
        }
        !gauge.cancel.is_canceled()
    };
    repository.read_blobs(BlobKind::Data, ids, &deliver)?;
    stop_if_canceled(gauge)?;
    verified.blobs += ids.len() as u64;
    verified.bytes += bytes.into_inner();
    for damage in damages.into_inner() {
        verified.tell(gauge, damage);
    }
    Ok(())
}

fn stop_if_canceled(gauge: &Gauge) -> Result<()> {
    if gauge.cancel.is_canceled() { Err(Trouble::new(&table::JOB_CANCELED)) } else { Ok(()) }
}

/// The name that the catalog keeps of a snapshot.
pub(crate) fn snapshot_hash(hash: &str) -> Result<SnapshotId> {
    hash.parse().map_err(|error: rempart_model::ParseIdError| Trouble::new(&table::INTERNAL).because(error))
}
