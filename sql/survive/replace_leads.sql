-- Purpose: put all concluded leads, dated by what last changed them (survive/date_leads.sql), in the place of those
--   that are there.
-- Grain: lead one row per lead; lead_contact one per lead, kind, value.
-- Reads: concluded, concluded_contact, missing_leads, touched_lead.
-- Writes: lead, lead_contact. Caller: flows/steps/survive.py.

DELETE FROM lead;

INSERT INTO lead
SELECT
    c.firstName,
    c.id,
    c.lastName,
    c.accountId,
    c.applicationId,
    c.archived,
    c.assignedTo,
    c.branch,
    c.buyingRole,
    c.company,
    c.createdAt,
    c.createdBy,
    c.currentPaymentProcessor,
    c.email,
    c.imgSrc,
    c.interestedInSwitching,
    c.jobTitle,
    c.lastContacted,
    c.leadSourceId,
    c.location,
    c.monthlyTransactionVolume,
    c.notes,
    c.numberOfEmployees,
    c.phone,
    c.position,
    c.processStage,
    c.productsServicesSold,
    c.source,
    c.teamId,
    coalesce(c.updatedAt, c.previous_updated_at) AS updatedAt,
    c.extra,
    c.origin,
    m.missing_since,
    c.first_batch_id,
    c.previous_batch_id AS last_batch_id
FROM concluded AS c
LEFT JOIN missing_leads('touched_lead') AS m ON m.lead_id = c.id;

DELETE FROM lead_contact;

INSERT INTO lead_contact
SELECT
    k.lead_id,
    k.kind,
    k.value,
    k.raw,
    k.is_primary,
    k.is_valid
FROM concluded_contact AS k;
