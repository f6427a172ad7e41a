//! How many jobs eight workers take in a second, and how many they take, begin, report on and end.

use std::time::{Duration, Instant};

use anyhow::Result;
use jiff::Timestamp;
use rempart_catalog::{Catalog, CatalogJobs, Dialect};
use rempart_jobs::{
    Beat, Claim, Heartbeat, JobOutcome, JobStore, Leave, Leaving, Limits, NewJob, Origin, PlanToRun, start_run,
};
use rempart_model::{JobKind, JobProgress, PlanId, PlanSpec, RepoId, RunOrigin, ServerId};

use crate::place::Place;
use crate::report::{Goal, Report};

const WORKERS: usize = 8;
const JOBS: i64 = 6_000;
const LEASE: Duration = Duration::from_secs(600);
/// So high that claims alone can be measured: nothing need end to make room for them.
const FREE: Limits = Limits { global: 1_000_000, per_server: 1_000_000 };
const USUAL: Limits = Limits { global: 8, per_server: 4 };

/// What the workers are given, and what they do with it.
#[derive(Debug, Clone, Copy)]
enum Load {
    Claims,
    Jobs,
    Runs,
}

pub async fn measure(dialect: Dialect, report: &mut Report) -> Result<()> {
    let goal = match dialect {
        Dialect::Sqlite => Goal::AtLeastPerSecond(500.0),
        Dialect::Postgres => Goal::AtLeastPerSecond(1000.0),
    };
    for (load, what, goal) in [
        (Load::Claims, "jobs claimed by 8 workers", goal),
        (Load::Jobs, "jobs claimed, begun, heard of and ended by 8 workers", Goal::ToldPerSecond),
        (Load::Runs, "runs claimed, begun, with progress, and ended by 8 workers", Goal::ToldPerSecond),
    ] {
        let place = Place::new(dialect);
        let catalog = Catalog::open(&place.url).await?;
        if matches!(load, Load::Claims) {
            let commits = commits_a_second(&catalog).await?;
            report.say(place.database(), "commits one after the other: the disk", Goal::ToldPerSecond, commits, "");
        }
        match load {
            Load::Claims | Load::Jobs => add_jobs(&catalog).await?,
            Load::Runs => add_runs(&catalog).await?,
        }
        let rate = by_all_workers(&catalog, load).await?;
        report.say(place.database(), what, goal, rate, "");
        catalog.close().await;
    }
    Ok(())
}

async fn by_all_workers(catalog: &Catalog, load: Load) -> Result<f64> {
    let store = catalog.job_store();
    let began = Instant::now();
    let workers: Vec<_> = (0..WORKERS).map(|_| tokio::spawn(work(store.clone(), load))).collect();
    let mut done = 0;
    for worker in workers {
        done += worker.await??;
    }
    anyhow::ensure!(done == JOBS, "{done} of {JOBS} jobs were done");
    Ok(done as f64 / began.elapsed().as_secs_f64())
}

async fn commits_a_second(catalog: &Catalog) -> Result<f64> {
    const COMMITS: u32 = 200;
    let began = Instant::now();
    for number in 0..COMMITS {
        let mut tx = catalog.begin().await?;
        tx.append_event(rempart_catalog::Topic::Settings, "changed", i64::from(number), &(), Timestamp::now()).await?;
        tx.commit().await?;
    }
    Ok(f64::from(COMMITS) / began.elapsed().as_secs_f64())
}

async fn add_jobs(catalog: &Catalog) -> Result<()> {
    let mut tx = catalog.begin().await?;
    for number in 0..JOBS {
        let job = NewJob {
            server_id: Some(ServerId::new(number % 50 + 1)),
            repository_id: Some(RepoId::new(number % 50 + 1)),
            ..NewJob::new(JobKind::Backup)
        };
        tx.enqueue_job(&job, Timestamp::now()).await?;
    }
    Ok(tx.commit().await?)
}

async fn add_runs(catalog: &Catalog) -> Result<()> {
    let store = catalog.job_store();
    let mut added = Vec::new();
    for number in 0..JOBS {
        let store = store.clone();
        added.push(tokio::spawn(async move {
            let now = Timestamp::now();
            let plan = PlanToRun {
                id: PlanId::new(number % 50 + 1),
                name: format!("Plan {number}"),
                server_id: ServerId::new(number % 50 + 1),
                repository_id: RepoId::new(number % 50 + 1),
                spec: PlanSpec::default(),
                enabled: true,
                version: 1,
                scheduled_from: now,
                next_fire_at: None,
            };
            start_run(&store, &plan, Origin::asked(RunOrigin::User, None), None, now).await
        }));
    }
    for one in added {
        anyhow::ensure!(one.await??.is_some(), "a run was not begun");
    }
    Ok(())
}

async fn work(store: CatalogJobs, load: Load) -> Result<i64> {
    let limits = if matches!(load, Load::Claims) { FREE } else { USUAL };
    let mut done = 0;
    loop {
        let now = Timestamp::now();
        let claim = Claim { worker: "w1".to_owned(), limits, lease: LEASE, now };
        let Some(job) = store.claim(claim).await? else { return Ok(done) };
        done += 1;
        if matches!(load, Load::Claims) {
            continue;
        }
        let lease = job.lease();
        anyhow::ensure!(store.start(lease, now).await?, "lost a fresh lease");
        let progress = matches!(load, Load::Runs).then(JobProgress::default);
        let beat = Heartbeat { lease, now, lease_until: now + LEASE, progress, log: Vec::new() };
        anyhow::ensure!(store.heartbeat(beat).await? == Beat::Held, "lost a fresh lease");
        let leaving = Leaving::Ended(JobOutcome::succeeded());
        let leave = Leave { lease, now, leaving, progress: None, log: Vec::new() };
        anyhow::ensure!(JobStore::leave(&store, leave).await?, "lost a fresh lease");
    }
}
