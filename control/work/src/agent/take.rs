//! The thread that takes what the agent of a backup sends, and commits it.

use std::sync::Arc;

use rempart_format::{LocalZone, Snapshot, WallTime};
use rempart_model::SnapshotId;
use rempart_protocol::Refusal;
use rempart_protocol::data::{Arriving, Blob, ChunkKind, ServerBackup};
use rempart_protocol::limits::INDEXES_TOLD;
use rempart_protocol::order::{BackupOrder, CommitRequest, Limits, ParentSnapshot};
use rempart_repository::{BlobSink as _, Repository, StoredSnapshot, Writer, WriterLock, WriterOptions};
use tokio::sync::oneshot;

use super::check::kind_of;
use super::crew::Crew;
use super::readable::Readable;
use super::serve;
use super::session::{DataSession, Stopped};
use super::sound::Ground;
use crate::task::backup::{BackupDone, BackupTask, FileProblem, keep_what_is_stored, parent, paths};
use crate::task::gauge::Gauge;
use crate::task::lock;
use crate::trouble::{Result, Trouble, table};

/// What is told before the commit makes the run count.
pub type BeforeCommit = dyn Fn(&[FileProblem]) -> Result<()> + Send + Sync;

/// Everything it works with.
pub struct Taking {
    pub repository: Repository,
    pub task: BackupTask,
    pub session: Arc<DataSession<ServerBackup>>,
    pub gauge: Arc<Gauge>,
    pub limits: Limits,
}

/// What the agent is told, and the parent that its session knows of.
type Told = (BackupOrder, Option<SnapshotId>);

impl Taking {
    /// The lock first, as for a backup of this machine: what the order names cannot be pruned away.
    pub fn run(self, tell: oneshot::Sender<Told>, before: &BeforeCommit) -> Result<BackupDone> {
        let held = lock::shared(&self.repository, &self.gauge.cancel)?;
        let parent = parent(&self.repository, &self.task)?;
        let writer = self.repository.writer(WriterLock::Held(held), WriterOptions::default())?;
        let order = self.order(parent.as_ref())?;
        if tell.send((order, parent.as_ref().map(|parent| parent.id))).is_err() {
            return Err(Trouble::new(&table::JOB_CANCELED));
        }
        self.gauge.step("reading");
        match self.take(&writer, parent.as_ref(), before) {
            Ok((snapshot, request)) => Ok(BackupDone {
                snapshot,
                problem_count: request.problems.count,
                parent: parent.map(|parent| parent.id),
            }),
            Err(trouble) => {
                self.session.abort(&trouble.to_string());
                keep_what_is_stored(writer);
                Err(trouble)
            }
        }
    }

    fn order(&self, parent: Option<&StoredSnapshot>) -> Result<BackupOrder> {
        let mut indexes = self.repository.index_ids()?;
        if indexes.len() > INDEXES_TOLD {
            indexes.clear();
        }
        let started_at = |parent: &StoredSnapshot| {
            let snapshot = &parent.snapshot;
            snapshot.summary.as_ref().map_or(snapshot.time.instant, |summary| summary.backup_start.instant)
        };
        Ok(BackupOrder {
            sources: self.task.sources.clone(),
            compression: self.task.compression,
            read_everything: self.task.read_everything,
            repository: self.repository.id(),
            chunker_polynomial: self.repository.chunker_polynomial(),
            cache_scope: self.task.cache_scope.clone(),
            indexes,
            parent: parent.map(|parent| {
                let counted = parent.snapshot.summary.as_ref();
                ParentSnapshot {
                    tree: parent.snapshot.tree,
                    started_at: started_at(parent),
                    files: counted.map_or(0, |summary| summary.total_files_processed),
                    bytes: counted.map_or(0, |summary| summary.total_bytes_processed),
                }
            }),
            limits: self.limits.clone(),
        })
    }

