-- Purpose: the warehouse as Leadmill first knew it: what sources said (record), what we conclude from it
--   (lead and what hangs on it), and what became of every row (batch and the audit tables).
-- Rules: no primary keys, sequences or indexes. The big tables are written by whole batches whose rows are
--   deduplicated before; uniqueness is asserted inside the transaction (sql/checks). An index on them costs
--   three times the load and a third of the file.
-- Names: columns of the Lead specification keep its camelCase; what we add is snake_case.

-- Grain: one row per file taken, and per undo, replay, approve, merge, unmerge, sweep, reassign, erase.
-- Never changed after commit: what stands today is in the view batch_status.
CREATE TABLE batch (
    batch_id BIGINT NOT NULL,
    kind VARCHAR NOT NULL,
    of_batch_id BIGINT,
    feed VARCHAR,
    status VARCHAR NOT NULL,
    trigger VARCHAR NOT NULL,
    flow_run_id VARCHAR,
    file_uri VARCHAR,
    file_sha256 VARCHAR,
    file_bytes BIGINT,
    file_format JSON,
    as_of TIMESTAMPTZ,
    started_at TIMESTAMPTZ NOT NULL,
    finished_at TIMESTAMPTZ NOT NULL,
    rows_read BIGINT NOT NULL,
    rows_inserted BIGINT NOT NULL,
    rows_updated BIGINT NOT NULL,
    rows_unchanged BIGINT NOT NULL,
    rows_merged BIGINT NOT NULL,
    rows_rejected BIGINT NOT NULL,
    rows_suppressed BIGINT NOT NULL,
    warnings VARCHAR[],
    reference_sha256 VARCHAR,
    code_version VARCHAR NOT NULL,
    error VARCHAR,
    previous_hash VARCHAR,
    hash VARCHAR
);

-- Grain: one row per loaded batch. How much the batch's feed is believed for each field of a record:
-- 0 = the CRM, 1 = overwrite, 2 = fill, 3 = only on the leads that the batch itself brings into being.
-- Kept with the batch, so that a conclusion never depends on what feeds.toml says today.
CREATE TABLE batch_belief (
    batch_id BIGINT NOT NULL,
    firstName TINYINT NOT NULL,
    id TINYINT NOT NULL,
    lastName TINYINT NOT NULL,
    accountId TINYINT NOT NULL,
    applicationId TINYINT NOT NULL,
    archived TINYINT NOT NULL,
    assignedTo TINYINT NOT NULL,
    branch TINYINT NOT NULL,
    buyingRole TINYINT NOT NULL,
    company TINYINT NOT NULL,
    createdAt TINYINT NOT NULL,
    createdBy TINYINT NOT NULL,
    currentPaymentProcessor TINYINT NOT NULL,
    email TINYINT NOT NULL,
    imgSrc TINYINT NOT NULL,
    interestedInSwitching TINYINT NOT NULL,
    jobTitle TINYINT NOT NULL,
    lastContacted TINYINT NOT NULL,
    leadSourceId TINYINT NOT NULL,
    location TINYINT NOT NULL,
    monthlyTransactionVolume TINYINT NOT NULL,
    notes TINYINT NOT NULL,
    numberOfEmployees TINYINT NOT NULL,
    phone TINYINT NOT NULL,
    position TINYINT NOT NULL,
    processStage TINYINT NOT NULL,
    productsServicesSold TINYINT NOT NULL,
    source TINYINT NOT NULL,
    teamId TINYINT NOT NULL,
    updatedAt TINYINT NOT NULL
);

-- Grain: one row per record read. lead_id as concluded by this batch; through lead_alias it is today's.
CREATE TABLE batch_row (
    batch_id BIGINT NOT NULL,
    row_number BIGINT NOT NULL,
    line_number BIGINT,
    outcome VARCHAR NOT NULL,
    record_id BIGINT,
    lead_id BIGINT
);

