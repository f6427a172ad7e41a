//! `forget`: removes snapshots by rules or by name. The rules themselves are `policy`'s.

use std::collections::HashMap;

use anyhow::Context as _;
use jiff::tz::TimeZone;
use rempart_model::SnapshotId;
use rempart_policy::{Decision, GroupBy, GroupKey, Period, RetentionPolicy, Within};
use rempart_repository::{LockMode, PendingLock, PrunePlan, Repository, StoredSnapshot};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::cli::forget::{Forget, KeepRules};
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::output::{human, snapshots as show};
use crate::run::Run;
use crate::snapshots::{Finder, split_tags};

/// A line of `--json`; the fields are those of restic's groups.
#[derive(Serialize)]
struct GroupLine<'a> {
    host: Option<&'a str>,
    paths: Option<&'a [String]>,
    tags: Option<&'a [String]>,
    keep: Vec<Box<RawValue>>,
    remove: Vec<Box<RawValue>>,
    reasons: Vec<ReasonLine>,
}

#[derive(Serialize)]
struct ReasonLine {
    snapshot: Box<RawValue>,
    matches: Vec<String>,
}

#[derive(Serialize)]
struct Summary {
    dry_run: bool,
    kept: usize,
    removed: usize,
}

/// What is to be done, shown before it is done.
#[derive(Default)]
struct Plan {
    kept: usize,
    remove: Vec<SnapshotId>,
}

pub fn forget(run: &Run, args: &Forget) -> anyhow::Result<ExitCode> {
    let by = group_by(&args.group_by)?;
    let policy = policy(&args.keep)?;
    if args.snapshots.is_empty() && policy.is_empty() {
        return Err(Failure::usage("no rule says what to keep, so every snapshot would go; nothing was removed")
            .hint("give a rule such as --keep-daily 7, or name the snapshots to remove")
            .into());
    }
    if !args.snapshots.is_empty() && !policy.is_empty() {
        return Err(Failure::usage("snapshots to remove and rules for what to keep exclude each other").into());
    }
    let repository = run.open()?;
    // A dry run only reads.
    let mode = if args.dry_run { LockMode::Shared } else { LockMode::Exclusive };
    // While the lock settles, it is worked out what there is to do. What is found by then, be it an error, counts only if
    // the repository is still the same once the lock is certain.
    let pending = run.begin_lock(&repository, mode)?;
    let early = Job::plan(run, args, &repository, by, &policy).and_then(|job| job.begin(args, &pending, &repository));
    run.check_canceled()?;
    let lock = run.confirm(&repository, pending, mode)?;
    let job = match early {
        Ok(job) if job.is_current(&repository)? => job,
        early => {
            drop(early);
            Job::plan(run, args, &repository, by, &policy)?
        }
    };
    for group in &job.groups {
        show_group(run, group, &job.snapshots)?;
    }
    run.check_canceled()?;
    let plan = job.plan;
    if !args.dry_run {
        repository.remove_snapshots(&lock, &plan.remove)?;
    }
    tell(run, args, &plan)?;
    if let Some(prune) = job.prune {
        return super::prune::execute(run, &repository, lock, prune, args.dry_run);
    }
    lock.release()?;
    Ok(ExitCode::Success)
}

/// All that one look at the repository says.
struct Job {
    /// Every snapshot there is, ascending: what the rest was worked out from.
    seen: Vec<SnapshotId>,
    snapshots: HashMap<SnapshotId, StoredSnapshot>,
    groups: Vec<Group>,
    plan: Plan,
    prune: Option<PrunePlan>,
}

struct Group {
    key: GroupKey,
    /// Oldest first, as `snapshots` shows them.
    decisions: Vec<Decision>,
}

impl Job {
    fn plan(
        run: &Run,
        args: &Forget,
        repository: &Repository,
        by: GroupBy,
        policy: &RetentionPolicy,
    ) -> anyhow::Result<Self> {
        let seen = repository.snapshot_ids()?;
        let snapshots = Finder::new(repository, &args.filter).many(&args.snapshots)?;
        let (groups, plan) = if args.snapshots.is_empty() {
            plan_by_rules(&snapshots, by, policy)?
        } else {
            (Vec::new(), Plan { kept: 0, remove: snapshots.iter().map(|stored| stored.id).collect() })
        };
        let prune = match args.prune {
            true => Some(super::prune::plan(run, repository, &plan.remove, &args.limits)?),
            false => None,
        };
        let snapshots = snapshots.into_iter().map(|stored| (stored.id, stored)).collect();
        Ok(Self { seen, snapshots, groups, plan, prune })
    }

    /// Begins to copy what a prune is going to repack.
    fn begin(mut self, args: &Forget, pending: &PendingLock, repository: &Repository) -> anyhow::Result<Self> {
        if let Some(plan) = self.prune.take() {
            self.prune = Some(if args.dry_run { plan } else { super::prune::begin(plan, pending, repository)? });
        }
        Ok(self)
    }

    fn is_current(&self, repository: &Repository) -> anyhow::Result<bool> {
        let same_snapshots = repository.snapshot_ids()? == self.seen;
        Ok(same_snapshots && self.prune.as_ref().map_or(Ok(true), |plan| plan.is_current(repository))?)
    }
}

