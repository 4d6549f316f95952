-- Purpose: how a lead may be contacted.
-- Grain: one row. Parameters: $lead_id BIGINT. Reads: lead_preference. Writes: nothing. Caller: flows/preferences.py.

SELECT
    p.may_email,
    p.may_call,
    p.may_sms
FROM lead_preference AS p
WHERE p.lead_id = $lead_id;
