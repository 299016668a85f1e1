-- Numbers stand in for conversations' ids, so that every table and index below stays small.
CREATE TABLE conversations (
    nr INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    revision INTEGER NOT NULL,
    due INTEGER,
    body TEXT NOT NULL
);
CREATE INDEX conversations_due ON conversations (due) WHERE due IS NOT NULL;

CREATE TABLE entries (
    conversation INTEGER NOT NULL,
    n INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (conversation, n)
) WITHOUT ROWID;

-- `wake` is set on the heads of lanes only: when the head may be leased, or when its lease runs out.
CREATE TABLE deliveries (
    conversation INTEGER NOT NULL,
    n INTEGER NOT NULL,
    side TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending',
    attempts INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    next_at INTEGER NOT NULL,
    lease INTEGER,
    wake INTEGER,
    body TEXT NOT NULL,
    PRIMARY KEY (conversation, n)
) WITHOUT ROWID;
CREATE INDEX deliveries_wake ON deliveries (wake) WHERE wake IS NOT NULL;
CREATE INDEX deliveries_lane ON deliveries (conversation, side, n) WHERE state = 'pending';
CREATE INDEX deliveries_dead ON deliveries (conversation, n) WHERE state = 'dead';

CREATE TABLE attempts (
    conversation INTEGER NOT NULL,
    delivery INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    at INTEGER NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (conversation, delivery, attempt)
) WITHOUT ROWID;

CREATE TABLE leases (last INTEGER NOT NULL);
INSERT INTO leases (last) VALUES (0);

CREATE TABLE sessions (
    id TEXT NOT NULL PRIMARY KEY,
    conversation INTEGER NOT NULL,
    state TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    body TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX sessions_state ON sessions (state, started_at);
CREATE INDEX sessions_conversation ON sessions (conversation, state, started_at);

CREATE TABLE bot_states (
    conversation INTEGER PRIMARY KEY,
    body TEXT NOT NULL
);

CREATE TABLE inbox (
    conversation INTEGER NOT NULL,
    account TEXT NOT NULL,
    source TEXT NOT NULL,
    at INTEGER NOT NULL,
    entry INTEGER NOT NULL,
    PRIMARY KEY (conversation, account, source)
) WITHOUT ROWID;
CREATE INDEX inbox_at ON inbox (at);

CREATE TABLE records (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (kind, id)
) WITHOUT ROWID;
