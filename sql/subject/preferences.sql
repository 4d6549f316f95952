-- Purpose: what was said about how a person may be contacted; consent does not outlast the undo of its batch.
-- Grain: one row per address, channel and evidence. Parameters: none.
-- Reads: erased_contact, contact_preference, batch_status. Writes: nothing. Caller: flows/subject.py.

SELECT
    p.noted_at,
    p.last_noted_at,
    p.kind,
    p.value,
    p.channel,
    p.status,
    p.source,
    p.evidence,
    p.status = 'out'
    OR p.batch_id NOT IN (SELECT s.batch_id FROM batch_status AS s WHERE NOT s.is_standing) AS is_standing
FROM contact_preference AS p
SEMI JOIN erased_contact AS c ON c.kind = p.kind AND c.value = p.value
ORDER BY p.noted_at, p.kind, p.value, p.channel;
