-- Purpose: the survivorship rule: what a lead is, as a pure function of the records that stand. Nothing else
--   decides what a field of a lead says. Order of belief, field by field (batch_belief): the CRM; then
--   "overwrite" feeds, the newest first; then "fill" feeds, the earliest first. What the CRM's people own comes
--   from a vendor only if it was in the batch that brought the lead into being. Within one source record a newer
--   version replaces an older one; a blank keeps what earlier versions said unless the version clears it.
--   Team, source and owner are here only as the CRM or a trusted feed gives them: assignments fill the rest.
-- Grain: one row per touched lead of which several versions stand. updatedAt is the CRM's or NULL: ours follows from the other changes.
-- Reads: standing_version, record, batch_belief, concluded. Writes: concluded.
-- Caller: flows/steps/survive.py.

-- What one version says of a field: with its place among the versions of the lead (1 = the newest), and how much
-- its batch is believed.
CREATE OR REPLACE TEMP MACRO as_said(value, newest, belief) AS
    {'value': value, 'newest': newest, 'belief': belief};

-- What a source record says: its newest version that said it or cleared it. A blank says nothing, so it neither
-- changes a value nor makes an older one look newer.
CREATE OR REPLACE TEMP MACRO newest_said(said, field, cleared, number) AS
    arg_max(said, number) FILTER (WHERE said.value IS NOT NULL OR list_contains(cleared, field));

-- The best of what the source records say: the most believed; among equals the newest, or for "fill" (2 and up)
-- the source record that was there first.
CREATE OR REPLACE TEMP MACRO believed(said, earliest) AS
    arg_min(said.value, said.belief * 4294967296 + CASE WHEN said.belief < 2 THEN said.newest ELSE earliest END);

INSERT INTO concluded
WITH numbered AS (
    SELECT
        v.lead_id,
        v.record_id,
        row_number() OVER (PARTITION BY v.source_id ORDER BY v.version_at, v.record_id) AS number,
        row_number() OVER (PARTITION BY v.lead_id ORDER BY v.version_at DESC, v.record_id DESC) AS newest,
        count(*) OVER (PARTITION BY v.source_id) AS version_count,
        v.batch_id = min(v.batch_id) OVER (PARTITION BY v.lead_id) AS is_founding
    FROM standing_version AS v
    WHERE v.lead_id NOT IN (SELECT c.id FROM concluded AS c)
),

-- What each version may say: on a lead that exists, vendors say nothing on what the CRM's people own.
version AS (
    SELECT
        n.lead_id,
        n.number,
        n.newest,
        n.version_count,
        r.source_id,
        r.batch_id AS first_batch_id,
        r.as_of AS first_as_of,
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
        r.extra,
        r.cleared,
        r.source_created_at,
        k.id = 0 AS is_crm
    FROM numbered AS n
    INNER JOIN record AS r ON r.record_id = n.record_id
    INNER JOIN batch_belief AS k ON k.batch_id = r.batch_id
),

-- What each source record says today: its versions folded, newest last. Most have one, and folding is dear.
folded AS (
    SELECT v.* EXCLUDE (number, version_count, cleared)
    FROM version AS v
    WHERE v.version_count = 1
    UNION ALL BY NAME
    SELECT
        v.lead_id,
        v.source_id,
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
        arg_max(v.extra, v.number) AS extra,
        min(v.source_created_at) AS source_created_at,
        min(v.first_as_of) AS first_as_of,
        bool_or(v.is_crm) AS is_crm,
        min(v.first_batch_id) AS first_batch_id,
        min(v.newest) AS newest
    FROM version AS v
    WHERE v.version_count > 1
    GROUP BY v.lead_id, v.source_id
),

ordered AS (
    SELECT
        f.*,
        row_number() OVER (PARTITION BY f.lead_id ORDER BY f.first_as_of, f.source_id) AS earliest
    FROM folded AS f
)

SELECT
    coalesce(believed(f.firstName, f.earliest), '') AS firstName,
    f.lead_id AS id,
    coalesce(believed(f.lastName, f.earliest), '') AS lastName,
    arg_min(f.accountId, CASE WHEN f.is_crm THEN 0 ELSE 1 END * 4294967296 + f.newest) AS accountId,
    believed(f.applicationId, f.earliest) AS applicationId,
    believed(f.archived, f.earliest) AS archived,
    believed(f.assignedTo, f.earliest) AS assignedTo,
    believed(f.branch, f.earliest) AS branch,
    believed(f.buyingRole, f.earliest) AS buyingRole,
    believed(f.company, f.earliest) AS company,
    coalesce(believed(f.createdAt, f.earliest), min(f.source_created_at), min(f.first_as_of)) AS createdAt,
    believed(f.createdBy, f.earliest) AS createdBy,
    believed(f.currentPaymentProcessor, f.earliest) AS currentPaymentProcessor,
    believed(f.email, f.earliest) AS email,
    believed(f.imgSrc, f.earliest) AS imgSrc,
    believed(f.interestedInSwitching, f.earliest) AS interestedInSwitching,
    believed(f.jobTitle, f.earliest) AS jobTitle,
    believed(f.lastContacted, f.earliest) AS lastContacted,
    believed(f.leadSourceId, f.earliest) AS leadSourceId,
    believed(f.location, f.earliest) AS location,
    believed(f.monthlyTransactionVolume, f.earliest) AS monthlyTransactionVolume,
    believed(f.notes, f.earliest) AS notes,
    believed(f.numberOfEmployees, f.earliest) AS numberOfEmployees,
    believed(f.phone, f.earliest) AS phone,
    believed(f.position, f.earliest) AS position,
    believed(f.processStage, f.earliest) AS processStage,
    believed(f.productsServicesSold, f.earliest) AS productsServicesSold,
    believed(f.source, f.earliest) AS source,
    believed(f.teamId, f.earliest) AS teamId,
    believed(f.updatedAt, f.earliest) AS updatedAt,
    list_reduce( -- noqa: PRS
        list(f.extra ORDER BY f.is_crm, f.earliest DESC) FILTER (WHERE f.extra IS NOT NULL),
        lambda lesser, better: json_merge_patch(lesser, better)
    ) AS extra,
    CASE WHEN bool_or(f.is_crm) THEN 'crm' ELSE 'vendor' END AS origin,
    min(f.first_batch_id) AS first_batch_id,
    NULL AS previous_updated_at,
    NULL AS missing_since,
    NULL AS previous_batch_id
FROM ordered AS f
GROUP BY f.lead_id;
