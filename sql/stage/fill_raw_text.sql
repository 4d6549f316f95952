-- Purpose: add the raw text of rows that were rejected after the file was read.
-- Grain: one row per rejected record. Reads: incoming (row_number, raw). Writes: staged_rejected.
-- Caller: flows/steps/load.py.

UPDATE staged_rejected
SET raw = i.raw
FROM incoming AS i
WHERE i.row_number = staged_rejected.row_number;
