"""Reading Parquet: typed columns as the text that CSV and JSON exports have of them, batch by batch."""

import json
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flows.errors import UnreadableFileError
from flows.formats import parquet, records
from flows.steps.read import BrokenRecord, FileFormat, RawChunk, detect_format, read_records
from schemas.reference import Feed


def chunks_of(path: Path, chunk_rows: int = 1000, **feed: Any) -> list[RawChunk]:
    return list(read_records(path, detect_format(path, Feed(name="web", **feed)), chunk_rows))


def read(path: Path, chunk_rows: int = 1000) -> tuple[pl.DataFrame, list[BrokenRecord]]:
    chunks = chunks_of(path, chunk_rows)
    return pl.concat([chunk.rows for chunk in chunks]), [record for chunk in chunks for record in chunk.broken]


def written(folder: Path, columns: dict[str, Any], **options: Any) -> Path:
    pq.write_table(pa.table(columns), folder / "export", **options)
    return folder / "export"


@pytest.mark.parametrize(
    ("values", "cells"),
    [
        (pa.array(["Ann", "", None]), ["Ann", "", ""]),
        (pa.array(["a", "b", "a"]).dictionary_encode(), ["a", "b", "a"]),
        (pa.array([1234567890123456789, -1, None]), ["1234567890123456789", "-1", ""]),
        (pa.array([7.0, 1.5, None, float("nan"), 1e20]), ["7", "1.5", "", "", "1e+20"]),
        (pa.array([0.1], pa.float32()), ["0.1"]),
        (pa.array([Decimal("1200.50"), None]), ["1200.50", ""]),
        (pa.array([True, False, None]), ["true", "false", ""]),
        (pa.array([date(2026, 1, 31)]), ["2026-01-31"]),
        (pa.array([datetime(2026, 1, 31, 14, 30)]), ["2026-01-31 14:30:00"]),
        (pa.array([datetime(2026, 1, 31, 14, 30, 0, 500000)]), ["2026-01-31 14:30:00.500"]),
        (
            pa.array([datetime(2026, 1, 31, 14, 30)], pa.timestamp("ms", "Europe/Berlin")),
            ["2026-01-31 14:30:00+00:00"],
        ),
        (pa.array([time(14, 30)]), ["14:30:00"]),
        (pa.array([b"Zo\xc3\xab"]), ["Zoë"]),
        (pa.array([["a", "ü"], [], None]), ['["a", "ü"]', "[]", ""]),
        (pa.array([None, None]), ["", ""]),
    ],
)
def test_values_of_every_type_are_text(tmp_path: Path, values: pa.Array, cells: list[str]) -> None:
    rows, broken = read(written(tmp_path, {"x": values}))
    assert rows["x"].to_list() == cells
    assert rows["row_number"].to_list() == rows["line_number"].to_list() == list(range(1, len(cells) + 1))
    assert broken == []


def test_structs_become_columns_with_dotted_names(tmp_path: Path) -> None:
    people = pa.array([{"name": "Ann", "at": {"city": "Rome"}}, {"name": None, "at": None}, None])
    rows, _ = read(written(tmp_path, {"person": people, "n": [1, 2, 3]}))
    assert rows.drop("row_number", "line_number").to_dicts() == [
        {"person.name": "Ann", "person.at.city": "Rome", "n": "1"},
        {"person.name": "", "person.at.city": "", "n": "2"},
        {"person.name": "", "person.at.city": "", "n": "3"},
    ]


def test_names_are_made_as_for_other_formats(tmp_path: Path) -> None:
    path = tmp_path / "export"
    pq.write_table(pa.Table.from_arrays([pa.array(["a"])] * 4, names=[" Email ", "Email", "", "row_number"]), path)
    rows, _ = read(path)
    assert rows.columns[2:] == ["Email", "Email (2)", "column 3", "row_number (2)"]


def test_batches_and_groups_do_not_change_what_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"Ann{number % 7}" for number in range(100)]
    path = written(tmp_path, {"name": names, "n": list(range(100))}, row_group_size=30)
    whole, _ = read(path)
    assert whole["name"].to_list() == names
    monkeypatch.setattr(parquet, "_BATCH_ROWS", 7)
    assert read(path, chunk_rows=9)[0].equals(whole)


