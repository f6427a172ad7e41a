//! What grows without end is cut: events, logs, the history of jobs, and runs older than people look at.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use rempart_jobs::Clock;

use crate::sql::Sql;
use crate::{Catalog, CatalogError, Dialect, SampleSpan};

/// How long things are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keeping {
    /// A browser that was away for longer reads its lists anew.
    pub events: Duration,
    pub logs: Duration,
    pub job_history: Duration,
    pub runs: Duration,
    /// Every look at a server; means of its hours, and of its days.
    pub looks: Duration,
    pub hours: Duration,
    pub days: Duration,
    /// That are over.
    pub alerts: Duration,
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl Default for Keeping {
    fn default() -> Self {
        Self {
            events: DAY,
            logs: 30 * DAY,
            job_history: 90 * DAY,
            runs: 730 * DAY,
            looks: 3 * DAY,
            hours: 100 * DAY,
            days: 5 * 366 * DAY,
            alerts: 366 * DAY,
        }
    }
}

/// How many rows were dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Swept {
    pub events: u64,
    pub log_lines: u64,
    pub jobs: u64,
    pub runs: u64,
    /// Of servers and their disks.
    pub samples: u64,
    pub alerts: u64,
}

/// Rows of one transaction: others write in between.
const CHUNK: i64 = 2_000;
const HOUR: Duration = Duration::from_secs(60 * 60);
const HOURS_BETWEEN_COPIES: u32 = 24;

impl Catalog {
    /// Keeps the catalog in order until `stop`: a copy into the folder `copies` at once and each day ([`Self::copy_into`]),
    /// what is old dropped each hour, by what `keeping` says then. What fails is logged, and tried again when its time comes.
    pub async fn keep_house<K: Future<Output = Result<Keeping, CatalogError>>>(
        &self,
        clock: &dyn Clock,
        copies: &Path,
        keeping: impl Fn() -> K,
        stop: impl Future<Output = ()>,
    ) {
        tokio::pin!(stop);
        for hour in 0_u32.. {
            if hour % HOURS_BETWEEN_COPIES == 0 {
                match self.copy_into(copies, clock.now()).await {
                    Ok(Some(copy)) => tracing::info!("the catalog was copied to {}", copy.display()),
                    Ok(None) => {}
                    Err(error) => tracing::error!("the catalog was not copied: {}", chain(&error)),
                }
            }
            let swept = match keeping().await {
                Ok(keeping) => self.sweep(&keeping, clock.now()).await,
                Err(error) => Err(error),
            };
            match swept {
                Ok(swept) => tracing::debug!(?swept, "what was old is dropped"),
                Err(error) => tracing::warn!("what is old was not dropped: {}", chain(&error)),
            }
            if let Err(error) = self.learn_sizes().await {
                tracing::warn!("the planner was not told what has grown: {}", chain(&error));
            }
            let until = clock.now().checked_add(HOUR).unwrap_or(Timestamp::MAX);
            tokio::select! {
                () = &mut stop => return,
                () = clock.sleep_until(until) => {}
            }
        }
    }

    /// Lets SQLite look at tables that have grown, so that it picks the right index; PostgreSQL does so by itself.
    async fn learn_sizes(&self) -> Result<(), CatalogError> {
        if self.dialect() == Dialect::Sqlite {
            Sql::new("PRAGMA optimize").run(&self.inner.write, "look at what has grown").await?;
        }
        Ok(())
    }

    /// Drops what is older than `keeping` says. The newest run of each plan stays, however old.
    pub async fn sweep(&self, keeping: &Keeping, now: Timestamp) -> Result<Swept, CatalogError> {
        let before = |age: Duration| now.checked_sub(age).unwrap_or(Timestamp::MIN);
        // The last event stays, so that the numbers of new ones are known to follow it.
        let events = "SELECT seq FROM events WHERE at < $1 AND seq < (SELECT MAX(seq) FROM events) LIMIT $2";
        let runs = "SELECT id FROM runs WHERE queued_at < $1 AND state NOT IN ('queued', 'running')
             AND id < (SELECT MAX(newer.id) FROM runs newer WHERE newer.plan_id = runs.plan_id) LIMIT $2";
        let old = |table: &str, column: &str| format!("SELECT id FROM {table} WHERE {column} < $1 LIMIT $2");
        let (job_log, worker_log) = (old("job_log", "at"), old("worker_log", "at"));
        Ok(Swept {
            events: self.drop_old("events", "seq", events, before(keeping.events)).await?,
            log_lines: self.drop_old("job_log", "id", &job_log, before(keeping.logs)).await?
                + self.drop_old("worker_log", "id", &worker_log, before(keeping.logs)).await?,
            jobs: self
                .drop_old("job_history", "id", &old("job_history", "ended_at"), before(keeping.job_history))
                .await?,
            runs: self.drop_old("runs", "id", runs, before(keeping.runs)).await?,
            samples: self.drop_old_samples(keeping, now).await?,
            alerts: self.drop_old("alerts", "id", &old("alerts", "until"), before(keeping.alerts)).await?,
        })
    }

    async fn drop_old_samples(&self, keeping: &Keeping, now: Timestamp) -> Result<u64, CatalogError> {
        let spans =
            [(SampleSpan::Look, keeping.looks), (SampleSpan::Hour, keeping.hours), (SampleSpan::Day, keeping.days)];
        let mut dropped = 0;
        for (span, age) in spans {
            let before = now.checked_sub(age).unwrap_or(Timestamp::MIN);
            for table in ["server_samples", "server_disk_samples"] {
                let which = format!("SELECT id FROM {table} WHERE span = {} AND at < $1 LIMIT $2", span.seconds());
                dropped += self.drop_old(table, "id", &which, before).await?;
            }
        }
        Ok(dropped)
    }

    async fn drop_old(&self, table: &str, key: &str, which: &str, before: Timestamp) -> Result<u64, CatalogError> {
        let mut dropped = 0;
        loop {
            let tx = self.begin().await?;
            let gone = Sql::new(format!("DELETE FROM {table} WHERE {key} IN ({which})"))
                .bind(before)
                .bind(CHUNK)
                .run(&tx.tx, "drop what is old")
                .await?;
            tx.commit().await?;
            dropped += gone;
            if gone < CHUNK.unsigned_abs() {
                return Ok(dropped);
            }
        }
    }
}

/// An error with its causes, on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
