-- Purpose: how a person may be contacted today, by all that was said.
-- Grain: one row per lead. Parameters: none. Reads: erased_lead, lead_preference. Writes: nothing. Caller: flows/subject.py.

SELECT
    p.may_email,
    p.may_call,
    p.may_sms
FROM lead_preference AS p
SEMI JOIN erased_lead AS e ON e.lead_id = p.lead_id;
