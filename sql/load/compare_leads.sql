-- Purpose: say what the batch did to each lead it touched: inserted, updated (a field of the specification or a
--   contact changed, or another lead was joined to it) or unchanged; and name the batch that last changed it.
--   updatedAt counts only where the CRM gives it: ours follows from the other changes.
-- Grain: lead_outcome one row per touched lead.
-- Reads: touched_lead, renamed_lead, concluded, concluded_contact, lead, lead_contact.
-- Writes: lead_before, lead_outcome. Caller: flows/steps/load.py.

CREATE OR REPLACE TEMP TABLE lead_before AS
SELECT
    p.lead_id,
    l.*
FROM touched_lead AS p
INNER JOIN lead AS l ON l.id = p.previous_lead_id;

CREATE OR REPLACE TEMP TABLE lead_outcome AS
WITH field_change AS (
    SELECT
        b.lead_id,
        list_filter(
            [
                {'field': 'firstName', 'before': b.firstName::VARCHAR, 'after': c.firstName::VARCHAR},
                {'field': 'id', 'before': b.id::VARCHAR, 'after': c.id::VARCHAR},
                {'field': 'lastName', 'before': b.lastName::VARCHAR, 'after': c.lastName::VARCHAR},
                {'field': 'accountId', 'before': b.accountId::VARCHAR, 'after': c.accountId::VARCHAR},
                {'field': 'applicationId', 'before': b.applicationId::VARCHAR, 'after': c.applicationId::VARCHAR},
                {'field': 'archived', 'before': b.archived::VARCHAR, 'after': c.archived::VARCHAR},
                {'field': 'assignedTo', 'before': b.assignedTo::VARCHAR, 'after': c.assignedTo::VARCHAR},
                {'field': 'branch', 'before': b.branch::VARCHAR, 'after': c.branch::VARCHAR},
                {'field': 'buyingRole', 'before': b.buyingRole::VARCHAR, 'after': c.buyingRole::VARCHAR},
                {'field': 'company', 'before': b.company::VARCHAR, 'after': c.company::VARCHAR},
                {'field': 'createdAt', 'before': b.createdAt::VARCHAR, 'after': c.createdAt::VARCHAR},
                {'field': 'createdBy', 'before': b.createdBy::VARCHAR, 'after': c.createdBy::VARCHAR},
                {
                    'field': 'currentPaymentProcessor',
                    'before': b.currentPaymentProcessor::VARCHAR,
                    'after': c.currentPaymentProcessor::VARCHAR
                },
                {'field': 'email', 'before': b.email::VARCHAR, 'after': c.email::VARCHAR},
                {'field': 'imgSrc', 'before': b.imgSrc::VARCHAR, 'after': c.imgSrc::VARCHAR},
                {
                    'field': 'interestedInSwitching',
                    'before': b.interestedInSwitching::VARCHAR,
                    'after': c.interestedInSwitching::VARCHAR
                },
                {'field': 'jobTitle', 'before': b.jobTitle::VARCHAR, 'after': c.jobTitle::VARCHAR},
                {'field': 'lastContacted', 'before': b.lastContacted::VARCHAR, 'after': c.lastContacted::VARCHAR},
                {'field': 'leadSourceId', 'before': b.leadSourceId::VARCHAR, 'after': c.leadSourceId::VARCHAR},
                {'field': 'location', 'before': b.location::VARCHAR, 'after': c.location::VARCHAR},
                {
                    'field': 'monthlyTransactionVolume',
                    'before': b.monthlyTransactionVolume::VARCHAR,
                    'after': c.monthlyTransactionVolume::VARCHAR
                },
                {'field': 'notes', 'before': b.notes::VARCHAR, 'after': c.notes::VARCHAR},
                {
                    'field': 'numberOfEmployees',
                    'before': b.numberOfEmployees::VARCHAR,
                    'after': c.numberOfEmployees::VARCHAR
                },
                {'field': 'phone', 'before': b.phone::VARCHAR, 'after': c.phone::VARCHAR},
                {'field': 'position', 'before': b.position::VARCHAR, 'after': c.position::VARCHAR},
                {'field': 'processStage', 'before': b.processStage::VARCHAR, 'after': c.processStage::VARCHAR},
                {
                    'field': 'productsServicesSold',
                    'before': b.productsServicesSold::VARCHAR,
                    'after': c.productsServicesSold::VARCHAR
                },
                {'field': 'source', 'before': b.source::VARCHAR, 'after': c.source::VARCHAR},
                {'field': 'teamId', 'before': b.teamId::VARCHAR, 'after': c.teamId::VARCHAR},
                {
                    'field': 'updatedAt',
                    'before': CASE WHEN c.updatedAt IS NOT NULL THEN b.updatedAt::VARCHAR END,
                    'after': c.updatedAt::VARCHAR
                }
            ],
            lambda change: change.before IS DISTINCT FROM change.after
        ) AS changes
    FROM lead_before AS b
    INNER JOIN concluded AS c ON c.id = b.lead_id
),

contact_before AS (
    SELECT
        b.lead_id,
        k.kind,
        k.value,
        k.is_primary,
        k.is_valid
    FROM lead_before AS b
    INNER JOIN lead_contact AS k ON k.lead_id = b.id
),

contact_after AS (
    SELECT
        b.lead_id,
        k.kind,
        k.value,
        k.is_primary,
        k.is_valid
    FROM lead_before AS b
    INNER JOIN concluded_contact AS k ON k.lead_id = b.lead_id
),

contact_change AS (
    (SELECT * FROM contact_before EXCEPT SELECT * FROM contact_after)
    UNION ALL
    (SELECT * FROM contact_after EXCEPT SELECT * FROM contact_before)
)

SELECT
    p.lead_id,
    p.previous_lead_id,
    CASE
        WHEN p.previous_lead_id IS NULL THEN 'inserted'
        WHEN
            len(f.changes) > 0
            OR p.lead_id IN (SELECT h.lead_id FROM contact_change AS h)
            OR p.lead_id IN (SELECT n.lead_id FROM renamed_lead AS n)
            THEN 'updated'
        ELSE 'unchanged'
    END AS outcome,
    coalesce(f.changes, []) AS changes
FROM touched_lead AS p
LEFT JOIN field_change AS f ON f.lead_id = p.lead_id;
