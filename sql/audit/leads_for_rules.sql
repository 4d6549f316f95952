-- Purpose: the leads as the rules of routing.toml would see them, to tell which rules hold of any. The caller takes the
--   columns that its rules ask for.
-- Grain: one row per lead. Parameters: none. Reads: lead, batch. Writes: nothing. Caller: flows/reference_check.py.

SELECT
    l.*,
    l.accountId AS account_id,
    lower(b.feed) AS feed
FROM lead AS l
INNER JOIN batch AS b ON b.batch_id = l.first_batch_id;
