//! `diff`: what differs between two snapshots, or parts of them.

use rempart_archive::browse::{self, Change, ChangeKind, DiffOptions, DiffStats, SideStats};
use rempart_format::NodeKind;
use rempart_repository::{Repository, StoredSnapshot};
use serde::Serialize;

use crate::cli::browse::Diff;
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::output::human;
use crate::run::Run;
use crate::snapshots::Finder;

/// restic's `change`.
#[derive(Serialize)]
struct ChangeLine<'a> {
    path: &'a str,
    modifier: &'static str,
}

#[derive(Serialize)]
struct Side {
    files: u64,
    dirs: u64,
    others: u64,
    data_blobs: u64,
    tree_blobs: u64,
    bytes: u64,
}

/// The fields of restic's `statistics`.
#[derive(Serialize)]
struct Summary {
    source_snapshot: String,
    target_snapshot: String,
    changed_files: u64,
    metadata_changed: u64,
    type_changed: u64,
    added: Side,
    removed: Side,
    errors: u64,
}

pub fn diff(run: &Run, args: &Diff) -> anyhow::Result<ExitCode> {
    let repository = run.open()?;
    let _lock = run.lock_for_reading(&repository)?;
    let mut finder = Finder::new(&repository, &args.filter);
    let (before, before_path) = finder.spec(&args.before)?;
    let (after, after_path) = finder.spec(&args.after)?;
    let old = tree(&repository, &before, before_path.as_deref())?;
    let new = tree(&repository, &after, after_path.as_deref())?;
    let options = DiffOptions { metadata: args.metadata, count_blobs: true };
    let mut output_error = None;
    let mut tell = |change: Result<Change<'_>, browse::BrowseError>| match change {
        Ok(change) => match show(run, &change) {
            Ok(()) => true,
            Err(error) => {
                output_error = Some(error);
                false
            }
        },
        Err(error) => {
            run.out.item_error("diff", b"", &format!("{:#}", anyhow::Error::new(error)));
            true
        }
    };
    let stats = browse::diff(&repository, old, new, options, &run.cancel, &mut tell)?;
    if let Some(error) = output_error {
        return Err(error);
    }
    tell_stats(run, &before, &after, &stats)?;
    Ok(if stats.unreadable > 0 { ExitCode::Damaged } else { ExitCode::Success })
}

fn tree(
    repository: &Repository,
    stored: &StoredSnapshot,
    path: Option<&[u8]>,
) -> anyhow::Result<rempart_model::BlobId> {
    let path = path.unwrap_or_default();
    let place = browse::resolve(repository, stored.snapshot.tree, path)?;
    place.tree().ok_or_else(|| {
        let path = String::from_utf8_lossy(path);
        Failure::usage(format!("{path} is a file; folders are compared")).hint("name the folder it is in").into()
    })
}

/// restic's letters.
const fn modifier(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Added => "+",
        ChangeKind::Removed => "-",
        ChangeKind::Modified => "M",
        ChangeKind::Metadata => "U",
        ChangeKind::TypeChanged => "T",
    }
}

fn show(run: &Run, change: &Change<'_>) -> anyhow::Result<()> {
    let is_dir = change.new.or(change.old).is_some_and(|node| node.kind == NodeKind::Dir);
    let mut path = change.path.to_vec();
    if is_dir {
        path.push(b'/');
    }
    let modifier = modifier(change.kind);
    if run.out.is_json() {
        return run.out.message("change", ChangeLine { path: &String::from_utf8_lossy(&path), modifier });
    }
    run.out.line([modifier.as_bytes(), b"    ", &path].concat())
}

fn side(stats: &SideStats) -> Side {
    Side {
        files: stats.files,
        dirs: stats.directories,
        others: stats.others,
        data_blobs: stats.data_blobs,
        tree_blobs: stats.tree_blobs,
        bytes: stats.blob_bytes,
    }
}

fn tell_stats(run: &Run, before: &StoredSnapshot, after: &StoredSnapshot, stats: &DiffStats) -> anyhow::Result<()> {
    if run.out.is_json() {
        return run.out.message(
            "summary",
            Summary {
                source_snapshot: before.id.to_string(),
                target_snapshot: after.id.to_string(),
                changed_files: stats.modified,
                metadata_changed: stats.metadata,
                type_changed: stats.type_changed,
                added: side(&stats.added),
                removed: side(&stats.removed),
                errors: stats.unreadable,
            },
        );
    }
    if run.global.quiet {
        return Ok(());
    }
    let pair = |added: u64, removed: u64| format!("{added} new, {removed} removed");
    let (added, removed) = (&stats.added, &stats.removed);
    run.out.line("")?;
    run.out.line(format!("files:  {}, {} changed", pair(added.files, removed.files), stats.modified))?;
    run.out.line(format!("dirs:   {}", pair(added.directories, removed.directories)))?;
    run.out.line(format!("others: {}", pair(added.others, removed.others)))?;
    run.out.line(format!("metadata alone changed: {}, type changed: {}", stats.metadata, stats.type_changed))?;
    run.out.line(format!(
        "data:   {} added, {} removed",
        human::bytes(added.blob_bytes),
        human::bytes(removed.blob_bytes)
    ))
}
