-- Purpose: what batches say that tells nothing of a person but numbers, words and rules of ours, as texts, with the table and
--   the place in it: nothing of it is ever erased. As chain/row_contents.sql.
-- Grain: one row per row of these tables.
-- Reads: batch_row, lead_event, lead_assignment, batch_belief, batch_listing, batch_column, rotation_round, lead_revision, rejected_sighting.
-- Writes: batch_contents. Caller: flows/warehouse.py.

CREATE OR REPLACE MACRO batch_contents(first_batch, last_batch) AS TABLE
SELECT
    w.batch_id,
    'batch_row' AS part,
    w.row_number AS place,
    json_array(w.row_number, w.line_number, w.outcome, w.record_id, w.lead_id)::VARCHAR AS text
FROM batch_row AS w
WHERE w.batch_id BETWEEN first_batch AND last_batch
UNION ALL
SELECT
    e.batch_id,
    'lead_event' AS part,
    e.id AS place,
    json_array(
        e.id,
        e.lead_id,
        e.event,
        epoch_us(e.created),
        e.account_id,
        e.data::VARCHAR,
        e.apiKey,
        e.requestHeaders::VARCHAR,
        e.requestIpAddress,
        e.requestMethod,
        e.requestPath
    )::VARCHAR AS text
FROM lead_event AS e
WHERE
    e.batch_id BETWEEN first_batch AND last_batch
    AND e.user = 'leadmill' AND e.event IN ('lead_created', 'lead_assigned')
UNION ALL
SELECT
    a.batch_id,
    'lead_assignment' AS part,
    a.lead_id AS place,
    json_array(
        a.lead_id,
        a.teamId,
        a.leadSourceId,
        a.assignedTo,
        a.team_rule,
        a.source_rule,
        a.owner_rule,
        a.round,
        a.candidates::VARCHAR
    )::VARCHAR AS text
FROM lead_assignment AS a
WHERE a.batch_id BETWEEN first_batch AND last_batch
UNION ALL
SELECT
    k.batch_id,
    'batch_belief' AS part,
    0 AS place,
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
WHERE k.batch_id BETWEEN first_batch AND last_batch
UNION ALL
SELECT
    g.batch_id,
    'batch_listing' AS part,
    0 AS place,
    json_array(g.feed, g.extent, epoch_us(g.listed_at), g.listing_batch_id, g.is_closing)::VARCHAR AS text
FROM batch_listing AS g
WHERE g.batch_id BETWEEN first_batch AND last_batch
UNION ALL
SELECT
    c.batch_id,
    'batch_column' AS part,
    c.position AS place,
    json_array(c.position, c.header, c.field, c.filled_count, c.row_count)::VARCHAR AS text
FROM batch_column AS c
WHERE c.batch_id BETWEEN first_batch AND last_batch
UNION ALL
SELECT
    r.batch_id,
    'rotation_round' AS part,
    r.round AS place,
    json_array(r.round, r.pool::VARCHAR, r.turn_on::VARCHAR)::VARCHAR AS text
FROM rotation_round AS r
WHERE r.batch_id BETWEEN first_batch AND last_batch
UNION ALL
SELECT
    v.batch_id,
    'lead_revision' AS part,
    v.source_id AS place,
    json_array(v.source_id)::VARCHAR AS text
FROM lead_revision AS v
WHERE v.batch_id BETWEEN first_batch AND last_batch
UNION ALL
SELECT
    s.batch_id,
    'rejected_sighting' AS part,
    s.row_number AS place,
    json_array(s.row_number, s.rejected_batch_id, s.rejected_row_number)::VARCHAR AS text
FROM rejected_sighting AS s
WHERE s.batch_id BETWEEN first_batch AND last_batch;
