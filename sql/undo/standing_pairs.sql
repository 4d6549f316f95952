-- Purpose: who is still one person among the source records of the touched leads: by the decisions that stand, and by the
--   exact rules, for a record that is gone may be the one that all others were joined to.
-- Grain: one row per pair of source records. Parameters: none.
-- Reads: touched_lead, undone_batch, record_lead, standing_decision, record_contact, record_identity,
--   withdrawn_record. Writes: nothing. Caller: flows/undo.py.

WITH source AS (
    SELECT
        l.source_id,
        l.lead_id
    FROM record_lead AS l
    INNER JOIN touched_lead AS t ON t.lead_id = l.lead_id
),

carrier AS (
    SELECT
        s.source_id,
        min(s.source_id) OVER (
            PARTITION BY s.lead_id, c.kind, c.value, i.first_name, i.last_name
        ) AS other_source_id
    FROM source AS s
    INNER JOIN record_contact AS c ON c.source_id = s.source_id
    INNER JOIN record_identity AS i ON i.record_id = c.record_id
    WHERE
        (SELECT u.has_rows FROM undone_batch AS u)
        AND c.record_id NOT IN (SELECT w.record_id FROM withdrawn_record AS w)
        AND i.first_name IS NOT NULL
        AND i.last_name IS NOT NULL
)

SELECT
    d.source_id,
    d.other_source_id
FROM standing_decision AS d
WHERE
    d.decision = 'merged'
    -- What an exact rule found goes with the record that it was found by.
    AND (
        d.rule IN ('by_hand', 'weighed', 'crm_merge')
        OR (
            d.record_id NOT IN (SELECT w.record_id FROM withdrawn_record AS w)
            AND d.other_record_id NOT IN (SELECT w.record_id FROM withdrawn_record AS w)
        )
    )
    AND d.source_id IN (SELECT s.source_id FROM source AS s)
    AND d.other_source_id IN (SELECT s.source_id FROM source AS s)
UNION
SELECT
    c.other_source_id AS source_id,
    c.source_id AS other_source_id
FROM carrier AS c
LEFT JOIN standing_decision AS d
    ON d.source_id = c.other_source_id AND d.other_source_id = c.source_id AND d.decision = 'never'
WHERE c.source_id <> c.other_source_id AND d.decision IS NULL
ORDER BY 1, 2;
