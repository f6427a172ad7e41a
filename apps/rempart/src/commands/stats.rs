//! `stats`: how much snapshots hold, and what the repository stores for them.

use rempart_archive::browse::{self, CountMode, SizeStats};
use serde::Serialize;

use crate::cli::browse::{Stats, StatsMode};
use crate::exit_code::ExitCode;
use crate::output::human;
use crate::run::Run;
use crate::snapshots::Finder;

/// restic's fields.
#[derive(Serialize)]
struct Summary {
    total_size: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    total_uncompressed_size: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    compression_ratio: Option<f64>,
    total_file_count: u64,
    total_blob_count: u64,
    snapshots_count: u64,
    errors: u64,
}

pub fn stats(run: &Run, args: &Stats) -> anyhow::Result<ExitCode> {
    let repository = run.open()?;
    let _lock = run.lock_for_reading(&repository)?;
    let snapshots = Finder::new(&repository, &args.filter).many(&args.snapshots)?;
    let index = repository.index()?;
    let mode = match args.mode {
        StatsMode::RestoreSize => CountMode::RestoreSize,
        StatsMode::FilesByContents => CountMode::FilesByContents,
        StatsMode::BlobsPerFile => CountMode::BlobsPerFile,
        StatsMode::RawData => CountMode::RawData,
    };
    let mut errors = 0;
    let stats = browse::size_stats(
        &repository,
        snapshots.iter().map(|stored| stored.snapshot.tree),
        mode,
        &|kind, id| index.find(kind, id).map(|location| u64::from(location.sealed_bytes)),
        &run.cancel,
        &mut |error| {
            errors += 1;
            run.out.item_error("stats", b"", &format!("{:#}", anyhow::Error::new(error)));
        },
    )?;
    tell(run, args, &stats, errors)?;
    Ok(if errors > 0 { ExitCode::Damaged } else { ExitCode::Success })
}

fn tell(run: &Run, args: &Stats, stats: &SizeStats, errors: u64) -> anyhow::Result<()> {
    let is_raw = args.mode == StatsMode::RawData;
    let ratio = (is_raw && stats.total_bytes > 0).then(|| stats.uncompressed_bytes as f64 / stats.total_bytes as f64);
    if run.out.is_json() {
        return run.out.message(
            "summary",
            Summary {
                total_size: stats.total_bytes,
                total_uncompressed_size: is_raw.then_some(stats.uncompressed_bytes),
                compression_ratio: ratio,
                total_file_count: stats.files,
                total_blob_count: stats.blobs,
                snapshots_count: stats.snapshots,
                errors,
            },
        );
    }
    run.out.line(format!("snapshots: {}", stats.snapshots))?;
    if stats.files > 0 {
        run.out.line(format!("files:     {}", stats.files))?;
    }
    if stats.blobs > 0 {
        run.out.line(format!("blobs:     {}", stats.blobs))?;
    }
    if let Some(ratio) = ratio {
        run.out.line(format!("before compression: {} (ratio {ratio:.2})", human::bytes(stats.uncompressed_bytes)))?;
    }
    run.out.line(format!("total:     {}", human::bytes(stats.total_bytes)))
}
