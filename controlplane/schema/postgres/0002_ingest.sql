-- How far the worker has carried each partition of the event log into ClickHouse.
-- A batch is the range [next_sequence, batch_end): it is fixed here before its first insert, so that a crash at any
-- point repeats exactly this range; advancing sets next_sequence to batch_end and clears it in one statement.
CREATE TABLE ingest_checkpoint (
  log_partition integer PRIMARY KEY CHECK (log_partition >= 0),
  next_sequence bigint NOT NULL CHECK (next_sequence >= 0),
  batch_end bigint CHECK (batch_end > next_sequence),
  updated_at timestamptz NOT NULL DEFAULT now()
);
