"""NDJSON: one JSON value per line, where a bad line is a broken record and the others are read.

Lines that are alike and plain go the fast way; the rest is decoded by the standard library, many lines at
a time where that proves them whole.
"""

import json
from bisect import bisect_left
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import polars as pl

from flows.formats.json_cells import TOO_DEEP, JsonTable, decode_line, scan_value
from flows.formats.json_plain import read_plain_lines
from flows.formats.records import (
    HUGE_RECORD_SHOWN,
    RECORD_BYTES_MAX,
    TOO_LARGE,
    BrokenRecord,
    FileFormat,
    Position,
    RawChunk,
    broken_chunk,
    empty_chunk,
    raw_frame,
)
from flows.formats.text_blocks import LineBlocks, readable, utf8_blocks

_BATCH_LINES: Final = 1_000
_SEPARATOR: Final = "leadmill: the next record"


def read_json_lines(path: Path, file_format: FileFormat) -> Iterator[RawChunk]:
    """Yield the records of an NDJSON file in order; blank lines are none. The first chunk is empty."""
    table = JsonTable()
    blocks = LineBlocks(utf8_blocks(path, file_format.encoding or "utf-8"))
    position = Position(records=0, lines=0)
    yield empty_chunk(())
    while True:
        lines = blocks.whole_lines()
        if lines:
            raw_lines = lines.splitlines()
            chunk = _read_lines(table, raw_lines, position)
            position = Position(position.records + chunk.record_count, position.lines + len(raw_lines))
            blocks.use(len(lines))
            yield chunk
        elif blocks.has_rest:
            position = Position(position.records + 1, position.lines + 1)
            raw = readable(blocks.skip_line())
            yield broken_chunk((), BrokenRecord(position.records, position.lines, raw, *TOO_LARGE))
        else:
            return


def _read_lines(table: JsonTable, raw_lines: list[bytes], start: Position) -> RawChunk:
    """Read lines that stand behind `start`: each one that is not blank is a record."""
    lines = [number for number, line in enumerate(raw_lines) if line.strip()]
    # An escape needs decoding; whatever else does shows in the shape of the lines.
    plain = [record for record, line in enumerate(lines) if b"\\" not in raw_lines[line]]
    is_small = max(map(len, raw_lines)) <= RECORD_BYTES_MAX
    columns = read_plain_lines([raw_lines[lines[record]] for record in plain]) if is_small else None
    if columns is None:
        columns, plain = {}, []

    def decode(records: list[int]) -> None:
        for first in range(0, len(records), _BATCH_LINES):
            batch = records[first : first + _BATCH_LINES]
            positions = [Position(start.records + n + 1, start.lines + lines[n] + 1) for n in batch]
            _decode_lines(table, positions, [raw_lines[lines[n]] for n in batch])

    others = sorted(set(range(len(lines))).difference(plain))
    # Columns are named in the order in which they come up in the file, whichever way they are read.
    before = bisect_left(others, plain[0]) if plain else 0
    decode(others[:before])
    named = [column.alias(table.name((key,))) for key, column in columns.items()]
    decode(others[before:])
    rows, broken = table.take()
    if plain:
        records = pl.Series(plain, dtype=pl.Int64)
        line_numbers = pl.Series(lines, dtype=pl.Int64).gather(records) + start.lines + 1
        rows = pl.concat([rows, raw_frame(records + start.records + 1, line_numbers, named)], how="diagonal")
        rows = rows.sort("row_number") if others else rows

    def raw_of(row_numbers: list[int]) -> list[str]:
        return [readable(raw_lines[lines[number - start.records - 1]]) for number in row_numbers]

    return RawChunk(rows, raw_of, broken)


def _decode_lines(table: JsonTable, positions: list[Position], lines: list[bytes]) -> None:
    """Add lines to the table, each with its row number and line."""
    texts = [line.decode("utf-8", "surrogateescape") for line in lines]
    table.look_at("\n".join(texts))
    is_small = max(map(len, lines)) <= RECORD_BYTES_MAX
    values = _decode_together(texts) if is_small else None
    if values is None:
        for position, line, text in zip(positions, lines, texts, strict=True):
            if len(line) > RECORD_BYTES_MAX:
                table.add_broken(text[:HUGE_RECORD_SHOWN], position, *TOO_LARGE)
            else:
                _decode_line(table, text, position)
        return
    for position, text, value in zip(positions, texts, values, strict=True):
        table.add(value, text, position)


def _decode_together(lines: list[str]) -> list[Any] | None:
    """Decode many lines in one go, which is faster than one by one; None unless each is one value.

    A separator stands between any two lines. Where all of them come back, every second one, at the top
    level, no value reaches over its line and no line holds two.
    """
    text = "[" + f',"{_SEPARATOR}",'.join(lines) + "]"
    if text.count(_SEPARATOR) != len(lines) - 1:
        return None
    try:
        values, end = scan_value(text, 0)
    except (ValueError, StopIteration, RecursionError):
        return None
    # A line may also close the list itself.
    if end != len(text) or len(values) != 2 * len(lines) - 1:
        return None
    if values[1::2].count(_SEPARATOR) != len(lines) - 1:
        return None
    return list(values[::2])


def _decode_line(table: JsonTable, text: str, position: Position) -> None:
    try:
        table.add(decode_line(text), text, position)
    except json.JSONDecodeError as error:
        table.add_broken(text, position, "record_json", f"column {error.pos + 1}: {error.msg}")
    except ValueError as error:
        table.add_broken(text, position, "record_json", str(error))
    except RecursionError:
        table.add_broken(text, position, *TOO_DEEP)
