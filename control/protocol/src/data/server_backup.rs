//! A backup session, the server's side: says what it wants, takes it, commits when everything promised is here.

use std::collections::{BTreeMap, HashSet, VecDeque};

use bytes::Bytes;
use rempart_model::{BlobId, IndexId, SnapshotId};

use super::assembly::Assembly;
use super::blob::{Blob, ChunkKind};
use super::link::Link;
use super::message::Message;
use super::reads::{PlainLength, ReadRequest, Serving};
use crate::limits::{INDEXES_TOLD, ITEMS_IN_FLIGHT, OPEN_QUESTIONS, OWED_BLOBS};
use crate::refusal::{Refusal, RefusalCode, Result, within};

/// Taken out at the pace of the repository's writer: what waits in it is the agent's credit.
#[derive(Debug, Default)]
pub struct ServerBackup {
    link: Link,
    /// Asked, and not answered by us.
    open: BTreeMap<u32, (ChunkKind, Vec<BlobId>)>,
    asked_ids: usize,
    /// Wanted, and not here.
    owed: HashSet<(ChunkKind, BlobId)>,
    assembly: Assembly,
    serving: Serving,
    ready: VecDeque<Arriving>,
    phase: Phase,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Taking,
    /// The snapshot was handed up.
    Committing,
    Over,
}

/// What comes of the agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arriving {
    /// Look the ids up, claim those that are not there, and call [`ServerBackup::answer`].
    Asked { question: u32, kind: ChunkKind, ids: Vec<BlobId> },
    /// Check it against its name and store it.
    Blob { kind: ChunkKind, blob: Blob },
    /// Of the parent snapshot. Which blobs the job may read is for the caller to judge. Answer each with
    /// [`ServerBackup::send`] or [`ServerBackup::missing`], in any order; lengths with [`ServerBackup::measured`].
    Read(ReadRequest),
    /// Everything promised is here: make packs durable, write the index, then the snapshot that this asks for (a
    /// [`crate::order::CommitRequest`] as JSON, not checked), and call [`ServerBackup::committed`].
    Commit { snapshot: Bytes },
}

impl ServerBackup {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    pub fn link(&mut self) -> &mut Link {
        &mut self.link
    }

    /// What came of the agent, in an order in which it may be worked off. An error is the end of the session.
    pub fn next_event(&mut self) -> Result<Option<Arriving>> {
        while self.ready.is_empty() {
            let Some(body) = self.link.take() else { return Ok(None) };
            self.take(Message::decode(body)?)?;
        }
        Ok(self.ready.pop_front())
    }

    fn take(&mut self, message: Message) -> Result<()> {
        match message {
            // The agent gives up; in the middle of a commit that is too late to ask for.
            Message::Abort(refusal) => {
                self.phase = Phase::Over;
                return Err(refusal);
            }
            _ if self.phase != Phase::Taking => {
                return Err(Refusal::unexpected(format!("{} after the commit", message.name())));
            }
            Message::Ask { question, kind, ids } => {
                within("questions without an answer", self.open.len() + 1, OPEN_QUESTIONS)?;
                // A long blob whose pieces are acknowledged may still wait here for an item before it.
                let limit = OWED_BLOBS + usize::try_from(ITEMS_IN_FLIGHT).unwrap_or(0);
                within("blobs on their way", self.asked_ids + self.owed.len() + ids.len(), limit)?;
                // They come once each, and may overtake each other on different connections.
                if self.open.contains_key(&question) {
                    return Err(Refusal::new(RefusalCode::OutOfOrder, format!("question {question} waits already")));
                }
                self.asked_ids += ids.len();
                self.open.insert(question, (kind, ids.clone()));
                self.ready.push_back(Arriving::Asked { question, kind, ids });
            }
            Message::Blobs { kind, blobs } => {
                for blob in blobs {
                    self.arrived(kind, blob)?;
                }
            }
            Message::Piece(piece) => {
                if !self.owed.contains(&(piece.kind, piece.id)) {
                    return Err(unasked(&piece.id));
                }
                if let Some((kind, blob)) = self.assembly.add(piece)? {
                    self.arrived(kind, blob)?;
                }
            }
            Message::Read { kind, ids } => self.asked_to_read(ReadRequest::Blobs { kind, ids })?,
            Message::Measure { question, kind, ids } => {
                self.asked_to_read(ReadRequest::Lengths { question, kind, ids })?;
            }
            Message::Commit { snapshot } => {
                if !self.serving.is_empty() {
                    return Err(Refusal::unexpected("a commit while something is being read"));
                }
                if !self.owed.is_empty() || !self.open.is_empty() || !self.assembly.is_empty() {
                    let detail = format!("{} blobs, {} questions without an answer", self.owed.len(), self.open.len());
                    return Err(Refusal::new(RefusalCode::BlobsMissing, detail));
                }
                self.phase = Phase::Committing;
                self.ready.push_back(Arriving::Commit { snapshot });
            }
            other => return Err(Refusal::unexpected(format!("{} from the agent of a backup", other.name()))),
        }
        Ok(())
    }

