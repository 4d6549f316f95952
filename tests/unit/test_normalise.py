"""Normalise: mapped text rows to typed leads, their contacts and what could not be read."""

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from flows.steps.normalise import Typed, find_date_orders, normalise_leads
from schemas.lead import CONTACT_COLUMNS, CONTACT_SCHEMA, ISSUE_COLUMNS, ISSUE_SCHEMA, typed_lead_schema
from schemas.reference import Feed

WEBFORM = Feed(name="webform", account_id="acme")
CRM = Feed(name="crm", origin="crm", account_id="acme")


def mapped(rows: list[dict[str, str | None]], absent: str | None = None) -> pl.DataFrame:
    """A mapped frame of these rows; columns that a row does not name hold `absent`."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    return pl.DataFrame(
        {
            "row_number": list(range(1, len(rows) + 1)),
            "line_number": list(range(2, len(rows) + 2)),
            **{name: [row.get(name, absent) for row in rows] for name in columns},
        },
        schema={"row_number": pl.Int64, "line_number": pl.Int64, **dict.fromkeys(columns, pl.String)},
    )


def normalise(rows: list[dict[str, str | None]], feed: Feed = WEBFORM, orders: dict[str, str] | None = None) -> Typed:
    typed = normalise_leads(mapped(rows), feed, orders or {})
    CONTACT_SCHEMA.validate(typed.contacts)
    ISSUE_SCHEMA.validate(typed.issues)
    return typed


def lead(typed: Typed) -> dict[str, Any]:
    return typed.leads.row(0, named=True)


def issues(typed: Typed) -> list[tuple[Any, ...]]:
    return typed.issues.sort("row_number", "column_name").rows()


def test_the_first_batch_of_the_worked_example() -> None:
    typed = normalise(
        [
            {
                "firstName": "Dana",
                "lastName": "Reyes",
                "email": "dana@reyes.io",
                "phone": "(212) 736-5000",
                "jobTitle": "",
            },
            {
                "firstName": "dana",
                "lastName": "REYES",
                "email": "DANA@reyes.io",
                "phone": "212.736.5000",
                "jobTitle": "Owner",
            },
            {
                "firstName": "Omar",
                "lastName": "Haddad",
                "email": "omar@haddad",
                "phone": "646-736-0100",
                "jobTitle": "",
            },
            {"firstName": "", "lastName": "Lopez", "email": "lopez@x.com", "phone": "", "jobTitle": ""},
        ]
    )
    assert typed.leads.select("accountId", "firstName", "lastName", "email", "phone", "jobTitle").rows() == [
        ("acme", "Dana", "Reyes", "dana@reyes.io", "+12127365000", None),
        ("acme", "Dana", "Reyes", "dana@reyes.io", "+12127365000", "Owner"),
        ("acme", "Omar", "Haddad", None, "+16467360100", None),
        ("acme", None, "Lopez", "lopez@x.com", None, None),
    ]
    keys = typed.leads["key_basis"].to_list()
    assert keys[0] == keys[1] == "email\x1fdana\x1freyes\x1f\x1f\x1fdana@reyes.io"
    assert keys[2] == "phone\x1fomar\x1fhaddad\x1f\x1f\x1f+16467360100"
    assert issues(typed) == [(3, "email", "email_invalid", "omar@haddad")]
    assert typed.contacts.filter(pl.col("row_number") == 3).sort("kind").rows() == [
        (3, 0, "email", "omar@haddad", "omar@haddad", False),
        (3, 0, "phone", "+16467360100", "646-736-0100", True),
    ]


def test_typed_leads_keep_their_contract() -> None:
    vendor = normalise([{"firstName": "Dana", "lastName": "Reyes"}])
    crm = normalise([{"id": "501", "firstName": "Dana", "lastName": "Reyes"}, {"id": "502"}], CRM)
    typed_lead_schema("vendor").validate(vendor.leads)
    typed_lead_schema("crm").validate(crm.leads)


def test_a_chunk_without_rows_is_typed_too() -> None:
    typed = normalise_leads(mapped([{"firstName": "", "email": "", "createdAt": ""}]).clear(), CRM, {})
    assert typed.leads.is_empty()
    assert_frame_equal(typed.contacts, pl.DataFrame(schema=CONTACT_COLUMNS))
    assert_frame_equal(typed.issues, pl.DataFrame(schema=ISSUE_COLUMNS))


def test_a_vendor_gives_times_of_its_own_and_no_ids() -> None:
    typed = normalise(
        [{"source_key": " A-1 ", "createdAt": "2026-01-05", "updatedAt": "2026-01-06T02:00:00Z", "createdBy": ""}],
        Feed(name="webform", account_id="acme", created_by="form@acme.io", timezone="America/New_York"),
    )
    row = lead(typed)
    assert (row["source_key"], row["id"], row["createdAt"], row["updatedAt"]) == ("A-1", None, None, None)
    assert row["source_created_at"] == datetime(2026, 1, 5, 5, tzinfo=UTC)
    assert row["source_updated_at"] == datetime(2026, 1, 6, 2, tzinfo=UTC)
    assert row["createdBy"] == "form@acme.io"


def test_the_crm_gives_ids_times_account_and_audit_log() -> None:
    log = '[{"id": 1, "event": "lead_created"}]'
    typed = normalise(
        [
            {"id": "1234567890123456789", "accountId": "north", "createdAt": "2026-01-05T00:00:00Z", "auditLog": log},
            {"id": "0", "accountId": "", "createdAt": "never", "auditLog": "{}"},
        ],
        CRM,
    )
    row, other = typed.leads.rows(named=True)
    assert (row["id"], row["accountId"], row["audit_log"]) == (1234567890123456789, "north", log)
    assert row["createdAt"] == row["source_created_at"] == datetime(2026, 1, 5, tzinfo=UTC)
    assert (other["id"], other["accountId"], other["audit_log"]) == (None, "acme", None)
    assert [issue for issue in issues(typed) if issue[2] != "name_missing"] == [
        (2, "auditLog", "json_invalid", "{}"),
        (2, "createdAt", "date_invalid", "never"),
        (2, "id", "number_invalid", "0"),
    ]


def test_names_that_the_crm_does_not_have_are_empty_with_an_issue() -> None:
    typed = normalise([{"id": "1", "firstName": "n/a"}], CRM)
    assert (lead(typed)["firstName"], lead(typed)["lastName"]) == ("", "")
    assert issues(typed) == [(1, "firstName", "name_missing", "n/a"), (1, "lastName", "name_missing", None)]


def test_a_feeds_placeholders_fill_missing_names_and_are_no_evidence() -> None:
    feed = Feed(name="expo", account_id="acme", placeholders={"lastName": "(unknown)"})
    typed = normalise([{"firstName": "Dana", "lastName": "-", "email": "d@x.io"}, {"lastName": "Reyes"}], feed)
    assert typed.leads.select("lastName", "has_placeholder_name").rows() == [("(unknown)", True), ("Reyes", False)]
    assert typed.leads["key_basis"][0] == "email\x1fdana\x1f\x1f\x1f\x1fd@x.io"


def test_a_feeds_defaults_fill_missing_cells_only() -> None:
    feed = Feed(
        name="expo", account_id="acme", defaults={"source": "Expo 2026", "numberOfEmployees": "1", "archived": "no"}
    )
    typed = normalise(
        [
            {"source": "", "numberOfEmployees": "many"},
            {"source": "Booth", "numberOfEmployees": "11-50"},
            {"source": "N/A", "numberOfEmployees": None},
        ],
        feed,
    )
    assert typed.leads.select("source", "numberOfEmployees", "archived").rows() == [
        ("Expo 2026", None, False),
        ("Booth", 11, False),
        ("Expo 2026", 1, False),
    ]


def test_bad_cells_are_null_with_their_raw_text() -> None:
    typed = normalise(
        [
            {
                "createdAt": " 01/02/2026",
                "lastContacted": "yesterday",
                "teamId": "1,200",
                "archived": "maybe",
                "phone": " 555-0100 ",
            }
        ]
    )
    row = lead(typed)
    assert [row[name] for name in ("source_created_at", "lastContacted", "teamId", "archived")] == [None] * 4
    assert row["phone"] == "555-0100"
    assert issues(typed) == [
        (1, "archived", "boolean_invalid", "maybe"),
        (1, "createdAt", "date_ambiguous", " 01/02/2026"),
        (1, "lastContacted", "date_invalid", "yesterday"),
        (1, "phone", "phone_invalid", " 555-0100 "),
        (1, "teamId", "number_invalid", "1,200"),
    ]


def test_blank_cells_have_no_issue() -> None:
    typed = normalise([{"email": "N/A", "phone": "000-0000", "createdAt": "-", "teamId": "null", "archived": ""}])
    assert typed.issues.is_empty()
    assert typed.contacts.is_empty()


def test_the_first_valid_contact_is_the_leads() -> None:
    typed = normalise(
        [
            {"email": "omar@haddad", "email#2": "Omar@Haddad.io", "phone": "555-0100", "phone#2": "212-736-5000"},
            {"email": "", "email#2": "a@x.io; b@x.io", "phone": "555-0100", "phone#2": ""},
            {"email": "a@x.io / 212 736 5001", "email#2": "c@x.io", "phone": "", "phone#2": "212 736 5002 x7"},
        ]
    )
    assert typed.leads.select("email", "phone").rows() == [
        ("omar@haddad.io", "+12127365000"),
        ("a@x.io", "555-0100"),
        ("a@x.io", "+12127365001"),
    ]
    assert typed.contacts.sort("row_number", "kind", "position").rows() == [
        (1, 0, "email", "omar@haddad", "omar@haddad", False),
        (1, 1, "email", "omar@haddad.io", "Omar@Haddad.io", True),
        (1, 0, "phone", "5550100", "555-0100", False),
        (1, 1, "phone", "+12127365000", "212-736-5000", True),
        (2, 0, "email", "a@x.io", "a@x.io", True),
        (2, 1, "email", "b@x.io", "b@x.io", True),
        (2, 0, "phone", "5550100", "555-0100", False),
        (3, 0, "email", "a@x.io", "a@x.io", True),
        (3, 1, "email", "c@x.io", "c@x.io", True),
        (3, 0, "phone", "+12127365001", "212 736 5001", True),
        (3, 1, "phone", "+12127365002", "212 736 5002 x7", True),
    ]


def test_the_crms_blank_cells_withdraw_and_absent_ones_do_not() -> None:
    typed = normalise(
        [
            {"id": "1", "jobTitle": "", "phone": "n/a", "email": "", "email#2": "a@x.io", "notes": "x", "teamId": " "},
            {
                "id": "2",
                "jobTitle": None,
                "phone": "555-0100",
                "email": None,
                "email#2": "",
                "notes": "-",
                "teamId": "x",
            },
            {"id": "3", "jobTitle": "CEO", "phone": "212 736 5000", "email": "bad", "notes": "x", "teamId": "1"},
        ],
        CRM,
    )
    assert typed.leads["cleared"].to_list() == [["jobTitle", "phone", "teamId"], ["email", "notes"], None]


@pytest.mark.parametrize(("token", "cleared"), [("CLEAR", ["jobTitle", "phone"]), (None, None)])
def test_a_vendor_withdraws_by_its_token_alone(token: str | None, cleared: list[str] | None) -> None:
    feed = Feed(name="partner", account_id="acme", clear_token=token)
    typed = normalise(
        [{"jobTitle": " CLEAR ", "phone": "CLEAR", "notes": "", "email": "a@x.io", "email#2": "CLEAR"}], feed
    )
    assert lead(typed)["cleared"] == cleared
    assert (lead(typed)["jobTitle"], lead(typed)["email"]) == (None if token else "CLEAR", "a@x.io")
    assert typed.issues.is_empty() == (token is not None)


def test_without_a_contact_the_whole_row_is_the_key() -> None:
    typed = normalise(
        [
            {"firstName": "Dana", "company": "Acme", "notes": "met at  the booth", "extra": '{"Hall": "3"}'},
            {"firstName": "DANA", "company": "ACME ", "notes": "Met at the booth", "extra": '{"Hall": "3"}'},
            {"firstName": "Dana", "company": "Acme", "notes": "N/A", "extra": None},
        ]
    )
    keys = typed.leads["key_basis"].to_list()
    assert (
        keys[0] == keys[1] == 'row\x1fcompany=acme\x1fextra={"hall": "3"}\x1ffirstName=dana\x1fnotes=met at the booth'
    )
    assert keys[2] == "row\x1fcompany=acme\x1ffirstName=dana"


def test_rows_with_a_key_of_their_own_need_no_other() -> None:
    vendor = normalise([{"source_key": "A1", "email": "a@x.io"}, {"source_key": "", "email": "a@x.io"}])
    assert vendor.leads["key_basis"].to_list() == ["", "email\x1f\x1f\x1f\x1f\x1fa@x.io"]
    crm = normalise([{"id": "1", "email": "a@x.io"}, {"id": "x", "email": "a@x.io"}], CRM)
    assert crm.leads["key_basis"].to_list() == ["", "email\x1f\x1f\x1f\x1f\x1fa@x.io"]


def test_the_order_of_dates_is_found_over_all_chunks() -> None:
    chunks = [
        mapped([{"createdAt": "01/02/2026", "lastContacted": "45306"}]),
        mapped([{"createdAt": "25/02/2026", "updatedAt": "01/02/2026"}]),
    ]
    orders = find_date_orders(chunks, WEBFORM)
    assert orders == {"createdAt": "dmy", "lastContacted": "excel"}
    row = lead(normalise_leads(chunks[0], WEBFORM, orders))
    assert (row["source_created_at"], row["lastContacted"]) == (
        datetime(2026, 2, 1, tzinfo=UTC),
        datetime(2024, 1, 15, tzinfo=UTC),
    )


def test_a_feeds_order_of_dates_is_not_asked_of_the_file() -> None:
    feed = Feed(name="expo", account_id="acme", date_order="mdy")
    chunk = mapped([{"createdAt": "01/02/2026"}, {"createdAt": "25/02/2026"}])
    assert find_date_orders([chunk], feed) == {}
    assert normalise_leads(chunk, feed, {}).leads["source_created_at"].to_list() == [
        datetime(2026, 1, 2, tzinfo=UTC),
        datetime(2026, 2, 25, tzinfo=UTC),
    ]
