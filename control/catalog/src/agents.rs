//! Agents: which key is whose, how they were last heard of, and which process of the server holds their channel.

use jiff::Timestamp;
use rempart_model::{AgentLimits, ServerId};
use serde_json::json;

use crate::sql::{Bind, FromRow, Json, Row, Sql};
use crate::{Catalog, CatalogError, Topic, WriteTx};

/// The agent of a server that is not this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentRow {
    pub server_id: ServerId,
    /// Base64 of its key; None until one enrolled, and after a revocation.
    pub public_key: Option<String>,
    pub enrolled_at: Option<Timestamp>,
    pub protocol: Option<u64>,
    pub agent_version: Option<String>,
    /// Of the program that it runs, in hexadecimal digits. None where it does not say.
    pub program_sha256: Option<String>,
    pub kernel: Option<String>,
    pub arch: Option<String>,
    pub addresses: Vec<String>,
    pub limits: AgentLimits,
    /// When its channel was opened last.
    pub connected_at: Option<Timestamp>,
    pub round_trip_us: Option<u64>,
    /// The server process that holds its channel: it is online.
    pub process: Option<String>,
}

/// What an agent tells of its machine.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AgentAbout {
    pub host_name: String,
    pub os: String,
    pub kernel: String,
    pub arch: String,
    pub addresses: Vec<String>,
    pub program_sha256: Option<String>,
}

/// A sign of life that is worth keeping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AgentPulse {
    pub server_id: ServerId,
    pub seen_at: Timestamp,
    pub round_trip_us: Option<u64>,
}

const COLUMNS: &str = "server_id, public_key, enrolled_at, protocol, agent_version, program_sha256, kernel, arch, addresses, \
                       limits, connected_at, round_trip_us, process";

impl FromRow for AgentRow {
    fn from_row(row: &Row<'_>) -> Result<Self, CatalogError> {
        Ok(Self {
            server_id: row.id("server_id")?,
            public_key: row.get("public_key")?,
            enrolled_at: row.opt_time("enrolled_at")?,
            protocol: row.opt_number("protocol")?,
            agent_version: row.get("agent_version")?,
            program_sha256: row.get("program_sha256")?,
            kernel: row.get("kernel")?,
            arch: row.get("arch")?,
            addresses: row.json("addresses")?,
            limits: row.json("limits")?,
            connected_at: row.opt_time("connected_at")?,
            round_trip_us: row.opt_number("round_trip_us")?,
            process: row.get("process")?,
        })
    }
}

impl Catalog {
    /// Those of these servers.
    pub async fn agents_of(&self, servers: &[ServerId]) -> Result<Vec<AgentRow>, CatalogError> {
        if servers.is_empty() {
            return Ok(Vec::new());
        }
        Sql::new(format!("SELECT {COLUMNS} FROM agents WHERE server_id IN "))
            .push_list(servers.iter().copied())
            .all(self.read(), "list the agents")
            .await
    }

    /// None where the server is this machine.
    pub async fn agent(&self, server: ServerId) -> Result<Option<AgentRow>, CatalogError> {
        let sql = Sql::new(format!("SELECT {COLUMNS} FROM agents WHERE server_id = $1")).bind(server);
        sql.first(self.read(), "read an agent").await
    }

    /// The agent that holds this key.
    pub async fn agent_by_key(&self, public_key: &str) -> Result<Option<AgentRow>, CatalogError> {
        let sql = Sql::new(format!("SELECT {COLUMNS} FROM agents WHERE public_key = $1")).bind(public_key);
        sql.first(self.read(), "recognise an agent").await
    }

    /// Whether the key was an agent's once.
    pub async fn is_revoked_agent_key(&self, public_key: &str) -> Result<bool, CatalogError> {
        let found: Option<i64> = Sql::new("SELECT server_id FROM revoked_agent_keys WHERE public_key = $1")
            .bind(public_key)
            .first(self.read(), "look for a revoked key")
            .await?;
        Ok(found.is_some())
    }

    /// Which process of the server this is, for claims of jobs that only the process with the agent's channel can do. The
    /// first answer counts.
    pub fn is_process(&self, process: &str) {
        let _ = self.inner.process.set(process.to_owned());
    }

    /// Whether it is this one that is called so.
    #[must_use]
    pub fn is_this_process(&self, process: &str) -> bool {
        self.process() == process
    }