-- Grain: one row per version of a source record; append-only. source_id is the record_id of the source
-- record's first version: a short name for (feed, source_key). cleared lists the fields that this version
-- withdraws: present but blank in a CRM export, or a vendor's clear_token. content_hash is DuckDB's hash()
-- over what the version says: it only finds repeats, nothing is joined on it across sources.
CREATE TABLE record (
    record_id BIGINT NOT NULL,
    source_id BIGINT NOT NULL,
    batch_id BIGINT NOT NULL,
    row_number BIGINT NOT NULL,
    feed VARCHAR NOT NULL,
    source_key VARCHAR NOT NULL,
    as_of TIMESTAMPTZ NOT NULL,
    firstName VARCHAR,
    id BIGINT,
    lastName VARCHAR,
    accountId VARCHAR,
    applicationId VARCHAR,
    archived BOOLEAN,
    assignedTo VARCHAR,
    branch VARCHAR,
    buyingRole VARCHAR,
    company VARCHAR,
    createdAt TIMESTAMPTZ,
    createdBy VARCHAR,
    currentPaymentProcessor VARCHAR,
    email VARCHAR,
    imgSrc VARCHAR,
    interestedInSwitching BOOLEAN,
    jobTitle VARCHAR,
    lastContacted TIMESTAMPTZ,
    leadSourceId BIGINT,
    location VARCHAR,
    monthlyTransactionVolume BIGINT,
    notes VARCHAR,
    numberOfEmployees BIGINT,
    phone VARCHAR,
    position VARCHAR,
    processStage VARCHAR,
    productsServicesSold VARCHAR,
    source VARCHAR,
    teamId BIGINT,
    updatedAt TIMESTAMPTZ,
    extra JSON,
    cleared VARCHAR[],
    source_created_at TIMESTAMPTZ,
    source_updated_at TIMESTAMPTZ,
    has_placeholder_name BOOLEAN NOT NULL,
    content_hash UBIGINT NOT NULL
);

-- Grain: one row per e-mail or phone cell of a record, in the order of its columns; append-only.
CREATE TABLE record_contact (
    record_id BIGINT NOT NULL,
    source_id BIGINT NOT NULL,
    position BIGINT NOT NULL,
    kind VARCHAR NOT NULL,
    value VARCHAR NOT NULL,
    raw VARCHAR,
    is_valid BOOLEAN NOT NULL
);

-- Grain: one row per source record: whose it is today, concluded from the decisions that stand.
CREATE TABLE record_lead (
    feed VARCHAR NOT NULL,
    source_key VARCHAR NOT NULL,
    source_id BIGINT NOT NULL,
    lead_id BIGINT NOT NULL
);

-- Grain: one row per person per account: survivorship over its records. Written by conclusion only.
CREATE TABLE lead (
    firstName VARCHAR,
    id BIGINT,
    lastName VARCHAR,
    accountId VARCHAR,
    applicationId VARCHAR,
    archived BOOLEAN,
    assignedTo VARCHAR,
    branch VARCHAR,
    buyingRole VARCHAR,
    company VARCHAR,
    createdAt TIMESTAMPTZ,
    createdBy VARCHAR,
    currentPaymentProcessor VARCHAR,
    email VARCHAR,
    imgSrc VARCHAR,
    interestedInSwitching BOOLEAN,
    jobTitle VARCHAR,
    lastContacted TIMESTAMPTZ,
    leadSourceId BIGINT,
    location VARCHAR,
    monthlyTransactionVolume BIGINT,
    notes VARCHAR,
    numberOfEmployees BIGINT,
    phone VARCHAR,
    position VARCHAR,
    processStage VARCHAR,
    productsServicesSold VARCHAR,
    source VARCHAR,
    teamId BIGINT,
    updatedAt TIMESTAMPTZ,
    extra JSON,
    origin VARCHAR NOT NULL,
    missing_since TIMESTAMPTZ,
    first_batch_id BIGINT NOT NULL,
    last_batch_id BIGINT NOT NULL
);

-- Grain: one row per lead, kind, value.
CREATE TABLE lead_contact (
    lead_id BIGINT NOT NULL,
    kind VARCHAR NOT NULL,
    value VARCHAR NOT NULL,
    raw VARCHAR,
    is_primary BOOLEAN NOT NULL,
    is_valid BOOLEAN NOT NULL
);

-- Grain: one row per id that is no longer a lead. lead_id is the survivor, NULL when the lead is gone.
CREATE TABLE lead_alias (
    alias_id BIGINT NOT NULL,
    lead_id BIGINT,
    reason VARCHAR NOT NULL
);

