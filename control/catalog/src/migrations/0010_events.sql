-- What happened, for those who watch: appended in the transaction of the change itself.
CREATE TABLE events (
    seq {id},
    topic TEXT NOT NULL,
    kind TEXT NOT NULL,
    object_id BIGINT NOT NULL,
    data TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX events_at ON events (at);
