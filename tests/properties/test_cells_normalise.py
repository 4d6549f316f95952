"""Normalising whole rows: twice is once, rows do not know of each other, and none is lost or made."""

import random
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from flows.steps.normalise import Typed, normalise_leads
from schemas.lead import CONTACT_SCHEMA, ISSUE_SCHEMA, TYPED_LEAD_COLUMNS
from schemas.reference import Feed
from schemas.spec import lead_columns, lead_fields

CRM = Feed(name="crm", origin="crm", account_id="acme", timezone="Europe/Berlin")
WEBFORM = Feed(name="webform", account_id="acme", clear_token="CLEAR")

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=15)
BLANKS = st.sampled_from([None, "", " ", "N/A", "-", "CLEAR"])
GOOD: dict[str, st.SearchStrategy[str]] = {
    "firstName": st.sampled_from(["Dana", "DANA", "dana", "O'NEIL", "=cmd|' /C calc'!A0", "李", "mary-jane"]),
    "lastName": st.sampled_from(["Reyes", "REYES", "van der berg", "MCDONALD", "Null", "+A1"]),
    "email": st.sampled_from(
        ["dana@reyes.io", " DANA@reyes.io", "omar@haddad", "a@x.io; b@x.io", "a@x.io / 212 736 5001", "d@münchen.de"]
    ),
    "phone": st.sampled_from(
        ["(212) 736-5000", "212.736.5000", "+49 30 901820", "555-0100", "212 736 5000 x7", "call me", "000-0000"]
    ),
    "createdAt": st.sampled_from(
        ["2026-01-06T02:00:00Z", "2026-01-06 02:00:00.25+00", "06.01.2026", "01/02/2026", "yesterday", "29 Feb 2024"]
    ),
    "numberOfEmployees": st.sampled_from(["11-50", "10,000+", "7", "many"]),
    "monthlyTransactionVolume": st.sampled_from(["$1,200.50", "1.200,00", "(500)", "50k", "9" * 30]),
    "teamId": st.sampled_from(["1", "9223372036854775807", "9223372036854775808", "1,2"]),
    "archived": st.sampled_from(["true", "No", "archiviert", "maybe"]),
    "notes": st.sampled_from(["line one\r\nline two", "  padded\t text ", "Cafe\u0301"]),
}
COLUMNS = [*GOOD, "email#2", "company", "jobTitle", "interestedInSwitching", "lastContacted", "extra"]


@st.composite
def mapped_frames(draw: st.DrawFn) -> pl.DataFrame:
    """Mapped frames as `map` gives them: some of the columns, blanks and absent cells among the cells."""
    names = draw(st.lists(st.sampled_from(COLUMNS), min_size=1, unique=True))
    height = draw(st.integers(0, 6))
    cells = {
        name: draw(
            st.lists(GOOD.get(name.partition("#")[0], ANY_TEXT) | ANY_TEXT | BLANKS, min_size=height, max_size=height)
        )
        for name in names
    }
    return pl.DataFrame(
        {"row_number": list(range(1, height + 1)), "line_number": list(range(2, height + 2)), **cells},
        schema={"row_number": pl.Int64, "line_number": pl.Int64, **dict.fromkeys(names, pl.String)},
    )


def as_text(leads: pl.DataFrame, duckdb: bool) -> pl.DataFrame:
    """Typed leads as an export of the warehouse writes them: a cell for each field, blank where it has none."""
    times = pl.col(pl.Datetime).dt
    written = times.to_string("%Y-%m-%d %H:%M:%S%.f+00") if duckdb else times.to_string("%Y-%m-%dT%H:%M:%S%.6fZ")
    return (
        leads.select("row_number", "line_number", *lead_columns(), "extra")
        .with_columns(written)
        .with_columns(pl.col(pl.Boolean).replace_strict({True: "true", False: "false"}, return_dtype=pl.String))
        .with_columns(pl.col(name).cast(pl.String).fill_null("") for name in lead_columns())
    )


def lead_values(typed: Typed) -> pl.DataFrame:
    return typed.leads.select("row_number", *lead_columns(), "extra", "source_created_at", "source_updated_at")


