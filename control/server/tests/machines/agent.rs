//! An agent as the gates see it: the protocol's own machines over real sockets, in the hands of the test.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{SinkExt as _, StreamExt as _};
use jiff::Timestamp;
use rempart_model::{BlobId, SnapshotId};
use rempart_protocol::control::{AgentControl, AgentEvent, AgentParts};
use rempart_protocol::data::{AgentBackup, BackupAnswer, Blob, ChunkKind, Direction, Incarnation, Opened, Opening};
use rempart_protocol::handshake::{AgentHandshake, ChannelBinding, Purpose, Welcomed};
use rempart_protocol::job::{BookEvent, JobBook, JobLease, JobOffer, JobResult};
use rempart_protocol::order::{BackupSummary, CommitRequest, Problems};
use rempart_protocol::{Identity, PublicKey, Refusal};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::support::Server;

pub type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// To one of the two gates, `control` or `data`.
pub async fn socket(server: &Server, gate: &str) -> Socket {
    let address = format!("ws://{}/api/agent/{gate}", server.address);
    tokio_tungstenite::connect_async(address).await.expect("a WebSocket").0
}

async fn heard(socket: &mut Socket) -> Message {
    loop {
        match socket.next().await.expect("the reason comes before the end").expect("a message") {
            Message::Close(frame) => panic!("closed without a reason: {frame:?}"),
            Message::Ping(_) | Message::Pong(_) => {}
            said => return said,
        }
    }
}

/// A control channel that was let in.
pub struct Control {
    socket: Socket,
    control: AgentControl,
    book: JobBook,
    began: Instant,
}

impl Control {
    /// Knocks as whoever holds `identity`, for the server whose key is `pinned`.
    pub async fn open(server: &Server, identity: &Arc<Identity>, pinned: PublicKey) -> Result<Self, Refusal> {
        let parts = AgentParts {
            identity: Arc::clone(identity),
            pinned,
            token: None,
            binding: ChannelBinding::None,
            agent_version: "1".to_owned(),
        };
        let control = AgentControl::open(parts, Duration::ZERO)?;
        let socket = socket(server, "control").await;
        let mut channel = Self { socket, control, book: JobBook::new(), began: Instant::now() };
        while !channel.control.is_ready() {
            channel.step().await?;
        }
        Ok(channel)
    }

    /// Sends what waits, and takes one message.
    async fn step(&mut self) -> Result<Option<AgentEvent>, Refusal> {
        self.say().await;
        let Message::Text(text) = heard(&mut self.socket).await else { panic!("no text on a control channel") };
        self.control.receive(self.began.elapsed(), &text, &mut self.book)
    }

    async fn say(&mut self) {
        while let Some(message) = self.control.next_message() {
            // A server that has refused may be gone; its reason is still to be read.
            let _ = self.socket.send(Message::text(message)).await;
        }
    }

    /// Waits for a job, and accepts it.
    pub async fn job(&mut self) -> JobOffer {
        loop {
            if let Some(AgentEvent::Job(BookEvent::Start(offer))) = self.step().await.expect("a true server") {
                self.say().await;
                return offer;
            }
        }
    }

    pub async fn finish(&mut self, result: JobResult) {
        self.control.finish(&mut self.book, result).expect("a result");
        self.say().await;
    }
}

/// The data session of a backup, by one connection.
pub struct Data {
    socket: Socket,
    pub agent: AgentBackup,
}

impl Data {
    pub async fn open(
        server: &Server,
        identity: &Arc<Identity>,
        pinned: PublicKey,
        (lease, direction): (JobLease, Direction),
    ) -> Result<Self, Refusal> {
        let mut socket = socket(server, "data").await;
        let identity = Arc::clone(identity);
        let (mut handshake, hello) =
            AgentHandshake::begin(identity, pinned, None, Purpose::Data, ChannelBinding::None, "1")?;
        let mut message = hello;
        loop {
            socket.send(Message::text(message)).await.expect("the server listens");
            match handshake.receive(heard(&mut socket).await.to_text().expect("text"))? {
                Welcomed::Prove(proof) => message = proof,
                Welcomed::Ready { .. } => break,
            }
        }
        let mut agent = AgentBackup::new();
        let (incarnation, received) = (Incarnation::draw(), agent.link().received());
        let opening = Opening { lease, direction, incarnation, connection: 1, received };
        socket.send(Message::Binary(opening.encode().into())).await.expect("the server listens");
        let Message::Binary(frame) = heard(&mut socket).await else { panic!("no frame on a data connection") };
        agent.link().connect(1, &Opened::decode(frame)?.received)?;
        Ok(Self { socket, agent })
    }

    pub async fn answer(&mut self) -> Result<BackupAnswer, Refusal> {
        loop {
            while let Some(frame) = self.agent.link().next_frame(1) {
                self.socket.send(Message::Binary(frame)).await.expect("the server listens");
            }
            if let Some(answer) = self.agent.next_answer()? {
                return Ok(answer);
            }
            let Message::Binary(frame) = heard(&mut self.socket).await else { panic!("no frame on a data connection") };
            self.agent.link().receive(1, frame)?;
        }
    }

    /// Says nothing more, and waits for the reason why the session is over.
    pub async fn end(&mut self) -> Refusal {
        loop {
            let Message::Binary(frame) = heard(&mut self.socket).await else { panic!("no frame on a data connection") };
            if let Err(refusal) = self.agent.link().receive(1, frame) {
                return refusal;
            }
        }
    }

    /// Asks for leave, and sends it.
    pub async fn store(&mut self, kind: ChunkKind, blob: &Blob) {
        self.agent.ask(kind, &[blob.id]).expect("a question");
        let answer = self.answer().await.expect("an answer");
        assert!(matches!(&answer, BackupAnswer::Wanted { wanted, .. } if wanted == &[true]), "{answer:?}");
        self.agent.put(kind, std::slice::from_ref(blob)).expect("it is wanted");
    }

    pub async fn commit(&mut self, tree: BlobId) -> Result<SnapshotId, Refusal> {
        let now = Timestamp::now();
        let (summary, problems) = (BackupSummary::default(), Problems::default());
        let request = CommitRequest { tree, begun_at: now, ended_at: now, uid: 0, gid: 0, summary, problems };
        self.agent.commit(request.encode()?)?;
        match self.answer().await? {
            BackupAnswer::Committed { snapshot, .. } => Ok(snapshot),
            other => panic!("{other:?}"),
        }
    }
}
