-- Purpose: the lead as the specification's document: its fields in its order, times as ISO 8601 text in UTC,
--   auditLog nested. One row of it, as JSON, is what the CRM's own API would give.

-- Grain: one row per lead.
CREATE VIEW lead_api AS
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
FROM lead AS l
LEFT JOIN (
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
    GROUP BY coalesce(a.lead_id, v.lead_id)
) AS e ON e.lead_id = l.id;
