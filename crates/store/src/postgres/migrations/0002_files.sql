-- Files that contacts and agents send: written once and never changed. A body is kept as it came, because pictures do not
-- get smaller, and because a part of one is then read without the rest.
CREATE TABLE files (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    kept TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    body BYTEA NOT NULL
);
ALTER TABLE files ALTER COLUMN body SET STORAGE EXTERNAL;
