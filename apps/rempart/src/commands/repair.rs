//! `repair`: index, packs, snapshots. Each plans, shows and then executes.

use std::sync::Arc;

use rempart_repository::{IndexRepairPlan, SnapshotRepair};
use rempart_repository::{LockMode, WriterLock};
use serde::Serialize;

use super::writing;
use crate::cli::maintain::{Repair, RepairIndex, RepairPacks, RepairSnapshots};
use crate::cli::select::Writing;
use crate::exit_code::ExitCode;
use crate::output::human;
use crate::progress::{self, MaintenanceProgress};
use crate::run::Run;
use crate::snapshots::Finder;

#[derive(Serialize)]
struct IndexSummary {
    dry_run: bool,
    indexes_unreadable: usize,
    packs_added: usize,
    packs_reread: usize,
    packs_missing: usize,
    packs_unreadable: usize,
}

#[derive(Serialize)]
struct PacksSummary {
    blobs_saved: u64,
    blobs_lost: usize,
}

#[derive(Serialize)]
struct SnapshotLine<'a> {
    original: String,
    repaired: Option<String>,
    lost: Vec<std::borrow::Cow<'a, str>>,
}

#[derive(Serialize)]
struct SnapshotsSummary {
    dry_run: bool,
    snapshots: usize,
    damaged: usize,
    removed: usize,
}

pub fn repair(run: &Run, command: Repair) -> anyhow::Result<ExitCode> {
    match command {
        Repair::Index(args) => index(run, &args),
        Repair::Packs(args) => packs(run, &args),
        Repair::Snapshots(args) => snapshots(run, &args),
    }
}

fn index(run: &Run, args: &RepairIndex) -> anyhow::Result<ExitCode> {
    let repository = run.open()?;
    let lock = run.lock(&repository, LockMode::Exclusive)?;
    let watch = MaintenanceProgress::new(&run.cancel);
    let plan = progress::watch(&run.out, &watch, || repository.plan_index_repair(args.read_all_packs, &watch))?;
    run.check_canceled()?;
    show_index_plan(run, &plan)?;
    if !args.dry_run && !plan.is_empty() {
        progress::watch(&run.out, &watch, || repository.repair_index(&lock, &plan, &watch))?;
    }
    lock.release()?;
    if run.out.is_json() {
        run.out.message(
            "summary",
            IndexSummary {
                dry_run: args.dry_run,
                indexes_unreadable: plan.unreadable_indexes.len(),
                packs_added: plan.packs_added.len(),
                packs_reread: plan.packs_reread.len(),
                packs_missing: plan.packs_missing.len(),
                packs_unreadable: plan.packs_unreadable.len(),
            },
        )?;
    } else {
        run.out.line(match (plan.is_empty(), args.dry_run) {
            (true, _) => "the index says what the packs say: nothing to repair",
            (false, true) => "this is a dry run: nothing was changed",
            (false, false) => "the index was built anew",
        })?;
        if !plan.packs_missing.is_empty() && !args.dry_run {
            run.out.note("back up again: what the sources still have comes back; then run `rempart repair snapshots`");
        }
    }
    Ok(ExitCode::Success)
}

fn show_index_plan(run: &Run, plan: &IndexRepairPlan) -> anyhow::Result<()> {
    if run.out.is_json() {
        return Ok(());
    }
    for (count, noun, what) in [
        (plan.unreadable_indexes.len(), "index file", "cannot be read and is replaced"),
        (plan.packs_added.len(), "pack", "is in no index and is added"),
        (plan.packs_reread.len(), "pack", "is listed wrongly; its header decides"),
        (plan.packs_missing.len(), "pack", "is listed but not there: its content is lost"),
        (plan.packs_unreadable.len(), "pack", "has no readable header: left in place, in no index"),
    ] {
        if count > 0 {
            run.out.line(format!("{}: {what}", human::count(count as u64, noun)))?;
        }
    }
    for pack in &plan.packs_missing {
        run.out.line(format!("  missing: {pack}"))?;
    }
    for (pack, reason) in &plan.packs_unreadable {
        run.out.line(format!("  unreadable: {pack}: {reason}"))?;
    }
    Ok(())
}

