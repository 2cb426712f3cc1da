-- A merged part replaces parts that were flushed; unless it is flushed before they go, a power cut
-- takes both.
ALTER TABLE events {{on_cluster}}
  MODIFY SETTING min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1;
ALTER TABLE session_replay_messages {{on_cluster}}
  MODIFY SETTING min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1;
ALTER TABLE session_replay_items {{on_cluster}}
  MODIFY SETTING min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1;
