-- Purpose: leads for wider circles: ids, team, numbers and times as they are; of contacts, company and users hashes, under a
--   key of this export alone; no names, and no text in which anything may stand. Stage and source are text too, so they are
--   told where they are a kind that five leads or more are of and hold no contact, and are 'other' else.
-- Grain: one row per lead of incoming, by id. Parameters: $key VARCHAR. Reads: incoming (lead_id), lead. Writes: nothing.
-- Caller: flows/masked_leads.py.

WITH kind AS (
    SELECT l.processStage AS name
    FROM lead AS l
    GROUP BY l.processStage
    HAVING count(*) >= 5
    UNION
    SELECT l.source AS name
    FROM lead AS l
    GROUP BY l.source
    HAVING count(*) >= 5
),

told AS (
    SELECT k.name
    FROM kind AS k
    WHERE NOT regexp_matches(k.name, '@|([0-9][^0-9]{0,3}){7}')
)

SELECT
    l.id,
    l.accountId,
    l.teamId,
    l.leadSourceId,
    CASE WHEN l.source IS NOT NULL THEN coalesce(s.name, 'other') END AS source,
    CASE WHEN l.processStage IS NOT NULL THEN coalesce(p.name, 'other') END AS processStage,
    l.archived,
    l.interestedInSwitching,
    l.monthlyTransactionVolume,
    l.numberOfEmployees,
    l.createdAt,
    l.updatedAt,
    l.lastContacted,
    left(sha256($key::VARCHAR || lower(trim(l.email))), 32) AS email_hash,
    left(sha256($key::VARCHAR || trim(l.phone)), 32) AS phone_hash,
    left(sha256($key::VARCHAR || lower(trim(l.company))), 32) AS company_hash,
    left(sha256($key::VARCHAR || lower(trim(l.assignedTo))), 32) AS assigned_to_hash,
    left(sha256($key::VARCHAR || lower(trim(l.createdBy))), 32) AS created_by_hash
FROM lead AS l
LEFT JOIN told AS s ON s.name = l.source
LEFT JOIN told AS p ON p.name = l.processStage
WHERE l.id IN (SELECT i.lead_id FROM incoming AS i)
ORDER BY l.id;
