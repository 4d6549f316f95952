-- Purpose: the survivorship rules: which of the things that source records say of a lead the lead says. Nothing else
--   decides it; survive/conclude_many.sql takes the values, lead_provenance the versions. A rule chooses among those
--   who may speak (source_said): what the CRM's people own a vendor gives only while nobody better does.
-- Grain: macro lead_choice, one row per lead of the versions: each field, NULL where nothing is said, and which version
--   of the lead says it (newest in numbered_versions). updatedAt is the CRM's or NULL: ours follows from the other
--   changes. createdAt without a version is the earliest time that vendors' records give, else that they were seen.
--   notes by the rule union are of all versions of source_said that have any.
-- Reads: versions (any relation like standing_versions), source_said, survivorship.
-- Writes: belief_place, place, text_place, amount_place, chosen, whose, paragraphs, each_once, joined, lead_choice.
-- Caller: flows/warehouse.py.

-- A rule gives what is said a place, and the smallest is chosen. This is the order of belief, below 2^34: the CRM; then
-- "overwrite" feeds, the newest first; then "fill" feeds, the source record that was there first.
CREATE OR REPLACE MACRO belief_place(said, earliest) AS
    said.belief * 4294967296 + CASE WHEN said.belief < 2 THEN said.newest ELSE earliest END;

-- By other rules, too, a vendor that may not change the field comes last: beyond 2^60.
CREATE OR REPLACE MACRO place(said, earliest, rule) AS
    CASE rule
        WHEN 'authority' THEN belief_place(said, earliest)
        ELSE
            CASE rule WHEN 'newest' THEN said.newest WHEN 'first_seen' THEN earliest END
            + CASE WHEN said.belief = 3 THEN 1152921504606846976 ELSE 0 END
    END;

-- Among texts of one length the most believed, and among equal amounts. Joined texts have no place among others.
CREATE OR REPLACE MACRO text_place(said, earliest, rule) AS
    CASE rule
        WHEN 'authority' THEN belief_place(said, earliest)
        WHEN 'longest'
            THEN
                belief_place(said, earliest) - length(said.value) * 17179869184
                + CASE WHEN said.belief = 3 THEN 1152921504606846976 ELSE 0 END
        ELSE place(said, earliest, rule)
    END;

-- An amount has 63 bits of its own, so who comes last does so beyond 2^100.
CREATE OR REPLACE MACRO amount_place(said, amount, earliest, rule) AS
    CASE
        WHEN rule IN ('min', 'max')
            THEN
                CASE rule WHEN 'min' THEN 1 ELSE -1 END * amount::HUGEINT * 17179869184
                + belief_place(said, earliest)
                + CASE WHEN said.belief = 3 THEN 1099511627776::HUGEINT * 1152921504606846976 ELSE 0 END
        ELSE place(said, earliest, rule)
    END;

-- Zero and false are said, only NULL is not.
CREATE OR REPLACE MACRO chosen(said, place) AS
    arg_min(said.value, place) FILTER (WHERE said.value IS NOT NULL);

CREATE OR REPLACE MACRO whose(said, place) AS
    arg_min(said.newest, place) FILTER (WHERE said.value IS NOT NULL);

-- A text's paragraphs. They are what is joined, each once, and not whole texts: the joined text comes back with the
-- CRM's next export, and must not be joined to its own parts.
CREATE OR REPLACE MACRO paragraphs(text) AS
    list_filter(string_split_regex(text, '\n{2,}'), lambda paragraph: paragraph <> '');

CREATE OR REPLACE MACRO each_once(items) AS list_filter( -- noqa: PRS
    items,
    lambda item, position: list_position(items, item) = position
);

CREATE OR REPLACE MACRO joined(texts) AS
    CASE
        WHEN len(list_distinct(texts)) < 2 THEN texts[1]
        ELSE
            array_to_string(
                each_once(flatten(list_transform(texts, lambda text: paragraphs(text)))),
                chr(10) || chr(10)
            )
    END;

CREATE OR REPLACE MACRO lead_choice(versions) AS TABLE
WITH placed AS (
    SELECT
        s.*,
        -- By authority the CRM alone says when a lead was created, and the vendors' times are what is left.
        CASE
            WHEN s.createdAt.value IS NULL AND r.createdAt <> 'authority'
                THEN as_said(s.source_created_at, s.newest, CASE WHEN s.is_crm THEN 0 ELSE 2 END)
            ELSE s.createdAt
        END AS created
    FROM source_said(versions) AS s
    CROSS JOIN survivorship AS r
)

