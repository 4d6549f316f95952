-- Purpose: keep what the sources said: every new version of a source record, its contacts, and whose it is.
-- Grain: record one row per new version; record_contact one per contact cell of it; record_lead one per
--   source record.
-- Reads: this_batch, this_belief, staged_lead, staged_version, staged_contact, staged_source, staged_person,
--   staged_identity, staged_evidence_value, staged_block, renamed_lead, parted_source, batch_place_again, reinstated_person,
--   lead_alias. Writes: batch_belief, batch_place, reinstated_lead, record, record_contact,
--   record_identity, record_evidence, record_block, record_lead, lead_alias, high_water.
-- Caller: flows/steps/load.py.

INSERT INTO batch_belief FROM this_belief;

INSERT INTO batch_place FROM batch_place_again;

INSERT INTO reinstated_lead
SELECT
    b.batch_id,
    n.lead_id
FROM (
    SELECT r.previous_lead_id AS lead_id
    FROM reinstated_person AS r
    UNION
    SELECT a.alias_id AS lead_id
    FROM lead_alias AS a
    WHERE a.lead_id IN (SELECT r.previous_lead_id FROM reinstated_person AS r)
) AS n
CROSS JOIN this_batch AS b
ORDER BY n.lead_id;

INSERT INTO record
SELECT
    s.record_id,
    s.source_id,
    b.batch_id,
    s.row_number,
    b.feed,
    s.source_key,
    b.as_of,
    s.firstName,
    s.id,
    s.lastName,
    s.accountId,
    s.applicationId,
    s.archived,
    s.assignedTo,
    s.branch,
    s.buyingRole,
    s.company,
    s.createdAt,
    s.createdBy,
    s.currentPaymentProcessor,
    s.email,
    s.imgSrc,
    s.interestedInSwitching,
    s.jobTitle,
    s.lastContacted,
    s.leadSourceId,
    s.location,
    s.monthlyTransactionVolume,
    s.notes,
    s.numberOfEmployees,
    s.phone,
    s.position,
    s.processStage,
    s.productsServicesSold,
    s.source,
    s.teamId,
    s.updatedAt,
    s.extra,
    s.cleared,
    s.source_created_at,
    s.source_updated_at,
    s.has_placeholder_name,
    s.content_hash
FROM staged_lead AS s
CROSS JOIN this_batch AS b
WHERE s.is_new;

INSERT INTO record_contact
SELECT
    v.record_id,
    v.source_id,
    c.position,
    c.kind,
    c.value,
    c.raw,
    c.is_valid
FROM staged_contact AS c
INNER JOIN staged_version AS v ON v.row_number = c.row_number
WHERE v.is_new;

INSERT INTO record_identity FROM staged_identity;

INSERT INTO record_evidence FROM staged_evidence_value;

INSERT INTO record_block FROM staged_block;

UPDATE high_water
SET value = greatest(value, (SELECT coalesce(max(v.record_id), 0) FROM staged_version AS v WHERE v.is_new))
WHERE name = 'record_id';

-- Ids that were given are never given again (resolve/number_people.sql).
UPDATE high_water
SET value = greatest(
    value,
    (
        SELECT coalesce(max(p.lead_id), 0)
        FROM staged_person AS p
        WHERE p.previous_lead_id IS NULL AND p.lead_id NOT IN (
            SELECT s.crm_id FROM staged_source AS s WHERE s.crm_id IS NOT NULL
        )
    )
)
WHERE name = 'lead_id';

-- A lead that gave up its id: its source records follow it, and so do the ids that it had given up before.
UPDATE record_lead
SET lead_id = n.lead_id
FROM renamed_lead AS n
WHERE record_lead.lead_id = n.alias_id;

UPDATE lead_alias
SET lead_id = n.lead_id
FROM renamed_lead AS n
WHERE lead_alias.lead_id = n.alias_id;

INSERT INTO lead_alias
SELECT
    n.alias_id,
    n.lead_id,
    n.reason
FROM renamed_lead AS n;

INSERT INTO record_lead
SELECT
    b.feed,
    s.source_key,
    s.source_id,
    p.lead_id,
    CASE
        WHEN s.crm_id IS NOT NULL THEN s.crm_id
        WHEN p.previous_lead_id IS NULL AND s.first_row_number = p.first_row_number THEN p.lead_id
    END AS born_id
FROM staged_source AS s
INNER JOIN staged_person AS p ON p.person = s.person
CROSS JOIN this_batch AS b
WHERE s.known_lead_id IS NULL;

-- What stays behind when the CRM moves a lead, with the ids that it had given up.
UPDATE lead_alias
SET lead_id = p.lead_id
FROM parted_source AS s
INNER JOIN staged_person AS p ON p.person = s.person
INNER JOIN record_lead AS k ON k.source_id = s.source_id
WHERE lead_alias.alias_id = k.born_id;

UPDATE record_lead
SET
    lead_id = p.lead_id,
    born_id = CASE WHEN s.is_founder THEN p.lead_id ELSE record_lead.born_id END
FROM parted_source AS s
INNER JOIN staged_person AS p ON p.person = s.person
WHERE record_lead.source_id = s.source_id;

-- An id that was given up lives again when a source brings it back.
DELETE FROM lead_alias
WHERE alias_id IN (SELECT p.lead_id FROM staged_person AS p);
