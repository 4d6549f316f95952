-- Purpose: remove people from all tables. Left are numbers: which rows there were, and what became of them.
-- Grain: as the tables. A rejected row keeps its codes, an event its name and time; ids become aliases of nobody.
-- Reads: erased_lead, erased_id, erased_record, erased_contact, erased_row, erased_log.
-- Writes: record, record_contact, record_identity, record_evidence, record_block, record_lead, lead, lead_version, shared_version,
--   lead_contact, cell_issue, match_decision, lead_event, rejected_row, contact_preference, lead_alias.
-- Caller: flows/erase.py.

DELETE FROM record_contact
WHERE record_id IN (SELECT r.record_id FROM erased_record AS r);

DELETE FROM record_identity
WHERE record_id IN (SELECT r.record_id FROM erased_record AS r);

DELETE FROM record_evidence
WHERE record_id IN (SELECT r.record_id FROM erased_record AS r);

DELETE FROM record_block
WHERE source_id IN (SELECT r.source_id FROM erased_record AS r);

DELETE FROM record_lead
WHERE source_id IN (SELECT r.source_id FROM erased_record AS r);

DELETE FROM record
WHERE record_id IN (SELECT r.record_id FROM erased_record AS r);

DELETE FROM lead
WHERE id IN (SELECT e.lead_id FROM erased_lead AS e);

DELETE FROM lead_version
WHERE lead_id IN (SELECT i.lead_id FROM erased_id AS i);

-- What another lead was while it was one with theirs: that there was something is left, as where no row stood.
CREATE OR REPLACE TEMP TABLE shared_version AS
SELECT
    v.lead_id,
    v.until_batch_id
FROM lead_version AS v
INNER JOIN erased_log AS g
    ON g.lead_id = v.lead_id AND v.until_batch_id > g.from_batch_id AND v.until_batch_id <= g.until_batch_id;

DELETE FROM lead_version
WHERE (lead_id, until_batch_id) IN (SELECT (s.lead_id, s.until_batch_id) FROM shared_version AS s);

INSERT INTO lead_version BY NAME FROM shared_version;

DELETE FROM lead_contact
WHERE lead_id IN (SELECT e.lead_id FROM erased_lead AS e);

DELETE FROM cell_issue
WHERE (batch_id, row_number) IN (SELECT (w.batch_id, w.row_number) FROM erased_row AS w);

DELETE FROM match_decision
WHERE
    record_id IN (SELECT r.record_id FROM erased_record AS r)
    OR other_record_id IN (SELECT r.record_id FROM erased_record AS r)
    OR lead_id IN (SELECT i.lead_id FROM erased_id AS i)
    OR other_lead_id IN (SELECT i.lead_id FROM erased_id AS i);

UPDATE lead_event
SET
    user = NULL,
    apiKey = NULL,
    data = NULL,
    requestHeaders = NULL,
    requestIpAddress = NULL,
    requestMethod = NULL,
    requestPath = NULL
FROM erased_log AS g
WHERE g.lead_id = lead_event.lead_id AND lead_event.batch_id BETWEEN g.from_batch_id AND g.until_batch_id;

UPDATE rejected_row
SET
    raw = NULL,
    reasons = list_transform(reasons, x -> struct_pack("column" := x.column, code := x.code, message := '')),
    status = 'dismissed',
    source_key = NULL,
    fingerprint = concat('erased ', batch_id, ' ', row_number)
WHERE (batch_id, row_number) IN (SELECT (w.batch_id, w.row_number) FROM erased_row AS w);

-- Who asked not to be contacted stays so: by the hash.
UPDATE contact_preference
SET
    value = NULL,
    evidence = NULL
WHERE (kind, value) IN (SELECT (c.kind, c.value) FROM erased_contact AS c WHERE NOT c.is_shared);

DELETE FROM lead_alias
WHERE alias_id IN (SELECT i.lead_id FROM erased_id AS i);

INSERT INTO lead_alias
SELECT
    i.lead_id AS alias_id,
    NULL AS lead_id,
    'erased' AS reason
FROM erased_id AS i
ORDER BY i.lead_id;
