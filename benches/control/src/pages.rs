//! How long a page of each list takes, at random depths.

use std::time::{Duration, Instant};

use anyhow::Result;
use jiff::Timestamp;
use rempart_catalog::{
    AuditFilter, Catalog, CatalogError, Dialect, JobFilter, PageRequest, PlanFilter, RepositoryFilter, RunFilter,
    SnapshotFilter,
};
use rempart_jobs::Limits;
use rempart_model::{JobId, JobKind, JobState, PlanId, PoolId, RepoId, RunId, RunState, ServerId};

use crate::fill::{
    AUDIT_LINES, FIRST_MS, HASH, HASH_FROM, IDLE_SERVERS, PLANS, RUN_EVERY_MS, RUNS, SERVERS, SNAPSHOT_EVERY_MS,
    SNAPSHOTS, USERS,
};
use crate::report::{Goal, Report, Spread};

/// A way to narrow a list: what it is called in the table, and the filter for the n-th asking.
type Named<F> = (&'static str, fn(u64) -> F);

const PAGES: u64 = 200;
const ROWS: u32 = 50;
const GOAL: Duration = Duration::from_millis(50);

/// A number that looks drawn, and is the same in every run of the bench.
fn draw(seed: u64, below: i64) -> i64 {
    let mixed = (seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ((mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 33) as i64 % below
}

/// The first page, and every other time one from the middle of a list of so many that is sorted by number, newest first.
fn anywhere(seed: u64, rows: i64) -> PageRequest {
    if seed.is_multiple_of(2) {
        PageRequest::first(ROWS)
    } else {
        after(&format!("[\"newest\",{}]", draw(seed, rows) + 1))
    }
}

/// As if the page before had ended at this key.
fn after(key: &str) -> PageRequest {
    PageRequest { limit: ROWS, cursor: Some(key.bytes().map(|byte| format!("{byte:02x}")).collect()) }
}

/// The time of one snapshot of those that there are.
fn taken(seed: u64) -> i64 {
    *FIRST_MS + (draw(seed, SNAPSHOTS) + 1) * SNAPSHOT_EVERY_MS
}

struct Bench<'a> {
    report: &'a mut Report,
    database: &'static str,
}

impl Bench<'_> {
    async fn pages<T>(&mut self, what: &str, page: impl AsyncFn(u64) -> Result<T, CatalogError>) -> Result<()> {
        let mut times = Vec::new();
        for seed in 0..PAGES {
            let began = Instant::now();
            std::hint::black_box(page(seed).await?);
            times.push(began.elapsed());
        }
        let Spread { p50, p95, .. } = Spread::of(times);
        let more = format!(" at p95, {:.1} ms at p50", p50.as_secs_f64() * 1e3);
        self.report.say(self.database, format!("a page of {what}"), Goal::AtMost(GOAL), p95.as_secs_f64(), &more);
        Ok(())
    }
}

pub async fn measure(catalog: &Catalog, report: &mut Report) -> Result<()> {
    let database = if catalog.dialect() == Dialect::Sqlite { "SQLite" } else { "PostgreSQL" };
    let mut bench = Bench { report, database };
    runs(catalog, &mut bench).await?;
    jobs(catalog, &mut bench).await?;
    snapshots(catalog, &mut bench).await?;
    others(catalog, &mut bench).await
}

async fn runs(catalog: &Catalog, bench: &mut Bench<'_>) -> Result<()> {
    let plan = |seed| PlanId::new(draw(seed, PLANS) + 1);
    let filters: [Named<RunFilter>; 10] = [
        ("runs", |_| RunFilter::default()),
        ("runs of a plan", |seed| RunFilter {
            plan_id: Some(PlanId::new(draw(seed, PLANS) + 1)),
            ..RunFilter::default()
        }),
        ("runs of a repository", |seed| RunFilter {
            repository_id: Some(RepoId::new(draw(seed, SERVERS) + 1)),
            ..RunFilter::default()
        }),
        ("runs of a server that failed", |seed| RunFilter {
            server_id: Some(ServerId::new(draw(seed, SERVERS) + 1)),
            states: vec![RunState::Failed],
            ..RunFilter::default()
        }),
        ("runs that failed", |_| RunFilter { states: vec![RunState::Failed], ..RunFilter::default() }),
        ("runs at work", |_| RunFilter { states: vec![RunState::Queued, RunState::Running], ..RunFilter::default() }),
        ("runs of a repository with warnings or failed", |seed| RunFilter {
            repository_id: Some(RepoId::new(draw(seed, SERVERS) + 1)),
            states: vec![RunState::Warning, RunState::Failed],
            ..RunFilter::default()
        }),
        ("runs of a plan that were canceled", |seed| RunFilter {
            plan_id: Some(PlanId::new(draw(seed, PLANS) + 1)),
            states: vec![RunState::Canceled],
            ..RunFilter::default()
        }),
        ("runs, searched by name", |seed| RunFilter {
            text: Some(format!("an {}", draw(seed, 50))),
            ..RunFilter::default()
        }),
        ("runs, searched in vain", |seed| RunFilter { text: Some(format!("no such {seed}")), ..RunFilter::default() }),
    ];
    for (what, filter) in filters {
        bench.pages(what, async |seed| catalog.runs(&filter(seed), &anywhere(seed, RUNS)).await).await?;
    }
    bench
        .pages("problems of a run", async |_| catalog.run_problems(RunId::new(1), &PageRequest::first(ROWS)).await)
        .await?;
    let since = Timestamp::from_millisecond(*FIRST_MS + (RUNS - 30 * 24 * 60) * RUN_EVERY_MS)?;
    let day = Timestamp::now() - jiff::SignedDuration::from_hours(24);
    bench.pages("runs of a day, counted by state", async |_| catalog.run_states_since(day).await).await?;
    let fifty = |seed| (0..50).map(|number| plan(seed * 50 + number)).collect::<Vec<_>>();
    bench.pages("plans' last runs", async |seed| catalog.plan_overviews(&fifty(seed)).await).await?;
    bench.pages("plans' months", async |seed| catalog.run_tallies(&fifty(seed), since).await).await
}

async fn jobs(catalog: &Catalog, bench: &mut Bench<'_>) -> Result<()> {
    let filters: [Named<JobFilter>; 8] = [
        ("jobs", |_| JobFilter::default()),
        ("jobs of a repository", |seed| JobFilter {
            repository_id: Some(RepoId::new(draw(seed, SERVERS) + 1)),
            ..JobFilter::default()
        }),
        ("jobs that failed", |_| JobFilter { states: vec![JobState::Failed], ..JobFilter::default() }),
        ("jobs of a kind that failed", |_| JobFilter {
            kind: Some(JobKind::Backup),
            states: vec![JobState::Failed],
            ..JobFilter::default()
        }),
        ("jobs of a server that were canceled", |seed| JobFilter {
            server_id: Some(ServerId::new(draw(seed, SERVERS) + 1)),
            states: vec![JobState::Canceled],
            ..JobFilter::default()
        }),
        ("jobs of a pool", |_| JobFilter { pool_id: Some(PoolId::new(1)), ..JobFilter::default() }),
        ("jobs of a rare kind", |_| JobFilter { kind: Some(JobKind::Prune), ..JobFilter::default() }),
        ("jobs that wait", |_| JobFilter { states: vec![JobState::Queued], ..JobFilter::default() }),
    ];
    for (what, filter) in filters {
        bench.pages(what, async |seed| catalog.jobs(&filter(seed), &anywhere(seed, RUNS)).await).await?;
    }
    let now = Timestamp::now();
    bench.pages("what jobs wait for", async |_| catalog.waiting_reasons(Limits::default(), now).await).await?;
    let line = |seed| Some(draw(seed, 100_000));
    bench
        .pages("a job's log", async |seed| catalog.job_log(JobId::new(draw(seed, 10) + 1), line(seed), 200).await)
        .await?;
    bench
        .pages("a worker's log", async |seed| catalog.worker_log(&format!("w{}", draw(seed, 8) + 1), None, 200).await)
        .await?;
    bench.pages("workers", async |_| catalog.workers(None, &PageRequest::first(ROWS)).await).await
}

async fn snapshots(catalog: &Catalog, bench: &mut Bench<'_>) -> Result<()> {
    let filters: [Named<SnapshotFilter>; 11] = [
        ("snapshots", |_| SnapshotFilter::default()),
        ("snapshots, oldest first", |_| SnapshotFilter { oldest_first: true, ..SnapshotFilter::default() }),
        ("snapshots of a repository", |seed| SnapshotFilter {
            repository_id: Some(RepoId::new(draw(seed, SERVERS) + 1)),
            ..SnapshotFilter::default()
        }),
        ("snapshots of a server", |seed| SnapshotFilter {
            server_id: Some(ServerId::new(draw(seed, SERVERS) + 1)),
            ..SnapshotFilter::default()
        }),
        ("snapshots of a plan", |seed| SnapshotFilter {
            plan_id: Some(PlanId::new(draw(seed, PLANS) + 1)),
            ..SnapshotFilter::default()
        }),
        ("snapshots of a plan in a repository", |seed| SnapshotFilter {
            plan_id: Some(PlanId::new(draw(seed, PLANS) + 1)),
            repository_id: Some(RepoId::new(draw(seed, SERVERS) + 1)),
            ..SnapshotFilter::default()
        }),
        ("snapshots of a year", |seed| {
            let moment = |ms| Timestamp::from_millisecond(ms).ok();
            SnapshotFilter {
                taken_from: moment(taken(seed) - 365 * 24 * 60 * 60 * 1000),
                taken_until: moment(taken(seed)),
                ..SnapshotFilter::default()
            }
        }),
        ("snapshots, searched by host", |seed| SnapshotFilter {
            text: Some(format!("server-{}", draw(seed, SERVERS) + 1)),
            ..SnapshotFilter::default()
        }),
        ("snapshots, searched by folder", |seed| SnapshotFilter {
            text: Some(format!("/srv/data-{}\"", draw(seed, PLANS) + 1)),
            ..SnapshotFilter::default()
        }),
        ("snapshots, searched by hash", |seed| SnapshotFilter {
            text: Some(format!("{HASH}{}", HASH_FROM + draw(seed, SNAPSHOTS) + 1)),
            ..SnapshotFilter::default()
        }),
        ("snapshots, searched in vain", |seed| SnapshotFilter {
            text: Some(format!("no such {seed}")),
            ..SnapshotFilter::default()
        }),
    ];
    for (what, filter) in filters {
        let page = async |seed: u64| {
            let filter = filter(seed);
            let sort = if filter.oldest_first { "oldest" } else { "newest" };
            let key = format!("[\"{sort}\",[{},{}]]", taken(seed), draw(seed, SNAPSHOTS) + 1);
            let request = if seed.is_multiple_of(2) { PageRequest::first(ROWS) } else { after(&key) };
            catalog.snapshots(&filter, &request).await
        };
        bench.pages(what, page).await?;
    }
    Ok(())
}

async fn others(catalog: &Catalog, bench: &mut Bench<'_>) -> Result<()> {
    let some = |seed: u64| (seed.is_multiple_of(2)).then(|| draw(seed, 50).to_string());
    let first = || PageRequest::first(ROWS);
    bench
        .pages("plans", async |seed| {
            let filter = PlanFilter { text: some(seed), ..PlanFilter::default() };
            catalog.plans(&filter, &first()).await
        })
        .await?;
    let filters: [Named<AuditFilter>; 4] = [
        ("the audit log", |_| AuditFilter::default()),
        ("the audit log of an action", |_| AuditFilter { action: Some("auth.login".into()), ..AuditFilter::default() }),
        ("the audit log, searched", |seed| AuditFilter {
            text: Some(format!("plan {}", draw(seed, PLANS) + 1)),
            ..AuditFilter::default()
        }),
        ("the audit log, searched in vain", |seed| AuditFilter {
            text: Some(format!("no such {seed}")),
            ..AuditFilter::default()
        }),
    ];
    for (what, filter) in filters {
        bench.pages(what, async |seed| catalog.audit(&filter(seed), &anywhere(seed, AUDIT_LINES)).await).await?;
    }
    bench
        .pages("users", async |seed| {
            let text = some(seed);
            let key = format!("[\"name\",[\"user-{}\",0]]", draw(seed, USERS));
            let request = if seed % 3 == 0 { after(&key) } else { first() };
            catalog.users(text.as_deref(), &request).await
        })
        .await?;
    // A third from the middle, behind this name and number.
    let behind = |seed: u64, name: &str, id: i64| {
        if seed.is_multiple_of(3) { after(&format!("[\"name\",[\"{name}\",{id}]]")) } else { first() }
    };
    let machine = |seed| draw(seed, SERVERS + IDLE_SERVERS);
    bench
        .pages("servers", async |seed| {
            let request = behind(seed, &format!("server-{}", machine(seed)), 0);
            catalog.servers(some(seed).as_deref(), &request).await
        })
        .await?;
    bench.pages("pools", async |seed| catalog.pools(some(seed).as_deref(), &first()).await).await?;
    bench
        .pages("repositories", async |seed| {
            let filter = RepositoryFilter { text: some(seed), ..RepositoryFilter::default() };
            catalog.repositories(&filter, &behind(seed, "main", machine(seed))).await
        })
        .await?;
    bench
        .pages("repositories of a pool", async |seed| {
            let filter = RepositoryFilter { pool_id: Some(PoolId::new(1)), text: some(seed), ..Default::default() };
            catalog.repositories(&filter, &first()).await
        })
        .await
}
