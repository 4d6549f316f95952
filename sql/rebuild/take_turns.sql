-- Purpose: put what the batch decided then on team, source and owner in the place of what it decides now: erased people took turns,
--   filled caps, and may be why a lead of their company went to an owner.
-- Grain: as the tables. Reads: this_batch, told_round, told_assignment. Writes: rotation_round, lead_assignment.
-- Caller: flows/retold.py.

DELETE FROM rotation_round
WHERE batch_id = (SELECT b.batch_id FROM this_batch AS b);

INSERT INTO rotation_round FROM told_round;

DELETE FROM lead_assignment
WHERE batch_id = (SELECT b.batch_id FROM this_batch AS b);

INSERT INTO lead_assignment FROM told_assignment;
