-- Purpose: put what the batch's file was in the place of what its redacted copy is: how full the columns were, and in which physical
--   line each record stood, which the copy of a workbook does not say.
-- Grain: as the tables. Reads: this_batch, told_column, told_row. Writes: batch_column, batch_row, rejected_row.
-- Caller: flows/retold.py.

DELETE FROM batch_column
WHERE batch_id = (SELECT b.batch_id FROM this_batch AS b);

INSERT INTO batch_column FROM told_column;

UPDATE batch_row
SET line_number = t.line_number
FROM told_row AS t
WHERE batch_row.batch_id = t.batch_id AND batch_row.row_number = t.row_number;

UPDATE rejected_row
SET line_number = t.line_number
FROM told_row AS t
WHERE rejected_row.batch_id = t.batch_id AND rejected_row.row_number = t.row_number;
