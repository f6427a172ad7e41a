//! The queue on both dialects: the suite of `jobs`, and what is the catalog's own.

use jiff::Timestamp;
use rempart_catalog::{Catalog, CatalogJobs, Dialect, JobFilter, PageRequest, on_both_dialects};
use rempart_jobs::testing::{StoreUnderTest, conformance};
use rempart_jobs::{
    BoxFuture, CancelAnswer, Claim, Heartbeat, Job, JobStore, Lease, Leave, LogLine, NewJob, Reaped, StoreResult,
};
use rempart_model::{JobId, JobKind, JobState};
use tokio::sync::watch;

/// A catalog of its own for each story of the suite.
struct Fresh {
    store: CatalogJobs,
    _scratch: rempart_catalog::testing::Scratch,
}

async fn fresh(dialect: Dialect) -> Fresh {
    let scratch = rempart_catalog::testing::Scratch::new(dialect);
    Fresh { store: scratch.catalog().await.job_store(), _scratch: scratch }
}

impl JobStore for Fresh {
    fn enqueue(&self, job: NewJob, now: Timestamp) -> StoreResult<'_, JobId> {
        self.store.enqueue(job, now)
    }
    fn claim(&self, claim: Claim) -> StoreResult<'_, Option<Job>> {
        self.store.claim(claim)
    }
    fn start(&self, lease: Lease, now: Timestamp) -> StoreResult<'_, bool> {
        self.store.start(lease, now)
    }
    fn heartbeat(&self, beat: Heartbeat) -> StoreResult<'_, rempart_jobs::Beat> {
        self.store.heartbeat(beat)
    }
    fn leave(&self, leave: Leave) -> StoreResult<'_, bool> {
        JobStore::leave(&self.store, leave)
    }
    fn cancel(&self, job: JobId, now: Timestamp) -> StoreResult<'_, CancelAnswer> {
        self.store.cancel(job, now)
    }
    fn reap<'a>(
        &'a self,
        now: Timestamp,
        wait: &'a (dyn Fn(JobId, u32) -> std::time::Duration + Sync),
    ) -> StoreResult<'a, Vec<Reaped>> {
        self.store.reap(now, wait)
    }
    fn work_wakes(&self) -> watch::Receiver<u64> {
        self.store.work_wakes()
    }
    fn cancel_wakes(&self) -> watch::Receiver<u64> {
        self.store.cancel_wakes()
    }
}

impl StoreUnderTest for Fresh {
    fn look(&self, id: JobId) -> BoxFuture<'_, Job> {
        Box::pin(async move { self.store.catalog().job(id).await.expect("the job is there") })
    }
    fn log_of(&self, id: JobId) -> BoxFuture<'_, Vec<LogLine>> {
        Box::pin(async move {
            let rows = self.store.catalog().job_log(id, None, 1000).await.expect("its log");
            rows.into_iter().map(|row| row.line).collect()
        })
    }
}

#[test]
fn sqlite_passes_the_suite_of_stores() {
    rempart_catalog::testing::run(conformance(async || fresh(Dialect::Sqlite).await));
}

#[test]
fn postgres_passes_the_suite_of_stores() {
    rempart_catalog::testing::run(conformance(async || fresh(Dialect::Postgres).await));
}

async fn add(catalog: &Catalog, job: NewJob) -> JobId {
    let mut tx = catalog.begin().await.unwrap();
    let id = tx.enqueue_job(&job, Timestamp::UNIX_EPOCH).await.unwrap();
    tx.commit().await.unwrap();
    id
}

on_both_dialects! {
    async fn a_page_of_jobs_holds_what_waits_and_what_has_ended(scratch: Scratch) {
        let catalog = scratch.catalog().await;
        let mut ids = Vec::new();
        for _ in 0..5 {
            ids.push(add(&catalog, NewJob::new(JobKind::PoolAnalysis)).await);
        }
        let store = catalog.job_store();
        for id in [ids[0], ids[3]] {
            store.cancel(id, Timestamp::UNIX_EPOCH).await.unwrap();
        }
        let mut seen = Vec::new();
        let mut request = PageRequest::first(2);
        loop {
            let page = catalog.jobs(&JobFilter::default(), &request).await.unwrap();
            assert_eq!(page.total, 5);
            seen.extend(page.items.iter().map(|job| job.id));
            let Some(cursor) = page.next_cursor else { break };
            request.cursor = Some(cursor);
        }
        ids.reverse();
        assert_eq!(seen, ids, "newest first, each once");

        let canceled = JobFilter { states: vec![JobState::Canceled], ..JobFilter::default() };
        assert_eq!(catalog.jobs(&canceled, &PageRequest::default()).await.unwrap().total, 2);
    }

    async fn another_process_claims_what_this_one_added(scratch: Scratch) {
        let here = scratch.catalog().await;
        let id = add(&here, NewJob::new(JobKind::PoolAnalysis)).await;
        let there = scratch.catalog().await.job_store();
        let claim = Claim {
            worker: "w2".to_owned(),
            limits: rempart_jobs::Limits::default(),
            lease: std::time::Duration::from_secs(20),
            now: Timestamp::UNIX_EPOCH,
        };
        let job = there.claim(claim.clone()).await.unwrap().expect("it waits");
        assert_eq!(job.id, id);
        assert_eq!(here.job_store().claim(claim).await.unwrap(), None, "both have it");
    }

    async fn why_a_job_waits_is_said(scratch: Scratch) {
        let catalog = scratch.catalog().await;
        let (store, now) = (catalog.job_store(), Timestamp::UNIX_EPOCH);
        let prune = || NewJob { repository_id: Some(rempart_model::RepoId::new(1)), ..NewJob::new(JobKind::Prune) };
        let runs = add(&catalog, prune()).await;
        let limits = rempart_jobs::Limits { global: 2, per_server: 1 };
        let lease = std::time::Duration::from_secs(20);
        let claim = Claim { worker: "w1".to_owned(), limits, lease, now };
        assert_eq!(store.claim(claim).await.unwrap().map(|job| job.id), Some(runs));
        let behind = add(&catalog, prune()).await;
        let later = now.checked_add(std::time::Duration::from_secs(9)).unwrap();
        let retry = add(&catalog, NewJob { not_before: Some(later), ..NewJob::new(JobKind::PoolAnalysis) }).await;
        let next = add(&catalog, NewJob::new(JobKind::PoolAnalysis)).await;
        let reasons = catalog.waiting_reasons(limits, now).await.unwrap();
        assert_eq!(reasons.get(&behind), Some(&"repository"));
        assert_eq!(reasons.get(&retry), Some(&"retry"));
        assert_eq!(reasons.get(&next), None);
    }
}
