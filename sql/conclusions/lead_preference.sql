-- Purpose: how each lead may be contacted: by a channel unless any of its contacts is out for it, or one of its source records said
--   so of an address that it has replaced by another since. What was said of a former address is lifted by newer consent for
--   a present one.
-- Grain: view lead_preference, one row per lead; joins lead_api by its id.
-- Reads: lead, lead_contact, standing_preference, contact_preference, batch_row, record, record_lead. Writes: lead_preference.
-- Caller: flows/warehouse.py.

CREATE OR REPLACE VIEW lead_preference AS
WITH said AS (
    SELECT
        c.lead_id,
        s.channel,
        s.is_out,
        s.in_at
    FROM standing_preference AS s
    INNER JOIN lead_contact AS c ON c.value = s.value
),

consent AS (
    SELECT
        s.lead_id,
        s.channel,
        max(s.in_at) AS in_at
    FROM said AS s
    WHERE NOT s.is_out
    GROUP BY s.lead_id, s.channel
),

said_by_record AS (
    SELECT
        k.lead_id,
        s.channel,
        max(s.out_at) AS out_at
    FROM contact_preference AS p
    INNER JOIN standing_preference AS s ON s.value = p.value AND s.is_out
    INNER JOIN batch_row AS w ON w.batch_id = p.batch_id AND w.row_number = p.row_number
    INNER JOIN record AS r ON r.record_id = w.record_id
    INNER JOIN record_lead AS k ON k.source_id = r.source_id
    WHERE p.status = 'out'
    GROUP BY k.lead_id, s.channel
),

is_out AS (
    SELECT
        s.lead_id,
        s.channel
    FROM said AS s
    WHERE s.is_out
    UNION
    SELECT
        b.lead_id,
        b.channel
    FROM said_by_record AS b
    LEFT JOIN consent AS c ON c.lead_id = b.lead_id AND c.channel = b.channel
    WHERE coalesce(b.out_at >= c.in_at, TRUE)
)

SELECT
    l.id AS lead_id,
    coalesce(NOT o.is_out_of_email, TRUE) AS may_email,
    coalesce(NOT o.is_out_of_calls, TRUE) AS may_call,
    coalesce(NOT o.is_out_of_sms, TRUE) AS may_sms
FROM lead AS l
LEFT JOIN (
    SELECT
        s.lead_id,
        bool_or(s.channel = 'email') AS is_out_of_email,
        bool_or(s.channel = 'phone') AS is_out_of_calls,
        bool_or(s.channel = 'sms') AS is_out_of_sms
    FROM is_out AS s
    GROUP BY s.lead_id
) AS o ON o.lead_id = l.id;
