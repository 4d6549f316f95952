-- Purpose: log that leads were erased: when, and by which batch.
-- Grain: one row per lead; the high-water mark of event ids rises.
-- Reads: erased_lead, this_batch, high_water. Writes: lead_event, high_water. Caller: flows/erase.py.

INSERT INTO lead_event (id, lead_id, batch_id, event, created, user)
SELECT
    w.value + row_number() OVER (ORDER BY e.lead_id) AS id,
    e.lead_id,
    b.batch_id,
    'lead_erased' AS event,
    b.started_at AS created,
    'leadmill' AS user
FROM erased_lead AS e
CROSS JOIN this_batch AS b
CROSS JOIN high_water AS w
WHERE w.name = 'event_id';

UPDATE high_water
SET value = value + (SELECT count(*) FROM erased_lead AS e)
WHERE name = 'event_id';
