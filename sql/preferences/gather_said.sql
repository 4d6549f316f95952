-- Purpose: what the batch says about how people may be contacted: an opt-out without a time of its own counts from the
--   file's, consent needs one that is past.
-- Grain: said_preference, one row per contact value, channel, status and evidence.
-- Reads: this_batch, staged_preference. Writes: said_preference. Caller: flows/steps/preferences.py.

CREATE OR REPLACE TEMP TABLE said_preference AS
SELECT
    s.kind,
    s.value,
    s.channel,
    s.status,
    s.source,
    s.evidence,
    least(max(coalesce(s.said_at, b.as_of)), b.started_at) AS noted_at,
    min(s.row_number) AS row_number,
    b.batch_id
FROM staged_preference AS s
CROSS JOIN this_batch AS b
WHERE s.status = 'out' OR s.said_at <= b.started_at
GROUP BY s.kind, s.value, s.channel, s.status, s.source, s.evidence, b.as_of, b.started_at, b.batch_id;
