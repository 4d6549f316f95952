-- Purpose: leads of people who stand in do_not_load.csv, and came before they did: by any version of their records.
-- Grain: one row per lead. Reads: incoming (kind, value), record_contact, record_lead. Writes: nothing.
-- Caller: flows/reference_check.py.

SELECT DISTINCT k.lead_id
FROM record_contact AS c
INNER JOIN record_lead AS k ON k.source_id = c.source_id
INNER JOIN incoming AS i ON i.kind = c.kind AND i.value = c.value
ORDER BY k.lead_id;
