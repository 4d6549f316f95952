-- Purpose: put the concluded leads and their contacts in the place of the ones before.
-- Grain: lead one row per touched lead; lead_contact one per lead, kind, value.
-- Reads: concluded, lead_outcome, lead_before, concluded_contact, renamed_lead, this_batch.
-- Writes: concluded, lead, lead_contact. Caller: flows/steps/load.py.

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

-- What stays as it was goes beside the wide rows, which are then copied from one table as they stand (as in
-- write_records). A lead that says what it said before keeps its dates.
UPDATE concluded
SET
    previous_updated_at = CASE WHEN o.outcome = 'unchanged' THEN b.updatedAt END,
    missing_since = b.missing_since,
    previous_batch_id = CASE WHEN o.outcome = 'unchanged' THEN b.last_batch_id END
FROM lead_before AS b
INNER JOIN lead_outcome AS o ON o.lead_id = b.lead_id
WHERE b.lead_id = concluded.id;

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
    coalesce(c.updatedAt, c.previous_updated_at, t.as_of) AS updatedAt,
    c.extra,
    c.origin,
    c.missing_since,
    c.first_batch_id,
    coalesce(c.previous_batch_id, t.batch_id) AS last_batch_id
FROM concluded AS c
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
