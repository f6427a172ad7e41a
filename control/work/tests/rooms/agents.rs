//! A machine elsewhere, as this room sees it: the protocol's own agent, without a socket, that tells the truth, lies, and asks
//! for what is not its own.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use parking_lot::Mutex;
use rempart_catalog::testing::{Scratch, run};
use rempart_catalog::{Dialect, NewPlan, RepositoryRow};
use rempart_crypto::sha256;
use rempart_jobs::{Job, JobOutcome, NewJob};
use rempart_model::{BlobId, JobKind, Outcome, PlanSpec, ServerId, SnapshotId, Sources};
use rempart_protocol::control::{AgentControl, AgentEvent, AgentParts, ServerControl};
use rempart_protocol::data::{
    AgentBackup, BackupAnswer, Blob, ChunkKind, Direction, Incarnation, Opening, ReadAnswer, Received,
};
use rempart_protocol::handshake::ChannelBinding;
use rempart_protocol::job::{BookEvent, JobBook, JobLease, JobOffer, JobResult, ToAgent};
use rempart_protocol::order::{BackupOrder, BackupSummary, CommitRequest, Problems, RestoreOutcome};
use rempart_protocol::{EnrolmentToken, Identity, Refusal, RefusalCode};
use rempart_work::agent::session::Connections;
use rempart_work::agent::{Agent, Heard, LineNumber};
use rempart_work::handler::Desk;
use rempart_work::{Tongue, localised};

use crate::common::{Room, restic_ok};

/// A room with another machine, its plan and its repository.
struct Lab {
    room: Room,
    machine: ServerId,
    repository: RepositoryRow,
    identity: Arc<Identity>,
    job: Job,
}

impl Lab {
    async fn new(scratch: &Scratch) -> Self {
        let room = Room::new(scratch).await;
        let pool = room.pool("pool").await;
        let repository = room.repository(pool, "files").await;
        let identity = Arc::new(Identity::generate());
        let now = Timestamp::now();
        let mut tx = room.work.catalog.begin().await.unwrap();
        let machine = tx.insert_server("elsewhere", None, &[], now).await.unwrap();
        tx.set_agent_key(machine, &identity.public().to_string(), now).await.unwrap();
        let sources = Sources { folders: vec!["/srv".to_owned()], ..Sources::default() };
        let spec = PlanSpec { sources, ..PlanSpec::default() };
        let plan = NewPlan { name: "p".into(), server_id: machine, repository_id: repository.id, spec, enabled: true };
        let plan = tx.insert_plan(&plan, now).await.unwrap();
        let new = NewJob {
            server_id: Some(machine),
            repository_id: Some(repository.id),
            plan_id: Some(plan.id),
            payload: serde_json::json!({ "planId": plan.id }),
            ..NewJob::new(JobKind::Backup)
        };
        let job = tx.enqueue_job(&new, now).await.unwrap();
        tx.commit().await.unwrap();
        let job = room.work.catalog.job(job).await.unwrap();
        Self { room, machine, repository, identity, job }
    }

    fn begin(&self) -> tokio::task::JoinHandle<JobOutcome> {
        let (work, job) = (Arc::clone(&self.room.work), self.job.clone());
        tokio::spawn(async move {
            work.perform(&job, &Desk::new(|_, line| eprintln!("{}", localised(line, Tongue::English).0))).await
        })
    }

    fn restic(&self, password: &str, arguments: &[&str]) -> String {
        restic_ok(&self.room.folder.join("pool/lab-1/files"), password, arguments)
    }

    async fn password(&self) -> String {
        let kit = self.room.work.recovery_kit(self.repository.id, Tongue::English).await.unwrap();
        kit.password.expose().to_owned()
    }
}

/// The other end.
struct Far {
    control: AgentControl,
    book: JobBook,
    near: Arc<Mutex<ServerControl>>,
    agent: Arc<Agent>,
    number: LineNumber,
    began: std::time::Instant,
    /// Under which it was to begin a job last.
    lease: Option<JobLease>,
}