    fn arrived(&mut self, kind: ChunkKind, blob: Blob) -> Result<()> {
        if !self.owed.remove(&(kind, blob.id)) {
            return Err(unasked(&blob.id));
        }
        self.ready.push_back(Arriving::Blob { kind, blob });
        Ok(())
    }

    fn asked_to_read(&mut self, request: ReadRequest) -> Result<()> {
        self.serving.asked(&request)?;
        self.ready.push_back(Arriving::Read(request));
        Ok(())
    }

    /// Sends blobs that were asked for. Wait while [`Link::waiting_bytes`] is more than a few items.
    pub fn send(&mut self, kind: ChunkKind, blobs: &[Blob]) -> Result<()> {
        self.serving.send(&mut self.link, kind, blobs)
    }

    /// A blob that was asked for cannot be had.
    pub fn missing(&mut self, kind: ChunkKind, id: BlobId, reason: &str) -> Result<()> {
        self.serving.missing(&mut self.link, kind, id, reason)
    }

    /// How long the ids of a question are as plaintext, in their order.
    pub fn measured(&mut self, question: u32, lengths: &[PlainLength]) -> Result<()> {
        self.serving.measured(&mut self.link, question, lengths)
    }

    /// Answers a question: for each of its ids, is it wanted? An id must be wanted once only, from whoever asks first.
    pub fn answer(&mut self, question: u32, wanted: &[bool]) -> Result<()> {
        let Some((kind, ids)) = self.open.remove(&question) else {
            return Err(Refusal::unexpected(format!("question {question} was not asked")));
        };
        if wanted.len() != ids.len() {
            return Err(Refusal::malformed(format!("{} answers for {} ids", wanted.len(), ids.len())));
        }
        self.asked_ids -= ids.len();
        for (id, _) in ids.iter().zip(wanted).filter(|(_, wanted)| **wanted) {
            if !self.owed.insert((kind, *id)) {
                return Err(Refusal::malformed(format!("blob {id} is wanted twice")));
            }
        }
        let message = Message::Answer { question, wanted: wanted.to_vec() };
        self.link.push_urgent(message.encode());
        Ok(())
    }

    /// The snapshot is in the repository, `indexes` are its index files now. Of more than [`INDEXES_TOLD`] none is told, and
    /// the agent's next run asks for what it knows. Said once; the session ends when it is acknowledged.
    pub fn committed(&mut self, snapshot: SnapshotId, indexes: &[IndexId]) -> Result<()> {
        if self.phase != Phase::Committing {
            return Err(Refusal::unexpected("a commit that nobody asked for"));
        }
        self.phase = Phase::Over;
        let indexes = if indexes.len() <= INDEXES_TOLD { indexes.to_vec() } else { Vec::new() };
        self.link.push_urgent(Message::Committed { snapshot, indexes }.encode());
        Ok(())
    }

    /// The server cannot go on: the reason goes to the agent.
    pub fn abort(&mut self, reason: &str) {
        if self.phase != Phase::Over {
            self.phase = Phase::Over;
            let message = Message::Abort(Refusal::new(RefusalCode::Aborted, reason));
            self.link.push_urgent(message.encode());
        }
    }
}

fn unasked(id: &BlobId) -> Refusal {
    Refusal::new(RefusalCode::Foreign, format!("blob {id} was not asked for, or came before"))
}
