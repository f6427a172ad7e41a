//! A server around the protocol's machines: who may come in, which jobs there are, what became of them.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use rempart_crypto::KdfParams;
use rempart_model::JobId;
use rempart_protocol::control::{About, Answer, Question};
use rempart_protocol::data::{Direction, Sessions};
use rempart_protocol::job::{JobDesk, JobLease, JobOffer, JobResult, Withdrawal};
use rempart_protocol::order::{BackupOrder, Limits, ParentSnapshot, RestoreOrder};
use rempart_protocol::{Enrolment, EnrolmentToken, Identity, PublicKey};
use rempart_repository::{InitOptions, OpenOptions, Repository, StoredSnapshot};
use rempart_storage::LocalStore;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};

use crate::data::{Live, Trouble};
use crate::until;

/// An irreducible polynomial of degree 53, from restic's own tests.
const POLYNOMIAL: u64 = 0x003D_A335_8B4D_C173;

/// Listens on loopback until it is dropped.
pub struct Server {
    pub(crate) room: Arc<Room>,
    address: SocketAddr,
    repository: Repository,
    _runtime: tokio::runtime::Runtime,
}

/// What all its connections share.
pub(crate) struct Room {
    pub identity: Arc<Identity>,
    pub state: Mutex<State>,
    pub repository: Repository,
}

#[derive(Default)]
pub(crate) struct State {
    pub tokens: Vec<Enrolment>,
    pub agent: Option<PublicKey>,
    pub desk: JobDesk,
    pub sessions: Sessions,
    pub live: BTreeMap<JobLease, Arc<Live>>,
    /// To the control channel that is open.
    pub line: Option<mpsc::UnboundedSender<Command>>,
    pub seen: Seen,
    pub trouble: Trouble,
}

/// What the server noticed.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    pub about: Option<About>,
    pub control_connections: usize,
    pub data_connections: usize,
    pub accepted: Vec<JobLease>,
    pub ended: BTreeMap<JobLease, JobResult>,
    pub gone: Vec<JobLease>,
    /// Progress reports, of all jobs.
    pub progress: usize,
    /// Blobs that came, of both kinds.
    pub blobs: usize,
    /// Trees that were read of a parent snapshot.
    pub trees_read: usize,
}

pub(crate) enum Command {
    Offer(JobOffer),
    Stop(JobLease, Withdrawal),
    Ask(Question, oneshot::Sender<Answer>),
    Cut,
}

