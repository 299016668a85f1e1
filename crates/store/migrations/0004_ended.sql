-- What ended lately is found without a walk over all that ever ended.
CREATE INDEX sessions_ended ON sessions (json_extract(body, '$.ended_at'), id) WHERE state = 'ended';
