-- PostHog's team settings: 0 disabled, 1 stateless; and whether SDKs are told to send heatmaps.
ALTER TABLE projects
  ADD COLUMN cookieless_server_hash_mode smallint NOT NULL DEFAULT 0
    CHECK (cookieless_server_hash_mode IN (0, 1)),
  ADD COLUMN heatmaps_opt_in boolean NOT NULL DEFAULT false;

-- What the ids of cookieless people are made with: one salt per calendar day, deleted two and a half
-- days after the day began in UTC. Who an id belonged to cannot be told afterwards, so a deleted row must
-- not linger: vacuum after every deletion.
CREATE TABLE cookieless_salts (
  day date PRIMARY KEY,
  salt bytea NOT NULL CHECK (octet_length(salt) = 16)
) WITH (autovacuum_vacuum_threshold = 0, autovacuum_vacuum_scale_factor = 0);
