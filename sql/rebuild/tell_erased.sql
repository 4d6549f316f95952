-- Purpose: put what is known of erased people into the batch that is about to be counted and sealed: what became of their rows, what
--   was logged of them; and give the other events their numbers of then.
-- Grain: as the tables. A rejected row is open until it is dismissed (rebuild/dismiss.sql). The marks rise to what the batch gave out:
--   own events have the numbers that follow on the mark; ids of the CRM are above the last mark, or below the first.
-- Reads: this_batch, told_mark, told_last_mark, told_row, told_event, told_rejected, told_sighting, told_decision, told_preference,
--   told_revision. Writes: batch_row, rejected_row, rejected_sighting, told_event_number, lead_event, match_decision,
--   contact_preference, lead_revision, high_water. Caller: flows/retold.py.

DELETE FROM batch_row
WHERE
    batch_id = (SELECT b.batch_id FROM this_batch AS b)
    AND outcome = 'suppressed'
    AND row_number IN (SELECT t.row_number FROM told_row AS t WHERE t.is_erased);

INSERT INTO batch_row
SELECT t.* EXCLUDE (is_erased)
FROM told_row AS t
WHERE
    t.is_erased
    AND t.row_number NOT IN (
        SELECT w.row_number
        FROM batch_row AS w
        INNER JOIN this_batch AS b ON b.batch_id = w.batch_id
    );

INSERT INTO rejected_row
SELECT t.* REPLACE ('open' AS status)
FROM told_rejected AS t;

INSERT INTO rejected_sighting FROM told_sighting;

-- Replayed, and rejected again.
UPDATE rejected_row
SET status = 'open'
FROM told_sighting AS s
WHERE rejected_row.batch_id = s.rejected_batch_id AND rejected_row.row_number = s.rejected_row_number;

CREATE OR REPLACE TEMP TABLE told_event_number AS
WITH mark AS (
    SELECT m.value
    FROM told_mark AS m
    WHERE m.name = 'event_id'
),

now AS (
    SELECT
        e.id,
        e.lead_id,
        e.event,
        row_number() OVER (PARTITION BY e.lead_id, e.event ORDER BY e.id) AS place
    FROM lead_event AS e
    INNER JOIN this_batch AS b ON b.batch_id = e.batch_id
    WHERE e.user = 'leadmill' AND e.id > (SELECT m.value FROM mark AS m)
),

was AS (
    SELECT
        t.id,
        t.lead_id,
        t.event,
        row_number() OVER (PARTITION BY t.lead_id, t.event ORDER BY t.id) AS place
    FROM told_event AS t
    WHERE NOT t.is_erased AND t.user = 'leadmill' AND t.id > (SELECT m.value FROM mark AS m)
)

SELECT
    n.id AS new_id,
    w.id
FROM now AS n
INNER JOIN was AS w ON w.lead_id = n.lead_id AND w.event = n.event AND w.place = n.place;

UPDATE lead_event
SET id = n.id
FROM told_event_number AS n
WHERE lead_event.batch_id = (SELECT b.batch_id FROM this_batch AS b) AND n.new_id = lead_event.id;

INSERT INTO lead_event
SELECT t.* EXCLUDE (is_erased)
FROM told_event AS t
WHERE t.is_erased
ORDER BY t.id;

-- How rare a name or value is was counted with theirs.
UPDATE match_decision
SET
    weight = t.weight,
    evidence = t.evidence
FROM told_decision AS t
WHERE
    match_decision.batch_id = t.batch_id
    AND match_decision.record_id IS NOT DISTINCT FROM t.record_id
    AND match_decision.other_record_id IS NOT DISTINCT FROM t.other_record_id
    AND match_decision.lead_id IS NOT DISTINCT FROM t.lead_id
    AND match_decision.other_lead_id IS NOT DISTINCT FROM t.other_lead_id
    AND match_decision.decision = t.decision
    AND match_decision.rule = t.rule;

INSERT INTO contact_preference FROM told_preference;

INSERT INTO lead_revision FROM told_revision;

UPDATE high_water
SET value = greatest(value, (SELECT max(t.record_id) FROM told_row AS t))
WHERE name = 'record_id';

UPDATE high_water
SET value = greatest(
    value,
    (
        SELECT max(g.lead_id)
        FROM (
            SELECT t.lead_id
            FROM told_row AS t
            WHERE t.is_erased
            UNION ALL
            SELECT e.lead_id
            FROM told_event AS e
            WHERE e.is_erased
        ) AS g
        WHERE g.lead_id <= (SELECT l.value FROM told_last_mark AS l WHERE l.name = 'lead_id')
    )
)
WHERE name = 'lead_id';

UPDATE high_water
SET value = greatest(
    value,
    (
        SELECT max(p.id)
        FROM (
            SELECT
                e.id,
                m.value + row_number() OVER (ORDER BY e.id) AS next_id
            FROM (SELECT DISTINCT t.id FROM told_event AS t) AS e
            INNER JOIN told_mark AS m ON m.name = 'event_id' AND e.id > m.value
        ) AS p
        WHERE p.id = p.next_id
    )
)
WHERE name = 'event_id';
