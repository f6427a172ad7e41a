//! `copy`: snapshots of another repository into this one, blob by blob.

use std::sync::Arc;

use rempart_repository::{CopyOptions, CopyReport};
use rempart_repository::{LockMode, WriterLock};
use serde::Serialize;

use super::writing;
use crate::cli::maintain::Copy;
use crate::exit_code::ExitCode;
use crate::output::human;
use crate::progress::{self, MaintenanceProgress};
use crate::run::Run;
use crate::snapshots::Finder;

#[derive(Serialize)]
struct Copied {
    original: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    copy: Option<String>,
}

#[derive(Serialize)]
struct Summary {
    dry_run: bool,
    snapshots_copied: usize,
    snapshots_skipped: usize,
    blobs: u64,
    bytes: u64,
}

pub fn copy(run: &Run, args: &Copy) -> anyhow::Result<ExitCode> {
    let from = run.open_from(&args.from)?;
    let to = run.open()?;
    let _from_lock = run.lock_for_reading(&from)?;
    let to_lock = Arc::new(run.lock(&to, LockMode::Shared)?);
    let chosen = Finder::new(&from, &args.filter).many(&args.snapshots)?;
    if from.chunker_polynomial() != to.chunker_polynomial() {
        run.out.note(
            "the repositories cut files at different places: copies do not share data with backups made here \
             (`rempart init --copy-chunker-params` makes one that does)",
        );
    }
    let there = to.snapshots()?;
    let writer = to.writer(WriterLock::Held(to_lock), writing::options(&args.writing)?)?;
    let watch = MaintenanceProgress::new(&run.cancel);
    let options = CopyOptions { dry_run: args.dry_run };
    let report = progress::watch(&run.out, &watch, || from.copy_to(&chosen, &to, &there, &writer, options, &watch))?;
    run.check_canceled()?;
    tell(run, args, &report)?;
    Ok(ExitCode::Success)
}

fn tell(run: &Run, args: &Copy, report: &CopyReport) -> anyhow::Result<()> {
    if run.out.is_json() {
        for (original, copy) in &report.copied {
            let line = Copied { original: original.to_string(), copy: copy.map(|id| id.to_string()) };
            run.out.message("copied_snapshot", line)?;
        }
        return run.out.message(
            "summary",
            Summary {
                dry_run: args.dry_run,
                snapshots_copied: report.copied.len(),
                snapshots_skipped: report.skipped.len(),
                blobs: report.blobs,
                bytes: report.bytes,
            },
        );
    }
    for (original, copy) in &report.copied {
        run.out.line(match copy {
            Some(copy) => format!("{} copied as {}", original.short(), copy.short()),
            None => format!("{} would be copied", original.short()),
        })?;
    }
    run.out.line(format!(
        "{} copied, {} there already; {}, {}",
        human::count(report.copied.len() as u64, "snapshot"),
        report.skipped.len(),
        human::count(report.blobs, "blob"),
        human::bytes(report.bytes)
    ))
}
