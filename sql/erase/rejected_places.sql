-- Purpose: the rejected rows of the people who are to be erased, as sheets of rejected rows name them.
-- Grain: one row per row of a batch. Parameters: none. Reads: erased_row. Writes: nothing. Caller: flows/erased_files.py.

SELECT
    w.batch_id,
    w.row_number AS rejected_row_number
FROM erased_row AS w;