    fn take(
        &self,
        writer: &Writer,
        parent: Option<&StoredSnapshot>,
        before: &BeforeCommit,
    ) -> Result<(StoredSnapshot, CommitRequest)> {
        let crew = Crew::new(writer);
        crew.beside(|| self.hear(writer, &crew, parent, before))
    }

    fn hear(
        &self,
        writer: &Writer,
        crew: &Crew<'_>,
        parent: Option<&StoredSnapshot>,
        before: &BeforeCommit,
    ) -> Result<(StoredSnapshot, CommitRequest)> {
        let cancel = &self.gauge.cancel;
        let mut readable = Readable::from(parent.map(|parent| parent.snapshot.tree));
        let (mut wanted, mut steps) = (Vec::new(), Steps::default());
        let parent_tree = parent.map(|parent| parent.snapshot.tree);
        let ground = Ground { repository: &self.repository, writer, parent: parent_tree, cancel };
        loop {
            let step = self.session.next(cancel, |machine| match crew.has_failed() {
                true => Ok(Some(Step::Failed)),
                false => steps.next(machine),
            })?;
            match step {
                Step::Blobs(kind, blobs) => {
                    crew.give(kind, blobs)?;
                    if crew.named().sound.is_full() {
                        crew.settle()?;
                        crew.named().sound.prove_what_is_stored(&ground)?;
                    }
                }
                Step::Asked { question, kind, ids } => {
                    writer.claim(kind_of(kind), &ids, &mut wanted)?;
                    self.session.say(|machine| machine.answer(question, &wanted))?;
                }
                Step::Read(request) => {
                    serve::answer(&self.session, &self.repository, &mut readable, request, cancel)?;
                }
                Step::Commit(json) => {
                    crew.settle()?;
                    let request = CommitRequest::decode(&json).map_err(refused)?;
                    self.gauge.step("committing");
                    let is_there = |kind: ChunkKind, id: &_| writer.will_have(kind_of(kind), id);
                    crew.named().commit(&request.tree, is_there).map_err(refused)?;
                    crew.named().sound.prove(&ground)?;
                    let stored = self.commit(writer, parent, &request, before)?;
                    return Ok((stored, request));
                }
                Step::Failed => crew.settle()?,
            }
        }
    }

    fn commit(
        &self,
        writer: &Writer,
        parent: Option<&StoredSnapshot>,
        request: &CommitRequest,
        before: &BeforeCommit,
    ) -> Result<StoredSnapshot> {
        before(&request.problems.first.iter().map(told).collect::<Vec<_>>())?;
        if self.gauge.cancel.is_canceled() {
            return Err(Trouble::new(&table::JOB_CANCELED));
        }
        let snapshot = self.snapshot(request, parent, writer.stats().sealed_bytes);
        let id = writer.commit(&snapshot)?;
        // What the agent keeps for its next run counts only with the index files of now.
        let indexes = self.repository.index_ids().unwrap_or_default();
        if let Err(Stopped::Over(refusal)) = self.session.say(|machine| machine.committed(id, &indexes)) {
            tracing::info!(%refusal, "the agent does not hear that its backup stands");
        }
        Ok(StoredSnapshot { id, snapshot })
    }

    fn snapshot(&self, request: &CommitRequest, parent: Option<&StoredSnapshot>, sealed_bytes: u64) -> Snapshot {
        let zone = LocalZone::system();
        let (begun, ended) = (WallTime::new(request.begun_at, &zone), WallTime::new(request.ended_at, &zone));
        Snapshot {
            parent: parent.map(|parent| parent.id),
            paths: paths(&self.task),
            hostname: self.task.host_name.clone(),
            username: "rempart".to_owned(),
            uid: request.uid,
            gid: request.gid,
            excludes: self.task.sources.excludes.clone(),
            tags: self.task.tags.clone(),
            program_version: Some(concat!("rempart ", env!("CARGO_PKG_VERSION")).to_owned()),
            summary: Some(summary(request, sealed_bytes).in_snapshot(begun, ended)),
            ..Snapshot::new(request.tree, begun)
        }
    }
}

