//! Workers take jobs.

use std::collections::HashSet;

use jiff::Timestamp;
use rempart_jobs::{Candidate, Claim, Job, Limits, Picker};
use rempart_model::{JobId, RepoId, ServerId};

use super::count::Counts;
use super::{COLUMNS, may_become};
use crate::agents::may_be_done_here;
use crate::sql::{Bind, FromRow, Row, Sql};
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
    /// Leases a job that no limit holds back to each of the claims, as if they had come one after the other:
    /// 1. the counters are locked; where the global limit is reached, that is all;
    /// 2. waiting jobs are looked through in their order, with what is counted for their keys and what was picked before;
    /// 3. those that may work are leased by one statement, which passes over rows that are being canceled;
    /// 4. they are counted.
    pub(crate) async fn claim_jobs(&mut self, claims: &[&Claim]) -> Result<Vec<Option<Job>>, CatalogError> {
        let mut answers = Vec::with_capacity(claims.len());
        // All claims of a process have the same limits; of others each group is served after the one before.
        for alike in claims.chunk_by(|one, other| one.limits == other.limits) {
            answers.extend(self.claim_alike(alike, alike[0].limits).await?);
        }
        Ok(answers)
    }

    async fn claim_alike(&mut self, claims: &[&Claim], limits: Limits) -> Result<Vec<Option<Job>>, CatalogError> {
        let free = i64::from(limits.global).saturating_sub(self.lock_counters().await?);
        let free = usize::try_from(free).unwrap_or(0).min(claims.len());
        let now = claims.iter().map(|claim| claim.now).max().unwrap_or_default();
        let mut answers: Vec<Option<Job>> = claims.iter().map(|_| None).collect();
        let mut open: Vec<usize> = (0..free).collect();
        let mut passed_over = HashSet::new();
        while !open.is_empty() {
            let picked = self.pick(limits, now, open.len(), &passed_over).await?;
            let mut leased = self.lease(&picked, &open, claims).await?;
            let mut counts = Counts::default();
            let mut unserved = Vec::new();
            for (waiting, &place) in picked.iter().zip(&open) {
                let id = waiting.candidate.job_id;
                match leased.iter().position(|job| job.id == id) {
                    Some(position) => {
                        let job = leased.swap_remove(position);
                        counts.begins(&job, waiting.turn);
                        answers[place] = Some(job);
                    }
                    None => {
                        passed_over.insert(id);
                        unserved.push(place);
                    }
                }
            }
            self.count(counts).await?;
            // Whoever found nothing finds nothing in another look; whose row was passed over may.
            if unserved.is_empty() {
                break;
            }
            open = unserved;
        }
        Ok(answers)
    }

    /// The next jobs that may work, at most `count`.
    async fn pick(
        &self,
        limits: Limits,
        now: Timestamp,
        count: usize,
        passed_over: &HashSet<JobId>,
    ) -> Result<Vec<Waiting>, CatalogError> {
        let mut picker = Picker::default();
        let mut picked = Vec::new();
        let mut after: Option<(i64, i64, i64)> = None;
        for _ in 0..PAGES {
            let page = self.waiting(now, after).await?;
            let is_last = page.len() < PAGE;
            after = page.last().map(|last| (-i64::from(last.priority), last.turn, last.candidate.job_id.get()));
            for waiting in page {
                let is_passed_over = passed_over.contains(&waiting.candidate.job_id);
                if is_passed_over || picker.held_back(&waiting.candidate, limits).is_some() {
                    continue;
                }
                picker.take(&waiting.candidate);
                picked.push(waiting);
                if picked.len() == count {
                    return Ok(picked);
                }
            }
            if is_last {
                break;
            }
        }
        Ok(picked)
    }

    /// A page of what waits, cut before anything is joined to it: else PostgreSQL joins the counters to every
    /// waiting job, sorts them all, and throws away all but a page.
    async fn waiting(&self, now: Timestamp, after: Option<(i64, i64, i64)>) -> Result<Vec<Waiting>, CatalogError> {
        let mut sql = Sql::new(
            "SELECT j.id, j.server_id, j.repository_id, j.access, j.priority, j.turn,
                 COALESCE(s.in_use, 0) AS server_in_use, COALESCE(r.in_use, 0) AS shared, COALESCE(r.alone, 0) AS alone
             FROM (SELECT id, server_id, repository_id, access, priority, turn FROM jobs
                 WHERE state = 'queued' AND (not_before IS NULL OR not_before <= $1) AND ",
        )
        .push(&may_be_done_here("$2"))
        .bind(now)
        .bind(self.catalog.process());
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

    /// Leases each of `picked` to the claim at the same place of `open`; those that could be.
    async fn lease(&self, picked: &[Waiting], open: &[usize], claims: &[&Claim]) -> Result<Vec<Job>, CatalogError> {
        if picked.is_empty() {
            return Ok(Vec::new());
        }
        let rows = picked.iter().zip(open).map(|(waiting, &place)| {
            let claim = claims[place];
            let until = claim.now.checked_add(claim.lease).unwrap_or(Timestamp::MAX);
            [waiting.candidate.job_id.value(), claim.worker.as_str().value(), until.value()]
        });
        let may = may_become(rempart_model::JobState::Leased);
        let free = match self.dialect() {
            // The transaction has the file to itself.
            Dialect::Sqlite => ") ".to_owned(),
            Dialect::Postgres => format!(
                "), free AS (SELECT of_job, by_worker, until FROM these JOIN jobs ON id = of_job WHERE {may}
                     FOR UPDATE OF jobs SKIP LOCKED) "
            ),
        };
        let from = match self.dialect() {
            Dialect::Sqlite => "these",
            Dialect::Postgres => "free",
        };
        Sql::new("WITH these (of_job, by_worker, until) AS (VALUES ")
            .push_rows(rows)
            .push(&free)
            .push(&format!(
                "UPDATE jobs SET state = 'leased', worker = by_worker, lease_until = until, generation = generation + 1,
                     attempt = attempt + 1
                 FROM {from} WHERE id = of_job AND {may} RETURNING {COLUMNS}"
            ))
            .all(&self.tx, "lease jobs")
            .await
    }
}
