//! `restore`: a snapshot, or a part of it, becomes files again.

mod watch;

use std::path::PathBuf;

use rempart_archive::browse::{self, Place};
use rempart_archive::restore::{self, Filter, Ownership, RestoreOptions, RestoreReport, RunMode};
use rempart_repository::{Repository, StoredSnapshot};
use serde::Serialize;

use super::patterns;
use crate::cli::restore::{Overwrite, Restore};
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::output::human;
use crate::progress;
use crate::run::Run;
use crate::snapshots::Finder;
use watch::RestoreWatch;

/// The last line of `--json`: restic's fields, then what only we count.
#[derive(Serialize)]
struct Summary<'a> {
    seconds_elapsed: f64,
    total_files: u64,
    files_restored: u64,
    files_skipped: u64,
    files_deleted: u64,
    total_bytes: u64,
    bytes_restored: u64,
    bytes_skipped: u64,
    dry_run: bool,
    entries_described: u64,
    directories: u64,
    files_verified: u64,
    errors: u64,
    snapshot_id: String,
    target: &'a str,
}

pub fn restore(run: &Run, args: &Restore) -> anyhow::Result<ExitCode> {
    let begun = std::time::Instant::now();
    let options = options(args)?;
    let repository = run.open()?;
    let lock = run.lock_for_reading(&repository)?;
    let (snapshot, path) = Finder::new(&repository, &args.filter).spec(&args.snapshot)?;
    repository.index()?;
    let place = browse::resolve(&repository, snapshot.snapshot.tree, path.as_deref().unwrap_or_default())?;
    let target = target(args, &repository, &snapshot, path.as_deref(), &place)?;
    // Held to the end; what could be read before the second look at the other locks was read meanwhile.
    let _lock = lock.map(rempart_repository::PendingLock::confirm).transpose()?;
    let whole_bytes = match (&place, options.filter.is_empty()) {
        (Place::Root { .. }, true) => snapshot.snapshot.summary.as_ref().map(|s| s.total_bytes_processed),
        _ => None,
    };
    let watch = RestoreWatch::new(&run.out, args.dry_run, whole_bytes);
    run.out.note(format!("restoring {} to {}", snapshot.id.short(), target.display()));
    let report = progress::watch(&run.out, &watch, || {
        restore::restore(&repository, &place, &target, &options, &watch, &run.cancel)
    })?;
    tell(run, args, &report, &snapshot, &target.to_string_lossy(), begun.elapsed().as_secs_f64())?;
    Ok(if report.canceled {
        ExitCode::Canceled
    } else if report.problems.iter().any(restore::Problem::is_full) {
        ExitCode::StorageFull
    } else if report.summary.problems > 0 {
        ExitCode::RestoreIncomplete
    } else {
        ExitCode::Success
    })
}

fn options(args: &Restore) -> anyhow::Result<RestoreOptions> {
    Ok(RestoreOptions {
        mode: if args.dry_run { RunMode::Show } else { RunMode::Execute },
        filter: Filter { include: patterns::includes(&args.includes)?, exclude: patterns::excludes(&args.excludes)? },
        overwrite: match args.overwrite {
            Overwrite::Always => restore::Overwrite::Always,
            Overwrite::IfChanged => restore::Overwrite::IfChanged,
            Overwrite::IfNewer => restore::Overwrite::IfNewer,
            Overwrite::Never => restore::Overwrite::Never,
        },
        ownership: match (args.no_ownership, args.owner_by_name) {
            (true, _) => Ownership::Ours,
            (false, true) => Ownership::ByName,
            (false, false) => Ownership::ById,
        },
        delete: args.delete,
        sparse: args.sparse,
        verify: args.verify,
    })
}

/// The folder that the root of what is restored becomes.
fn target(
    args: &Restore,
    repository: &Repository,
    snapshot: &StoredSnapshot,
    path: Option<&[u8]>,
    place: &Place,
) -> anyhow::Result<PathBuf> {
    if let Some(target) = &args.target {
        return Ok(target.clone());
    }
    // In place: what the tree calls /etc must be what the machine calls /etc. A snapshot of relative paths has no such
    // root.
    for source in &snapshot.snapshot.paths {
        if browse::resolve(repository, snapshot.snapshot.tree, source.as_bytes()).is_err() {
            return Err(Failure::usage(format!(
                "{source} is not stored under its full path, so there is no place to go back to"
            ))
            .hint("name the folder to restore into with --target")
            .into());
        }
    }
    let path = path.unwrap_or_default();
    let mut target = PathBuf::from("/");
    let names = path.split(|byte| *byte == b'/').filter(|name| !name.is_empty());
    target.extend(names.map(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes));
    if matches!(place, Place::Single { .. }) {
        target.pop();
    }
    Ok(target)
}

fn tell(
    run: &Run,
    args: &Restore,
    report: &RestoreReport,
    snapshot: &StoredSnapshot,
    target: &str,
    seconds_elapsed: f64,
) -> anyhow::Result<()> {
    let counts = &report.summary;
    if run.out.is_json() {
        let summary = Summary {
            seconds_elapsed,
            total_files: counts.files + counts.directories,
            files_restored: counts.created + counts.replaced + counts.updated,
            files_skipped: counts.unchanged + counts.described + counts.kept,
            files_deleted: counts.deleted,
            total_bytes: counts.total_bytes,
            bytes_restored: counts.written_bytes,
            bytes_skipped: counts.total_bytes.saturating_sub(counts.written_bytes),
            dry_run: args.dry_run,
            entries_described: counts.described,
            directories: counts.directories,
            files_verified: counts.verified,
            errors: counts.problems,
            snapshot_id: snapshot.id.to_string(),
            target,
        };
        return run.out.message("summary", summary);
    }
    let restored = counts.created + counts.replaced + counts.updated;
    let would = if args.dry_run { "would be " } else { "" };
    run.out.line(format!(
        "{would}restored: {restored} entries, {} written of {}, in {}",
        human::bytes(counts.written_bytes),
        human::bytes(counts.total_bytes),
        human::duration(seconds_elapsed)
    ))?;
    let mut details = Vec::new();
    for (number, what) in [
        (counts.unchanged, "already right"),
        (counts.described, "with new metadata only"),
        (counts.kept, "left alone"),
        (counts.deleted, "deleted"),
        (counts.verified, "files verified"),
    ] {
        if number > 0 {
            details.push(format!("{number} {what}"));
        }
    }
    if !details.is_empty() {
        run.out.line(format!("  {}", details.join(", ")))?;
    }
    if counts.problems > 0 {
        run.out.warn(format!(
            "{} could not be restored as they were; they are listed above",
            human::count(counts.problems, "entry").replace("entrys", "entries")
        ));
    }
    if report.canceled {
        run.out.warn("stopped before the end; run the same command again to continue");
    }
    Ok(())
}
