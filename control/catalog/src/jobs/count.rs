//! What works now, counted by the keys of the limits.

use std::collections::BTreeMap;

use rempart_jobs::Job;
use rempart_model::{Access, ServerId};

use crate::sql::{Bind, Sql};
use crate::{CatalogError, Dialect, WriteTx};

/// Changes of the counters, summed up so that many jobs cost one statement.
#[derive(Default)]
pub(super) struct Counts {
    by_key: BTreeMap<String, Change>,
}

#[derive(Default)]
struct Change {
    in_use: i64,
    alone: i64,
    turn: i64,
}

impl Counts {
    /// A job begins, whose turn it was.
    pub fn begins(&mut self, job: &Job, turn: i64) {
        self.add(job, 1, turn);
    }

    /// A job works no more.
    pub fn leaves(&mut self, job: &Job) {
        self.add(job, -1, 0);
    }

    fn add(&mut self, job: &Job, by: i64, turn: i64) {
        let all = self.by_key.entry("global".to_owned()).or_default();
        all.in_use += by;
        all.turn = all.turn.max(turn);
        if let Some(server) = job.server_id {
            self.by_key.entry(format!("server:{server}")).or_default().in_use += by;
        }
        if let Some(repository) = job.repository_id {
            let key = || format!("repository:{repository}");
            match job.access {
                Access::None => {}
                Access::Shared => self.by_key.entry(key()).or_default().in_use += by,
                Access::Exclusive => self.by_key.entry(key()).or_default().alone += by,
            }
        }
    }
}

impl WriteTx {
    /// The lock of all counters; how many jobs work now. On SQLite the transaction is one already.
    pub(crate) async fn lock_counters(&mut self) -> Result<i64, CatalogError> {
        if let Some(known) = self.in_use {
            return Ok(known);
        }
        let dialect = self.dialect();
        let select = || {
            Sql::new(match dialect {
                Dialect::Sqlite => "SELECT in_use FROM job_limits WHERE key = 'global'",
                Dialect::Postgres => "SELECT in_use FROM job_limits WHERE key = 'global' FOR UPDATE",
            })
        };
        let in_use = match select().first(&self.tx, "count the jobs at work").await? {
            Some(in_use) => in_use,
            None => {
                // The first job of this catalog.
                let first = "INSERT INTO job_limits (key, in_use, alone, turn) VALUES ('global', 0, 0, 0)
                     ON CONFLICT DO NOTHING";
                Sql::new(first).run(&self.tx, "count the jobs at work").await?;
                select().one(&self.tx, "count the jobs at work").await?
            }
        };
        self.in_use = Some(in_use);
        Ok(in_use)
    }

    /// Writes what has changed. Needs [`Self::lock_counters`] before.
    pub(super) async fn count(&mut self, counts: Counts) -> Result<(), CatalogError> {
        if counts.by_key.is_empty() {
            return Ok(());
        }
        let all = counts.by_key.get("global").map_or(0, |change| change.in_use);
        let rows = counts
            .by_key
            .into_iter()
            .map(|(key, change)| [key.value(), change.in_use.value(), change.alone.value(), change.turn.value()]);
        Sql::new("INSERT INTO job_limits (key, in_use, alone, turn) VALUES ")
            .push_rows(rows)
            .push(
                " ON CONFLICT (key) DO UPDATE SET in_use = job_limits.in_use + excluded.in_use,
                     alone = job_limits.alone + excluded.alone,
                     turn = CASE WHEN excluded.turn > job_limits.turn THEN excluded.turn ELSE job_limits.turn END",
            )
            .run(&self.tx, "count the jobs at work")
            .await?;
        self.in_use = self.in_use.map(|known| known + all);
        Ok(())
    }

    /// The place of a new job among those of its priority. Each server's jobs are numbered from the turn that is being
    /// worked at, so a server with a thousand waiting jobs and one with a single one take turns.
    pub(super) async fn take_turn(&mut self, server: Option<ServerId>) -> Result<i64, CatalogError> {
        let key = server.map_or("turn:none".to_owned(), |server| format!("turn:server:{server}"));
        Sql::new(
            "INSERT INTO job_limits (key, in_use, alone, turn)
             VALUES ($1, 0, 0, COALESCE((SELECT turn FROM job_limits WHERE key = 'global'), 0) + 1)
             ON CONFLICT (key) DO UPDATE SET turn =
                 CASE WHEN excluded.turn > job_limits.turn THEN excluded.turn ELSE job_limits.turn + 1 END
             RETURNING turn",
        )
        .bind(key)
        .one(&self.tx, "take a turn in the queue")
        .await
    }
}
