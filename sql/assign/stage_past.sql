-- Purpose: stage the people that this batch brought into being once more, from the records it left, as if they were new.
-- Grain: staged_lead and staged_version one row per record; staged_source one per source record; staged_person one per
--   lead; renamed_lead is empty.
-- Reads: this_batch, past_lead, record. Writes: staged_lead, staged_version, staged_source, staged_person, renamed_lead.
-- Caller: flows/steps/assign.py.

INSERT INTO staged_lead (
    row_number,
    source_key,
    version_at,
    firstName,
    id,
    lastName,
    accountId,
    applicationId,
    archived,
    assignedTo,
    branch,
    buyingRole,
    company,
    createdAt,
    createdBy,
    currentPaymentProcessor,
    email,
    imgSrc,
    interestedInSwitching,
    jobTitle,
    lastContacted,
    leadSourceId,
    location,
    monthlyTransactionVolume,
    notes,
    numberOfEmployees,
    phone,
    position,
    processStage,
    productsServicesSold,
    source,
    teamId,
    updatedAt,
    extra,
    source_created_at,
    source_updated_at,
    has_placeholder_name,
    content_hash
)
SELECT
    p.row_number,
    r.source_key,
    coalesce(r.source_updated_at, r.as_of) AS version_at,
    r.firstName,
    r.id,
    r.lastName,
    r.accountId,
    r.applicationId,
    r.archived,
    r.assignedTo,
    r.branch,
    r.buyingRole,
    r.company,
    r.createdAt,
    r.createdBy,
    r.currentPaymentProcessor,
    r.email,
    r.imgSrc,
    r.interestedInSwitching,
    r.jobTitle,
    r.lastContacted,
    r.leadSourceId,
    r.location,
    r.monthlyTransactionVolume,
    r.notes,
    r.numberOfEmployees,
    r.phone,
    r.position,
    r.processStage,
    r.productsServicesSold,
    r.source,
    r.teamId,
    r.updatedAt,
    r.extra,
    r.source_created_at,
    r.source_updated_at,
    r.has_placeholder_name,
    r.content_hash
FROM past_lead AS p
INNER JOIN this_batch AS b ON b.batch_id = p.batch_id
INNER JOIN record AS r ON r.record_id = p.record_id;

INSERT INTO staged_version (
    row_number,
    source_key,
    is_new,
    source_id,
    record_id
)
SELECT
    p.row_number,
    s.source_key,
    TRUE AS is_new,
    p.source_id,
    p.record_id
FROM past_lead AS p
INNER JOIN this_batch AS b ON b.batch_id = p.batch_id
INNER JOIN staged_lead AS s ON s.row_number = p.row_number;

CREATE OR REPLACE TEMP TABLE staged_source AS
SELECT DISTINCT
    p.source_id,
    p.lead_id AS person,
    s.accountId AS account_id
FROM past_lead AS p
INNER JOIN this_batch AS b ON b.batch_id = p.batch_id
INNER JOIN staged_lead AS s ON s.row_number = p.row_number;

CREATE OR REPLACE TEMP TABLE staged_person AS
SELECT
    p.lead_id AS person,
    min(p.row_number) AS first_row_number,
    p.lead_id,
    NULL::BIGINT AS previous_lead_id
FROM past_lead AS p
INNER JOIN this_batch AS b ON b.batch_id = p.batch_id
GROUP BY p.lead_id;

CREATE OR REPLACE TEMP TABLE renamed_lead (
    alias_id BIGINT,
    lead_id BIGINT,
    reason VARCHAR
);
