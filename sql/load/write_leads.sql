-- Purpose: put the concluded leads and their contacts in the place of the ones before, which stay as versions where they
--   were others (migrations/0050_lead_version.sql).
-- Grain: lead one row per touched lead; lead_contact one per lead, kind, value; lead_version one per lead that was another.
-- Reads: concluded, lead_outcome, lead_before, concluded_contact, renamed_lead, this_batch.
-- Writes: concluded, lead, lead_contact, lead_version. Caller: flows/steps/load.py.

-- A lead whose outcome is 'unchanged' may be another in what is no field of the specification.
INSERT INTO lead_version BY NAME
SELECT
    l.id AS lead_id,
    t.batch_id AS until_batch_id,
    l.*
FROM lead AS l
CROSS JOIN this_batch AS t
WHERE l.id IN (
    SELECT o.previous_lead_id
    FROM lead_outcome AS o
    INNER JOIN lead_before AS b ON b.lead_id = o.lead_id
    LEFT JOIN concluded AS c ON c.id = o.lead_id
    WHERE
        o.outcome = 'updated'
        OR c.extra IS DISTINCT FROM b.extra
        OR c.origin IS DISTINCT FROM b.origin
        OR c.first_batch_id IS DISTINCT FROM b.first_batch_id
    UNION ALL
    SELECT n.alias_id FROM renamed_lead AS n
);

-- Under this id there was no lead, although its records are older than the batch.
INSERT INTO lead_version BY NAME
SELECT
    c.id AS lead_id,
    t.batch_id AS until_batch_id
FROM concluded AS c
INNER JOIN lead_outcome AS o ON o.lead_id = c.id AND o.previous_lead_id IS DISTINCT FROM o.lead_id
CROSS JOIN this_batch AS t
WHERE c.first_batch_id <> t.batch_id;

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
