"""The fast and the careful way of reading give the same rows, whatever the file and wherever blocks end."""

import csv
import io
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import event, example, given
from hypothesis import strategies as st

from flows.formats import json_lines, json_plain, text_blocks
from flows.formats.csv_careful import Columns, read_carefully
from flows.formats.csv_plain import read_plain
from flows.formats.csv_records import read_csv_records
from flows.formats.json_document import read_json_document
from flows.formats.json_lines import read_json_lines
from flows.formats.records import FileFormat, Position, RawChunk, regroup


def text_of(*pieces: str, max_size: int) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(pieces), max_size=max_size).map("".join)


CELLS = text_of("a", "b", " ", "é", "1", ",", '"', "\n", "\r\n", max_size=4)
TABLES = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=6)
)
# Text in which quotes, delimiters and line ends meet in every way.
DAMAGED = text_of("a", '"', '"', ",", ",", "\n", "\r\n", " ", "\0", max_size=24)
JSON_KEYS = st.sampled_from(["a", "b", "c d", "é", ""])
JSON_VALUES = st.one_of(
    st.sampled_from(["", "x", "é", ", ", ": b", 'q"', "\\", "{", "[1]", "😀", "\t"]),
    st.integers(-(10**20), 10**20),
    st.sampled_from([1.5, True, False, None]),
    st.lists(st.integers(0, 9) | st.sampled_from(["x", "[", '"'])),
    st.dictionaries(st.sampled_from(["d", "e"]), st.integers(0, 9), max_size=2),
)
RECORDS = st.lists(st.dictionaries(JSON_KEYS, JSON_VALUES, min_size=1, max_size=4), min_size=1, max_size=6)


def joined(table: list[list[str]]) -> str:
    return "\n".join(",".join(cells) for cells in table)


def written(table: list[list[str]], quoting: Any, end: str) -> str:
    text = io.StringIO()
    csv.writer(text, quoting=quoting, lineterminator=end).writerows(table)
    return text.getvalue()


@contextmanager
def blocks_of(size: int) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_blocks, "BLOCK_BYTES", size)
        yield


@contextmanager
def file_of(text: str | bytes) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export"
        path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
        yield path


def contents(chunks: Iterator[RawChunk]) -> tuple[Any, ...]:
    """All that is to be known of a file: columns, rows, broken records, and each record's raw text."""
    gathered = list(regroup(chunks, 2))
    raws = []
    for chunk in gathered:
        numbers = [*chunk.rows["row_number"], *(record.row_number for record in chunk.broken)]
        raws += list(zip(sorted(numbers), chunk.raw_of(sorted(numbers)), strict=True))
    frame = pl.concat([chunk.rows for chunk in gathered], how="diagonal")
    assert [number for number, _ in raws] == list(range(1, len(raws) + 1))
    return frame.columns, frame.rows(), [record for chunk in gathered for record in chunk.broken], raws


@given(TABLES, st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]), st.sampled_from(["\n", "\r\n"]))
def test_what_a_csv_writer_wrote_is_read_back(table: list[list[str]], quoting: Any, end: str) -> None:
    columns = Columns(",", tuple(map(str, range(len(table[0])))), len(table[0]))
    wanted = [tuple(cells) for cells in table if any(cell.strip() for cell in cells)]
    block = written(table, quoting, end).encode()
    for read in (
        read_carefully(block, columns, Position(0, 0), is_last=True),
        read_plain(block, columns, Position(0, 0)),
    ):
        if read is not None:
            assert read.chunk.rows.drop("row_number", "line_number").rows() == wanted
            assert read.chunk.broken == []


