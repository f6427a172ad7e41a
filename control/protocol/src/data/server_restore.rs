//! A restore session, the server's side: hands requests up, sends each blob once or says why not.

use rempart_model::BlobId;

use super::blob::{Blob, ChunkKind};
use super::link::Link;
use super::message::Message;
use super::reads::{PlainLength, ReadRequest, Serving};
use crate::refusal::{Refusal, RefusalCode, Result};

/// Which blobs the job may read is for the caller to judge: answer [`ServerRestore::missing`] for the others.
#[derive(Debug, Default)]
pub struct ServerRestore {
    link: Link,
    serving: Serving,
    phase: Phase,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Serving,
    /// The agent asks for nothing more.
    Finishing,
    Over,
}

/// What comes of the agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RestoreRequest {
    /// Answer each with [`ServerRestore::send`] or [`ServerRestore::missing`], in any order; lengths with
    /// [`ServerRestore::measured`].
    Read(ReadRequest),
    /// Everything that was asked for has been answered and taken. The session is over.
    Finished,
}

impl ServerRestore {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    pub fn link(&mut self) -> &mut Link {
        &mut self.link
    }

    /// What came of the agent. An error is the end of the session.
    pub fn next_request(&mut self) -> Result<Option<RestoreRequest>> {
        loop {
            if self.phase == Phase::Finishing && self.serving.is_empty() {
                self.phase = Phase::Over;
                self.link.push_last(Message::Finished.encode());
                return Ok(Some(RestoreRequest::Finished));
            }
            let Some(body) = self.link.take() else { return Ok(None) };
            let request = match Message::decode(body)? {
                Message::Read { kind, ids } if self.phase == Phase::Serving => ReadRequest::Blobs { kind, ids },
                Message::Measure { question, kind, ids } if self.phase == Phase::Serving => {
                    ReadRequest::Lengths { question, kind, ids }
                }
                Message::Finish if self.phase == Phase::Serving => {
                    self.phase = Phase::Finishing;
                    continue;
                }
                Message::Abort(refusal) => {
                    self.phase = Phase::Over;
                    return Err(refusal);
                }
                other => return Err(Refusal::unexpected(format!("{} from the agent of a restore", other.name()))),
            };
            self.serving.asked(&request)?;
            return Ok(Some(RestoreRequest::Read(request)));
        }
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

    /// The server cannot go on: the reason goes to the agent.
    pub fn abort(&mut self, reason: &str) {
        if self.phase != Phase::Over {
            self.phase = Phase::Over;
            let message = Message::Abort(Refusal::new(RefusalCode::Aborted, reason));
            self.link.push_urgent(message.encode());
        }
    }
}
