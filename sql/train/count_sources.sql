-- Purpose: how many source records the warehouse has.
-- Grain: one row. Parameters: none. Reads: record_lead. Writes: nothing. Caller: flows/training.py.

SELECT count(*) AS source_count
FROM record_lead AS l;
