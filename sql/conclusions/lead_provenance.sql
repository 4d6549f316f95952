-- Purpose: where each field of a lead comes from: the version of a source record whose word it is, and by which rule. It
--   asks what concludes leads (lead_choice, standing_decisions, last_changes), so the two cannot differ.
-- Grain: macro lead_provenance, one row per field of the specification, in its order (position); of notes that are
--   joined, one per record that has a part in them. The value is the lead's, as text. Team, source and owner that we
--   decided on, and an updatedAt that is ours, have the batch that did so and no record, a field that says nothing
--   neither. rule is that of survivorship, of the assignment, or: crm_id and assigned, whose id the lead has;
--   last_change, the file's time of the batch that changed the lead last; min and first_seen, the earliest time that a
--   vendor's record or file gives createdAt. No rows for an id that is no lead.
-- Reads: the_lead_id (BIGINT), lead, standing_versions, lead_choice, source_said, numbered_versions, standing_decisions,
--   last_changes, survivorship, record, standing_record, batch_belief, batch. Writes: as_traced, lead_provenance. Caller: flows/warehouse.py.

-- A field with the version of the lead, or the batch, that it is from.
CREATE OR REPLACE MACRO as_traced(field, value, newest, rule, batch_id := NULL::BIGINT) AS
    {'field': field, 'value': value, 'newest': newest, 'rule': rule, 'batch_id': batch_id};

CREATE OR REPLACE MACRO lead_provenance(the_lead_id) AS TABLE
WITH asked_lead AS ( -- noqa: ST03, it is used by its name
    SELECT l.id AS lead_id
    FROM lead AS l
    WHERE l.id = the_lead_id
),

asked_version AS MATERIALIZED ( -- noqa: ST03, it is used by its name
    FROM standing_versions('asked_lead')
),

numbered AS (
    FROM numbered_versions('asked_version')
),

choice AS MATERIALIZED (
    FROM lead_choice('asked_version')
),

-- The version that gives createdAt: the CRM's, else the first with the time that is left.
creation AS (
    SELECT
        coalesce(
            max(n.newest) FILTER (WHERE n.newest = c.createdAt_version AND v.createdAt = c.createdAt),
            max(n.newest) FILTER (WHERE v.source_created_at = c.createdAt),
            max(n.newest) FILTER (WHERE n.as_of = c.createdAt)
        ) AS newest,
        CASE
            WHEN any_value(c.createdAt_version) IS NOT NULL THEN any_value(r.createdAt)
            WHEN bool_or(v.source_created_at IS NOT NULL) THEN 'min'
            ELSE 'first_seen'
        END AS rule
    FROM numbered AS n
    INNER JOIN record AS v ON v.record_id = n.record_id
    CROSS JOIN choice AS c
    CROSS JOIN survivorship AS r
),

-- The first version that brought the CRM's id, else the one by which the lead came into being.
identity AS (
    SELECT
        coalesce(max(n.newest) FILTER (WHERE k.id = 0 AND v.id = n.lead_id), max(n.newest)) AS newest,
        CASE WHEN bool_or(k.id = 0 AND v.id = n.lead_id) THEN 'crm_id' ELSE 'assigned' END AS rule
    FROM numbered AS n
    INNER JOIN record AS v ON v.record_id = n.record_id
    INNER JOIN batch_belief AS k ON k.batch_id = n.batch_id
),

