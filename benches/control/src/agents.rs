//! A thousand agents that have nothing to do: what they cost the server, and how soon one that is lost is missed.
//!
//! Each is the protocol's own machine on a socket of its own. The one that is lost goes silent and closes nothing, as a machine
//! does whose power is cut.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use futures_util::{SinkExt as _, StreamExt as _};
use jiff::Timestamp;
use rempart_catalog::Catalog;
use rempart_model::ServerId;
use rempart_protocol::control::{AgentControl, AgentParts};
use rempart_protocol::handshake::ChannelBinding;
use rempart_protocol::job::JobBook;
use rempart_protocol::{Identity, PublicKey};
use serde_json::json;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::administrator::Administrator;
use crate::place::Place;
use crate::process::Server;
use crate::report::{Goal, Report};

const AGENTS: usize = 1_000;
/// Several heartbeats of each, and two rounds of writing down who is there.
const REST: Duration = Duration::from_secs(65);
const MISSED_WITHIN: Duration = Duration::from_secs(30);
const PATIENCE: Duration = Duration::from_secs(120);

struct Agent {
    server: ServerId,
    identity: Arc<Identity>,
}

struct Channel {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    control: AgentControl,
    book: JobBook,
    began: Instant,
}

impl Agent {
    /// To where it is let in.
    async fn connect(&self, base: &str, pinned: PublicKey) -> Result<Channel> {
        let address = format!("{}/api/agent/control", base.replacen("http", "ws", 1));
        let (socket, _) = tokio_tungstenite::connect_async(address).await?;
        let parts = AgentParts {
            identity: Arc::clone(&self.identity),
            pinned,
            token: None,
            binding: ChannelBinding::None,
            agent_version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let control = AgentControl::open(parts, Duration::ZERO)?;
        let mut channel = Channel { socket, control, book: JobBook::new(), began: Instant::now() };
        while !channel.control.is_ready() {
            channel.step().await?;
        }
        Ok(channel)
    }
}

impl Channel {
    /// Says what is to be said, and hears the next message.
    async fn step(&mut self) -> Result<()> {
        while let Some(message) = self.control.next_message() {
            self.socket.send(Message::text(message)).await?;
        }
        if let Message::Text(text) = self.socket.next().await.context("the connection ended")?? {
            self.control.receive(self.began.elapsed(), &text, &mut self.book)?;
        }
        Ok(())
    }

    /// Answers heartbeats until it is told to be silent; its socket is still open then.
    async fn live(mut self, mut silence: watch::Receiver<bool>) -> Result<Self> {
        loop {
            tokio::select! {
                _ = silence.changed() => return Ok(self),
                step = self.step() => step?,
            }
        }
    }
}

/// Machines whose agents' keys are known.
async fn add(place: &Place) -> Result<Vec<Agent>> {
    let catalog = Catalog::open(&place.url).await?;
    let mut agents = Vec::with_capacity(AGENTS);
    let mut tx = catalog.begin().await?;
    for number in 0..AGENTS {
        let identity = Arc::new(Identity::generate());
        let server = tx.insert_server(&format!("machine {number:04}"), None, &[], Timestamp::now()).await?;
        tx.set_agent_key(server, &identity.public().to_string(), Timestamp::now()).await?;
        agents.push(Agent { server, identity });
    }
    tx.commit().await?;
    catalog.close().await;
    Ok(agents)
}

pub async fn measure(place: &Place, report: &mut Report) -> Result<()> {
    let agents = add(place).await?;
    let server = Server::start(place).await?;
    let administrator = Administrator::of(&server).await?;
    let enrolment = administrator.post(&format!("/api/servers/{}/enrolment", agents[0].server), &json!({})).await?;
    let key = enrolment["serverKey"].as_str().and_then(PublicKey::parse).context("the server's key")?;
    tokio::time::sleep(Duration::from_secs(5)).await;
    let before = server.resident_mb()?;

    let ((lose, lost), (stop, over)) = (watch::channel(false), watch::channel(false));
    let mut living = Vec::with_capacity(AGENTS);
    for (number, agent) in agents.iter().enumerate() {
        let silence = if number == 0 { lost.clone() } else { over.clone() };
        living.push(tokio::spawn(agent.connect(&server.base, key).await?.live(silence)));
    }
    tokio::time::sleep(REST).await;
    let resident = server.resident_mb()?;

    let shown = async |state: &str| -> Result<bool> {
        let shown = administrator.get(&format!("/api/servers/{}", agents[0].server)).await?;
        Ok(shown["connection"] == state)
    };
    ensure!(shown("online").await?, "the agent that is to be lost is not there");
    lose.send_replace(true);
    let silent = living.swap_remove(0).await??;
    let began = Instant::now();
    while !shown("offline").await? {
        ensure!(began.elapsed() < PATIENCE, "a lost agent is never missed");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let missed = began.elapsed();
    drop(silent);
    let there = living.iter().filter(|agent| !agent.is_finished()).count();
    let database = place.database();
    report.say(database, "idle agents that stay connected", Goal::All(AGENTS as u64 - 1), there as f64, "");
    let more = format!(", {before:.1} MB before");
    report.say(database, "memory of the server with 1,000 idle agents", Goal::AtMostMb(150.0), resident, &more);
    report.say(database, "until a lost agent is missed", Goal::AtMost(MISSED_WITHIN), missed.as_secs_f64(), "");
    stop.send_replace(true);
    for agent in living {
        agent.await??;
    }
    server.stop().await
}
