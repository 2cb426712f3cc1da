-- One row per accepted event. Rows with one sorting key are one event: merges keep the newest insert.
-- Column names are PostHog's (analytics reference 2.1); a query there finds the same names here.
CREATE TABLE IF NOT EXISTS events {{on_cluster}}
(
  `uuid` UUID,
  `event` String,
  `properties` String CODEC(ZSTD(3)),
  `timestamp` DateTime64(6, 'UTC') CODEC(Delta(8), ZSTD(1)),
  `team_id` Int64,
  `distinct_id` String,
  `elements_chain` String CODEC(ZSTD(3)),
  `created_at` DateTime64(6, 'UTC') CODEC(Delta(8), ZSTD(1)),
  `person_id` UUID,
  `person_mode` Enum8('full' = 0, 'propertyless' = 1, 'force_upgrade' = 2),
  `historical_migration` Bool,
  -- Where the event came from: partition (shard) and sequence of its record in the event log.
  `_partition` UInt32,
  `_offset` UInt64 CODEC(Delta(8), ZSTD(1)),
  `inserted_at` DateTime64(6, 'UTC') DEFAULT now64(6) CODEC(Delta(8), ZSTD(1)),
  `$session_id` String MATERIALIZED JSONExtractString(properties, '$session_id'),
  `$window_id` String MATERIALIZED JSONExtractString(properties, '$window_id'),
  `$group_0` String MATERIALIZED JSONExtractString(properties, '$group_0'),
  `$group_1` String MATERIALIZED JSONExtractString(properties, '$group_1'),
  `$group_2` String MATERIALIZED JSONExtractString(properties, '$group_2'),
  `$group_3` String MATERIALIZED JSONExtractString(properties, '$group_3'),
  `$group_4` String MATERIALIZED JSONExtractString(properties, '$group_4'),
  INDEX uuid_filter uuid TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX distinct_id_filter distinct_id TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX person_id_filter person_id TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX session_id_filter `$session_id` TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX inserted_at_range inserted_at TYPE minmax GRANULARITY 1
)
ENGINE = {{replicated}}ReplacingMergeTree(inserted_at)
-- Clamped, so that a client with a broken clock cannot make a partition per month of four centuries.
-- A batch may still touch 193 partitions: inserts set max_partitions_per_insert_block = 0.
PARTITION BY greatest(least(toYYYYMM(timestamp), 203512), 201912)
ORDER BY (team_id, toDate(timestamp), event, cityHash64(distinct_id), cityHash64(uuid))
SAMPLE BY cityHash64(distinct_id)
-- A batch repeated after a crash carries the token of its first try; the window remembers a thousand.
-- Parts reach the disk before the insert is acknowledged, because the checkpoint moves right after.
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1;
