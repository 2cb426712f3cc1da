-- What a project does not want to receive (docs/operations.md, "Privacy guard"); NULL: what the installation decides.
ALTER TABLE projects ADD COLUMN privacy_policy jsonb;
