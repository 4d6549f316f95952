"""Every cell parser: reading its own answer again changes nothing, and no text makes it stumble."""

import unicodedata
from collections.abc import Callable, Sequence

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flows.cells.booleans import parse_booleans
from flows.cells.contacts import ContactKind, parse_contacts
from flows.cells.dates import parse_dates
from flows.cells.email import parse_emails
from flows.cells.json_lists import parse_json_lists
from flows.cells.names import parse_names
from flows.cells.numbers import parse_counts, parse_ids, parse_money
from flows.cells.parsed import Parsed
from flows.cells.phone import parse_phones
from flows.cells.text import fold_case, parse_text

Parse = Callable[[pl.Series], Parsed]

# Whatever a file may hold: all of Unicode but surrogates, which no Polars text can hold.
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
# Texts near to what each parser looks for, since random text rarely comes near.
NEAR_MISSES = st.text(
    st.sampled_from(list("0123456789+-.,:/ ()[]<>@'\"TZxkM$€%aeinorstAEINORST\u00a0\u200b\u0301éßİſ\n\t")),
    max_size=25,
)
# Each example is a column of several texts, and there are many parsers.
SOME = settings(max_examples=30)
TEXTS = st.lists(st.none() | ANY_TEXT | NEAR_MISSES, max_size=8)

PARSERS: dict[str, Parse] = {
    "text": parse_text,
    "notes": lambda cells: parse_text(cells, keeps_lines=True),
    "first name": lambda cells: parse_names(cells, "first"),
    "last name": lambda cells: parse_names(cells, "last"),
    "id": lambda cells: parse_ids(cells, least=1),
    "count": parse_counts,
    "money": parse_money,
    "boolean": parse_booleans,
    "archived": lambda cells: parse_booleans(cells, "archived"),
    "date": lambda cells: parse_dates(cells, "America/New_York", "mdy", has_serials=True),
    "date of unknown order": lambda cells: parse_dates(cells, "UTC"),
    "audit log": parse_json_lists,
}


def series(cells: Sequence[str | None]) -> pl.Series:
    return pl.Series("cells", cells, dtype=pl.String)


def rendered(values: pl.Series) -> list[pl.Series]:
    """Typed values as an export would write them; times as ISO and as DuckDB shows them."""
    if values.dtype == pl.Boolean:
        return [values.replace_strict({True: "true", False: "false"}, return_dtype=pl.String)]
    if isinstance(values.dtype, pl.Datetime):
        duckdb = values.dt.to_string("%Y-%m-%d %H:%M:%S%.6f").str.strip_chars_end("0").str.strip_chars_end(".")
        return [values.dt.to_string("%Y-%m-%dT%H:%M:%S%.6fZ"), duckdb + "+00"]
    return [values.cast(pl.String)]


@pytest.mark.parametrize("kind", PARSERS)
@SOME
@given(cells=TEXTS)
def test_reading_twice_is_reading_once(kind: str, cells: list[str | None]) -> None:
    parse = PARSERS[kind]
    first = parse(series(cells))
    for texts in rendered(first.values):
        second = parse(texts)
        assert second.values.to_list() == first.values.to_list()
        assert second.issues.is_empty()


@pytest.mark.parametrize("kind", PARSERS)
@SOME
@given(cells=TEXTS)
def test_each_cell_is_read_on_its_own(kind: str, cells: list[str | None]) -> None:
    parse = PARSERS[kind]
    together = parse(series(cells))
    alone = [parse(series([cell])) for cell in cells]
    assert together.values.to_list() == [each.values[0] for each in alone]
    assert together.issues["index"].to_list() == [
        position for position, each in enumerate(alone) if not each.issues.is_empty()
    ]


@pytest.mark.parametrize("kind", PARSERS)
@SOME
@given(cells=TEXTS)
def test_only_cells_that_say_something_have_issues(kind: str, cells: list[str | None]) -> None:
    parsed = PARSERS[kind](series(cells))
    assert parsed.values.len() == len(cells)
    for position, code in parsed.issues.rows():
        # A range has a value, its lower bound, and keeps its text.
        assert (parsed.values[position] is None) == (code != "number_range")
        assert (cells[position] or "").strip()


@given(TEXTS)
def test_emails_read_twice_stay_the_same(cells: list[str | None]) -> None:
    first = parse_emails(series(cells))
    assert parse_emails(first["value"]).rows() == first.rows()


@given(st.lists(st.none() | ANY_TEXT | NEAR_MISSES, max_size=5), st.sampled_from(["US", "GB", "AR", "IT", "JM"]))
def test_valid_phone_numbers_read_twice_stay_the_same(cells: list[str | None], region: str) -> None:
    first = parse_phones(series(cells), region).filter("is_valid")
    assert parse_phones(first["value"], region).rows() == first.rows()


@pytest.mark.parametrize("kind", ["email", "phone"])
@SOME
@given(cells=TEXTS)
def test_each_contact_is_found_on_its_own(kind: ContactKind, cells: list[str | None]) -> None:
    together = parse_contacts(series(cells), kind, "US")
    for position, cell in enumerate(cells):
        alone = parse_contacts(series([cell]), kind, "US")
        assert (together.values[position], together.is_valid[position]) == (alone.values[0], alone.is_valid[0])
        parts = together.parts.filter(pl.col("index") == position)
        assert parts.drop("index").rows() == alone.parts.drop("index").rows()


@given(ANY_TEXT)
@example("Straße")
@example("ΟΔΟΣ οδος οδοσ")
def test_letter_case_makes_no_difference_to_folded_text(text: str) -> None:
    spellings = [text, text.upper(), text.lower(), text.swapcase()]
    # Python and Rust know the same letters only where one case does not add marks to the other.
    if len({unicodedata.normalize("NFKD", spelling).casefold() for spelling in spellings}) == 1:
        assert fold_case(series(spellings)).n_unique() == 1
