-- Purpose: the lead's own log: what this batch did to each lead, and the entries that a CRM's export brings along.
-- Grain: one row per event. Imported entries are kept once, whatever number of exports repeat them, and without secrets.
-- Reads: this_batch, touched_lead, lead_outcome, renamed_lead, concluded, lead_before, parted_from, used_stage, staged_lead,
--   row_outcome, lead_alias, high_water. Writes: lead_event, high_water. Caller: flows/steps/load.py.

-- One statement, from the sort into the table: what a transaction has just written itself DuckDB reads on one core.
INSERT INTO lead_event
WITH won_stage AS (
    SELECT lower(s.processStage) AS stage
    FROM used_stage AS s
    WHERE s.kind = 'won'
),

happened AS (
    SELECT
        o.lead_id,
        1 AS place,
        CASE
            WHEN b.kind = 'undo' THEN 'lead_reverted'
            WHEN f.lead_id IS NOT NULL THEN 'lead_unmerged'
            ELSE 'lead_created'
        END AS event,
        0 AS tie,
        CASE
            WHEN b.kind = 'undo' OR f.lead_id IS NOT NULL THEN json_object('revived', TRUE)
            ELSE json_object('feed', b.feed)
        END AS data
    FROM lead_outcome AS o
    LEFT JOIN parted_from AS f ON f.lead_id = o.lead_id
    CROSS JOIN this_batch AS b
    WHERE o.outcome = 'inserted'
    UNION ALL
    SELECT
        n.lead_id,
        2 AS place,
        'lead_merged' AS event,
        n.alias_id AS tie,
        json_object('merged_id', n.alias_id, 'reason', n.reason) AS data
    FROM renamed_lead AS n
    UNION ALL
    SELECT
        f.previous_id AS lead_id,
        2 AS place,
        'lead_unmerged' AS event,
        f.lead_id AS tie,
        json_object('parted_id', f.lead_id) AS data
    FROM parted_from AS f
    UNION ALL
    SELECT
        o.lead_id,
        3 AS place,
        CASE b.kind WHEN 'undo' THEN 'lead_reverted' ELSE 'lead_updated' END AS event,
        0 AS tie,
        to_json(
            map_from_entries(
                list_transform(
                    o.changes,
                    lambda change: {
                        'key': change.field,
                        'value': {'before': change.before, 'after': change.after}
                    }
                )
            )
        ) AS data
    FROM lead_outcome AS o
    CROSS JOIN this_batch AS b
    WHERE o.outcome = 'updated' AND len(o.changes) > 0
    UNION ALL
    SELECT
        c.id AS lead_id,
        4 AS place,
        'lead_moved' AS event,
        0 AS tie,
        json_object('before', l.accountId, 'after', c.accountId) AS data
    FROM concluded AS c
    INNER JOIN lead_before AS l ON l.lead_id = c.id
    WHERE c.accountId <> l.accountId
    UNION ALL
    SELECT
        c.id AS lead_id,
        5 AS place,
        'lead_assigned' AS event,
        0 AS tie,
        json_object('before', l.assignedTo, 'after', c.assignedTo) AS data
    FROM concluded AS c
    LEFT JOIN lead_before AS l ON l.lead_id = c.id
    WHERE c.assignedTo IS DISTINCT FROM l.assignedTo
    UNION ALL
    -- What an undo takes back is no archiving and no sale: it is told as reverted.
    SELECT
        o.lead_id,
        6 AS place,
        'lead_archived' AS event,
        0 AS tie,
        json_object('before', l.archived, 'after', c.archived) AS data
    FROM lead_outcome AS o
    INNER JOIN lead_before AS l ON l.lead_id = o.lead_id
    INNER JOIN concluded AS c ON c.id = o.lead_id
    CROSS JOIN this_batch AS b
    WHERE o.outcome = 'updated' AND b.kind <> 'undo' AND c.archived AND l.archived IS NOT TRUE
    UNION ALL
    SELECT
        o.lead_id,
        7 AS place,
        'lead_converted' AS event,
        0 AS tie,
        json_object('before', l.processStage, 'after', c.processStage) AS data
    FROM lead_outcome AS o
    INNER JOIN lead_before AS l ON l.lead_id = o.lead_id
    INNER JOIN concluded AS c ON c.id = o.lead_id
    CROSS JOIN this_batch AS b
    WHERE
        o.outcome = 'updated'
        AND b.kind <> 'undo'
        AND lower(c.processStage) IN (SELECT w.stage FROM won_stage AS w)
        AND (
            l.processStage IS NULL
            OR lower(l.processStage) NOT IN (SELECT w.stage FROM won_stage AS w)
        )
),

numbered AS (
    SELECT
        h.lead_id,
        h.event,
        h.data,
        c.accountId AS account_id,
        row_number() OVER (ORDER BY p.first_row_number, h.lead_id, h.place, h.tie) AS number
    FROM happened AS h
    INNER JOIN touched_lead AS p ON p.lead_id = h.lead_id
    INNER JOIN concluded AS c ON c.id = h.lead_id
)

