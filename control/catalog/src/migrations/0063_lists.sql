-- Lists in the order of names, case aside, and found by them: names in lower case.
ALTER TABLE servers ADD COLUMN name_key TEXT NOT NULL DEFAULT '';
ALTER TABLE pools ADD COLUMN name_key TEXT NOT NULL DEFAULT '';
ALTER TABLE repositories ADD COLUMN name_key TEXT NOT NULL DEFAULT '';
ALTER TABLE api_tokens ADD COLUMN name_key TEXT NOT NULL DEFAULT '';
UPDATE servers SET name_key = LOWER(name);
UPDATE pools SET name_key = LOWER(name);
UPDATE repositories SET name_key = LOWER(name);
UPDATE api_tokens SET name_key = LOWER(name);
-- This machine first.
CREATE INDEX servers_place ON servers ((CASE WHEN is_local THEN '' ELSE name_key END), id);
CREATE INDEX pools_name_key ON pools (name_key, id);
CREATE INDEX api_tokens_name_key ON api_tokens (name_key, id);
DROP INDEX repositories_name;
CREATE INDEX repositories_name_key ON repositories (name_key, id);
CREATE INDEX repositories_pool ON repositories (pool_id, name_key, id);
DROP INDEX repositories_server;
CREATE INDEX repositories_server ON repositories (server_id, name_key, id);

-- A list that is narrowed twice is read along one index, whatever the database believes to know of the rows.
CREATE INDEX runs_server_state ON runs (server_id, state, id);
CREATE INDEX runs_repository_state ON runs (repository_id, state, id);
CREATE INDEX job_history_kind_state ON job_history (kind, state, id);
CREATE INDEX job_history_server_state ON job_history (server_id, state, id);
CREATE INDEX job_history_repository_state ON job_history (repository_id, state, id);
CREATE INDEX job_history_pool ON job_history (pool_id, id) WHERE pool_id IS NOT NULL;
CREATE INDEX snapshots_repository_plan ON snapshots (repository_id, plan_id, taken_at, id);

-- The outcomes of a day are counted without a look at the rows.
CREATE INDEX runs_state_queued ON runs (state, queued_at);
