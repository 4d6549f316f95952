-- Purpose: the rules of survivorship as last used, and which leads a batch changed without reading a row of them.

-- Grain: one row: for each field of a lead the rule by which it is chosen among the records (survivorship.toml).
-- A lead follows from its records, the decisions that stand, and these.
CREATE TABLE survivorship (
    firstName VARCHAR NOT NULL,
    id VARCHAR NOT NULL,
    lastName VARCHAR NOT NULL,
    accountId VARCHAR NOT NULL,
    applicationId VARCHAR NOT NULL,
    archived VARCHAR NOT NULL,
    assignedTo VARCHAR NOT NULL,
    branch VARCHAR NOT NULL,
    buyingRole VARCHAR NOT NULL,
    company VARCHAR NOT NULL,
    createdAt VARCHAR NOT NULL,
    createdBy VARCHAR NOT NULL,
    currentPaymentProcessor VARCHAR NOT NULL,
    email VARCHAR NOT NULL,
    imgSrc VARCHAR NOT NULL,
    interestedInSwitching VARCHAR NOT NULL,
    jobTitle VARCHAR NOT NULL,
    lastContacted VARCHAR NOT NULL,
    leadSourceId VARCHAR NOT NULL,
    location VARCHAR NOT NULL,
    monthlyTransactionVolume VARCHAR NOT NULL,
    notes VARCHAR NOT NULL,
    numberOfEmployees VARCHAR NOT NULL,
    phone VARCHAR NOT NULL,
    position VARCHAR NOT NULL,
    processStage VARCHAR NOT NULL,
    productsServicesSold VARCHAR NOT NULL,
    source VARCHAR NOT NULL,
    teamId VARCHAR NOT NULL,
    updatedAt VARCHAR NOT NULL
);

INSERT INTO survivorship
SELECT
    'authority' AS firstName,
    'authority' AS id,
    'authority' AS lastName,
    'authority' AS accountId,
    'authority' AS applicationId,
    'authority' AS archived,
    'authority' AS assignedTo,
    'authority' AS branch,
    'authority' AS buyingRole,
    'authority' AS company,
    'authority' AS createdAt,
    'authority' AS createdBy,
    'authority' AS currentPaymentProcessor,
    'authority' AS email,
    'authority' AS imgSrc,
    'authority' AS interestedInSwitching,
    'authority' AS jobTitle,
    'authority' AS lastContacted,
    'authority' AS leadSourceId,
    'authority' AS location,
    'authority' AS monthlyTransactionVolume,
    'authority' AS notes,
    'authority' AS numberOfEmployees,
    'authority' AS phone,
    'authority' AS position,
    'authority' AS processStage,
    'authority' AS productsServicesSold,
    'authority' AS source,
    'authority' AS teamId,
    'authority' AS updatedAt;

-- Grain: one row per batch and source record of a lead that the batch changed although none of its rows is of that
-- lead: it met other rules of survivorship. Of the source record, since leads may be joined and separated later.
CREATE TABLE lead_revision (
    batch_id BIGINT NOT NULL,
    source_id BIGINT NOT NULL
);
