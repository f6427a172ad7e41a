//! A restore session, the server's side: hands requests up, sends each blob once or says why not.

use std::collections::HashMap;

use rempart_model::BlobId;

use super::assembly;
use super::blob::{Blob, ChunkKind};
use super::frame::Order;
use super::link::Link;
use super::message::Message;
use crate::limits::OWED_BLOBS;
use crate::refusal::{Refusal, RefusalCode, Result, within};

/// Which blobs the job may read is for the caller to judge: answer [`ServerRestore::missing`] for the others.
#[derive(Debug, Default)]
pub struct ServerRestore {
    link: Link,
    /// Asked for and not answered, with how often.
    open: HashMap<(ChunkKind, BlobId), u32>,
    open_count: usize,
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
    /// Answer each with [`ServerRestore::send`] or [`ServerRestore::missing`], in any order.
    Read { kind: ChunkKind, ids: Vec<BlobId> },
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
            if self.phase == Phase::Finishing && self.open_count == 0 {
                self.phase = Phase::Over;
                self.link.push_last(Message::Finished.encode());
                return Ok(Some(RestoreRequest::Finished));
            }
            let Some(body) = self.link.take() else { return Ok(None) };
            match Message::decode(body)? {
                Message::Read { kind, ids } if self.phase == Phase::Serving => {
                    within("blobs asked for", self.open_count + ids.len(), OWED_BLOBS)?;
                    self.open_count += ids.len();
                    for id in &ids {
                        *self.open.entry((kind, *id)).or_default() += 1;
                    }
                    return Ok(Some(RestoreRequest::Read { kind, ids }));
                }
                Message::Finish if self.phase == Phase::Serving => self.phase = Phase::Finishing,
                Message::Abort(refusal) => {
                    self.phase = Phase::Over;
                    return Err(refusal);
                }
                other => return Err(Refusal::unexpected(format!("{} from the agent of a restore", other.name()))),
            }
        }
    }

    /// Sends blobs that were asked for. Wait while [`Link::waiting_bytes`] is more than a few items.
    pub fn send(&mut self, kind: ChunkKind, blobs: &[Blob]) -> Result<()> {
        for blob in blobs {
            blob.check()?;
            self.close(kind, blob.id)?;
        }
        assembly::send(&mut self.link, kind, blobs);
        Ok(())
    }

    /// A blob that was asked for cannot be had.
    pub fn missing(&mut self, kind: ChunkKind, id: BlobId, reason: &str) -> Result<()> {
        self.close(kind, id)?;
        let message = Message::Missing { kind, id, reason: reason.to_owned() };
        self.link.push_blobs(Order::Any, 0, message.encode());
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

    fn close(&mut self, kind: ChunkKind, id: BlobId) -> Result<()> {
        match self.open.get_mut(&(kind, id)) {
            None => return Err(Refusal::new(RefusalCode::Foreign, format!("nobody asked for blob {id}"))),
            Some(1) => {
                self.open.remove(&(kind, id));
            }
            Some(count) => *count -= 1,
        }
        self.open_count -= 1;
        Ok(())
    }
}
