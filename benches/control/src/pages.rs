//! How long a page of each list takes, at random depths.

use std::time::{Duration, Instant};

use anyhow::Result;
use rempart_catalog::{Catalog, JobFilter, PageRequest, PlanFilter, RunFilter};
use rempart_model::{JobKind, JobState, PlanId, RepoId, RunState, ServerId};

use crate::fill::{PLANS, RUNS, SERVERS};
use crate::say;

const PAGES: u64 = 200;
const ROWS: u32 = 50;

/// What is looked for, and the filter that a seed gives.
type Case<F> = (&'static str, fn(u64) -> F);

/// A number that looks drawn, and is the same in every run of the bench.
fn draw(seed: u64, below: i64) -> i64 {
    let mixed = (seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ((mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 33) as i64 % below
}

/// A cursor into the list of that sort, as if the page before had ended at `key`.
fn deep(sort: &str, key: i64) -> PageRequest {
    let json = format!("[\"{sort}\",{key}]");
    PageRequest { limit: ROWS, cursor: Some(json.bytes().map(|byte| format!("{byte:02x}")).collect()) }
}

pub async fn measure(catalog: &Catalog, database: &str) -> Result<()> {
    let newest = |seed: u64| {
        if seed.is_multiple_of(2) { PageRequest::first(ROWS) } else { deep("newest", draw(seed, RUNS) + 1) }
    };
    let runs: [Case<RunFilter>; 6] = [
        ("runs", |_| RunFilter::default()),
        ("runs of a plan", |seed| RunFilter {
            plan_id: Some(PlanId::new(draw(seed, PLANS) + 1)),
            ..RunFilter::default()
        }),
        ("runs of a server that failed", |seed| RunFilter {
            server_id: Some(ServerId::new(draw(seed, SERVERS) + 1)),
            states: vec![RunState::Failed],
            ..RunFilter::default()
        }),
        ("runs that failed", |_| RunFilter { states: vec![RunState::Failed], ..RunFilter::default() }),
        ("runs at work", |_| RunFilter { states: vec![RunState::Queued, RunState::Running], ..RunFilter::default() }),
        ("runs, searched by name", |seed| RunFilter {
            text: Some(format!("an {}", draw(seed, 50))),
            ..RunFilter::default()
        }),
    ];
    for (what, filter) in runs {
        let mut times = Vec::new();
        for seed in 0..PAGES {
            let began = Instant::now();
            let page = catalog.runs(&filter(seed), &newest(seed)).await?;
            times.push(began.elapsed());
            std::hint::black_box(page);
        }
        report(database, what, times);
    }
    let jobs: [Case<JobFilter>; 4] = [
        ("jobs", |_| JobFilter::default()),
        ("jobs of a repository", |seed| JobFilter {
            repository_id: Some(RepoId::new(draw(seed, SERVERS) + 1)),
            ..JobFilter::default()
        }),
        ("jobs that failed", |_| JobFilter { states: vec![JobState::Failed], ..JobFilter::default() }),
        ("jobs of a rare kind", |_| JobFilter { kind: Some(JobKind::Prune), ..JobFilter::default() }),
    ];
    for (what, filter) in jobs {
        let mut times = Vec::new();
        for seed in 0..PAGES {
            let began = Instant::now();
            let page = catalog.jobs(&filter(seed), &newest(seed)).await?;
            times.push(began.elapsed());
            std::hint::black_box(page);
        }
        report(database, what, times);
    }
    let mut times = Vec::new();
    for seed in 0..PAGES {
        let filter =
            PlanFilter { text: (seed % 2 == 0).then(|| format!("{}", draw(seed, 50))), ..PlanFilter::default() };
        let began = Instant::now();
        std::hint::black_box(catalog.plans(&filter, &PageRequest::first(ROWS)).await?);
        times.push(began.elapsed());
    }
    report(database, "plans", times);
    Ok(())
}

fn report(database: &str, what: &str, mut times: Vec<Duration>) {
    times.sort();
    let ms = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    say(database, &format!("a page of {what}"), &format!("p50 {:.1} ms, p95 {:.1} ms", ms(0.5), ms(0.95)));
}
