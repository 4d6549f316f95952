-- Purpose: how full each field of the Lead specification is in what each file said.
-- Grain: one row per batch and field (all but auditLog); batches of any status of which rows are known.
-- Columns:
--   feed            feed of the file
--   batch_id        batch
--   status          what stands of the batch today: loaded or undone
--   field           field of the specification
--   row_count       rows of the file that were kept, repeats of a person among them
--   filled_count    of these, rows whose cell is there and could be read. What the feed gives as a constant (accountId,
--                   defaults, placeholder names) is filled; the dates of a vendor's row are not its lead's own
--   fill_fraction   share (0 to 1)
-- Example: SELECT batch_id, fill_fraction FROM field_fill WHERE feed = 'hubspot' AND field = 'phone' ORDER BY batch_id
--   shows the day on which a vendor's export lost its phone column.
-- Reads: batch_row, record, batch_status. Writes: field_fill. Caller: flows/warehouse.py.

CREATE OR REPLACE VIEW field_fill AS
WITH filled AS (
    SELECT
        w.batch_id,
        count(*) AS row_count,
        count(nullif(r.firstName, '')) AS firstName,
        count(r.id) AS id,
        count(nullif(r.lastName, '')) AS lastName,
        count(r.accountId) AS accountId,
        count(r.applicationId) AS applicationId,
        count(r.archived) AS archived,
        count(r.assignedTo) AS assignedTo,
        count(r.branch) AS branch,
        count(r.buyingRole) AS buyingRole,
        count(r.company) AS company,
        count(r.createdAt) AS createdAt,
        count(r.createdBy) AS createdBy,
        count(r.currentPaymentProcessor) AS currentPaymentProcessor,
        count(r.email) AS email,
        count(r.imgSrc) AS imgSrc,
        count(r.interestedInSwitching) AS interestedInSwitching,
        count(r.jobTitle) AS jobTitle,
        count(r.lastContacted) AS lastContacted,
        count(r.leadSourceId) AS leadSourceId,
        count(r.location) AS location,
        count(r.monthlyTransactionVolume) AS monthlyTransactionVolume,
        count(r.notes) AS notes,
        count(r.numberOfEmployees) AS numberOfEmployees,
        count(r.phone) AS phone,
        count(r.position) AS position,
        count(r.processStage) AS processStage,
        count(r.productsServicesSold) AS productsServicesSold,
        count(r.source) AS source,
        count(r.teamId) AS teamId,
        count(r.updatedAt) AS updatedAt
    FROM batch_row AS w
    INNER JOIN record AS r ON r.record_id = w.record_id
    GROUP BY w.batch_id
),

listed AS (
    SELECT
        f.batch_id,
        f.row_count,
        unnest(
            [
                {'field': 'firstName', 'filled_count': f.firstName},
                {'field': 'id', 'filled_count': f.id},
                {'field': 'lastName', 'filled_count': f.lastName},
                {'field': 'accountId', 'filled_count': f.accountId},
                {'field': 'applicationId', 'filled_count': f.applicationId},
                {'field': 'archived', 'filled_count': f.archived},
                {'field': 'assignedTo', 'filled_count': f.assignedTo},
                {'field': 'branch', 'filled_count': f.branch},
                {'field': 'buyingRole', 'filled_count': f.buyingRole},
                {'field': 'company', 'filled_count': f.company},
                {'field': 'createdAt', 'filled_count': f.createdAt},
                {'field': 'createdBy', 'filled_count': f.createdBy},
                {'field': 'currentPaymentProcessor', 'filled_count': f.currentPaymentProcessor},
                {'field': 'email', 'filled_count': f.email},
                {'field': 'imgSrc', 'filled_count': f.imgSrc},
                {'field': 'interestedInSwitching', 'filled_count': f.interestedInSwitching},
                {'field': 'jobTitle', 'filled_count': f.jobTitle},
                {'field': 'lastContacted', 'filled_count': f.lastContacted},
                {'field': 'leadSourceId', 'filled_count': f.leadSourceId},
                {'field': 'location', 'filled_count': f.location},
                {'field': 'monthlyTransactionVolume', 'filled_count': f.monthlyTransactionVolume},
                {'field': 'notes', 'filled_count': f.notes},
                {'field': 'numberOfEmployees', 'filled_count': f.numberOfEmployees},
                {'field': 'phone', 'filled_count': f.phone},
                {'field': 'position', 'filled_count': f.position},
                {'field': 'processStage', 'filled_count': f.processStage},
                {'field': 'productsServicesSold', 'filled_count': f.productsServicesSold},
                {'field': 'source', 'filled_count': f.source},
                {'field': 'teamId', 'filled_count': f.teamId},
                {'field': 'updatedAt', 'filled_count': f.updatedAt}
            ]
        ) AS entry
    FROM filled AS f
)

SELECT
    s.feed,
    n.batch_id,
    s.status,
    n.entry.field AS field,
    n.row_count,
    n.entry.filled_count AS filled_count,
    n.entry.filled_count / n.row_count AS fill_fraction
FROM listed AS n
INNER JOIN batch_status AS s ON s.batch_id = n.batch_id;
