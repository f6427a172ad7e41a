//! `rempart backup`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use super::select::{Excludes, Writing};
use super::values::{self, SizeBytes};

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  rempart backup /etc /home --exclude '*.cache'\n  \
    rempart backup --stdin-from-command --stdin-filename dump.sql -- pg_dumpall -U postgres\n  \
    tar c /srv | rempart backup --stdin --stdin-filename srv.tar")]
pub struct Backup {
    /// Files and folders to back up; with --stdin-from-command the command and its arguments
    #[arg(value_name = "PATH")]
    pub paths: Vec<OsString>,
    #[command(flatten, next_help_heading = "What to leave out")]
    pub excludes: Excludes,
    /// Leave out folders that hold a CACHEDIR.TAG
    #[arg(long, help_heading = "What to leave out")]
    pub exclude_caches: bool,
    /// Leave out folders that hold this file, as in NAME or NAME:BEGINNING-OF-ITS-CONTENT
    #[arg(long, value_name = "NAME[:TEXT]", help_heading = "What to leave out")]
    pub exclude_if_present: Vec<OsString>,
    /// Leave out files larger than this, as in 500M
    #[arg(long, value_name = "SIZE", value_parser = values::size, help_heading = "What to leave out")]
    pub exclude_larger_than: Option<SizeBytes>,
    /// Do not cross into other file systems
    #[arg(short = 'x', long, help_heading = "What to leave out")]
    pub one_file_system: bool,
    #[command(flatten, next_help_heading = "What to back up")]
    pub files_from: FilesFrom,
    #[command(flatten, next_help_heading = "The snapshot")]
    pub snapshot: SnapshotOptions,
    #[command(flatten, next_help_heading = "How changes are seen")]
    pub changes: Changes,
    #[command(flatten, next_help_heading = "Data from a pipe or a command")]
    pub stdin: Stdin,
    /// Also store the time of the last access
    #[arg(long)]
    pub with_atime: bool,
    /// How many files are read at once [default: as many as pay off]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub read_concurrency: Option<u16>,
    /// Read and compare, but store nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub writing: Writing,
}

#[derive(Debug, Args)]
pub struct FilesFrom {
    /// Read the paths from this file, one a line; patterns with * ? [ are expanded, lines with # are comments
    #[arg(long, value_name = "FILE")]
    pub files_from: Vec<PathBuf>,
    /// Read the paths from this file, one a line, taken as they stand
    #[arg(long, value_name = "FILE")]
    pub files_from_verbatim: Vec<PathBuf>,
    /// Read the paths from this file, each ended by a NUL byte
    #[arg(long, value_name = "FILE")]
    pub files_from_raw: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub struct SnapshotOptions {
    /// Tags for the snapshot, separated by commas (may be given several times)
    #[arg(long = "tag", value_name = "TAG[,TAG…]")]
    pub tags: Vec<String>,
    /// The host name to store [default: this machine's]
    #[arg(short = 'H', long, value_name = "HOST")]
    pub host: Option<String>,
    /// The time to store [default: now]
    #[arg(long, value_name = "TIME", value_parser = values::moment)]
    pub time: Option<jiff::Timestamp>,
    /// Store no snapshot when nothing differs from the parent
    #[arg(long)]
    pub skip_if_unchanged: bool,
}

#[derive(Debug, Args)]
pub struct Changes {
    /// Compare with this snapshot [default: the latest of the same host and paths]
    #[arg(long, value_name = "SNAPSHOT")]
    pub parent: Option<String>,
    /// Read every file, whether it changed or not
    #[arg(short, long, conflicts_with = "parent")]
    pub force: bool,
    /// Do not take a new inode number or ctime for a change
    #[arg(long)]
    pub ignore_inode: bool,
    /// Do not take a new ctime for a change
    #[arg(long)]
    pub ignore_ctime: bool,
}

#[derive(Debug, Args)]
pub struct Stdin {
    /// Back up what is piped in, as one file
    #[arg(long, conflicts_with = "stdin_from_command")]
    pub stdin: bool,
    /// Back up what the command prints, as one file; a snapshot is stored only if it exits with 0
    #[arg(long)]
    pub stdin_from_command: bool,
    /// The name of that file in the snapshot
    #[arg(long, value_name = "NAME", default_value = "stdin")]
    pub stdin_filename: OsString,
}
