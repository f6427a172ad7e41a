//! Threads that look at what an agent sends and store it, so that the one which hears the agent answers its questions at once:
//! a worker of the agent does nothing until it has its answer.

use std::collections::VecDeque;
use std::num::NonZero;

use parking_lot::{Condvar, Mutex, MutexGuard};
use rempart_protocol::data::{Blob, ChunkKind};
use rempart_repository::{BlobSink as _, PreparedBlob, Writer};

use super::check::{Looker, Named, kind_of};
use super::take::refused;
use crate::trouble::{Result, Trouble, table};

/// More bytes than these do not wait for the threads: whoever gives them waits instead, and with it the agent.
const WAITING_BYTES: usize = 8 << 20;
/// More threads are not faster than the line, and there are other sessions.
const THREADS_AT_MOST: usize = 4;

/// The threads of one session, and what they share.
pub struct Crew<'w> {
    writer: &'w Writer,
    named: Mutex<Named>,
    loads: Mutex<Loads>,
    changed: Condvar,
}

#[derive(Default)]
struct Loads {
    waiting: VecDeque<Load>,
    waiting_bytes: usize,
    at_work: usize,
    is_over: bool,
    has_failed: bool,
    /// Why, for whoever asks first.
    trouble: Option<Trouble>,
}

struct Load {
    kind: ChunkKind,
    blobs: Vec<Blob>,
    bytes: usize,
}

impl<'w> Crew<'w> {
    pub fn new(writer: &'w Writer) -> Self {
        Self { writer, named: Mutex::default(), loads: Mutex::default(), changed: Condvar::new() }
    }

    /// Has the threads at work while `hear` gives them something to do. They have ended when this returns; what they had not
    /// begun is dropped, so `hear` ends by [`Self::settle`] where all is to be stored.
    pub fn beside<T>(&self, hear: impl FnOnce() -> Result<T>) -> Result<T> {
        let threads = std::thread::available_parallelism().map_or(2, NonZero::get).min(THREADS_AT_MOST);
        std::thread::scope(|scope| {
            let _over = Over(self);
            for _ in 0..threads {
                std::thread::Builder::new()
                    .name("agent blobs".to_owned())
                    .spawn_scoped(scope, || self.work())
                    .map_err(|error| Trouble::new(&table::INTERNAL).because(error))?;
            }
            hear()
        })
    }

    /// Hands blobs over, once what waits has become little.
    pub fn give(&self, kind: ChunkKind, blobs: Vec<Blob>) -> Result<()> {
        let bytes = blobs.iter().map(|blob| blob.payload.len()).sum();
        let mut loads = self.wait(|loads| loads.waiting_bytes <= WAITING_BYTES)?;
        loads.waiting_bytes += bytes;
        loads.waiting.push_back(Load { kind, blobs, bytes });
        drop(loads);
        self.changed.notify_all();
        Ok(())
    }

    /// Waits until everything that was given is stored.
    pub fn settle(&self) -> Result<()> {
        self.wait(|loads| loads.waiting.is_empty() && loads.at_work == 0).map(drop)
    }

    /// Whether something could not be stored: [`Self::give`] and [`Self::settle`] tell it.
    pub fn has_failed(&self) -> bool {
        self.loads.lock().has_failed
    }

    /// What the trees that were stored so far name.
    pub fn named(&self) -> MutexGuard<'_, Named> {
        self.named.lock()
    }

    fn wait(&self, until: impl Fn(&Loads) -> bool) -> Result<MutexGuard<'_, Loads>> {
        let mut loads = self.loads.lock();
        while !loads.has_failed && !until(&loads) {
            self.changed.wait(&mut loads);
        }
        match loads.has_failed {
            true => Err(loads.trouble.take().unwrap_or_else(|| Trouble::new(&table::INTERNAL))),
            false => Ok(loads),
        }
    }

    fn work(&self) {
        let mut looker = Looker::default();
        while let Some(load) = self.take() {
            let mut at_work = AtWork { crew: self, outcome: None };
            at_work.outcome = Some(self.store(&mut looker, load.kind, &load.blobs));
        }
    }

    fn take(&self) -> Option<Load> {
        let mut loads = self.loads.lock();
        loop {
            if loads.is_over || loads.has_failed {
                return None;
            }
            if let Some(load) = loads.waiting.pop_front() {
                loads.waiting_bytes -= load.bytes;
                loads.at_work += 1;
                self.changed.notify_all();
                return Some(load);
            }
            self.changed.wait(&mut loads);
        }
    }

    fn store(&self, looker: &mut Looker, kind: ChunkKind, blobs: &[Blob]) -> Result<()> {
        let is_there = |kind: ChunkKind, id: &_| self.writer.will_have(kind_of(kind), id);
        looker.blobs(kind, blobs, &self.named, is_there).map_err(refused)?;
        let prepared: Vec<_> = blobs.iter().map(prepared).collect();
        self.writer.put(kind_of(kind), &prepared)?;
        Ok(())
    }
}

fn prepared(blob: &Blob) -> PreparedBlob<'_> {
    PreparedBlob { id: blob.id, payload: &blob.payload, uncompressed_bytes: blob.uncompressed_bytes }
}

/// Ends the threads, also where whoever hears the agent panics.
struct Over<'c, 'w>(&'c Crew<'w>);

impl Drop for Over<'_, '_> {
    fn drop(&mut self) {
        self.0.loads.lock().is_over = true;
        self.0.changed.notify_all();
    }
}

/// A load in the hands of a thread. Nobody waits for one that panics.
struct AtWork<'c, 'w> {
    crew: &'c Crew<'w>,
    outcome: Option<Result<()>>,
}

impl Drop for AtWork<'_, '_> {
    fn drop(&mut self) {
        let mut loads = self.crew.loads.lock();
        loads.at_work -= 1;
        let failed = match self.outcome.take() {
            Some(Ok(())) => None,
            Some(Err(trouble)) => Some(trouble),
            None => Some(Trouble::new(&table::INTERNAL)),
        };
        if failed.is_some() && !loads.has_failed {
            loads.has_failed = true;
            loads.trouble = failed;
        }
        drop(loads);
        self.crew.changed.notify_all();
    }
}
