-- Purpose: whether each lead is what its records and the decisions that stand say (survive.conclude_anew), and so its contacts.
-- Grain: one row per kind of difference. Parameters: none.
-- Reads: lead, lead_contact, concluded, concluded_contact, missing_leads, touched_lead. Writes: nothing.
-- Caller: flows/verify.py.

WITH again AS (
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
        coalesce(c.updatedAt, c.previous_updated_at) AS updatedAt,
        c.extra,
        c.origin,
        m.missing_since AS missing_since,
        c.first_batch_id,
        c.previous_batch_id AS last_batch_id
    FROM concluded AS c
    LEFT JOIN missing_leads('touched_lead') AS m ON m.lead_id = c.id
),

kept AS (
    SELECT
        l.firstName,
        l.id,
        l.lastName,
        l.accountId,
        l.applicationId,
        l.archived,
        l.assignedTo,
        l.branch,
        l.buyingRole,
        l.company,
        l.createdAt,
        l.createdBy,
        l.currentPaymentProcessor,
        l.email,
        l.imgSrc,
        l.interestedInSwitching,
        l.jobTitle,
        l.lastContacted,
        l.leadSourceId,
        l.location,
        l.monthlyTransactionVolume,
        l.notes,
        l.numberOfEmployees,
        l.phone,
        l.position,
        l.processStage,
        l.productsServicesSold,
        l.source,
        l.teamId,
        l.updatedAt,
        l.extra,
        l.origin,
        l.missing_since,
        l.first_batch_id,
        l.last_batch_id
    FROM lead AS l
),

contact_again AS (
    SELECT
        k.lead_id,
        k.kind,
        k.value,
        k.raw,
        k.is_primary,
        k.is_valid
    FROM concluded_contact AS k
),

contact_kept AS (
    SELECT
        k.lead_id,
        k.kind,
        k.value,
        k.raw,
        k.is_primary,
        k.is_valid
    FROM lead_contact AS k
),

wrong_lead AS (
    SELECT
        d.id,
        min(d.last_batch_id) AS batch_id
    FROM (
        (FROM again EXCEPT ALL FROM kept)
        UNION ALL
        (FROM kept EXCEPT ALL FROM again)
    ) AS d
    GROUP BY d.id
),

wrong_contact AS (
    SELECT
        d.lead_id,
        min(l.last_batch_id) AS batch_id
    FROM (
        (FROM contact_again EXCEPT ALL FROM contact_kept)
        UNION ALL
        (FROM contact_kept EXCEPT ALL FROM contact_again)
    ) AS d
    LEFT JOIN lead AS l ON l.id = d.lead_id
    GROUP BY d.lead_id
)

SELECT
    min(w.batch_id) AS first_batch,
    count(*) || ' lead(s) are not what their records say, ' || min(w.id) || ' the first' AS detail
FROM wrong_lead AS w
HAVING count(*) > 0
UNION ALL
SELECT
    min(w.batch_id) AS first_batch,
    count(*) || ' lead(s) have other contacts than their records say, ' || min(w.lead_id) || ' the first' AS detail
FROM wrong_contact AS w
HAVING count(*) > 0;
