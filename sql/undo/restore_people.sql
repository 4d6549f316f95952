-- Purpose: the people that the undone batch was about, to be concluded.
-- Grain: staged_person one row per person; renamed_lead one per id that is no lead any more.
-- Reads: undone_person, undone_alias. Writes: staged_person, renamed_lead. Caller: flows/undo.py.

CREATE OR REPLACE TEMP TABLE staged_person AS FROM undone_person;

CREATE OR REPLACE TEMP TABLE renamed_lead AS FROM undone_alias;
