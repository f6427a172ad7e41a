//! What every store of jobs must do, told as one story after the other on an empty store each.

use std::time::Duration;

use jiff::Timestamp;
use rempart_model::{JobId, JobKind, JobProgress, JobState, LogLevel, RepoId, ServerId};

use crate::{
    Beat, BoxFuture, CancelAnswer, Claim, Heartbeat, Job, JobOutcome, JobStore, Lease, Leave, Leaving, Limits, LogLine,
    NewJob,
};

/// A store, and what the suite needs to look into it.
pub trait StoreUnderTest: JobStore {
    /// The job as it stands, active or ended.
    fn look(&self, id: JobId) -> BoxFuture<'_, Job>;
    /// Its log, oldest first.
    fn log_of(&self, id: JobId) -> BoxFuture<'_, Vec<LogLine>>;
}

/// Runs the whole suite; `empty` gives a new store for each story.
pub async fn conformance<S: StoreUnderTest>(mut empty: impl AsyncFnMut() -> S) {
    a_job_goes_through_its_states(&empty().await).await;
    higher_priorities_go_first_and_servers_take_turns(&empty().await).await;
    limits_hold(&empty().await).await;
    a_repository_is_shared_or_had_alone(&empty().await).await;
    a_lost_lease_writes_nothing(&empty().await).await;
    dead_workers_jobs_are_taken_back(&empty().await).await;
    jobs_are_canceled(&empty().await).await;
    a_failed_attempt_waits(&empty().await).await;
    a_job_given_back_loses_no_attempt(&empty().await).await;
    a_unique_key_is_active_once(&empty().await).await;
    eight_workers_at_once_do_each_job_once(&empty().await).await;
}

const LEASE: Duration = Duration::from_secs(20);

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).expect("a moment")
}

fn of_server(server: i64) -> NewJob {
    NewJob { server_id: Some(ServerId::new(server)), ..NewJob::new(JobKind::Backup) }
}

fn of_repository(kind: JobKind, repository: i64) -> NewJob {
    NewJob { repository_id: Some(RepoId::new(repository)), ..NewJob::new(kind) }
}

async fn add(store: &impl JobStore, job: NewJob, second: i64) -> JobId {
    store.enqueue(job, at(second)).await.expect("enqueue")
}

async fn claim_within(store: &impl JobStore, second: i64, limits: Limits) -> Option<Job> {
    let claim = Claim { worker: "w1".to_owned(), limits, lease: LEASE, now: at(second) };
    store.claim(claim).await.expect("claim")
}

async fn claim(store: &impl JobStore, second: i64) -> Option<Job> {
    claim_within(store, second, Limits::default()).await
}

/// The next job, running.
async fn begin(store: &impl JobStore, second: i64) -> Job {
    let job = claim(store, second).await.expect("a job waits");
    assert!(store.start(job.lease(), at(second)).await.expect("start"), "a fresh lease was refused");
    job
}

async fn beat(store: &impl JobStore, lease: Lease, second: i64) -> Beat {
    let beat = Heartbeat { lease, now: at(second), lease_until: at(second + 20), progress: None, log: Vec::new() };
    store.heartbeat(beat).await.expect("heartbeat")
}

async fn leave(store: &impl JobStore, lease: Lease, second: i64, leaving: Leaving) -> bool {
    store.leave(Leave { lease, now: at(second), leaving, progress: None, log: Vec::new() }).await.expect("leave")
}

async fn succeed(store: &impl JobStore, job: &Job, second: i64) {
    assert!(leave(store, job.lease(), second, Leaving::Ended(JobOutcome::succeeded())).await, "lease lost");
}

