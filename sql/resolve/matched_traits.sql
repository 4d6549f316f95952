-- Purpose: what speaks against joining people, of those people against whom anything does.
-- Grain: one row per person that takes part in a match and has a CRM id or an application id. Parameters: none.
-- Reads: match_node. Writes: nothing. Caller: flows/steps/resolve.py.

SELECT
    n.node,
    n.crm_id,
    n.application_ids
FROM match_node AS n
WHERE n.crm_id IS NOT NULL OR len(n.application_ids) > 0;
