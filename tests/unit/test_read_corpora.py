"""Public collections of awkward files, where a checkout has them beside it: read as meant, or told as broken."""

import csv
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from flows.errors import UnreadableFileError
from flows.steps.read import BrokenRecord, FileFormat, detect_format, read_records
from schemas.reference import Feed

CORPORA = Path(__file__).parents[3] / "shared" / "data"
pytestmark = pytest.mark.skipif(not CORPORA.is_dir(), reason="the collections are not here")

# What the collection mends by hand is a rejected row here: nothing is guessed into a lead.
LEFT_BROKEN = {
    "missing-closing-quote.csv": (2, "record_unclosed_quote"),
    "ragged-rows-extra-columns.csv": (3, "record_too_long"),
}


def files(pattern: str) -> list[Any]:
    return [pytest.param(path, id=path.name) for path in sorted(CORPORA.glob(pattern))]


def read(path: Path) -> tuple[pl.DataFrame, list[BrokenRecord]]:
    chunks = list(read_records(path, detect_format(path, Feed(name="corpus"))))
    rows = pl.concat([chunk.rows for chunk in chunks], how="diagonal")
    return rows, [record for chunk in chunks for record in chunk.broken]


@pytest.mark.parametrize("path", files("csv-spectrum/csvs/*.csv"))
def test_csv_spectrum_is_read_as_meant(path: Path) -> None:
    rows, broken = read(path)
    wanted = json.loads((path.parents[1] / "json" / f"{path.stem}.json").read_text(encoding="utf-8"))
    assert rows.drop("row_number", "line_number").to_dicts() == wanted
    assert broken == []


@pytest.mark.parametrize("path", files("datablist/broken_csv/*.csv"))
def test_broken_csv_is_mended_or_rejected(path: Path) -> None:
    rows, broken = read(path)
    with (path.parent / "expected-fixed" / path.name).open(encoding="utf-8", newline="") as file:
        _, *mended = csv.reader(file)
    found = {row[0]: list(row[2:]) for row in rows.iter_rows()}
    assert [(record.line_number, record.code) for record in broken] == [
        LEFT_BROKEN[name] for name in [path.name] if name in LEFT_BROKEN
    ]
    assert found == {
        number: cells
        for number, cells in enumerate(mended, start=1)
        if number not in {record.row_number for record in broken}
    }


@pytest.mark.parametrize("path", files("jsontestsuite/must_parse/*.json"))
def test_json_that_must_parse_gives_a_row_or_a_broken_record_for_each_element(path: Path) -> None:
    document = json.loads(path.read_bytes())
    elements = document if isinstance(document, list) else [document]
    rows, broken = read(path)
    assert rows.height + len(broken) == len(elements)
    for row in rows.iter_rows(named=True):
        element = elements[row["row_number"] - 1]
        assert isinstance(element, dict)
        cells = [cell for cell in list(row.values())[2:] if cell is not None]
        assert len(cells) == len(element)


@pytest.mark.parametrize("path", files("groweasy-demo/demo/csvs/**/*.csv"))
def test_demo_exports_lose_no_line(path: Path) -> None:
    rows, broken = read(path)
    with path.open(encoding="utf-8", newline="") as file:
        filled = [cells for cells in csv.reader(file, delimiter="\t" if "tab" in path.name else ",") if any(cells)]
    assert rows.height + len(broken) == len(filled) - 1


def test_parquet_gives_a_row_for_each_record() -> None:
    rows, broken = read(CORPORA / "er" / "historical_50k.parquet")
    assert broken == []
    assert rows.height == pl.scan_parquet(CORPORA / "er" / "historical_50k.parquet").select(pl.len()).collect().item()


# Settings that change nothing of what a file says. Left out are cases with others, since no feed has them:
# comment lines, other quotes, delimiters of several characters or by a function, typed or transformed cells,
# reading some rows only, lines skipped without a look.
PAPAPARSE_SETTINGS = {"delimiter", "newline", "header", "skipEmptyLines", "fastMode", "escapeChar"}
PAPAPARSE_DELIMITERS = (",", ";", "\t", "|", "\x1e", "\x1f")


def papaparse_cases() -> list[Any]:
    path = CORPORA / "papaparse" / "parse_cases.json"
    suites = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return [
        pytest.param(case, id=f"{suite.partition('_')[0].lower()}-{number}")
        for suite, cases in suites.items()
        for number, case in enumerate(cases)
        if set(case.get("config") or {}) <= PAPAPARSE_SETTINGS
        and (case.get("config") or {}).get("delimiter", ",") in PAPAPARSE_DELIMITERS
        and isinstance(case["input"], str)
    ]


def papaparse_delimiter(case: dict[str, Any], first: list[str]) -> str:
    given = (case.get("config") or {}).get("delimiter")
    found = [sign for sign in PAPAPARSE_DELIMITERS if sign in case["input"] and sign not in "".join(first)]
    return str(given or next(iter(found if len(first) > 1 else []), ","))


@pytest.mark.parametrize("case", papaparse_cases())
def test_papaparse_case_is_read_as_meant_or_rejected(case: dict[str, Any], tmp_path: Path) -> None:
    data, text = case["expected"]["data"], case["input"].removeprefix("\ufeff")
    wanted = [list(row.values()) if isinstance(row, dict) else row for row in data]
    has_header = bool((case.get("config") or {}).get("header"))
    delimiter = papaparse_delimiter(case, wanted[0] if wanted and not has_header else [])
    if has_header:
        # Some of these cases give the header as the first row.
        wanted = wanted if data and isinstance(data[0], dict) else wanted[1:]
    else:
        line_end = next((end for end in ("\r\n", "\n", "\r") if end in text), "\n")
        width = max((len(row) for row in wanted), default=1)
        text = delimiter.join(f"h{number}" for number in range(width)) + line_end + text
    wanted = [row for row in wanted if any(str(cell).strip() for cell in row)]
    path = tmp_path / "case"
    path.write_bytes(text.encode())
    try:
        chunks = list(read_records(path, FileFormat("csv", "utf-8", delimiter, 1)))
    except UnreadableFileError:
        # A header that is not there or not whole is told, too.
        assert has_header
        return
    found = [list(row[2:]) for chunk in chunks for row in chunk.rows.iter_rows()]
    broken = [record for chunk in chunks for record in chunk.broken]
    assert [row for row in wanted if row in found] == found, "no row is shifted, padded or made up"
    assert len(found) + len(broken) >= len(wanted), "no row is lost in silence"
    assert broken or found == wanted
