-- Entries that a log elsewhere has yet to be told, where there is one. A place is never given twice.
CREATE TABLE events (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation INTEGER NOT NULL,
    n INTEGER NOT NULL
);
