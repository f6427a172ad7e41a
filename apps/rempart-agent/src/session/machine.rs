//! The two machines of the protocol under one roof: both read, one writes.

use rempart_model::{BlobId, IndexId, SnapshotId};
use rempart_protocol::data::{
    AgentBackup, AgentRestore, BackupAnswer, Blob, ChunkKind, Direction, Link, ReadAnswer, RestoreAnswer,
};
use rempart_protocol::{Refusal, Result};

pub enum Machine {
    Backup(AgentBackup),
    Restore(AgentRestore),
}

/// What the server says.
pub enum Said {
    Wanted { question: u32, wanted: Vec<bool> },
    Read(ReadAnswer),
    Committed { snapshot: SnapshotId, indexes: Vec<IndexId> },
    Finished,
}

impl Machine {
    pub fn backup() -> Self {
        Self::Backup(AgentBackup::new())
    }

    pub fn restore() -> Self {
        Self::Restore(AgentRestore::new())
    }

    pub fn link(&mut self) -> &mut Link {
        match self {
            Self::Backup(machine) => machine.link(),
            Self::Restore(machine) => machine.link(),
        }
    }

    pub const fn direction(&self) -> Direction {
        match self {
            Self::Backup(_) => Direction::Backup,
            Self::Restore(_) => Direction::Restore,
        }
    }

    pub fn next_said(&mut self) -> Result<Option<Said>> {
        Ok(match self {
            Self::Backup(machine) => machine.next_answer()?.map(|answer| match answer {
                BackupAnswer::Wanted { question, wanted, .. } => Said::Wanted { question, wanted },
                BackupAnswer::Read(answer) => Said::Read(answer),
                BackupAnswer::Committed { snapshot, indexes } => Said::Committed { snapshot, indexes },
            }),
            Self::Restore(machine) => machine.next_answer()?.map(|answer| match answer {
                RestoreAnswer::Read(answer) => Said::Read(answer),
                RestoreAnswer::Finished => Said::Finished,
            }),
        })
    }

    /// Asks which blobs are wanted; `None` while too much is open.
    pub fn ask(&mut self, kind: ChunkKind, ids: &[BlobId]) -> Result<Option<u32>> {
        let machine = self.writing()?;
        machine.may_ask(ids.len()).then(|| machine.ask(kind, ids)).transpose()
    }

    pub fn put(&mut self, kind: ChunkKind, blobs: &[Blob]) -> Result<()> {
        self.writing()?.put(kind, blobs)
    }

    pub fn commit(&mut self, request: Vec<u8>) -> Result<()> {
        self.writing()?.commit(request)
    }

    /// Asks for blobs; false while too much is open.
    pub fn read(&mut self, kind: ChunkKind, ids: &[BlobId]) -> Result<bool> {
        match self {
            Self::Backup(machine) if machine.may_read(ids.len()) => machine.read(kind, ids)?,
            Self::Restore(machine) if machine.may_read(ids.len()) => machine.read(kind, ids)?,
            Self::Backup(_) | Self::Restore(_) => return Ok(false),
        }
        Ok(true)
    }

    /// Asks for lengths; `None` while too much is open.
    pub fn measure(&mut self, kind: ChunkKind, ids: &[BlobId]) -> Result<Option<u32>> {
        match self {
            Self::Backup(machine) => machine.may_measure().then(|| machine.measure(kind, ids)).transpose(),
            Self::Restore(machine) => machine.may_measure().then(|| machine.measure(kind, ids)).transpose(),
        }
    }

    pub fn finish(&mut self) -> Result<()> {
        match self {
            Self::Restore(machine) => machine.finish(),
            Self::Backup(_) => Err(Refusal::unexpected("a backup ends with its commit")),
        }
    }

    pub fn abort(&mut self, reason: &str) {
        match self {
            Self::Backup(machine) => machine.abort(reason),
            Self::Restore(machine) => machine.abort(reason),
        }
    }

    fn writing(&mut self) -> Result<&mut AgentBackup> {
        match self {
            Self::Backup(machine) => Ok(machine),
            Self::Restore(_) => Err(Refusal::unexpected("a restore writes nothing on the server")),
        }
    }
}
