-- Purpose: what else batches say, which is little: how each field of a feed was believed, what was listed, columns, turns, revisions, sightings,
--   and what they were asked.
-- Grain: one row per row of these tables. Columns are named, and an added one changes no digest; other columns than these break all chains.
-- Parameters: $first_batch_id BIGINT, $last_batch_id BIGINT.
-- Reads: batch_belief, batch_listing, batch_column, rotation_round, lead_revision, rejected_sighting,
--   batch_request. Writes: nothing. Caller: flows/chain.py.

SELECT
    k.batch_id,
    'batch_belief' AS part,
    0::BIGINT AS key,
    json_array(
        k.firstName,
        k.id,
        k.lastName,
        k.accountId,
        k.applicationId,
        k.archived,
        k.assignedTo,
        k.branch,
        k.buyingRole,
        k.company,
        k.createdAt,
        k.createdBy,
        k.currentPaymentProcessor,
        k.email,
        k.imgSrc,
        k.interestedInSwitching,
        k.jobTitle,
        k.lastContacted,
        k.leadSourceId,
        k.location,
        k.monthlyTransactionVolume,
        k.notes,
        k.numberOfEmployees,
        k.phone,
        k.position,
        k.processStage,
        k.productsServicesSold,
        k.source,
        k.teamId,
        k.updatedAt
    )::VARCHAR AS text
FROM batch_belief AS k
WHERE k.batch_id BETWEEN $first_batch_id AND $last_batch_id
UNION ALL
SELECT
    g.batch_id,
    'batch_listing' AS part,
    0::BIGINT AS key,
    json_array(g.feed, g.extent, epoch_us(g.listed_at), g.listing_batch_id, g.is_closing)::VARCHAR AS text
FROM batch_listing AS g
WHERE g.batch_id BETWEEN $first_batch_id AND $last_batch_id
UNION ALL
SELECT
    c.batch_id,
    'batch_column' AS part,
    c.position AS key,
    json_array(c.position, c.header, c.field, c.filled_count, c.row_count)::VARCHAR AS text
FROM batch_column AS c
WHERE c.batch_id BETWEEN $first_batch_id AND $last_batch_id
UNION ALL
SELECT
    r.batch_id,
    'rotation_round' AS part,
    r.round AS key,
    json_array(r.round, r.pool::VARCHAR, r.turn_on::VARCHAR)::VARCHAR AS text
FROM rotation_round AS r
WHERE r.batch_id BETWEEN $first_batch_id AND $last_batch_id
UNION ALL
SELECT
    v.batch_id,
    'lead_revision' AS part,
    v.source_id AS key,
    json_array(v.source_id)::VARCHAR AS text
FROM lead_revision AS v
WHERE v.batch_id BETWEEN $first_batch_id AND $last_batch_id
UNION ALL
SELECT
    s.batch_id,
    'rejected_sighting' AS part,
    s.row_number AS key,
    json_array(s.row_number, s.rejected_batch_id, s.rejected_row_number)::VARCHAR AS text
FROM rejected_sighting AS s
WHERE s.batch_id BETWEEN $first_batch_id AND $last_batch_id
UNION ALL
SELECT
    q.batch_id,
    'batch_request' AS part,
    0::BIGINT AS key,
    q.request::VARCHAR AS text
FROM batch_request AS q
WHERE q.batch_id BETWEEN $first_batch_id AND $last_batch_id
ORDER BY batch_id, key, part, text;
