-- Purpose: take rows that a set-based rule has refused out of what is staged for loading.
-- Grain: one row per rejected record. Reads: staged_rejected. Writes: staged_lead, staged_contact, staged_issue. Caller: flows/steps/resolve.py.

DELETE FROM staged_lead
WHERE row_number IN (SELECT r.row_number FROM staged_rejected AS r);

DELETE FROM staged_contact
WHERE row_number IN (SELECT r.row_number FROM staged_rejected AS r);

DELETE FROM staged_issue
WHERE row_number IN (SELECT r.row_number FROM staged_rejected AS r);
