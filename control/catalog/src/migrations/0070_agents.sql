-- Machines that call home: one row beside each server that is not this machine.
CREATE TABLE agents (
    server_id BIGINT PRIMARY KEY REFERENCES servers (id) ON DELETE CASCADE,
    -- Ed25519, base64; NULL until an agent enrolled, and after its key was revoked.
    public_key TEXT,
    enrolled_at BIGINT,
    protocol BIGINT,
    -- Of the program.
    agent_version TEXT,
    kernel TEXT,
    arch TEXT,
    -- A list of texts, as JSON.
    addresses TEXT NOT NULL,
    connected_at BIGINT,
    round_trip_us BIGINT,
    -- The server process that holds its control channel; NULL while there is none.
    process TEXT,
    CONSTRAINT agents_key UNIQUE (public_key)
);
CREATE INDEX agents_process ON agents (process) WHERE process IS NOT NULL;

-- Keys that were an agent's once, so that their holder is told why it is refused.
CREATE TABLE revoked_agent_keys (
    public_key TEXT PRIMARY KEY,
    server_id BIGINT NOT NULL,
    revoked_at BIGINT NOT NULL
);

-- One-time tokens by which an agent's key becomes known.
CREATE TABLE enrolments (
    id {id},
    server_id BIGINT NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
    -- SHA-256 of the token, base64.
    token_hash TEXT NOT NULL,
    created_by BIGINT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    -- The key that came with it.
    used_by TEXT
);
CREATE UNIQUE INDEX enrolments_token ON enrolments (token_hash);
CREATE INDEX enrolments_server ON enrolments (server_id);
