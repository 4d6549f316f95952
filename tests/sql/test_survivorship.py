"""The rules of survivorship, each on the fewest records that tell it from the others."""

from collections.abc import Iterator
from typing import Any

import pytest

from flows.steps.survive import field_provenance
from flows.warehouse import Warehouse
from schemas.spec import lead_columns
from tests.record_histories import LEAD, Version, conclude, empty_warehouse, on_day, provenance


@pytest.fixture(scope="module")
def warehouse() -> Iterator[Warehouse]:
    """One for all: each test writes its records anew."""
    with empty_warehouse() as warehouse:
        yield warehouse


WEB = Version("web", 1, {"jobTitle": "Owner of the shop", "numberOfEmployees": 12})
LIST = Version("list", 2, {"jobTitle": "Founder", "numberOfEmployees": 40})
PARTNER = Version("partner", 3, {"jobTitle": "CEO and Founder", "numberOfEmployees": 30})
CRM = Version("crm", 4, {"id": 501, "jobTitle": "CEO", "numberOfEmployees": 20})
LATE_WEB = Version("web", 5, {"jobTitle": "Chief", "numberOfEmployees": 25}, key="2")
ALL = (WEB, LIST, PARTNER, CRM, LATE_WEB)


@pytest.mark.parametrize(
    ("rule", "versions", "job_title"),
    [
        ("authority", ALL, "CEO"),
        ("authority", (WEB, LIST, PARTNER), "CEO and Founder"),
        ("authority", (WEB, LIST), "Owner of the shop"),
        ("newest", ALL, "Chief"),
        ("newest", (WEB, LIST, PARTNER, CRM), "CEO"),
        ("first_seen", ALL, "Owner of the shop"),
        ("first_seen", (LATE_WEB, CRM, PARTNER), "CEO and Founder"),
        ("longest", ALL, "Owner of the shop"),
        ("longest", (LIST, CRM), "Founder"),
    ],
)
def test_rule_chooses_among_the_records(
    warehouse: Warehouse, rule: str, versions: tuple[Version, ...], job_title: str
) -> None:
    assert conclude(warehouse, versions, jobTitle=rule)["jobTitle"] == job_title


@pytest.mark.parametrize(("rule", "count"), [("min", 12), ("max", 40), ("authority", 20), ("newest", 25)])
def test_smallest_and_largest_amount(warehouse: Warehouse, rule: str, count: int) -> None:
    assert conclude(warehouse, ALL, numberOfEmployees=rule)["numberOfEmployees"] == count


def test_a_rule_is_of_its_field_alone(warehouse: Warehouse) -> None:
    lead = conclude(warehouse, ALL, numberOfEmployees="max")
    assert (lead["jobTitle"], lead["numberOfEmployees"]) == ("CEO", 40)


def test_among_texts_of_one_length_the_most_believed_is_chosen(warehouse: Warehouse) -> None:
    versions = (Version("web", 1, {"company": "Aaaa"}), Version("crm", 2, {"id": 501, "company": "Bbbb"}))
    assert conclude(warehouse, versions, company="longest")["company"] == "Bbbb"


# --- what is a value, and what is none


@pytest.mark.parametrize(
    ("rule", "says", "others"),
    [
        ("min", {"numberOfEmployees": 0}, {"numberOfEmployees": 5}),
        ("max", {"monthlyTransactionVolume": 0}, {"monthlyTransactionVolume": -5}),
        ("newest", {"numberOfEmployees": 0}, {"numberOfEmployees": 5}),
        ("authority", {"numberOfEmployees": 0}, {"numberOfEmployees": 5}),
        ("newest", {"interestedInSwitching": False}, {"interestedInSwitching": True}),
        ("authority", {"interestedInSwitching": False}, {"interestedInSwitching": True}),
    ],
)
def test_zero_and_false_are_values(
    warehouse: Warehouse, rule: str, says: dict[str, Any], others: dict[str, Any]
) -> None:
    [(name, value)] = says.items()
    lead = conclude(warehouse, (Version("web", 1, others), Version("crm", 2, {"id": 501, **says})), **{name: rule})
    assert lead[name] == value and lead[name] is not None


@pytest.mark.parametrize("rule", ["authority", "newest", "first_seen", "longest", "union"])
def test_a_blank_of_the_crm_withdraws_its_value_and_the_vendors_shows(warehouse: Warehouse, rule: str) -> None:
    versions = (
        Version("web", 1, {"notes": "by form"}),
        Version("crm", 2, {"id": 501, "notes": "by the people of the CRM"}),
        Version("crm", 3, {"id": 501}, cleared=("notes",)),
    )
    assert conclude(warehouse, versions, notes=rule)["notes"] == "by form"


