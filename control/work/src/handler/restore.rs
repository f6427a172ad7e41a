//! `restore`: files of a recovery point come back, to this machine or through an agent to another.

use std::sync::Arc;

use rempart_jobs::{Job, JobOutcome};
use rempart_model::{ServerId, SnapshotRowId};
use serde::{Deserialize, Serialize};

use super::{Desk, engine, payload, target_gone, warned};
use crate::task::restore::{self as task, RestoreTask};
use crate::task::verify::snapshot_hash;
use crate::trouble::{Result, Trouble, log, table};
use crate::{Work, as_json};

/// From which recovery point, what and where to.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RestorePayload {
    pub snapshot_id: SnapshotRowId,
    /// Onto which machine; absent: the one that they came from, or this one where that is not known.
    #[serde(default)]
    pub server_id: Option<ServerId>,
    #[serde(flatten)]
    pub task: RestoreTask,
}

impl Work {
    pub(super) async fn restore(self: &Arc<Self>, job: &Job, desk: &Desk) -> Result<JobOutcome> {
        let RestorePayload { snapshot_id, task: asked, .. } = payload(job)?;
        let row = self.catalog.snapshot(snapshot_id).await.map_err(target_gone)?;
        let repository = self.open_repository(row.repository_id).await?.canceled_by(&desk.gauge.cancel);
        let id = snapshot_hash(&row.hash)?;
        let target = asked.target.clone().unwrap_or_else(|| "/".to_owned());
        desk.info(&log::RESTORE_BEGINS.told().with("snapshot", id.short()).with("target", &target));
        let elsewhere = match job.server_id {
            Some(server) => Some(self.catalog.server(server).await.map_err(target_gone)?).filter(|row| !row.is_local),
            None => None,
        };
        let mut result = if let Some(server) = elsewhere {
            desk.info(&log::RESTORE_ELSEWHERE.told().with("server", &server.name));
            self.restore_elsewhere((job, server.id), repository, (id, asked), desk).await?
        } else {
            let gauge = desk.gauge.clone();
            engine(move || {
                let stored = repository.snapshot(id)?;
                task::run(&repository, &stored, &asked, &gauge)
            })
            .await?
        };
        for problem in result.problems.iter().take(100) {
            desk.warn(&log::RESTORE_PROBLEM.told().with("path", &problem.path).with("detail", &problem.message));
        }
        for problem in &mut result.problems {
            problem.message = table::RESTORE_PROBLEM.told().with("detail", &problem.message).encode();
        }
        let json = as_json(&result)?;
        if result.problem_count == 0 {
            return Ok(JobOutcome::succeeded().with_result(json));
        }
        let trouble = match result.is_full {
            true => Trouble::new(&table::RESTORE_FULL).with("count", result.problem_count),
            false => Trouble::new(&table::RESTORE_INCOMPLETE).with("count", result.problem_count),
        };
        Ok(if result.is_full { super::failed(&trouble) } else { warned(&trouble) }.with_result(json))
    }
}
