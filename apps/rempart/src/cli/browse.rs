//! Commands that only look.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use super::select::SnapshotFilter;
use super::values::{self, SizeBytes};

#[derive(Debug, Args)]
pub struct Snapshots {
    /// Only these snapshots (an id, its beginning, latest, latest~2)
    #[arg(value_name = "SNAPSHOT")]
    pub snapshots: Vec<String>,
    /// Only the newest N of each host and set of paths
    #[arg(long, value_name = "N")]
    pub latest: Option<usize>,
    /// Group by host, paths, tags, separated by commas
    #[arg(short, long, value_name = "BY")]
    pub group_by: Option<String>,
    /// Do not show paths and tags below the first
    #[arg(short, long)]
    pub compact: bool,
    #[command(flatten)]
    pub filter: SnapshotFilter,
}

#[derive(Debug, Args)]
pub struct Ls {
    /// SNAPSHOT[:PATH]
    #[arg(value_name = "SNAPSHOT[:PATH]")]
    pub snapshot: OsString,
    /// Only what is directly in these folders (with --recursive: below them) [default: everything]
    #[arg(value_name = "DIR")]
    pub dirs: Vec<OsString>,
    /// Show modes, owners, sizes and times
    #[arg(short, long)]
    pub long: bool,
    /// With DIR: everything below it
    #[arg(long)]
    pub recursive: bool,
    /// With --long: sizes with units
    #[arg(long)]
    pub human_readable: bool,
    #[command(flatten)]
    pub filter: SnapshotFilter,
}

#[derive(Debug, Args)]
pub struct Find {
    /// Patterns of names (*.log) or of whole paths (/etc/**/ssh*)
    #[arg(value_name = "PATTERN", required = true)]
    pub patterns: Vec<OsString>,
    /// Whatever the case of the letters
    #[arg(short, long)]
    pub ignore_case: bool,
    /// Only in these snapshots [default: all that pass the filters]
    #[arg(short, long = "snapshot", value_name = "SNAPSHOT")]
    pub snapshots: Vec<String>,
    /// Only files changed at this time or later
    #[arg(short = 'O', long, value_name = "TIME", value_parser = values::moment)]
    pub oldest: Option<jiff::Timestamp>,
    /// Only files changed at this time or before
    #[arg(short = 'N', long, value_name = "TIME", value_parser = values::moment)]
    pub newest: Option<jiff::Timestamp>,
    /// Only files of this size or larger
    #[arg(long, value_name = "SIZE", value_parser = values::size)]
    pub min_size: Option<SizeBytes>,
    /// Show modes, owners, sizes and times
    #[arg(short, long)]
    pub long: bool,
    #[command(flatten)]
    pub filter: SnapshotFilter,
}

#[derive(Debug, Args)]
pub struct Diff {
    /// The older one: SNAPSHOT[:PATH]
    #[arg(value_name = "SNAPSHOT[:PATH]")]
    pub before: OsString,
    /// The newer one: SNAPSHOT[:PATH]
    #[arg(value_name = "SNAPSHOT[:PATH]")]
    pub after: OsString,
    /// Also show what differs only in its metadata
    #[arg(long)]
    pub metadata: bool,
    #[command(flatten)]
    pub filter: SnapshotFilter,
}

#[derive(Debug, Args)]
pub struct Dump {
    /// SNAPSHOT[:PATH]
    #[arg(value_name = "SNAPSHOT[:PATH]")]
    pub snapshot: OsString,
    /// The file or folder to write; / for all
    #[arg(value_name = "PATH")]
    pub path: OsString,
    /// Write an archive of this kind, also of a single file [default: tar for folders]
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    pub archive: Option<DumpFormat>,
    /// Write to this file instead of the standard output
    #[arg(short, long, value_name = "FILE")]
    pub target: Option<PathBuf>,
    #[command(flatten)]
    pub filter: SnapshotFilter,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum DumpFormat {
    Tar,
    Zip,
}

#[derive(Debug, Args)]
pub struct Stats {
    /// Only these snapshots [default: all that pass the filters]
    #[arg(value_name = "SNAPSHOT")]
    pub snapshots: Vec<String>,
    /// What to count
    #[arg(long, value_enum, value_name = "MODE", default_value = "restore-size")]
    pub mode: StatsMode,
    #[command(flatten)]
    pub filter: SnapshotFilter,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum StatsMode {
    /// what a restore of each snapshot would write
    RestoreSize,
    /// files that differ in content, each once
    FilesByContents,
    /// the blobs of each path
    BlobsPerFile,
    /// what the repository stores for them
    RawData,
}

#[derive(Debug, Args)]
pub struct Cat {
    /// What kind of object
    #[arg(value_enum)]
    pub kind: CatKind,
    /// Its id, or the beginning of it; for tree also SNAPSHOT[:PATH]; nothing for config
    #[arg(value_name = "ID")]
    pub id: Option<OsString>,
    #[command(flatten)]
    pub filter: SnapshotFilter,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum CatKind {
    Config,
    Snapshot,
    Index,
    Key,
    Lock,
    Tree,
    Blob,
    Pack,
}
