"""Dates: every way to write one day is that day, and what could be two days is none."""

from datetime import UTC, datetime

import polars as pl
import pytest

from flows.cells.dates import DateEvidence, gather_evidence, parse_dates
from flows.cells.moments import DayOrder


def read(text: str, zone: str = "UTC", order: DayOrder | None = None) -> datetime | str | None:
    parsed = parse_dates(pl.Series([text]), zone, order)
    if parsed.issues.is_empty():
        value: datetime | None = parsed.values[0]
        return value
    return str(parsed.issues["code"][0])


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-01-15", "2024-01-15"),
        ("2024-01-15T09:30:00Z", "2024-01-15T09:30"),
        ("2024-01-15T09:30:00.123456789Z", "2024-01-15T09:30:00.123456"),
        ("2024-01-15T09:30:00+05:30", "2024-01-15T04:00"),
        ("2024-01-15T09:30:00-0500", "2024-01-15T14:30"),
        ("2024-01-15 09:30", "2024-01-15T09:30"),
        ("2026-01-06 02:00:00+00", "2026-01-06T02:00"),
        ("2026-01-06 02:00:00.5+00", "2026-01-06T02:00:00.5"),
        ("2024/01/15 09:30:15", "2024-01-15T09:30:15"),
        ("20240115", "2024-01-15"),
        ("20240115T093000Z", "2024-01-15T09:30"),
        ("2024-01-15T24:00:00", "2024-01-16"),
        ("01/15/2024", "2024-01-15"),
        ("1/15/2024 9:30 PM", "2024-01-15T21:30"),
        ("1/15/2024, 12:05\u202fAM", "2024-01-15T00:05"),
        ("15.01.2024", "2024-01-15"),
        ("3.4.2024 09:30:15", "2024-04-03T09:30:15"),
        ("02/02/2024", "2024-02-02"),
        ("15-Jan-2024", "2024-01-15"),
        ("15 Mar 2024", "2024-03-15"),
        ("Mar 20 2024", "2024-03-20"),
        ("March 20, 2024", "2024-03-20"),
        ("Wed, 20 Mar 2024 10:11:12 GMT", "2024-03-20T10:11:12"),
        ("Wed Mar 20 2024 10:11:12 GMT+0100 (CET)", "2024-03-20T09:11:12"),
        ("Jan 15, 2024 9:30 AM EST", "2024-01-15T14:30"),
        ("15. März 2024", "2024-03-15"),
        ("21 de octubre de 2014", "2014-10-21"),
        ("15-Jan-24", "2024-01-15"),
        ("1/15/69", "1969-01-15"),
        ("1704067200", "2024-01-01"),
        ("1704067200123", "2024-01-01T00:00:00.123"),
    ],
)
def test_ways_to_write_a_date(text: str, expected: str) -> None:
    assert read(text) == at(expected)


@pytest.mark.parametrize(
    "text",
    [
        *("yesterday", "2 days ago", "today", "next Friday", "March 2024", "2024", "12:30", "Q1 2024", "soon"),
        *("2024-02-30", "31/31/2024", "1899-12-31", "2201-01-01", "2024-01-15T25:00", "15/Foo/2024", "45306"),
        *("x" * 200, "20 Mar 2024 10:00 XYZ", "1/15/2024 13:30 am", "10-2024"),
    ],
)
def test_what_is_no_date(text: str) -> None:
    assert read(text) == "date_invalid"


@pytest.mark.parametrize("text", ["01/02/2024", "3-4-2024", "01/02/24 10:00", "24-01-15"])
def test_two_readings_are_ambiguous(text: str) -> None:
    assert read(text) == "date_ambiguous"


@pytest.mark.parametrize(
    ("text", "order", "expected"),
    [
        ("01/02/2024", "mdy", "2024-01-02"),
        ("01/02/2024", "dmy", "2024-02-01"),
        ("13/02/2024", "mdy", "2024-02-13"),
        ("01.02.2024", "mdy", "2024-02-01"),
        ("24-01-15", "ymd", "2024-01-15"),
        ("2024-02-01", "dmy", "2024-02-01"),
    ],
)
def test_an_order_settles_what_it_can(text: str, order: DayOrder, expected: str) -> None:
    assert read(text, order=order) == at(expected)


@pytest.mark.parametrize("text", ["", "N/A", "-", "0000-00-00", "0000-00-00 00:00:00", "na"])
def test_blank_dates_are_null_without_an_issue(text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-01-15", "2024-01-15T05:00"),
        ("2024-07-15 12:00", "2024-07-15T16:00"),
        ("2024-01-15T12:00:00Z", "2024-01-15T12:00"),
        ("2024-11-03 01:30", "2024-11-03T05:30"),
        ("2024-03-10 02:30", "2024-03-10T07:30"),
    ],
)
def test_times_without_a_zone_are_local(text: str, expected: str) -> None:
    assert read(text, zone="America/New_York") == at(expected)


def test_mixed_columns_are_read_cell_by_cell() -> None:
    cells = ["2024-01-15T09:30:00Z", "", "01/20/2024", None, "2024-01-15 09:30:00+00", "20.03.2024", "never"]
    parsed = parse_dates(pl.Series(cells), "UTC")
    assert parsed.values.to_list() == [
        at("2024-01-15T09:30"),
        None,
        at("2024-01-20"),
        None,
        at("2024-01-15T09:30"),
        at("2024-03-20"),
        None,
    ]
    assert parsed.issues.rows() == [(6, "date_invalid")]


def test_day_numbers_of_a_sheet_are_read_where_the_column_shows_them() -> None:
    cells = pl.Series(["45306", "45306.5", "20000.25", "99999"])
    assert gather_evidence(cells).order == "excel"
    assert parse_dates(cells, "UTC", has_serials=True).values.to_list() == [
        at("2024-01-15"),
        at("2024-01-15T12:00"),
        at("1954-10-03T06:00"),
        None,
    ]


@pytest.mark.parametrize(
    ("cells", "order"),
    [
        (["01/02/2024", "03/25/2024"], "mdy"),
        (["01/02/2024", "25-03-2024"], "dmy"),
        (["01/02/2024", "03/04/2024"], None),
        (["01/25/2024", "25/01/2024"], None),
        (["25.03.2024", "2024-01-25", "24-01-15"], None),
        (["45306", "", "2024-01-25"], None),
        ([], None),
    ],
)
def test_the_order_is_what_a_column_shows_without_contradiction(cells: list[str], order: str | None) -> None:
    assert gather_evidence(pl.Series(cells, dtype=pl.String)).order == order


def test_evidence_adds_up_over_chunks() -> None:
    chunks = [pl.Series(["01/02/2024"]), pl.Series(["13/02/2024"]), pl.Series([None, ""], dtype=pl.String)]
    total = sum(map(gather_evidence, chunks), DateEvidence())
    assert (total, total.order) == (DateEvidence(filled=2, day_first=1), "dmy")
