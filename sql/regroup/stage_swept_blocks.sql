-- Purpose: the blocks that the swept source records are in.
-- Grain: one row per version and block. Reads: staged_source, record_block. Writes: staged_block.
-- Caller: flows/regroup.py.

INSERT INTO staged_block
SELECT k.*
FROM record_block AS k
WHERE k.source_id IN (SELECT s.source_id FROM staged_source AS s);
