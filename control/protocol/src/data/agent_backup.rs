//! A backup session, the agent's side: asks what is known, sends what is wanted, reads the parent snapshot's trees, commits.

use std::collections::{BTreeMap, HashSet, VecDeque};

use bytes::Bytes;
use rempart_model::{BlobId, IndexId, SnapshotId};

use super::assembly;
use super::blob::{Blob, ChunkKind};
use super::link::Link;
use super::message::Message;
use super::reads::{ReadAnswer, Reads};
use crate::limits::{IDS_PER_QUESTION, OPEN_QUESTIONS, OWED_BLOBS, SNAPSHOT_BYTES};
use crate::refusal::{Refusal, RefusalCode, Result, within};

/// Fed by the archive's pipeline: it asks far ahead, so that no worker waits for an answer.
#[derive(Debug, Default)]
pub struct AgentBackup {
    link: Link,
    /// Questions without an answer, and what they ask.
    open: BTreeMap<u32, (ChunkKind, Vec<BlobId>)>,
    asked_ids: usize,
    next_question: u32,
    /// Wanted by the server, and not sent yet.
    owed: HashSet<(ChunkKind, BlobId)>,
    reads: Reads,
    ready: VecDeque<BackupAnswer>,
    phase: Phase,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Sending,
    Committing,
    Over,
}

/// What the server says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BackupAnswer {
    /// For each id of the question: is it wanted? Who is told so must send it.
    Wanted { question: u32, kind: ChunkKind, ids: Vec<BlobId>, wanted: Vec<bool> },
    /// Of the parent snapshot.
    Read(ReadAnswer),
    /// The snapshot is in the repository. The session is over. `indexes`: the repository's index files now; everything that
    /// the snapshot needs is in one of them.
    Committed { snapshot: SnapshotId, indexes: Vec<IndexId> },
}

impl AgentBackup {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    pub fn link(&mut self) -> &mut Link {
        &mut self.link
    }

    /// Whether [`Self::ask`] of so many ids keeps to the limits now.
    #[must_use]
    pub fn may_ask(&self, ids: usize) -> bool {
        // What is on its way counts: it is still owed where the question arrives.
        let ahead = self.asked_ids + self.owed.len() + self.link.blobs_on_their_way();
        self.open.len() < OPEN_QUESTIONS && ahead + ids <= OWED_BLOBS
    }

    /// Asks which of these the server wants; returns the question's number.
    pub fn ask(&mut self, kind: ChunkKind, ids: &[BlobId]) -> Result<u32> {
        self.is_sending("a question")?;
        within("ids in a question", ids.len(), IDS_PER_QUESTION)?;
        if ids.is_empty() || !self.may_ask(ids.len()) {
            return Err(Refusal::unexpected("a question without ids, or too many at once"));
        }
        let question = self.next_question;
        self.next_question = question.wrapping_add(1);
        let message = Message::Ask { question, kind, ids: ids.to_vec() };
        self.link.push_urgent(message.encode());
        self.asked_ids += ids.len();
        self.open.insert(question, (kind, ids.to_vec()));
        Ok(question)
    }

    /// Sends blobs that are wanted, each once. After an error the session can only be given up.
    pub fn put(&mut self, kind: ChunkKind, blobs: &[Blob]) -> Result<()> {
        self.is_sending("a blob")?;
        for blob in blobs {
            blob.check()?;
            if !self.owed.remove(&(kind, blob.id)) {
                return Err(Refusal::new(RefusalCode::Foreign, format!("blob {} is not wanted", blob.id)));
            }
        }
        assembly::send(&mut self.link, kind, blobs);
        Ok(())
    }

    /// Whether [`Self::read`] of so many ids keeps to the limits now.
    #[must_use]
    pub fn may_read(&self, ids: usize) -> bool {
        self.reads.may_read(ids)
    }

    /// Asks for blobs of the parent snapshot. Each comes once for each time that it is asked for.
    pub fn read(&mut self, kind: ChunkKind, ids: &[BlobId]) -> Result<()> {
        self.is_sending("a request")?;
        self.reads.read(&mut self.link, kind, ids)
    }

