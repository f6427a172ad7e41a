-- SHA-256 of the program that an agent runs, as it says; NULL where it is older than that.
ALTER TABLE agents ADD COLUMN program_sha256 TEXT;
