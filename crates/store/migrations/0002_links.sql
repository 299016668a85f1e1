-- What a desk calls its conversation finds the session again: hooks of some desks tell nothing else.
ALTER TABLE sessions ADD COLUMN desk TEXT;
ALTER TABLE sessions ADD COLUMN link TEXT;
CREATE INDEX sessions_link ON sessions (desk, link, started_at) WHERE link IS NOT NULL;
