-- The queue: what waits and what runs. What has ended moves to job_history, so that a claim never looks past it.
CREATE TABLE jobs (
    id {id},
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    priority INTEGER NOT NULL,
    turn BIGINT NOT NULL,
    server_id BIGINT,
    pool_id BIGINT,
    repository_id BIGINT,
    plan_id BIGINT,
    run_id BIGINT,
    requested_by BIGINT,
    access TEXT NOT NULL,
    -- JSON, of a shape that the kind decides.
    payload TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    max_attempts INTEGER NOT NULL,
    unique_key TEXT,
    not_before BIGINT,
    queued_at BIGINT NOT NULL,
    started_at BIGINT,
    ended_at BIGINT,
    cancel_requested BOOLEAN NOT NULL,
    worker TEXT,
    generation BIGINT NOT NULL,
    lease_until BIGINT,
    -- JobProgress as JSON.
    progress TEXT,
    code TEXT,
    message TEXT,
    result TEXT
);
CREATE INDEX jobs_waiting ON jobs ((-priority), turn, id) WHERE state = 'queued';
CREATE INDEX jobs_leases ON jobs (lease_until) WHERE lease_until IS NOT NULL;
CREATE UNIQUE INDEX jobs_unique ON jobs (unique_key) WHERE unique_key IS NOT NULL;

CREATE TABLE job_history (
    id BIGINT PRIMARY KEY,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    priority INTEGER NOT NULL,
    turn BIGINT NOT NULL,
    server_id BIGINT,
    pool_id BIGINT,
    repository_id BIGINT,
    plan_id BIGINT,
    run_id BIGINT,
    requested_by BIGINT,
    access TEXT NOT NULL,
    -- JSON, of a shape that the kind decides.
    payload TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    max_attempts INTEGER NOT NULL,
    unique_key TEXT,
    not_before BIGINT,
    queued_at BIGINT NOT NULL,
    started_at BIGINT,
    ended_at BIGINT,
    cancel_requested BOOLEAN NOT NULL,
    worker TEXT,
    generation BIGINT NOT NULL,
    lease_until BIGINT,
    -- JobProgress as JSON.
    progress TEXT,
    code TEXT,
    message TEXT,
    result TEXT
);
CREATE INDEX job_history_kind ON job_history (kind, id);
CREATE INDEX job_history_state ON job_history (state, id);
CREATE INDEX job_history_server ON job_history (server_id, id);
CREATE INDEX job_history_repository ON job_history (repository_id, id);
CREATE INDEX job_history_plan ON job_history (plan_id, id);
CREATE INDEX job_history_run ON job_history (run_id, id);
CREATE INDEX job_history_ended ON job_history (ended_at);

-- What works now, counted: 'global', 'server:N', 'repository:N' (in_use shares it, alone has it alone), and the turns that
-- were given out, 'turn:server:N'. Whoever counts locks 'global' first.
CREATE TABLE job_limits (
    key TEXT PRIMARY KEY,
    in_use BIGINT NOT NULL,
    alone BIGINT NOT NULL,
    turn BIGINT NOT NULL
);

CREATE TABLE job_log (
    id {id},
    job_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    level TEXT NOT NULL,
    text TEXT NOT NULL
);
CREATE INDEX job_log_job ON job_log (job_id, id);
CREATE INDEX job_log_at ON job_log (at);
