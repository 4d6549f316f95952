-- Purpose: the survivorship rule for the leads of which one version stands: most leads, and the cheap way. They are
--   what that version says; what survive/conclude_many.sql would make of them.
-- Grain: one row per lead of said_once. updatedAt is the CRM's or NULL: ours follows from the other changes.
-- Reads: said_once. Writes: concluded. Caller: flows/steps/survive.py.

INSERT INTO concluded
SELECT
    coalesce(r.firstName, '') AS firstName,
    r.lead_id AS id,
    coalesce(r.lastName, '') AS lastName,
    r.accountId,
    r.applicationId,
    r.archived,
    CASE WHEN r.gives_owner THEN r.assignedTo END AS assignedTo,
    r.branch,
    r.buyingRole,
    r.company,
    coalesce(r.createdAt, r.source_created_at, r.as_of) AS createdAt,
    r.createdBy,
    r.currentPaymentProcessor,
    r.email,
    r.imgSrc,
    r.interestedInSwitching,
    r.jobTitle,
    r.lastContacted,
    CASE WHEN r.gives_source THEN r.leadSourceId END AS leadSourceId,
    r.location,
    r.monthlyTransactionVolume,
    r.notes,
    r.numberOfEmployees,
    r.phone,
    r.position,
    r.processStage,
    r.productsServicesSold,
    r.source,
    CASE WHEN r.gives_team THEN r.teamId END AS teamId,
    r.updatedAt,
    r.extra,
    CASE WHEN r.is_crm THEN 'crm' ELSE 'vendor' END AS origin,
    r.batch_id AS first_batch_id,
    NULL AS previous_updated_at,
    NULL AS missing_since,
    NULL AS previous_batch_id
FROM said_once AS r;
