"""The careful way of reading CSV: every record by the standard library's strict reader, none lost or shifted.

What is well formed is taken as it stands. What is not is read leniently only where that leaves no doubt;
otherwise the record is broken, and reading goes on at the next physical line. A quote that is never
closed costs the line that it opened on, not the rest of the file.
"""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import polars as pl

from flows.formats.csv_lenient import read_leniently
from flows.formats.records import (
    HUGE_RECORD_SHOWN,
    NUL,
    RECORD_BYTES_MAX,
    TOO_LARGE,
    UNDECODABLE,
    BrokenRecord,
    Position,
    RawChunk,
    is_blank,
    raw_frame,
)
from flows.formats.text_blocks import readable, without_line_end

# How far a record is read again leniently: a quote left open may have run on for megabytes.
_LENIENT_LINES: Final = 20

_UNCLOSED_QUOTE: Final = ("record_unclosed_quote", "a quote opens on this line and never closes")
_STRAY_QUOTE: Final = ("record_malformed", "text follows a closing quote; quotes within cells are written twice")


@dataclass(frozen=True)
class Columns:
    """The columns that records are read into, in file order.

    `names` are those of the frame; a record must have the first `required` cells, which are the ones
    that the header names, and may have blank ones behind the last (trailing delimiters).
    """

    delimiter: str
    names: tuple[str, ...]
    required: int

    def fit(self, cells: list[str]) -> list[str | None] | None:
        """Return the cells of a record, one per column, or None where they are too few or too many."""
        if len(cells) < self.required or not is_blank(cells[len(self.names) :]):
            return None
        missing = len(self.names) - len(cells)
        return [*cells[: len(self.names)], *[None] * missing]


@dataclass(frozen=True)
class BlockRead:
    """What was read of a block: the records, how many bytes they took, and how far the file is read."""

    chunk: RawChunk
    size: int
    end: Position


class LineTap:
    """Feeds physical lines to a csv reader, knows how many it took, and can be set back."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self.position = 0
        # Set when the reader asked for a line behind the last: it stopped within a quoted cell.
        self.is_dry = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        position = self.position
        if position >= len(self._lines):
            self.is_dry = True
            raise StopIteration
        self.position = position + 1
        return self._lines[position]

    def set_back(self, position: int) -> None:
        """Go on at an earlier line."""
        self.position = position
        self.is_dry = False


def strict_reader(lines: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    """Return the standard library's reader, which refuses what is not well formed."""
    # The library's own cap is 128 KiB a cell. The setting is the process's: ours is the only use, and the
    # cap on records holds instead.
    csv.field_size_limit(4 * RECORD_BYTES_MAX)
    return csv.reader(lines, delimiter=delimiter, strict=True)


def read_carefully(block: bytes, columns: Columns, start: Position, *, is_last: bool) -> BlockRead:
    """Read a block of whole physical lines.

    A record that may go on behind the block is left for the next call, unless `is_last`: the size read is
    then 0 or more, but less than the block. Row and line numbers go on from `start`.
    """
    return _CarefulBlock(block, columns, start, is_last).read()


