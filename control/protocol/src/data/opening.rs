//! How a data connection begins: the agent says which session it is for, the server what it has of it.
//!
//! ```text
//! opening  1 │ frame u64 = 0 │ job i64 │ generation i64 │ direction u8 │ incarnation 16 │ connection u32 │ received
//! opened   1 │ frame u64 = 0 │ session u64 │ 0 or 1 and parent 32 │ received
//! received     below u64 │ limit u64 │ count u32 │ count × (first u64, behind the last u64)
//! ```
//! The first opening of a lease opens the session; later ones join it. An opening whose answer was lost is said again on a
//! new connection, and finds the same session.

use bytes::Bytes;
use rempart_model::{JobId, SnapshotId};

use super::link::ConnectionNumber;
use super::received::Received;
use super::wire::Reader;
use crate::identity::random;
use crate::job::JobLease;
use crate::limits::{FRAME_BYTES, SENTENCE_BYTES};
use crate::refusal::{Refusal, RefusalCode, Result, within};

/// Which way the blobs go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the agent to the server.
    Backup,
    /// From the server to the agent.
    Restore,
}

/// Drawn by the agent for one session: an agent that was started anew cannot go on where another stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Incarnation(pub [u8; 16]);

/// Given by the server, for logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub u64);

/// The agent's first frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    pub lease: JobLease,
    pub direction: Direction,
    pub incarnation: Incarnation,
    /// One that was used is refused.
    pub connection: ConnectionNumber,
    pub received: Received,
}

/// The server's first frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    pub session: SessionId,
    /// The snapshot to compare with, where the job names one.
    pub parent: Option<SnapshotId>,
    pub received: Received,
}

impl Incarnation {
    #[must_use]
    pub fn draw() -> Self {
        Self(random())
    }
}

/// Type and number of a connection's first frame.
fn head() -> Vec<u8> {
    let mut out = vec![1];
    out.extend_from_slice(&0_u64.to_le_bytes());
    out
}

/// The rest of a first frame. A refusal in its place is an error.
fn first(bytes: Bytes, what: &'static str) -> Result<Reader> {
    within(what, bytes.len(), FRAME_BYTES)?;
    let mut reader = Reader::new(bytes, what);
    let (kind, number) = (reader.u8()?, reader.u64()?);
    match (kind, number) {
        (1, 0) => Ok(reader),
        (4, 0) => {
            let code = RefusalCode::from_wire(reader.u8()?);
            Err(Refusal { code, detail: reader.text(SENTENCE_BYTES)? })
        }
        (2 | 3, _) => Err(Refusal::unexpected("a frame before the opening")),
        (1 | 4, _) => Err(Refusal::new(RefusalCode::OutOfOrder, format!("frame {number} where 0 is next"))),
        (other, _) => Err(Refusal::malformed(format!("a frame of kind {other}"))),
    }
}

impl Opening {
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = head();
        out.extend_from_slice(&self.lease.job.get().to_le_bytes());
        out.extend_from_slice(&self.lease.generation.to_le_bytes());
        out.push(match self.direction {
            Direction::Backup => 1,
            Direction::Restore => 2,
        });
        out.extend_from_slice(&self.incarnation.0);
        out.extend_from_slice(&self.connection.to_le_bytes());
        self.received.write(&mut out);
        out
    }

    pub fn decode(bytes: Bytes) -> Result<Self> {
        let mut reader = first(bytes, "opening")?;
        let lease = JobLease { job: JobId::new(reader.i64()?), generation: reader.i64()? };
        let direction = match reader.u8()? {
            1 => Direction::Backup,
            2 => Direction::Restore,
            other => return Err(Refusal::malformed(format!("direction {other}"))),
        };
        let incarnation = Incarnation(reader.array()?);
        let connection = reader.u32()?;
        let received = Received::read(&mut reader)?;
        reader.end()?;
        Ok(Self { lease, direction, incarnation, connection, received })
    }
}

impl Opened {
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = head();
        out.extend_from_slice(&self.session.0.to_le_bytes());
        match &self.parent {
            None => out.push(0),
            Some(parent) => {
                out.push(1);
                out.extend_from_slice(parent.as_bytes());
            }
        }
        self.received.write(&mut out);
        out
    }

    /// A refusal of the server is the error.
    pub fn decode(bytes: Bytes) -> Result<Self> {
        let mut reader = first(bytes, "answer to the opening")?;
        let session = SessionId(reader.u64()?);
        let parent = match reader.u8()? {
            0 => None,
            1 => Some(SnapshotId::new(reader.array()?)),
            other => return Err(Refusal::malformed(format!("{other} where a parent is announced or not"))),
        };
        let received = Received::read(&mut reader)?;
        reader.end()?;
        Ok(Self { session, parent, received })
    }
}
