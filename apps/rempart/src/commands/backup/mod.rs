//! `backup`: files, a pipe or a command's output become a snapshot.

mod excludes;
mod producer;
mod sources;
mod summary;
mod watch;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Instant;

use jiff::Timestamp;
use rempart_archive::backup::{
    self as engine, ChangeCacheLocation, ChangeDetection, DryRunSink, Options, Progress, Report, Stream,
};
use rempart_chunker::{Chunker, Polynomial};
use rempart_format::{FileTime, LocalZone, Snapshot, WallTime};
use rempart_model::SnapshotId;
use rempart_repository::{BlobSink, Repository, StoredSnapshot, Writer};

use super::writing;
use crate::cli::backup::Backup;
use crate::cli::select::Compression;
use crate::environment;
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::progress;
use crate::run::Run;
use crate::settings;
use crate::snapshots::{self, Finder};
use producer::{Input, Producer};
use summary::Ended;
use watch::BackupWatch;

/// What a backup is made of.
enum Source {
    Files(Vec<PathBuf>),
    Stream { input: Input, name: PathBuf },
}

pub fn backup(run: &Run, args: &Backup) -> anyhow::Result<ExitCode> {
    let begun = (Instant::now(), Timestamp::now());
    check_arguments(args)?;
    let files = if is_stream(args) { Vec::new() } else { sources::targets(args)? };
    let mut options = options(run, args)?;
    let writer_options = writing::options(&args.writing)?;
    let repository = run.open()?;
    let host = args.snapshot.host.clone().unwrap_or_else(settings::host_name);
    // The lock first: what is read from here on cannot be pruned away.
    let lock = if args.dry_run { None } else { Some(run.lock_to_write(&repository)?) };
    let _reading = if args.dry_run { run.lock_for_reading(&repository)? } else { None };
    let paths = noted_paths(args, &files);
    let parent = parent(args, &repository, &host, &paths)?;
    options.parent_started = parent.as_ref().map(started);
    let source = match is_stream(args) {
        false => Source::Files(files),
        true => stream(run, args)?,
    };
    let writer = lock.map(|lock| repository.writer(lock, writer_options)).transpose()?;
    let dry_run = DryRunSink::new(&repository);
    if args.dry_run {
        // It asks the index, which a writer would have loaded.
        repository.index()?;
    }
    let sink: &dyn BlobSink = writer.as_ref().map_or(&dry_run, |writer| writer);

    let progress = Progress::new();
    let chunker = Chunker::new(Polynomial::new(repository.chunker_polynomial())?);
    let watch = BackupWatch::new(&run.out, &progress);
    let work = engine::Backup {
        sink,
        source: Some(&repository),
        parent_tree: parent.as_ref().map(|parent| parent.snapshot.tree),
        cache: change_cache(args, &repository, &host)?,
        chunker: &chunker,
        options: &options,
        progress: &progress,
        observer: &watch,
        cancel: &run.cancel,
    };
    let result = progress::watch(&run.out, &watch, || perform(work, source, begun.1));
    let mut report = match result {
        Ok(report) => report,
        Err(error) => {
            keep_what_is_stored(writer);
            return Err(error);
        }
    };
    let unchanged = parent.as_ref().is_some_and(|parent| parent.snapshot.tree == report.tree);
    let mut id = None;
    if let Some(writer) = writer
        && !(args.snapshot.skip_if_unchanged && unchanged)
    {
        let snapshot = snapshot(args, &report, host, paths, parent.as_ref(), begun.1);
        id = Some(writer.commit(&snapshot)?);
        if let Some(cache) = report.cache.take()
            && let Err(error) =
                repository.index_ids().map_err(anyhow::Error::new).and_then(|ids| Ok(cache.publish(&ids)?))
        {
            tracing::warn!(%error, "the next backup will be slower: the change cache was not kept");
        }
    }
    end(run, args, &report, id, parent.map(|parent| parent.id), begun)
}

