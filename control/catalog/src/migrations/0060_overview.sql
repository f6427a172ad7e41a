-- Looks at many plans at once: the newest run of each outcome, and the outcomes of a month.
CREATE INDEX runs_outcome ON runs (plan_id, state, id);
CREATE INDEX runs_strip ON runs (plan_id, queued_at, state);
