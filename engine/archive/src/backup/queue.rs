//! What is left to do, shared by all workers: last in, first out, so that the walk goes deep before it goes wide and
//! few directories are in progress at a time.

use std::ffi::CString;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use parking_lot::{Condvar, Mutex};

use super::batch::Batch;
use super::dir::Dir;

/// A directory to list.
#[derive(Debug)]
pub(crate) struct ScanTask {
    pub(crate) dir: Arc<Dir>,
    /// The open directory that the name is in.
    pub(crate) at: Arc<OwnedFd>,
    pub(crate) name: CString,
}

/// Files of one directory to read.
#[derive(Debug)]
pub(crate) struct ReadTask {
    pub(crate) dir: Arc<Dir>,
    pub(crate) at: Arc<OwnedFd>,
    pub(crate) slots: Vec<u32>,
    /// Where a file has another name in the source than in the snapshot; `slots` is that one file then.
    pub(crate) source: Option<SourceName>,
}

#[derive(Debug, Clone)]
pub(crate) struct SourceName {
    pub(crate) name: CString,
    pub(crate) path: Vec<u8>,
    /// For a directory: the device that `--one-file-system` keeps to.
    pub(crate) allowed_device: u64,
}

#[derive(Debug)]
pub(crate) enum Task {
    /// Chunks that another worker read and has no time for.
    Store(Batch),
    Read(ReadTask),
    Scan(ScanTask),
}

#[derive(Debug)]
pub(crate) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    spare_batches: usize,
}

#[derive(Debug, Default)]
struct State {
    store: Vec<Batch>,
    read: Vec<ReadTask>,
    scan: Vec<ScanTask>,
    /// Directories that are being listed: more may come of each. The first is what the run begins with.
    scanning: usize,
    idle: usize,
    spare: Vec<Batch>,
    lent: usize,
    closed: bool,
}

/// While fewer reads than this wait, directories are listed first: the totals are learnt ahead of the reading.
const READS_AHEAD: usize = 64;

impl Queue {
    /// `spare_batches` is how many batches may be on their way beside those that workers fill.
    pub(crate) fn new(spare_batches: usize) -> Self {
        let state = State { scanning: 1, ..State::default() };
        Self { state: Mutex::new(state), changed: Condvar::new(), spare_batches }
    }

    /// Adds work: what comes first in the iterators is done first.
    pub(crate) fn push(
        &self,
        reads: impl DoubleEndedIterator<Item = ReadTask>,
        scans: impl DoubleEndedIterator<Item = ScanTask>,
    ) {
        let mut state = self.state.lock();
        state.read.extend(reads.rev());
        state.scan.extend(scans.rev());
        if state.idle > 0 {
            self.changed.notify_all();
        }
    }

    /// The next thing to do, if there is any.
    pub(crate) fn try_pop(&self) -> Option<Task> {
        self.state.lock().pop()
    }

    /// A directory is listed, and what came of it is in the queue. Whether the walk is over with it.
    pub(crate) fn scan_done(&self) -> bool {
        let mut state = self.state.lock();
        state.scanning -= 1;
        state.scanning == 0 && state.scan.is_empty()
    }

    /// Waits for something to do. `None` once the queue is closed.
    pub(crate) fn wait(&self) -> Option<Task> {
        let mut state = self.state.lock();
        loop {
            if state.closed {
                return None;
            }
            if let Some(task) = state.pop() {
                return Some(task);
            }
            state.idle += 1;
            self.changed.wait(&mut state);
            state.idle -= 1;
        }
    }

    /// An empty batch, if a full one given to [`Self::push_batch`] would be stored soon: by a worker who has nothing to
    /// do, or as the next by one who is about to finish. Without that next one, whoever reads a large file would store
    /// a batch itself, and the others would wait for it to read on.
    pub(crate) fn spare_batch(&self) -> Option<Batch> {
        let mut state = self.state.lock();
        if state.store.len() >= state.idle.max(1) {
            return None;
        }
        if state.spare.is_empty() && state.lent < self.spare_batches {
            state.lent += 1;
            return Some(Batch::new());
        }
        state.spare.pop()
    }

    pub(crate) fn push_batch(&self, batch: Batch) {
        self.state.lock().store.push(batch);
        self.changed.notify_one();
    }

    /// Takes an emptied batch back.
    pub(crate) fn give_back(&self, batch: Batch) {
        self.state.lock().spare.push(batch);
    }

    /// Nothing further will be done: waiting workers leave.
    pub(crate) fn close(&self) {
        self.state.lock().closed = true;
        self.changed.notify_all();
    }
}

impl State {
    fn pop(&mut self) -> Option<Task> {
        if let Some(batch) = self.store.pop() {
            return Some(Task::Store(batch));
        }
        let read_first = self.read.len() >= READS_AHEAD || self.scan.is_empty();
        if read_first && let Some(read) = self.read.pop() {
            return Some(Task::Read(read));
        }
        let scan = self.scan.pop()?;
        self.scanning += 1;
        Some(Task::Scan(scan))
    }
}
