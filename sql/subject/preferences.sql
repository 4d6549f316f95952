-- Purpose: what was said about how a person may be contacted.
-- Grain: one row per address, channel and evidence. Parameters: none. Reads: erased_contact, contact_preference. Writes: nothing.
-- Caller: flows/subject.py.

SELECT
    p.noted_at,
    p.kind,
    p.value,
    p.channel,
    p.status,
    p.source,
    p.evidence
FROM contact_preference AS p
SEMI JOIN erased_contact AS c ON c.kind = p.kind AND c.value = p.value
ORDER BY p.noted_at, p.kind, p.value, p.channel;
