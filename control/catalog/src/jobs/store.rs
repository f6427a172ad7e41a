//! The catalog as the queue's store.

use std::time::Duration;

use jiff::Timestamp;
use rempart_jobs::{
    Beat, CancelAnswer, Claim, Fired, Heartbeat, Job, JobStore, Lease, Leave, NewJob, NewRun, PlanToRun, PoolBeat,
    ProcessInfo, Reaped, RunStore, Started, StoreError, StoreResult, WorkerCommand, WorkerStore,
};
use rempart_model::JobId;
use tokio::sync::watch;

use crate::scribe::{Scribe, Write};
use crate::write::Durability;
use crate::{Catalog, CatalogError};

/// The catalog as `jobs` sees it. Writes of workers share commits, see [`crate::scribe`]. Cheap to clone.
#[derive(Clone)]
pub struct CatalogJobs {
    catalog: Catalog,
    scribe: Scribe,
}

impl Catalog {
    /// The queue, the workers' list and the scheduler's plans. Make one per process, inside a runtime, and clone it.
    #[must_use]
    pub fn job_store(&self) -> CatalogJobs {
        CatalogJobs { catalog: self.clone(), scribe: Scribe::start(self.clone()) }
    }
}

impl CatalogJobs {
    #[must_use]
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }
}

fn failed(operation: &'static str) -> impl FnOnce(CatalogError) -> StoreError {
    move |error| StoreError { operation, is_transient: error.is_transient(), source: Box::new(error) }
}

impl JobStore for CatalogJobs {
    fn enqueue(&self, job: NewJob, now: Timestamp) -> StoreResult<'_, JobId> {
        Box::pin(async move {
            let work = self.scribe.write(Durability::Full, move |tx| {
                let job = job.clone();
                Box::pin(async move { tx.enqueue_job(&job, now).await })
            });
            work.await.map_err(failed("add a job"))
        })
    }

    fn claim(&self, claim: Claim) -> StoreResult<'_, Option<Job>> {
        Box::pin(async move {
            self.scribe.ask(|asked| Write::Claim(Box::new(asked)), claim).await.map_err(failed("claim a job"))
        })
    }

    fn start(&self, lease: Lease, now: Timestamp) -> StoreResult<'_, bool> {
        Box::pin(async move { self.scribe.ask(Write::Start, (lease, now)).await.map_err(failed("begin a job")) })
    }

    fn heartbeat(&self, beat: Heartbeat) -> StoreResult<'_, Beat> {
        Box::pin(async move {
            self.scribe.ask(|asked| Write::Beat(Box::new(asked)), beat).await.map_err(failed("hear of a job"))
        })
    }

    fn leave(&self, leave: Leave) -> StoreResult<'_, bool> {
        Box::pin(async move {
            self.scribe.ask(|asked| Write::Leave(Box::new(asked)), leave).await.map_err(failed("end a job"))
        })
    }

    fn cancel(&self, job: JobId, now: Timestamp) -> StoreResult<'_, CancelAnswer> {
        Box::pin(async move {
            let work = self.scribe.write(Durability::Full, move |tx| Box::pin(tx.cancel_job(job, now)));
            work.await.map_err(failed("cancel a job"))
        })
    }

    fn reap<'a>(
        &'a self,
        now: Timestamp,
        wait: &'a (dyn Fn(JobId, u32) -> Duration + Sync),
    ) -> StoreResult<'a, Vec<Reaped>> {
        Box::pin(async move {
            let work = async {
                if !self.catalog.has_lost_leases(now).await? {
                    return Ok(Vec::new());
                }
                let mut tx = self.catalog.begin().await?;
                let reaped = tx.reap_jobs(now, wait).await?;
                tx.commit().await?;
                Ok(reaped)
            };
            work.await.map_err(failed("take back lost jobs"))
        })
    }

    fn work_wakes(&self) -> watch::Receiver<u64> {
        self.catalog.inner.wakes.work.subscribe()
    }

    fn cancel_wakes(&self) -> watch::Receiver<u64> {
        self.catalog.inner.wakes.cancels.subscribe()
    }
}

impl RunStore for CatalogJobs {
    fn insert_run(&self, run: NewRun, now: Timestamp) -> StoreResult<'_, Option<Started>> {
        Box::pin(async move {
            let work = async {
                let mut tx = self.catalog.begin().await?;
                let started = tx.insert_run(&run, now).await?;
                tx.commit().await?;
                Ok(started)
            };
            work.await.map_err(failed("begin a run"))
        })
    }

    fn due_plans(&self, now: Timestamp, limit: u32) -> StoreResult<'_, Vec<PlanToRun>> {
        Box::pin(async move { self.catalog.due_plans(now, limit).await.map_err(failed("look for plans that are due")) })
    }

    fn move_on(&self, plan: PlanToRun, fired: Fired, missed: Vec<Timestamp>, now: Timestamp) -> StoreResult<'_, ()> {
        Box::pin(async move {
            let work = async {
                let mut tx = self.catalog.begin().await?;
                tx.move_plan_on(&plan, fired, &missed, now).await?;
                tx.commit().await
            };
            work.await.map_err(failed("move a plan on in its schedule"))
        })
    }

    fn next_fire_at(&self) -> StoreResult<'_, Option<Timestamp>> {
        Box::pin(async move { self.catalog.next_fire_at().await.map_err(failed("look for the next fire time")) })
    }

    fn plan_wakes(&self) -> watch::Receiver<u64> {
        self.catalog.inner.wakes.plans.subscribe()
    }
}

impl WorkerStore for CatalogJobs {
    fn register(
        &self,
        process: ProcessInfo,
        count: u32,
        now: Timestamp,
        dead_before: Timestamp,
    ) -> StoreResult<'_, Vec<String>> {
        Box::pin(async move {
            self.catalog.is_process(&process.id);
            let work = async {
                let mut tx = self.catalog.begin().await?;
                let names = tx.register_workers(&process, count, now, dead_before).await?;
                tx.commit().await?;
                Ok(names)
            };
            work.await.map_err(failed("register workers"))
        })
    }

    fn beat(&self, beat: PoolBeat) -> StoreResult<'_, Vec<(String, WorkerCommand)>> {
        Box::pin(async move {
            let work = self.scribe.write(Durability::WithTheNext, move |tx| {
                let beat = beat.clone();
                Box::pin(async move { tx.beat_workers(&beat).await })
            });
            work.await.map_err(failed("list workers"))
        })
    }

    fn leave(&self, process: ProcessInfo) -> StoreResult<'_, ()> {
        Box::pin(async move {
            let work = async {
                let mut tx = self.catalog.begin().await?;
                tx.remove_workers(&process.id, Timestamp::now()).await?;
                tx.commit().await
            };
            work.await.map_err(failed("take workers off the list"))
        })
    }

    fn command_wakes(&self) -> watch::Receiver<u64> {
        self.catalog.inner.wakes.commands.subscribe()
    }
}
