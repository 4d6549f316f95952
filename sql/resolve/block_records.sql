-- Purpose: blocking: which records are compared at all. A record is in a block for each combination of what it says
--   that two spellings of a person are likely to share and two people are not. E-mail addresses and phone numbers are
--   blocks of their own, found in the contacts (sql/resolve/pair_records.sql).
-- Grain: one row per version and block, some twice. A block is the hash of its account, its rule and its values.
-- Reads: staged_identity, staged_evidence_value, staged_contact, staged_version. Writes: staged_block.
-- Caller: flows/steps/resolve.py.

INSERT INTO staged_block
WITH named AS (
    SELECT
        i.source_id,
        unnest(
            [
                'company, last|' || i.account_id || '|' || i.company || '|' || i.last_name,
                'company, first|' || i.account_id || '|' || i.company || '|' || i.first_name
                || '|' || coalesce(i.last_name[1], '')
            ]
        ) AS block
    FROM staged_identity AS i
    WHERE i.company IS NOT NULL
),

mailbox AS (
    -- The same name at another domain. Short ones, and those of an office (info, sales), are everybody's.
    SELECT
        i.source_id,
        'mailbox|' || i.account_id || '|' || split_part(c.value, '@', 1) AS block
    FROM staged_contact AS c
    INNER JOIN staged_version AS v ON v.row_number = c.row_number AND v.is_new
    INNER JOIN staged_identity AS i ON i.record_id = v.record_id
    WHERE c.kind = 'email' AND strpos(c.value, '@') > 5
),

evident AS (
    SELECT
        i.*,
        e.key,
        e.kind,
        e.value
    FROM staged_evidence_value AS e
    INNER JOIN staged_identity AS i ON i.record_id = e.record_id
),

with_evidence AS (
    SELECT
        e.source_id,
        unnest(
            CASE e.kind
                WHEN 'date' THEN
                    [
                        e.value || '|' || left(e.first_name, 2),
                        e.value || '||' || left(e.last_name, 2),
                        left(e.value, 4) || '|' || e.first_name || '|' || coalesce(e.last_name[1], ''),
                        left(e.value, 4) || '||' || e.last_name || '|' || coalesce(e.first_name[1], ''),
                        substr(e.value, 5) || '|||' || e.first_name || '|' || coalesce(e.last_name[1], ''),
                        substr(e.value, 5) || '||||' || e.last_name || '|' || coalesce(e.first_name[1], '')
                    ]
                WHEN 'code' THEN
                    [
                        e.value || '|' || left(e.first_name, 3),
                        e.value || '||' || left(e.last_name, 3),
                        left(e.value, 4) || '|||' || e.first_name || '|' || coalesce(e.last_name[1], ''),
                        left(e.value, 4) || '||||' || e.last_name || '|' || coalesce(e.first_name[1], '')
                    ]
                WHEN 'identifier' THEN [e.value]
                ELSE [e.value || '|' || e.first_name, e.value || '||' || e.last_name]
            END
        ) AS block,
        e.key,
        e.account_id
    FROM evident AS e
),

-- A date beside a place finds people whose names changed.
date_and_place AS (
    SELECT
        d.source_id,
        d.key || ', ' || p.key || '|' || d.account_id || '|' || d.value || '|' || left(p.value, 4) AS block
    FROM evident AS d
    INNER JOIN staged_evidence_value AS p ON p.record_id = d.record_id AND p.kind IN ('code', 'text')
    WHERE d.kind = 'date'
),

-- Names alone are a block only of records that have evidence to compare.
name_and_beginning AS (
    SELECT
        e.source_id,
        unnest(
            [
                'first|' || e.account_id || '|' || e.first_name || '|' || left(e.last_name, 4),
                'last|' || e.account_id || '|' || e.last_name || '|' || left(e.first_name, 4),
                'names|' || e.account_id || '|' || least(e.first_name, e.last_name)
                || '|' || greatest(e.first_name, e.last_name)
            ]
        ) AS block
    FROM evident AS e
    GROUP BY e.source_id, e.account_id, e.first_name, e.last_name
),

blocked AS (
    SELECT n.source_id, n.block FROM named AS n
    UNION ALL
    SELECT m.source_id, m.block FROM mailbox AS m
    UNION ALL
    SELECT e.source_id, e.key || '|' || e.account_id || '|' || e.block FROM with_evidence AS e
    UNION ALL
    SELECT d.source_id, d.block FROM date_and_place AS d
    UNION ALL
    SELECT n.source_id, n.block FROM name_and_beginning AS n
)

SELECT
    b.source_id,
    (hash(b.block) >> 32)::UINTEGER AS block
FROM blocked AS b
WHERE b.block IS NOT NULL;
