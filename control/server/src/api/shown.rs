//! Rows of the catalog as answers show them: runs, jobs, log lines; with their messages in the reader's language.

use std::collections::HashMap;

use rempart_catalog::{Catalog, LogRow, RunRow};
use rempart_model as model;
use rempart_model::{JobId, ServerId};
use rempart_work::localised;

use super::types::{Job, JobProgress, Language, LogLine, RunCounters, RunOrigin, RunSummary};
use crate::http::errors::ApiResult;

/// A stored message and what to do next.
fn told(stored: Option<&str>, language: Language) -> (Option<String>, Option<String>) {
    match stored {
        Some(stored) => {
            let (message, hint) = localised(stored, language.into());
            (Some(message), hint)
        }
        None => (None, None),
    }
}

/// What servers are called: rows name them by number.
pub struct ServerNames(HashMap<ServerId, String>);

impl ServerNames {
    pub async fn read(catalog: &Catalog) -> ApiResult<Self> {
        Ok(Self(catalog.servers().await?.into_iter().map(|server| (server.id, server.name)).collect()))
    }

    #[must_use]
    pub fn of(&self, id: ServerId) -> String {
        self.0.get(&id).cloned().unwrap_or_default()
    }
}

#[must_use]
pub fn run(row: RunRow, names: &ServerNames, language: Language) -> RunSummary {
    let (message, hint) = told(row.message.as_deref(), language);
    RunSummary {
        id: row.id.get(),
        plan_id: Some(row.plan_id.get()),
        server_name: names.of(row.server_id),
        plan_name: row.plan_name,
        server_id: row.server_id.get(),
        repository_id: Some(row.repository_id.get()),
        state: row.state,
        origin: row.origin.into(),
        job_id: row.job_id.map(JobId::get),
        fire_at: row.fire_at,
        queued_at: row.queued_at,
        started_at: row.started_at,
        ended_at: row.ended_at,
        counters: row.counters.into(),
        rate_bytes_per_second: row.rate_bytes_per_second,
        message,
        hint,
    }
}

/// `waits_for`: why it waits, where something holds it back.
#[must_use]
pub fn job(row: rempart_jobs::Job, title: String, waits_for: Option<&str>, language: Language) -> Job {
    let (message, hint) = told(row.message.as_deref(), language);
    Job {
        id: row.id.get(),
        kind: row.kind,
        state: row.state,
        title,
        run_id: row.run_id.map(i64::from),
        server_id: row.server_id.map(i64::from),
        repository_id: row.repository_id.map(i64::from),
        pool_id: row.pool_id.map(i64::from),
        worker: row.worker,
        priority: row.priority,
        attempt: row.attempt,
        max_attempts: row.max_attempts,
        waits_for: waits_for.map(str::to_owned),
        queued_at: row.queued_at,
        started_at: row.started_at,
        ended_at: row.ended_at,
        cancel_requested: row.cancel_requested,
        progress: row.progress.map(Into::into),
        result: row.result,
        message,
        hint,
    }
}

#[must_use]
pub fn log_line(row: LogRow) -> LogLine {
    LogLine { seq: row.seq, at: row.line.at, level: row.line.level, text: row.line.text }
}

impl From<model::RunCounters> for RunCounters {
    fn from(counted: model::RunCounters) -> Self {
        Self {
            files_total: counted.files_total,
            files_done: counted.files_done,
            files_new: counted.files_new,
            files_changed: counted.files_changed,
            files_unmodified: counted.files_unmodified,
            dirs_new: counted.dirs_new,
            dirs_changed: counted.dirs_changed,
            dirs_unmodified: counted.dirs_unmodified,
            bytes_total: counted.bytes_total,
            bytes_done: counted.bytes_done,
            added_bytes: counted.added_bytes,
            stored_bytes: counted.stored_bytes,
            problem_count: counted.problem_count,
        }
    }
}

impl From<model::JobProgress> for JobProgress {
    fn from(progress: model::JobProgress) -> Self {
        Self {
            step: progress.step,
            counters: progress.counters.into(),
            rate_bytes_per_second: progress.rate_bytes_per_second,
            eta_seconds: progress.eta_seconds,
            current_files: progress.current_files,
        }
    }
}

impl From<model::RunOrigin> for RunOrigin {
    fn from(origin: model::RunOrigin) -> Self {
        match origin {
            // Late, but the schedule's all the same.
            model::RunOrigin::Schedule | model::RunOrigin::CatchUp => Self::Schedule,
            model::RunOrigin::User => Self::User,
            model::RunOrigin::Api => Self::Api,
            model::RunOrigin::Retry => Self::Retry,
        }
    }
}
