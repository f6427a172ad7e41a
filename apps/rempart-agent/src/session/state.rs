//! What came of the server, sorted for those who wait for it.

use std::collections::{HashMap, VecDeque};
use std::time::Instant;

use rempart_model::{BlobId, IndexId, SnapshotId};
use rempart_protocol::data::{Blob, ChunkKind, ConnectionNumber, PlainLength, ReadAnswer};

use super::fault::SessionFault;
use super::machine::{Machine, Said};

/// Blobs that were taken out of the link and wait for their reader. Beyond, they stay in the link, and the server waits.
const QUEUED_BYTES: usize = 4 << 20;

/// One call that reads; it may be one of several at a time.
pub type Reader = u64;

/// A blob that was asked for, or why it cannot be had.
pub type Delivered = (BlobId, Result<Blob, String>);

pub struct State {
    pub machine: Machine,
    pub fault: Option<SessionFault>,
    pub committed: Option<(SnapshotId, Vec<IndexId>)>,
    pub is_finished: bool,
    /// The connections may end as soon as everything that was said has arrived.
    pub is_closing: bool,
    /// When the last connection broke; `None` while there is one.
    pub alone_since: Option<Instant>,
    open: usize,
    next_connection: ConnectionNumber,
    wanted: HashMap<u32, Vec<bool>>,
    lengths: HashMap<u32, Vec<PlainLength>>,
    next_reader: Reader,
    readers: HashMap<Reader, VecDeque<Delivered>>,
    /// Who asked for a blob, in the order of asking.
    asked: HashMap<(ChunkKind, BlobId), VecDeque<Reader>>,
    queued_bytes: usize,
}

impl State {
    pub fn new(machine: Machine) -> Self {
        Self {
            machine,
            fault: None,
            committed: None,
            is_finished: false,
            is_closing: false,
            alone_since: Some(Instant::now()),
            open: 0,
            next_connection: 0,
            wanted: HashMap::new(),
            lengths: HashMap::new(),
            next_reader: 0,
            readers: HashMap::new(),
            asked: HashMap::new(),
            queued_bytes: 0,
        }
    }

    /// A number that no connection of the session had.
    pub fn connection_number(&mut self) -> ConnectionNumber {
        self.next_connection += 1;
        self.next_connection
    }

    pub fn connected(&mut self) {
        self.open += 1;
        self.alone_since = None;
    }

    pub fn cut(&mut self, number: ConnectionNumber) {
        self.machine.link().cut(number);
        self.open -= 1;
        if self.open == 0 {
            self.alone_since = Some(Instant::now());
        }
    }

    /// Everything that was said has arrived.
    pub fn is_drained(&mut self) -> bool {
        let link = self.machine.link();
        link.waiting_bytes() == 0 && link.under_way_items() == 0
    }

    /// Sorts what came, as far as there is room for it. Whether something did.
    pub fn take_what_came(&mut self) -> bool {
        let mut took = false;
        while self.fault.is_none() && self.queued_bytes < QUEUED_BYTES {
            match self.machine.next_said() {
                Ok(None) => break,
                Ok(Some(said)) => self.sort(said),
                Err(refusal) => self.fault = Some(refusal.into()),
            }
            took = true;
        }
        took
    }

    fn sort(&mut self, said: Said) {
        match said {
            Said::Wanted { question, wanted } => {
                self.wanted.insert(question, wanted);
            }
            Said::Read(ReadAnswer::Measured { question, lengths }) => {
                self.lengths.insert(question, lengths);
            }
            Said::Read(ReadAnswer::Blob { kind, blob }) => self.deliver(kind, blob.id, Ok(blob)),
            Said::Read(ReadAnswer::Missing { kind, id, reason }) => self.deliver(kind, id, Err(reason)),
            Said::Committed { snapshot, indexes } => self.committed = Some((snapshot, indexes)),
            Said::Finished => self.is_finished = true,
        }
    }

    fn deliver(&mut self, kind: ChunkKind, id: BlobId, came: Result<Blob, String>) {
        let Some(readers) = self.asked.get_mut(&(kind, id)) else { return };
        let reader = readers.pop_front();
        if readers.is_empty() {
            self.asked.remove(&(kind, id));
        }
        // One that went away does not want it any more.
        let Some(queue) = reader.and_then(|reader| self.readers.get_mut(&reader)) else { return };
        self.queued_bytes += bytes_of(&came);
        queue.push_back((id, came));
    }

    pub fn wanted(&mut self, question: u32) -> Option<Vec<bool>> {
        self.wanted.remove(&question)
    }

    pub fn lengths(&mut self, question: u32) -> Option<Vec<PlainLength>> {
        self.lengths.remove(&question)
    }

    pub fn add_reader(&mut self) -> Reader {
        self.next_reader += 1;
        self.readers.insert(self.next_reader, VecDeque::new());
        self.next_reader
    }

    /// What still comes for it is dropped.
    pub fn remove_reader(&mut self, reader: Reader) {
        for (_, came) in self.readers.remove(&reader).into_iter().flatten() {
            self.queued_bytes -= bytes_of(&came);
        }
    }

    /// Asks for blobs; false while too much is open.
    pub fn read(&mut self, reader: Reader, kind: ChunkKind, ids: &[BlobId]) -> rempart_protocol::Result<bool> {
        let asked = self.machine.read(kind, ids)?;
        if asked {
            for id in ids {
                self.asked.entry((kind, *id)).or_default().push_back(reader);
            }
        }
        Ok(asked)
    }

    pub fn next_for(&mut self, reader: Reader) -> Option<Delivered> {
        let delivered = self.readers.get_mut(&reader)?.pop_front()?;
        self.queued_bytes -= bytes_of(&delivered.1);
        Some(delivered)
    }
}

fn bytes_of(came: &Result<Blob, String>) -> usize {
    came.as_ref().map_or(0, |blob| blob.payload.len())
}
