"""What a feed's `match_on` columns say of who somebody is, as it is compared."""

from typing import Literal

import polars as pl
import pytest

from flows.steps.evidence import gather_identity_evidence
from schemas.lead import EVIDENCE_COLUMNS
from schemas.raw import raw_columns
from schemas.reference import EvidenceKind, Feed

DateOrder = Literal["mdy", "dmy", "ymd"]


def gather(
    cells: dict[str, list[str | None]], match_on: dict[str, EvidenceKind], date_order: DateOrder | None = None
) -> list[tuple[object, ...]]:
    """Evidence of an export with these columns."""
    count = len(next(iter(cells.values())))
    numbers = {"row_number": list(range(1, count + 1)), "line_number": list(range(2, count + 2))}
    rows = pl.DataFrame({**numbers, **cells}, schema=raw_columns(cells))
    found = gather_identity_evidence(rows, Feed(name="list", match_on=match_on, date_order=date_order))
    assert dict(found.schema) == dict(EVIDENCE_COLUMNS)
    return found.rows()


def values(cells: list[str | None], kind: EvidenceKind, date_order: DateOrder | None = None) -> list[object]:
    """What one column of a kind says, row by row."""
    said = {row[0]: row[3] for row in gather({"Column": cells}, {"Column": kind}, date_order)}
    return [said.get(number) for number in range(1, len(cells) + 1)]


def test_a_cell_is_named_by_its_header_without_case_and_punctuation() -> None:
    found = gather({"Post-Code": ["SW1A 1AA"], "Other": ["x"]}, {"post code": "code"})
    assert found == [(1, "postcode", "code", "sw1a1aa")]


def test_columns_come_in_the_order_of_the_file() -> None:
    found = gather({"B": ["2", "4"], "A": ["1", None]}, {"A": "identifier", "B": "identifier"})
    assert [(number, key, value) for number, key, _, value in found] == [(1, "b", "2"), (2, "b", "4"), (1, "a", "1")]


@pytest.mark.parametrize("kind", ["code", "identifier", "text"])
def test_texts_are_compared_without_case_accents_and_punctuation(kind: EvidenceKind) -> None:
    assert values(["São Paulo", "SAO-PAULO", "são  paulo.", "Ñu/7", "東京"], kind) == [
        *("saopaulo", "saopaulo", "saopaulo"),
        *("nu7", "東京"),
    ]


@pytest.mark.parametrize("kind", ["date", "code", "identifier", "text"])
def test_blanks_and_placeholders_are_never_evidence(kind: EvidenceKind) -> None:
    assert values([None, "", "  ", "N/A", "NA", "null", "-", "--"], kind) == [None] * 8


def test_dates_in_many_ways_are_one_day() -> None:
    said = values(["1962-03-11", "11 March 1962", "Mar 11, 1962", "1962/03/11", "11.03.1962"], "date", "dmy")
    assert said == ["19620311"] * 5


def test_the_order_of_day_and_month_is_the_feeds_or_what_the_column_shows() -> None:
    assert values(["03/11/1962"], "date", "mdy") == ["19620311"]
    assert values(["03/11/1962"], "date", "dmy") == ["19621103"]
    assert values(["03/11/1962", "25/12/1970"], "date") == ["19621103", "19701225"]


def test_a_date_that_no_calendar_has_is_compared_by_its_digits() -> None:
    assert values(["1856-86-18", "c. 1856", "spring"], "date") == ["18568618", None, None]
