//! `check`: is everything there, and is it what it should be?

use std::collections::BTreeSet;

use rempart_repository::{CheckOptions, CheckReport, ErrorKind, LockMode, ReadData, Repository, Severity};
use serde::Serialize;

use crate::cli::maintain::Check;
use crate::exit_code::ExitCode;
use crate::output::human;
use crate::progress::{self, MaintenanceProgress};
use crate::run::Run;

#[derive(Serialize)]
struct Finding {
    severity: &'static str,
    message: String,
    advice: &'static str,
}

/// restic's field first.
#[derive(Serialize)]
struct Summary {
    num_errors: usize,
    hints: usize,
    snapshots: u64,
    packs: u64,
    packs_read: u64,
    bytes_read: u64,
    packs_never_verified: u64,
    oldest_verification: Option<String>,
    canceled: bool,
}

pub fn check(run: &Run, args: &Check) -> anyhow::Result<ExitCode> {
    let read_data = if args.read_data { ReadData::All } else { args.read_data_subset.unwrap_or_default() };
    let repository = run.open()?;
    let report = look(run, &repository, &CheckOptions { read_data })?;
    tell(run, &report)?;
    Ok(match (report.is_damaged(), report.canceled) {
        (true, _) => ExitCode::Damaged,
        (false, true) => ExitCode::Canceled,
        (false, false) => ExitCode::Success,
    })
}

/// Checks, beginning while the lock settles. Where somebody else came at the same time, the lock is waited for as long as the
/// user wants to.
fn look(run: &Run, repository: &Repository, options: &CheckOptions) -> anyhow::Result<CheckReport> {
    let watch = MaintenanceProgress::new(&run.cancel);
    if run.global.no_lock {
        return Ok(progress::watch(&run.out, &watch, || repository.check(options, &watch))?);
    }
    let pending = run.begin_lock(repository, LockMode::Exclusive)?;
    let early = progress::watch(&run.out, &watch, || repository.check_as_lock_settles(pending, options, &watch));
    let (report, lock) = match early {
        Err(error) if error.kind() == ErrorKind::Locked && run.waits_for_locks() => {
            let lock = run.lock(repository, LockMode::Exclusive)?;
            (progress::watch(&run.out, &watch, || repository.check(options, &watch))?, lock)
        }
        early => early?,
    };
    lock.release()?;
    Ok(report)
}

fn tell(run: &Run, report: &CheckReport) -> anyhow::Result<()> {
    let errors = report.problems.iter().filter(|problem| problem.severity() == Severity::Damage).count();
    let hints = report.problems.len() - errors;
    let oldest = report.oldest_verification.map(|time| time.to_string());
    if run.out.is_json() {
        for problem in &report.problems {
            let severity = if problem.severity() == Severity::Damage { "error" } else { "hint" };
            run.out.message("finding", Finding { severity, message: problem.to_string(), advice: problem.advice() })?;
        }
        let summary = Summary {
            num_errors: errors,
            hints,
            snapshots: report.snapshots,
            packs: report.packs,
            packs_read: report.packs_read,
            bytes_read: report.bytes_read,
            packs_never_verified: report.packs_never_verified,
            oldest_verification: oldest,
            canceled: report.canceled,
        };
        return run.out.message("summary", summary);
    }
    for problem in &report.problems {
        match problem.severity() {
            Severity::Damage => run.out.line(format!("damage: {problem}"))?,
            Severity::Hint => run.out.note(format!("hint: {problem}")),
        }
    }
    // Each advice once, behind all findings.
    let advice: BTreeSet<&str> = report
        .problems
        .iter()
        .filter(|problem| problem.severity() == Severity::Damage)
        .map(rempart_repository::Problem::advice)
        .collect();
    for advice in advice {
        run.out.line(format!("what to do: {advice}"))?;
    }
    if run.global.quiet && errors == 0 {
        return Ok(());
    }
    run.out.line(format!(
        "checked {} and {}: {}",
        human::count(report.snapshots, "snapshot"),
        human::count(report.packs, "pack"),
        match (errors, report.canceled) {
            (0, false) => "no errors were found".to_owned(),
            (0, true) => "no errors were found until the check was stopped".to_owned(),
            (errors, _) => human::count(errors as u64, "error"),
        }
    ))?;
    if report.packs_read > 0 {
        run.out.line(format!(
            "read {} in {}",
            human::bytes(report.bytes_read),
            human::count(report.packs_read, "pack")
        ))?;
    }
    if report.packs_never_verified > 0 {
        let count = human::count(report.packs_never_verified, "pack");
        run.out.note(format!(
            "the data of {count} was never verified from this machine: `rempart check --read-data` does"
        ));
    } else if let Some(oldest) = oldest {
        run.out.note(format!("the data verified longest ago was read at {oldest}"));
    }
    Ok(())
}
