-- Purpose: mark the watched leads that are missing now, clear those that returned, and say so in their logs.
-- Grain: one row per lead that is missing since another time than before; lead_event one per lead that went or returned.
-- Reads: this_batch, watched_lead, missing_leads, lead, high_water.
-- Writes: missing_change, lead_version, lead, lead_event, high_water.
-- Caller: flows/steps/disappear.py.

CREATE OR REPLACE TEMP TABLE missing_change AS
SELECT
    l.id AS lead_id,
    l.accountId AS account_id,
    l.missing_since AS missing_before,
    m.missing_since
FROM watched_lead AS w
INNER JOIN lead AS l ON l.id = w.lead_id
LEFT JOIN missing_leads('watched_lead') AS m ON m.lead_id = w.lead_id
WHERE l.missing_since IS DISTINCT FROM m.missing_since;

-- As it stood before the batch: what the batch has put in place itself was never shown.
INSERT INTO lead_version BY NAME
SELECT
    l.id AS lead_id,
    b.batch_id AS until_batch_id,
    l.*
FROM lead AS l
INNER JOIN missing_change AS c ON c.lead_id = l.id
CROSS JOIN this_batch AS b
WHERE
    l.first_batch_id <> b.batch_id
    AND l.id NOT IN (SELECT v.lead_id FROM lead_version AS v WHERE v.until_batch_id = b.batch_id);

UPDATE lead
SET missing_since = c.missing_since
FROM missing_change AS c
WHERE lead.id = c.lead_id;

INSERT INTO lead_event
SELECT
    h.value + row_number() OVER (ORDER BY c.lead_id) AS id,
    c.lead_id,
    b.batch_id,
    CASE WHEN c.missing_since IS NULL THEN 'lead_returned' ELSE 'lead_missing' END AS event,
    b.started_at AS created,
    'leadmill' AS user,
    c.account_id,
    NULL AS apiKey,
    json_object('missing_since', strftime(coalesce(c.missing_since, c.missing_before), '%Y-%m-%dT%H:%M:%SZ')) AS data,
    NULL AS requestHeaders,
    NULL AS requestIpAddress,
    NULL AS requestMethod,
    NULL AS requestPath
FROM missing_change AS c
CROSS JOIN this_batch AS b
CROSS JOIN high_water AS h
WHERE h.name = 'event_id' AND (c.missing_since IS NULL OR c.missing_before IS NULL)
ORDER BY c.lead_id;

UPDATE high_water
SET value = value + (
    SELECT count(*)
    FROM missing_change AS c
    WHERE c.missing_since IS NULL OR c.missing_before IS NULL
)
WHERE name = 'event_id';
