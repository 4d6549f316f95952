-- Purpose: the rules of survivorship that are others than the batch before used.
-- Grain: one row per field whose rule changed, in the order of the specification.
-- Reads: used_survivorship, survivorship, lead. Writes: nothing. Caller: flows/steps/survive.py.

SELECT
    u.field,
    s.rule AS rule_before,
    u.rule,
    EXISTS (SELECT 1 FROM lead) AS has_leads
FROM (UNPIVOT used_survivorship ON COLUMNS(*) INTO NAME field VALUE rule) AS u -- noqa: PRS
INNER JOIN (UNPIVOT survivorship ON COLUMNS(*) INTO NAME field VALUE rule) AS s ON s.field = u.field
INNER JOIN duckdb_columns() AS c ON c.table_name = 'survivorship' AND c.column_name = u.field
WHERE u.rule <> s.rule
ORDER BY c.column_index;
