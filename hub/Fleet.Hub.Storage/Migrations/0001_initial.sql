-- compatible-from: 1
-- {text}: text ordered by its bytes; {blob}: bytes; {identity}: a rising number as primary key; {transaction}: the writing
-- transaction's id. Times are microseconds since 1970.

CREATE TABLE hub (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    hub_id {text} NOT NULL,
    trust_domain {text} NOT NULL,
    lineage_epoch {text} NOT NULL,
    system_identifier {text} NOT NULL,
    timeline BIGINT NOT NULL,
    key_check_key_id {text} NOT NULL,
    key_check {blob} NOT NULL,
    created BIGINT NOT NULL
);

CREATE TABLE hub_ca (
    id {text} PRIMARY KEY,
    role {text} NOT NULL,
    certificate {blob} NOT NULL,
    key_id {text} NOT NULL,
    sealed_key {blob} NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL
);

CREATE TABLE hub_node (
    name {text} PRIMARY KEY,
    boot_id {text} NOT NULL,
    address {text} NOT NULL,
    version {text} NOT NULL,
    started BIGINT NOT NULL,
    lease_until BIGINT NOT NULL
);

CREATE TABLE resource (
    uid {text} PRIMARY KEY,
    kind {text} NOT NULL,
    name {text} NOT NULL,
    version BIGINT NOT NULL,
    generation BIGINT NOT NULL,
    labels {text} NOT NULL,
    body {blob} NOT NULL,
    created BIGINT NOT NULL,
    changed BIGINT NOT NULL,
    deleted_at BIGINT,
    UNIQUE (kind, name)
);

-- Apart from resource: it is written by controllers, and changes more often.
CREATE TABLE resource_status (
    uid {text} PRIMARY KEY REFERENCES resource (uid) ON DELETE CASCADE,
    body {blob} NOT NULL,
    changed BIGINT NOT NULL
);

-- Hints for Watch; trimmed, and never the truth.
CREATE TABLE change_feed (
    seq {identity},
    transaction_id BIGINT NOT NULL DEFAULT {transaction},
    kind {text} NOT NULL,
    name {text} NOT NULL,
    uid {text} NOT NULL,
    version BIGINT NOT NULL,
    operation {text} NOT NULL
);
CREATE INDEX change_feed_order ON change_feed (transaction_id, seq);

CREATE TABLE source_state (
    source {text} PRIMARY KEY,
    default_ref {text} NOT NULL,
    last_poll BIGINT,
    next_poll BIGINT,
    failures BIGINT NOT NULL,
    reason {text} NOT NULL,
    message {text} NOT NULL
);

CREATE TABLE source_ref (
    source {text} NOT NULL,
    ref {text} NOT NULL,
    commit_id {text} NOT NULL,
    observed BIGINT NOT NULL,
    subject {text} NOT NULL,
    author {text} NOT NULL,
    trees {text} NOT NULL,
    PRIMARY KEY (source, ref)
);

CREATE TABLE cluster (
    id {text} PRIMARY KEY,
    name {text} NOT NULL UNIQUE,
    version BIGINT NOT NULL,
    generation BIGINT NOT NULL,
    labels {text} NOT NULL,
    annotations {text} NOT NULL,
    spec {blob} NOT NULL,
    kube_uid {text} NOT NULL,
    state {text} NOT NULL,
    state_since BIGINT NOT NULL,
    last_seen BIGINT,
    agent_version {text} NOT NULL,
    kubernetes_version {text} NOT NULL,
    created BIGINT NOT NULL,
    changed BIGINT NOT NULL,
    deleted_at BIGINT,
    revoked_at BIGINT
);
CREATE UNIQUE INDEX cluster_kube_uid ON cluster (kube_uid) WHERE kube_uid <> '';

-- What a cluster's identity is bound to; apart from cluster, since other code writes it.
CREATE TABLE cluster_identity (
    cluster {text} PRIMARY KEY REFERENCES cluster (id) ON DELETE CASCADE,
    key {blob},
    key_hash {blob},
    next_key {blob},
    next_key_hash {blob},
    certificate_serial {text} NOT NULL,
    previous_certificate_serial {text} NOT NULL,
    certificate_expiry BIGINT,
    recoveries BIGINT NOT NULL,
    pending_key {blob},
    pending_request_id {text} NOT NULL,
    pending_token {text} NOT NULL,
    pending_since BIGINT
);
CREATE INDEX cluster_identity_key ON cluster_identity (key_hash);
CREATE INDEX cluster_identity_next_key ON cluster_identity (next_key_hash);