@pytest.mark.parametrize("rule", ["authority", "newest", "first_seen", "longest", "union"])
def test_a_cleared_value_of_the_only_record_is_gone(warehouse: Warehouse, rule: str) -> None:
    versions = (
        Version("partner", 1, {"notes": "old"}),
        Version("partner", 2, cleared=("notes",)),
        Version("web", 3, {"company": "Reyes"}),
    )
    assert conclude(warehouse, versions, notes=rule)["notes"] is None


@pytest.mark.parametrize("rule", ["authority", "newest", "longest", "union"])
def test_a_newer_version_takes_the_place_of_an_older_one_whatever_the_rule(warehouse: Warehouse, rule: str) -> None:
    versions = (Version("web", 1, {"notes": "the longer, older one"}), Version("web", 2, {"notes": "newer"}))
    assert conclude(warehouse, versions, notes=rule)["notes"] == "newer"


def test_withdrawn_records_do_not_count(warehouse: Warehouse) -> None:
    versions = (
        Version("web", 1, {"notes": "first", "numberOfEmployees": 3}),
        Version("list", 2, {"notes": "withdrawn", "numberOfEmployees": 1}, is_undone=True),
        Version("list", 3, {"notes": "last", "numberOfEmployees": 2}),
    )
    lead = conclude(warehouse, versions, notes="union", numberOfEmployees="min")
    assert (lead["notes"], lead["numberOfEmployees"]) == ("first\n\nlast", 2)


# --- who may speak


@pytest.mark.parametrize("rule", ["newest", "first_seen", "longest"])
def test_no_rule_lets_a_vendor_change_what_the_crms_people_own(warehouse: Warehouse, rule: str) -> None:
    versions = (
        Version("web", 1, {"processStage": "brought in by a form"}),
        Version("crm", 2, {"id": 501, "processStage": "open"}),
        Version("web", 3, {"processStage": "said to be won again"}, key="2"),
    )
    assert conclude(warehouse, versions, processStage=rule)["processStage"] == "open"


def test_what_the_founding_row_of_a_vendor_gave_stands_until_the_crm_speaks(warehouse: Warehouse) -> None:
    versions = (Version("web", 1, {"lastContacted": on_day(9)}), Version("crm", 2, {"id": 501}))
    assert conclude(warehouse, versions, lastContacted="max")["lastContacted"] == on_day(9)
    spoken = (*versions, Version("crm", 3, {"id": 501, "lastContacted": on_day(2)}))
    assert conclude(warehouse, spoken, lastContacted="max")["lastContacted"] == on_day(2)


def test_a_trusted_vendor_takes_part_in_the_rule(warehouse: Warehouse) -> None:
    versions = (
        Version("crm", 1, {"id": 501, "assignedTo": "ann@acme.example"}),
        Version("partner", 2, {"assignedTo": "bob@acme.example"}),
        Version("web", 3, {"assignedTo": "cat@acme.example"}),
    )
    assert conclude(warehouse, versions)["assignedTo"] == "ann@acme.example"
    assert conclude(warehouse, versions, assignedTo="newest")["assignedTo"] == "bob@acme.example"


# --- notes


def test_notes_are_joined_once_in_the_order_of_first_seen(warehouse: Warehouse) -> None:
    versions = (
        Version("list", 3, {"notes": "met at the fair"}),
        Version("crm", 4, {"id": 501, "notes": "called"}),
        Version("web", 1, {"notes": "wants a call"}),
        Version("second", 5, {"notes": "called"}),
    )
    lead = conclude(warehouse, versions, notes="union")
    assert lead["notes"] == "wants a call\n\nmet at the fair\n\ncalled"


def test_joined_notes_that_come_back_with_the_crms_export_are_not_joined_again(warehouse: Warehouse) -> None:
    versions = (Version("web", 1, {"notes": "A"}), Version("list", 2, {"notes": "B"}))
    joined = conclude(warehouse, versions, notes="union")["notes"]
    returned = (*versions, Version("crm", 3, {"id": 501, "notes": joined}))
    assert conclude(warehouse, returned, notes="union")["notes"] == joined == "A\n\nB"
    edited = (*returned, Version("crm", 4, {"id": 501, "notes": "A\n\nB\n\nC"}))
    assert conclude(warehouse, edited, notes="union")["notes"] == "A\n\nB\n\nC"


def test_a_text_that_nothing_is_joined_to_stays_as_it_is(warehouse: Warehouse) -> None:
    versions = (Version("web", 1, {"notes": "a\n\n\na"}), Version("list", 2, {"notes": "a\n\n\na"}))
    assert conclude(warehouse, versions, notes="union")["notes"] == "a\n\n\na"


# --- dates


