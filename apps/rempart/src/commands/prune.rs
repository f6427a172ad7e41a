//! `prune`: plan, show, execute.

use std::sync::Arc;
use std::time::Duration;

use rempart_model::SnapshotId;
use rempart_repository::{LockGuard, LockMode, PendingLock, PruneOptions, PrunePlan, PruneStats, Repository};
use serde::Serialize;

use super::writing;
use crate::cli::maintain::{Prune, PruneLimits};
use crate::cli::select::Writing;
use crate::exit_code::ExitCode;
use crate::output::human;
use crate::progress::{self, MaintenanceProgress};
use crate::run::Run;

#[derive(Serialize)]
struct Summary {
    dry_run: bool,
    blobs_used: u64,
    blobs_unused: u64,
    blobs_duplicate: u64,
    bytes_used: u64,
    bytes_unused: u64,
    bytes_duplicate: u64,
    packs_kept: u64,
    packs_repacked: u64,
    packs_removed: u64,
    packs_orphaned: u64,
    bytes_repacked: u64,
    bytes_freed: u64,
    bytes_unused_after: u64,
}

pub fn prune(run: &Run, args: &Prune) -> anyhow::Result<ExitCode> {
    let repository = run.open()?;
    // A dry run only reads, and lets others work.
    let mode = if args.dry_run { LockMode::Shared } else { LockMode::Exclusive };
    let pending = run.begin_lock(&repository, mode)?;
    let early = plan(run, &repository, &[], &args.limits)
        .and_then(|plan| if args.dry_run { Ok(plan) } else { begin(plan, &pending, &repository) });
    run.check_canceled()?;
    let lock = run.confirm(&repository, pending, mode)?;
    // What was found while the lock settled, be it an error, counts only if nobody wrote meanwhile.
    let plan = match early {
        Ok(plan) if plan.is_current(&repository)? => plan,
        early => {
            drop(early);
            plan(run, &repository, &[], &args.limits)?
        }
    };
    execute(run, &repository, lock, plan, args.dry_run)
}

/// Begins with what a plan asks for while the lock settles.
pub fn begin(mut plan: PrunePlan, pending: &PendingLock, repository: &Repository) -> anyhow::Result<PrunePlan> {
    plan.begin(pending, repository, writing::options(&Writing::default())?)?;
    Ok(plan)
}

/// What a prune would do once the given snapshots are gone.
pub fn plan(
    run: &Run,
    repository: &Repository,
    forgotten: &[SnapshotId],
    limits: &PruneLimits,
) -> anyhow::Result<PrunePlan> {
    let options = PruneOptions {
        max_unused: limits.max_unused,
        max_repack_bytes: limits.max_repack_size.map(|size| size.0),
        time_limit: limits.time_limit.map(|wait| Duration::from_secs(wait.0)),
        repack_small: limits.repack_small,
        pack_target_bytes: writing::options(&Writing::default())?.pack_target_bytes,
    };
    let watch = MaintenanceProgress::new(&run.cancel);
    Ok(progress::watch(&run.out, &watch, || repository.plan_prune_without(forgotten, &options, &watch))?)
}

/// Also the second half of `forget --prune`, under the lock that it holds.
pub fn execute(
    run: &Run,
    repository: &Repository,
    lock: LockGuard,
    plan: PrunePlan,
    dry_run: bool,
) -> anyhow::Result<ExitCode> {
    let writer_options = writing::options(&Writing::default())?;
    let watch = MaintenanceProgress::new(&run.cancel);
    let stats = plan.stats;
    show_plan(run, &stats)?;
    let lock = Arc::new(lock);
    let nothing_to_do = plan.is_empty();
    if !dry_run && !nothing_to_do {
        progress::watch(&run.out, &watch, || repository.prune(&lock, plan, writer_options, &watch))?;
    }
    run.check_canceled()?;
    if let Ok(lock) = Arc::try_unwrap(lock) {
        lock.release()?;
    }
    if run.out.is_json() {
        run.out.message("summary", summary(&stats, dry_run))?;
    } else if dry_run {
        run.out.line("this is a dry run: nothing was changed")?;
    } else if nothing_to_do {
        run.out.line("nothing to do")?;
    } else {
        run.out.line(format!("freed {}", human::bytes(stats.bytes_freed)))?;
    }
    Ok(ExitCode::Success)
}

fn show_plan(run: &Run, stats: &PruneStats) -> anyhow::Result<()> {
    if run.out.is_json() || run.global.quiet {
        return Ok(());
    }
    for (what, count, noun, bytes) in [
        ("in use", stats.blobs_used, "blob", stats.bytes_used),
        ("unused", stats.blobs_unused, "blob", stats.bytes_unused),
        ("stored twice", stats.blobs_duplicate, "blob", stats.bytes_duplicate),
        ("in no index", stats.packs_orphaned, "pack", stats.bytes_orphaned),
    ] {
        run.out.line(format!("{what:<14}{:>14}  {}", human::bytes(bytes), human::count(count, noun)))?;
    }
    run.out.line(format!(
        "plan: keep {}, rewrite {} ({}), remove {}",
        human::count(stats.packs_kept, "pack"),
        human::count(stats.packs_repacked, "pack"),
        human::bytes(stats.bytes_repacked),
        human::count(stats.packs_removed + stats.packs_orphaned, "pack"),
    ))?;
    run.out.line(format!(
        "frees {}; {} stay stored unused",
        human::bytes(stats.bytes_freed),
        human::bytes(stats.bytes_unused_after)
    ))?;
    run.out.flush()
}

fn summary(stats: &PruneStats, dry_run: bool) -> Summary {
    Summary {
        dry_run,
        blobs_used: stats.blobs_used,
        blobs_unused: stats.blobs_unused,
        blobs_duplicate: stats.blobs_duplicate,
        bytes_used: stats.bytes_used,
        bytes_unused: stats.bytes_unused,
        bytes_duplicate: stats.bytes_duplicate,
        packs_kept: stats.packs_kept,
        packs_repacked: stats.packs_repacked,
        packs_removed: stats.packs_removed,
        packs_orphaned: stats.packs_orphaned,
        bytes_repacked: stats.bytes_repacked,
        bytes_freed: stats.bytes_freed,
        bytes_unused_after: stats.bytes_unused_after,
    }
}
