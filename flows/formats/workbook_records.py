"""The rows of a workbook's sheet as raw records: a header, and what stands below it.

Told as in a CSV: titles above the header are passed over, blank rows are none, a repeated or empty header
gets a number. A sheet has no delimiters, so a row may end early; a value beside the header gets a column.
"""

import itertools
import json
from bisect import bisect_left
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import polars as pl

from flows.errors import UnreadableFileError
from flows.formats.csv_detection import SAMPLE_RECORDS, SampleRow, find_header
from flows.formats.packing import refuse_too_much
from flows.formats.records import (
    COLUMNS_MAX,
    NUL,
    TOO_LARGE,
    BrokenRecord,
    ColumnNames,
    FileFormat,
    RawChunk,
    empty_chunk,
    raw_frame,
)
from flows.formats.text_blocks import BLOCK_BYTES
from flows.formats.workbook import SheetRow, Workbook, open_workbook
from schemas.raw import ROW_COLUMNS
from schemas.reference import Feed

_TOO_WIDE: Final = ("record_too_long", f"a cell behind column {COLUMNS_MAX:,}")
_PART_CELLS: Final = 500_000


def detect_workbook(path: Path, feed: Feed) -> FileFormat:
    """Return how to read a workbook: the feed's sheet or the first visible one, and its header's row.

    Raises UnreadableFileError where there is no such sheet, or no header in it.
    """
    with open_workbook(path) as workbook:
        sheet, others = _choose_sheet(workbook, feed)
        start = feed.header_row or 1
        sample = [
            SampleRow(row.number, row.cells)
            for row in itertools.islice((row for row in workbook.rows(sheet) if row.number >= start), SAMPLE_RECORDS)
            if row.cells
        ]
        if not sample:
            hint = f"; set `sheet` for feed {feed.name} to read another: {', '.join(others)}" if others else ""
            raise UnreadableFileError(f'sheet "{sheet}" is empty{hint}')
        if feed.header_row and sample[0].line != feed.header_row:
            raise UnreadableFileError(
                f'header_row is {feed.header_row}, but row {feed.header_row} of sheet "{sheet}" is blank; '
                "correct it for the feed"
            )
        header_row = feed.header_row or find_header(sample, max(row.filled for row in sample), "row").line
    warnings = (f'read sheet "{sheet}"; set `sheet` for feed {feed.name} to read another: {", ".join(others)}',)
    return FileFormat("xlsx", None, None, header_row, warnings if others else (), sheet)


def _choose_sheet(workbook: Workbook, feed: Feed) -> tuple[str, list[str]]:
    """Return the sheet to read, and those that somebody might have meant instead."""
    if feed.sheet:
        return workbook.find_sheet(feed.sheet), []
    first, *others = workbook.visible_sheets() or [workbook.first_sheet()]
    return first, [other for other in others if next(workbook.rows(other), None)]


def read_workbook(path: Path, file_format: FileFormat) -> Iterator[RawChunk]:
    """Yield the records of a sheet in order; later chunks may have more columns. The first is empty.

    `line_number` is the row in the sheet. Raises UnreadableFileError where the workbook is damaged.
    """
    packed_bytes = path.stat().st_size
    with open_workbook(path) as workbook:
        rows = workbook.rows(file_format.sheet or workbook.first_sheet())
        header = next((row for row in rows if row.number == file_format.header_row), None)
        if header is None or header.is_too_large:
            raise UnreadableFileError(f"row {file_format.header_row} is no header; correct `header_row` for the feed")
        if header.is_too_wide:
            raise UnreadableFileError(f"more than {COLUMNS_MAX:,} columns; an export of leads has fewer")
        records = _Records(header)
        yield empty_chunk(records.names)
        for row in rows:
            records.add(row)
            if records.is_full:
                refuse_too_much("the workbook", records.characters, packed_bytes)
                yield records.take()
        yield records.take()


class _Records:
    """The rows of a sheet on their way into chunks."""

    def __init__(self, header: SheetRow) -> None:
        self._column_names = ColumnNames()
        self._names = [self._column_names.name(cell) for cell in header.cells]
        # A column that has neither a header nor a value is none.
        self._is_used = [bool(cell.strip()) for cell in header.cells]
        self.characters = 0
        self._taken = 0
        self._start_part()

    def _start_part(self) -> None:
        self._part_characters = 0
        self._width = len(self._names)
        self._rows: list[SheetRow] = []
        self._row_numbers: list[int] = []
        self._broken: list[BrokenRecord] = []

    @property
    def names(self) -> list[str]:
        """The columns that came up so far, in the order of the sheet."""
        return list(itertools.compress(self._names, self._is_used))

    @property
    def is_full(self) -> bool:
        """Whether enough is gathered for a chunk."""
        cells = (len(self._rows) + len(self._broken)) * self._width
        return self._part_characters > BLOCK_BYTES or cells > _PART_CELLS

    def add(self, row: SheetRow) -> None:
        """Add a row, which is a record, readable or not."""
        self._taken += 1
        reason = _reason_to_break(row)
        size = sum(map(len, row.cells))
        self._part_characters += size
        self._width = max(self._width, len(row.cells))
        self.characters += size
        if reason:
            self._broken.append(BrokenRecord(self._taken, row.number, self._raw(row.cells), *reason))
        else:
            self._rows.append(row)
            self._row_numbers.append(self._taken)

    def take(self) -> RawChunk:
        """Return what was added since the last call."""
        rows, row_numbers, broken, width = self._rows, self._row_numbers, self._broken, self._width
        self._start_part()
        # One long column, cut into the real ones by stride, as the careful CSV reader does.
        cells = pl.Series(
            [cell for row in rows for cell in (*row.cells, *[""] * (width - len(row.cells)))], dtype=pl.String
        )
        columns = [cells.gather_every(width, number) for number in range(width)]
        missing = width - len(self._names)
        self._names.extend(self._column_names.name("") for _ in range(missing))
        self._is_used.extend([False] * missing)
        for number, column in enumerate(columns):
            self._is_used[number] = self._is_used[number] or bool((column != "").any())
        frame = raw_frame(
            pl.Series(row_numbers, dtype=pl.Int64),
            pl.Series([row.number for row in rows], dtype=pl.Int64),
            (columns[number].alias(name) for number, name in enumerate(self._names) if self._is_used[number]),
        )

        # Of the frame, not of the rows: those of a wide sheet are long lists of blank cells.
        def raw_of(wanted: list[int]) -> list[str]:
            found = (frame.row(bisect_left(row_numbers, number), named=True) for number in wanted)
            return [
                _as_json({name: cell for name, cell in cells.items() if name not in ROW_COLUMNS}) for cells in found
            ]

        return RawChunk(frame, raw_of, broken)

    def _raw(self, cells: list[str]) -> str:
        """Return a row as JSON: a sheet has no text of its own to show."""
        headers = [*self._names, *(f"column {number + 1}" for number in range(len(self._names), len(cells)))]
        return _as_json(dict(zip(headers, cells, strict=False)))


def _as_json(cells: dict[str, str]) -> str:
    return json.dumps({header: cell for header, cell in cells.items() if cell}, ensure_ascii=False)


def _reason_to_break(row: SheetRow) -> tuple[str, str] | None:
    if row.is_too_large:
        return TOO_LARGE
    if row.is_too_wide:
        return _TOO_WIDE
    return NUL if any("\0" in cell for cell in row.cells) else None
