-- Purpose: how a record is believed that the CRM merged into another.

-- The belief of batch 0, which is none: what a given-up record of the CRM said still fills gaps, but the CRM's word is now
-- that of the record which survived (conclusions/source_said.sql).
INSERT INTO batch_belief
SELECT
    0 AS batch_id,
    2 AS firstName,
    2 AS id,
    2 AS lastName,
    2 AS accountId,
    2 AS applicationId,
    2 AS archived,
    2 AS assignedTo,
    2 AS branch,
    2 AS buyingRole,
    2 AS company,
    2 AS createdAt,
    2 AS createdBy,
    2 AS currentPaymentProcessor,
    2 AS email,
    2 AS imgSrc,
    2 AS interestedInSwitching,
    2 AS jobTitle,
    2 AS lastContacted,
    2 AS leadSourceId,
    2 AS location,
    2 AS monthlyTransactionVolume,
    2 AS notes,
    2 AS numberOfEmployees,
    2 AS phone,
    2 AS position,
    2 AS processStage,
    2 AS productsServicesSold,
    2 AS source,
    2 AS teamId,
    2 AS updatedAt;
