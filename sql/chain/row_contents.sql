-- Purpose: what the warehouse keeps of what each row said that batches read, as a text: the version that it brought with its
--   contacts, its cell issues, and its rejected row but for status and count, which change. One definition for sealing and
--   verifying. Columns are named: one that is added later changes no digest; other texts than these break all chains.
-- Grain: one row per batch and row number of which anything is kept. Times are microseconds since 1970; each part is a JSON document, and which it is
--   stands in front, so that no two contents have one text. extra is kept as it is written, with its length.
-- Reads: record, record_contact, cell_issue, rejected_row. Writes: row_contents.
-- Caller: flows/warehouse.py.

CREATE OR REPLACE MACRO row_contents(first_batch, last_batch) AS TABLE
WITH said AS (
    SELECT
        r.batch_id,
        r.row_number,
        r.record_id,
        json_array(
            'record',
            r.record_id,
            r.source_id,
            r.feed,
            r.source_key,
            epoch_us(r.as_of),
            r.firstName,
            r.id,
            r.lastName,
            r.accountId,
            r.applicationId,
            r.archived,
            r.assignedTo,
            r.branch,
            r.buyingRole,
            r.company,
            epoch_us(r.createdAt),
            r.createdBy,
            r.currentPaymentProcessor,
            r.email,
            r.imgSrc,
            r.interestedInSwitching,
            r.jobTitle,
            epoch_us(r.lastContacted),
            r.leadSourceId,
            r.location,
            r.monthlyTransactionVolume,
            r.notes,
            r.numberOfEmployees,
            r.phone,
            r.position,
            r.processStage,
            r.productsServicesSold,
            r.source,
            r.teamId,
            epoch_us(r.updatedAt),
            r.cleared,
            epoch_us(r.source_created_at),
            epoch_us(r.source_updated_at),
            r.has_placeholder_name,
            length(r.extra::VARCHAR)
        )::VARCHAR || coalesce(r.extra::VARCHAR, '') AS text
    FROM record AS r
    WHERE r.batch_id BETWEEN first_batch AND last_batch
),

contact AS (
    SELECT
        k.record_id,
        array_to_string(
            list_sort(
                list(json_array('contact', k.position, k.kind, k.value, k.raw, k.is_valid, k.source_id)::VARCHAR)
            ),
            ''
        ) AS text
    FROM record_contact AS k
    SEMI JOIN record AS r ON r.record_id = k.record_id AND r.batch_id BETWEEN first_batch AND last_batch
    GROUP BY k.record_id
),

issue AS (
    SELECT
        i.batch_id,
        i.row_number,
        array_to_string(
            list_sort(list(json_array('issue', i.lead_id, i.column_name, i.code, i.raw)::VARCHAR)),
            ''
        ) AS text
    FROM cell_issue AS i
    WHERE i.batch_id BETWEEN first_batch AND last_batch
    GROUP BY i.batch_id, i.row_number
),

rejected AS (
    SELECT
        k.batch_id,
        k.row_number,
        json_array(
            'rejected',
            k.line_number,
            k.feed,
            k.raw,
            to_json(k.reasons),
            k.first_batch_id,
            k.source_key,
            k.fingerprint
        )::VARCHAR AS text
    FROM rejected_row AS k
    WHERE k.batch_id BETWEEN first_batch AND last_batch
)

-- Full joins: what no other table knows of is content too.
SELECT
    batch_id,
    row_number,
    concat(s.text, c.text, i.text, k.text) AS text
FROM said AS s
LEFT JOIN contact AS c ON c.record_id = s.record_id
FULL JOIN issue AS i USING (batch_id, row_number)
FULL JOIN rejected AS k USING (batch_id, row_number);
