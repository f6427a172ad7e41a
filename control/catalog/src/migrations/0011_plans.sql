-- What is protected, when, and what is kept.
CREATE TABLE plans (
    id {id},
    name TEXT NOT NULL,
    -- Lower case, so that two plans do not differ by case alone.
    name_key TEXT NOT NULL,
    server_id BIGINT NOT NULL,
    repository_id BIGINT NOT NULL,
    -- PlanSpec as JSON.
    spec TEXT NOT NULL,
    enabled BOOLEAN NOT NULL,
    -- The next time of its schedule; NULL where there is none, or the plan is off.
    next_fire_at BIGINT,
    -- From when on fire times count: when the schedule was made, or the last one that was dealt with.
    scheduled_from BIGINT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX plans_name ON plans (name_key);
CREATE INDEX plans_due ON plans (next_fire_at) WHERE next_fire_at IS NOT NULL;
CREATE INDEX plans_repository ON plans (repository_id);
CREATE INDEX plans_server ON plans (server_id);
