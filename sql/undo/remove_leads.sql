-- Purpose: remove the leads of which nothing stands, with an entry in their log; their ids are never given again.
-- Grain: removed_lead one row per lead. undone_person and undone_alias keep the people and ids that are left, while those
--   without a standing assignment are decided on anew.
-- Reads: this_batch, undone_batch, withdrawn_source, record_lead, renamed_lead, staged_person, lead, high_water.
-- Writes: removed_lead, undone_person, undone_alias, lead_event, high_water, lead_alias, lead_version, lead, lead_contact.
-- Caller: flows/undo.py.

CREATE OR REPLACE TEMP TABLE undone_person AS FROM staged_person;

CREATE OR REPLACE TEMP TABLE undone_alias AS FROM renamed_lead;

CREATE OR REPLACE TEMP TABLE removed_lead AS
SELECT
    l.id AS lead_id,
    l.accountId AS account_id
FROM lead AS l
WHERE
    l.id IN (SELECT w.lead_id FROM withdrawn_source AS w)
    AND l.id NOT IN (SELECT k.lead_id FROM record_lead AS k)
    AND l.id NOT IN (SELECT n.alias_id FROM renamed_lead AS n);

INSERT INTO lead_event
SELECT
    w.value + row_number() OVER (ORDER BY r.lead_id) AS id,
    r.lead_id,
    b.batch_id,
    'lead_reverted' AS event,
    b.started_at AS created,
    'leadmill' AS user,
    r.account_id,
    NULL AS apiKey,
    json_object('removed', TRUE, 'undone_batch_id', u.batch_id) AS data,
    NULL AS requestHeaders,
    NULL AS requestIpAddress,
    NULL AS requestMethod,
    NULL AS requestPath
FROM removed_lead AS r
CROSS JOIN this_batch AS b
CROSS JOIN undone_batch AS u
CROSS JOIN high_water AS w
WHERE w.name = 'event_id';

UPDATE high_water
SET value = value + (SELECT count(*) FROM removed_lead AS r)
WHERE name = 'event_id';

UPDATE lead_alias
SET
    lead_id = NULL,
    reason = 'undone'
WHERE lead_id IN (SELECT r.lead_id FROM removed_lead AS r);

INSERT INTO lead_alias
SELECT
    r.lead_id AS alias_id,
    NULL AS lead_id,
    'undone' AS reason
FROM removed_lead AS r
ORDER BY r.lead_id;

INSERT INTO lead_version BY NAME
SELECT
    l.id AS lead_id,
    b.batch_id AS until_batch_id,
    l.*
FROM lead AS l
INNER JOIN removed_lead AS r ON r.lead_id = l.id
CROSS JOIN this_batch AS b;

DELETE FROM lead
WHERE id IN (SELECT r.lead_id FROM removed_lead AS r);

DELETE FROM lead_contact
WHERE lead_id IN (SELECT r.lead_id FROM removed_lead AS r);
