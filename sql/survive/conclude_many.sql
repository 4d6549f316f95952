-- Purpose: conclude the leads of which several versions stand: what lead_choice chooses for each field, the rules of
--   survivorship. Team, source and owner are here only as the CRM or a trusted feed gives them: assignments fill the rest.
-- Grain: one row per touched lead of which several versions stand. updatedAt is the CRM's or NULL: ours follows from the other changes.
-- Reads: standing_version, lead_choice, concluded. Writes: concluded. Caller: flows/steps/survive.py.

INSERT INTO concluded
WITH disputed_version AS ( -- noqa: ST03, it is used by its name
    SELECT v.*
    FROM standing_version AS v
    WHERE v.lead_id NOT IN (SELECT c.id FROM concluded AS c)
)

SELECT
    coalesce(c.firstName, '') AS firstName,
    c.lead_id AS id,
    coalesce(c.lastName, '') AS lastName,
    c.accountId AS accountId,
    c.applicationId AS applicationId,
    c.archived AS archived,
    c.assignedTo AS assignedTo,
    c.branch AS branch,
    c.buyingRole AS buyingRole,
    c.company AS company,
    c.createdAt AS createdAt,
    c.createdBy AS createdBy,
    c.currentPaymentProcessor AS currentPaymentProcessor,
    c.email AS email,
    c.imgSrc AS imgSrc,
    c.interestedInSwitching AS interestedInSwitching,
    c.jobTitle AS jobTitle,
    c.lastContacted AS lastContacted,
    c.leadSourceId AS leadSourceId,
    c.location AS location,
    c.monthlyTransactionVolume AS monthlyTransactionVolume,
    c.notes AS notes,
    c.numberOfEmployees AS numberOfEmployees,
    c.phone AS phone,
    c.position AS position,
    c.processStage AS processStage,
    c.productsServicesSold AS productsServicesSold,
    c.source AS source,
    c.teamId AS teamId,
    c.updatedAt AS updatedAt,
    c.extra,
    c.origin,
    c.first_batch_id,
    NULL AS previous_updated_at,
    NULL AS missing_since,
    NULL AS previous_batch_id
FROM lead_choice('disputed_version') AS c;
