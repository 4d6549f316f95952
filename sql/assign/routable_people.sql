-- Purpose: what the rules of routing.toml may ask of new people whose rows name no team: each field as the first row says
--   it that does. The caller takes the columns that its rules ask for; the others then cost nothing.
-- Grain: one row per such person. Parameters: none.
-- Reads: this_batch, new_person, staged_source, staged_version, staged_lead. Writes: nothing.
-- Caller: flows/steps/assign.py.

SELECT
    n.person,
    any_value(n.account_id) AS account_id,
    any_value(lower(b.feed)) AS feed,
    arg_min(l.firstName, v.row_number) AS firstName,
    arg_min(l.id, v.row_number) AS id,
    arg_min(l.lastName, v.row_number) AS lastName,
    arg_min(l.accountId, v.row_number) AS accountId,
    arg_min(l.applicationId, v.row_number) AS applicationId,
    arg_min(l.archived, v.row_number) AS archived,
    arg_min(l.assignedTo, v.row_number) AS assignedTo,
    arg_min(l.branch, v.row_number) AS branch,
    arg_min(l.buyingRole, v.row_number) AS buyingRole,
    arg_min(l.company, v.row_number) AS company,
    arg_min(l.createdAt, v.row_number) AS createdAt,
    arg_min(l.createdBy, v.row_number) AS createdBy,
    arg_min(l.currentPaymentProcessor, v.row_number) AS currentPaymentProcessor,
    arg_min(l.email, v.row_number) AS email,
    arg_min(l.imgSrc, v.row_number) AS imgSrc,
    arg_min(l.interestedInSwitching, v.row_number) AS interestedInSwitching,
    arg_min(l.jobTitle, v.row_number) AS jobTitle,
    arg_min(l.lastContacted, v.row_number) AS lastContacted,
    arg_min(l.leadSourceId, v.row_number) AS leadSourceId,
    arg_min(l.location, v.row_number) AS location,
    arg_min(l.monthlyTransactionVolume, v.row_number) AS monthlyTransactionVolume,
    arg_min(l.notes, v.row_number) AS notes,
    arg_min(l.numberOfEmployees, v.row_number) AS numberOfEmployees,
    arg_min(l.phone, v.row_number) AS phone,
    arg_min(l.position, v.row_number) AS position,
    arg_min(l.processStage, v.row_number) AS processStage,
    arg_min(l.productsServicesSold, v.row_number) AS productsServicesSold,
    arg_min(l.source, v.row_number) AS source,
    arg_min(l.teamId, v.row_number) AS teamId,
    arg_min(l.updatedAt, v.row_number) AS updatedAt,
    arg_min(l.extra, v.row_number) AS extra
FROM new_person AS n
INNER JOIN staged_source AS s ON s.person = n.person
INNER JOIN staged_version AS v ON v.source_id = s.source_id AND v.is_new
INNER JOIN staged_lead AS l ON l.row_number = v.row_number
CROSS JOIN this_batch AS b
WHERE n.given_team_id IS NULL
GROUP BY n.person;
