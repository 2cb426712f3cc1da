-- Links that sign somebody in once, made by an operator of the machine. Only the hash is kept; a used link is gone.
CREATE TABLE login_links (
  token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),
  user_id bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL
);
