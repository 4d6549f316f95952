"""What costs a row its place, what only a cell, and how each is told."""

import polars as pl
import pytest

from flows.steps.validate import Known, Validated, gather_known, validate_leads
from schemas.lead import CONTACT_COLUMNS, ISSUE_COLUMNS, TYPED_LEAD_COLUMNS
from schemas.reference import Feed

WEBFORM = Feed(name="webform", account_id="acme", team_id=1)
CRM = Feed(name="crm", origin="crm", account_id="acme")

USERS = pl.DataFrame(
    {
        "user": ["ann@acme.example", "bob@acme.example", "cat@acme.example"],
        "name": ["Ann Lee", "Bob Ray", None],
        "active": [True, True, False],
        "accountId": [None, "acme", "acme"],
        "id": [None, "77", None],
    }
)
TEAMS = pl.DataFrame({"teamId": [1, 2, 5], "accountId": ["acme", "acme", "globex"], "name": ["East", None, "Far"]})
SOURCES = pl.DataFrame({"leadSourceId": [10, 20], "teamId": [1, 2], "name": ["Web", "Fair"]})
EVERYTHING = gather_known(TEAMS, SOURCES, USERS, "acme")
NOTHING = gather_known(None, None, None, "acme")


def validate(feed: Feed, known: Known, **cells: object) -> Validated:
    """Validate one typed lead with these cells."""
    row: dict[str, object] = dict.fromkeys(TYPED_LEAD_COLUMNS)
    row |= {"row_number": 1, "line_number": 2, "key_basis": "k", "has_placeholder_name": False}
    row |= {"firstName": "Dana", "lastName": "Reyes", "accountId": "acme"}
    row |= {"id": 501} if feed.origin == "crm" else {}
    leads = pl.DataFrame([{**row, **cells}], schema=TYPED_LEAD_COLUMNS)
    contacts = pl.DataFrame([(1, 0, "email", "d@x.example", "d@x.example", True)], CONTACT_COLUMNS, orient="row")
    issues = pl.DataFrame([(1, "phone", "phone_invalid", "12")], ISSUE_COLUMNS, orient="row")
    return validate_leads(leads, contacts, issues, feed, known)


def codes(validated: Validated) -> list[tuple[str, str]]:
    """Column and code of every reason of the only rejected row."""
    return [(reason["column"], reason["code"]) for reason in validated.rejected["reasons"].item().to_list()]


def test_a_vendor_row_without_names_is_rejected_for_each() -> None:
    validated = validate(WEBFORM, NOTHING, firstName=None, lastName=None)
    assert sorted(codes(validated)) == [
        ("firstName", "first_name_required"),
        ("lastName", "last_name_required"),
    ]
    assert validated.leads.is_empty()
    assert validated.contacts.is_empty()
    assert validated.issues.is_empty()


def test_a_rejected_row_keeps_its_place_in_the_file() -> None:
    rejected = validate(WEBFORM, NOTHING, firstName=None, row_number=1, line_number=7).rejected
    assert rejected.select("row_number", "line_number").row(0) == (1, 7)


def test_an_unknown_team_of_a_vendor_is_rejected_and_the_known_ones_are_named() -> None:
    validated = validate(WEBFORM, EVERYTHING, teamId=9)
    assert codes(validated) == [("teamId", "team_unknown")]
    assert "known are 1 East, 2" in validated.rejected["reasons"].item()[0]["message"]


def test_an_unknown_lead_source_of_a_vendor_is_rejected() -> None:
    assert ("leadSourceId", "lead_source_unknown") in codes(validate(WEBFORM, EVERYTHING, leadSourceId=99))


def test_a_lead_source_of_another_team_is_rejected_saying_whose_it_is() -> None:
    validated = validate(WEBFORM, EVERYTHING, teamId=1, leadSourceId=20)
    assert codes(validated) == [("leadSourceId", "lead_source_unknown")]
    assert "lead source 20 belongs to team 2, the row to team 1" in validated.rejected["reasons"].item()[0]["message"]


def test_a_reference_that_is_not_there_is_not_asked() -> None:
    validated = validate(WEBFORM, NOTHING, teamId=9, leadSourceId=99, assignedTo="somebody")
    assert validated.rejected.is_empty()
    assert validated.leads["assignedTo"].item() == "somebody"


@pytest.mark.parametrize("column", ["teamId", "leadSourceId"])
def test_the_crm_is_believed_and_the_gap_is_an_issue(column: str) -> None:
    validated = validate(CRM, EVERYTHING, **{column: 99})
    assert validated.leads[column].item() == 99
    assert (1, column, "reference_unknown", "99") in validated.issues.rows()


@pytest.mark.parametrize("spelling", ["ann@acme.example", "ANN@ACME.EXAMPLE", "Ann Lee", " ann lee "])
def test_an_owner_is_known_by_address_or_name(spelling: str) -> None:
    validated = validate(WEBFORM, EVERYTHING, assignedTo=spelling)
    assert validated.leads["assignedTo"].item() == "ann@acme.example"


def test_an_owner_is_known_by_the_id_that_other_systems_have_for_them() -> None:
    assert validate(WEBFORM, EVERYTHING, assignedTo="77").leads["assignedTo"].item() == "bob@acme.example"


@pytest.mark.parametrize(
    ("owner", "code"), [("nobody@acme.example", "owner_unknown"), ("cat@acme.example", "owner_inactive")]
)
def test_an_unknown_or_inactive_owner_of_a_vendor_is_left_out(owner: str, code: str) -> None:
    validated = validate(WEBFORM, EVERYTHING, assignedTo=owner)
    assert validated.leads["assignedTo"].item() is None
    assert (1, "assignedTo", code, owner) in validated.issues.rows()


def test_an_inactive_owner_of_the_crm_is_kept() -> None:
    assert validate(CRM, EVERYTHING, assignedTo="cat@acme.example").leads["assignedTo"].item() == "cat@acme.example"


def test_a_name_that_two_users_share_names_nobody() -> None:
    twins = USERS.with_columns(pl.lit("Ann Lee").alias("name"))
    validated = validate(WEBFORM, gather_known(None, None, twins, "acme"), assignedTo="Ann Lee")
    assert validated.leads["assignedTo"].item() is None
    assert (1, "assignedTo", "owner_ambiguous", "Ann Lee") in validated.issues.rows()


def test_typed_leads_that_break_their_contract_are_a_fault_of_ours() -> None:
    with pytest.raises(AssertionError, match="break their contract"):
        validate(WEBFORM, NOTHING, accountId=None)