fn is_stream(args: &Backup) -> bool {
    args.stdin.stdin || args.stdin.stdin_from_command
}

fn check_arguments(args: &Backup) -> anyhow::Result<()> {
    let lists = &args.files_from;
    let any_list =
        !(lists.files_from.is_empty() && lists.files_from_verbatim.is_empty() && lists.files_from_raw.is_empty());
    if args.stdin.stdin && !args.paths.is_empty() {
        return Err(Failure::usage("--stdin takes no paths")
            .hint("for a command write --stdin-from-command -- CMD")
            .into());
    }
    if is_stream(args) && any_list {
        return Err(Failure::usage("--files-from does not go together with data from a pipe or a command").into());
    }
    if args.stdin.stdin_from_command && args.paths.is_empty() {
        return Err(Failure::usage("--stdin-from-command needs a command")
            .hint("write it behind two dashes: rempart backup --stdin-from-command -- pg_dump mydb")
            .into());
    }
    Ok(())
}

fn options(run: &Run, args: &Backup) -> anyhow::Result<Options> {
    let changes = match &args.changes {
        changes if changes.force => ChangeDetection::Force,
        changes if changes.ignore_inode => ChangeDetection::IgnoreInode,
        changes if changes.ignore_ctime => ChangeDetection::IgnoreCtime,
        _ => ChangeDetection::Full,
    };
    Ok(Options {
        excludes: excludes::excludes(args)?,
        compression: match writing::compression(&args.writing)? {
            Compression::Auto => engine::Compression::Auto,
            Compression::Off => engine::Compression::Off,
            Compression::Fast => engine::Compression::Fast,
            Compression::Max => engine::Compression::Max,
        },
        changes,
        with_atime: args.with_atime,
        read_concurrency: read_concurrency(args)?,
        track_current_files: progress::is_shown(&run.out),
        ..Options::default()
    })
}

fn read_concurrency(args: &Backup) -> anyhow::Result<Option<NonZeroUsize>> {
    if let Some(number) = args.read_concurrency {
        return Ok(NonZeroUsize::new(usize::from(number)));
    }
    let Some((text, name)) = environment::READ_CONCURRENCY.find() else { return Ok(None) };
    let number = text.to_str().and_then(|text| text.parse::<u16>().ok()).filter(|number| (1..=256).contains(number));
    let number = number.ok_or_else(|| Failure::usage(format!("{name} is no number of threads: write 1 to 256")))?;
    Ok(NonZeroUsize::new(usize::from(number)))
}

