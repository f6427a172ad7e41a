//! How many jobs eight workers take, begin and end in a second.

use std::time::{Duration, Instant};

use anyhow::Result;
use jiff::Timestamp;
use rempart_catalog::Catalog;
use rempart_jobs::{Beat, Claim, Heartbeat, JobOutcome, JobStore, Leave, Leaving, Limits, NewJob};
use rempart_model::{JobKind, RepoId, ServerId};

use crate::say;

const WORKERS: usize = 8;
const JOBS: i64 = 6_000;
const LEASE: Duration = Duration::from_secs(20);

pub async fn measure(catalog: &Catalog, database: &str) -> Result<()> {
    let commits = commits_a_second(catalog).await?;
    say(database, "commits one after the other", &format!("{commits:.0} a second"));
    add_jobs(catalog).await?;
    let began = Instant::now();
    let store = catalog.job_store();
    let workers: Vec<_> = (0..WORKERS).map(|_| tokio::spawn(work(store.clone()))).collect();
    let mut done = 0;
    for worker in workers {
        done += worker.await??;
    }
    anyhow::ensure!(done == JOBS as usize, "{done} of {JOBS} jobs were done");
    let rate = done as f64 / began.elapsed().as_secs_f64();
    say(database, "jobs claimed, begun, heard of and ended by 8 workers", &format!("{rate:.0} a second"));
    Ok(())
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
    tx.commit().await?;
    Ok(())
}

async fn work(store: impl JobStore) -> Result<usize> {
    let mut done = 0;
    loop {
        let now = Timestamp::now();
        let claim = Claim { worker: "w1".to_owned(), limits: Limits { global: 8, per_server: 4 }, lease: LEASE, now };
        let Some(job) = store.claim(claim).await? else { return Ok(done) };
        let lease = job.lease();
        anyhow::ensure!(store.start(lease, now).await?, "lost a fresh lease");
        let beat = Heartbeat { lease, now, lease_until: now + LEASE, progress: None, log: Vec::new() };
        anyhow::ensure!(store.heartbeat(beat).await? == Beat::Held, "lost a fresh lease");
        let leaving = Leaving::Ended(JobOutcome::succeeded());
        anyhow::ensure!(
            store.leave(Leave { lease, now, leaving, progress: None, log: Vec::new() }).await?,
            "lost a fresh lease"
        );
        done += 1;
    }
}
