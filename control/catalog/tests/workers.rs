//! Workers over a real catalog: the loop turn by turn, and the pool with its list and its commands.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rempart_catalog::{Catalog, CatalogJobs, PageRequest, WorkerRow, on_both_dialects};
use rempart_jobs::testing::FakeClock;
use rempart_jobs::told::WORKER_STARTED;
use rempart_jobs::{
    Clock, Doing, Handlers, Job, JobContext, JobOutcome, JobStore, Limits, NewJob, Order, Pool, PoolParts, ProcessInfo,
    Rhythm, SystemClock, Turn, TurnEnd, Worker, WorkerCommand, WorkerState,
};
use rempart_model::{JobId, JobKind, JobProgress, JobState, LogLevel, Outcome, RepoId};
use tokio::sync::watch;

fn clock() -> FakeClock {
    FakeClock::at("2026-01-10T00:00:00Z")
}

struct Desk {
    worker: Worker,
    orders: watch::Sender<Order>,
}

fn desk(store: &CatalogJobs, clock: &FakeClock, handlers: Handlers) -> Desk {
    let (orders, order) = watch::channel(Order::Work);
    let worker = Worker {
        name: "w1".to_owned(),
        store: Arc::new(store.clone()),
        handlers: Arc::new(handlers),
        clock: Arc::new(clock.clone()),
        limits: Limits::default(),
        rhythm: Rhythm::default(),
        orders: order,
        doing: watch::Sender::new(Doing::Waiting),
        done: Arc::default(),
        say: Arc::new(|_, _: &rempart_jobs::Told| {}),
    };
    Desk { worker, orders }
}

async fn add(store: &CatalogJobs, clock: &FakeClock, max_attempts: u32) -> JobId {
    let job = NewJob { repository_id: Some(RepoId::new(1)), max_attempts, ..NewJob::new(JobKind::Prune) };
    store.enqueue(job, clock.now()).await.unwrap()
}

async fn look(store: &CatalogJobs, id: JobId) -> Job {
    store.catalog().job(id).await.unwrap()
}

async fn all_workers(catalog: &Catalog) -> Vec<WorkerRow> {
    catalog.workers(None, &PageRequest::first(100)).await.unwrap().items
}

