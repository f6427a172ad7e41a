//! A worker: takes the next task, keeps the memory for all of them, and stores what has come together.

use std::sync::atomic::Ordering::Relaxed;

use rempart_crypto::sha256_many;
use rempart_format::{BlobKind, Compression, Compressor, FormatError, Node, NodeKind, TreeEncoder, is_incompressible};
use rempart_model::BlobId;
use rempart_repository::PreparedBlob;
use std::num::NonZeroU32;
use std::ops::Range;

use super::batch::{Batch, Owner};
use super::blocks::Blocks;
use super::cache::RecordBuffer;
use super::error::{BackupError, Result};
use super::finish::TreeBatch;
use super::listing::Content;
use super::queue::Task;
use super::run::Run;
use super::source::{DirBuffer, Names, Stat, XattrReader};

pub(crate) struct Worker<'a, 'r> {
    pub(crate) run: &'a Run<'r>,
    pub(crate) number: usize,
    pub(crate) batch: Batch,
    pub(crate) trees: TreeBatch,
    pub(crate) encoder: TreeEncoder,
    pub(crate) node: Node,
    pub(crate) names: Names,
    pub(crate) dir_buffer: DirBuffer,
    pub(crate) stats: Blocks<Option<Stat>>,
    pub(crate) record: RecordBuffer,
    pub(crate) xattrs: XattrReader,
    pub(crate) path: Vec<u8>,
    store: Store,
}

/// What blobs go through on their way to the sink.
struct Store {
    compressor: Compressor,
    digests: Vec<[u8; 32]>,
    wanted: Vec<bool>,
    compressed: Vec<u8>,
    ready: Vec<Ready>,
}

/// A blob that is ready to be put.
struct Ready {
    index: usize,
    /// Where its payload is in `compressed`; `None`: as it is.
    compressed: Option<Range<usize>>,
}

/// Compressed blobs are put when this much has come together, so that their memory stays small.
const PUT_BYTES: usize = 2 * 1024 * 1024;

impl<'a, 'r> Worker<'a, 'r> {
    pub(crate) fn new(run: &'a Run<'r>, number: usize) -> Result<Self> {
        let compressor = compressor(run)?;
        Ok(Self {
            run,
            number,
            batch: Batch::new(),
            trees: TreeBatch::default(),
            encoder: TreeEncoder::new(run.zone.clone()),
            node: Node::new(Vec::new(), NodeKind::File),
            names: Names::new(),
            dir_buffer: DirBuffer::new(),
            stats: Blocks::default(),
            record: RecordBuffer::new(),
            xattrs: XattrReader::default(),
            path: Vec::new(),
            store: Store {
                compressor,
                digests: Vec::new(),
                wanted: Vec::new(),
                compressed: Vec::new(),
                ready: Vec::new(),
            },
        })
    }

    /// Takes the compressor out, for work that needs the rest of the worker beside it.
    pub(super) fn take_compressor(&mut self) -> Result<Compressor> {
        let spare = compressor(self.run)?;
        Ok(std::mem::replace(&mut self.store.compressor, spare))
    }

    pub(super) fn give_compressor_back(&mut self, compressor: Compressor) {
        self.store.compressor = compressor;
    }

    /// Works until the run ends.
    pub(crate) fn work(&mut self) {
        if let Err(error) = self.try_work() {
            self.run.fail(error);
        }
        self.run.progress.clear_current(self.number);
    }

    fn try_work(&mut self) -> Result<()> {
        while !self.run.is_stopped() {
            let task = match self.run.queue.try_pop() {
                Some(task) => task,
                None if self.flush()? => continue,
                None => match self.run.queue.wait() {
                    Some(task) => task,
                    None => break,
                },
            };
            match task {
                Task::Store(mut batch) => {
                    self.store_batch(&mut batch)?;
                    self.run.queue.give_back(batch);
                }
                Task::Read(read) => self.read(read)?,
                Task::Scan(scan) => {
                    self.scan(scan)?;
                    self.run.scan_done();
                }
            }
        }
        Ok(())
    }

    /// Stores all that this worker holds back. Whether there was anything.
    fn flush(&mut self) -> Result<bool> {
        let had_chunks = self.store_own_batch()?;
        let had_trees = self.store_trees()?;
        Ok(had_chunks || had_trees)
    }

    /// Stores the chunks read so far and makes room for more. Whether there were any.
    pub(crate) fn store_own_batch(&mut self) -> Result<bool> {
        if self.batch.is_empty() {
            return Ok(false);
        }
        let mut batch = std::mem::replace(&mut self.batch, Batch::placeholder());
        let stored = self.store_batch(&mut batch);
        self.batch = batch;
        stored.map(|()| true)
    }

    /// Empties the batch, by another worker who has time or here. `held` bytes from `from` on come to its beginning.
    pub(crate) fn hand_over_batch(&mut self, from: usize, held: usize) -> Result<()> {
        if let Some(mut fresh) = self.run.queue.spare_batch() {
            fresh.room()[..held].copy_from_slice(self.batch.bytes(from, from + held));
            let full = std::mem::replace(&mut self.batch, fresh);
            self.run.queue.push_batch(full);
            return Ok(());
        }
        self.store_own_batch()?;
        self.batch.move_to_start(from, held);
        Ok(())
    }

