-- Purpose: how each lead may be contacted: by a channel unless any of its contacts is out for it.
-- Grain: view lead_preference, one row per lead; joins lead_api by its id.
-- Reads: lead, lead_contact, standing_preference. Writes: lead_preference. Caller: flows/warehouse.py.

CREATE OR REPLACE VIEW lead_preference AS
SELECT
    l.id AS lead_id,
    coalesce(NOT o.is_out_of_email, TRUE) AS may_email,
    coalesce(NOT o.is_out_of_calls, TRUE) AS may_call,
    coalesce(NOT o.is_out_of_sms, TRUE) AS may_sms
FROM lead AS l
LEFT JOIN (
    SELECT
        c.lead_id,
        bool_or(s.channel = 'email') AS is_out_of_email,
        bool_or(s.channel = 'phone') AS is_out_of_calls,
        bool_or(s.channel = 'sms') AS is_out_of_sms
    FROM standing_preference AS s
    INNER JOIN lead_contact AS c ON c.value = s.value
    WHERE s.is_out
    GROUP BY c.lead_id
) AS o ON o.lead_id = l.id;
