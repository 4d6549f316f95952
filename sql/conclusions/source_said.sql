-- Purpose: what each source record says today, field by field: its standing versions folded, a newer one in the place
--   of an older one. A blank says nothing unless the version clears the field (a CRM's blank that is present, a
--   vendor's clear_token). Here is decided who may speak at all: what the CRM's people own comes from a vendor only if
--   it was in the batch that brought the lead into being, team, source and owner only from a vendor that is trusted.
-- Grain: macro source_said, one row per source record of the leads of the versions. Each field is what as_said makes:
--   the value, which version of the lead says it (newest), and how much its batch is believed. Of the record as a
--   whole, newest is its newest version, and earliest its place among the lead's as they were first seen.
-- Reads: versions (any relation like standing_versions), numbered_versions, record, batch_belief, lead_alias.
-- Writes: as_said, newest_said, source_said. Caller: flows/warehouse.py.

CREATE OR REPLACE MACRO as_said(value, newest, belief) AS
    {'value': value, 'newest': newest, 'belief': belief};

-- The newest that a source record said of a field or cleared. A blank says nothing, so it neither changes a value
-- nor makes an older one look newer.
CREATE OR REPLACE MACRO newest_said(said, field, cleared, number) AS
    arg_max(said, number) FILTER (WHERE said.value IS NOT NULL OR list_contains(cleared, field));

CREATE OR REPLACE MACRO source_said(versions) AS TABLE
WITH version AS (
    SELECT
        n.lead_id,
        n.source_id,
        n.number,
        n.newest,
        n.version_count,
        n.batch_id AS first_batch_id,
        n.place AS first_place,
        as_said(nullif(r.firstName, ''), n.newest, k.firstName) AS firstName,
        as_said(nullif(r.lastName, ''), n.newest, k.lastName) AS lastName,
        r.accountId,
        as_said(
            CASE WHEN k.applicationId < 3 OR n.is_founding THEN r.applicationId END, n.newest, k.applicationId
        ) AS applicationId,
        as_said(CASE WHEN k.archived < 3 OR n.is_founding THEN r.archived END, n.newest, k.archived) AS archived,
        as_said(CASE WHEN k.assignedTo < 3 THEN r.assignedTo END, n.newest, k.assignedTo) AS assignedTo,
        as_said(CASE WHEN k.branch < 3 OR n.is_founding THEN r.branch END, n.newest, k.branch) AS branch,
        as_said(r.buyingRole, n.newest, k.buyingRole) AS buyingRole,
        as_said(r.company, n.newest, k.company) AS company,
        as_said(r.createdAt, n.newest, k.createdAt) AS createdAt,
        as_said(CASE WHEN k.createdBy < 3 OR n.is_founding THEN r.createdBy END, n.newest, k.createdBy) AS createdBy,
        as_said(r.currentPaymentProcessor, n.newest, k.currentPaymentProcessor) AS currentPaymentProcessor,
        as_said(r.email, n.newest, k.email) AS email,
        as_said(r.imgSrc, n.newest, k.imgSrc) AS imgSrc,
        as_said(r.interestedInSwitching, n.newest, k.interestedInSwitching) AS interestedInSwitching,
        as_said(r.jobTitle, n.newest, k.jobTitle) AS jobTitle,
        as_said(
            CASE WHEN k.lastContacted < 3 OR n.is_founding THEN r.lastContacted END, n.newest, k.lastContacted
        ) AS lastContacted,
        as_said(CASE WHEN k.leadSourceId < 3 THEN r.leadSourceId END, n.newest, k.leadSourceId) AS leadSourceId,
        as_said(r.location, n.newest, k.location) AS location,
        as_said(r.monthlyTransactionVolume, n.newest, k.monthlyTransactionVolume) AS monthlyTransactionVolume,
        as_said(r.notes, n.newest, k.notes) AS notes,
        as_said(r.numberOfEmployees, n.newest, k.numberOfEmployees) AS numberOfEmployees,
        as_said(r.phone, n.newest, k.phone) AS phone,
        as_said(r.position, n.newest, k.position) AS position,
        as_said(
            CASE WHEN k.processStage < 3 OR n.is_founding THEN r.processStage END, n.newest, k.processStage
        ) AS processStage,
        as_said(r.productsServicesSold, n.newest, k.productsServicesSold) AS productsServicesSold,
        as_said(r.source, n.newest, k.source) AS source,
        as_said(CASE WHEN k.teamId < 3 THEN r.teamId END, n.newest, k.teamId) AS teamId,
        as_said(r.updatedAt, n.newest, k.updatedAt) AS updatedAt,
        r.source_created_at,
        n.as_of AS first_as_of,
        r.extra,
        r.cleared,
        k.id = 0 AS is_crm
    FROM numbered_versions(versions) AS n
    INNER JOIN record AS r ON r.record_id = n.record_id
    -- What the CRM merged into another record only fills the gaps of that one.
    INNER JOIN batch_belief AS k
        ON k.batch_id = CASE
            WHEN r.id IN (SELECT a.alias_id FROM lead_alias AS a WHERE a.reason = 'crm_merge') THEN 0
            ELSE n.batch_id
        END
),

-- Most source records have one version, and folding is dear.
folded AS (
    SELECT v.* EXCLUDE (number, version_count, cleared)
    FROM version AS v
    WHERE v.version_count = 1
    UNION ALL BY NAME
    SELECT
        v.lead_id,
        v.source_id,
        min(v.newest) AS newest,
        min(v.first_batch_id) AS first_batch_id,
        min(v.first_place) AS first_place,
        newest_said(v.firstName, 'firstName', v.cleared, v.number) AS firstName,
        newest_said(v.lastName, 'lastName', v.cleared, v.number) AS lastName,
        arg_max(v.accountId, v.number) AS accountId,
        newest_said(v.applicationId, 'applicationId', v.cleared, v.number) AS applicationId,
        newest_said(v.archived, 'archived', v.cleared, v.number) AS archived,
        newest_said(v.assignedTo, 'assignedTo', v.cleared, v.number) AS assignedTo,
        newest_said(v.branch, 'branch', v.cleared, v.number) AS branch,
        newest_said(v.buyingRole, 'buyingRole', v.cleared, v.number) AS buyingRole,
        newest_said(v.company, 'company', v.cleared, v.number) AS company,
        newest_said(v.createdAt, 'createdAt', v.cleared, v.number) AS createdAt,
        newest_said(v.createdBy, 'createdBy', v.cleared, v.number) AS createdBy,
        newest_said(
            v.currentPaymentProcessor, 'currentPaymentProcessor', v.cleared, v.number
        ) AS currentPaymentProcessor,
        newest_said(v.email, 'email', v.cleared, v.number) AS email,
        newest_said(v.imgSrc, 'imgSrc', v.cleared, v.number) AS imgSrc,
        newest_said(v.interestedInSwitching, 'interestedInSwitching', v.cleared, v.number) AS interestedInSwitching,
        newest_said(v.jobTitle, 'jobTitle', v.cleared, v.number) AS jobTitle,
        newest_said(v.lastContacted, 'lastContacted', v.cleared, v.number) AS lastContacted,
        newest_said(v.leadSourceId, 'leadSourceId', v.cleared, v.number) AS leadSourceId,
        newest_said(v.location, 'location', v.cleared, v.number) AS location,
        newest_said(
            v.monthlyTransactionVolume, 'monthlyTransactionVolume', v.cleared, v.number
        ) AS monthlyTransactionVolume,
        newest_said(v.notes, 'notes', v.cleared, v.number) AS notes,
        newest_said(v.numberOfEmployees, 'numberOfEmployees', v.cleared, v.number) AS numberOfEmployees,
        newest_said(v.phone, 'phone', v.cleared, v.number) AS phone,
        newest_said(v.position, 'position', v.cleared, v.number) AS position,
        newest_said(v.processStage, 'processStage', v.cleared, v.number) AS processStage,
        newest_said(v.productsServicesSold, 'productsServicesSold', v.cleared, v.number) AS productsServicesSold,
        newest_said(v.source, 'source', v.cleared, v.number) AS source,
        newest_said(v.teamId, 'teamId', v.cleared, v.number) AS teamId,
        newest_said(v.updatedAt, 'updatedAt', v.cleared, v.number) AS updatedAt,
        min(v.source_created_at) AS source_created_at,
        min(v.first_as_of) AS first_as_of,
        arg_max(v.extra, v.number) AS extra,
        bool_or(v.is_crm) AS is_crm
    FROM version AS v
    WHERE v.version_count > 1
    GROUP BY v.lead_id, v.source_id
)

SELECT
    f.*,
    row_number() OVER (PARTITION BY f.lead_id ORDER BY f.first_as_of, f.first_place, f.source_id) AS earliest
FROM folded AS f;