fn packs(run: &Run, args: &RepairPacks) -> anyhow::Result<ExitCode> {
    let repository = run.open()?;
    let lock = Arc::new(run.lock(&repository, LockMode::Exclusive)?);
    let watch = MaintenanceProgress::new(&run.cancel);
    let repaired = progress::watch(&run.out, &watch, || repository.repair_packs(&lock, &args.packs, &watch))?;
    if run.out.is_json() {
        let summary = PacksSummary { blobs_saved: repaired.blobs_saved, blobs_lost: repaired.blobs_lost.len() };
        run.out.message("summary", summary)?;
        return Ok(ExitCode::Success);
    }
    for (blob, reason) in &repaired.blobs_lost {
        run.out.line(format!("lost: blob {blob}: {reason}"))?;
    }
    let (saved, lost) = (human::count(repaired.blobs_saved, "blob"), repaired.blobs_lost.len());
    run.out.line(format!("saved {saved}, lost {lost}"))?;
    if lost > 0 {
        run.out.note("back up again: what the sources still have comes back; then run `rempart repair snapshots`");
    }
    Ok(ExitCode::Success)
}

fn snapshots(run: &Run, args: &RepairSnapshots) -> anyhow::Result<ExitCode> {
    let repository = run.open()?;
    let lock = Arc::new(run.lock(&repository, LockMode::Exclusive)?);
    let chosen = Finder::new(&repository, &args.filter).many(&args.snapshots)?;
    let writer = match args.dry_run {
        true => None,
        false => Some(repository.writer(WriterLock::Held(Arc::clone(&lock)), writing::options(&Writing::default())?)?),
    };
    let watch = MaintenanceProgress::new(&run.cancel);
    let repairs =
        progress::watch(&run.out, &watch, || repository.repair_snapshots(&lock, &chosen, writer.as_ref(), &watch))?;
    for repair in &repairs {
        show_repair(run, repair)?;
    }
    let mut removed = Vec::new();
    if args.forget && !args.dry_run {
        removed = repairs.iter().map(|repair| repair.original).collect();
        repository.remove_snapshots(&lock, &removed)?;
    }
    if run.out.is_json() {
        let (snapshots, damaged) = (chosen.len(), repairs.len());
        let summary = SnapshotsSummary { dry_run: args.dry_run, snapshots, damaged, removed: removed.len() };
        run.out.message("summary", summary)?;
    } else {
        let damaged = human::count(repairs.len() as u64, "damaged snapshot");
        run.out.line(match (repairs.is_empty(), args.dry_run) {
            (true, _) => "nothing is missing in these snapshots".to_owned(),
            (false, true) => format!("{damaged}; this is a dry run, nothing was changed"),
            (false, false) => format!("{damaged} written anew"),
        })?;
        if !repairs.is_empty() && !args.forget && !args.dry_run {
            run.out.note("the damaged originals are still there: --forget removes them");
        }
    }
    Ok(ExitCode::Success)
}

fn show_repair(run: &Run, repair: &SnapshotRepair) -> anyhow::Result<()> {
    if run.out.is_json() {
        return run.out.message(
            "repaired_snapshot",
            SnapshotLine {
                original: repair.original.to_string(),
                repaired: repair.repaired.map(|id| id.to_string()),
                lost: repair.lost.iter().map(|path| String::from_utf8_lossy(path)).collect(),
            },
        );
    }
    let lost = human::count(repair.lost.len() as u64, "path");
    run.out.line(match repair.repaired {
        Some(id) => format!("{} lost {lost}; written anew as {}", repair.original.short(), id.short()),
        None => format!("{} lost {lost}", repair.original.short()),
    })?;
    for path in &repair.lost {
        run.out.line([b"  ", path.as_slice()].concat())?;
    }
    Ok(())
}
