-- compatible-from: 1
-- Every identity that was ever ended, for good: each node copies it into its own journal beside the database.
CREATE TABLE revocation (
    cluster {text} PRIMARY KEY,
    revoked_at BIGINT NOT NULL
);
INSERT INTO revocation (cluster, revoked_at) SELECT id, revoked_at FROM cluster WHERE revoked_at IS NOT NULL;

-- Clusters whose identity ends once their agents have carried out the removal of everything.
CREATE TABLE decommission (
    cluster {text} PRIMARY KEY REFERENCES cluster (id) ON DELETE CASCADE,
    policy {text} NOT NULL,
    actor {text} NOT NULL,
    since BIGINT NOT NULL
);

-- Questions to agents whose sessions another node holds. Hints with a short life, never the truth.
CREATE TABLE agent_command (
    id {text} PRIMARY KEY,
    cluster {text} NOT NULL,
    body {blob} NOT NULL,
    answer_wanted BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    taken BIGINT NOT NULL,
    result {blob}
);
CREATE INDEX agent_command_cluster ON agent_command (cluster);

-- Left here and beside the database at each start and each hour: a database without the newest one is an older one.
CREATE TABLE hub_mark (
    id {text} PRIMARY KEY,
    made BIGINT NOT NULL
);

-- When an authority began to sign agents' certificates.
ALTER TABLE hub_ca ADD COLUMN activated BIGINT;
