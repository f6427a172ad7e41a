//! `snapshots`: lists them.

use std::collections::HashMap;

use rempart_policy::{GroupBy, GroupKey};
use rempart_repository::StoredSnapshot;
use serde::Serialize;

use crate::cli::browse::Snapshots;
use crate::exit_code::ExitCode;
use crate::output::{human, snapshots as show};
use crate::run::Run;
use crate::snapshots::{Filter, Finder, warn_unreadable};

#[derive(Serialize)]
struct Summary {
    snapshots: usize,
    unreadable: usize,
}

pub fn snapshots(run: &Run, args: &Snapshots) -> anyhow::Result<ExitCode> {
    let group_by: Option<GroupBy> = args.group_by.as_deref().map(super::forget::group_by).transpose()?;
    let repository = run.open()?;
    let _lock = run.lock_for_reading(&repository)?;
    let (mut snapshots, unreadable) = if args.snapshots.is_empty() {
        let filter = Filter::new(&args.filter);
        let (mut readable, unreadable) = repository.snapshots_lenient()?;
        readable.retain(|stored| filter.matches(&stored.snapshot));
        (readable, unreadable)
    } else {
        (Finder::new(&repository, &args.filter).many(&args.snapshots)?, Vec::new())
    };
    warn_unreadable(&run.out, &unreadable);
    if let Some(count) = args.latest {
        snapshots = newest_of_each(snapshots, count);
    }
    if run.out.is_json() {
        for stored in &snapshots {
            show::message(&run.out, stored)?;
        }
        run.out.message("summary", Summary { snapshots: snapshots.len(), unreadable: unreadable.len() })?;
    } else {
        for (key, members) in grouped(&snapshots, group_by) {
            if group_by.is_some() {
                run.out.line(format!("snapshots for {}:", show::group_title(&key)))?;
            }
            if !members.is_empty() {
                for line in show::table(&members, args.compact, None).lines() {
                    run.out.line(line)?;
                }
            }
            run.out.line(human::count(members.len() as u64, "snapshot"))?;
        }
    }
    Ok(if unreadable.is_empty() { ExitCode::Success } else { ExitCode::Damaged })
}

/// Groups in the order of their keys; one nameless group where none are asked for.
fn grouped(snapshots: &[StoredSnapshot], by: Option<GroupBy>) -> Vec<(GroupKey, Vec<&StoredSnapshot>)> {
    let Some(by) = by else { return vec![(GroupKey::default(), snapshots.iter().collect())] };
    let by_id: HashMap<_, _> = snapshots.iter().map(|stored| (stored.id, stored)).collect();
    let facts: Vec<_> = snapshots.iter().map(show::facts).collect();
    let members =
        |group: &rempart_policy::Group| group.members.iter().filter_map(|f| by_id.get(&f.id).copied()).collect();
    rempart_policy::group(&facts, by).into_iter().map(|group| (group.key.clone(), members(&group))).collect()
}

/// The last `count` of each host and set of paths; the order stays.
fn newest_of_each(snapshots: Vec<StoredSnapshot>, count: usize) -> Vec<StoredSnapshot> {
    let mut seen: HashMap<(String, Vec<String>), usize> = HashMap::new();
    let mut kept: Vec<StoredSnapshot> = snapshots
        .into_iter()
        .rev()
        .filter(|stored| {
            let mut paths = stored.snapshot.paths.clone();
            paths.sort();
            let number = seen.entry((stored.snapshot.hostname.clone(), paths)).or_default();
            *number += 1;
            *number <= count
        })
        .collect();
    kept.reverse();
    kept
}