    /// No process is called so: a claim before it is known takes no agent's job.
    pub(crate) fn process(&self) -> &str {
        self.inner.process.get().map_or("-", String::as_str)
    }
}

/// Of a queue's row: whether this process may do the job. A backup or restore of another machine is done by the process that
/// holds the agent's channel, and by nobody while there is none. The placeholder is that of the process.
pub(crate) fn may_be_done_here(placeholder: &str) -> String {
    format!(
        "(kind NOT IN ('backup', 'restore') OR NOT EXISTS (SELECT 1 FROM agents a WHERE a.server_id = jobs.server_id \
         AND COALESCE(a.process, '') <> {placeholder}))"
    )
}

impl WriteTx {
    /// A server that an agent will call from.
    pub(crate) async fn insert_agent(&mut self, server: ServerId) -> Result<(), CatalogError> {
        Sql::new("INSERT INTO agents (server_id, addresses) VALUES ($1, $2)")
            .bind(server)
            .bind(Json(&Vec::<String>::new()))
            .run(&self.tx, "add an agent")
            .await
            .map(|_| ())
    }

    /// What its work may take, from its next job on. Goes with [`Self::update_server`], which looks at the version.
    pub async fn set_agent_limits(&mut self, server: ServerId, limits: &AgentLimits) -> Result<(), CatalogError> {
        Sql::new("UPDATE agents SET limits = $1 WHERE server_id = $2")
            .bind(Json(limits))
            .bind(server)
            .run(&self.tx, "limit an agent")
            .await
            .map(|_| ())
    }

    /// This key is the agent's from now on. One that it had before is revoked.
    pub async fn set_agent_key(&mut self, server: ServerId, key: &str, now: Timestamp) -> Result<(), CatalogError> {
        self.take_agent_key(server, Some(key), now).await?;
        // Given back to a machine that was enrolled anew with the key it had.
        Sql::new("DELETE FROM revoked_agent_keys WHERE public_key = $1")
            .bind(key)
            .run(&self.tx, "enrol an agent")
            .await?;
        Sql::new("UPDATE agents SET public_key = $1, enrolled_at = $2 WHERE server_id = $3")
            .bind(key)
            .bind(now)
            .bind(server)
            .run(&self.tx, "enrol an agent")
            .await?;
        self.append_event(Topic::Servers, "enrolled", server, &json!({}), now).await
    }

    /// Takes an agent's key away, for good: no installation that fails gives another back. Whether there was one.
    pub async fn revoke_agent_key(&mut self, server: ServerId, now: Timestamp) -> Result<bool, CatalogError> {
        self.settle_agent_install(server).await?;
        self.take_agent_key(server, None, now).await
    }

    /// Revokes an agent's key, but not `kept`; whether there was one.
    pub(crate) async fn take_agent_key(
        &mut self,
        server: ServerId,
        kept: Option<&str>,
        now: Timestamp,
    ) -> Result<bool, CatalogError> {
        let known: Option<AgentRow> = Sql::new(format!("SELECT {COLUMNS} FROM agents WHERE server_id = $1"))
            .bind(server)
            .first(&self.tx, "read an agent")
            .await?;
        let Some(key) = known.and_then(|row| row.public_key).filter(|key| Some(key.as_str()) != kept) else {
            return Ok(false);
        };
        Sql::new(
            "INSERT INTO revoked_agent_keys (public_key, server_id, revoked_at) VALUES ($1, $2, $3) \
             ON CONFLICT (public_key) DO NOTHING",
        )
        .bind(&key)
        .bind(server)
        .bind(now)
        .run(&self.tx, "revoke an agent's key")
        .await?;
        Sql::new("UPDATE agents SET public_key = NULL, process = NULL WHERE server_id = $1")
            .bind(server)
            .run(&self.tx, "revoke an agent's key")
            .await?;
        self.append_event(Topic::Servers, "revoked", server, &json!({ "connection": "offline" }), now).await?;
        Ok(true)
    }

    /// Its channel is open, here.
    pub async fn agent_connected(
        &mut self,
        server: ServerId,
        protocol: u64,
        agent_version: &str,
        process: &str,
        now: Timestamp,
    ) -> Result<(), CatalogError> {
        Sql::new(
            "UPDATE agents SET protocol = $1, agent_version = $2, process = $3, connected_at = $4, round_trip_us = NULL \
             WHERE server_id = $5",
        )
        .bind(protocol)
        .bind(agent_version)
        .bind(process)
        .bind(now)
        .bind(server)
        .run(&self.tx, "note that an agent is there")
        .await?;
        self.seen(server, now).await?;
        // Jobs that waited for it may be claimed.
        self.wakes.work = true;
        let data = json!({ "connection": "online", "lastSeenAt": now });
        self.append_event(Topic::Servers, "connection", server, &data, now).await
    }