SELECT
    w.value + n.number AS id,
    n.lead_id,
    b.batch_id,
    n.event,
    b.started_at AS created,
    'leadmill' AS user,
    n.account_id,
    NULL AS apiKey,
    n.data,
    NULL AS requestHeaders,
    NULL AS requestIpAddress,
    NULL AS requestMethod,
    NULL AS requestPath
FROM numbered AS n
CROSS JOIN this_batch AS b
CROSS JOIN high_water AS w
WHERE w.name = 'event_id';

UPDATE high_water
SET value = greatest(value, (SELECT max(e.id) FROM lead_event AS e WHERE e.batch_id = b.batch_id))
FROM this_batch AS b
WHERE high_water.name = 'event_id';

INSERT INTO lead_event
WITH entry AS (
    SELECT
        o.lead_id,
        unnest(json_extract(s.audit_log, '$[*]')) AS entry
    FROM staged_lead AS s
    INNER JOIN row_outcome AS o ON o.row_number = s.row_number
    WHERE s.audit_log IS NOT NULL
),

-- Our own JSON gives a document as a document; some exports quote it as text.
parsed AS (
    SELECT
        e.lead_id,
        e.entry,
        CASE json_type(e.entry -> 'data')
            WHEN 'NULL' THEN NULL
            WHEN 'VARCHAR'
                THEN if(json_valid(e.entry ->> 'data'), e.entry ->> 'data', (e.entry -> 'data')::VARCHAR)
            ELSE (e.entry -> 'data')::VARCHAR
        END AS data,
        CASE json_type(e.entry -> 'requestHeaders')
            WHEN 'VARCHAR' THEN e.entry ->> 'requestHeaders'
            ELSE (e.entry -> 'requestHeaders')::VARCHAR
        END AS headers
    FROM entry AS e
    WHERE json_type(e.entry) = 'OBJECT'
),

imported AS (
    SELECT
        try_cast(e.entry ->> 'id' AS BIGINT) AS id,
        e.lead_id,
        coalesce(e.entry ->> 'event', 'unknown') AS event,
        try_cast(e.entry ->> 'created' AS TIMESTAMPTZ) AS created,
        e.entry ->> 'user' AS user,
        e.entry ->> 'account_id' AS account_id,
        -- Enough to tell keys apart, too little to use one.
        CASE
            WHEN starts_with(e.entry ->> 'apiKey', '***') THEN e.entry ->> 'apiKey'
            WHEN length(e.entry ->> 'apiKey') >= 12 THEN '***' || right(e.entry ->> 'apiKey', 4)
            WHEN e.entry ->> 'apiKey' <> '' THEN '***'
        END AS apiKey,
        without_secrets(e.data) AS data,
        -- The name of a header stays.
        to_json(
            map_from_entries(
                list_transform(
                    map_entries(try_cast(try_cast(e.headers AS JSON) AS MAP(VARCHAR, JSON))),
                    lambda header: {
                        'key': header.key,
                        'value': CASE
                            WHEN
                                regexp_matches(
                                    lower(header.key),
                                    'auth|cookie|key|token|secret|passw|pwd|signature|session|credential|jwt|assertion'
                                )
                                THEN '"***"'::JSON
                            ELSE without_tokens(header.value::VARCHAR)::JSON
                        END
                    }
                )
            )
        )::VARCHAR AS request_headers,
        e.entry ->> 'requestIpAddress' AS requestIpAddress,
        e.entry ->> 'requestMethod' AS requestMethod,
        without_tokens(e.entry ->> 'requestPath') AS requestPath
    FROM parsed AS e
    -- Several rows of a file may tell of one lead, and all of them its log.
    QUALIFY row_number() OVER (
        PARTITION BY e.lead_id, id, event, created, CASE WHEN id IS NULL THEN e.entry::VARCHAR END
        ORDER BY e.entry::VARCHAR
    ) = 1
),

known AS (
    SELECT
        coalesce(a.lead_id, k.lead_id) AS lead_id,
        k.id,
        k.event,
        k.created
    FROM lead_event AS k
    LEFT JOIN lead_alias AS a ON a.alias_id = k.lead_id
    WHERE coalesce(a.lead_id, k.lead_id) IN (SELECT i.lead_id FROM imported AS i)
)

SELECT
    i.id,
    i.lead_id,
    b.batch_id,
    i.event,
    i.created,
    i.user,
    i.account_id,
    i.apiKey,
    if(i.data IS NULL OR json_valid(i.data), i.data, '"***"')::JSON AS data,
    i.request_headers::JSON AS requestHeaders,
    i.requestIpAddress,
    i.requestMethod,
    i.requestPath
FROM imported AS i
CROSS JOIN this_batch AS b
WHERE NOT EXISTS (
    SELECT 1
    FROM known AS k
    WHERE
        k.lead_id = i.lead_id
        AND k.id IS NOT DISTINCT FROM i.id
        AND k.event = i.event
        AND k.created IS NOT DISTINCT FROM i.created
)
ORDER BY i.lead_id, i.created, i.id;
