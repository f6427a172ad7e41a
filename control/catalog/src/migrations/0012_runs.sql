-- One row per execution of a plan. Plans are deleted, their runs stay: so no foreign key, and the plan's name beside it.
CREATE TABLE runs (
    id {id},
    plan_id BIGINT NOT NULL,
    plan_name TEXT NOT NULL,
    server_id BIGINT NOT NULL,
    repository_id BIGINT NOT NULL,
    job_id BIGINT,
    snapshot_id BIGINT,
    retry_of BIGINT,
    requested_by BIGINT,
    state TEXT NOT NULL,
    origin TEXT NOT NULL,
    -- The time of the schedule that it is for; NULL where somebody asked.
    fire_at BIGINT,
    queued_at BIGINT NOT NULL,
    started_at BIGINT,
    ended_at BIGINT,
    attempt INTEGER NOT NULL,
    -- RunCounters as JSON.
    counters TEXT NOT NULL,
    rate_bytes_per_second BIGINT NOT NULL,
    code TEXT,
    message TEXT
);
-- Two schedulers fire a time once. NULLs do not collide.
CREATE UNIQUE INDEX runs_fire ON runs (plan_id, fire_at);
CREATE INDEX runs_plan ON runs (plan_id, id);
CREATE INDEX runs_server ON runs (server_id, id);
CREATE INDEX runs_repository ON runs (repository_id, id);
CREATE INDEX runs_state ON runs (state, id);
CREATE INDEX runs_queued ON runs (queued_at, id);

-- What is not in a run's recovery point, or not as it was.
CREATE TABLE run_problems (
    id {id},
    run_id BIGINT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    path TEXT NOT NULL,
    kind TEXT NOT NULL,
    message TEXT NOT NULL
);
CREATE INDEX run_problems_run ON run_problems (run_id, id);