    /// Its channel to this process is gone. Nothing happens where another process has one by now.
    pub async fn agent_gone(
        &mut self,
        server: ServerId,
        process: &str,
        seen: Timestamp,
        now: Timestamp,
    ) -> Result<(), CatalogError> {
        let gone = Sql::new("UPDATE agents SET process = NULL WHERE server_id = $1 AND process = $2")
            .bind(server)
            .bind(process)
            .run(&self.tx, "note that an agent is gone")
            .await?;
        if gone == 0 {
            return Ok(());
        }
        self.seen(server, seen).await?;
        let data = json!({ "connection": "offline", "lastSeenAt": seen });
        self.append_event(Topic::Servers, "connection", server, &data, now).await
    }

    /// Agents whose process is no more are offline; how many there were.
    pub async fn sweep_agents(
        &mut self,
        own: &str,
        dead_before: Timestamp,
        now: Timestamp,
    ) -> Result<usize, CatalogError> {
        let gone: Vec<ServerId> = Sql::new(
            "UPDATE agents SET process = NULL WHERE process IS NOT NULL AND process <> $1 AND NOT EXISTS \
             (SELECT 1 FROM workers w WHERE w.process = agents.process AND w.seen_at >= $2) RETURNING server_id",
        )
        .bind(own)
        .bind(dead_before)
        .all(&self.tx, "look for agents of dead processes")
        .await?;
        for server in &gone {
            self.append_event(Topic::Servers, "connection", *server, &json!({ "connection": "offline" }), now).await?;
        }
        Ok(gone.len())
    }

    /// What an agent tells of its machine, at each coming.
    pub async fn describe_agent(
        &mut self,
        server: ServerId,
        about: &AgentAbout,
        now: Timestamp,
    ) -> Result<(), CatalogError> {
        Sql::new("UPDATE agents SET kernel = $1, arch = $2, addresses = $3, program_sha256 = $4 WHERE server_id = $5")
            .bind(&about.kernel)
            .bind(&about.arch)
            .bind(Json(&about.addresses))
            .bind(about.program_sha256.clone())
            .bind(server)
            .run(&self.tx, "describe an agent")
            .await?;
        Sql::new("UPDATE servers SET os = $1, host_name = $2 WHERE id = $3")
            .bind(&about.os)
            .bind(&about.host_name)
            .bind(server)
            .run(&self.tx, "describe a server")
            .await?;
        self.append_event(Topic::Servers, "changed", server, &json!({}), now).await
    }

    /// Signs of life, with their round trips.
    pub async fn agent_pulses(&mut self, pulses: &[AgentPulse], now: Timestamp) -> Result<(), CatalogError> {
        for chunk in pulses.chunks(100) {
            let rows = || {
                chunk.iter().map(|pulse| [pulse.server_id.value(), pulse.seen_at.value(), pulse.round_trip_us.value()])
            };
            let these = "WITH these (of_server, at, trip) AS (VALUES ";
            Sql::new(these)
                .push_rows(rows())
                .push(") UPDATE servers SET last_seen_at = at FROM these WHERE id = of_server")
                .run(&self.tx, "note signs of life")
                .await?;
            Sql::new(these)
                .push_rows(rows())
                .push(") UPDATE agents SET round_trip_us = trip FROM these WHERE server_id = of_server")
                .run(&self.tx, "note signs of life")
                .await?;
            for pulse in chunk {
                let data =
                    json!({ "connection": "online", "lastSeenAt": pulse.seen_at, "roundTripUs": pulse.round_trip_us });
                self.append_event(Topic::Servers, "pulse", pulse.server_id, &data, now).await?;
            }
        }
        Ok(())
    }

    async fn seen(&mut self, server: ServerId, at: Timestamp) -> Result<(), CatalogError> {
        Sql::new("UPDATE servers SET last_seen_at = $1 WHERE id = $2")
            .bind(at)
            .bind(server)
            .run(&self.tx, "note a sign of life")
            .await
            .map(|_| ())
    }
}