SELECT
    f.lead_id,
    chosen(f.firstName, text_place(f.firstName, f.earliest, r.firstName)) AS firstName,
    whose(f.firstName, text_place(f.firstName, f.earliest, r.firstName)) AS firstName_version,
    chosen(f.lastName, text_place(f.lastName, f.earliest, r.lastName)) AS lastName,
    whose(f.lastName, text_place(f.lastName, f.earliest, r.lastName)) AS lastName_version,
    -- Where the CRM's records say two accounts, the newest of them knows: leads move.
    arg_min(f.accountId, CASE WHEN f.is_crm THEN 0 ELSE 1 END * 4294967296 + f.newest) AS accountId,
    arg_min(f.newest, CASE WHEN f.is_crm THEN 0 ELSE 1 END * 4294967296 + f.newest) AS accountId_version,
    chosen(f.applicationId, text_place(f.applicationId, f.earliest, r.applicationId)) AS applicationId,
    whose(f.applicationId, text_place(f.applicationId, f.earliest, r.applicationId)) AS applicationId_version,
    chosen(f.archived, place(f.archived, f.earliest, r.archived)) AS archived,
    whose(f.archived, place(f.archived, f.earliest, r.archived)) AS archived_version,
    chosen(f.assignedTo, place(f.assignedTo, f.earliest, r.assignedTo)) AS assignedTo,
    whose(f.assignedTo, place(f.assignedTo, f.earliest, r.assignedTo)) AS assignedTo_version,
    chosen(f.branch, text_place(f.branch, f.earliest, r.branch)) AS branch,
    whose(f.branch, text_place(f.branch, f.earliest, r.branch)) AS branch_version,
    chosen(f.buyingRole, text_place(f.buyingRole, f.earliest, r.buyingRole)) AS buyingRole,
    whose(f.buyingRole, text_place(f.buyingRole, f.earliest, r.buyingRole)) AS buyingRole_version,
    chosen(f.company, text_place(f.company, f.earliest, r.company)) AS company,
    whose(f.company, text_place(f.company, f.earliest, r.company)) AS company_version,
    coalesce(
        chosen(f.created, amount_place(f.created, epoch_us(f.created.value), f.earliest, r.createdAt)),
        min(f.source_created_at),
        min(f.first_as_of)
    ) AS createdAt,
    whose(f.created, amount_place(f.created, epoch_us(f.created.value), f.earliest, r.createdAt)) AS createdAt_version,
    chosen(f.createdBy, text_place(f.createdBy, f.earliest, r.createdBy)) AS createdBy,
    whose(f.createdBy, text_place(f.createdBy, f.earliest, r.createdBy)) AS createdBy_version,
    chosen(
        f.currentPaymentProcessor, text_place(f.currentPaymentProcessor, f.earliest, r.currentPaymentProcessor)
    ) AS currentPaymentProcessor,
    whose(
        f.currentPaymentProcessor, text_place(f.currentPaymentProcessor, f.earliest, r.currentPaymentProcessor)
    ) AS currentPaymentProcessor_version,
    chosen(f.email, text_place(f.email, f.earliest, r.email)) AS email,
    whose(f.email, text_place(f.email, f.earliest, r.email)) AS email_version,
    chosen(f.imgSrc, text_place(f.imgSrc, f.earliest, r.imgSrc)) AS imgSrc,
    whose(f.imgSrc, text_place(f.imgSrc, f.earliest, r.imgSrc)) AS imgSrc_version,
    chosen(
        f.interestedInSwitching, place(f.interestedInSwitching, f.earliest, r.interestedInSwitching)
    ) AS interestedInSwitching,
    whose(
        f.interestedInSwitching, place(f.interestedInSwitching, f.earliest, r.interestedInSwitching)
    ) AS interestedInSwitching_version,
    chosen(f.jobTitle, text_place(f.jobTitle, f.earliest, r.jobTitle)) AS jobTitle,
    whose(f.jobTitle, text_place(f.jobTitle, f.earliest, r.jobTitle)) AS jobTitle_version,
    chosen(
        f.lastContacted, amount_place(f.lastContacted, epoch_us(f.lastContacted.value), f.earliest, r.lastContacted)
    ) AS lastContacted,
    whose(
        f.lastContacted, amount_place(f.lastContacted, epoch_us(f.lastContacted.value), f.earliest, r.lastContacted)
    ) AS lastContacted_version,
    chosen(f.leadSourceId, place(f.leadSourceId, f.earliest, r.leadSourceId)) AS leadSourceId,
    whose(f.leadSourceId, place(f.leadSourceId, f.earliest, r.leadSourceId)) AS leadSourceId_version,
    chosen(f.location, text_place(f.location, f.earliest, r.location)) AS location,
    whose(f.location, text_place(f.location, f.earliest, r.location)) AS location_version,
    chosen(
        f.monthlyTransactionVolume, amount_place(f.monthlyTransactionVolume, f.monthlyTransactionVolume.value, f.earliest, r.monthlyTransactionVolume)
    ) AS monthlyTransactionVolume,
    whose(
        f.monthlyTransactionVolume, amount_place(f.monthlyTransactionVolume, f.monthlyTransactionVolume.value, f.earliest, r.monthlyTransactionVolume)
    ) AS monthlyTransactionVolume_version,
    CASE
        WHEN any_value(r.notes) = 'union'
            THEN joined(list(f.notes.value ORDER BY f.earliest) FILTER (
                WHERE r.notes = 'union' AND f.notes.value IS NOT NULL
            ))
        ELSE chosen(f.notes, text_place(f.notes, f.earliest, r.notes))
    END AS notes,
    whose(f.notes, text_place(f.notes, f.earliest, r.notes)) AS notes_version,
    chosen(
        f.numberOfEmployees, amount_place(f.numberOfEmployees, f.numberOfEmployees.value, f.earliest, r.numberOfEmployees)
    ) AS numberOfEmployees,
    whose(
        f.numberOfEmployees, amount_place(f.numberOfEmployees, f.numberOfEmployees.value, f.earliest, r.numberOfEmployees)
    ) AS numberOfEmployees_version,
    chosen(f.phone, text_place(f.phone, f.earliest, r.phone)) AS phone,
    whose(f.phone, text_place(f.phone, f.earliest, r.phone)) AS phone_version,
    chosen(f.position, text_place(f.position, f.earliest, r.position)) AS position,
    whose(f.position, text_place(f.position, f.earliest, r.position)) AS position_version,
    chosen(f.processStage, text_place(f.processStage, f.earliest, r.processStage)) AS processStage,
    whose(f.processStage, text_place(f.processStage, f.earliest, r.processStage)) AS processStage_version,
    chosen(
        f.productsServicesSold, text_place(f.productsServicesSold, f.earliest, r.productsServicesSold)
    ) AS productsServicesSold,
    whose(
        f.productsServicesSold, text_place(f.productsServicesSold, f.earliest, r.productsServicesSold)
    ) AS productsServicesSold_version,
    chosen(f.source, text_place(f.source, f.earliest, r.source)) AS source,
    whose(f.source, text_place(f.source, f.earliest, r.source)) AS source_version,
    chosen(f.teamId, place(f.teamId, f.earliest, r.teamId)) AS teamId,
    whose(f.teamId, place(f.teamId, f.earliest, r.teamId)) AS teamId_version,
    chosen(f.updatedAt, amount_place(f.updatedAt, epoch_us(f.updatedAt.value), f.earliest, r.updatedAt)) AS updatedAt,
    whose(
        f.updatedAt, amount_place(f.updatedAt, epoch_us(f.updatedAt.value), f.earliest, r.updatedAt)
    ) AS updatedAt_version,
    list_reduce( -- noqa: PRS
        list(f.extra ORDER BY f.is_crm, f.earliest DESC) FILTER (WHERE f.extra IS NOT NULL),
        lambda lesser, better: json_merge_patch(lesser, better)
    ) AS extra,
    CASE WHEN bool_or(f.is_crm) THEN 'crm' ELSE 'vendor' END AS origin,
    min(f.first_batch_id) AS first_batch_id
FROM placed AS f
CROSS JOIN survivorship AS r
GROUP BY f.lead_id;
