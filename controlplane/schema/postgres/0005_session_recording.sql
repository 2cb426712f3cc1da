-- Whether SDKs are told to record sessions. Off until somebody decides it: a recording shows what people see.
ALTER TABLE projects ADD COLUMN session_recording_opt_in boolean NOT NULL DEFAULT false;
