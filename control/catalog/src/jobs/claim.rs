//! A worker takes a job.

use rempart_jobs::{Candidate, Claim, Job, Picker};
use rempart_model::{JobId, RepoId, ServerId};

use super::{COLUMNS, may_become};
use crate::sql::{FromRow, Row, Sql};
use crate::{CatalogError, Dialect, WriteTx};

/// A page of candidates, and how many pages a claim looks at: behind a thousand jobs that are held back, all of the same
/// few repositories, it gives up until one of them ends.
const PAGE: usize = 64;
const PAGES: usize = 16;

struct Waiting {
    candidate: Candidate,
    priority: i32,
    turn: i64,
}

impl FromRow for Waiting {
    fn from_row(row: &Row<'_>) -> Result<Self, CatalogError> {
        let count = |column: &str| Ok::<_, CatalogError>(u32::try_from(row.get::<i64>(column)?).unwrap_or(0));
        Ok(Self {
            candidate: Candidate {
                job_id: row.id("id")?,
                server: row.opt_id::<ServerId>("server_id")?,
                repository: row.opt_id::<RepoId>("repository_id")?,
                access: row.word("access")?,
                server_in_use: count("server_in_use")?,
                repository_shared: count("shared")?,
                repository_exclusive: count("alone")?,
            },
            priority: row.get("priority")?,
            turn: row.get("turn")?,
        })
    }
}

impl WriteTx {
    /// Leases the next job that no limit holds back:
    /// 1. the counters are locked; where the global limit is reached, that is all;
    /// 2. waiting jobs are looked through in their order, with what is counted for their keys;
    /// 3. the first that may work is leased by one statement, which passes over a row that is being canceled;
    /// 4. it is counted.
    pub(crate) async fn claim_job(&mut self, claim: &Claim) -> Result<Option<Job>, CatalogError> {
        let in_use = self.lock_counters().await?;
        if in_use >= i64::from(claim.limits.global) {
            return Ok(None);
        }
        let mut picker = Picker::default();
        let mut after: Option<(i64, i64, i64)> = None;
        for _ in 0..PAGES {
            let page = self.waiting(claim, after).await?;
            for waiting in &page {
                if picker.held_back(&waiting.candidate, claim.limits).is_some() {
                    continue;
                }
                if let Some(job) = self.lease(waiting.candidate.job_id, claim).await? {
                    self.count_job(&job, 1, waiting.turn).await?;
                    return Ok(Some(job));
                }
            }
            let Some(last) = page.last().filter(|_| page.len() == PAGE) else { break };
            after = Some((-i64::from(last.priority), last.turn, last.candidate.job_id.get()));
        }
        Ok(None)
    }

    /// A page of what waits, cut before anything is joined to it: else PostgreSQL joins the counters to every
    /// waiting job, sorts them all, and throws away all but a page.
    async fn waiting(&self, claim: &Claim, after: Option<(i64, i64, i64)>) -> Result<Vec<Waiting>, CatalogError> {
        let mut sql = Sql::new(
            "SELECT j.id, j.server_id, j.repository_id, j.access, j.priority, j.turn,
                 COALESCE(s.in_use, 0) AS server_in_use, COALESCE(r.in_use, 0) AS shared, COALESCE(r.alone, 0) AS alone
             FROM (SELECT id, server_id, repository_id, access, priority, turn FROM jobs
                 WHERE state = 'queued' AND (not_before IS NULL OR not_before <= $1)",
        )
        .bind(claim.now);
        if let Some((rank, turn, id)) = after {
            sql = sql.push(" AND (-priority, turn, id) > (").push_bind(rank as i32);
            sql = sql.push(", ").push_bind(turn).push(", ").push_bind(id).push(")");
        }
        sql.push(&format!(
            " ORDER BY -priority, turn, id LIMIT {PAGE}) j
             LEFT JOIN job_limits s ON s.key = 'server:' || j.server_id
             LEFT JOIN job_limits r ON r.key = 'repository:' || j.repository_id
             ORDER BY -j.priority, j.turn, j.id"
        ))
        .all(&self.tx, "look for work")
        .await
    }

    async fn lease(&self, id: JobId, claim: &Claim) -> Result<Option<Job>, CatalogError> {
        let may = may_become(rempart_model::JobState::Leased);
        let this = match self.dialect() {
            Dialect::Sqlite => format!("id = $1 AND {may}"),
            Dialect::Postgres => {
                format!("id IN (SELECT id FROM jobs WHERE id = $1 AND {may} FOR UPDATE SKIP LOCKED)")
            }
        };
        Sql::new(format!(
            "UPDATE jobs SET state = 'leased', worker = $2, lease_until = $3, generation = generation + 1,
                 attempt = attempt + 1
             WHERE {this} RETURNING {COLUMNS}"
        ))
        .bind(id)
        .bind(&claim.worker)
        .bind(claim.now.checked_add(claim.lease).unwrap_or(jiff::Timestamp::MAX))
        .first(&self.tx, "lease a job")
        .await
    }
}
