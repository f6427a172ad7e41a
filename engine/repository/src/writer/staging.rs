//! Sealed blobs on their way into packs, in runs: buffers that stay whole, so that large blobs are never copied.

use std::num::NonZeroU32;

use parking_lot::Mutex;
use rempart_model::BlobId;

/// Small blobs are gathered into a run of this size.
pub(super) const RUN_BYTES: usize = 256 << 10;
/// Buffers kept for reuse hold no more than this together: about what is on its way at any time.
const KEPT_BYTES: usize = 12 << 20;

/// A blob in a run; its place follows from the lengths before it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Staged {
    pub id: BlobId,
    pub sealed_bytes: u32,
    pub uncompressed_bytes: Option<NonZeroU32>,
}

/// Sealed blobs one behind the other.
#[derive(Debug, Default)]
pub(super) struct StagedRun {
    pub bytes: Vec<u8>,
    pub blobs: Vec<Staged>,
}

#[derive(Default)]
struct Pile {
    runs: Vec<StagedRun>,
    bytes: usize,
}

/// What waits to be spread over the open packs.
#[derive(Default)]
pub(super) struct Staging {
    pile: Mutex<Pile>,
    spare: Mutex<Spare>,
}

#[derive(Default)]
struct Spare {
    buffers: Vec<Vec<u8>>,
    bytes: usize,
}

impl Staging {
    pub(super) fn buffer(&self) -> Vec<u8> {
        let mut spare = self.spare.lock();
        let buffer = spare.buffers.pop().unwrap_or_default();
        spare.bytes -= buffer.capacity();
        buffer
    }

    pub(super) fn give_back(&self, mut buffer: Vec<u8>) {
        let mut spare = self.spare.lock();
        if spare.bytes + buffer.capacity() <= KEPT_BYTES {
            buffer.clear();
            spare.bytes += buffer.capacity();
            spare.buffers.push(buffer);
        }
    }

    /// Adds a run, and takes the whole pile once it holds `full_bytes`.
    pub(super) fn add(&self, run: StagedRun, full_bytes: usize) -> Option<Vec<StagedRun>> {
        let mut pile = self.pile.lock();
        pile.bytes += run.bytes.len();
        let spare = match pile.runs.last_mut() {
            Some(last) if last.bytes.len() + run.bytes.len() <= RUN_BYTES => {
                last.bytes.extend_from_slice(&run.bytes);
                last.blobs.extend_from_slice(&run.blobs);
                Some(run.bytes)
            }
            _ => {
                pile.runs.push(run);
                None
            }
        };
        let taken = (pile.bytes >= full_bytes).then(|| std::mem::take(&mut *pile).runs);
        drop(pile);
        if let Some(buffer) = spare {
            self.give_back(buffer);
        }
        taken
    }

    pub(super) fn take_all(&self) -> Vec<StagedRun> {
        std::mem::take(&mut *self.pile.lock()).runs
    }
}