fn tell(run: &Run, args: &Forget, plan: &Plan) -> anyhow::Result<()> {
    let removed = plan.remove.len();
    if run.out.is_json() {
        return run.out.message("summary", Summary { dry_run: args.dry_run, kept: plan.kept, removed });
    }
    let count = human::count(removed as u64, "snapshot");
    match (args.dry_run, removed) {
        (_, 0) => run.out.line("nothing to remove"),
        (true, _) => run.out.line(format!("would remove {count}; this is a dry run, nothing was changed")),
        (false, _) => {
            run.out.line(format!("removed {count}"))?;
            if !args.prune {
                run.out.note("`rempart prune` frees the space");
            }
            Ok(())
        }
    }
}

fn plan_by_rules(
    snapshots: &[StoredSnapshot],
    by: GroupBy,
    policy: &RetentionPolicy,
) -> anyhow::Result<(Vec<Group>, Plan)> {
    let zone = TimeZone::system();
    let facts: Vec<_> = snapshots.iter().map(show::facts).collect();
    let (mut groups, mut plan) = (Vec::new(), Plan::default());
    for group in rempart_policy::group(&facts, by) {
        let mut decisions = rempart_policy::retain(policy, &group.members, &zone)?;
        decisions.reverse();
        plan.kept += decisions.iter().filter(|decision| decision.is_kept()).count();
        plan.remove.extend(decisions.iter().filter(|decision| !decision.is_kept()).map(|decision| decision.id));
        groups.push(Group { key: group.key, decisions });
    }
    Ok((groups, plan))
}

fn show_group(run: &Run, group: &Group, by_id: &HashMap<SnapshotId, StoredSnapshot>) -> anyhow::Result<()> {
    let Group { key, decisions } = group;
    let stored = |decision: &&Decision| by_id.get(&decision.id);
    let kept = || decisions.iter().filter(|decision| decision.is_kept());
    let removed = || decisions.iter().filter(|decision| !decision.is_kept());
    let matches = |decision: &Decision| decision.reasons.iter().map(ToString::to_string).collect::<Vec<_>>();
    if run.out.is_json() {
        let json = |decision: &Decision| by_id.get(&decision.id).map(|stored| show::as_json(stored, None));
        return run.out.message(
            "group",
            GroupLine {
                host: key.host.as_deref(),
                paths: key.paths.as_deref(),
                tags: key.tags.as_deref(),
                keep: kept().filter_map(json).collect(),
                remove: removed().filter_map(json).collect(),
                reasons: kept()
                    .filter_map(|decision| Some(ReasonLine { snapshot: json(decision)?, matches: matches(decision) }))
                    .collect(),
            },
        );
    }
    if run.global.quiet {
        return Ok(());
    }
    run.out.line(format!("{}:", show::group_title(key)))?;
    let reasons: Vec<String> = kept().map(|decision| matches(decision).join("\n")).collect();
    let kept: Vec<_> = kept().filter_map(|decision| stored(&decision)).collect();
    let removed: Vec<_> = removed().filter_map(|decision| stored(&decision)).collect();
    for (title, snapshots, reasons) in [("keep", kept, Some(reasons.as_slice())), ("remove", removed, None)] {
        if snapshots.is_empty() {
            continue;
        }
        run.out.line(format!("{title} {}:", human::count(snapshots.len() as u64, "snapshot")))?;
        for line in show::table(&snapshots, false, reasons).lines() {
            run.out.line(line)?;
        }
    }
    run.out.line("")
}

pub fn group_by(text: &str) -> anyhow::Result<GroupBy> {
    text.parse().context(Failure::usage("--group-by cannot be understood"))
}

fn policy(keep: &KeepRules) -> anyhow::Result<RetentionPolicy> {
    let span = |text: &Option<String>| -> anyhow::Result<Option<Within>> {
        text.as_deref().map(str::parse).transpose().context(Failure::usage("a --keep-within rule cannot be understood"))
    };
    let mut within_each = Vec::new();
    for (period, text) in [
        (Period::Hourly, &keep.keep_within_hourly),
        (Period::Daily, &keep.keep_within_daily),
        (Period::Weekly, &keep.keep_within_weekly),
        (Period::Monthly, &keep.keep_within_monthly),
        (Period::Quarterly, &keep.keep_within_quarterly),
        (Period::Yearly, &keep.keep_within_yearly),
    ] {
        within_each.extend(span(text)?.map(|within| (period, within)));
    }
    Ok(RetentionPolicy {
        last: keep.keep_last.unwrap_or_default(),
        hourly: keep.keep_hourly.unwrap_or_default(),
        daily: keep.keep_daily.unwrap_or_default(),
        weekly: keep.keep_weekly.unwrap_or_default(),
        monthly: keep.keep_monthly.unwrap_or_default(),
        quarterly: keep.keep_quarterly.unwrap_or_default(),
        yearly: keep.keep_yearly.unwrap_or_default(),
        within: span(&keep.keep_within)?,
        within_each,
        tags: keep.keep_tag.iter().map(|list| split_tags(list)).collect(),
    })
}