impl Server {
    /// With a fresh repository in a folder.
    pub fn start(folder: &Path) -> Self {
        let init = InitOptions { chunker_polynomial: POLYNOMIAL, kdf: KdfParams { n: 1024, r: 8, p: 1 } };
        let store = Arc::new(LocalStore::new(folder.to_owned()));
        let repository =
            Repository::init(store, b"correct horse", &init, OpenOptions::default()).expect("a repository");
        let room = Arc::new(Room {
            identity: Arc::new(Identity::generate()),
            state: Mutex::default(),
            repository: repository.clone(),
        });
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("start");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a free port");
        let address = listener.local_addr().expect("its address");
        runtime.spawn(listen(listener, Arc::clone(&room)));
        Self { room, address, repository, _runtime: runtime }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn key(&self) -> String {
        self.room.identity.public().to_string()
    }

    /// A new one-time token, good for an hour.
    pub fn token(&self) -> String {
        self.token_until(Timestamp::now() + SignedDuration::from_hours(1))
    }

    pub fn token_until(&self, expires_at: Timestamp) -> String {
        let token = EnrolmentToken::generate();
        let enrolment = Enrolment { hash: token.hash(), expires_at, used_by: None };
        self.room.state.lock().tokens.push(enrolment);
        token.reveal()
    }

    pub fn repository(&self) -> &Repository {
        &self.repository
    }

    pub fn seen(&self) -> Seen {
        self.room.state.lock().seen.clone()
    }

    pub fn is_connected(&self) -> bool {
        self.room.state.lock().line.is_some()
    }

    /// From now on; what is open feels it, too.
    pub fn make_trouble(&self, trouble: Trouble) {
        let lives: Vec<Arc<Live>> = {
            let mut state = self.room.state.lock();
            state.trouble = trouble;
            state.live.values().cloned().collect()
        };
        lives.iter().for_each(|live| live.go_on(&self.room));
    }

    fn command(&self, command: Command) {
        let line = until("the agent is connected", || self.room.state.lock().line.clone());
        // One that has just ended is as if it had been cut before.
        let _ = line.send(command);
    }

    pub fn ask(&self, question: Question) -> Answer {
        let (tell, told) = oneshot::channel();
        self.command(Command::Ask(question, tell));
        told.blocking_recv().expect("an answer on the connection that it was asked on")
    }

    /// The control channel breaks.
    pub fn cut_control(&self) {
        self.command(Command::Cut);
        until("the control channel is no more", || (!self.is_connected()).then_some(()));
    }

    pub fn stop(&self, lease: JobLease, reason: Withdrawal) {
        self.command(Command::Stop(lease, reason));
    }

    fn assign(&self, offer: JobOffer, direction: Direction) {
        let key = until("the agent is known", || self.room.state.lock().agent);
        self.room.state.lock().sessions.grant(key, offer.lease, direction, None);
        self.command(Command::Offer(offer));
    }

    /// An order for a backup of a folder, with the newest snapshot as its parent.
    pub fn backup_order(&self, folder: &Path) -> BackupOrder {
        let parent = self.snapshots().pop().map(|stored| ParentSnapshot {
            tree: stored.snapshot.tree,
            started_at: stored.snapshot.time.instant,
            files: 0,
            bytes: 0,
        });
        BackupOrder {
            sources: rempart_model::Sources {
                folders: vec![folder.to_str().expect("a plain path").to_owned()],
                ..Default::default()
            },
            compression: Default::default(),
            read_everything: false,
            repository: self.repository.id(),
            chunker_polynomial: self.repository.chunker_polynomial(),
            cache_scope: "plan 1".to_owned(),
            indexes: self.repository.index_ids().expect("index files"),
            parent,
            limits: Limits::default(),
        }
    }

    pub fn order_backup(&self, lease: JobLease, order: &BackupOrder) {
        self.assign(order.offer(lease).expect("a good order"), Direction::Backup);
    }

    pub fn restore_order(&self, target: &Path) -> RestoreOrder {
        let newest = self.snapshots().pop().expect("a snapshot");
        RestoreOrder {
            tree: newest.snapshot.tree,
            paths: Vec::new(),
            target: Some(target.to_str().expect("a plain path").to_owned()),
            source_paths: newest.snapshot.paths,
            overwrite: Default::default(),
            delete: false,
            dry_run: false,
            verify: true,
            limits: Limits::default(),
        }
    }

    pub fn order_restore(&self, lease: JobLease, order: &RestoreOrder) {
        self.assign(order.offer(lease).expect("a good order"), Direction::Restore);
    }

    /// Waits for a job's end.
    pub fn ended(&self, lease: JobLease) -> JobResult {
        until(&format!("{lease:?} ends"), || self.room.state.lock().seen.ended.get(&lease).cloned())
    }

    /// Oldest first.
    pub fn snapshots(&self) -> Vec<StoredSnapshot> {
        self.repository.snapshots().expect("snapshots")
    }
}

/// By its numbers.
pub fn lease(job: i64, generation: i64) -> JobLease {
    JobLease { job: JobId::new(job), generation }
}

async fn listen(listener: TcpListener, room: Arc<Room>) {
    while let Ok((stream, _)) = listener.accept().await {
        let room = Arc::clone(&room);
        tokio::spawn(async move {
            let mut path = String::new();
            #[expect(clippy::result_large_err, reason = "the library's own type")]
            let look = |request: &Request, response: Response| -> Result<Response, ErrorResponse> {
                path = request.uri().path().to_owned();
                Ok(response)
            };
            let Ok(socket) = tokio_tungstenite::accept_hdr_async(stream, look).await else { return };
            match path.as_str() {
                "/api/agent/control" => crate::control::serve(room, socket).await,
                "/api/agent/data" => crate::data::serve(room, socket).await,
                _ => {}
            }
        });
    }
}
