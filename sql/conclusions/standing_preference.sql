-- Purpose: who may not be contacted: of all that was said about a contact value, the most restrictive stands. Only consent
--   that is newer than the newest opt-out lifts it. An opt-out outlives the undo of its batch, consent does not.
-- Grain: view standing_preference, one row per contact value and channel ('email', 'phone', 'sms'); 'all' covers each.
-- Reads: contact_preference, batch_status. Writes: standing_preference. Caller: flows/warehouse.py.

CREATE OR REPLACE VIEW standing_preference AS
WITH said AS (
    SELECT
        p.value,
        p.channel,
        p.status,
        p.last_noted_at
    FROM contact_preference AS p
    WHERE
        p.value IS NOT NULL
        AND (
            p.status = 'out'
            OR p.batch_id NOT IN (SELECT s.batch_id FROM batch_status AS s WHERE NOT s.is_standing)
        )
),

newest AS (
    SELECT
        s.value,
        c.channel,
        max(s.last_noted_at) FILTER (WHERE s.status = 'out') AS out_at,
        max(s.last_noted_at) FILTER (WHERE s.status = 'in') AS in_at
    FROM said AS s
    INNER JOIN (VALUES ('email'), ('phone'), ('sms')) AS c (channel) ON s.channel IN (c.channel, 'all')
    GROUP BY s.value, c.channel
)

SELECT
    n.value,
    n.channel,
    n.out_at,
    n.in_at,
    n.out_at IS NOT NULL AND coalesce(n.out_at >= n.in_at, TRUE) AS is_out
FROM newest AS n;
