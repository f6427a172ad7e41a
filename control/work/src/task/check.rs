//! Is a repository what it should be? And what can be given back?

use std::sync::Arc;

use rempart_repository::{
    CheckOptions, CheckReport, Problem, PruneOptions, PruneStats, ReadData, Repository, Severity, WriterOptions,
};
use serde::Serialize;

use super::{gauge::Gauge, lock};
use crate::trouble::{Result, Trouble, table};

/// A finding, as results keep it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// `damage` or `hint`.
    pub severity: &'static str,
    pub message: String,
    pub advice: &'static str,
}

/// More are counted and not listed.
const FINDINGS_KEPT: usize = 1000;

#[must_use]
pub fn findings(report: &CheckReport) -> Vec<Finding> {
    let finding = |problem: &Problem| Finding {
        severity: if problem.severity() == Severity::Damage { "damage" } else { "hint" },
        message: problem.to_string(),
        advice: problem.advice(),
    };
    report.problems.iter().take(FINDINGS_KEPT).map(finding).collect()
}

/// The damages among the findings, and the first of them in words.
#[must_use]
pub fn damages(report: &CheckReport) -> (usize, Option<String>) {
    let mut damages = report.problems.iter().filter(|problem| problem.severity() == Severity::Damage);
    let first = damages.next().map(ToString::to_string);
    (usize::from(first.is_some()) + damages.count(), first)
}

/// Structure, and every byte where that is asked for.
pub fn check(repository: &Repository, read_data: bool, gauge: &Gauge) -> Result<CheckReport> {
    let held = lock::exclusive(repository, &gauge.cancel)?;
    let read_data = if read_data { ReadData::All } else { ReadData::None };
    let report = repository.check(&CheckOptions { read_data }, gauge)?;
    held.release()?;
    Ok(report)
}

/// Gives the space back of what no snapshot uses. What `plan` would do is told before it is done.
pub fn prune(repository: &Repository, gauge: &Gauge, planned: &dyn Fn(&PruneStats)) -> Result<PruneStats> {
    let held = Arc::new(lock::exclusive(repository, &gauge.cancel)?);
    let plan = repository.plan_prune(&PruneOptions::default(), gauge)?;
    let mut stats = plan.stats;
    planned(&stats);
    if !plan.is_empty() {
        stats = repository.prune(&held, plan, WriterOptions::default(), gauge)?;
    }
    if gauge.cancel.is_canceled() {
        return Err(Trouble::new(&table::JOB_CANCELED));
    }
    if let Ok(held) = Arc::try_unwrap(held) {
        held.release()?;
    }
    Ok(stats)
}
