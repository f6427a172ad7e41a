//! Which snapshots a command means, and which files.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

/// Filters that snapshots must pass.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Which snapshots")]
pub struct SnapshotFilter {
    /// Only snapshots of this host (may be given several times)
    #[arg(short = 'H', long = "host", value_name = "HOST")]
    pub hosts: Vec<String>,
    /// Only snapshots that have all of these tags, separated by commas (given several times: any of the lists)
    #[arg(long = "tag", value_name = "TAG[,TAG…]")]
    pub tags: Vec<String>,
    /// Only snapshots that include this absolute path (given several times: all of them)
    #[arg(long = "path", value_name = "PATH")]
    pub paths: Vec<OsString>,
}

/// Patterns that leave files out or pick them.
#[derive(Debug, Clone, Default, Args)]
pub struct Excludes {
    /// Leave out what matches this pattern, as in .gitignore (may be given several times)
    #[arg(short = 'e', long = "exclude", value_name = "PATTERN")]
    pub exclude: Vec<OsString>,
    /// Same, whatever the case of the letters
    #[arg(long, value_name = "PATTERN")]
    pub iexclude: Vec<OsString>,
    /// Read patterns to leave out from this file, one a line
    #[arg(long, value_name = "FILE")]
    pub exclude_file: Vec<PathBuf>,
    /// Same, whatever the case of the letters
    #[arg(long, value_name = "FILE")]
    pub iexclude_file: Vec<PathBuf>,
}

/// Patterns that pick files.
#[derive(Debug, Clone, Default, Args)]
pub struct Includes {
    /// Take only what matches this pattern (may be given several times)
    #[arg(short = 'i', long = "include", value_name = "PATTERN")]
    pub include: Vec<OsString>,
    /// Same, whatever the case of the letters
    #[arg(long, value_name = "PATTERN")]
    pub iinclude: Vec<OsString>,
    /// Read patterns to take from this file, one a line
    #[arg(long, value_name = "FILE")]
    pub include_file: Vec<PathBuf>,
    /// Same, whatever the case of the letters
    #[arg(long, value_name = "FILE")]
    pub iinclude_file: Vec<PathBuf>,
}

/// How new data is written.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Writing")]
pub struct Writing {
    /// How hard to compress new data [default: auto]
    #[arg(long, value_enum, value_name = "HOW")]
    pub compression: Option<Compression>,
    /// Target size of a pack in MiB, 4 to 128 [default: 16]
    #[arg(long, value_name = "MIB", value_parser = clap::value_parser!(u32).range(4..=128))]
    pub pack_size: Option<u32>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Compression {
    /// zstd 3 where it gains
    #[default]
    Auto,
    /// none for data; folders are always compressed
    Off,
    /// zstd 1
    Fast,
    /// zstd at its strongest useful level
    Max,
}
