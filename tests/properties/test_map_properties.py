"""What holds for every file: no cell is lost, no row moves, and the order of columns decides nothing."""

import json
from collections import Counter

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from flows.cells.full_names import split_full_names
from flows.cells.json_objects import json_objects
from flows.header_aliases import load_aliases
from flows.steps.map import map_headers, map_records
from schemas.reference import Feed

ALIASES = load_aliases(None)
VENDOR = Feed(name="default")

# As Unicode has it; Python's own counts four separators of records as well.
WHITE_SPACE = "".join(chr(code) for code in range(0x3001) if chr(code).isspace() and not 0x1C <= code <= 0x1F)

HEADERS = [
    *("First Name", "Last Name", "Full Name", "Email", "Work Email", "Phone", "Mobile", "Company", "Title"),
    *("Lead Status", "Stage", "Notes", "Budget", "Lead ID", "City", "Country", "Tags", "Emial", "Do Not Call"),
]
cells = st.one_of(st.none(), st.text(st.characters(codec="utf-8"), max_size=12))


def raw(columns: dict[str, list[str | None]], height: int) -> pl.DataFrame:
    numbers = pl.int_range(1, height + 1, eager=True)
    return pl.DataFrame(
        {
            "row_number": numbers,
            "line_number": numbers + 1,
            **{header: pl.Series(texts, dtype=pl.String) for header, texts in columns.items()},
        }
    )


@st.composite
def files(draw: st.DrawFn) -> pl.DataFrame:
    height = draw(st.integers(1, 4))
    headers = draw(st.lists(st.sampled_from(HEADERS), unique=True, min_size=1))
    columns = {header: draw(st.lists(cells, min_size=height, max_size=height)) for header in headers}
    return raw(columns, height)


@given(files())
def test_every_text_is_in_a_field_or_in_extra(frame: pl.DataFrame) -> None:
    headers = frame.columns[2:]
    matches = map_headers(headers, VENDOR, ALIASES)
    mapped = map_records(frame, matches, VENDOR)

    assert mapped["row_number"].to_list() == frame["row_number"].to_list()
    composed = {match.header for match in matches if match.field in ("full_name", "location")}
    for given_row, row in zip(frame.iter_rows(named=True), mapped.iter_rows(named=True), strict=True):
        extra = json.loads(row["extra"]) if row["extra"] else {}
        values = [text.strip() for text in row.values() if isinstance(text, str)]
        for header in headers:
            text = given_row[header]
            if text is None or header in composed or not text.strip():
                continue
            assert text.strip() in values or extra.get(header) == text


@given(files(), st.randoms())
def test_order_of_columns_decides_no_match(frame: pl.DataFrame, random: object) -> None:
    headers = frame.columns[2:]
    shuffled = sorted(headers, key=lambda _: random.random())  # type: ignore[attr-defined]

    given_order = Counter(map_headers(headers, VENDOR, ALIASES))
    other_order = Counter(map_headers(shuffled, VENDOR, ALIASES))

    assert given_order == other_order


@given(st.dictionaries(st.text(st.characters(codec="utf-8")), cells, max_size=4))
def test_extra_is_the_json_of_what_is_said(row: dict[str, str | None]) -> None:
    columns = {header: pl.Series([text], dtype=pl.String) for header, text in row.items()}
    said = {header: text for header, text in row.items() if text is not None and text.strip(WHITE_SPACE)}

    written = json_objects(columns, 1).item()

    assert (json.loads(written) if written else {}) == said


@given(st.lists(st.one_of(st.none(), st.text("abAB .,'’-()\"éñЖ田中太郎김 李", max_size=14)), min_size=1, max_size=5))
def test_split_names_hold_no_letter_that_was_not_given(names: list[str | None]) -> None:
    split = split_full_names(pl.Series(names, dtype=pl.String), "US")

    for name, first, last in zip(names, split.first, split.last, strict=True):
        given_letters = Counter(filter(str.isalpha, name or ""))
        kept = Counter(filter(str.isalpha, (first or "") + (last or "")))
        assert kept <= given_letters
        assert (first is None and last is None) == (name is None)
