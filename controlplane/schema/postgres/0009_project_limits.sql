-- What a project may send (docs/operations.md, "Rates and quotas"): a JSON object with `events_per_second`,
-- `bytes_per_second` and `quota_limited`; NULL: what the installation decides, and no quota.
ALTER TABLE projects ADD COLUMN limits jsonb;
