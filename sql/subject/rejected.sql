-- Purpose: rejected rows that are a person's, with the text that is kept of them.
-- Grain: one row per rejected row. Parameters: none. Reads: erased_row, rejected_row. Writes: nothing. Caller: flows/subject.py.

SELECT
    k.batch_id,
    k.row_number,
    array_to_string(list_transform(k.reasons, x -> x.code), ', ') AS reasons,
    k.status,
    k.raw AS text
FROM rejected_row AS k
SEMI JOIN erased_row AS e ON e.batch_id = k.batch_id AND e.row_number = k.row_number
ORDER BY k.batch_id, k.row_number;
