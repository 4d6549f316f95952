-- Purpose: put all concluded leads in the place of those that are there, dated by what the audit says changed them
--   last: the newest standing batch with a row that inserted or updated the lead, or that handed it over.
-- Grain: lead one row per lead; lead_contact one per lead, kind, value.
-- Reads: concluded, concluded_contact, batch_row, assignment, batch, batch_status, lead_alias, lead (missing_since).
-- Writes: lead, lead_contact. Caller: flows/steps/survive.py.

CREATE OR REPLACE TEMP TABLE last_change AS
WITH changed AS (
    SELECT
        r.lead_id,
        r.batch_id
    FROM batch_row AS r
    WHERE r.outcome IN ('inserted', 'updated')
    UNION ALL
    SELECT
        d.lead_id,
        d.batch_id
    FROM assignment AS d
    INNER JOIN batch AS b ON b.batch_id = d.batch_id AND b.kind = 'reassign'
)

SELECT
    coalesce(a.lead_id, c.lead_id) AS lead_id,
    max(c.batch_id) AS batch_id
FROM changed AS c
INNER JOIN batch_status AS s ON s.batch_id = c.batch_id AND s.is_standing
LEFT JOIN lead_alias AS a ON a.alias_id = c.lead_id
GROUP BY coalesce(a.lead_id, c.lead_id);

CREATE OR REPLACE TEMP TABLE missing_lead AS
SELECT
    l.id,
    l.missing_since
FROM lead AS l
WHERE l.missing_since IS NOT NULL;

DELETE FROM lead;

INSERT INTO lead
SELECT
    c.firstName,
    c.id,
    c.lastName,
    c.accountId,
    c.applicationId,
    c.archived,
    c.assignedTo,
    c.branch,
    c.buyingRole,
    c.company,
    c.createdAt,
    c.createdBy,
    c.currentPaymentProcessor,
    c.email,
    c.imgSrc,
    c.interestedInSwitching,
    c.jobTitle,
    c.lastContacted,
    c.leadSourceId,
    c.location,
    c.monthlyTransactionVolume,
    c.notes,
    c.numberOfEmployees,
    c.phone,
    c.position,
    c.processStage,
    c.productsServicesSold,
    c.source,
    c.teamId,
    coalesce(c.updatedAt, s.as_of) AS updatedAt,
    c.extra,
    c.origin,
    m.missing_since,
    c.first_batch_id,
    h.batch_id AS last_batch_id
FROM concluded AS c
INNER JOIN last_change AS h ON h.lead_id = c.id
INNER JOIN batch AS s ON s.batch_id = h.batch_id
LEFT JOIN missing_lead AS m ON m.id = c.id;

DELETE FROM lead_contact;

INSERT INTO lead_contact
SELECT
    k.lead_id,
    k.kind,
    k.value,
    k.raw,
    k.is_primary,
    k.is_valid
FROM concluded_contact AS k;