class _CarefulBlock:
    """One block on its way: what was found of it so far."""

    def __init__(self, block: bytes, columns: Columns, start: Position, is_last: bool) -> None:
        self._columns = columns
        self._start = start
        self._is_last = is_last
        self._raw_lines = block.splitlines(keepends=True)
        self._lines = [line.decode("utf-8", "surrogateescape") for line in self._raw_lines]
        self._nul_lines, self._undecodable_lines = _spoiled_lines(block, self._raw_lines)
        # Whether each record has to be looked at, however well it parses.
        self._is_suspect = bool(self._nul_lines or self._undecodable_lines) or len(block) > RECORD_BYTES_MAX
        self._tap = LineTap(self._lines)
        self._end = len(self._lines)
        # One entry per record: the lines it takes.
        self._firsts: list[int] = []
        self._ends: list[int] = []
        self._good: list[int] = []
        self._cells: list[str | None] = []
        self._broken: list[BrokenRecord] = []

    def read(self) -> BlockRead:
        """Read all records of the block that end in it."""
        tap, width, is_suspect = self._tap, len(self._columns.names), self._is_suspect
        reader = strict_reader(tap, self._columns.delimiter)
        while tap.position < self._end:
            first = tap.position
            try:
                for cells in reader:
                    # Blank rows begin with a blank cell: one look spares the others.
                    if len(cells) == width and not is_suspect and cells[0].strip():
                        self._keep(first, cells)
                    else:
                        self._settle(first, cells)
                    first = tap.position
            except csv.Error:
                self._recover(first)
        return self._result()

    def _keep(self, first: int, cells: list[str] | list[str | None]) -> None:
        self._good.append(len(self._firsts))
        self._firsts.append(first)
        self._ends.append(self._tap.position)
        self._cells.extend(cells)

    def _settle(self, first: int, cells: list[str]) -> None:
        """Decide on a record that parses, but is not plainly one of this table."""
        end = self._tap.position
        if spoiled := self._spoiled(first, end):
            self._break(first, end, *spoiled)
        elif is_blank(cells):
            return
        elif (fitted := self._columns.fit(cells) or self._read_leniently(first, end)) is not None:
            self._keep(first, fitted)
        elif end - first > 1 and self._is_record(first + 1):
            # The quoted cell ran over what is a record by itself: it was never meant to.
            self._break(first, first + 1, *_UNCLOSED_QUOTE)
        else:
            self._break(first, end, *self._misfit(cells))

    def _recover(self, first: int) -> None:
        """Decide on a record that does not parse; the tap stands where the reader gave up."""
        end = self._tap.position
        is_open = self._tap.is_dry
        if is_open and not self._is_last and self._bytes_from(first) <= RECORD_BYTES_MAX:
            # It may close in the next block.
            self._end = first
            self._tap.set_back(first)
            return
        ends = [end, first + 1]
        if '\\"' in self._lines[first]:
            # The library's reader takes no backslash for an escape and gives up too early.
            ends += range(first + 2, min(first + _LENIENT_LINES, len(self._lines)) + 1)
        for last in ends:
            if (cells := self._read_leniently(first, last)) is not None:
                self._tap.set_back(last)
                if spoiled := self._spoiled(first, last):
                    self._break(first, last, *spoiled)
                else:
                    self._keep(first, cells)
                return
        reason = _UNCLOSED_QUOTE if is_open or end - first > 1 else _STRAY_QUOTE
        self._break(first, first + 1, *(self._spoiled(first, first + 1) or reason))

    def _break(self, first: int, end: int, code: str, message: str) -> None:
        """Reject the lines from `first` on as one record, and go on at line `end`."""
        self._tap.set_back(end)
        self._firsts.append(first)
        self._ends.append(end)
        row_number = self._start.records + len(self._firsts)
        raw = _raw_text(self._raw_lines[first:end])
        if code == "record_too_large":
            raw = raw[:HUGE_RECORD_SHOWN]
        self._broken.append(BrokenRecord(row_number, self._start.lines + first + 1, raw, code, message))

    def _spoiled(self, first: int, end: int) -> tuple[str, str] | None:
        """Say what forbids to use a record, however well it parses."""
        if not self._is_suspect:
            return None
        if sum(map(len, self._raw_lines[first:end])) > RECORD_BYTES_MAX:
            return TOO_LARGE
        lines = range(first, end)
        if self._nul_lines and not self._nul_lines.isdisjoint(lines):
            return NUL
        if self._undecodable_lines and not self._undecodable_lines.isdisjoint(lines):
            return UNDECODABLE
        return None

    def _misfit(self, cells: list[str]) -> tuple[str, str]:
        is_short = len(cells) < self._columns.required
        wanted = self._columns.required if is_short else len(self._columns.names)
        message = f"{_count_cells(len(cells))} where the header has {wanted}"
        return ("record_too_short" if is_short else "record_too_long"), message

    def _is_record(self, line: int) -> bool:
        """Whether a line is a record of this table by itself."""
        try:
            cells = next(strict_reader([self._lines[line]], self._columns.delimiter))
        except csv.Error:
            return False
        return len(cells) > 1 and self._columns.fit(cells) is not None

    def _read_leniently(self, first: int, end: int) -> list[str | None] | None:
        if end - first > _LENIENT_LINES:
            return None
        text = "".join(self._lines[first:end])
        cells = read_leniently(text, self._columns.delimiter) if '"' in text else None
        return self._columns.fit(cells) if cells else None

    def _bytes_from(self, line: int) -> int:
        return sum(map(len, self._raw_lines[line:]))

    def _result(self) -> BlockRead:
        width = len(self._columns.names)
        # One long column, cut into the real ones by stride: many times faster than row by row.
        cells = pl.Series(self._cells, dtype=pl.String)
        good = pl.Series(self._good, dtype=pl.Int64)
        firsts = pl.Series(self._firsts, dtype=pl.Int64)
        rows = raw_frame(
            good + self._start.records + 1,
            firsts.gather(good) + self._start.lines + 1,
            (cells.gather_every(width, i).alias(name) for i, name in enumerate(self._columns.names)),
        )

        # Only what raw text is made of is kept for as long as the chunk.
        raw_lines, starts, ends = self._raw_lines, self._firsts, self._ends
        first_row = self._start.records + 1

        def raw_of(row_numbers: list[int]) -> list[str]:
            records = [number - first_row for number in row_numbers]
            return [_raw_text(raw_lines[starts[record] : ends[record]]) for record in records]

        return BlockRead(
            RawChunk(rows, raw_of, self._broken),
            sum(map(len, self._raw_lines[: self._end])),
            Position(self._start.records + len(self._firsts), self._start.lines + self._end),
        )


def _raw_text(lines: list[bytes]) -> str:
    return readable(without_line_end(b"".join(lines)))


def _count_cells(count: int) -> str:
    return "1 cell" if count == 1 else f"{count} cells"


def _spoiled_lines(block: bytes, lines: list[bytes]) -> tuple[set[int], set[int]]:
    """Return the numbers of lines with a NUL, and of lines that are not valid UTF-8."""
    nul = {number for number, line in enumerate(lines) if b"\0" in line} if b"\0" in block else set()
    return nul, set() if _is_utf8(block) else {n for n, line in enumerate(lines) if not _is_utf8(line)}


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
