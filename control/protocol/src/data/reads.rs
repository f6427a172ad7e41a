//! Reading through a session: blobs and lengths that were asked of the server. The same in a backup, which reads the parent
//! snapshot's trees, and in a restore.

use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroU32;

use rempart_model::BlobId;

use super::assembly::{self, Assembly};
use super::blob::{Blob, ChunkKind};
use super::frame::Order;
use super::link::Link;
use super::message::Message;
use crate::limits::{IDS_PER_QUESTION, OPEN_QUESTIONS, OWED_BLOBS};
use crate::refusal::{Refusal, RefusalCode, Result, within};

/// A plaintext's length; `None`: the blob is not there, or may not be read.
pub type PlainLength = Option<NonZeroU32>;

/// What a reader is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadAnswer {
    /// Check it against its name.
    Blob { kind: ChunkKind, blob: Blob },
    /// It cannot be had: the files that need it cannot be restored, the others can.
    Missing { kind: ChunkKind, id: BlobId, reason: String },
    /// The plaintext lengths of the ids of a question, in their order.
    Measured { question: u32, lengths: Vec<PlainLength> },
}

/// Requests, each counted as often as it was made.
#[derive(Debug, Default)]
struct Open {
    blobs: HashMap<(ChunkKind, BlobId), u32>,
    count: usize,
    /// Questions for lengths, and of how many ids.
    measures: BTreeMap<u32, usize>,
}

impl Open {
    fn add(&mut self, kind: ChunkKind, ids: &[BlobId]) {
        for id in ids {
            *self.blobs.entry((kind, *id)).or_default() += 1;
        }
        self.count += ids.len();
    }

    /// One request for a blob is answered. False where there is none.
    fn close(&mut self, kind: ChunkKind, id: BlobId) -> bool {
        match self.blobs.get_mut(&(kind, id)) {
            None => return false,
            Some(1) => {
                self.blobs.remove(&(kind, id));
            }
            Some(count) => *count -= 1,
        }
        self.count -= 1;
        true
    }

    fn is_empty(&self) -> bool {
        self.count == 0 && self.measures.is_empty()
    }
}

/// The agent's half.
#[derive(Debug, Default)]
pub struct Reads {
    open: Open,
    next_question: u32,
    assembly: Assembly,
}

impl Reads {
    pub fn may_read(&self, ids: usize) -> bool {
        self.open.count + ids <= OWED_BLOBS
    }

    pub fn may_measure(&self) -> bool {
        self.open.measures.len() < OPEN_QUESTIONS
    }

    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    pub fn read(&mut self, link: &mut Link, kind: ChunkKind, ids: &[BlobId]) -> Result<()> {
        within("ids in a request", ids.len(), IDS_PER_QUESTION)?;
        if ids.is_empty() || !self.may_read(ids.len()) {
            return Err(Refusal::unexpected("a request without ids, or too many at once"));
        }
        self.open.add(kind, ids);
        link.push_urgent(Message::Read { kind, ids: ids.to_vec() }.encode());
        Ok(())
    }

    pub fn measure(&mut self, link: &mut Link, kind: ChunkKind, ids: &[BlobId]) -> Result<u32> {
        within("ids in a question", ids.len(), IDS_PER_QUESTION)?;
        if ids.is_empty() || !self.may_measure() {
            return Err(Refusal::unexpected("a question without ids, or too many at once"));
        }
        let question = self.next_question;
        self.next_question = question.wrapping_add(1);
        self.open.measures.insert(question, ids.len());
        link.push_urgent(Message::Measure { question, kind, ids: ids.to_vec() }.encode());
        Ok(question)
    }

