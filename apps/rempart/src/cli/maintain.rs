//! Commands that change or examine the repository as a whole.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use rempart_repository::{Limit, ReadData};

use super::select::{SnapshotFilter, Writing};
use super::values::{self, SizeBytes, WaitSeconds};

#[derive(Debug, Args)]
pub struct Init {
    /// Use the chunker parameters of the --from-repo repository, so that copies deduplicate
    #[arg(long)]
    pub copy_chunker_params: bool,
    #[command(flatten)]
    pub from: From,
}

/// Another repository, to copy from.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "The other repository")]
pub struct From {
    /// Where the other repository is
    #[arg(long, value_name = "PLACE")]
    pub from_repo: Option<std::ffi::OsString>,
    /// Read its place from this file
    #[arg(long, value_name = "FILE", conflicts_with = "from_repo")]
    pub from_repository_file: Option<PathBuf>,
    /// Read its password from this file
    #[arg(long, value_name = "FILE")]
    pub from_password_file: Option<PathBuf>,
    /// Read its password from what this command prints
    #[arg(long, value_name = "COMMAND", conflicts_with = "from_password_file")]
    pub from_password_command: Option<std::ffi::OsString>,
}

impl From {
    /// Whether the command line names another repository.
    #[must_use]
    pub fn is_given(&self) -> bool {
        self.from_repo.is_some() || self.from_repository_file.is_some()
    }
}

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Limits of pruning")]
pub struct PruneLimits {
    /// Unused space that may stay: a share of the repository, a size, or unlimited
    #[arg(long, value_name = "LIMIT", default_value = "5%")]
    pub max_unused: Limit,
    /// Rewrite no more than this
    #[arg(long, value_name = "SIZE", value_parser = values::size)]
    pub max_repack_size: Option<SizeBytes>,
    /// Also rewrite packs that are smaller than four fifths of the target size
    #[arg(long)]
    pub repack_small: bool,
    /// Begin no new rewriting after this long, as in 30m; what is left is done next time
    #[arg(long, value_name = "DURATION", value_parser = values::wait)]
    pub time_limit: Option<WaitSeconds>,
}

#[derive(Debug, Args)]
pub struct Prune {
    #[command(flatten)]
    pub limits: PruneLimits,
    /// Show the plan, change nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
}

#[derive(Debug, Args)]
pub struct Check {
    /// Read all data and verify it
    #[arg(long)]
    pub read_data: bool,
    /// Read a part of the data: 1/7 (the first of seven parts), 5% or 2G
    #[arg(long, value_name = "SUBSET", conflicts_with = "read_data")]
    pub read_data_subset: Option<ReadData>,
}

#[derive(Debug, Subcommand)]
pub enum Repair {
    /// Build the index anew from the packs
    Index(RepairIndex),
    /// Save what is sound of damaged packs into new ones, and remove the damaged
    Packs(RepairPacks),
    /// Write snapshots anew without the files whose data is lost
    Snapshots(RepairSnapshots),
}

#[derive(Debug, Args)]
pub struct RepairIndex {
    /// Read every pack's header, also of packs the index lists
    #[arg(long)]
    pub read_all_packs: bool,
    /// Show what would be done, change nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
}

#[derive(Debug, Args)]
pub struct RepairPacks {
    /// The damaged packs, as `rempart check --read-data` names them
    #[arg(value_name = "PACK", required = true)]
    pub packs: Vec<rempart_model::PackId>,
}

#[derive(Debug, Args)]
pub struct RepairSnapshots {
    /// The snapshots to repair [default: all]
    #[arg(value_name = "SNAPSHOT")]
    pub snapshots: Vec<String>,
    /// Remove the damaged originals
    #[arg(long)]
    pub forget: bool,
    /// Show what would be done, change nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub filter: SnapshotFilter,
}

#[derive(Debug, Args)]
pub struct Copy {
    /// The snapshots to copy [default: all]
    #[arg(value_name = "SNAPSHOT")]
    pub snapshots: Vec<String>,
    /// Say what would be copied, copy nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub from: From,
    #[command(flatten)]
    pub writing: Writing,
    #[command(flatten)]
    pub filter: SnapshotFilter,
}

#[derive(Debug, Args)]
pub struct Tag {
    /// The snapshots to change [default: all that pass the filters]
    #[arg(value_name = "SNAPSHOT")]
    pub snapshots: Vec<String>,
    /// Add these tags, separated by commas
    #[arg(long, value_name = "TAG[,TAG…]")]
    pub add: Vec<String>,
    /// Remove these tags
    #[arg(long, value_name = "TAG[,TAG…]")]
    pub remove: Vec<String>,
    /// Set the tags to exactly these
    #[arg(long, value_name = "TAG[,TAG…]", conflicts_with_all = ["add", "remove"])]
    pub set: Vec<String>,
    #[command(flatten)]
    pub filter: SnapshotFilter,
}

#[derive(Debug, Args)]
pub struct Unlock {
    /// Remove every lock, also those of processes that may be at work
    #[arg(long)]
    pub remove_all: bool,
}

#[derive(Debug, Args)]
pub struct Completions {
    /// For which shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub struct Man {
    /// Write one page per command into this folder instead
    #[arg(long, value_name = "DIR")]
    pub output_dir: Option<PathBuf>,
}
