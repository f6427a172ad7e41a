//! Reading many blobs: runs of packs are read, decoded, hashed together and delivered by several threads.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rempart_format::BlobKind;
use rempart_model::BlobId;

use super::plan::{Run, Wanted, plan};
use super::{WRONG_HASH, pack_name};
use crate::decode::Plaintexts;
use crate::{BlobError, Deliver, Repository, RepositoryError, Result};

/// Blobs hashed together at most: as many as the widest vector unit takes, twice.
const BATCH_BLOBS: usize = 32;
/// Plaintext that waits for its hash at most, but for the last blob: a bound on memory.
const BATCH_BYTES: usize = 4 << 20;

pub(super) fn read_blobs(repo: &Repository, kind: BlobKind, ids: &[BlobId], deliver: &Deliver<'_>) -> Result<()> {
    let index = repo.index()?;
    let mut wanted = Vec::with_capacity(ids.len());
    let mut unknown = Vec::new();
    for (place, id) in ids.iter().enumerate() {
        match index.find(kind, id) {
            Some(location) => wanted.push(Wanted { place, location }),
            None => unknown.push(place),
        }
    }
    let runs = plan(&mut wanted);
    let job = Job { repo, kind, ids, deliver, stop: AtomicBool::new(false), reloaded: AtomicBool::new(false) };
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut reader = RunReader::default();
        while let Some(run) = runs.get(next.fetch_add(1, Ordering::Relaxed))
            && !job.stop.load(Ordering::Relaxed)
        {
            reader.read(&job, run);
        }
    };
    let threads = repo.read_threads().min(runs.len());
    if threads <= 1 {
        worker();
    } else {
        std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(worker))));
    }
    // Not in the index: perhaps in a newer one.
    for place in unknown {
        if job.stop.load(Ordering::Relaxed) {
            break;
        }
        job.one_by_one(place, &[], None);
    }
    Ok(())
}

struct Job<'a> {
    repo: &'a Repository,
    kind: BlobKind,
    ids: &'a [BlobId],
    deliver: &'a Deliver<'a>,
    stop: AtomicBool,
    /// One look at the newest index is enough for all blobs that are not where they should be.
    reloaded: AtomicBool,
}

impl Job<'_> {
    fn hand_over(&self, place: usize, outcome: Result<&[u8]>) {
        if !self.stop.load(Ordering::Relaxed) && !(self.deliver)(place, outcome.map_err(BlobError::from)) {
            self.stop.store(true, Ordering::Relaxed);
        }
    }

    /// Another copy, or the error that made us look for one.
    fn one_by_one(&self, place: usize, bad: &[crate::BlobLocation], why: Option<RepositoryError>) {
        let outcome = self.repo.read_any_copy(self.kind, &self.ids[place], bad, &self.reloaded);
        match outcome {
            Ok(plaintext) => self.hand_over(place, Ok(&plaintext)),
            Err(error) => self.hand_over(place, Err(why.unwrap_or(error))),
        }
    }
}

/// The buffers of one thread.
#[derive(Default)]
struct RunReader {
    run: Vec<u8>,
    plaintexts: Plaintexts,
}

impl RunReader {
    fn read(&mut self, job: &Job<'_>, run: &Run<'_>) {
        if self.run.len() < run.len_bytes {
            self.run.resize(run.len_bytes, 0);
        }
        let bytes = &mut self.run[..run.len_bytes];
        if let Err(error) = job.repo.store().read_range_into(pack_name(run.pack), run.offset_bytes, bytes) {
            return salvage(job, run, error);
        }
        let mut rest = run.blobs;
        while !rest.is_empty() && !job.stop.load(Ordering::Relaxed) {
            rest = self.batch(job, run, rest);
        }
        // A blob of hundreds of megabytes shall not stay in memory for the rest of the work.
        if self.run.len() > 4 * super::plan::MAX_RUN_BYTES as usize {
            self.run = Vec::new();
        }
    }

    /// Decodes, hashes and delivers the first of `blobs`; returns the others.
    fn batch<'b>(&mut self, job: &Job<'_>, run: &Run<'_>, blobs: &'b [Wanted]) -> &'b [Wanted] {
        let mut decoded: Vec<&Wanted> = Vec::with_capacity(BATCH_BLOBS);
        self.plaintexts.clear();
        let mut taken = 0;
        for blob in blobs {
            if decoded.len() == BATCH_BLOBS || self.plaintexts.len_bytes() >= BATCH_BYTES {
                break;
            }
            taken += 1;
            let from = (u64::from(blob.location.offset_bytes) - run.offset_bytes) as usize;
            let sealed = &self.run[from..from + blob.location.sealed_bytes as usize];
            match self.plaintexts.open(job.repo.master_key(), sealed, blob.location.uncompressed_bytes) {
                Ok(()) => decoded.push(blob),
                Err(reason) => damaged(job, blob, reason),
            }
        }
        for (number, (blob, digest)) in decoded.into_iter().zip(self.plaintexts.digests()).enumerate() {
            if digest == *job.ids[blob.place].as_bytes() {
                job.hand_over(blob.place, Ok(self.plaintexts.get(number)));
            } else {
                damaged(job, blob, WRONG_HASH.to_owned());
            }
        }
        &blobs[taken..]
    }
}

fn damaged(job: &Job<'_>, blob: &Wanted, reason: String) {
    let error = RepositoryError::BlobDamaged { id: job.ids[blob.place], pack: blob.location.pack, reason };
    tracing::warn!(%error, "looking for another copy");
    job.one_by_one(blob.place, &[blob.location], Some(error));
}

/// The run could not be read whole: each of its blobs alone, or another copy of it.
fn salvage(job: &Job<'_>, run: &Run<'_>, error: rempart_storage::StorageError) {
    let pack_is_missing = error.is_not_found();
    tracing::warn!(error = %error.chain(), "reading blob by blob");
    for blob in run.blobs {
        if job.stop.load(Ordering::Relaxed) {
            return;
        }
        if pack_is_missing {
            let why = RepositoryError::PackMissing { pack: run.pack, id: job.ids[blob.place] };
            job.one_by_one(blob.place, &[blob.location], Some(why));
        } else {
            job.one_by_one(blob.place, &[], None);
        }
    }
}