/// Waits for what another task brings about.
async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !holds().await {
        assert!(Instant::now() < deadline, "it never came that {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A handler that works until it is asked to end.
fn until_stopped() -> Handlers {
    Handlers::new().with(JobKind::Prune, async |context: JobContext| {
        context.cancellation().cancelled().await;
        JobOutcome::canceled()
    })
}

on_both_dialects! {
    async fn a_job_is_done_and_what_it_said_is_kept(scratch: Scratch) {
        let (store, clock) = (scratch.catalog().await.job_store(), clock());
        let handlers = Handlers::new().with(JobKind::Prune, async |context: JobContext| {
            context.log(LogLevel::Info, "two packs\nare gone");
            context.progress(JobProgress { step: "deleting".into(), ..JobProgress::default() });
            JobOutcome::succeeded().with_result(serde_json::json!({ "packs": 2 }))
        });
        let id = add(&store, &clock, 1).await;
        let turn = desk(&store, &clock, handlers).worker.turn().await;
        assert_eq!(turn, Turn::Worked { job_id: id, ended: TurnEnd::Ended(Outcome::Succeeded) });
        let job = look(&store, id).await;
        assert_eq!((job.state, job.progress.map(|p| p.step)), (JobState::Succeeded, Some("deleting".to_owned())));
        let log = store.catalog().job_log(id, None, 10).await.unwrap();
        assert_eq!(log[0].line.text, "two packs ⏎ are gone");
    }

    async fn a_panic_ends_the_job_and_not_the_worker(scratch: Scratch) {
        let (store, clock) = (scratch.catalog().await.job_store(), clock());
        let handlers = Handlers::new().with(JobKind::Prune, async |_: JobContext| -> JobOutcome { panic!("a fault") });
        let mut desk = desk(&store, &clock, handlers);
        let (panics, unknown) = (add(&store, &clock, 1).await, {
            store.enqueue(NewJob::new(JobKind::PoolAnalysis), clock.now()).await.unwrap()
        });
        for _ in 0..2 {
            assert!(matches!(desk.worker.turn().await, Turn::Worked { ended: TurnEnd::Ended(Outcome::Failed), .. }));
        }
        assert_eq!(look(&store, panics).await.code.as_deref(), Some("job.panicked"));
        assert_eq!(look(&store, unknown).await.code.as_deref(), Some("job.unknown_kind"));
    }

    async fn a_failed_attempt_is_tried_again_and_then_reported(scratch: Scratch) {
        let (store, clock) = (scratch.catalog().await.job_store(), clock());
        let handlers = || Handlers::new().with(JobKind::Prune, async |_: JobContext| {
            JobOutcome::failed_for_now("storage.unreachable", "the pool does not answer")
        });
        let id = add(&store, &clock, 2).await;
        let mut desk = desk(&store, &clock, handlers());
        assert_eq!(desk.worker.turn().await, Turn::Worked { job_id: id, ended: TurnEnd::WillRetry });
        assert_eq!(look(&store, id).await.state, JobState::Queued);
        clock.advance(Duration::from_secs(60));
        assert_eq!(desk.worker.turn().await, Turn::Worked { job_id: id, ended: TurnEnd::Ended(Outcome::Failed) });
        assert_eq!(look(&store, id).await.state, JobState::Failed);
    }

    async fn a_canceled_job_ends_at_once_in_the_same_process(scratch: Scratch) {
        let (store, clock) = (scratch.catalog().await.job_store(), clock());
        let id = add(&store, &clock, 5).await;
        let mut desk = desk(&store, &clock, until_stopped());
        let turn = tokio::spawn(async move { desk.worker.turn().await });
        until("it runs", async || look(&store, id).await.state == JobState::Running).await;
        // The clock stands still: no heartbeat is due, the wake alone brings it about.
        store.cancel(id, clock.now()).await.unwrap();
        assert_eq!(turn.await.unwrap(), Turn::Worked { job_id: id, ended: TurnEnd::Ended(Outcome::Canceled) });
        assert_eq!(look(&store, id).await.state, JobState::Canceled);
    }

    async fn a_job_canceled_by_another_process_ends_with_the_next_heartbeat(scratch: Scratch) {
        let (store, clock) = (scratch.catalog().await.job_store(), clock());
        let id = add(&store, &clock, 5).await;
        let mut desk = desk(&store, &clock, until_stopped());
        let turn = tokio::spawn(async move { desk.worker.turn().await });
        until("it runs", async || look(&store, id).await.state == JobState::Running).await;
        scratch.catalog().await.job_store().cancel(id, clock.now()).await.unwrap();
        until("its worker hears of it", async || {
            clock.advance(Duration::from_secs(1));
            look(&store, id).await.state == JobState::Canceled
        }).await;
        assert_eq!(turn.await.unwrap(), Turn::Worked { job_id: id, ended: TurnEnd::Ended(Outcome::Canceled) });
    }

    async fn a_worker_that_stops_at_once_gives_its_job_back(scratch: Scratch) {
        let (store, clock) = (scratch.catalog().await.job_store(), clock());
        let id = add(&store, &clock, 1).await;
        let Desk { mut worker, orders } = desk(&store, &clock, until_stopped());
        let turns = tokio::spawn(async move { (worker.turn().await, worker.turn().await) });
        until("it runs", async || look(&store, id).await.state == JobState::Running).await;
        orders.send_replace(Order::StopNow);
        let (first, second) = turns.await.unwrap();
        assert_eq!((first, second), (Turn::Worked { job_id: id, ended: TurnEnd::GivenBack }, Turn::Stopped));
        let job = look(&store, id).await;
        assert_eq!((job.state, job.attempt), (JobState::Queued, 0));
    }

    async fn a_worker_that_lost_its_lease_writes_nothing(scratch: Scratch) {
        let (store, clock) = (scratch.catalog().await.job_store(), clock());
        let id = add(&store, &clock, 3).await;
        let gate = Arc::new(tokio::sync::Notify::new());
        let handlers = {
            let gate = gate.clone();
            Handlers::new().with(JobKind::Prune, move |_: JobContext| {
                let gate = gate.clone();
                async move {
                    gate.notified().await;
                    JobOutcome::succeeded()
                }
            })
        };
        let mut desk = desk(&store, &clock, handlers);
        let turn = tokio::spawn(async move { desk.worker.turn().await });
        until("it runs", async || look(&store, id).await.state == JobState::Running).await;
        // The machine slept: the lease ran out, and somebody took the job back.
        let later = clock.now() + Duration::from_secs(3600);
        assert_eq!(store.reap(later, &|_, _| Duration::ZERO).await.unwrap().len(), 1);
        gate.notify_one();
        assert_eq!(turn.await.unwrap(), Turn::Worked { job_id: id, ended: TurnEnd::LeaseLost });
        assert_eq!(look(&store, id).await.state, JobState::Queued);
    }

    async fn workers_are_listed_told_and_heard_across_processes(scratch: Scratch) {
        let (here, there) = (scratch.catalog().await, scratch.catalog().await);
        let one = pool(&here, "one", 2).await;
        let two = pool(&there, "two", 1).await;
        let names: Vec<_> = all_workers(&here).await.into_iter().map(|worker| worker.name).collect();
        assert_eq!(names, ["w1", "w2", "w3"], "a name was given twice");

        // Told here, stopped there.
        let state = async |name: &str| here.worker(name).await.unwrap().expect("it is listed").state;
        tell(&here, "w3", WorkerCommand::Stop).await;
        until("w3 stops", async || state("w3").await == WorkerState::Stopped).await;
        assert_eq!(state("w1").await, WorkerState::Idle);
        tell(&here, "w3", WorkerCommand::Start).await;
        until("w3 starts", async || state("w3").await == WorkerState::Idle).await;
        tell(&here, "w1", WorkerCommand::Restart).await;
        until("w1 has started again", async || {
            let log = here.worker_log("w1", None, 100).await.unwrap();
            log.iter().filter(|row| row.line.text == WORKER_STARTED.told([]).encode()).count() == 2
        }).await;
        let mut tx = here.begin().await.unwrap();
        assert!(!tx.command_worker("w9", WorkerCommand::Stop, SystemClock.now()).await.unwrap(), "there is no w9");
        drop(tx);
        let listed = here.worker("w1").await.unwrap().unwrap();
        assert!(listed.memory_bytes > 1 << 20 && listed.pid == std::process::id() && listed.is_alive(SystemClock.now()));

        one.shutdown(false).await;
        let left: Vec<_> = all_workers(&here).await.into_iter().map(|worker| worker.name).collect();
        assert_eq!(left, ["w3"]);
        two.shutdown(true).await;
        assert_eq!(all_workers(&here).await, []);
    }

    async fn a_pool_does_what_waits_each_once(scratch: Scratch) {
        let catalog = scratch.catalog().await;
        let done = Arc::new(Mutex::new(Vec::new()));
        let handlers = {
            let done = done.clone();
            Handlers::new().with(JobKind::PoolAnalysis, move |context: JobContext| {
                let done = done.clone();
                async move {
                    done.lock().unwrap().push(context.job().id);
                    JobOutcome::succeeded()
                }
            })
        };
        let pool = pool_with(&catalog, "one", 4, handlers).await;
        let store = catalog.job_store();
        let mut added = Vec::new();
        for _ in 0..20 {
            added.push(store.enqueue(NewJob::new(JobKind::PoolAnalysis), SystemClock.now()).await.unwrap());
        }
        until("all are done", async || done.lock().unwrap().len() == added.len()).await;
        until("the list counts them", async || {
            all_workers(&catalog).await.iter().map(|worker| worker.jobs_done).sum::<u64>() == added.len() as u64
        }).await;
        pool.shutdown(false).await;
        let mut done = done.lock().unwrap().clone();
        done.sort();
        assert_eq!(done, added);
        for id in added {
            assert_eq!(look(&store, id).await.state, JobState::Succeeded);
        }
    }
}

async fn tell(catalog: &Catalog, name: &str, command: WorkerCommand) {
    let mut tx = catalog.begin().await.unwrap();
    assert!(tx.command_worker(name, command, SystemClock.now()).await.unwrap(), "there is no {name}");
    tx.commit().await.unwrap();
}

async fn pool(catalog: &Catalog, process: &str, count: u32) -> Pool {
    pool_with(catalog, process, count, until_stopped()).await
}

async fn pool_with(catalog: &Catalog, process: &str, count: u32, handlers: Handlers) -> Pool {
    let store = Arc::new(catalog.job_store());
    let process = ProcessInfo { id: process.to_owned(), ..ProcessInfo::this(SystemClock.now()) };
    Pool::start(PoolParts {
        jobs: store.clone(),
        workers: store,
        handlers: Arc::new(handlers),
        clock: Arc::new(SystemClock),
        limits: Limits::default(),
        rhythm: Rhythm::default(),
        process,
        count,
    })
    .await
    .unwrap()
}
