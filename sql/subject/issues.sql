-- Purpose: cells of a person's rows that were kept out or doubted.
-- Grain: one row per cell. Parameters: none. Reads: erased_row, cell_issue. Writes: nothing. Caller: flows/subject.py.

SELECT
    i.batch_id,
    i.row_number,
    i.column_name AS field,
    i.code,
    i.raw AS text
FROM cell_issue AS i
SEMI JOIN erased_row AS e ON e.batch_id = i.batch_id AND e.row_number = i.row_number
ORDER BY i.batch_id, i.row_number, i.column_name, i.code;
