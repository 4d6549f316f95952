-- Purpose: the team, source and owner that our own decisions give leads: the latest decision that stands on the lead;
--   where leads were joined, those of the older lead before those of the younger. What the CRM or a trusted feed gave
--   is no decision of ours: it is in the records.
-- Grain: macro standing_decisions, one row per lead that has decisions; teamId, leadSourceId and assignedTo each with
--   the batch that decided it and by which rule, NULL where none did.
-- Reads: leads (any relation with lead_id), standing_lead_assignment, lead_alias. Writes: as_decided,
--   standing_decisions. Caller: flows/warehouse.py.

CREATE OR REPLACE MACRO as_decided(value, rule, batch_id, place) AS
    arg_max({'value': value, 'rule': rule, 'batch_id': batch_id}, place) FILTER (
        WHERE value IS NOT NULL AND rule NOT IN ('crm', 'trusted', 'existing')
    );

CREATE OR REPLACE MACRO standing_decisions(leads) AS TABLE
WITH decision AS (
    SELECT
        t.lead_id,
        a.* EXCLUDE (lead_id),
        row_number() OVER (PARTITION BY t.lead_id ORDER BY a.lead_id DESC, a.batch_id) AS place
    FROM standing_lead_assignment AS a
    LEFT JOIN lead_alias AS n ON n.alias_id = a.lead_id
    INNER JOIN query_table(leads) AS t ON t.lead_id = coalesce(n.lead_id, a.lead_id)
)

SELECT
    d.lead_id,
    as_decided(d.teamId, d.team_rule, d.batch_id, d.place) AS teamId,
    as_decided(d.leadSourceId, d.source_rule, d.batch_id, d.place) AS leadSourceId,
    as_decided(d.assignedTo, d.owner_rule, d.batch_id, d.place) AS assignedTo
FROM decision AS d
GROUP BY d.lead_id;
