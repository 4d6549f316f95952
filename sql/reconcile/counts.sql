-- Purpose: the count of an export against ours: the records that it lists, and the leads of its feed that are here.
-- Grain: one row. Parameters: $feed VARCHAR. Reads: listed_row, record_lead, lead. Writes: nothing.
-- Caller: flows/reconcile.py.

SELECT
    (
        SELECT count(DISTINCT r.source_key) + count(*) FILTER (WHERE r.source_key IS NULL)
        FROM listed_row AS r
    ) AS listed_count,
    (
        SELECT count(DISTINCT l.id)
        FROM record_lead AS k
        INNER JOIN lead AS l ON l.id = k.lead_id
        WHERE k.feed = $feed AND l.missing_since IS NULL
    ) AS lead_count;