@settings(max_examples=30)
@given(mapped_frames(), st.booleans())
def test_normalising_twice_is_normalising_once(mapped: pl.DataFrame, duckdb: bool) -> None:
    first = normalise_leads(mapped, CRM, {"createdAt": "dmy"})
    second = normalise_leads(as_text(first.leads, duckdb), CRM, {"createdAt": "dmy"})
    assert_frame_equal(lead_values(second), lead_values(first))
    # A phone number that is none, and a name that is missing, still are.
    assert set(second.issues["code"]) <= {"phone_invalid", "name_missing"}


@settings(max_examples=30)
@given(mapped_frames(), st.sampled_from([CRM, WEBFORM]), st.randoms(use_true_random=False))
def test_rows_do_not_know_of_each_other(mapped: pl.DataFrame, feed: Feed, shuffler: random.Random) -> None:
    order = list(range(mapped.height))
    shuffler.shuffle(order)
    whole, shuffled = normalise_leads(mapped, feed, {}), normalise_leads(mapped[order], feed, {})
    assert_frame_equal(shuffled.leads.sort("row_number"), whole.leads)
    assert_frame_equal(shuffled.contacts, whole.contacts, check_row_order=False)
    assert_frame_equal(shuffled.issues, whole.issues, check_row_order=False)


@settings(max_examples=30)
@given(mapped_frames(), st.sampled_from([CRM, WEBFORM]))
def test_every_row_comes_out_once_and_in_its_place(mapped: pl.DataFrame, feed: Feed) -> None:
    typed = normalise_leads(mapped, feed, {})
    assert typed.leads.schema == pl.Schema(TYPED_LEAD_COLUMNS)
    assert typed.leads["row_number"].to_list() == mapped["row_number"].to_list()
    assert set(typed.contacts["row_number"]) | set(typed.issues["row_number"]) <= set(mapped["row_number"])
    CONTACT_SCHEMA.validate(typed.contacts)
    ISSUE_SCHEMA.validate(typed.issues)


@settings(max_examples=30)
@given(mapped_frames())
def test_a_withdrawn_field_has_a_blank_cell_and_no_value(mapped: pl.DataFrame) -> None:
    typed = normalise_leads(mapped, CRM, {})
    types = {field.name: field.type for field in lead_fields()}
    for row in typed.leads.select("row_number", "cleared", *types).iter_rows(named=True):
        issues: Any = typed.issues.filter(pl.col("row_number") == row["row_number"])["column_name"].to_list()
        for field in row["cleared"] or []:
            assert row[field] in (None, "")
            assert field in mapped.columns or f"{field}#2" in mapped.columns
            assert field not in issues or field in ("firstName", "lastName")


NAMES = st.sampled_from(["dana reyes", "Mary-Jane", "o'neil", "émile", "straße", "李"])


@settings(max_examples=30)
@given(
    NAMES,
    NAMES,
    st.sampled_from(["", "dana@reyes.io"]),
    st.sampled_from(["212-736-5000", "555-0100"]),
    st.sampled_from([("({}) {}-{}", "{}-{}"), ("{}.{}.{}", "{}.{}"), ("{} {} {}", " {} {} ")]),
    st.sampled_from([str.upper, str.title, str]),
)
def test_key_is_blind_to_case_spacing_and_spelling_of_phones(
    first: str, last: str, email: str, phone: str, forms: tuple[str, str], change_case: Any
) -> None:
    parts = phone.split("-")
    respelled = (forms[0] if len(parts) == 3 else forms[1]).format(*parts)
    rows = [
        [first, last, email, phone, "Acme Inc"],
        [f" {change_case(first)}  ", change_case(last), change_case(email), respelled, "ACME   inc\u200b"],
    ]
    mapped = pl.DataFrame(
        [[1, 2, *rows[0]], [2, 3, *rows[1]]],
        schema={
            **{"row_number": pl.Int64, "line_number": pl.Int64},
            **dict.fromkeys(("firstName", "lastName", "email", "phone", "company"), pl.String),
        },
        orient="row",
    )
    keys = normalise_leads(mapped, WEBFORM, {}).leads["key_basis"].to_list()
    assert keys[0] == keys[1]