CREATE TABLE cluster_sync (
    cluster {text} PRIMARY KEY REFERENCES cluster (id) ON DELETE CASCADE,
    node {text},
    session_id {text},
    boot_id {text} NOT NULL,
    fence BIGINT NOT NULL,
    continuity {blob} NOT NULL,
    previous_continuity {blob} NOT NULL,
    previous_uses BIGINT NOT NULL,
    desired_generation BIGINT NOT NULL,
    chain {blob} NOT NULL,
    acked_generation BIGINT NOT NULL,
    acked_chain {blob} NOT NULL,
    lineage {blob} NOT NULL,
    attached_at BIGINT,
    detached_at BIGINT,
    quarantine {text} NOT NULL
);
CREATE INDEX cluster_sync_behind ON cluster_sync (node) WHERE desired_generation > acked_generation;
CREATE INDEX cluster_sync_node ON cluster_sync (node) WHERE node IS NOT NULL;

CREATE TABLE cluster_chain (
    cluster {text} NOT NULL REFERENCES cluster (id) ON DELETE CASCADE,
    generation BIGINT NOT NULL,
    chain {blob} NOT NULL,
    lineage {blob} NOT NULL,
    PRIMARY KEY (cluster, generation)
);

CREATE TABLE target_spec (
    digest {text} PRIMARY KEY,
    content {blob} NOT NULL,
    created BIGINT NOT NULL
);

CREATE TABLE target (
    cluster {text} NOT NULL REFERENCES cluster (id) ON DELETE CASCADE,
    assignment {text} NOT NULL,
    assignment_name {text} NOT NULL,
    revision {text} NOT NULL,
    spec_digest {text} NOT NULL,
    closure_digest {text} NOT NULL,
    generation BIGINT NOT NULL,
    released_holds {text} NOT NULL,
    tombstone_cause {text},
    tombstone_policy {text},
    audit_id {text} NOT NULL,
    changed BIGINT NOT NULL,
    PRIMARY KEY (cluster, assignment)
);
CREATE INDEX target_assignment ON target (assignment, cluster);

CREATE TABLE report (
    cluster {text} NOT NULL REFERENCES cluster (id) ON DELETE CASCADE,
    assignment {text} NOT NULL,
    assignment_name {text} NOT NULL,
    fence BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    phase {text} NOT NULL,
    revision {text} NOT NULL,
    spec_digest {text} NOT NULL,
    applied_revision {text} NOT NULL,
    applied_spec_digest {text} NOT NULL,
    body {blob} NOT NULL,
    digest {blob} NOT NULL,
    received BIGINT NOT NULL,
    ready_since BIGINT,
    PRIMARY KEY (cluster, assignment)
);
CREATE INDEX report_assignment ON report (assignment, cluster);

CREATE TABLE token (
    id {text} PRIMARY KEY,
    name {text} NOT NULL UNIQUE,
    version BIGINT NOT NULL,
    secret_hash {blob} NOT NULL,
    cluster_names {text} NOT NULL,
    labels {text} NOT NULL,
    uses BIGINT NOT NULL,
    used BIGINT NOT NULL,
    approval {text} NOT NULL,
    created_by {text} NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    revoked_at BIGINT
);

CREATE TABLE token_use (
    token {text} NOT NULL REFERENCES token (id) ON DELETE CASCADE,
    key_hash {blob} NOT NULL,
    cluster {text} NOT NULL,
    cluster_name {text} NOT NULL,
    request_id {text} NOT NULL,
    used_at BIGINT NOT NULL,
    PRIMARY KEY (token, key_hash)
);

CREATE TABLE recover_challenge (
    id {text} PRIMARY KEY,
    cluster {text} NOT NULL REFERENCES cluster (id) ON DELETE CASCADE,
    nonce {blob} NOT NULL,
    expires BIGINT NOT NULL
);

CREATE TABLE api_key (
    name {text} PRIMARY KEY,
    hash {blob} NOT NULL UNIQUE,
    role {text} NOT NULL,
    created_by {text} NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT,
    last_used BIGINT,
    revoked_at BIGINT
);