async fn a_job_goes_through_its_states(store: &impl StoreUnderTest) {
    let payload = serde_json::json!({ "readData": true, "name": "é\u{1F512}" });
    let id = add(store, NewJob { payload: payload.clone(), ..of_repository(JobKind::Check, 3) }, 0).await;
    let queued = store.look(id).await;
    assert_eq!((queued.state, queued.queued_at, queued.attempt), (JobState::Queued, at(0), 0));
    assert_eq!((&queued.payload, queued.repository_id), (&payload, Some(RepoId::new(3))));

    let leased = claim(store, 1).await.expect("it waits");
    assert_eq!((leased.id, leased.state, leased.lease_until), (id, JobState::Leased, Some(at(21))));
    assert_eq!((leased.worker.as_deref(), leased.attempt), (Some("w1"), 1));
    assert_eq!(claim(store, 1).await, None, "claimed twice");

    // Running comes before its end.
    assert!(!leave(store, leased.lease(), 1, Leaving::Ended(JobOutcome::succeeded())).await, "it never ran");
    assert!(store.start(leased.lease(), at(2)).await.unwrap());
    assert!(!store.start(leased.lease(), at(2)).await.unwrap(), "started twice");
    let progress = JobProgress { step: "checking".into(), rate_bytes_per_second: 7, ..JobProgress::default() };
    let log = vec![LogLine::new(at(3), LogLevel::Info, "half of it"), LogLine::new(at(3), LogLevel::Warning, "hm")];
    let beat = Heartbeat {
        lease: leased.lease(),
        now: at(3),
        lease_until: at(23),
        progress: Some(progress.clone()),
        log: log.clone(),
    };
    assert_eq!(store.heartbeat(beat).await.unwrap(), Beat::Held);
    let running = store.look(id).await;
    assert_eq!((running.state, running.started_at), (JobState::Running, Some(at(2))));
    assert_eq!((running.progress, running.lease_until), (Some(progress), Some(at(23))));

    let outcome = JobOutcome::warning("check.odd", "one pack is odd").with_result(serde_json::json!({ "packs": 9 }));
    assert!(leave(store, leased.lease(), 4, Leaving::Ended(outcome)).await);
    let ended = store.look(id).await;
    assert_eq!((ended.state, ended.ended_at, ended.lease_until), (JobState::Warning, Some(at(4)), None));
    assert_eq!((ended.code.as_deref(), ended.message.as_deref()), (Some("check.odd"), Some("one pack is odd")));
    assert_eq!(ended.result, Some(serde_json::json!({ "packs": 9 })));
    assert_eq!(store.log_of(id).await, log);
    assert!(!leave(store, leased.lease(), 5, Leaving::Ended(JobOutcome::succeeded())).await, "it ended twice");
    assert_eq!(store.look(id).await.state, JobState::Warning);
}

async fn higher_priorities_go_first_and_servers_take_turns(store: &impl StoreUnderTest) {
    let mut expected = Vec::new();
    let crowd: Vec<_> =
        [add(store, of_server(1), 0).await, add(store, of_server(1), 1).await, add(store, of_server(1), 2).await]
            .into();
    let late = add(store, of_server(2), 3).await;
    let urgent = add(store, NewJob { priority: 5, ..of_server(3) }, 4).await;
    let low = add(store, NewJob { priority: -5, ..of_server(4) }, 0).await;
    // The urgent one, then a turn of each server, though three of the first had come before.
    expected.extend([urgent, crowd[0], late, crowd[1], crowd[2], low]);
    let mut order = Vec::new();
    for second in 10..16 {
        let job = begin(store, second).await;
        succeed(store, &job, second).await;
        order.push(job.id);
    }
    assert_eq!(order, expected, "urgent, first, of another server, second, third, low");
}

async fn limits_hold(store: &impl StoreUnderTest) {
    for server in [1, 1, 1, 2, 2, 2] {
        add(store, of_server(server), 0).await;
    }
    let limits = Limits { global: 3, per_server: 2 };
    let mut taken = Vec::new();
    while let Some(job) = claim_within(store, 1, limits).await {
        assert!(store.start(job.lease(), at(1)).await.unwrap());
        taken.push(job);
        assert!(taken.len() <= 3, "more than the global limit");
    }
    assert_eq!(taken.len(), 3, "fewer than the global limit");
    for server in [1, 2] {
        let of_it = taken.iter().filter(|job| job.server_id == Some(ServerId::new(server))).count();
        assert!(of_it <= 2, "{of_it} jobs of server {server}");
    }
    // One ends, one begins; the counters neither leak nor run dry.
    for _ in 0..3 {
        let job = taken.remove(0);
        succeed(store, &job, 2).await;
        let next = claim_within(store, 2, limits).await.expect("a place is free");
        assert!(store.start(next.lease(), at(2)).await.unwrap());
        taken.push(next);
    }
    assert_eq!(claim_within(store, 3, Limits { global: 100, per_server: 100 }).await, None, "all are taken");
}

