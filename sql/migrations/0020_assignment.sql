-- Purpose: what deciding on owners needs to know of before: on which day of its team a lead was dealt, for daily caps,
--   and by which id of theirs other systems know a user.

-- The team's day that a turn counts for; NULL where the owner is nobody's turn.
ALTER TABLE assignment ADD COLUMN turn_on DATE;

ALTER TABLE app_user ADD COLUMN id VARCHAR;
