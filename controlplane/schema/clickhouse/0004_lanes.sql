-- The lanes beside `events`. Both tables may be given the same rows again: their keys name the event
-- and the place in it, so merges (and FINAL) leave one of each, whether a batch is repeated after a
-- crash or a client sends a request twice.

-- Where people click, move and scroll to, on a grid of `scale_factor` pixels. Names and the first five
-- columns of the key are PostHog's (analytics reference 2.1).
CREATE TABLE IF NOT EXISTS heatmaps {{on_cluster}}
(
  `session_id` String CODEC(ZSTD(1)),
  `team_id` Int64,
  `distinct_id` String CODEC(ZSTD(1)),
  `timestamp` DateTime64(6, 'UTC') CODEC(Delta(8), ZSTD(1)),
  `x` Int16,
  `y` Int16,
  `scale_factor` Int16,
  `viewport_width` Int16,
  `viewport_height` Int16,
  `pointer_target_fixed` Bool,
  `current_url` String CODEC(ZSTD(3)),
  `type` LowCardinality(String),
  -- The event the point came with, and the point's place in it.
  `uuid` UUID,
  `_index` UInt32 CODEC(Delta(4), ZSTD(1)),
  -- Partition (shard) and sequence of the record in the event log.
  `_partition` UInt32,
  `_offset` UInt64 CODEC(Delta(8), ZSTD(1))
)
ENGINE = {{replicated}}ReplacingMergeTree
-- What is older than the TTL is not inserted, so a batch touches five months at most.
PARTITION BY toYYYYMM(timestamp)
ORDER BY (type, team_id, toDate(timestamp), current_url, viewport_width, uuid, _index)
TTL toDate(timestamp) + INTERVAL 90 DAY
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1,
  min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1;

-- What is wrong with what clients send, as they or we say it. The time is that of the receipt.
CREATE TABLE IF NOT EXISTS ingestion_warnings {{on_cluster}}
(
  `team_id` Int64,
  `source` LowCardinality(String),
  `type` LowCardinality(String),
  `details` String CODEC(ZSTD(3)),
  `timestamp` DateTime64(6, 'UTC') CODEC(Delta(8), ZSTD(1)),
  `uuid` UUID,
  `_partition` UInt32,
  `_offset` UInt64 CODEC(Delta(8), ZSTD(1))
)
ENGINE = {{replicated}}ReplacingMergeTree
PARTITION BY toYYYYMM(timestamp)
ORDER BY (team_id, toStartOfHour(timestamp), type, source, uuid)
TTL toDate(timestamp) + INTERVAL 90 DAY
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1,
  min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1;