/// Takes what came in steps: blobs of one kind together, so that they are sealed in one go.
#[derive(Default)]
struct Steps {
    held: Option<Arriving>,
}

enum Step {
    Blobs(ChunkKind, Vec<Blob>),
    Asked {
        question: u32,
        kind: ChunkKind,
        ids: Vec<rempart_model::BlobId>,
    },
    Read(rempart_protocol::data::ReadRequest),
    Commit(bytes::Bytes),
    /// What came could not be stored.
    Failed,
}

/// As many bytes of blobs as are sealed in one go.
const BATCH_BYTES: usize = 4 << 20;

impl Steps {
    fn next(&mut self, machine: &mut ServerBackup) -> Result<Option<Step>, Refusal> {
        let (mut blobs, mut of, mut bytes) = (Vec::new(), None, 0);
        let whole = |of: Option<ChunkKind>, blobs| of.map(|kind| Step::Blobs(kind, blobs));
        while bytes < BATCH_BYTES {
            let Some(came) = self.held.take().map_or_else(|| machine.next_event(), |held| Ok(Some(held)))? else {
                break;
            };
            match came {
                Arriving::Blob { kind, blob } if of.is_none_or(|of| of == kind) => {
                    of = Some(kind);
                    bytes += blob.payload.len();
                    blobs.push(blob);
                }
                other if of.is_some() => {
                    self.held = Some(other);
                    break;
                }
                Arriving::Asked { question, kind, ids } => return Ok(Some(Step::Asked { question, kind, ids })),
                Arriving::Read(request) => return Ok(Some(Step::Read(request))),
                Arriving::Commit { snapshot } => return Ok(Some(Step::Commit(snapshot))),
                Arriving::Blob { .. } => unreachable!("a first blob is of any kind"),
            }
        }
        Ok(whole(of, blobs))
    }
}

/// In a sentence for readers of both languages, where the word is one that we know; else in the agent's words.
fn told(problem: &rempart_protocol::order::FileProblem) -> FileProblem {
    let sentence = match problem.kind.as_str() {
        "vanished" => Some(&table::PROBLEM_VANISHED),
        "unreadable" => Some(&table::PROBLEM_UNREADABLE),
        "changed" => Some(&table::PROBLEM_CHANGED),
        "changedType" => Some(&table::PROBLEM_CHANGED_TYPE),
        "parentDamaged" => Some(&table::PROBLEM_PARENT),
        "contentMissing" => Some(&table::PROBLEM_CONTENT),
        _ => None,
    };
    let told = sentence.map(|sentence| Trouble::new(sentence).with("detail", &problem.message).told().encode());
    FileProblem {
        path: problem.path.clone(),
        kind: problem.kind.clone().into(),
        message: told.unwrap_or_else(|| problem.message.clone()),
    }
}

pub(super) fn refused(refusal: Refusal) -> Trouble {
    Trouble::new(&table::AGENT_REFUSED).because(refusal)
}

/// What was stored is counted here; the rest is the agent's word.
fn summary(request: &CommitRequest, sealed_bytes: u64) -> rempart_archive::backup::Summary {
    let counts = &request.summary;
    rempart_archive::backup::Summary {
        files_new: counts.files_new,
        files_changed: counts.files_changed,
        files_unmodified: counts.files_unmodified,
        dirs_new: counts.dirs_new,
        dirs_changed: counts.dirs_changed,
        dirs_unmodified: counts.dirs_unmodified,
        data_blobs: counts.data_blobs,
        tree_blobs: counts.tree_blobs,
        data_added_bytes: counts.data_added_bytes,
        data_added_packed_bytes: sealed_bytes,
        total_files_processed: counts.total_files_processed,
        total_bytes_processed: counts.total_bytes_processed,
        bytes_read: 0,
    }
}