async fn a_repository_is_shared_or_had_alone(store: &impl StoreUnderTest) {
    let one = add(store, of_repository(JobKind::Backup, 1), 0).await;
    let two = add(store, of_repository(JobKind::Restore, 1), 1).await;
    let prune = add(store, of_repository(JobKind::Prune, 1), 2).await;
    let behind = add(store, of_repository(JobKind::Backup, 1), 3).await;
    let elsewhere = add(store, of_repository(JobKind::Prune, 2), 4).await;

    let (first, second, third) = (begin(store, 5).await, begin(store, 5).await, begin(store, 5).await);
    // Two share it; who wants it alone waits, is not overtaken, and holds nobody else up.
    assert_eq!([first.id, second.id, third.id], [one, two, elsewhere]);
    assert_eq!(claim(store, 5).await, None, "a prune beside a backup, or a backup past a prune");
    succeed(store, &first, 6).await;
    assert_eq!(claim(store, 6).await, None, "a prune beside a restore");
    succeed(store, &second, 7).await;
    let alone = begin(store, 8).await;
    assert_eq!(alone.id, prune);
    assert_eq!(claim(store, 8).await, None, "a backup beside a prune");
    succeed(store, &alone, 9).await;
    assert_eq!(begin(store, 10).await.id, behind);
}

async fn a_lost_lease_writes_nothing(store: &impl StoreUnderTest) {
    let id = add(store, NewJob { max_attempts: 2, ..of_server(1) }, 0).await;
    let slow = begin(store, 0).await;
    assert_eq!(store.reap(at(20), &|_, _| Duration::ZERO).await.unwrap(), [], "its lease lasts to its last moment");
    assert_eq!(store.reap(at(21), &|_, _| Duration::ZERO).await.unwrap().len(), 1);
    let fast = begin(store, 22).await;
    assert_eq!((fast.id, fast.attempt), (id, 2));
    assert_ne!(fast.generation, slow.generation);

    assert_eq!(beat(store, slow.lease(), 23).await, Beat::Lost);
    assert!(!store.start(slow.lease(), at(23)).await.unwrap());
    assert!(!leave(store, slow.lease(), 23, Leaving::Ended(JobOutcome::failed("x", "x"))).await);
    let now = store.look(id).await;
    assert_eq!((now.state, now.generation, now.message), (JobState::Running, fast.generation, None));
    assert_eq!(beat(store, fast.lease(), 24).await, Beat::Held);
    succeed(store, &fast, 25).await;
}

async fn dead_workers_jobs_are_taken_back(store: &impl StoreUnderTest) {
    let once = add(store, of_repository(JobKind::Prune, 1), 0).await;
    let often = add(store, NewJob { max_attempts: 9, ..of_repository(JobKind::Prune, 2) }, 0).await;
    let unwanted = add(store, NewJob { max_attempts: 9, ..of_repository(JobKind::Prune, 3) }, 0).await;
    for _ in 0..3 {
        begin(store, 1).await;
    }
    assert_eq!(store.cancel(unwanted, at(2)).await.unwrap(), CancelAnswer::Requested);

    let half_a_minute_each = |_: JobId, attempt: u32| Duration::from_secs(30 * u64::from(attempt));
    let mut reaped = store.reap(at(60), &half_a_minute_each).await.unwrap();
    reaped.sort_by_key(|job| job.job_id);
    let states: Vec<_> = reaped.iter().map(|job| (job.job_id, job.state)).collect();
    assert_eq!(states, [(once, JobState::Queued), (often, JobState::Queued), (unwanted, JobState::Canceled)]);
    assert!(reaped.iter().all(|job| job.worker.as_deref() == Some("w1")));
    assert_eq!(claim(store, 89).await, None, "they wait for half a minute");

    // Its repository is free again.
    let after = add(store, of_repository(JobKind::Prune, 3), 61).await;
    let free = begin(store, 62).await;
    assert_eq!(free.id, after);
    succeed(store, &free, 63).await;

    // The second and the third worker die too: now the job itself is suspected, but for the one that may be tried often.
    for (second, left) in [(90, JobState::Queued), (200, JobState::Failed)] {
        for _ in 0..2 {
            begin(store, second).await;
        }
        let reaped = store.reap(at(second + 30), &half_a_minute_each).await.unwrap();
        assert_eq!(reaped.len(), 2);
        assert_eq!(store.look(once).await.state, left, "after the worker of second {second}");
        assert_eq!(store.look(often).await.state, JobState::Queued);
    }
    assert_eq!(store.look(once).await.code.as_deref(), Some("worker.lost"));
}

