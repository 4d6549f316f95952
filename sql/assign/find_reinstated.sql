-- Purpose: the people whose lead the batch brings into being once more: it loads the contents of an undone batch of its feed
--   again, and what stands of them came after that one. Team, source and owner are decided on as for new leads.
-- Grain: batch_place_again one row, or none; reinstated_person one row per person.
-- Reads: this_batch, batch_status, staged_person, standing_versions. Writes: batch_place_again, reinstated_person.
-- Caller: flows/steps/assign.py.

INSERT INTO batch_place_again
SELECT
    b.batch_id,
    min(s.batch_id) AS place
FROM this_batch AS b
INNER JOIN batch_status AS s ON s.feed = b.feed AND s.file_sha256 = b.file_sha256 AND s.status = 'undone'
GROUP BY b.batch_id;

INSERT INTO reinstated_person
WITH known_lead AS ( -- noqa: ST03, it is used by its name
    SELECT p.previous_lead_id AS lead_id
    FROM staged_person AS p
    WHERE p.previous_lead_id IS NOT NULL AND EXISTS (SELECT 1 FROM batch_place_again AS a)
),

founded AS (
    SELECT
        v.lead_id,
        min(v.place) AS place
    FROM standing_versions('known_lead') AS v
    GROUP BY v.lead_id
)

SELECT
    p.person,
    p.previous_lead_id
FROM staged_person AS p
INNER JOIN founded AS f ON f.lead_id = p.previous_lead_id
CROSS JOIN batch_place_again AS a
WHERE f.place > a.place;
