-- Purpose: what batches say in tables that tell of nobody in particular, as texts; as chain/row_contents.sql.
-- Grain: one row per row of these tables.
-- Reads: batch_belief, batch_listing, batch_column, rotation_round, lead_revision, rejected_sighting.
-- Writes: the macro batch_contents. Caller: flows/warehouse.py.

CREATE OR REPLACE MACRO batch_contents(first_batch, last_batch) AS TABLE
SELECT
    k.batch_id,
    json_array(
        'belief',
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
WHERE k.batch_id BETWEEN first_batch AND last_batch
UNION ALL
SELECT
    g.batch_id,
    json_array('listing', g.feed, g.extent, epoch_us(g.listed_at), g.listing_batch_id, g.is_closing)::VARCHAR AS text
FROM batch_listing AS g
WHERE g.batch_id BETWEEN first_batch AND last_batch
UNION ALL
SELECT
    c.batch_id,
    json_array('column', c.position, c.header, c.field, c.filled_count, c.row_count)::VARCHAR AS text
FROM batch_column AS c
WHERE c.batch_id BETWEEN first_batch AND last_batch
UNION ALL
SELECT
    r.batch_id,
    json_array('round', r.round, r.pool::VARCHAR, r.turn_on::VARCHAR)::VARCHAR AS text
FROM rotation_round AS r
WHERE r.batch_id BETWEEN first_batch AND last_batch
UNION ALL
SELECT
    v.batch_id,
    json_array('revision', v.source_id)::VARCHAR AS text
FROM lead_revision AS v
WHERE v.batch_id BETWEEN first_batch AND last_batch
UNION ALL
SELECT
    s.batch_id,
    json_array('sighting', s.row_number, s.rejected_batch_id, s.rejected_row_number)::VARCHAR AS text
FROM rejected_sighting AS s
WHERE s.batch_id BETWEEN first_batch AND last_batch;
