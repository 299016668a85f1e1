-- Numbers stand in for conversations' ids, so that every table and index below stays small. Keys compare byte by byte,
-- whatever the language of the database is. A conversation's row leaves room on its page for its next revision.
CREATE TABLE conversations (
    nr BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id TEXT COLLATE "C" NOT NULL UNIQUE,
    revision BIGINT NOT NULL,
    due BIGINT,
    body TEXT NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX conversations_due ON conversations (due, nr) WHERE due IS NOT NULL;

CREATE TABLE entries (
    conversation BIGINT NOT NULL,
    n BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (conversation, n)
);

-- `wake` is set on the heads of lanes only: when the head may be leased, or when its lease runs out. `node` is who holds
-- the lease, or held the last one.
CREATE TABLE deliveries (
    conversation BIGINT NOT NULL,
    n BIGINT NOT NULL,
    side TEXT COLLATE "C" NOT NULL,
    account TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL DEFAULT 'pending',
    attempts INTEGER NOT NULL DEFAULT 0,
    forgiven INTEGER NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    lease BIGINT,
    wake BIGINT,
    node BIGINT,
    body TEXT NOT NULL,
    PRIMARY KEY (conversation, n)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX deliveries_wake ON deliveries (wake, conversation, n) WHERE wake IS NOT NULL;
CREATE INDEX deliveries_lane ON deliveries (conversation, side, n) WHERE state = 'pending';
CREATE INDEX deliveries_dead ON deliveries (next_at, conversation, n) WHERE state = 'dead';

CREATE TABLE attempts (
    conversation BIGINT NOT NULL,
    delivery BIGINT NOT NULL,
    attempt INTEGER NOT NULL,
    at BIGINT NOT NULL,
    note TEXT NOT NULL,
    by TEXT,
    calls TEXT,
    PRIMARY KEY (conversation, delivery, attempt)
);

CREATE TABLE sessions (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    conversation BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at BIGINT,
    desk TEXT COLLATE "C",
    link TEXT COLLATE "C",
    body TEXT NOT NULL
);
CREATE INDEX sessions_state ON sessions (state, started_at, id);
CREATE INDEX sessions_conversation ON sessions (conversation, state, started_at, id);
CREATE INDEX sessions_ended ON sessions (ended_at, id) WHERE ended_at IS NOT NULL;
CREATE INDEX sessions_link ON sessions (desk, link, started_at) WHERE link IS NOT NULL;

CREATE TABLE bot_states (
    conversation BIGINT NOT NULL PRIMARY KEY,
    body TEXT NOT NULL
);

CREATE TABLE inbox (
    conversation BIGINT NOT NULL,
    account TEXT COLLATE "C" NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL,
    entry BIGINT NOT NULL,
    PRIMARY KEY (conversation, account, source)
);
CREATE INDEX inbox_at ON inbox (at, conversation);

CREATE TABLE records (
    kind TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (kind, id)
);

-- Each opening of the store is a node of its own number.
CREATE SEQUENCE nodes;
-- No lease's number is given twice.
CREATE SEQUENCE leases;
-- A transaction leaves its number behind, so that a node which lost the connection at its COMMIT can find out what became
-- of it.
CREATE TABLE marks (
    node BIGINT NOT NULL,
    hand SMALLINT NOT NULL,
    number BIGINT NOT NULL,
    at TIMESTAMPTZ NOT NULL DEFAULT now(),
    PRIMARY KEY (node, hand, number)
);
