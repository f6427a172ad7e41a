//! Who is there, written into the catalog: at once when an agent comes or goes, now and then that it was heard of.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rempart_catalog::{AgentAbout, AgentPulse};
use rempart_jobs::DEAD_AFTER;
use rempart_model::ServerId;
use rempart_protocol::control::About;
use tokio_util::sync::CancellationToken;

use super::line::Agent;
use crate::Work;
use crate::trouble::{Result, chain};

/// How often it is looked who was heard of.
const LOOK: Duration = Duration::from_secs(5);
/// How often an agent's sign of life is written: a thousand agents are thirty rows a second.
const PULSE: Duration = Duration::from_secs(30);

impl Work {
    /// Brings what the catalog says of an agent's connection up to date. `process`: as which this one is in the list of
    /// workers. One at a time for each agent, so that a late farewell does not take a new connection for gone.
    pub async fn publish_agent(&self, agent: &Agent, process: &str) -> Result<()> {
        let mut published = agent.publishing.lock().await;
        let line = agent.line();
        let now = Timestamp::now();
        match line {
            Some((number, heard)) if *published != Some(number) => {
                let mut tx = self.catalog.begin().await?;
                let protocol = u64::from(heard.protocol);
                tx.agent_connected(agent.server, protocol, &heard.agent_version, process, now).await?;
                tx.commit().await?;
                *published = Some(number);
            }
            None if published.is_some() => {
                let mut tx = self.catalog.begin().await?;
                tx.agent_gone(agent.server, process, agent.seen_at().unwrap_or(now), now).await?;
                tx.commit().await?;
                *published = None;
            }
            _ => {}
        }
        Ok(())
    }

    /// What an agent says of its machine, at each coming.
    pub async fn describe_agent(&self, server: ServerId, about: About) -> Result<()> {
        let About { host_name, os, kernel, arch, addresses, program_sha256 } = about;
        let about = AgentAbout { host_name, os, kernel, arch, addresses, program_sha256 };
        let mut tx = self.catalog.begin().await?;
        tx.describe_agent(server, &about, Timestamp::now()).await?;
        Ok(tx.commit().await?)
    }

    /// Before the first coming of an agent since this process began: what the queue says that it may still be at.
    pub async fn expect_of_agent(&self, agent: &Agent) -> Result<()> {
        if agent.is_new() {
            agent.expect(self.catalog.restores_given_out(agent.server).await?);
        }
        Ok(())
    }

    /// Runs until `stop`.
    pub async fn keep_agents(self: Arc<Self>, process: String, stop: CancellationToken) {
        let mut look = tokio::time::interval(LOOK);
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                _ = look.tick() => {
                    if let Err(trouble) = self.look_at_agents(&process).await {
                        tracing::warn!(why = chain(&trouble), "what was heard of agents is not written");
                    }
                }
            }
        }
        // Said before the catalog closes: nobody else will for a while.
        for agent in self.agents.all() {
            agent.refuse(&rempart_protocol::Refusal::new(
                rempart_protocol::RefusalCode::SessionOver,
                "the server stops",
            ));
            if let Err(trouble) = self.publish_agent(&agent, &process).await {
                tracing::warn!(why = chain(&trouble), "an agent's connection is not written off");
            }
        }
    }

    async fn look_at_agents(&self, process: &str) -> Result<()> {
        let now = Timestamp::now();
        for agent in self.agents.all() {
            for job in agent.inherited_jobs() {
                // It was canceled, or ended without what the agent has of it.
                if self.catalog.job(job).await.is_ok_and(|job| job.state.is_final()) {
                    agent.disown(job);
                }
            }
        }
        let pulse = |agent: &Arc<Agent>| {
            let (seen_at, round_trip) = agent.pulse(now, PULSE)?;
            let round_trip_us = u64::try_from(round_trip.as_micros()).ok();
            Some(AgentPulse { server_id: agent.server, seen_at, round_trip_us })
        };
        let pulses: Vec<AgentPulse> = self.agents.all().iter().filter_map(pulse).collect();
        let mut tx = self.catalog.begin().await?;
        let dead_before = now.checked_sub(DEAD_AFTER).unwrap_or(Timestamp::MIN);
        let swept = tx.sweep_agents(process, dead_before, now).await?;
        tx.agent_pulses(&pulses, now).await?;
        if swept > 0 || !pulses.is_empty() {
            tx.commit().await?
        } else {
            tx.rollback().await?
        }
        Ok(())
    }
}
