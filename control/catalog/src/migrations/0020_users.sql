-- Who may sign in, and how they are recognised.
CREATE TABLE users (
    id {id},
    name TEXT NOT NULL,
    -- Lower case, so that two users do not differ by case alone.
    name_key TEXT NOT NULL,
    email TEXT,
    role TEXT NOT NULL,
    language TEXT,
    theme TEXT NOT NULL,
    -- argon2id, in PHC form.
    password_hash TEXT NOT NULL,
    -- Sealed by the master key; NULL where the second factor is off.
    totp_secret TEXT,
    -- The last time step that a code was taken for: each code signs in once.
    totp_last_step BIGINT NOT NULL,
    -- Sealed; waits to be confirmed.
    totp_pending TEXT,
    totp_pending_at BIGINT,
    disabled BOOLEAN NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    last_login_at BIGINT
);
CREATE UNIQUE INDEX users_name ON users (name_key);

CREATE TABLE recovery_codes (
    id {id},
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- SHA-256 of the code, in hexadecimal digits.
    code_hash TEXT NOT NULL
);
CREATE INDEX recovery_codes_user ON recovery_codes (user_id);

CREATE TABLE sessions (
    id {id},
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- SHA-256 of the cookie's value.
    token_hash TEXT NOT NULL,
    csrf_token TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    address TEXT NOT NULL,
    user_agent TEXT NOT NULL
);
CREATE UNIQUE INDEX sessions_token ON sessions (token_hash);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE TABLE api_tokens (
    id {id},
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    -- SHA-256 of the secret.
    token_hash TEXT NOT NULL,
    -- Names of permissions, as JSON.
    scopes TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    last_used_at BIGINT
);
CREATE UNIQUE INDEX api_tokens_token ON api_tokens (token_hash);
CREATE INDEX api_tokens_user ON api_tokens (user_id);
