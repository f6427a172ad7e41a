//! Whoever has stolen the key of one machine's agent, at the gates: what is another machine's stays shut, unread and there.

use std::sync::Arc;

use jiff::Timestamp;
use rempart_catalog::NewPlan;
use rempart_crypto::sha256;
use rempart_jobs::{JobOutcome, NewJob};
use rempart_model::{BlobId, JobKind, Outcome, PlanId, PlanSpec, RepoId, Role, ServerId, Sources};
use rempart_protocol::data::{BackupAnswer, Blob, ChunkKind, Direction, ReadAnswer};
use rempart_protocol::job::{JobLease, JobResult};
use rempart_protocol::{Identity, PublicKey, Refusal, RefusalCode};
use rempart_work::handler::Desk;
use reqwest::Method;
use serde_json::json;
use tokio::task::JoinHandle;

use crate::agent::{Control, Data};
use crate::support::{Person, Server};

/// A server whose repository several machines share.
struct Scene {
    server: Server,
    admin: Person,
    pinned: PublicKey,
    repository: RepoId,
}

/// A machine whose agent is there.
struct Machine {
    id: ServerId,
    identity: Arc<Identity>,
    plan: PlanId,
    control: Control,
}

/// A backup that an agent has taken.
struct Begun {
    lease: JobLease,
    done: JoinHandle<JobOutcome>,
}

impl Scene {
    async fn new() -> Self {
        let server = Server::start().await;
        server.state.work.start().await.expect("the server's own machine is known");
        let admin = server.signed_in(Role::Administrator).await;
        let place = json!({ "kind": "local", "path": server.folder().join("pool") });
        let pool = admin.post("/api/pools", json!({ "name": "Pool", "place": place })).await.expect(201).body;
        let body = json!({ "name": "shared", "poolId": pool["id"], "serverId": 1 });
        let made = admin.post("/api/repositories", body).await.expect(201).body;
        let repository = RepoId::new(made["id"].as_i64().expect("a number"));
        let pinned = server.state.work.agent_identity().await.expect("a key").public();
        Self { server, admin, pinned, repository }
    }

    async fn machine(&self, name: &str) -> Machine {
        let (now, identity) = (Timestamp::now(), Arc::new(Identity::generate()));
        let mut tx = self.server.catalog().begin().await.unwrap();
        let id = tx.insert_server(name, None, &[], now).await.unwrap();
        tx.set_agent_key(id, &identity.public().to_string(), now).await.unwrap();
        let sources = Sources { folders: vec!["/srv".to_owned()], ..Sources::default() };
        let spec = PlanSpec { sources, ..PlanSpec::default() };
        let plan =
            NewPlan { name: name.to_owned(), server_id: id, repository_id: self.repository, spec, enabled: true };
        let plan = tx.insert_plan(&plan, now).await.unwrap().id;
        tx.commit().await.unwrap();
        let control = Control::open(&self.server, &identity, self.pinned).await.expect("its key is known");
        Machine { id, identity, plan, control }
    }

    async fn begin(&self, machine: &mut Machine) -> Begun {
        let new = NewJob {
            server_id: Some(machine.id),
            repository_id: Some(self.repository),
            plan_id: Some(machine.plan),
            payload: json!({ "planId": machine.plan }),
            ..NewJob::new(JobKind::Backup)
        };
        let mut tx = self.server.catalog().begin().await.unwrap();
        let job = tx.enqueue_job(&new, Timestamp::now()).await.unwrap();
        tx.commit().await.unwrap();
        let (work, job) = (self.server.state.work.clone(), self.server.catalog().job(job).await.unwrap());
        let done = tokio::spawn(async move { work.perform(&job, &Desk::new(|_, _| {})).await });
        Begun { lease: machine.control.job().await.lease, done }
    }

    /// As whoever holds the key.
    async fn open(&self, identity: &Arc<Identity>, lease: JobLease, direction: Direction) -> Result<Data, Refusal> {
        Data::open(&self.server, identity, self.pinned, (lease, direction)).await
    }
}

fn blob(bytes: &[u8]) -> Blob {
    Blob { id: BlobId::new(sha256(bytes)), uncompressed_bytes: None, payload: bytes.to_vec().into() }
}

fn tree(content: &BlobId) -> Blob {
    let times = r#""mtime":"2026-01-01T00:00:00Z","atime":"2026-01-01T00:00:00Z","ctime":"2026-01-01T00:00:00Z""#;
    blob(
        format!("{{\"nodes\":[{{\"name\":\"a\",\"type\":\"file\",\"content\":[\"{content}\"],{times}}}]}}\n")
            .as_bytes(),
    )
}

