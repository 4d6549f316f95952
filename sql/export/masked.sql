-- Purpose: leads for wider circles: ids, team, source, stage, numbers and times as they are; of contacts, company and users
--   hashes, under a key of this export alone; no names, and no text in which anything may stand.
-- Grain: one row per lead of incoming, by id. Parameters: $key VARCHAR. Reads: incoming (lead_id), lead. Writes: nothing.
-- Caller: flows/masked_leads.py.

SELECT
    l.id,
    l.accountId,
    l.teamId,
    l.leadSourceId,
    l.source,
    l.processStage,
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
WHERE l.id IN (SELECT i.lead_id FROM incoming AS i)
ORDER BY l.id;
