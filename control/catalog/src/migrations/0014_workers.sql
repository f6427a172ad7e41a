-- The workers of all processes. A process that is not heard of is dead, and its names are given out again.
CREATE TABLE workers (
    id {id},
    name TEXT NOT NULL,
    process TEXT NOT NULL,
    host TEXT NOT NULL,
    pid BIGINT NOT NULL,
    state TEXT NOT NULL,
    job_id BIGINT,
    job_kind TEXT,
    started_at BIGINT,
    seen_at BIGINT NOT NULL,
    memory_bytes BIGINT NOT NULL,
    cpu_percent DOUBLE PRECISION NOT NULL,
    -- What it is told, until its process has read it.
    command TEXT
);
CREATE UNIQUE INDEX workers_name ON workers (name);
CREATE INDEX workers_process ON workers (process);

CREATE TABLE worker_log (
    id {id},
    worker TEXT NOT NULL,
    at BIGINT NOT NULL,
    level TEXT NOT NULL,
    text TEXT NOT NULL
);
CREATE INDEX worker_log_worker ON worker_log (worker, id);
CREATE INDEX worker_log_at ON worker_log (at);