@pytest.mark.parametrize(("rule", "day"), [("authority", 8), ("min", 3), ("max", 8), ("newest", 6), ("first_seen", 3)])
def test_created_at_is_the_crms_unless_its_rule_asks_the_vendors_too(warehouse: Warehouse, rule: str, day: int) -> None:
    versions = (
        Version("web", 9, created_day=3),
        Version("crm", 10, {"id": 501, "createdAt": on_day(8)}, created_day=8),
        Version("list", 11, created_day=6),
    )
    assert conclude(warehouse, versions, createdAt=rule)["createdAt"] == on_day(day)


@pytest.mark.parametrize("rule", ["authority", "min", "newest"])
def test_created_at_is_when_the_lead_was_first_seen_where_nobody_says_it(warehouse: Warehouse, rule: str) -> None:
    versions = (Version("web", 4), Version("list", 2), Version("web", 3))
    assert conclude(warehouse, versions, createdAt=rule)["createdAt"] == on_day(2)
    assert provenance(warehouse, "createdAt") == [("list", 2, "first_seen")]


def test_last_contacted_by_max_is_the_latest_of_those_who_know(warehouse: Warehouse) -> None:
    versions = (
        Version("crm", 1, {"id": 501, "lastContacted": on_day(7)}),
        Version("crm", 2, {"lastContacted": on_day(5)}, key="2"),
    )
    assert conclude(warehouse, versions, lastContacted="max")["lastContacted"] == on_day(7)
    assert conclude(warehouse, versions)["lastContacted"] == on_day(5)


def test_a_lead_is_as_new_as_the_last_batch_that_changed_it_and_stands(warehouse: Warehouse) -> None:
    versions = (Version("web", 1, {"notes": "a"}), Version("web", 5, {"notes": "b"}), Version("list", 3))
    lead = conclude(warehouse, versions)
    assert (lead["updatedAt"], lead["first_batch_id"], lead["last_batch_id"]) == (on_day(3), 1, 3)
    undone = (*versions[:2], Version("list", 3, is_undone=True))
    lead = conclude(warehouse, undone)
    assert (lead["updatedAt"], lead["first_batch_id"], lead["last_batch_id"]) == (on_day(5), 1, 2)
    assert provenance(warehouse, "updatedAt") == [("web", 2, "last_change")]


# --- where it comes from


def test_provenance_names_the_record_whose_word_each_field_is(warehouse: Warehouse) -> None:
    conclude(warehouse, ALL, jobTitle="longest", numberOfEmployees="max")
    rows = {row["field"]: row for row in field_provenance(warehouse, 501).to_dicts()}
    assert tuple(rows) == lead_columns()
    assert rows["jobTitle"] == {
        "field": "jobTitle",
        "value": "Owner of the shop",
        "feed": "web",
        "batch_id": 1,
        "row_number": 1,
        "record_id": 1,
        "as_of": on_day(1),
        "rule": "longest",
    }
    assert (rows["numberOfEmployees"]["feed"], rows["numberOfEmployees"]["rule"]) == ("list", "max")
    assert (rows["id"]["feed"], rows["id"]["rule"]) == ("crm", "crm_id")
    assert (rows["email"]["value"], rows["email"]["record_id"], rows["email"]["rule"]) == (None, None, None)


def test_provenance_of_an_assigned_id_is_the_record_that_brought_the_lead(warehouse: Warehouse) -> None:
    conclude(warehouse, (WEB, LIST))
    assert provenance(warehouse, "id") == [("web", 1, "assigned")]


def test_provenance_of_joined_notes_names_every_record_that_has_a_part(warehouse: Warehouse) -> None:
    versions = (Version("web", 1, {"notes": "A"}), Version("list", 2), Version("crm", 3, {"id": 501, "notes": "B"}))
    conclude(warehouse, versions, notes="union")
    assert provenance(warehouse, "notes") == [("web", 1, "union"), ("crm", 3, "union")]


def test_provenance_of_team_and_owner_names_the_decision_where_no_record_is_believed(warehouse: Warehouse) -> None:
    conclude(warehouse, (Version("web", 1), Version("partner", 2, {"assignedTo": "bob@acme.example"})))
    warehouse.connection.execute(
        "INSERT INTO lead_assignment (batch_id, lead_id, teamId, assignedTo, team_rule, source_rule, owner_rule)"
        f" VALUES (1, {LEAD}, 7, 'ann@acme.example', 'feed', 'none', 'rotation')"
    )
    assert provenance(warehouse, "teamId") == [("web", 1, "feed")]
    assert provenance(warehouse, "leadSourceId") == [(None, None, None)]
    assert provenance(warehouse, "assignedTo") == [("partner", 2, "authority")]


def test_provenance_of_an_id_that_is_no_lead_is_empty(warehouse: Warehouse) -> None:
    conclude(warehouse, ALL)
    assert field_provenance(warehouse, 77).is_empty()
