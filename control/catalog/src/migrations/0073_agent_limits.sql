-- What an agent's work may take of its machine and of the network, as JSON.
ALTER TABLE agents ADD COLUMN limits TEXT NOT NULL
    DEFAULT '{"priority":"low","bytesPerSecond":null,"hours":[],"timeZone":"UTC"}';
