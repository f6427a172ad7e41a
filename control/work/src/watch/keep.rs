//! Looks at every machine that is there, about every quarter of an hour, never at all of them at once.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rempart_catalog::CatalogErrorKind;
use rempart_model::ServerId;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::Work;
use crate::trouble::{Result, chain};

/// How old figures become before a machine is looked at again.
pub const EVERY: SignedDuration = SignedDuration::from_mins(15);
/// Less by up to this, another for each machine and each time: a thousand that began together drift apart.
const SPREAD_SECONDS: u64 = 90;
/// How often it is seen whose turn it is. One that came back waits no longer than this.
const LOOK: Duration = Duration::from_secs(10);
/// Machines that are asked at a time.
const AT_ONCE: usize = 16;

impl Work {
    /// Runs until `stop`. A machine that is not there is not looked at: its history has a gap.
    pub async fn keep_servers_watched(self: Arc<Self>, stop: CancellationToken) {
        let mut tick = tokio::time::interval(LOOK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // Where a look failed, the next one comes as if it had not.
        let mut tried = HashMap::new();
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = tick.tick() => {}
            }
            let round = async {
                if let Err(trouble) = self.look_at_due_servers(&mut tried).await {
                    tracing::warn!(why = chain(&trouble), "servers are not looked at");
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = round => {}
            }
        }
    }

    async fn look_at_due_servers(self: &Arc<Self>, tried: &mut HashMap<ServerId, Timestamp>) -> Result<()> {
        let now = Timestamp::now();
        let ids = self.servers_here().await?;
        let looked = self.catalog.last_looks(&ids).await?;
        let last = |id: &ServerId| looked.get(id).max(tried.get(id)).copied();
        let due: Vec<ServerId> = ids.into_iter().filter(|id| is_due(*id, last(id), now)).collect();
        let turns = Arc::new(Semaphore::new(AT_ONCE));
        let mut looks = JoinSet::new();
        for server in due {
            tried.insert(server, now);
            let (work, turns) = (Arc::clone(self), Arc::clone(&turns));
            looks.spawn(async move {
                let _turn = turns.acquire_owned().await;
                if let Err(trouble) = work.look_at_one(server).await {
                    tracing::warn!(server = server.get(), why = chain(&trouble), "a server was not looked at");
                }
            });
        }
        while let Some(ended) = looks.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a look at a server broke off");
            }
        }
        Ok(())
    }

    /// Its abilities too, where nobody has asked for them yet: after its enrolment.
    async fn look_at_one(&self, server: ServerId) -> Result<()> {
        let server = match self.catalog.server(server).await {
            Ok(server) => server,
            Err(error) if error.kind() == CatalogErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        self.look_at_server(&server).await?;
        if self.catalog.server_capabilities(server.id).await?.is_none() {
            self.learn_capabilities(&server).await?;
        }
        Ok(())
    }

    /// This machine, and those whose agents' channels this process holds: other processes look at theirs.
    async fn servers_here(&self) -> Result<Vec<ServerId>> {
        let local = self.catalog.local_server().await?.map(|server| server.id);
        let agents = self.agents.all().into_iter().filter(|agent| agent.line().is_some());
        Ok(local.into_iter().chain(agents.map(|agent| agent.server)).collect())
    }
}

fn is_due(server: ServerId, last: Option<Timestamp>, now: Timestamp) -> bool {
    let Some(last) = last else { return true };
    // Scattered by a multiplication (Knuth's, 2^32 over the golden ratio), so that neighbours differ.
    let mixed = (server.get().unsigned_abs() ^ last.as_second().unsigned_abs()).wrapping_mul(2_654_435_761);
    let early = i64::try_from((mixed >> 16) % (SPREAD_SECONDS + 1)).unwrap_or(0);
    // A clock that was set back makes no machine wait for it.
    let age = now.duration_since(last);
    age >= EVERY - SignedDuration::from_secs(early) || age < SignedDuration::ZERO
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines_are_due_after_a_quarter_of_an_hour_and_not_all_at_once() {
        let last: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        let after = |seconds: i64| last + SignedDuration::from_secs(seconds);
        let due = |seconds| (1..=1000).filter(|id| is_due(ServerId::new(*id), Some(last), after(seconds))).count();
        assert_eq!((due(0), due(800), due(900)), (0, 0, 1000));
        for seconds in [820, 840, 860, 880] {
            let expected = usize::try_from((seconds - 809) * 1000 / 91).unwrap();
            assert!(due(seconds).abs_diff(expected) < 200, "{} of 1000 after {seconds} s", due(seconds));
        }
        assert!(is_due(ServerId::new(1), None, last), "never looked at");
        assert!(is_due(ServerId::new(1), Some(after(60)), last), "the clock was set back");
    }
}
