-- Session recordings. Both tables may be given the same rows again: their keys name the content, so merges (and FINAL)
-- leave one of each, whether a batch is repeated after a crash or a client sends a request twice.

-- One row per message, that is per accepted request: what its items tell about the session.
-- A request that is sent again with more in it names the same first uuid; the fuller row stays.
CREATE TABLE IF NOT EXISTS session_replay_messages {{on_cluster}}
(
  `team_id` Int64,
  `session_id` String,
  `uuid` UUID,
  `distinct_id` String,
  `window_id` String,
  `first_timestamp` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
  `last_timestamp` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
  -- Pages of the web, screens of an app: at most 25, in the order they were seen.
  `urls` Array(String) CODEC(ZSTD(3)),
  `click_count` Int64 CODEC(ZSTD(1)),
  `keypress_count` Int64 CODEC(ZSTD(1)),
  `mouse_activity_count` Int64 CODEC(ZSTD(1)),
  `active_milliseconds` Int64 CODEC(ZSTD(1)),
  `console_log_count` Int64 CODEC(ZSTD(1)),
  `console_warn_count` Int64 CODEC(ZSTD(1)),
  `console_error_count` Int64 CODEC(ZSTD(1)),
  `size` Int64 CODEC(ZSTD(1)),
  `event_count` UInt64 CODEC(ZSTD(1)),
  `snapshot_source` LowCardinality(String),
  `snapshot_library` LowCardinality(String),
  `created_at` DateTime64(6, 'UTC') CODEC(Delta(8), ZSTD(1)),
  -- Where the message came from: partition (shard) and sequence of its record in the event log.
  `_partition` UInt32,
  `_offset` UInt64 CODEC(Delta(8), ZSTD(1)),
  `inserted_at` DateTime64(6, 'UTC') DEFAULT now64(6) CODEC(Delta(8), ZSTD(1)),
  INDEX session_id_filter session_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = {{replicated}}ReplacingMergeTree(event_count)
-- Items are within seven days of their receipt, so a batch of one day touches two months at most.
PARTITION BY toYYYYMM(first_timestamp)
ORDER BY (team_id, toDate(first_timestamp), session_id, uuid)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1;

-- One row per item, its bytes as the client sent them. A session is read with one range of the key.
CREATE TABLE IF NOT EXISTS session_replay_items {{on_cluster}}
(
  `team_id` Int64,
  `session_id` String,
  `window_id` String,
  `timestamp` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
  -- rrweb's event type, -1 when it has none.
  `type` Int8,
  `item` String CODEC(ZSTD(3)),
  `item_hash` UInt64 MATERIALIZED cityHash64(item),
  -- Partition (shard) and sequence of the record in the event log, and the item's place in it: the order of items with
  -- one timestamp.
  `_partition` UInt32,
  `_offset` UInt64 CODEC(Delta(8), ZSTD(1)),
  `_index` UInt32 CODEC(Delta(4), ZSTD(1))
)
ENGINE = {{replicated}}ReplacingMergeTree
PARTITION BY toYYYYMM(timestamp)
ORDER BY (team_id, session_id, timestamp, window_id, item_hash)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1;

-- One row per session. Names are PostHog's (analytics reference 2.1).
CREATE VIEW IF NOT EXISTS session_replay_events {{on_cluster}} AS
SELECT
  m.team_id AS team_id,
  m.session_id AS session_id,
  argMin(m.distinct_id, m.first_timestamp) AS distinct_id,
  min(m.first_timestamp) AS min_first_timestamp,
  max(m.last_timestamp) AS max_last_timestamp,
  argMinIf(m.urls[1], m.first_timestamp, notEmpty(m.urls)) AS first_url,
  groupUniqArrayArray(m.urls) AS all_urls,
  sum(m.click_count) AS click_count,
  sum(m.keypress_count) AS keypress_count,
  sum(m.mouse_activity_count) AS mouse_activity_count,
  sum(m.active_milliseconds) AS active_milliseconds,
  sum(m.console_log_count) AS console_log_count,
  sum(m.console_warn_count) AS console_warn_count,
  sum(m.console_error_count) AS console_error_count,
  sum(m.size) AS size,
  toInt64(sum(m.event_count)) AS event_count,
  toInt64(count()) AS message_count,
  argMin(m.snapshot_source, m.first_timestamp) AS snapshot_source,
  argMin(m.snapshot_library, m.first_timestamp) AS snapshot_library
FROM session_replay_messages AS m FINAL
GROUP BY m.team_id, m.session_id;
