-- Purpose: leads as flat rows: the columns of the specification, typed.
-- Grain: one row per lead of incoming, by id. Reads: incoming (lead_id), lead. Writes: nothing.
-- Caller: flows/export.py.

SELECT
    l.firstName,
    l.id,
    l.lastName,
    l.accountId,
    l.applicationId,
    l.archived,
    l.assignedTo,
    l.branch,
    l.buyingRole,
    l.company,
    l.createdAt,
    l.createdBy,
    l.currentPaymentProcessor,
    l.email,
    l.imgSrc,
    l.interestedInSwitching,
    l.jobTitle,
    l.lastContacted,
    l.leadSourceId,
    l.location,
    l.monthlyTransactionVolume,
    l.notes,
    l.numberOfEmployees,
    l.phone,
    l.position,
    l.processStage,
    l.productsServicesSold,
    l.source,
    l.teamId,
    l.updatedAt
FROM lead AS l
WHERE l.id IN (SELECT i.lead_id FROM incoming AS i)
ORDER BY l.id;