CREATE TABLE credential (
    name {text} PRIMARY KEY,
    type {text} NOT NULL,
    username {text} NOT NULL,
    key_id {text} NOT NULL,
    sealed {blob} NOT NULL,
    version BIGINT NOT NULL,
    changed BIGINT NOT NULL
);

CREATE TABLE audit (
    seq {identity},
    transaction_id BIGINT NOT NULL DEFAULT {transaction},
    id {text} NOT NULL UNIQUE,
    time BIGINT NOT NULL,
    actor {text} NOT NULL,
    action {text} NOT NULL,
    target {text} NOT NULL,
    message {text} NOT NULL,
    cluster {text} NOT NULL,
    assignment {text} NOT NULL,
    revision {text} NOT NULL,
    clusters {text} NOT NULL,
    cluster_count BIGINT NOT NULL,
    batch BIGINT
);
CREATE INDEX audit_target ON audit (target, seq);
CREATE INDEX audit_cluster ON audit (cluster, seq) WHERE cluster <> '';
CREATE INDEX audit_assignment ON audit (assignment, seq) WHERE assignment <> '';
CREATE INDEX audit_unsealed ON audit (transaction_id, seq) WHERE batch IS NULL;

CREATE TABLE audit_batch (
    batch BIGINT PRIMARY KEY,
    hash {blob} NOT NULL,
    previous {blob} NOT NULL,
    events BIGINT NOT NULL,
    sealed_at BIGINT NOT NULL
);

CREATE TABLE work (
    kind {text} NOT NULL,
    key {text} NOT NULL,
    wanted BIGINT NOT NULL,
    done BIGINT NOT NULL,
    lease_owner {text},
    lease_token BIGINT NOT NULL,
    lease_until BIGINT NOT NULL,
    not_before BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    PRIMARY KEY (kind, key)
);
CREATE INDEX work_due ON work (kind, not_before) WHERE wanted > done;
CREATE INDEX work_owner ON work (lease_owner) WHERE lease_owner IS NOT NULL;

CREATE TABLE hold (
    id {text} PRIMARY KEY,
    name {text} NOT NULL UNIQUE,
    reason {text} NOT NULL,
    message {text} NOT NULL,
    cluster {text} NOT NULL,
    assignment {text} NOT NULL,
    items {text} NOT NULL,
    item_count BIGINT NOT NULL,
    since BIGINT NOT NULL,
    outcome {text} NOT NULL,
    settled_at BIGINT,
    settled_by {text} NOT NULL
);
CREATE INDEX hold_open ON hold (cluster, assignment) WHERE settled_at IS NULL;

CREATE TABLE incident (
    id {text} PRIMARY KEY,
    name {text} NOT NULL UNIQUE,
    reason {text} NOT NULL,
    message {text} NOT NULL,
    clusters {text} NOT NULL,
    since BIGINT NOT NULL,
    released_at BIGINT,
    released_by {text} NOT NULL
);

-- What guards over removals look back at: one row for each removal that went out.
CREATE TABLE removal (
    cluster {text} NOT NULL,
    assignment {text} NOT NULL,
    removed_at BIGINT NOT NULL,
    PRIMARY KEY (cluster, assignment, removed_at)
);
CREATE INDEX removal_time ON removal (removed_at);

CREATE TABLE git_object (
    oid {text} PRIMARY KEY,
    type {text} NOT NULL,
    size BIGINT NOT NULL,
    content {blob} NOT NULL
);

CREATE TABLE closure (
    digest {text} PRIMARY KEY,
    objects BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    created BIGINT NOT NULL
);

CREATE TABLE closure_object (
    digest {text} NOT NULL REFERENCES closure (digest) ON DELETE CASCADE,
    oid {text} NOT NULL REFERENCES git_object (oid),
    PRIMARY KEY (digest, oid)
);
CREATE INDEX closure_object_oid ON closure_object (oid);

CREATE TABLE closure_of (
    source {text} NOT NULL,
    commit_id {text} NOT NULL,
    roots {text} NOT NULL,
    digest {text} NOT NULL REFERENCES closure (digest),
    last_used BIGINT NOT NULL,
    PRIMARY KEY (source, commit_id, roots)
);
CREATE INDEX closure_of_digest ON closure_of (digest);