    /// Whether [`Self::measure`] keeps to the limits now.
    #[must_use]
    pub fn may_measure(&self) -> bool {
        self.reads.may_measure()
    }

    /// Asks how long these are as plaintext; returns the question's number.
    pub fn measure(&mut self, kind: ChunkKind, ids: &[BlobId]) -> Result<u32> {
        self.is_sending("a question")?;
        self.reads.measure(&mut self.link, kind, ids)
    }

    /// Asks for the snapshot to be stored, after everything that was sent. `snapshot`: a [`crate::order::CommitRequest`], as
    /// JSON.
    pub fn commit(&mut self, snapshot: Vec<u8>) -> Result<()> {
        self.is_sending("a commit")?;
        within("snapshot, in bytes", snapshot.len(), SNAPSHOT_BYTES)?;
        if !self.reads.is_empty() {
            return Err(Refusal::unexpected("a commit while something is being read"));
        }
        if !self.owed.is_empty() || !self.open.is_empty() {
            let detail = format!("{} blobs, {} questions without an answer", self.owed.len(), self.open.len());
            return Err(Refusal::new(RefusalCode::BlobsMissing, detail));
        }
        self.phase = Phase::Committing;
        let message = Message::Commit { snapshot: Bytes::from(snapshot) };
        self.link.push_last(message.encode());
        Ok(())
    }

    /// Gives the session up: nothing of it will be committed.
    pub fn abort(&mut self, reason: &str) {
        if self.phase != Phase::Over {
            self.phase = Phase::Over;
            let message = Message::Abort(Refusal::new(RefusalCode::Aborted, reason));
            self.link.push_urgent(message.encode());
        }
    }

    /// What came of the server. An error is the end of the session.
    pub fn next_answer(&mut self) -> Result<Option<BackupAnswer>> {
        while self.ready.is_empty() {
            let Some(body) = self.link.take() else { return Ok(None) };
            self.take(Message::decode(body)?)?;
        }
        Ok(self.ready.pop_front())
    }

    fn take(&mut self, message: Message) -> Result<()> {
        let mut answers = Vec::new();
        let other = self.reads.take(message, &mut answers)?;
        self.ready.extend(answers.into_iter().map(BackupAnswer::Read));
        match other {
            None => {}
            Some(Message::Answer { question, wanted }) => {
                let answer = self.answered(question, wanted)?;
                self.ready.push_back(answer);
            }
            Some(Message::Committed { snapshot, indexes }) if self.phase == Phase::Committing => {
                self.phase = Phase::Over;
                self.ready.push_back(BackupAnswer::Committed { snapshot, indexes });
            }
            Some(Message::Abort(refusal)) => {
                self.phase = Phase::Over;
                return Err(refusal);
            }
            Some(other) => {
                return Err(Refusal::unexpected(format!("{} from the server of a backup", other.name())));
            }
        }
        Ok(())
    }

    fn answered(&mut self, question: u32, wanted: Vec<bool>) -> Result<BackupAnswer> {
        let Some((kind, ids)) = self.open.remove(&question) else {
            return Err(Refusal::new(RefusalCode::Foreign, format!("an answer to question {question}")));
        };
        if wanted.len() != ids.len() {
            return Err(Refusal::malformed(format!("{} answers for {} ids", wanted.len(), ids.len())));
        }
        self.asked_ids -= ids.len();
        for (id, _) in ids.iter().zip(&wanted).filter(|(_, wanted)| **wanted) {
            if !self.owed.insert((kind, *id)) {
                return Err(Refusal::malformed(format!("blob {id} is wanted twice")));
            }
        }
        Ok(BackupAnswer::Wanted { question, kind, ids, wanted })
    }

    fn is_sending(&self, what: &str) -> Result<()> {
        match self.phase {
            Phase::Sending => Ok(()),
            Phase::Committing => Err(Refusal::unexpected(format!("{what} after the commit"))),
            Phase::Over => Err(Refusal::new(RefusalCode::SessionOver, what)),
        }
    }
}