@given(
    st.one_of(
        st.tuples(TABLES.map(joined), st.integers(1, 4)),
        st.tuples(DAMAGED, st.integers(1, 4)),
        TABLES.map(lambda table: (written(table, csv.QUOTE_MINIMAL, "\n"), len(table[0]))),
        TABLES.map(lambda table: (written(table, csv.QUOTE_ALL, "\r\n"), len(table[0]))),
    ),
    st.booleans(),
)
@example(('a,"b\n"\n,"', 2), False)
@example(("a,b\n\n", 2), False)
@example(("\n", 1), False)
def test_fast_way_agrees_with_the_careful_one(case: tuple[str, int], has_unnamed: bool) -> None:
    text, width = case
    block = (text if text.endswith("\n") else text + "\n").encode()
    columns = Columns(",", tuple(map(str, range(width))), max(1, width - has_unnamed))
    plain = read_plain(block, columns, Position(7, 9))
    event("plain" if plain else "not plain")
    if plain is None:
        return
    careful = read_carefully(block[: plain.size], columns, Position(7, 9), is_last=True)
    assert plain.chunk.rows.equals(careful.chunk.rows)
    assert careful.chunk.broken == []
    assert (plain.size, plain.end) == (careful.size, careful.end)
    numbers = plain.chunk.rows["row_number"].to_list()
    assert plain.chunk.raw_of(numbers) == careful.chunk.raw_of(numbers)


@given(DAMAGED, st.integers(1, 40), st.sampled_from(["utf-8", "utf-16", "cp1252"]))
def test_csv_is_the_same_wherever_blocks_end(text: str, block_bytes: int, encoding: str) -> None:
    file_format = FileFormat("csv", encoding, ",", 1)
    with file_of(("x,y\n" + text).encode(encoding)) as path:
        whole = contents(read_csv_records(path, file_format, lambda *_block: None))
        with blocks_of(block_bytes):
            assert contents(read_csv_records(path, file_format)) == whole


@given(RECORDS, st.sampled_from([(", ", ": "), (",", ":"), (" ,", " : ")]), st.booleans(), st.integers(1, 60))
def test_ndjson_is_the_same_whichever_way_it_is_read(
    records: list[dict[str, Any]], separators: tuple[str, str], is_ascii: bool, block_bytes: int
) -> None:
    lines = [json.dumps(record, ensure_ascii=is_ascii, separators=separators) for record in records]
    file_format = FileFormat("ndjson", "utf-8", None, None)
    with file_of("\n".join(lines)) as path:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(json_lines, "read_plain_lines", lambda _lines: None)
            careful = contents(read_json_lines(path, file_format))
        with pytest.MonkeyPatch.context() as patch, blocks_of(block_bytes):
            patch.setattr(json_plain, "_LINES_MIN", 1)
            assert contents(read_json_lines(path, file_format)) == careful
    assert careful[2] == []
    assert [raw for _, raw in careful[3]] == lines


@given(RECORDS, st.sampled_from([None, 0, 2]), st.integers(1, 60))
def test_document_has_the_same_cells_as_its_records_on_lines(
    records: list[dict[str, Any]], indent: int | None, block_bytes: int
) -> None:
    with file_of("\n".join(json.dumps(record) for record in records)) as path:
        columns, rows, *_ = contents(read_json_lines(path, FileFormat("ndjson", "utf-8", None, None)))
    with file_of(json.dumps({"total": 1, "data": records}, indent=indent)) as path, blocks_of(block_bytes):
        document = contents(read_json_document(path, FileFormat("json", "utf-8", None, None)))
    assert document[0] == columns
    # Arrays keep their layout, and lines are other ones.
    assert [[squeezed(cell) for cell in row[2:]] for row in document[1]] == [
        [squeezed(cell) for cell in row[2:]] for row in rows
    ]
    assert document[2] == []


def squeezed(cell: str | None) -> str | None:
    return cell and "".join(cell.split())


@given(RECORDS.map(lambda records: "\n".join(json.dumps(record) for record in records)), st.data())
def test_each_line_of_damaged_ndjson_is_accounted_for(text: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text) - 1))
    damaged = text[:at] + data.draw(st.sampled_from(["", "x", '"', "{", "}", ",", "]", "\n"])) + text[at + 1 :]
    with file_of(damaged) as path:
        _, rows, broken, raws = contents(read_json_lines(path, FileFormat("ndjson", "utf-8", None, None)))
    assert [raw for _, raw in raws] == [line for line in damaged.split("\n") if line.strip()]
    assert len(rows) + len(broken) == len(raws)
    for record in broken:
        assert not is_object(record.raw) or "twice" in record.message or "half" in record.message
    readable = {number for number, raw in raws if is_object(raw)}
    assert {row[0] for row in rows} <= readable


def is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text, strict=False), dict)
    except ValueError:
        return False
