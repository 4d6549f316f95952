-- Purpose: keep the rules of survivorship as last used.
-- Grain: one row. Reads: used_survivorship. Writes: survivorship. Caller: flows/steps/survive.py.

DELETE FROM survivorship;

INSERT INTO survivorship FROM used_survivorship;
