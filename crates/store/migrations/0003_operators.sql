-- What operators see and do: the calls of a try, whose deed a line of the history is, and how many lines do not count for
-- the schedule, as the delivery was repeated after them.
ALTER TABLE attempts ADD COLUMN calls TEXT;
ALTER TABLE attempts ADD COLUMN by TEXT;
ALTER TABLE deliveries ADD COLUMN forgiven INTEGER NOT NULL DEFAULT 0;

-- `next_at` holds when a delivery ended, once it has: so dead ones are listed the last one first.
UPDATE deliveries SET next_at = coalesce(
    (SELECT a.at FROM attempts a WHERE a.conversation = deliveries.conversation
     AND a.delivery = deliveries.n AND a.attempt = deliveries.attempts), next_at) WHERE state = 'dead';
DROP INDEX deliveries_dead;
CREATE INDEX deliveries_dead ON deliveries (next_at, conversation, n) WHERE state = 'dead';
