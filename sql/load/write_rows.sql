-- Purpose: say what became of every record read. Of the rows of one lead the first carries what the batch did to
--   the lead; the further ones are repeats of the person within the batch ('merged').
-- Grain: batch_row one row per record read; cell_issue one row per doubtful cell of a kept row.
-- Reads: this_batch, staged_lead, staged_version, staged_source, staged_person, renamed_lead, lead_outcome,
--   staged_issue, staged_apart. Writes: row_outcome, batch_row, cell_issue. Caller: flows/steps/load.py.

CREATE OR REPLACE TEMP TABLE row_outcome AS
WITH source_lead AS (
    SELECT
        s.source_id,
        p.lead_id
    FROM staged_source AS s
    INNER JOIN staged_person AS p ON p.person = s.person
),

row_lead AS (
    SELECT
        v.row_number,
        v.record_id,
        coalesce(s.lead_id, n.lead_id, v.known_lead_id) AS lead_id
    FROM staged_version AS v
    LEFT JOIN source_lead AS s ON s.source_id = v.source_id
    LEFT JOIN renamed_lead AS n ON n.alias_id = v.known_lead_id
)

SELECT
    r.row_number,
    r.record_id,
    r.lead_id,
    CASE
        WHEN row_number() OVER (PARTITION BY r.lead_id ORDER BY r.row_number) > 1 THEN 'merged'
        ELSE coalesce(o.outcome, 'unchanged')
    END AS outcome
FROM row_lead AS r
LEFT JOIN lead_outcome AS o ON o.lead_id = r.lead_id;

INSERT INTO batch_row
SELECT
    b.batch_id,
    s.row_number,
    s.line_number,
    o.outcome,
    o.record_id,
    o.lead_id
FROM staged_lead AS s
INNER JOIN row_outcome AS o ON o.row_number = s.row_number
CROSS JOIN this_batch AS b
ORDER BY s.row_number;

-- Rows that make no lead: of those on lists of opt-outs cells may be doubtful, of suppressed ones nothing is said.
INSERT INTO batch_row
SELECT
    b.batch_id,
    s.row_number,
    s.line_number,
    s.outcome,
    NULL AS record_id,
    NULL AS lead_id
FROM staged_apart AS s
CROSS JOIN this_batch AS b
ORDER BY s.row_number;

INSERT INTO row_outcome
SELECT
    s.row_number,
    NULL AS record_id,
    NULL AS lead_id,
    s.outcome
FROM staged_apart AS s
WHERE s.outcome <> 'suppressed';

INSERT INTO cell_issue
SELECT
    b.batch_id,
    i.row_number,
    o.lead_id,
    i.column_name,
    i.code,
    i.raw
FROM staged_issue AS i
INNER JOIN row_outcome AS o ON o.row_number = i.row_number
CROSS JOIN this_batch AS b
ORDER BY i.row_number;