chosen_field AS (
    SELECT unnest(
        [
            as_traced('firstName', coalesce(c.firstName, ''), c.firstName_version, r.firstName),
            as_traced('id', c.lead_id::VARCHAR, i.newest, i.rule),
            as_traced('lastName', coalesce(c.lastName, ''), c.lastName_version, r.lastName),
            as_traced('accountId', c.accountId::VARCHAR, c.accountId_version, r.accountId),
            as_traced('applicationId', c.applicationId::VARCHAR, c.applicationId_version, r.applicationId),
            as_traced('archived', c.archived::VARCHAR, c.archived_version, r.archived),
            as_traced(
                'assignedTo',
                coalesce(c.assignedTo, d.assignedTo.value)::VARCHAR,
                c.assignedTo_version,
                CASE WHEN c.assignedTo IS NULL THEN d.assignedTo.rule ELSE r.assignedTo END,
                CASE WHEN c.assignedTo IS NULL THEN d.assignedTo.batch_id END
            ),
            as_traced('branch', c.branch::VARCHAR, c.branch_version, r.branch),
            as_traced('buyingRole', c.buyingRole::VARCHAR, c.buyingRole_version, r.buyingRole),
            as_traced('company', c.company::VARCHAR, c.company_version, r.company),
            as_traced('createdAt', c.createdAt::VARCHAR, t.newest, t.rule),
            as_traced('createdBy', c.createdBy::VARCHAR, c.createdBy_version, r.createdBy),
            as_traced(
                'currentPaymentProcessor',
                c.currentPaymentProcessor::VARCHAR,
                c.currentPaymentProcessor_version,
                r.currentPaymentProcessor
            ),
            as_traced('email', c.email::VARCHAR, c.email_version, r.email),
            as_traced('imgSrc', c.imgSrc::VARCHAR, c.imgSrc_version, r.imgSrc),
            as_traced(
                'interestedInSwitching',
                c.interestedInSwitching::VARCHAR,
                c.interestedInSwitching_version,
                r.interestedInSwitching
            ),
            as_traced('jobTitle', c.jobTitle::VARCHAR, c.jobTitle_version, r.jobTitle),
            as_traced('lastContacted', c.lastContacted::VARCHAR, c.lastContacted_version, r.lastContacted),
            as_traced(
                'leadSourceId',
                coalesce(c.leadSourceId, d.leadSourceId.value)::VARCHAR,
                c.leadSourceId_version,
                CASE WHEN c.leadSourceId IS NULL THEN d.leadSourceId.rule ELSE r.leadSourceId END,
                CASE WHEN c.leadSourceId IS NULL THEN d.leadSourceId.batch_id END
            ),
            as_traced('location', c.location::VARCHAR, c.location_version, r.location),
            as_traced(
                'monthlyTransactionVolume',
                c.monthlyTransactionVolume::VARCHAR,
                c.monthlyTransactionVolume_version,
                r.monthlyTransactionVolume
            ),
            as_traced('notes', c.notes::VARCHAR, c.notes_version, r.notes),
            as_traced(
                'numberOfEmployees',
                c.numberOfEmployees::VARCHAR,
                c.numberOfEmployees_version,
                r.numberOfEmployees
            ),
            as_traced('phone', c.phone::VARCHAR, c.phone_version, r.phone),
            as_traced('position', c.position::VARCHAR, c.position_version, r.position),
            as_traced('processStage', c.processStage::VARCHAR, c.processStage_version, r.processStage),
            as_traced(
                'productsServicesSold',
                c.productsServicesSold::VARCHAR,
                c.productsServicesSold_version,
                r.productsServicesSold
            ),
            as_traced('source', c.source::VARCHAR, c.source_version, r.source),
            as_traced(
                'teamId',
                coalesce(c.teamId, d.teamId.value)::VARCHAR,
                c.teamId_version,
                CASE WHEN c.teamId IS NULL THEN d.teamId.rule ELSE r.teamId END,
                CASE WHEN c.teamId IS NULL THEN d.teamId.batch_id END
            ),
            as_traced(
                'updatedAt',
                coalesce(c.updatedAt, h.as_of)::VARCHAR,
                c.updatedAt_version,
                CASE WHEN c.updatedAt IS NULL THEN 'last_change' ELSE r.updatedAt END,
                CASE WHEN c.updatedAt IS NULL THEN h.batch_id END
            )
        ],
        recursive := TRUE
    )
    FROM choice AS c
    CROSS JOIN survivorship AS r
    CROSS JOIN identity AS i
    CROSS JOIN creation AS t
    LEFT JOIN standing_decisions('asked_lead') AS d ON TRUE
    LEFT JOIN last_changes('asked_lead') AS h ON TRUE
),

-- What was joined comes from every record that has a part in it.
sourced AS (
    SELECT
        row_number() OVER () AS position,
        f.*
    FROM chosen_field AS f
),

spoken AS (
    SELECT
        s.position,
        s.field,
        s.value,
        CASE WHEN s.rule = 'union' THEN p.notes.newest ELSE s.newest END AS newest,
        s.rule,
        s.batch_id
    FROM sourced AS s
    LEFT JOIN source_said('asked_version') AS p ON s.rule = 'union' AND p.notes.value IS NOT NULL
)

SELECT
    s.position,
    s.field,
    s.value,
    coalesce(v.feed, b.feed) AS feed,
    coalesce(v.batch_id, b.batch_id) AS batch_id,
    v.row_number,
    v.record_id,
    coalesce(v.as_of, b.as_of) AS as_of,
    CASE WHEN v.record_id IS NOT NULL OR b.batch_id IS NOT NULL THEN s.rule END AS rule
FROM spoken AS s
LEFT JOIN numbered AS n ON n.newest = s.newest
LEFT JOIN standing_record AS v ON v.record_id = n.record_id
LEFT JOIN batch AS b ON b.batch_id = s.batch_id
ORDER BY s.position, v.as_of, v.record_id;
