-- Purpose: take the text of rejected rows away, of whole batches at a time; the rows, their reasons and counts stay. With
--   sql/retain/forget_text_salts.sql, in one transaction: the chain allows it for a block without text and salt.
-- Grain: as rejected_row. Reads: incoming (batch_id), rejected_row. Writes: rejected_row. Caller: flows/retain.py.

UPDATE rejected_row
SET raw = NULL
WHERE raw IS NOT NULL AND batch_id IN (SELECT i.batch_id FROM incoming AS i);
