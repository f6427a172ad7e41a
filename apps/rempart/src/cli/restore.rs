//! `rempart restore`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use super::select::{Excludes, Includes, SnapshotFilter};

#[derive(Debug, Args)]
#[command(
    after_help = "An interrupted restore is continued by running it again: what is already there and right is not fetched."
)]
pub struct Restore {
    /// SNAPSHOT[:PATH]: an id, its beginning, latest or latest~2; with :PATH only what is below it
    #[arg(value_name = "SNAPSHOT[:PATH]")]
    pub snapshot: OsString,
    /// The folder to restore into
    #[arg(short, long, value_name = "DIR", conflicts_with = "in_place", required_unless_present = "in_place")]
    pub target: Option<PathBuf>,
    /// Restore to where the files came from
    #[arg(long)]
    pub in_place: bool,
    #[command(flatten, next_help_heading = "Which files")]
    pub includes: Includes,
    #[command(flatten, next_help_heading = "Which files")]
    pub excludes: Excludes,
    /// What to do with files that are there already
    #[arg(long, value_enum, value_name = "WHEN", default_value = "always")]
    pub overwrite: Overwrite,
    /// Delete what is below the restored folders in the target but not in the snapshot. Look at --dry-run first
    #[arg(long)]
    pub delete: bool,
    /// List what would happen, change nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
    /// Read every restored file again and compare it
    #[arg(long)]
    pub verify: bool,
    /// Write runs of zeros as holes
    #[arg(long)]
    pub sparse: bool,
    /// Everything belongs to who runs the restore
    #[arg(long)]
    pub no_ownership: bool,
    /// Set owners and groups by their names on this machine, not by the numbers in the snapshot
    #[arg(long, conflicts_with = "no_ownership")]
    pub owner_by_name: bool,
    #[command(flatten)]
    pub filter: SnapshotFilter,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Overwrite {
    /// replace what differs, comparing content
    Always,
    /// as always, but trust equal size and modification time
    IfChanged,
    /// replace files that are older than the snapshot's
    IfNewer,
    /// touch nothing that is there
    Never,
}
