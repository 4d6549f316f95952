-- Purpose: leads as the specification's documents, as in the view lead_api, for some leads only: their log is gathered for
--   them alone, so that an export of a million leads needs the memory of a part of it.
-- Grain: macro lead_documents, one row per lead. Reads: leads (any relation with lead_id), lead, lead_event, lead_alias.
-- Writes: lead_documents. Caller: flows/warehouse.py.

CREATE OR REPLACE MACRO lead_documents(leads) AS TABLE
WITH logged AS (
    SELECT
        coalesce(a.lead_id, v.lead_id) AS lead_id,
        list(
            {
                'account_id': v.account_id,
                'apiKey': v.apiKey,
                'created': strftime(v.created, '%Y-%m-%dT%H:%M:%S.%fZ'),
                'data': v.data,
                'event': v.event,
                'id': v.id,
                'requestHeaders': v.requestHeaders,
                'requestIpAddress': v.requestIpAddress,
                'requestMethod': v.requestMethod,
                'requestPath': v.requestPath,
                'user': v.user
            }
            ORDER BY v.created, v.id
        ) AS auditLog
    FROM lead_event AS v
    LEFT JOIN lead_alias AS a ON a.alias_id = v.lead_id
    WHERE coalesce(a.lead_id, v.lead_id) IN (SELECT t.lead_id FROM query_table(leads) AS t)
    GROUP BY coalesce(a.lead_id, v.lead_id)
)

SELECT
    l.firstName,
    l.id,
    l.lastName,
    l.accountId,
    l.applicationId,
    l.archived,
    l.assignedTo,
    coalesce(e.auditLog, []) AS auditLog,
    l.branch,
    l.buyingRole,
    l.company,
    strftime(l.createdAt, '%Y-%m-%dT%H:%M:%S.%fZ') AS createdAt,
    l.createdBy,
    l.currentPaymentProcessor,
    l.email,
    l.imgSrc,
    l.interestedInSwitching,
    l.jobTitle,
    strftime(l.lastContacted, '%Y-%m-%dT%H:%M:%S.%fZ') AS lastContacted,
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
    strftime(l.updatedAt, '%Y-%m-%dT%H:%M:%S.%fZ') AS updatedAt
FROM query_table(leads) AS t
INNER JOIN lead AS l ON l.id = t.lead_id
LEFT JOIN logged AS e ON e.lead_id = l.id;
