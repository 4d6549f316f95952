"""What a CSV file looks like: its delimiter and the line of its header, found on its first records.

The right delimiter is the one that cuts the records into the same number of cells, and the header with
them. Lines above the header are passed over only where they clearly are none of the table: a wrong
guess would take a lead for a header.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from flows.errors import UnreadableFileError
from flows.formats.csv_careful import LineTap, strict_reader
from flows.formats.csv_lenient import read_leniently
from flows.formats.records import is_blank

# A comma first: of two delimiters that fit alike, it is the likelier one.
DELIMITERS: Final = (",", ";", "\t", "|")

SAMPLE_RECORDS: Final = 200
_PREAMBLE_LINES: Final = 30

# Excel's own first line, which names the delimiter.
_SEP_LINE: Final = re.compile(r'"?sep=(.)"?', re.IGNORECASE)
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}")
_DATA: Final = re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}|[-+(]*[\d][\d\s().:/+-]*")


@dataclass(frozen=True)
class SampleRow:
    """A record of the sample with its physical line number."""

    line: int
    cells: list[str]

    @property
    def filled(self) -> int:
        """How many cells are not blank."""
        return sum(not is_blank([cell]) for cell in self.cells)


@dataclass(frozen=True)
class _Fit:
    """How well a delimiter fits a sample."""

    delimiter: str
    rows: list[SampleRow]
    width: int
    share: float

    @property
    def rank(self) -> tuple[bool, float, int]:
        """Better is: the first row has as many cells as the table, more rows agree, more cells."""
        return len(self.rows[0].cells) == self.width, round(self.share, 1), self.width


def find_table(lines: list[str], delimiter: str | None, header_row: int | None) -> tuple[str, int]:
    """Return the delimiter and the physical line of the header, each as given or else as found.

    `lines` are the first physical lines of the file, with their ends. Raises UnreadableFileError where
    there is no header.
    """
    start = header_row or 1
    sep = _SEP_LINE.fullmatch(lines[0].strip("\ufeff\r\n")) if lines and start == 1 else None
    if sep:
        delimiter, start = delimiter or sep[1], 2
    fit = _fit(lines, start, delimiter) if delimiter else _best_fit(lines, start)
    if header_row and header_row > len(lines):
        raise UnreadableFileError(
            f"header_row is {header_row}, but the file has {len(lines)} lines; correct it for the feed"
        )
    if not fit.rows:
        raise UnreadableFileError("no header row: every line at the beginning of the file is blank")
    return fit.delimiter, header_row or find_header(fit.rows, fit.width).line


def _best_fit(lines: list[str], start: int) -> _Fit:
    fits = [_fit(lines, start, delimiter) for delimiter in DELIMITERS]
    tables = [fit for fit in fits if fit.rows and fit.width > 1]
    if not tables:
        return fits[0]
    best = max(tables, key=lambda fit: fit.rank)
    if len(best.rows[0].cells) == 1 and best.share < 0.5:
        # Words with commas here and there: a list with one column, which no delimiter cuts.
        return next((fit for fit in fits if fit.width == 1), best)
    return best


def _fit(lines: list[str], start: int, delimiter: str) -> _Fit:
    rows = [row for row in _sample_rows(lines, start, delimiter) if not is_blank(row.cells)]
    widths = Counter(len(row.cells) for row in rows)
    width = max((width for width in widths if width > 1), key=lambda width: (widths[width], width), default=1)
    return _Fit(delimiter, rows, width, widths[width] / len(rows) if rows else 0.0)


def _sample_rows(lines: list[str], start: int, delimiter: str) -> Iterator[SampleRow]:
    """Yield the first records from line `start` on, broken ones cut as they are."""
    tap = LineTap(lines)
    tap.set_back(start - 1)
    reader = strict_reader(tap, delimiter)
    for _ in range(SAMPLE_RECORDS):
        first = tap.position
        try:
            cells = next(reader, None)
        except csv.Error:
            tap.set_back(first + 1)
            text = lines[first]
            cells = read_leniently(text, delimiter) or text.split(delimiter)
        if cells is None:
            return
        yield SampleRow(first + 1, cells)


def find_header(rows: list[SampleRow], width: int, line_word: str = "line") -> SampleRow:
    """Return the row of the header: the first one, unless it is a title or note above the table.

    `rows` are the first that are not blank, `width` is how many cells those of the table have. Raises
    UnreadableFileError where there is a record in its place.
    """
    first = rows[0]
    for row in rows[:_PREAMBLE_LINES]:
        if not _is_preamble(row, width):
            header = row if row is first or _looks_like_header(row) else first
            break
    else:
        header = first
    if any(_EMAIL.fullmatch(cell.strip()) for cell in header.cells):
        raise UnreadableFileError(
            f"{line_word} {header.line} holds an e-mail address where the header should be; "
            "add a header row, or set `header_row` for the feed"
        )
    return header


def _is_preamble(row: SampleRow, width: int) -> bool:
    if width < 2:
        return False
    return len(row.cells) == 1 or (width > 2 and row.filled * 3 <= width)


def _looks_like_header(row: SampleRow) -> bool:
    filled = [cell.strip() for cell in row.cells if not is_blank([cell])]
    # A header may stand twice, in a wide table.
    return len(set(filled)) * 2 > len(filled) and not any(_DATA.fullmatch(cell) for cell in filled)
