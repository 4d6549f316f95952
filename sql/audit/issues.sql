-- Purpose: what kinds of cells a batch kept out or doubts.
-- Grain: one row per column and code. Parameters: $batch_id BIGINT. Reads: cell_issue. Writes: nothing.
-- Caller: flows/steps/publish.py.

SELECT
    i.column_name,
    i.code,
    count(*) AS cell_count
FROM cell_issue AS i
WHERE i.batch_id = $batch_id
GROUP BY i.column_name, i.code
ORDER BY cell_count DESC, i.column_name, i.code;
