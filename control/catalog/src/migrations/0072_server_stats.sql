-- What the last look at a machine found, whole, as JSON.
CREATE TABLE server_stats (
    server_id BIGINT PRIMARY KEY REFERENCES servers (id) ON DELETE CASCADE,
    taken_at BIGINT NOT NULL,
    figures TEXT NOT NULL
);

-- What can be done on a machine, as JSON.
CREATE TABLE server_capabilities (
    server_id BIGINT PRIMARY KEY REFERENCES servers (id) ON DELETE CASCADE,
    taken_at BIGINT NOT NULL,
    found TEXT NOT NULL
);

-- A machine's figures over time. Of each span (seconds: 0 is one look, 3600, 86400) one row per moment or beginning; the rows
-- of a span are means of those of the span before it. A machine that was not there has no row.
CREATE TABLE server_samples (
    id {id},
    server_id BIGINT NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
    span BIGINT NOT NULL,
    at BIGINT NOT NULL,
    cpu_percent DOUBLE PRECISION,
    cpu_peak DOUBLE PRECISION,
    load_1 DOUBLE PRECISION NOT NULL,
    memory_used BIGINT NOT NULL,
    memory_total BIGINT NOT NULL,
    swap_used BIGINT NOT NULL,
    swap_total BIGINT NOT NULL,
    CONSTRAINT server_samples_at UNIQUE (server_id, span, at)
);
CREATE INDEX server_samples_old ON server_samples (span, at);

-- The same of each file system.
CREATE TABLE server_disk_samples (
    id {id},
    server_id BIGINT NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
    span BIGINT NOT NULL,
    at BIGINT NOT NULL,
    mount_point TEXT NOT NULL,
    used_bytes BIGINT NOT NULL,
    size_bytes BIGINT NOT NULL,
    CONSTRAINT server_disk_samples_at UNIQUE (server_id, span, at, mount_point)
);
CREATE INDEX server_disk_samples_old ON server_disk_samples (span, at);

-- Of a server that has its own; NULL: it had, and follows the others again.
CREATE TABLE server_thresholds (
    server_id BIGINT PRIMARY KEY REFERENCES servers (id) ON DELETE CASCADE,
    thresholds TEXT,
    version BIGINT NOT NULL
);

-- What asks for a person, from when to when. `detail` tells several of one kind and subject apart, such as a mount point.
CREATE TABLE alerts (
    id {id},
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    subject_id BIGINT NOT NULL,
    detail TEXT NOT NULL,
    -- The figures of its last look, as JSON.
    facts TEXT NOT NULL,
    since BIGINT NOT NULL,
    until BIGINT
);
CREATE UNIQUE INDEX alerts_standing ON alerts (kind, subject, subject_id, detail) WHERE until IS NULL;
CREATE INDEX alerts_subject ON alerts (subject, subject_id, since);
CREATE INDEX alerts_over ON alerts (until) WHERE until IS NOT NULL;
