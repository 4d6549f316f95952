-- Purpose: the leads that may not be contacted in every way.
-- Grain: one row per such lead. Reads: lead_preference. Writes: nothing. Caller: flows/export.py.

SELECT
    p.lead_id,
    p.may_email,
    p.may_call,
    p.may_sms
FROM lead_preference AS p
WHERE NOT (p.may_email AND p.may_call AND p.may_sms);
