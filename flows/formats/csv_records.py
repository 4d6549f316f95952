"""CSV files as chunks of raw records: the header once, then block by block, fast where that is proven safe.

Each block of whole lines is either plain and read by Polars, or read by the careful reader; both count
records and lines alike, so a broken row in the middle of a file slows down its own block only.
"""

import csv
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from flows.errors import UnreadableFileError
from flows.formats.csv_careful import (
    BlockRead,
    Columns,
    LineTap,
    read_carefully,
    strict_reader,
)
from flows.formats.csv_lenient import read_leniently
from flows.formats.csv_plain import read_plain
from flows.formats.records import (
    RECORD_BYTES_MAX,
    TOO_LARGE,
    WHITESPACE,
    BrokenRecord,
    ColumnNames,
    FileFormat,
    Position,
    RawChunk,
    broken_chunk,
    empty_chunk,
)
from flows.formats.text_blocks import LineBlocks, readable, utf8_blocks

# A header with line breaks in it takes a few lines; one with a quote left open would take the file.
_HEADER_LINES: Final = 1_000

PlainReader = Callable[[bytes, Columns, Position], BlockRead | None]


def read_csv_records(path: Path, file_format: FileFormat, plain_reader: PlainReader = read_plain) -> Iterator[RawChunk]:
    """Yield the records of a CSV file in order; all chunks have the same columns, the first may be empty.

    Raises UnreadableFileError where the header cannot be read.
    """
    blocks = _open(path, file_format)
    columns, line = _read_header(blocks, file_format)
    if columns.required < len(columns.names):
        columns = _without_unused(path, file_format, columns)
    yield empty_chunk(columns.names)
    yield from _read_rows(blocks, columns, line, plain_reader)


def _open(path: Path, file_format: FileFormat) -> LineBlocks:
    return LineBlocks(utf8_blocks(path, file_format.encoding or "utf-8"))


def _read_header(blocks: LineBlocks, file_format: FileFormat) -> tuple[Columns, int]:
    """Read up to the end of the header; return the columns and how many lines that took."""
    delimiter = file_format.delimiter or ","
    header_row = file_format.header_row or 1
    raw_lines = blocks.whole_lines()[:RECORD_BYTES_MAX].splitlines(keepends=True)
    if not raw_lines:
        raise UnreadableFileError(
            f"line 1 is over {RECORD_BYTES_MAX // 2**20} MiB: no header row" if blocks.has_rest else "the file is empty"
        )
    if header_row > len(raw_lines):
        raise UnreadableFileError(
            f"header_row is {header_row}, but the file has {len(raw_lines)} lines; correct it for the feed"
        )
    cells, taken = _header_cells(raw_lines[header_row - 1 :], header_row, delimiter)
    names = ColumnNames()
    named = [number for number, cell in enumerate(cells, start=1) if cell.strip("\ufeff" + WHITESPACE)]
    if not named:
        raise UnreadableFileError(f"line {header_row} is blank: no header row; set `header_row` for the feed")
    columns = Columns(delimiter, tuple(names.name(cell) for cell in cells), named[-1])
    line = header_row - 1 + taken
    blocks.use(sum(map(len, raw_lines[:line])))
    return columns, line


def _header_cells(raw_lines: list[bytes], header_row: int, delimiter: str) -> tuple[list[str], int]:
    """Return the cells of the header and how many lines it takes."""
    tap = LineTap([readable(line) for line in raw_lines[:_HEADER_LINES]])
    try:
        return next(strict_reader(tap, delimiter)), tap.position
    except csv.Error:
        cells = read_leniently(readable(raw_lines[0]), delimiter)
        if cells is None:
            raise UnreadableFileError(
                f"line {header_row}: the header cannot be read, a quote in it is not closed"
            ) from None
        return cells, 1


def _without_unused(path: Path, file_format: FileFormat, columns: Columns) -> Columns:
    """Leave out columns behind the last named one that hold nothing in the whole file.

    Exports with a delimiter at the end of each line have one. It takes a look at all rows to know, which
    only such files pay for: a value in row one million must not be lost.
    """
    used = columns.required
    blocks = _open(path, file_format)
    _, line = _read_header(blocks, file_format)
    for chunk in _read_rows(blocks, columns, line, read_plain):
        for number in range(len(columns.names), used, -1):
            column = chunk.rows[columns.names[number - 1]]
            if (column.fill_null("").str.strip_chars() != "").any():
                used = number
                break
    return replace(columns, names=columns.names[:used])


def _read_rows(blocks: LineBlocks, columns: Columns, line: int, plain_reader: PlainReader) -> Iterator[RawChunk]:
    """Yield the records behind the header, which took the first `line` lines."""
    position = Position(records=0, lines=line)
    while True:
        lines = blocks.whole_lines()
        if not lines:
            if not blocks.has_rest:
                return
            position = Position(position.records + 1, position.lines + 1)
            raw = readable(blocks.skip_line())
            yield broken_chunk(columns.names, BrokenRecord(position.records, position.lines, raw, *TOO_LARGE))
            continue
        read = plain_reader(lines, columns, position) or read_carefully(
            lines, columns, position, is_last=blocks.is_last
        )
        if read.size == 0:
            # One record is longer than all that is at hand.
            blocks.extend()
            continue
        position = read.end
        blocks.use(read.size)
        yield read.chunk
