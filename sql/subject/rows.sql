-- Purpose: the rows of files that were a person's, and what became of them.
-- Grain: one row per row of a batch. Parameters: none. Reads: erased_row, batch_row, batch. Writes: nothing. Caller: flows/subject.py.

SELECT
    b.file_uri AS file,
    b.feed,
    w.batch_id,
    w.row_number,
    w.line_number,
    w.outcome,
    b.finished_at AS loaded_at
FROM batch_row AS w
SEMI JOIN erased_row AS e ON e.batch_id = w.batch_id AND e.row_number = w.row_number
INNER JOIN batch AS b ON b.batch_id = w.batch_id
ORDER BY w.batch_id, w.row_number;