impl Far {
    /// Connects as whoever holds `identity`.
    async fn connect(lab: &Lab, identity: &Arc<Identity>, token: Option<EnrolmentToken>) -> Result<Self, Refusal> {
        Self::connect_with(lab, identity, token, JobBook::new()).await
    }

    /// Its process dies and comes back, with the book from its disk.
    async fn restarted(self, lab: &Lab) -> Self {
        self.agent.close(self.number);
        let book = self.book.after_restart();
        Self::connect_with(lab, &lab.identity, None, book).await.expect("its key is known")
    }

    async fn connect_with(
        lab: &Lab,
        identity: &Arc<Identity>,
        token: Option<EnrolmentToken>,
        mut book: JobBook,
    ) -> Result<Self, Refusal> {
        let work = &lab.room.work;
        let server = work.agent_identity().await.expect("the server's key");
        let parts = AgentParts {
            identity: Arc::clone(identity),
            pinned: server.public(),
            token,
            binding: ChannelBinding::None,
            agent_version: "1".to_owned(),
        };
        let mut control = AgentControl::open(parts, Duration::ZERO)?;
        let near = Arc::new(Mutex::new(ServerControl::new(server, ChannelBinding::None, work.agents.now())));
        let visitor = loop {
            let message = control.next_message().expect("the agent speaks");
            if let Some(visitor) = near.lock().receive_visitor(&message)? {
                break visitor;
            }
            let welcome = near.lock().next_message().expect("the server answers");
            control.receive(Duration::ZERO, &welcome, &mut book)?;
        };
        let server = work.recognise_agent(&visitor).await?;
        let agent = work.agents.of(server);
        let (number, _) = agent.open(&near, Heard::from(&visitor), work.agents.now())?;
        Ok(Self { control, book, near, agent, number, began: std::time::Instant::now(), lease: None })
    }

    /// Carries what waits, both ways; a job that is to be begun.
    fn carry(&mut self) -> Option<BackupOrder> {
        let mut order = None;
        loop {
            let (to_agent, to_server) = (self.near.lock().next_message(), self.control.next_message());
            if to_agent.is_none() && to_server.is_none() {
                return order;
            }
            if let Some(message) = to_agent {
                let event =
                    self.control.receive(self.began.elapsed(), &message, &mut self.book).expect("a true server");
                if let Some(AgentEvent::Job(BookEvent::Start(offer))) = event {
                    self.lease = Some(offer.lease);
                    order = Some(BackupOrder::read(&offer.payload).expect("an order"));
                }
            }
            if let Some(message) = to_server {
                self.agent.receive(self.number, self.began.elapsed(), &message).expect("a true agent");
            }
        }
    }

