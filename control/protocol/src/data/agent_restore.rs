//! A restore session, the agent's side: asks for blobs, gets each once or the reason why not.

use std::collections::VecDeque;

use rempart_model::BlobId;

use super::blob::ChunkKind;
use super::link::Link;
use super::message::Message;
use super::reads::{ReadAnswer, Reads};
use crate::refusal::{Refusal, RefusalCode, Result};

/// Reads ahead as far as [`AgentRestore::may_read`] lets it; what it does not take out is the server's credit.
#[derive(Debug, Default)]
pub struct AgentRestore {
    link: Link,
    reads: Reads,
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
    Read(ReadAnswer),
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
        self.reads.may_read(ids)
    }

    /// Asks for blobs. Each comes once for each time that it is asked for, in the order that is best for the storage.
    pub fn read(&mut self, kind: ChunkKind, ids: &[BlobId]) -> Result<()> {
        self.is_reading("a request after the end")?;
        self.reads.read(&mut self.link, kind, ids)
    }

    /// Whether [`Self::measure`] keeps to the limits now.
    #[must_use]
    pub fn may_measure(&self) -> bool {
        self.reads.may_measure()
    }

    /// Asks how long these are as plaintext; returns the question's number.
    pub fn measure(&mut self, kind: ChunkKind, ids: &[BlobId]) -> Result<u32> {
        self.is_reading("a question after the end")?;
        self.reads.measure(&mut self.link, kind, ids)
    }

    /// Nothing more will be asked for; what was is waited for.
    pub fn finish(&mut self) -> Result<()> {
        self.is_reading("a second end")?;
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
        let mut answers = Vec::new();
        let other = self.reads.take(message, &mut answers)?;
        self.ready.extend(answers.into_iter().map(RestoreAnswer::Read));
        match other {
            None => {}
            Some(Message::Finished) if self.phase == Phase::Finishing && self.reads.is_empty() => {
                self.phase = Phase::Over;
                self.ready.push_back(RestoreAnswer::Finished);
            }
            Some(Message::Abort(refusal)) => {
                self.phase = Phase::Over;
                return Err(refusal);
            }
            Some(other) => {
                return Err(Refusal::unexpected(format!("{} from the server of a restore", other.name())));
            }
        }
        Ok(())
    }

    fn is_reading(&self, what: &str) -> Result<()> {
        match self.phase {
            Phase::Reading => Ok(()),
            Phase::Finishing | Phase::Over => Err(Refusal::new(RefusalCode::SessionOver, what)),
        }
    }
}
