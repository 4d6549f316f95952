-- Purpose: take away the source records of the touched leads of which nothing stands. An id that such a record brought into
--   being passes on to the oldest record that is left of the lead and has none of its own; and what the CRM had merged by
--   the word of the undone batch alone is two again.
-- Grain: withdrawn_source one row per source record.
-- Reads: touched_lead, undone_batch, record_lead, record, withdrawn_record, match_decision, batch_status.
-- Writes: withdrawn_source, record_lead, lead_alias. Caller: flows/undo.py.

CREATE OR REPLACE TEMP TABLE withdrawn_source AS
SELECT
    l.source_id,
    l.lead_id,
    l.born_id
FROM record_lead AS l
INNER JOIN touched_lead AS t ON t.lead_id = l.lead_id
WHERE l.source_id NOT IN (
    SELECT r.source_id
    FROM record AS r
    WHERE r.record_id NOT IN (SELECT w.record_id FROM withdrawn_record AS w)
);

DELETE FROM record_lead
WHERE source_id IN (SELECT w.source_id FROM withdrawn_source AS w);

UPDATE record_lead
SET born_id = h.lead_id
FROM (
    SELECT
        l.lead_id,
        min(l.source_id) AS source_id
    FROM record_lead AS l
    INNER JOIN withdrawn_source AS w ON w.lead_id = l.lead_id AND w.born_id = l.lead_id
    WHERE l.born_id IS NULL
    GROUP BY l.lead_id
) AS h
WHERE h.source_id = record_lead.source_id;

DELETE FROM lead_alias
WHERE
    reason = 'crm_merge'
    AND alias_id IN (
        SELECT d.lead_id
        FROM match_decision AS d
        WHERE d.rule = 'crm_merge' AND d.batch_id = (SELECT u.batch_id FROM undone_batch AS u)
    )
    AND alias_id NOT IN (
        SELECT d.lead_id
        FROM match_decision AS d
        INNER JOIN batch_status AS s ON s.batch_id = d.batch_id AND s.is_standing
        WHERE d.rule = 'crm_merge'
    );