/// The paths that the snapshot notes, and by which the next run finds its parent.
fn noted_paths(args: &Backup, files: &[PathBuf]) -> Vec<String> {
    if is_stream(args) {
        return vec![snapshots::absolute(Path::new("/").join(&args.stdin.stdin_filename))];
    }
    let mut paths: Vec<String> = Vec::new();
    for file in files {
        let path = snapshots::absolute(file);
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    paths
}

/// The snapshot to compare with: the one that is named, or the newest of the same host and paths.
fn parent(
    args: &Backup,
    repository: &Repository,
    host: &str,
    paths: &[String],
) -> anyhow::Result<Option<StoredSnapshot>> {
    if args.changes.force {
        return Ok(None);
    }
    if let Some(name) = &args.changes.parent {
        return Finder::unfiltered(repository).one(name).map(Some);
    }
    let sorted = |paths: &[String]| {
        let mut sorted = paths.to_vec();
        sorted.sort();
        sorted
    };
    let wanted = sorted(paths);
    // A snapshot that cannot be read is no parent, and no reason to make no backup.
    let (snapshots, _) = repository.snapshots_lenient()?;
    let not_later = |snapshot: &Snapshot| args.snapshot.time.is_none_or(|time| snapshot.time.instant <= time);
    Ok(snapshots.into_iter().rev().find(|stored| {
        let snapshot = &stored.snapshot;
        snapshot.hostname == host && not_later(snapshot) && sorted(&snapshot.paths) == wanted
    }))
}

fn started(parent: &StoredSnapshot) -> FileTime {
    let snapshot = &parent.snapshot;
    file_time(snapshot.summary.as_ref().map_or(snapshot.time.instant, |summary| summary.backup_start.instant))
}

fn file_time(instant: Timestamp) -> FileTime {
    let nanoseconds = instant.as_nanosecond().rem_euclid(1_000_000_000);
    FileTime {
        seconds: instant.as_nanosecond().div_euclid(1_000_000_000) as i64,
        nanoseconds: u32::try_from(nanoseconds).unwrap_or(0),
    }
}

fn change_cache(args: &Backup, repository: &Repository, host: &str) -> anyhow::Result<Option<ChangeCacheLocation>> {
    // A parent that was named is what the user wants to compare with, and not the last run.
    let Some(directory) = repository.cache_dir().filter(|_| args.changes.parent.is_none()) else { return Ok(None) };
    Ok(Some(ChangeCacheLocation {
        directory: directory.join("changes"),
        scope: host.as_bytes().to_vec(),
        index_ids: repository.index_ids()?,
    }))
}

fn stream(run: &Run, args: &Backup) -> anyhow::Result<Source> {
    let input = if args.stdin.stdin_from_command {
        Input::Command(Producer::start(&args.paths, run.cancel.clone())?)
    } else {
        Input::stdin(run.cancel.clone())
    };
    Ok(Source::Stream { input, name: PathBuf::from(&args.stdin.stdin_filename) })
}

fn perform(work: engine::Backup<'_>, source: Source, begun: Timestamp) -> anyhow::Result<Report> {
    match source {
        Source::Files(files) => Ok(engine::run(work, &files)?),
        Source::Stream { mut input, name } => {
            let stream = Stream { name: &name, modified: file_time(begun), reader: &mut input };
            let result = engine::run_stream(work, stream);
            // That the command failed says more than that the stream broke off.
            input.failure()?;
            Ok(result?)
        }
    }
}

/// A run that was stopped leaves what it stored in the index, so that the next one need not store it again.
fn keep_what_is_stored(writer: Option<Writer>) {
    if let Some(Err(error)) = writer.map(Writer::finish) {
        tracing::info!(%error, "what was stored before the failure is not in the index");
    }
}

fn snapshot(
    args: &Backup,
    report: &Report,
    host: String,
    paths: Vec<String>,
    parent: Option<&StoredSnapshot>,
    begun: Timestamp,
) -> Snapshot {
    let zone = LocalZone::system();
    Snapshot {
        parent: parent.map(|parent| parent.id),
        paths,
        hostname: host,
        username: settings::user_name(),
        uid: rustix::process::getuid().as_raw(),
        gid: rustix::process::getgid().as_raw(),
        excludes: excludes::noted(&args.excludes),
        tags: snapshots::all_tags(&args.snapshot.tags),
        program_version: Some(concat!("rempart ", env!("CARGO_PKG_VERSION")).to_owned()),
        summary: Some(report.summary.in_snapshot(WallTime::new(begun, &zone), WallTime::now(&zone))),
        ..Snapshot::new(report.tree, WallTime::new(args.snapshot.time.unwrap_or(begun), &zone))
    }
}

fn end(
    run: &Run,
    args: &Backup,
    report: &Report,
    snapshot: Option<SnapshotId>,
    parent: Option<SnapshotId>,
    begun: (Instant, Timestamp),
) -> anyhow::Result<ExitCode> {
    let ended = Ended {
        counts: &report.summary,
        snapshot,
        parent,
        problems: report.problems_count,
        dry_run: args.dry_run,
        seconds: begun.0.elapsed().as_secs_f64(),
        backup_start: begun.1,
        backup_end: Timestamp::now(),
    };
    ended.tell(run)?;
    Ok(if report.problems_count > 0 { ExitCode::BackupIncomplete } else { ExitCode::Success })
}
