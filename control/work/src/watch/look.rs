//! One look at a machine, kept.

use jiff::{SignedDuration, Timestamp};
use rempart_catalog::{DiskSample, Look, SampleSpan, ServerRow, ServerSample, Taken};
use rempart_host::stats::HostStats;
use rempart_model::{AlertSubject, ServerId};
use rempart_policy::Thresholds;

use super::judge::{self, History};
use crate::trouble::Result;
use crate::{Work, as_json};

/// The name of the document in the catalog: the thresholds of servers that have none of their own.
pub const THRESHOLDS: &str = "thresholds";

/// No machine has more that anybody would look at.
const MOST_DISKS: usize = 256;
/// History that the forecast of a full disk is drawn from.
const FORECAST_FROM: SignedDuration = SignedDuration::from_hours(28 * 24);
/// And that says whether a load lasts.
const LAST_LOOKS: SignedDuration = SignedDuration::from_hours(1);

impl Work {
    /// Looks at a machine now, keeps what is found, raises and ends alerts. What is kept.
    pub async fn look_at_server(&self, server: &ServerRow) -> Result<Taken> {
        let stats = self.host_stats(server).await?;
        // By this machine's clock: the other's may be wrong, and its history would jump.
        let at = now();
        let look = Look { figures: as_json(&stats)?, sample: sample(&stats, at), disks: disks(&stats, at) };
        let thresholds = self.thresholds_of(server.id).await?;
        let history = self.history_of(server.id, &look, at).await?;
        let mut tx = self.catalog.begin().await?;
        tx.record_look(server.id, &look).await?;
        let standing = tx.standing_alerts_of(AlertSubject::Server, server.id).await?;
        let causes = judge::causes(&look, &history, &thresholds, &standing);
        tx.settle_alerts(AlertSubject::Server, server.id, &judge::KINDS, &causes, at).await?;
        tx.commit().await?;
        Ok(Taken { at, value: look.figures })
    }

    /// What can be done on a machine, found out now and kept.
    pub async fn learn_capabilities(&self, server: &ServerRow) -> Result<Taken> {
        let value = as_json(&self.host_capabilities(server).await?)?;
        let at = now();
        let mut tx = self.catalog.begin().await?;
        tx.record_capabilities(server.id, &value, at).await?;
        tx.commit().await?;
        Ok(Taken { at, value })
    }

    /// A server's own, or those of the settings.
    pub async fn thresholds_of(&self, server: ServerId) -> Result<Thresholds> {
        match self.catalog.server_thresholds(server).await?.own {
            Some(own) => Ok(own),
            None => Ok(self.catalog.settings::<Thresholds>(THRESHOLDS).await?.value),
        }
    }

    /// When each file system will be full, where that can be told: by mount point.
    pub async fn disk_forecasts(&self, server: ServerId, now: Timestamp) -> Result<Vec<(String, Timestamp)>> {
        let since = now.checked_sub(FORECAST_FROM).unwrap_or(now);
        let samples = self.catalog.server_disk_samples(server, SampleSpan::Hour, since).await?;
        Ok(judge::forecasts(&samples))
    }

    async fn history_of(&self, server: ServerId, look: &Look, now: Timestamp) -> Result<History> {
        let since = now.checked_sub(LAST_LOOKS).unwrap_or(now);
        let mut looks = self.catalog.server_samples(server, SampleSpan::Look, since).await?;
        looks.push(look.sample);
        Ok(History { looks, full_at: self.disk_forecasts(server, now).await? })
    }
}

/// As the catalog keeps it: to the millisecond.
fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}

fn sample(stats: &HostStats, at: Timestamp) -> ServerSample {
    let (cpu, memory) = (&stats.cpu, &stats.memory);
    ServerSample {
        at,
        cpu_percent: cpu.usage_percent,
        cpu_peak_percent: cpu.usage_percent,
        load: cpu.load[0],
        memory_used_bytes: memory.used_bytes(),
        memory_total_bytes: memory.total_bytes,
        swap_used_bytes: memory.swap_total_bytes.saturating_sub(memory.swap_free_bytes),
        swap_total_bytes: memory.swap_total_bytes,
    }
}

/// As `df` counts: what is reserved for root is neither used nor free.
fn disks(stats: &HostStats, at: Timestamp) -> Vec<DiskSample> {
    let of = |disk: &rempart_host::stats::Disk| {
        let space = disk.space.filter(|space| space.total_bytes > 0)?;
        let used_bytes = space.total_bytes.saturating_sub(space.free_bytes);
        Some(DiskSample {
            at,
            mount_point: disk.mount.mount_point.to_text(),
            used_bytes,
            size_bytes: used_bytes.saturating_add(space.available_bytes),
        })
    };
    stats.disks.iter().filter_map(of).take(MOST_DISKS).collect()
}