    /// Takes a message that answers a request, and gives others back. `answers`: what to hand up.
    pub fn take(&mut self, message: Message, answers: &mut impl Extend<ReadAnswer>) -> Result<Option<Message>> {
        match message {
            Message::Blobs { kind, blobs } => {
                for blob in blobs {
                    self.close(kind, blob.id)?;
                    answers.extend([ReadAnswer::Blob { kind, blob }]);
                }
            }
            Message::Piece(piece) => {
                if !self.open.blobs.contains_key(&(piece.kind, piece.id)) {
                    return Err(unasked(&piece.id));
                }
                if let Some((kind, blob)) = self.assembly.add(piece)? {
                    self.close(kind, blob.id)?;
                    answers.extend([ReadAnswer::Blob { kind, blob }]);
                }
            }
            Message::Missing { kind, id, reason } => {
                self.close(kind, id)?;
                answers.extend([ReadAnswer::Missing { kind, id, reason }]);
            }
            Message::Measured { question, lengths } => {
                let Some(count) = self.open.measures.remove(&question) else {
                    return Err(Refusal::new(RefusalCode::Foreign, format!("an answer to question {question}")));
                };
                if lengths.len() != count {
                    return Err(Refusal::malformed(format!("{} lengths for {count} ids", lengths.len())));
                }
                answers.extend([ReadAnswer::Measured { question, lengths }]);
            }
            other => return Ok(Some(other)),
        }
        Ok(None)
    }

    fn close(&mut self, kind: ChunkKind, id: BlobId) -> Result<()> {
        if self.open.close(kind, id) { Ok(()) } else { Err(unasked(&id)) }
    }
}

/// What a reader asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadRequest {
    Blobs { kind: ChunkKind, ids: Vec<BlobId> },
    Lengths { question: u32, kind: ChunkKind, ids: Vec<BlobId> },
}

/// The server's half.
#[derive(Debug, Default)]
pub struct Serving {
    open: Open,
}

impl Serving {
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Takes a request.
    pub fn asked(&mut self, request: &ReadRequest) -> Result<()> {
        match request {
            ReadRequest::Blobs { kind, ids } => {
                within("blobs asked for", self.open.count + ids.len(), OWED_BLOBS)?;
                self.open.add(*kind, ids);
            }
            ReadRequest::Lengths { question, ids, .. } => {
                within("questions without an answer", self.open.measures.len() + 1, OPEN_QUESTIONS)?;
                if self.open.measures.insert(*question, ids.len()).is_some() {
                    return Err(Refusal::new(RefusalCode::OutOfOrder, format!("question {question} waits already")));
                }
            }
        }
        Ok(())
    }

    pub fn send(&mut self, link: &mut Link, kind: ChunkKind, blobs: &[Blob]) -> Result<()> {
        for blob in blobs {
            blob.check()?;
            self.close(kind, blob.id)?;
        }
        assembly::send(link, kind, blobs);
        Ok(())
    }

    pub fn missing(&mut self, link: &mut Link, kind: ChunkKind, id: BlobId, reason: &str) -> Result<()> {
        self.close(kind, id)?;
        let message = Message::Missing { kind, id, reason: reason.to_owned() };
        link.push_blobs(Order::Any, 0, message.encode());
        Ok(())
    }

    pub fn measured(&mut self, link: &mut Link, question: u32, lengths: &[PlainLength]) -> Result<()> {
        match self.open.measures.remove(&question) {
            None => return Err(Refusal::unexpected(format!("question {question} was not asked"))),
            Some(count) if count != lengths.len() => {
                return Err(Refusal::malformed(format!("{} lengths for {count} ids", lengths.len())));
            }
            Some(_) => {}
        }
        link.push_urgent(Message::Measured { question, lengths: lengths.to_vec() }.encode());
        Ok(())
    }

    fn close(&mut self, kind: ChunkKind, id: BlobId) -> Result<()> {
        if self.open.close(kind, id) {
            return Ok(());
        }
        Err(Refusal::new(RefusalCode::Foreign, format!("nobody asked for blob {id}")))
    }
}

fn unasked(id: &BlobId) -> Refusal {
    Refusal::new(RefusalCode::Foreign, format!("blob {id} was not asked for, or came before"))
}
