-- Purpose: the empty temporary tables that one batch is staged in before its transaction begins.
-- Grain: this_batch, this_belief and used_survivorship one row; batch_place_again one, or none; reinstated_person one per
--   person; used_* and absence as the reference files; staged_lead one per valid record; staged_contact one per e-mail
--   or phone cell; staged_evidence one per cell of a match_on column; staged_issue one per doubtful cell; staged_rejected one per rejected record; replayed_row
--   one per record that was rejected before and is replayed; staged_preference one per contact, channel and cell.
-- Reads: nothing. Writes: the temporary tables. Caller: flows/steps/load.py.

CREATE OR REPLACE TEMP TABLE this_batch (
    batch_id BIGINT NOT NULL,
    kind VARCHAR NOT NULL,
    feed VARCHAR NOT NULL,
    origin VARCHAR NOT NULL,
    extent VARCHAR NOT NULL,
    as_of TIMESTAMPTZ NOT NULL,
    started_at TIMESTAMPTZ NOT NULL,
    account_id VARCHAR NOT NULL,
    team_id BIGINT,
    lead_source_id BIGINT,
    first_name_placeholder VARCHAR,
    last_name_placeholder VARCHAR,
    skip_team_and_source_requirement BOOLEAN NOT NULL,
    is_rotating BOOLEAN NOT NULL,
    has_teams BOOLEAN NOT NULL,
    has_sources BOOLEAN NOT NULL,
    file_sha256 VARCHAR
);

-- Filled where the batch loads the contents of an undone one again.
CREATE OR REPLACE TEMP TABLE batch_place_again (
    batch_id BIGINT NOT NULL,
    place BIGINT NOT NULL
);

CREATE OR REPLACE TEMP TABLE reinstated_person (
    person BIGINT NOT NULL,
    previous_lead_id BIGINT NOT NULL
);

CREATE OR REPLACE TEMP TABLE this_belief AS FROM batch_belief WHERE FALSE;

CREATE OR REPLACE TEMP TABLE used_survivorship AS FROM survivorship WHERE FALSE;

CREATE OR REPLACE TEMP TABLE used_team AS FROM team WHERE FALSE;

CREATE OR REPLACE TEMP TABLE used_team_member AS FROM team_member WHERE FALSE;

CREATE OR REPLACE TEMP TABLE used_lead_source AS FROM lead_source WHERE FALSE;

CREATE OR REPLACE TEMP TABLE used_user AS FROM app_user WHERE FALSE;

CREATE OR REPLACE TEMP TABLE used_stage AS FROM stage WHERE FALSE;

CREATE OR REPLACE TEMP TABLE absence (
    user VARCHAR NOT NULL,
    first_on DATE NOT NULL,
    last_on DATE
);

CREATE OR REPLACE TEMP TABLE staged_lead (
    row_number BIGINT NOT NULL,
    line_number BIGINT,
    source_key VARCHAR NOT NULL,
    version_at TIMESTAMPTZ NOT NULL,
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
    audit_log VARCHAR,
    content_hash UBIGINT NOT NULL,
    -- Which version of which source record the row is, once that is known (staged_version).
    is_new BOOLEAN,
    record_id BIGINT,
    source_id BIGINT
);

CREATE OR REPLACE TEMP TABLE staged_contact (
    row_number BIGINT NOT NULL,
    position BIGINT NOT NULL,
    kind VARCHAR NOT NULL,
    value VARCHAR NOT NULL,
    raw VARCHAR,
    is_valid BOOLEAN NOT NULL
);

CREATE OR REPLACE TEMP TABLE staged_evidence (
    row_number BIGINT NOT NULL,
    key VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    value VARCHAR NOT NULL
);

CREATE OR REPLACE TEMP TABLE staged_issue (
    row_number BIGINT NOT NULL,
    column_name VARCHAR NOT NULL,
    code VARCHAR NOT NULL,
    raw VARCHAR
);

CREATE OR REPLACE TEMP TABLE staged_rejected (
    row_number BIGINT NOT NULL,
    line_number BIGINT,
    source_key VARCHAR,
    raw VARCHAR,
    reasons STRUCT("column" VARCHAR, code VARCHAR, message VARCHAR)[] NOT NULL
);

-- The rows that make no lead and are no fault: suppressed, or of a list of opt-outs.
CREATE OR REPLACE TEMP TABLE staged_apart (
    row_number BIGINT NOT NULL,
    line_number BIGINT,
    outcome VARCHAR NOT NULL
);

-- What a row says about how its person may be contacted.
CREATE OR REPLACE TEMP TABLE staged_preference (
    row_number BIGINT,
    kind VARCHAR NOT NULL,
    value VARCHAR NOT NULL,
    channel VARCHAR NOT NULL,
    status VARCHAR NOT NULL,
    source VARCHAR NOT NULL,
    evidence VARCHAR NOT NULL,
    said_at TIMESTAMPTZ
);

-- What became of each row; empty in batches that take no file.
CREATE OR REPLACE TEMP TABLE row_outcome (
    row_number BIGINT NOT NULL,
    record_id BIGINT,
    lead_id BIGINT,
    outcome VARCHAR NOT NULL
);

-- Which lead each one that is set apart was part of: by an unmerge, or because the CRM moved the lead.
CREATE OR REPLACE TEMP TABLE parted_from (
    lead_id BIGINT NOT NULL,
    previous_id BIGINT NOT NULL
);

-- Which rejected row a replayed record is; empty in every other batch.
CREATE OR REPLACE TEMP TABLE replayed_row (
    row_number BIGINT NOT NULL,
    rejected_batch_id BIGINT NOT NULL,
    rejected_row_number BIGINT NOT NULL
);

-- Empty until sources are resolved; a batch that fails before still keeps its rejected rows.
CREATE OR REPLACE TEMP TABLE staged_version (
    row_number BIGINT NOT NULL,
    source_key VARCHAR NOT NULL,
    is_new BOOLEAN NOT NULL,
    known_lead_id BIGINT,
    source_id BIGINT NOT NULL,
    record_id BIGINT NOT NULL
);

-- The leads that the batch has something new about; empty in one that is skipped, held or failed.
CREATE OR REPLACE TEMP TABLE touched_lead (
    lead_id BIGINT NOT NULL,
    previous_lead_id BIGINT,
    first_row_number BIGINT
);

-- The merges that rows of the CRM tell of, and those of them that mean something here (resolve/follow_crm_merges.sql).
CREATE OR REPLACE TEMP TABLE staged_crm_merge (
    row_number BIGINT NOT NULL,
    given_up_id BIGINT NOT NULL,
    master_id BIGINT NOT NULL
);

CREATE OR REPLACE TEMP TABLE crm_merge (
    given_up_id BIGINT NOT NULL,
    master_id BIGINT NOT NULL,
    row_number BIGINT NOT NULL,
    given_up_node BIGINT NOT NULL,
    master_node BIGINT
);

-- Which records stay behind when the CRM moves their lead to another account (resolve/part_moved.sql).
CREATE OR REPLACE TEMP TABLE parted_source (
    source_id BIGINT NOT NULL,
    previous_id BIGINT NOT NULL,
    person BIGINT NOT NULL,
    row_number BIGINT NOT NULL,
    lead_id BIGINT,
    is_founder BOOLEAN NOT NULL
);