    async fn order(&mut self) -> BackupOrder {
        loop {
            if let Some(order) = self.carry() {
                return order;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

/// The data session of a backup, from the agent's end.
struct Session {
    agent: AgentBackup,
    near: Arc<dyn Connections>,
}

impl Session {
    fn opening(lease: JobLease, received: Received) -> Opening {
        let incarnation = Incarnation::draw();
        Opening { lease, direction: Direction::Backup, incarnation, connection: 1, received }
    }

    fn open(lab: &Lab) -> Self {
        Self::open_under(lab, JobLease { job: lab.job.id, generation: lab.job.generation })
    }

    fn open_under(lab: &Lab, lease: JobLease) -> Self {
        let mut agent = AgentBackup::new();
        let opening = Self::opening(lease, agent.link().received());
        let (admitted, near) = lab.room.work.agents.open(&lab.identity.public(), &opening).expect("its own session");
        assert!(admitted.is_new);
        let received = near.connect(1, &opening.received).expect("a first connection");
        agent.link().connect(1, &received).expect("a good answer");
        Self { agent, near }
    }

    /// Carries frames until the server answers, or the session is over.
    async fn answer(&mut self) -> Result<BackupAnswer, Refusal> {
        loop {
            while let Some(frame) = self.agent.link().next_frame(1) {
                let _ = self.near.receive(1, frame);
            }
            while let Some(frame) = self.near.next_frame(1) {
                self.agent.link().receive(1, frame)?;
            }
            if let Some(answer) = self.agent.next_answer()? {
                return Ok(answer);
            }
            if let Some(refusal) = self.near.over() {
                return Err(refusal);
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Asks for leave, and sends what is wanted.
    async fn send(&mut self, kind: ChunkKind, blob: Blob) -> Result<bool, Refusal> {
        self.agent.ask(kind, &[blob.id])?;
        let answer = self.answer().await?;
        let BackupAnswer::Wanted { wanted, .. } = answer else { panic!("{answer:?}") };
        if wanted[0] {
            self.agent.put(kind, &[blob])?;
        }
        Ok(wanted[0])
    }

    async fn commit(&mut self, tree: BlobId, problems: Problems) -> Result<SnapshotId, Refusal> {
        let now = Timestamp::now();
        let summary = BackupSummary { files_new: 1, total_files_processed: 1, ..BackupSummary::default() };
        let request = CommitRequest { tree, begun_at: now, ended_at: now, uid: 0, gid: 0, summary, problems };
        self.agent.commit(request.encode()?)?;
        match self.answer().await? {
            BackupAnswer::Committed { snapshot, .. } => Ok(snapshot),
            other => panic!("{other:?}"),
        }
    }
}

fn blob(bytes: &[u8]) -> Blob {
    let id = BlobId::new(sha256(bytes));
    Blob { id, uncompressed_bytes: None, payload: Bytes::copy_from_slice(bytes) }
}

fn tree(name: &str, content: &BlobId, size: usize) -> Blob {
    let time = "2026-01-01T00:00:00Z";
    let json = format!(
        "{{\"nodes\":[{{\"name\":\"{name}\",\"type\":\"file\",\"mode\":420,\"mtime\":\"{time}\",\"atime\":\"{time}\",\
         \"ctime\":\"{time}\",\"uid\":0,\"gid\":0,\"size\":{size},\"content\":[\"{content}\"]}}]}}\n"
    );
    blob(json.as_bytes())
}

#[test]
fn what_an_agent_sends_becomes_a_snapshot_that_restic_accepts() {
    run(async {
        let scratch = Scratch::new(Dialect::Sqlite);
        let lab = Lab::new(&scratch).await;
        let mut far = Far::connect(&lab, &lab.identity, None).await.expect("its key is known");
        let job = lab.begin();
        let order = far.order().await;
        assert_eq!((order.sources.folders, order.parent), (vec!["/srv".to_owned()], None));
        let mut session = Session::open(&lab);
        let chunk = blob(&[7; 5000]);
        let root = tree("a", &chunk.id, 5000);
        assert_eq!(session.send(ChunkKind::Data, chunk.clone()).await, Ok(true));
        assert_eq!(session.send(ChunkKind::Data, chunk).await, Ok(false), "what is on its way was wanted again");
        assert_eq!(session.send(ChunkKind::Tree, root.clone()).await, Ok(true));
        let mut problems = Problems::default();
        problems.add(rempart_protocol::order::FileProblem {
            path: "/srv/b".to_owned(),
            kind: "vanished".to_owned(),
            message: "not there".to_owned(),
        });
        session.commit(root.id, problems).await.expect("everything is there");
        let outcome = job.await.unwrap();
        assert_eq!((outcome.outcome, outcome.code.as_deref()), (Outcome::Warning, Some("backup.incomplete")));
        let password = lab.password().await;
        assert!(lab.restic(&password, &["snapshots", "--json"]).contains("\"hostname\":\"elsewhere\""));
        lab.restic(&password, &["check", "--read-data"]);
    });
}

#[test]
fn a_lie_is_refused_and_makes_no_snapshot() {
    let chunk = || blob(&[7; 5000]);
    let other = || Blob { payload: Bytes::from(vec![8; 5000]), ..chunk() };
    type Send = Vec<(ChunkKind, Blob)>;
    let good = tree("a", &chunk().id, 5000);
    let lies: HashMap<&str, (Send, BlobId)> = HashMap::from([
        ("a chunk of other bytes", (vec![(ChunkKind::Data, other()), (ChunkKind::Tree, good.clone())], good.id)),
        ("a tree that names a chunk that never came", (vec![(ChunkKind::Tree, good.clone())], good.id)),
        ("a root that never came", (vec![(ChunkKind::Data, chunk())], good.id)),
        ("a tree that leads out of its folder", {
            let bad = tree("../x", &chunk().id, 5000);
            (vec![(ChunkKind::Data, chunk()), (ChunkKind::Tree, bad.clone())], bad.id)
        }),
        ("a chunk as a tree", (vec![(ChunkKind::Tree, chunk())], chunk().id)),
    ]);
    for (lie, (blobs, root)) in lies {
        run(async {
            let scratch = Scratch::new(Dialect::Sqlite);
            let lab = Lab::new(&scratch).await;
            let mut far = Far::connect(&lab, &lab.identity, None).await.expect("its key is known");
            let job = lab.begin();
            far.order().await;
            let mut session = Session::open(&lab);
            let told = async {
                for (kind, blob) in blobs {
                    session.send(kind, blob).await?;
                }
                session.commit(root, Problems::default()).await
            };
            let refused = told.await;
            assert!(refused.is_err(), "{lie}: {refused:?}");
            let outcome = job.await.unwrap();
            assert_eq!((outcome.outcome, outcome.code.as_deref()), (Outcome::Failed, Some("agent.refused")), "{lie}");
            let password = lab.password().await;
            assert_eq!(lab.restic(&password, &["snapshots", "--json"]).trim(), "[]", "{lie}");
            lab.restic(&password, &["check", "--read-data"]);
        });
    }
}

#[test]
fn a_tree_that_lies_there_without_what_it_names_makes_no_snapshot() {
    run(async {
        let scratch = Scratch::new(Dialect::Sqlite);
        let lab = Lab::new(&scratch).await;
        let mut far = Far::connect(&lab, &lab.identity, None).await.expect("its key is known");
        // Given a tree of a run that never ended, whose chunk was pruned away since.
        let chunk = blob(&[7; 5000]);
        let orphan = tree("a", &chunk.id, 5000);
        let repository = lab.room.work.open_repository(lab.repository.id).await.unwrap();
        let id = orphan.id;
        tokio::task::spawn_blocking(move || {
            use rempart_repository::{BlobSink as _, LockMode, PreparedBlob, WriterLock, WriterOptions};
            let lock = WriterLock::Held(Arc::new(repository.lock(LockMode::Shared, None).unwrap()));
            let writer = repository.writer(lock, WriterOptions::default()).unwrap();
            let kind = rempart_format::BlobKind::Tree;
            writer.claim(kind, &[id], &mut Vec::new()).unwrap();
            writer.put(kind, &[PreparedBlob { id, payload: &orphan.payload, uncompressed_bytes: None }]).unwrap();
            writer.finish().unwrap();
        })
        .await
        .unwrap();
        // When an agent names it as its root, without having sent anything.
        let job = lab.begin();
        far.order().await;
        let mut session = Session::open(&lab);
        session.agent.ask(ChunkKind::Tree, &[id]).unwrap();
        let answer = session.answer().await;
        assert!(matches!(&answer, Ok(BackupAnswer::Wanted { wanted, .. }) if wanted == &[false]), "{answer:?}");
        session.commit(id, Problems::default()).await.expect_err("a snapshot that cannot be restored");
        let outcome = job.await.unwrap();
        assert_eq!((outcome.outcome, outcome.code.as_deref()), (Outcome::Failed, Some("agent.refused")));
        assert!(outcome.message.unwrap().contains(&chunk.id.to_string()), "which blob is missing is said");
        let password = lab.password().await;
        assert_eq!(lab.restic(&password, &["snapshots", "--json"]).trim(), "[]");
    });
}

#[test]
fn an_agent_that_is_started_anew_goes_on_in_the_same_attempt() {
    run(async {
        let scratch = Scratch::new(Dialect::Sqlite);
        let lab = Lab::new(&scratch).await;
        let mut far = Far::connect(&lab, &lab.identity, None).await.expect("its key is known");
        let job = lab.begin();
        far.order().await;
        let first = far.lease.expect("a lease");
        let mut session = Session::open_under(&lab, first);
        let chunk = blob(&[7; 5000]);
        let root = tree("a", &chunk.id, 5000);
        assert_eq!(session.send(ChunkKind::Data, chunk.clone()).await, Ok(true));
        // It has arrived, and was worked off, when the second question behind it is answered.
        for other in [1, 2] {
            session.agent.ask(ChunkKind::Data, &[BlobId::new([other; 32])]).unwrap();
            session.answer().await.expect("an answer");
        }
        let mut far = far.restarted(&lab).await;
        far.order().await;
        let second = far.lease.expect("a lease");
        assert!(second.job == first.job && second.generation > first.generation, "{first:?}, {second:?}");
        assert!((lab.job.generation + 1) * 256 > second.generation, "older than the queue's next");
        let mut session = Session::open_under(&lab, second);
        assert_eq!(session.send(ChunkKind::Data, chunk).await, Ok(false), "what was stored is sent again");
        assert_eq!(session.send(ChunkKind::Tree, root.clone()).await, Ok(true));
        session.commit(root.id, Problems::default()).await.expect("everything is there");
        assert_eq!(job.await.unwrap().outcome, Outcome::Succeeded);
        lab.restic(&lab.password().await, &["check", "--read-data"]);
    });
}

#[test]
fn an_agent_that_is_started_anew_again_and_again_does_not_run_a_job_for_ever() {
    run(async {
        let scratch = Scratch::new(Dialect::Sqlite);
        let lab = Lab::new(&scratch).await;
        let mut far = Far::connect(&lab, &lab.identity, None).await.expect("its key is known");
        let job = lab.begin();
        for _ in 0..5 {
            far.order().await;
            far = far.restarted(&lab).await;
        }
        while !job.is_finished() {
            assert!(far.carry().is_none(), "a sixth turn");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let outcome = job.await.unwrap();
        assert_eq!((outcome.code.as_deref(), outcome.may_retry), (Some("agent.restarted"), true));
    });
}

#[test]
fn a_restore_that_its_agent_brought_to_an_end_without_the_server_is_not_done_again() {
    run(async {
        // Given a snapshot, and a restore that a server before this one gave to the agent.
        let scratch = Scratch::new(Dialect::Sqlite);
        let lab = Lab::new(&scratch).await;
        let mut far = Far::connect(&lab, &lab.identity, None).await.expect("its key is known");
        let job = lab.begin();
        far.order().await;
        let mut session = Session::open(&lab);
        let chunk = blob(&[7; 5000]);
        let root = tree("a", &chunk.id, 5000);
        session.send(ChunkKind::Data, chunk).await.expect("wanted");
        session.send(ChunkKind::Tree, root.clone()).await.expect("wanted");
        session.commit(root.id, Problems::default()).await.expect("everything is there");
        let stored = job.await.unwrap().result.expect("a result");
        let asked = serde_json::json!({
            "snapshotId": stored["snapshotId"], "paths": [], "target": "/back", "overwrite": "always",
            "delete": false, "dryRun": false, "verify": false,
        });
        let asked = serde_json::from_value(asked).unwrap();
        let work = &lab.room.work;
        let id = work.enqueue_restore(asked, None).await.unwrap();
        let job = work.catalog.job(id).await.unwrap();
        let lease = JobLease { job: id, generation: 3 };
        let offer = JobOffer { lease, kind: JobKind::Restore, payload: serde_json::Value::Null };
        let mut book = JobBook::new();
        book.receive(ToAgent::Offer(offer));
        // When the server is back, which knows of the job by its queue, and the agent, which is still at it.
        far.agent.close(far.number);
        far.agent.expect([id]);
        let mut far = Far::connect_with(&lab, &lab.identity, None, book).await.expect("its key is known");
        let begun = Arc::clone(work);
        let done = tokio::spawn(async move {
            begun.perform(&job, &Desk::new(|_, text| eprintln!("{}", localised(text, Tongue::English).0))).await
        });
        for _ in 0..20 {
            assert!(far.carry().is_none(), "it was given out again");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(far.book.runs(lease) && !done.is_finished(), "it was stopped, or not waited for");
        let outcome = RestoreOutcome { target: "/back".to_owned(), ..RestoreOutcome::default() };
        let mut result = JobResult::new(lease, Outcome::Succeeded);
        result.details = serde_json::to_value(outcome).unwrap();
        far.control.finish(&mut far.book, result).unwrap();
        while !done.is_finished() {
            assert!(far.carry().is_none(), "it was given out again");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        // Then its end is the job's, and the agent need not tell it again.
        let outcome = done.await.unwrap();
        assert_eq!((outcome.outcome, &outcome.result.unwrap()["target"]), (Outcome::Succeeded, &"/back".into()));
        far.carry();
        let report = serde_json::to_string(&far.book.report()).unwrap();
        assert!(report.contains("\"finished\":[]"), "{report}");
    });
}

#[test]
fn a_key_opens_its_own_sessions_only_and_reads_what_its_job_names() {
    run(async {
        let scratch = Scratch::new(Dialect::Sqlite);
        let lab = Lab::new(&scratch).await;
        let stranger = Arc::new(Identity::generate());
        let refused = Far::connect(&lab, &stranger, None).await.err().expect("nobody knows it");
        assert_eq!(refused.code, RefusalCode::UnknownAgent);
        let mut far = Far::connect(&lab, &lab.identity, None).await.expect("its key is known");
        let job = lab.begin();
        far.order().await;
        // Another agent's key opens nothing of this one's.
        let lease = JobLease { job: lab.job.id, generation: lab.job.generation };
        let theft = lab.room.work.agents.open(&stranger.public(), &Session::opening(lease, Received::default()));
        assert_eq!(theft.err().expect("a thief was let in").code, RefusalCode::Foreign);
        // A chunk that is in the repository, but in no tree that this job was given, is not given out.
        let mut session = Session::open(&lab);
        let chunk = blob(&[7; 5000]);
        session.send(ChunkKind::Data, chunk.clone()).await.expect("it is wanted");
        for kind in [ChunkKind::Data, ChunkKind::Tree] {
            session.agent.read(kind, &[chunk.id]).expect("a request");
            let answer = session.answer().await.expect("an answer");
            assert!(matches!(answer, BackupAnswer::Read(ReadAnswer::Missing { .. })), "{answer:?}");
        }
        // Revoked: the session ends, the job fails, the key is told why.
        let mut tx = lab.room.work.catalog.begin().await.unwrap();
        tx.revoke_agent_key(lab.machine, Timestamp::now()).await.unwrap();
        tx.commit().await.unwrap();
        lab.room.work.agents.revoked(lab.machine);
        session.answer().await.expect_err("it went on");
        assert_eq!(session.near.over().expect("it is over").code, RefusalCode::Revoked);
        assert_eq!(job.await.unwrap().outcome, Outcome::Failed);
        let refused = Far::connect(&lab, &lab.identity, None).await.err().expect("it was revoked");
        assert_eq!(refused.code, RefusalCode::Revoked);
    });
}

#[test]
fn a_token_brings_one_key_in() {
    run(async {
        let scratch = Scratch::new(Dialect::Sqlite);
        let lab = Lab::new(&scratch).await;
        let hour = jiff::SignedDuration::from_hours(1);
        let (token, _) = lab.room.work.make_enrolment(lab.machine, hour, None).await.unwrap();
        let (first, second) = (Arc::new(Identity::generate()), Arc::new(Identity::generate()));
        let code = async |key: &Arc<Identity>, token: &EnrolmentToken| {
            Far::connect(&lab, key, Some(token.clone())).await.err().map(|refusal| refusal.code)
        };
        assert_eq!(code(&first, &EnrolmentToken::generate()).await, Some(RefusalCode::TokenUnknown));
        assert_eq!(code(&first, &token).await, None);
        assert_eq!(code(&first, &token).await, None, "its answer may have been lost");
        assert_eq!(code(&second, &token).await, Some(RefusalCode::TokenUsed));
        assert_eq!(code(&lab.identity, &token).await, Some(RefusalCode::TokenUsed), "the key before was revoked");
        let past = jiff::SignedDuration::from_secs(-1);
        let (late, _) = lab.room.work.make_enrolment(lab.machine, past, None).await.unwrap();
        assert_eq!(code(&second, &late).await, Some(RefusalCode::TokenExpired));
    });
}
