-- Projects of the product itself, such as the one its own test event goes to. Their organization has no members, so
-- nobody sees them; `purpose` is how the product finds them again.
ALTER TABLE projects ADD COLUMN purpose text UNIQUE;
