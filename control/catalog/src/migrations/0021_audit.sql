-- Who did what, from where: written before it is done, completed after. No row refers to another table: it outlives them.
CREATE TABLE audit (
    id {id},
    at BIGINT NOT NULL,
    user_id BIGINT,
    actor TEXT NOT NULL,
    address TEXT,
    action TEXT NOT NULL,
    object_kind TEXT,
    object_id BIGINT,
    object_name TEXT,
    -- started, succeeded, refused, failed
    outcome TEXT NOT NULL,
    detail TEXT,
    -- Lower case: what a search looks through.
    search_text TEXT NOT NULL
);
CREATE INDEX audit_action ON audit (action, id);
CREATE INDEX audit_object ON audit (object_kind, object_id, id);
