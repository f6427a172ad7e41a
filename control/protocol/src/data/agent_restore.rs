//! A restore session, the agent's side: asks for blobs, gets each once or the reason why not.

use std::collections::{HashMap, VecDeque};

use rempart_model::BlobId;

use super::assembly::Assembly;
use super::blob::{Blob, ChunkKind};
use super::link::Link;
use super::message::Message;
use crate::limits::{IDS_PER_QUESTION, OWED_BLOBS};
use crate::refusal::{Refusal, RefusalCode, Result, within};

/// Reads ahead as far as [`AgentRestore::may_read`] lets it; what it does not take out is the server's credit.
#[derive(Debug, Default)]
pub struct AgentRestore {
    link: Link,
    /// Asked for and not here, with how often.
    open: HashMap<(ChunkKind, BlobId), u32>,
    open_count: usize,
    assembly: Assembly,
    ready: VecDeque<RestoreAnswer>,
    phase: Phase,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Reading,
    Finishing,
    Over,
}

/// What the server says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RestoreAnswer {
    /// Check it against its name.
    Blob { kind: ChunkKind, blob: Blob },
    /// It cannot be had: the files that need it cannot be restored, the others can.
    Missing { kind: ChunkKind, id: BlobId, reason: String },
    /// The server knows that the restore has ended. The session is over.
    Finished,
}

impl AgentRestore {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    pub fn link(&mut self) -> &mut Link {
        &mut self.link
    }

    /// Whether [`Self::read`] of so many ids keeps to the limits now.
    #[must_use]
    pub fn may_read(&self, ids: usize) -> bool {
        self.open_count + ids <= OWED_BLOBS
    }

    /// Asks for blobs. Each comes once for each time that it is asked for, in the order that is best for the storage.
    pub fn read(&mut self, kind: ChunkKind, ids: &[BlobId]) -> Result<()> {
        if self.phase != Phase::Reading {
            return Err(Refusal::new(RefusalCode::SessionOver, "a request after the end"));
        }
        within("ids in a request", ids.len(), IDS_PER_QUESTION)?;
        if ids.is_empty() || !self.may_read(ids.len()) {
            return Err(Refusal::unexpected("a request without ids, or too many at once"));
        }
        for id in ids {
            *self.open.entry((kind, *id)).or_default() += 1;
        }
        self.open_count += ids.len();
        self.link.push_urgent(Message::Read { kind, ids: ids.to_vec() }.encode());
        Ok(())
    }

    /// Nothing more will be asked for; what was is waited for.
    pub fn finish(&mut self) -> Result<()> {
        if self.phase != Phase::Reading {
            return Err(Refusal::new(RefusalCode::SessionOver, "a second end"));
        }
        self.phase = Phase::Finishing;
        self.link.push_last(Message::Finish.encode());
        Ok(())
    }

    /// Gives the session up.
    pub fn abort(&mut self, reason: &str) {
        if self.phase != Phase::Over {
            self.phase = Phase::Over;
            let message = Message::Abort(Refusal::new(RefusalCode::Aborted, reason));
            self.link.push_urgent(message.encode());
        }
    }

    /// What came of the server. An error is the end of the session.
    pub fn next_answer(&mut self) -> Result<Option<RestoreAnswer>> {
        while self.ready.is_empty() {
            let Some(body) = self.link.take() else { return Ok(None) };
            self.take(Message::decode(body)?)?;
        }
        Ok(self.ready.pop_front())
    }

    fn take(&mut self, message: Message) -> Result<()> {
        match message {
            Message::Blobs { kind, blobs } => {
                for blob in blobs {
                    self.close(kind, blob.id)?;
                    self.ready.push_back(RestoreAnswer::Blob { kind, blob });
                }
            }
            Message::Piece(piece) => {
                if !self.open.contains_key(&(piece.kind, piece.id)) {
                    return Err(unasked(&piece.id));
                }
                if let Some((kind, blob)) = self.assembly.add(piece)? {
                    self.close(kind, blob.id)?;
                    self.ready.push_back(RestoreAnswer::Blob { kind, blob });
                }
            }
            Message::Missing { kind, id, reason } => {
                self.close(kind, id)?;
                self.ready.push_back(RestoreAnswer::Missing { kind, id, reason });
            }
            Message::Finished if self.phase == Phase::Finishing && self.open_count == 0 => {
                self.phase = Phase::Over;
                self.ready.push_back(RestoreAnswer::Finished);
            }
            Message::Abort(refusal) => {
                self.phase = Phase::Over;
                return Err(refusal);
            }
            other => return Err(Refusal::unexpected(format!("{} from the server of a restore", other.name()))),
        }
        Ok(())
    }

    /// One request for a blob is answered.
    fn close(&mut self, kind: ChunkKind, id: BlobId) -> Result<()> {
        match self.open.get_mut(&(kind, id)) {
            None => return Err(unasked(&id)),
            Some(1) => {
                self.open.remove(&(kind, id));
            }
            Some(count) => *count -= 1,
        }
        self.open_count -= 1;
        Ok(())
    }
}

fn unasked(id: &BlobId) -> Refusal {
    Refusal::new(RefusalCode::Foreign, format!("blob {id} was not asked for, or came before"))
}
