-- How many jobs a worker brought to an end since its process began.
ALTER TABLE workers ADD COLUMN jobs_done BIGINT NOT NULL DEFAULT 0;
