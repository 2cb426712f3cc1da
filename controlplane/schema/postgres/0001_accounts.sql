-- Organizations, their projects and people, and everything that proves who somebody is.
-- Secrets are stored as hashes only; a project's rows name it, so that no query needs to guess an owner.
CREATE TABLE organizations (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  name text NOT NULL CHECK (name <> ''),
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE projects (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  uuid uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
  organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
  name text NOT NULL CHECK (name <> ''),
  api_token text NOT NULL UNIQUE CHECK (api_token ~ '^[ -~]{1,64}$'),
  timezone text NOT NULL DEFAULT 'UTC',
  week_start_day smallint NOT NULL DEFAULT 0 CHECK (week_start_day IN (0, 1)), -- 0 Sunday, 1 Monday
  autocapture_opt_out boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (organization_id, id)
);

CREATE TABLE users (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  uuid uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
  distinct_id text NOT NULL UNIQUE, -- the person's identity in product analytics about the product itself
  email text NOT NULL CHECK (email <> ''),
  first_name text NOT NULL DEFAULT '',
  password_hash text NOT NULL,
  is_active boolean NOT NULL DEFAULT true,
  current_organization_id uuid,
  current_project_id bigint,
  created_at timestamptz NOT NULL DEFAULT now(),
  FOREIGN KEY (current_organization_id, current_project_id) REFERENCES projects (organization_id, id)
    ON DELETE SET NULL
);
CREATE UNIQUE INDEX users_email ON users (lower(email));

CREATE TABLE organization_membership (
  organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
  user_id bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  level smallint NOT NULL CHECK (level IN (1, 8, 15)), -- member, admin, owner
  joined_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (organization_id, user_id)
);
CREATE INDEX organization_membership_user ON organization_membership (user_id);

CREATE TABLE sessions (
  token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),
  user_id bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE TABLE personal_api_keys (
  id text PRIMARY KEY,
  user_id bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  label text NOT NULL CHECK (label <> ''),
  key_hash bytea NOT NULL UNIQUE CHECK (length(key_hash) = 32),
  mask_value text NOT NULL,
  scopes text[] NOT NULL DEFAULT '{*}',
  created_at timestamptz NOT NULL DEFAULT now(),
  last_used_at timestamptz
);
CREATE INDEX personal_api_keys_user ON personal_api_keys (user_id);

-- Failed logins per account and per client address (hashed), the memory of the rate limit.
CREATE TABLE login_failures (
  subject_hash bytea PRIMARY KEY,
  failures integer NOT NULL,
  window_ends_at timestamptz NOT NULL
);