    /// Stores a batch and tells the owners of its chunks. Leaves it empty.
    pub(crate) fn store_batch(&mut self, batch: &mut Batch) -> Result<()> {
        let plaintexts: Vec<&[u8]> = batch.plaintexts().collect();
        let ids = self.store(BlobKind::Data, &plaintexts)?;
        for (chunk, id) in batch.chunks.drain(..).zip(ids) {
            match chunk.owner {
                Owner::File { dir, slot } => self.file_done(&dir, slot, Content::One(id), chunk.len as u64, 0)?,
                Owner::Part { file, index } => {
                    let mut parts = file.parts.lock();
                    parts.ids[index] = Some(id);
                    parts.missing -= 1;
                    self.run.progress.bytes_done.fetch_add(chunk.len as u64, Relaxed);
                    drop(parts);
                    self.large_file_settle(&file)?;
                }
            }
        }
        batch.clear();
        Ok(())
    }

    /// Names blobs, asks which are wanted, compresses and puts those.
    pub(crate) fn store(&mut self, kind: BlobKind, plaintexts: &[&[u8]]) -> Result<Vec<BlobId>> {
        let Store { compressor, digests, wanted, compressed, ready } = &mut self.store;
        digests.clear();
        digests.resize(plaintexts.len(), [0; 32]);
        sha256_many(plaintexts, digests);
        let ids: Vec<BlobId> = digests.iter().map(|digest| BlobId::new(*digest)).collect();
        self.run.sink.claim(kind, &ids, wanted)?;
        compressed.clear();
        ready.clear();
        let mut waiting_bytes = 0;
        for (index, plaintext) in plaintexts.iter().enumerate().filter(|(index, _)| wanted[*index]) {
            let is_compressed = compress(compressor, kind, plaintext, compressed)?;
            waiting_bytes += is_compressed.as_ref().map_or(0, Range::len);
            ready.push(Ready { index, compressed: is_compressed });
            if waiting_bytes >= PUT_BYTES {
                put(self.run, kind, plaintexts, &ids, compressed, ready)?;
                waiting_bytes = 0;
            }
        }
        put(self.run, kind, plaintexts, &ids, compressed, ready)?;
        Ok(ids)
    }
}

fn compressor(run: &Run<'_>) -> Result<Compressor> {
    let compressor = Compressor::new(run.options.compression).map_err(internal)?;
    Ok(if run.sink.unpacks() { compressor.unpacked_elsewhere() } else { compressor })
}

/// Appends the compressed form to `compressed`, if that is how the blob is stored.
fn compress(
    compressor: &mut Compressor,
    kind: BlobKind,
    plaintext: &[u8],
    compressed: &mut Vec<u8>,
) -> Result<Option<Range<usize>>> {
    let is_data = kind == BlobKind::Data;
    if is_data && (compressor.compression() == Compression::Off || is_incompressible(plaintext)) {
        return Ok(None);
    }
    let from = compressed.len();
    compressor.append(plaintext, compressed).map_err(internal)?;
    if is_data && compressed.len() - from >= plaintext.len() {
        compressed.truncate(from);
        return Ok(None);
    }
    Ok(Some(from..compressed.len()))
}

fn put(
    run: &Run<'_>,
    kind: BlobKind,
    plaintexts: &[&[u8]],
    ids: &[BlobId],
    compressed: &mut Vec<u8>,
    ready: &mut Vec<Ready>,
) -> Result<()> {
    if ready.is_empty() {
        return Ok(());
    }
    let mut plaintext_bytes = 0;
    let blobs: Vec<PreparedBlob<'_>> = ready
        .iter()
        .map(|blob| {
            let plaintext = plaintexts[blob.index];
            plaintext_bytes += plaintext.len() as u64;
            let (payload, uncompressed_bytes) = match &blob.compressed {
                Some(range) => {
                    (&compressed[range.clone()], u32::try_from(plaintext.len()).ok().and_then(NonZeroU32::new))
                }
                None => (plaintext, None),
            };
            PreparedBlob { id: ids[blob.index], payload, uncompressed_bytes }
        })
        .collect();
    let stored_bytes = run.sink.put(kind, &blobs)?;
    let count = match kind {
        BlobKind::Data => &run.counts.data_blobs,
        BlobKind::Tree => &run.counts.tree_blobs,
    };
    count.fetch_add(blobs.len() as u64, Relaxed);
    run.progress.added(plaintext_bytes, stored_bytes);
    run.counts.added_bytes.fetch_add(plaintext_bytes, Relaxed);
    run.counts.added_packed_bytes.fetch_add(stored_bytes, Relaxed);
    compressed.clear();
    ready.clear();
    Ok(())
}

pub(crate) fn internal(error: FormatError) -> BackupError {
    BackupError::Encode { source: error }
}
