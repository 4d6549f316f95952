-- Purpose: how many of a feed's records are people it has given already, and people that others gave before it.
-- Grain: one row per feed that records stand of.
-- Columns:
--   feed                     the feed
--   rows_read                records read by its batches that stand
--   rows_merged              of these, repeats of a person within the same file
--   record_count             source records that stand: what the feed calls different rows (by its ids, else by content)
--   lead_count               leads that they are of; missing leads are left out, here and in record_count
--   duplicate_record_count   records that another record of the feed is the same lead of: record_count less lead_count
--   duplicate_fraction       share (0 to 1) of record_count that they are
--   shared_lead_count        of lead_count, leads that another feed gives too
--   known_lead_count         of these, leads that another feed gave first: they came as no news
--   known_fraction           share (0 to 1) of lead_count that was no news
--   open_review_count        pairs of a standing batch of this feed that look alike and were kept apart for people to judge
-- Example: SELECT feed, lead_count, known_fraction FROM duplicates_by_feed ORDER BY known_fraction DESC shows who sells
--   what we already have.
-- Reads: batch, batch_status, record_lead, record, withdrawn_record, lead, match_decision. Writes: duplicates_by_feed.
-- Caller: flows/warehouse.py.

CREATE OR REPLACE VIEW duplicates_by_feed AS
WITH taken AS (
    SELECT
        b.feed,
        sum(b.rows_read)::BIGINT AS rows_read,
        sum(b.rows_merged)::BIGINT AS rows_merged
    FROM batch AS b
    INNER JOIN batch_status AS s ON s.batch_id = b.batch_id
    WHERE s.is_standing AND b.kind IN ('ingest', 'replay', 'approve')
    GROUP BY b.feed
),

withdrawn AS (
    SELECT w.record_id
    FROM withdrawn_record AS w
),

-- Source records of which no version stands; none as long as nothing was undone.
withdrawn_source AS (
    SELECT r.source_id
    FROM record AS r
    WHERE
        r.source_id IN (
            SELECT v.source_id
            FROM record AS v
            WHERE v.record_id IN (SELECT w.record_id FROM withdrawn AS w)
        )
    GROUP BY r.source_id
    HAVING bool_and(r.record_id IN (SELECT w.record_id FROM withdrawn AS w))
),

-- Feeds by number: the least and the greatest of a million names take many times as long.
numbered_feed AS (
    SELECT
        f.feed,
        row_number() OVER (ORDER BY f.feed) AS feed_number
    FROM (SELECT DISTINCT c.feed FROM record_lead AS c) AS f
),

standing_source AS (
    SELECT
        c.lead_id,
        f.feed_number
    FROM record_lead AS c
    INNER JOIN numbered_feed AS f ON f.feed = c.feed
    WHERE c.source_id NOT IN (SELECT w.source_id FROM withdrawn_source AS w)
),

-- Most leads are of one feed: only the others are counted feed by feed.
person AS (
    SELECT
        s.lead_id,
        min(s.feed_number) AS feed_number,
        min(s.feed_number) <> max(s.feed_number) AS is_shared,
        count(*) AS record_count
    FROM standing_source AS s
    GROUP BY s.lead_id
),

given AS (
    SELECT
        p.lead_id,
        p.feed_number,
        FALSE AS is_shared,
        p.record_count
    FROM person AS p
    WHERE NOT p.is_shared
    UNION ALL
    SELECT
        s.lead_id,
        s.feed_number,
        TRUE AS is_shared,
        count(*) AS record_count
    FROM standing_source AS s
    WHERE s.lead_id IN (SELECT p.lead_id FROM person AS p WHERE p.is_shared)
    GROUP BY s.lead_id, s.feed_number
),

counted AS (
    SELECT
        f.feed,
        sum(g.record_count)::BIGINT AS record_count,
        count(*) AS lead_count,
        count(*) FILTER (WHERE g.is_shared) AS shared_lead_count,
        count(*) FILTER (WHERE g.is_shared AND b.feed <> f.feed) AS known_lead_count
    FROM given AS g
    INNER JOIN numbered_feed AS f ON f.feed_number = g.feed_number
    INNER JOIN lead AS l ON l.id = g.lead_id
    INNER JOIN batch AS b ON b.batch_id = l.first_batch_id
    WHERE l.missing_since IS NULL
    GROUP BY f.feed
),

review AS (
    SELECT
        s.feed,
        count(*) AS open_review_count
    FROM match_decision AS m
    INNER JOIN batch_status AS s ON s.batch_id = m.batch_id
    WHERE m.decision = 'review' AND s.is_standing
    GROUP BY s.feed
)

SELECT
    c.feed,
    coalesce(t.rows_read, 0) AS rows_read,
    coalesce(t.rows_merged, 0) AS rows_merged,
    c.record_count,
    c.lead_count,
    c.record_count - c.lead_count AS duplicate_record_count,
    (c.record_count - c.lead_count) / c.record_count AS duplicate_fraction,
    c.shared_lead_count,
    c.known_lead_count,
    c.known_lead_count / c.lead_count AS known_fraction,
    coalesce(r.open_review_count, 0) AS open_review_count
FROM counted AS c
LEFT JOIN taken AS t ON t.feed = c.feed
LEFT JOIN review AS r ON r.feed = c.feed;
