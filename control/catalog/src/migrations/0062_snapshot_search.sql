-- What a search of snapshots looks through, in lower case: a narrow table, which is read whole in the time of a page.
CREATE TABLE snapshot_texts (
    id {id} REFERENCES snapshots (id) ON DELETE CASCADE,
    text TEXT NOT NULL
);
INSERT INTO snapshot_texts (id, text)
SELECT id, LOWER(host_name) || '
' || LOWER(paths) || '
' || LOWER(tags) FROM snapshots;
-- A snapshot by the beginning of its name, whatever its repository.
CREATE INDEX snapshots_name ON snapshots (snapshot_hash);
