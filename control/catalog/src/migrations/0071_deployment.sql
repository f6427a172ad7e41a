-- How a server is reached by SSH, for the jobs that install its agent and look after it.
CREATE TABLE ssh_hosts (
    server_id BIGINT PRIMARY KEY REFERENCES servers (id) ON DELETE CASCADE,
    address TEXT NOT NULL,
    port BIGINT NOT NULL,
    user_name TEXT NOT NULL,
    -- 'password', 'key' or 'serverKey': how one logged in last.
    method TEXT NOT NULL,
    -- 'SHA256:…' of the key that a person accepted, and its kind; NULL where the next one may be accepted.
    host_key TEXT,
    host_key_kind TEXT,
    accepted_at BIGINT
);

-- Credentials of a job, sealed. They go with the queue's row: none outlives its job, however that ends.
CREATE TABLE job_secrets (
    job_id BIGINT PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
    uid TEXT NOT NULL,
    sealed TEXT NOT NULL
);
