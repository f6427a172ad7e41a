CREATE TABLE servers (
    id {id},
    name TEXT NOT NULL,
    is_local BOOLEAN NOT NULL,
    address TEXT,
    os TEXT,
    host_name TEXT,
    labels TEXT NOT NULL,
    last_seen_at BIGINT,
    created_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    CONSTRAINT servers_name UNIQUE (name)
);

CREATE TABLE pools (
    id {id},
    uid TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    place TEXT NOT NULL,
    location TEXT NOT NULL,
    secrets TEXT,
    state TEXT NOT NULL,
    state_message TEXT,
    capacity_bytes BIGINT,
    free_bytes BIGINT,
    used_bytes BIGINT NOT NULL,
    analysed_at BIGINT,
    created_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    CONSTRAINT pools_name UNIQUE (name),
    CONSTRAINT pools_location UNIQUE (location)
);

CREATE TABLE pool_samples (
    id {id},
    pool_id BIGINT NOT NULL REFERENCES pools (id) ON DELETE CASCADE,
    at BIGINT NOT NULL,
    used_bytes BIGINT NOT NULL,
    capacity_bytes BIGINT,
    free_bytes BIGINT,
    CONSTRAINT pool_samples_at UNIQUE (pool_id, at)
);

CREATE TABLE repositories (
    id {id},
    uid TEXT NOT NULL,
    pool_id BIGINT NOT NULL REFERENCES pools (id),
    server_id BIGINT REFERENCES servers (id),
    name TEXT NOT NULL,
    path TEXT NOT NULL,
    state TEXT NOT NULL,
    password TEXT NOT NULL,
    repository_uuid TEXT,
    stored_bytes BIGINT NOT NULL,
    snapshot_count BIGINT NOT NULL,
    checked_at BIGINT,
    check_ok BOOLEAN,
    check_message TEXT,
    kit_code TEXT,
    kit_confirmed_at BIGINT,
    created_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    CONSTRAINT repositories_path UNIQUE (pool_id, path)
);
CREATE INDEX repositories_server ON repositories (server_id);
CREATE INDEX repositories_name ON repositories (name, id);

CREATE TABLE repository_clients (
    id {id},
    repository_id BIGINT NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
    username TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    mode TEXT NOT NULL,
    quota_bytes BIGINT,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT,
    CONSTRAINT repository_clients_username UNIQUE (username)
);
CREATE INDEX repository_clients_repository ON repository_clients (repository_id, id);

CREATE TABLE snapshots (
    id {id},
    repository_id BIGINT NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
    snapshot_hash TEXT NOT NULL,
    server_id BIGINT,
    plan_id BIGINT,
    run_id BIGINT,
    taken_at BIGINT NOT NULL,
    host_name TEXT NOT NULL,
    paths TEXT NOT NULL,
    tags TEXT NOT NULL,
    program TEXT,
    files BIGINT,
    size_bytes BIGINT,
    added_bytes BIGINT,
    is_incomplete BOOLEAN NOT NULL,
    verified_at BIGINT,
    is_damaged BOOLEAN NOT NULL,
    vanished_at BIGINT,
    CONSTRAINT snapshots_hash UNIQUE (repository_id, snapshot_hash)
);
CREATE INDEX snapshots_taken ON snapshots (taken_at, id);
CREATE INDEX snapshots_repository ON snapshots (repository_id, taken_at, id);
CREATE INDEX snapshots_plan ON snapshots (plan_id, taken_at, id);
CREATE INDEX snapshots_server ON snapshots (server_id, taken_at, id);
CREATE INDEX snapshots_run ON snapshots (run_id);