def test_text_of_a_record_is_json(tmp_path: Path) -> None:
    (chunk,) = chunks_of(written(tmp_path, {"name": ["Ann", "Zoë"], "n": [1, None]}))
    assert [json.loads(raw) for raw in chunk.raw_of([2, 1])] == [{"name": "Zoë", "n": ""}, {"name": "Ann", "n": "1"}]


def test_records_that_cannot_be_used_are_broken_and_the_others_load(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "RECORD_BYTES_MAX", 1000)
    columns = {"name": ["a\0b", "Ann", "x" * 2000, "Bo"], "note": [b"", b"fine", b"", b"\xff"]}
    rows, broken = read(written(tmp_path, columns))
    assert rows["name"].to_list() == ["Ann"]
    assert [(record.row_number, record.code) for record in broken] == [
        (1, "record_nul"),
        (3, "record_too_large"),
        (4, "record_encoding"),
    ]


def test_file_without_records_has_its_columns(tmp_path: Path) -> None:
    rows, broken = read(written(tmp_path, {"name": pa.array([], pa.string())}))
    assert (rows.columns, rows.height, broken) == (["row_number", "line_number", "name"], 0, [])


def test_parquet_is_told_by_its_contents(tmp_path: Path) -> None:
    path = written(tmp_path, {"name": ["Ann"]})
    assert detect_format(path, Feed(name="web")) == FileFormat("parquet", None, None, None)
    (tmp_path / "codes.csv").write_text("PAR1,name\n7,Ann\n", encoding="utf-8")
    assert detect_format(tmp_path / "codes.csv", Feed(name="web")).format == "csv"


@pytest.mark.parametrize("cut", [slice(0, -20), slice(200, None)])
def test_cut_off_file_is_refused(tmp_path: Path, cut: slice) -> None:
    path = written(tmp_path, {"name": [f"Ann{number}" for number in range(100)]})
    path.write_bytes(path.read_bytes()[cut])
    with pytest.raises(UnreadableFileError, match="not a CSV, JSON, Excel or Parquet export"):
        chunks_of(path)


def test_damaged_file_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, {"name": [f"Ann{number}" for number in range(100)]})
    content = path.read_bytes()
    path.write_bytes(content[:4] + b"\xff" * 200 + content[204:])
    with pytest.raises(UnreadableFileError, match="the Parquet file is damaged"):
        chunks_of(path)


def test_text_that_is_none_is_refused(tmp_path: Path) -> None:
    bad = pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\1\0\0\0"), pa.py_buffer(b"\xff")])
    with pytest.raises(UnreadableFileError, match="the Parquet file is damaged"):
        chunks_of(written(tmp_path, {"name": bad}))


def test_text_repeated_a_million_times_is_refused(tmp_path: Path) -> None:
    copies = pa.DictionaryArray.from_arrays(pa.array([0] * 1_000_000, pa.int32()), pa.array(["x" * 1000]))
    with pytest.raises(UnreadableFileError, match="250 times its size"):
        chunks_of(written(tmp_path, {"name": copies}))


def test_long_text_that_repeats_is_read_in_small_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "_BATCH_BYTES", 1000)
    names = ["x" * 400, "y", None] * 10
    columns = {"name": pa.array(names).dictionary_encode(), "n": list(range(30))}
    rows, _ = read(written(tmp_path, columns))
    assert rows["name"].to_list() == [name or "" for name in names]
    assert rows["n"].to_list() == [str(number) for number in range(30)]


def test_more_columns_than_an_export_has_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, {f"c{number}": ["x"] for number in range(records.COLUMNS_MAX + 1)})
    with pytest.raises(UnreadableFileError, match=f"more than {records.COLUMNS_MAX:,} columns"):
        chunks_of(path)


def test_file_that_the_feed_says_is_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match='a Parquet file, where feed web says `format = "json"`'):
        chunks_of(written(tmp_path, {"name": ["Ann"]}), format="json")
