-- Installations of agents that were begun and have not settled, with the key that the server had before: one that fails gives
-- it back, also when another process of the server has to end it.
CREATE TABLE agent_installs (
    server_id BIGINT PRIMARY KEY REFERENCES servers (id) ON DELETE CASCADE,
    -- NULL where there was none.
    former_key TEXT,
    former_enrolled_at BIGINT,
    begun_at BIGINT NOT NULL
);
