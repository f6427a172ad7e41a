//! Everybody who is there, and whose sessions may be opened.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rempart_model::{ServerId, SnapshotId};
use rempart_protocol::data::{Admitted, Direction, Opening, Sessions};
use rempart_protocol::job::JobLease;
use rempart_protocol::{PublicKey, Refusal, RefusalCode, Result};

use super::line::Agent;
use super::session::Connections;

/// The agents of this process. Their jobs, and what was told of them, outlive their connections.
pub struct Agents {
    began: Instant,
    agents: Mutex<HashMap<ServerId, Arc<Agent>>>,
    granted: Mutex<Granted>,
}

#[derive(Default)]
struct Granted {
    sessions: Sessions,
    open: HashMap<JobLease, (ServerId, Arc<dyn Connections>)>,
}

impl Default for Agents {
    fn default() -> Self {
        Self { began: Instant::now(), agents: Mutex::default(), granted: Mutex::default() }
    }
}

impl Agents {
    /// The moment, as the protocol's machines count it.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.began.elapsed()
    }

    /// What is known of an agent while this process lives.
    #[must_use]
    pub fn of(&self, server: ServerId) -> Arc<Agent> {
        self.agents.lock().entry(server).or_insert_with(|| Arc::new(Agent::new(server))).clone()
    }

    /// All that were there since the process began.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Agent>> {
        self.agents.lock().values().cloned().collect()
    }

    /// The key is no longer good: its channel and its sessions end.
    pub fn revoked(&self, server: ServerId) {
        let refusal = Refusal::new(RefusalCode::Revoked, "");
        self.of(server).refuse(&refusal);
        for (of, session) in self.granted.lock().open.values() {
            if *of == server {
                session.end(&refusal);
            }
        }
    }

    /// The agent with this key may open the session of a job.
    pub(super) fn grant(
        &self,
        (server, key): (ServerId, PublicKey),
        lease: JobLease,
        direction: Direction,
        parent: Option<SnapshotId>,
        session: Arc<dyn Connections>,
    ) {
        let mut granted = self.granted.lock();
        granted.sessions.grant(key, lease, direction, parent);
        granted.open.insert(lease, (server, session));
    }

    /// The job's session is over: nothing is opened under its lease any more.
    pub(super) fn end(&self, lease: JobLease) {
        let mut granted = self.granted.lock();
        granted.sessions.end(lease);
        if let Some((_, session)) = granted.open.remove(&lease) {
            session.end(&Refusal::new(RefusalCode::SessionOver, ""));
        }
    }

    /// A data connection of the agent that proved to hold `key` wants to join a session.
    pub fn open(&self, key: &PublicKey, opening: &Opening) -> Result<(Admitted, Arc<dyn Connections>)> {
        let mut granted = self.granted.lock();
        let admitted = granted.sessions.open(key, opening)?;
        let (_, session) = granted
            .open
            .get(&opening.lease)
            .ok_or_else(|| Refusal::new(RefusalCode::SessionOver, format!("job {}", opening.lease.job)))?;
        Ok((admitted, Arc::clone(session)))
    }
}
