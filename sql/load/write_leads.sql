-- Purpose: put the concluded leads and their contacts in the place of the ones before.
-- Grain: lead one row per touched lead; lead_contact one per lead, kind, value.
-- Reads: concluded, lead_outcome, lead_before, concluded_contact, renamed_lead, this_batch.
-- Writes: lead, lead_contact. Caller: flows/steps/load.py.

DELETE FROM lead
WHERE id IN (
    SELECT o.lead_id FROM lead_outcome AS o WHERE o.previous_lead_id IS NOT NULL
    UNION ALL
    SELECT n.alias_id FROM renamed_lead AS n
);

DELETE FROM lead_contact
WHERE lead_id IN (
    SELECT o.lead_id FROM lead_outcome AS o WHERE o.previous_lead_id IS NOT NULL
    UNION ALL
    SELECT n.alias_id FROM renamed_lead AS n
);

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
    CASE
        WHEN c.updatedAt IS NOT NULL THEN c.updatedAt
        WHEN o.outcome = 'unchanged' THEN b.updatedAt
        ELSE t.as_of
    END AS updatedAt,
    c.extra,
    c.origin,
    b.missing_since,
    c.first_batch_id,
    CASE WHEN o.outcome = 'unchanged' THEN b.last_batch_id ELSE t.batch_id END AS last_batch_id
FROM concluded AS c
INNER JOIN lead_outcome AS o ON o.lead_id = c.id
LEFT JOIN lead_before AS b ON b.lead_id = c.id
CROSS JOIN this_batch AS t;

INSERT INTO lead_contact
SELECT
    k.lead_id,
    k.kind,
    k.value,
    k.raw,
    k.is_primary,
    k.is_valid
FROM concluded_contact AS k;
