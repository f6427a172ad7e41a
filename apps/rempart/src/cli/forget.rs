//! `rempart forget`.

use clap::Args;
use rempart_policy::Keep;

use super::maintain::PruneLimits;
use super::select::SnapshotFilter;
use super::values;

#[derive(Debug, Args)]
#[command(after_help = "A snapshot is kept when any rule keeps it. Durations are written as in 2y5m7d3h.\n\
    Example: rempart forget --keep-daily 7 --keep-weekly 5 --keep-monthly 12 --prune")]
pub struct Forget {
    /// Snapshots to remove, whatever the rules (an id, its beginning, or latest)
    #[arg(value_name = "SNAPSHOT")]
    pub snapshots: Vec<String>,
    #[command(flatten, next_help_heading = "What to keep, in each group")]
    pub keep: KeepRules,
    /// What makes a group: host, paths, tags, separated by commas; empty for one group of all
    #[arg(long, value_name = "BY", default_value = "host,paths")]
    pub group_by: String,
    /// Say what each rule keeps, remove nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
    /// Free the space as well
    #[arg(long)]
    pub prune: bool,
    #[command(flatten)]
    pub limits: PruneLimits,
    #[command(flatten)]
    pub filter: SnapshotFilter,
}

#[derive(Debug, Args)]
pub struct KeepRules {
    /// Keep the last N snapshots; N may be unlimited, here and below
    #[arg(short = 'l', long, value_name = "N", value_parser = values::keep)]
    pub keep_last: Option<Keep>,
    /// Keep the last snapshot of each of the last N hours that have one
    #[arg(long, value_name = "N", value_parser = values::keep)]
    pub keep_hourly: Option<Keep>,
    /// … days
    #[arg(short = 'd', long, value_name = "N", value_parser = values::keep)]
    pub keep_daily: Option<Keep>,
    /// … weeks
    #[arg(short = 'w', long, value_name = "N", value_parser = values::keep)]
    pub keep_weekly: Option<Keep>,
    /// … months
    #[arg(short = 'm', long, value_name = "N", value_parser = values::keep)]
    pub keep_monthly: Option<Keep>,
    /// … quarters
    #[arg(long, value_name = "N", value_parser = values::keep)]
    pub keep_quarterly: Option<Keep>,
    /// … years
    #[arg(short = 'y', long, value_name = "N", value_parser = values::keep)]
    pub keep_yearly: Option<Keep>,
    /// Keep everything within this duration of the newest
    #[arg(long, value_name = "DURATION")]
    pub keep_within: Option<String>,
    /// Keep the hourly snapshots within this duration of the newest
    #[arg(long, value_name = "DURATION")]
    pub keep_within_hourly: Option<String>,
    /// … daily
    #[arg(long, value_name = "DURATION")]
    pub keep_within_daily: Option<String>,
    /// … weekly
    #[arg(long, value_name = "DURATION")]
    pub keep_within_weekly: Option<String>,
    /// … monthly
    #[arg(long, value_name = "DURATION")]
    pub keep_within_monthly: Option<String>,
    /// … quarterly
    #[arg(long, value_name = "DURATION")]
    pub keep_within_quarterly: Option<String>,
    /// … yearly
    #[arg(long, value_name = "DURATION")]
    pub keep_within_yearly: Option<String>,
    /// Keep snapshots that have all of these tags (may be given several times)
    #[arg(long, value_name = "TAG[,TAG…]")]
    pub keep_tag: Vec<String>,
}
