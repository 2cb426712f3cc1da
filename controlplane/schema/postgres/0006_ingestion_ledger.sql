-- The conservation ledger: what became of every event, by minute of receipt. Written in the
-- transaction that moves ingest_checkpoint, so that a batch that is repeated is counted once.
-- Minutes count from 1970 UTC; project 0 stands for requests whose token no project has, or that
-- named none.

-- What the worker found in the records of the log.
CREATE TABLE ingestion_ledger (
  minute bigint NOT NULL,
  project_id bigint NOT NULL,
  log_partition integer NOT NULL,
  received bigint NOT NULL,
  stored bigint NOT NULL,
  duplicate bigint NOT NULL,
  quarantined bigint NOT NULL,
  unknown_project bigint NOT NULL,
  dropped bigint NOT NULL,
  PRIMARY KEY (minute, project_id, log_partition)
);

-- What capture says it answered. A source is one shard's table of one minute in one life of the
-- dataplane; its newest record replaces the rows of the one before.
CREATE TABLE capture_count (
  log_partition integer NOT NULL,
  source bigint NOT NULL,
  project_id bigint NOT NULL,
  outcome text NOT NULL,
  minute bigint NOT NULL,
  requests bigint NOT NULL,
  events bigint NOT NULL,
  PRIMARY KEY (log_partition, source, project_id, outcome)
);
CREATE INDEX capture_count_minute ON capture_count (minute, project_id);

-- The names of capture_count in words, as the dataplane answered them.
CREATE TABLE capture_outcome (
  name text PRIMARY KEY,
  status integer NOT NULL,
  text text NOT NULL
);