async fn jobs_are_canceled(store: &impl StoreUnderTest) {
    let waiting = add(store, of_repository(JobKind::Prune, 1), 0).await;
    assert_eq!(store.cancel(waiting, at(1)).await.unwrap(), CancelAnswer::Canceled);
    assert_eq!(store.look(waiting).await.state, JobState::Canceled);
    assert_eq!(claim(store, 2).await, None);
    assert_eq!(store.cancel(waiting, at(3)).await.unwrap(), CancelAnswer::Ended(JobState::Canceled));
    assert_eq!(store.cancel(JobId::new(999_999), at(3)).await.unwrap(), CancelAnswer::NotFound);

    let running = add(store, of_repository(JobKind::Prune, 1), 4).await;
    let job = begin(store, 5).await;
    assert_eq!(beat(store, job.lease(), 6).await, Beat::Held);
    let mut wakes = store.cancel_wakes();
    wakes.mark_unchanged();
    assert_eq!(store.cancel(running, at(7)).await.unwrap(), CancelAnswer::Requested);
    assert!(wakes.has_changed().unwrap(), "the workers of this process hear of it at once");
    assert!(store.look(running).await.cancel_requested);
    assert_eq!(beat(store, job.lease(), 8).await, Beat::CancelRequested);
    assert!(leave(store, job.lease(), 9, Leaving::Ended(JobOutcome::canceled())).await);
    assert_eq!(store.look(running).await.state, JobState::Canceled);
}

async fn a_failed_attempt_waits(store: &impl StoreUnderTest) {
    let id = add(store, NewJob { max_attempts: 2, ..of_repository(JobKind::Prune, 1) }, 0).await;
    let job = begin(store, 1).await;
    let outcome = JobOutcome::failed_for_now("storage.unreachable", "the pool does not answer");
    assert!(leave(store, job.lease(), 2, Leaving::Retry { not_before: at(32), outcome }).await);
    let waits = store.look(id).await;
    assert_eq!((waits.state, waits.not_before, waits.attempt), (JobState::Queued, Some(at(32)), 1));
    assert_eq!(waits.message.as_deref(), Some("the pool does not answer"));
    assert_eq!(claim(store, 31).await, None, "it came back too early");
    let again = begin(store, 32).await;
    assert_eq!((again.id, again.attempt), (id, 2));
    succeed(store, &again, 33).await;
    let ended = store.look(id).await;
    assert_eq!((ended.state, ended.message), (JobState::Succeeded, None), "an old message stays on a success");
}

async fn a_job_given_back_loses_no_attempt(store: &impl StoreUnderTest) {
    let id = add(store, of_repository(JobKind::Prune, 1), 0).await;
    let job = begin(store, 1).await;
    assert!(leave(store, job.lease(), 2, Leaving::GivenBack).await);
    let again = begin(store, 2).await;
    assert_eq!((again.id, again.attempt), (id, 1));
}

async fn a_unique_key_is_active_once(store: &impl StoreUnderTest) {
    let keyed = || NewJob { unique_key: Some("pool:1".into()), ..NewJob::new(JobKind::PoolAnalysis) };
    let first = add(store, keyed(), 0).await;
    assert_eq!(add(store, keyed(), 1).await, first);
    let job = begin(store, 2).await;
    assert_eq!(add(store, keyed(), 3).await, first, "it runs");
    succeed(store, &job, 4).await;
    assert_ne!(add(store, keyed(), 5).await, first, "it has ended");
}

async fn eight_workers_at_once_do_each_job_once(store: &impl StoreUnderTest) {
    const JOBS: usize = 60;
    for number in 0..JOBS {
        add(store, of_server(number as i64 % 5), 0).await;
    }
    let limits = Limits { global: 6, per_server: 2 };
    let done = std::sync::Mutex::new(Vec::new());
    let worker = async || {
        loop {
            let Some(job) = claim_within(store, 1, limits).await else {
                if done.lock().unwrap().len() == JOBS {
                    return;
                }
                tokio::task::yield_now().await;
                continue;
            };
            assert!(store.start(job.lease(), at(1)).await.unwrap());
            assert_eq!(beat(store, job.lease(), 1).await, Beat::Held);
            succeed(store, &job, 1).await;
            done.lock().unwrap().push(job.id);
        }
    };
    tokio::join!(worker(), worker(), worker(), worker(), worker(), worker(), worker(), worker());
    let mut done = done.into_inner().unwrap();
    done.sort();
    done.dedup();
    assert_eq!(done.len(), JOBS, "a job was lost or done twice");
}
