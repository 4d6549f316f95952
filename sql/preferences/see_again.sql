-- Purpose: note of opt-outs that are known in the very same words until when they were said.
-- Grain: one row per opt-out that the batch says again, later. Reads: said_preference. Writes: contact_preference.
-- Caller: flows/steps/preferences.py.

UPDATE contact_preference
SET last_noted_at = s.noted_at
FROM said_preference AS s
WHERE
    contact_preference.status = 'out'
    AND s.status = 'out'
    AND contact_preference.value = s.value
    AND contact_preference.channel = s.channel
    AND contact_preference.source = s.source
    AND contact_preference.evidence = s.evidence
    AND contact_preference.last_noted_at < s.noted_at;
