//! Rows of the catalog as answers show them: runs, jobs, log lines; with their messages in the reader's language.

use std::collections::HashMap;

use rempart_catalog::{Catalog, LogRow, RunRow};
use rempart_model as model;
use rempart_model::{JobId, ServerId};
use rempart_work::localised;

use super::types::{Job, Language, LogLine, RunOrigin, RunSummary};
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
    /// Of these servers only: there may be many thousands.
    pub async fn of_all(catalog: &Catalog, servers: &[ServerId]) -> ApiResult<Self> {
        Ok(Self(catalog.server_names(servers).await?))
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
        counters: row.counters,
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
        progress: row.progress,
        result: row.result.map(|stored| result(stored, language)),
        message,
        hint,
    }
}

#[must_use]
pub fn log_line(row: LogRow, language: Language) -> LogLine {
    let text = localised(&row.line.text, language.into()).0;
    LogLine { seq: row.seq, at: row.line.at, level: row.line.level, text }
}

/// A job's result; what it says of single files is told as messages are.
fn result(mut stored: serde_json::Value, language: Language) -> serde_json::Value {
    let problems = stored.get_mut("problems").and_then(serde_json::Value::as_array_mut);
    for message in problems.into_iter().flatten().filter_map(|problem| problem.get_mut("message")) {
        if let Some(text) = message.as_str() {
            *message = localised(text, language.into()).0.into();
        }
    }
    stored
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
