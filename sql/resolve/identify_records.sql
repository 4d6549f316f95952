-- Purpose: put the names and company of the new versions into the form in which they are compared. A name
--   that the feed put in the place of a missing one tells nobody apart.
-- Grain: one row per new version. Parameters: $legal_forms VARCHAR (the ends of company names that are none of the
--   name: Ltd, GmbH, as a regular expression).
-- Reads: this_batch, staged_lead, staged_version. Writes: staged_identity. Caller: flows/steps/resolve.py.

INSERT INTO staged_identity
SELECT
    v.record_id,
    v.source_id,
    s.accountId AS account_id,
    name_key(CASE WHEN s.firstName IS DISTINCT FROM b.first_name_placeholder THEN s.firstName END) AS first_name,
    name_key(CASE WHEN s.lastName IS DISTINCT FROM b.last_name_placeholder THEN s.lastName END) AS last_name,
    regexp_replace(words_key(s.company), $legal_forms, '') AS company
FROM staged_lead AS s
INNER JOIN staged_version AS v ON v.row_number = s.row_number AND v.is_new
CROSS JOIN this_batch AS b;
