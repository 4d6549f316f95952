-- Purpose: the leads that a contact is of, and how they may be contacted.
-- Grain: one row per lead. Parameters: $contact VARCHAR, in its normal form. Reads: lead_contact, lead_preference.
-- Writes: nothing. Caller: flows/preferences.py.

SELECT
    p.lead_id,
    p.may_email,
    p.may_call,
    p.may_sms
FROM lead_preference AS p
WHERE p.lead_id IN (SELECT c.lead_id FROM lead_contact AS c WHERE c.value = $contact)
ORDER BY p.lead_id;