-- Grain: one row per event of a lead: the specification's auditLog. Our own ids lie in the assigned range,
-- imported entries keep the ids of the CRM.
CREATE TABLE lead_event (
    id BIGINT,
    lead_id BIGINT NOT NULL,
    batch_id BIGINT NOT NULL,
    event VARCHAR NOT NULL,
    created TIMESTAMPTZ,
    user VARCHAR,
    account_id VARCHAR,
    apiKey VARCHAR,
    data JSON,
    requestHeaders JSON,
    requestIpAddress VARCHAR,
    requestMethod VARCHAR,
    requestPath VARCHAR
);

-- Grain: one row per rejected record; the same bad row in a later export of the feed counts up seen_count.
-- fingerprint is what makes it the same: the digest of its raw text and of how often that text came before.
CREATE TABLE rejected_row (
    batch_id BIGINT NOT NULL,
    row_number BIGINT NOT NULL,
    line_number BIGINT,
    feed VARCHAR NOT NULL,
    raw VARCHAR,
    reasons STRUCT("column" VARCHAR, code VARCHAR, message VARCHAR)[] NOT NULL,
    status VARCHAR NOT NULL,
    first_batch_id BIGINT NOT NULL,
    seen_count BIGINT NOT NULL,
    source_key VARCHAR,
    fingerprint VARCHAR NOT NULL
);

-- Grain: one row per cell kept out of, or doubtful in, a kept row.
CREATE TABLE cell_issue (
    batch_id BIGINT NOT NULL,
    row_number BIGINT NOT NULL,
    lead_id BIGINT,
    column_name VARCHAR NOT NULL,
    code VARCHAR NOT NULL,
    raw VARCHAR
);

-- Grain: one row per pair joined, refused or open. The lead ids are those of the moment of the decision.
CREATE TABLE match_decision (
    record_id BIGINT,
    other_record_id BIGINT,
    lead_id BIGINT,
    other_lead_id BIGINT,
    decision VARCHAR NOT NULL,
    rule VARCHAR NOT NULL,
    weight DOUBLE,
    evidence JSON,
    batch_id BIGINT NOT NULL
);

-- Grain: one row per decision on a lead's team, source and owner.
CREATE TABLE assignment (
    batch_id BIGINT NOT NULL,
    lead_id BIGINT NOT NULL,
    teamId BIGINT,
    leadSourceId BIGINT,
    assignedTo VARCHAR,
    team_rule VARCHAR NOT NULL,
    source_rule VARCHAR NOT NULL,
    owner_rule VARCHAR NOT NULL,
    pool JSON,
    candidates JSON
);

-- Grain: one row per contact value, channel and evidence.
CREATE TABLE contact_preference (
    value_hash VARCHAR NOT NULL,
    channel VARCHAR NOT NULL,
    status VARCHAR NOT NULL,
    source VARCHAR,
    evidence VARCHAR,
    noted_at TIMESTAMPTZ
);

-- Reference as last used; replaced by every batch.
CREATE TABLE team (
    teamId BIGINT NOT NULL,
    accountId VARCHAR,
    name VARCHAR,
    fallback_owner VARCHAR,
    reentry VARCHAR,
    timezone VARCHAR,
    active BOOLEAN NOT NULL
);

CREATE TABLE team_member (
    teamId BIGINT NOT NULL,
    user VARCHAR NOT NULL,
    weight DOUBLE NOT NULL,
    daily_cap BIGINT,
    open_cap BIGINT,
    tier BIGINT,
    position BIGINT NOT NULL
);

CREATE TABLE lead_source (
    leadSourceId BIGINT NOT NULL,
    teamId BIGINT NOT NULL,
    name VARCHAR,
    aliases VARCHAR[],
    active BOOLEAN NOT NULL
);

CREATE TABLE app_user (
    user VARCHAR NOT NULL,
    name VARCHAR,
    active BOOLEAN NOT NULL,
    working_days BIGINT[],
    accountId VARCHAR
);

-- Grain: one row per kind of number we give out; value is the last one given. Never lowered, so that an id
-- is never given twice, whatever is undone.
CREATE TABLE high_water (
    name VARCHAR NOT NULL,
    value BIGINT NOT NULL
);

INSERT INTO high_water VALUES
    ('batch_id', 0),
    ('record_id', 0),
    ('lead_id', 999999999999),
    ('event_id', 999999999999);