#[tokio::test]
async fn a_stolen_key_opens_reads_and_deletes_nothing_of_another_machine() {
    // Given two machines, of which the first has a snapshot and is at its next backup; the second's key is in wrong hands.
    let scene = Scene::new().await;
    let (mut honest, mut robbed) = (scene.machine("web-1").await, scene.machine("web-2").await);
    let chunk = blob(b"the first machine's secret");
    let root = tree(&chunk.id);
    let first = scene.begin(&mut honest).await;
    let mut session = scene.open(&honest.identity, first.lease, Direction::Backup).await.expect("its own session");
    session.store(ChunkKind::Data, &chunk).await;
    session.store(ChunkKind::Tree, &root).await;
    let snapshot = session.commit(root.id).await.expect("everything is there");
    honest.control.finish(JobResult::new(first.lease, Outcome::Succeeded)).await;
    let stored = first.done.await.unwrap();
    assert_eq!(stored.outcome, Outcome::Succeeded, "{stored:?}");
    let next = scene.begin(&mut honest).await;
    let lease = next.lease;
    let mut session = scene.open(&honest.identity, lease, Direction::Backup).await.expect("its own session");
    let own = scene.begin(&mut robbed).await.lease;

    // When the thief tries the first's session, it looks as if there were none.
    let around = (-1..=1).map(|step| JobLease { generation: lease.generation + step, ..lease });
    for tried in around {
        for direction in [Direction::Backup, Direction::Restore] {
            let refusal = scene.open(&robbed.identity, tried, direction).await.err().expect("a thief was let in");
            assert_eq!(refusal, Refusal::new(RefusalCode::Foreign, format!("job {}", lease.job)), "{tried:?}");
        }
    }
    // Nor is a backup's session one that reads what it likes.
    let refusal = scene.open(&robbed.identity, own, Direction::Restore).await.err().expect("a backup restores");
    assert_eq!(refusal.code, RefusalCode::Foreign);
    // In the session of its own job it asks for what the first has stored, and has come by the names.
    let mut theft = scene.open(&robbed.identity, own, Direction::Backup).await.expect("its own session");
    for (kind, id) in [(ChunkKind::Tree, root.id), (ChunkKind::Data, chunk.id)] {
        theft.agent.read(kind, &[id]).expect("a request");
        let answer = theft.answer().await.expect("an answer");
        assert!(matches!(answer, BackupAnswer::Read(ReadAnswer::Missing { .. })), "{answer:?}");
        theft.agent.measure(kind, &[id]).expect("a question");
        let answer = theft.answer().await.expect("an answer");
        let BackupAnswer::Read(ReadAnswer::Measured { lengths, .. }) = answer else { panic!("{answer:?}") };
        assert_eq!(lengths, [None], "how long it is, is told");
    }

    // Then the first's backup goes on as if nobody had tried.
    session.commit(root.id).await.expect("nothing was in its way");
    honest.control.finish(JobResult::new(lease, Outcome::Succeeded)).await;
    let outcome = next.done.await.unwrap();
    assert_eq!(outcome.outcome, Outcome::Succeeded, "{outcome:?}");

    // And the key opens none of the doors behind which things are deleted.
    let row = stored.result.expect("a result")["snapshotId"].clone();
    let key: String = robbed.identity.seed().iter().map(|byte| format!("{byte:02x}")).collect();
    let repository = scene.repository;
    let thief = scene.server.nobody();
    for path in [
        format!("/api/snapshots/{row}"),
        format!("/api/servers/{}", honest.id),
        format!("/restic/{repository}/snapshots/{snapshot}"),
    ] {
        let by_token = thief.request(Method::DELETE, &path).header("if-match", "*").bearer_auth(&key);
        let by_password = thief.request(Method::DELETE, &path).header("if-match", "*").basic_auth("web-2", Some(&key));
        for request in [by_token, by_password] {
            thief.send(request).await.expect(401);
        }
    }
    scene.admin.get(&format!("/api/snapshots/{row}")).await.expect(200);
    let repository = scene.server.state.work.open_repository(repository).await.unwrap();
    let kept = tokio::task::spawn_blocking(move || repository.snapshot(snapshot)).await.unwrap();
    kept.expect("the snapshot is there");
}

#[tokio::test]
async fn a_key_that_is_revoked_ends_its_sessions_and_opens_no_more() {
    let scene = Scene::new().await;
    let mut robbed = scene.machine("web-1").await;
    let Begun { lease, done } = scene.begin(&mut robbed).await;
    let mut session = scene.open(&robbed.identity, lease, Direction::Backup).await.expect("its own session");
    session.store(ChunkKind::Data, &blob(b"before")).await;
    scene.admin.post(&format!("/api/servers/{}/revoke", robbed.id), json!({})).await.expect(204);
    let refusal = session.end().await;
    assert_eq!(refusal.code, RefusalCode::Revoked, "{refusal}");
    assert_eq!(done.await.unwrap().outcome, Outcome::Failed);
    let again = scene.open(&robbed.identity, lease, Direction::Backup).await.err().expect("let in");
    assert_eq!(again.code, RefusalCode::Revoked, "{again}");
    let again = Control::open(&scene.server, &robbed.identity, scene.pinned).await.err().expect("let in");
    assert_eq!(again.code, RefusalCode::Revoked, "{again}");
}
