//! One pack being made: where its bytes go, what it holds, and the SHA-256 that will name it.

use std::collections::VecDeque;

use bytes::Bytes;
use rempart_crypto::{MasterKey, Sha256Stream};
use rempart_format::{BlobKind, PackEntry, pack};
use rempart_model::{Id, PackId};
use rempart_storage::{ObjectStore, PendingPack};

use super::staging::{Staged, StagedRun};
use crate::{RepositoryError, Result};

/// Packs with this many blobs are closed whatever their size: an index file holds a pack whole, and the header is bounded.
const MAX_BLOBS: usize = 50_000;

/// Where the bytes of an unfinished pack are.
enum Body {
    /// With the store, unnamed.
    Pending(Box<dyn PendingPack>),
    /// In memory, for stores that take objects whole.
    Memory(Vec<u8>),
}

/// Bytes appended, and how many of them are hashed.
struct Unhashed {
    bytes: Vec<u8>,
    from: usize,
}

pub(super) struct OpenPack {
    kind: BlobKind,
    body: Body,
    hash: Sha256Stream,
    backlog: VecDeque<Unhashed>,
    backlog_bytes: usize,
    blobs: Vec<PackEntry>,
    size_bytes: u64,
    /// The header is appended: nothing may follow.
    closed: bool,
}

/// A pack that has its name.
pub(super) struct FinishedPack {
    pub id: PackId,
    pub blobs: Vec<PackEntry>,
    /// What is still to be written, where the store takes objects whole.
    pub upload: Option<Bytes>,
}

impl OpenPack {
    pub(super) fn begin(store: &dyn ObjectStore, kind: BlobKind, capacity_bytes: u64) -> Result<Self> {
        let body = match store.begin_pack()? {
            Some(pending) => Body::Pending(pending),
            None => Body::Memory(Vec::with_capacity(usize::try_from(capacity_bytes).unwrap_or(0))),
        };
        Ok(Self {
            kind,
            body,
            hash: Sha256Stream::new(),
            backlog: VecDeque::new(),
            backlog_bytes: 0,
            blobs: Vec::new(),
            size_bytes: 0,
            closed: false,
        })
    }

    pub(super) fn size_bytes(&self) -> u64 {
        self.size_bytes
    }
    pub(super) fn backlog_bytes(&self) -> usize {
        self.backlog_bytes
    }
    pub(super) fn is_full(&self, target_bytes: u64) -> bool {
        self.size_bytes + pack::sealed_header_bytes(&self.blobs) as u64 >= target_bytes || self.blobs.len() >= MAX_BLOBS
    }

    /// Writes a run; its hash is left to [`advance`].
    pub(super) fn append(&mut self, run: StagedRun) -> Result<()> {
        self.list(&run.blobs, run.bytes.len())?;
        self.write(&run.bytes)?;
        self.backlog_bytes += run.bytes.len();
        self.backlog.push_back(Unhashed { bytes: run.bytes, from: 0 });
        Ok(())
    }

    fn list(&mut self, blobs: &[Staged], len_bytes: usize) -> Result<()> {
        let mut offset = self.size_bytes;
        for blob in blobs {
            let offset_bytes =
                u32::try_from(offset).map_err(|_| RepositoryError::TooLarge { what: "a pack", len_bytes: offset })?;
            self.blobs.push(PackEntry {
                id: blob.id,
                kind: self.kind,
                offset_bytes,
                sealed_bytes: blob.sealed_bytes,
                uncompressed_bytes: blob.uncompressed_bytes,
            });
            offset += u64::from(blob.sealed_bytes);
        }
        if offset != self.size_bytes + len_bytes as u64 {
            let reason =
                format!("{len_bytes} bytes are to be packed, and their list says {}", offset - self.size_bytes);
            return Err(RepositoryError::Invariant { reason });
        }
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        match &mut self.body {
            Body::Pending(pending) => pending.append(bytes)?,
            Body::Memory(memory) => memory.extend_from_slice(bytes),
        }
        self.size_bytes += bytes.len() as u64;
        Ok(())
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Seals the header and appends it with its length, to be hashed like the rest.
    pub(super) fn close(&mut self, key: &MasterKey) -> Result<()> {
        let expected = pack::sealed_header_bytes(&self.blobs);
        let mut header = key.seal(&pack::encode_header(&self.blobs));
        let len = u32::try_from(header.len()).unwrap_or(u32::MAX);
        header.extend_from_slice(&len.to_le_bytes());
        // What restic checks when it opens a pack; wrong here, it would be found when nothing can be done any more.
        if header.len() != expected || header.len() - pack::TRAILER_BYTES > pack::MAX_HEADER_BYTES {
            let reason = format!("a pack header of {} bytes was made where {expected} are right", header.len());
            return Err(RepositoryError::Invariant { reason });
        }
        self.write(&header)?;
        self.closed = true;
        self.backlog_bytes += header.len();
        self.backlog.push_back(Unhashed { bytes: header, from: 0 });
        Ok(())
    }

    /// Gives a closed pack, all of it hashed, its name.
    pub(super) fn finish(self) -> Result<FinishedPack> {
        if !self.closed || self.backlog_bytes > 0 {
            return Err(RepositoryError::Invariant { reason: "a pack was to be named before it was whole".to_owned() });
        }
        let id = Id::new(self.hash.finish());
        let upload = match self.body {
            Body::Pending(pending) => {
                pending.finish(id)?;
                None
            }
            Body::Memory(memory) => Some(Bytes::from(memory)),
        };
        Ok(FinishedPack { id: PackId(id), blobs: self.blobs, upload })
    }
}

/// Hashes what was appended, all packs in step, until the closed ones are done and fewer than `lanes` others have a
/// backlog: what is left then is hashed with the next runs, when the lanes are full again.
pub(super) fn advance<'a>(
    packs: impl Iterator<Item = &'a mut OpenPack>,
    lanes: usize,
    give_back: &mut dyn FnMut(Vec<u8>),
) {
    let mut active: Vec<&mut OpenPack> = packs.filter(|pack| !pack.backlog.is_empty()).collect();
    while !active.is_empty() && (active.len() >= lanes || active.iter().any(|pack| pack.closed)) {
        let step = active.iter().filter_map(|pack| pack.backlog.front().map(|b| b.bytes.len() - b.from)).min();
        let step = step.unwrap_or(0);
        let mut streams: Vec<(&mut Sha256Stream, &[u8])> = active
            .iter_mut()
            .filter_map(|pack| {
                let front = pack.backlog.front()?;
                Some((&mut pack.hash, &front.bytes[front.from..front.from + step]))
            })
            .collect();
        Sha256Stream::update_many(&mut streams);
        for pack in &mut active {
            pack.backlog_bytes -= step;
            if let Some(front) = pack.backlog.front_mut() {
                front.from += step;
            }
            while pack.backlog.front().is_some_and(|front| front.from == front.bytes.len()) {
                pack.backlog.pop_front().into_iter().for_each(|done| give_back(done.bytes));
            }
        }
        active.retain(|pack| !pack.backlog.is_empty());
    }
}
