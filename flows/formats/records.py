"""What every format gives: chunks of raw records, broken records told apart, names for columns.

A broken record is a value, not an error: it keeps its number, its line and its text, and the records
around it go on. The caps are here because they hold for every format.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

import polars as pl

from flows.errors import UnreadableFileError
from schemas.raw import ROW_COLUMNS, raw_columns

FormatName = Literal["csv", "json", "ndjson", "xlsx", "parquet"]

RECORD_BYTES_MAX: Final = 16 * 2**20
COLUMNS_MAX: Final = 2_000
# 100,000 leads take a tenth of this.
_CHUNK_BYTES_MAX: Final = 256 * 2**20

# Of a record over the cap only the beginning is kept as its raw text; the archive has the rest.
HUGE_RECORD_SHOWN: Final = 10_000

# What Python's `strip` takes away, for Polars, which has another idea of whitespace.
WHITESPACE: Final = "".join(filter(str.isspace, map(chr, range(0x3001))))


# Why a record of any format may be broken: the code of design 5.9, and words for people.
NUL: Final = ("record_nul", "a NUL character; the file may be damaged")
UNDECODABLE: Final = ("record_encoding", "bytes that are no text in the encoding of the file")
TOO_LARGE: Final = ("record_too_large", f"the record is over {RECORD_BYTES_MAX // 2**20} MiB")


@dataclass(frozen=True)
class FileFormat:
    """How a file is to be read, and what was doubtful about finding that out.

    `encoding`, `delimiter`, `header_row` (the physical line of the header, in a workbook the row) and
    `sheet` are null where the format has none.
    """

    format: FormatName
    encoding: str | None
    delimiter: str | None
    header_row: int | None
    warnings: tuple[str, ...] = ()
    sheet: str | None = None


@dataclass(frozen=True)
class BrokenRecord:
    """A record that cannot be read; `code` is one of design 5.9, `message` never holds its contents."""

    row_number: int
    line_number: int
    raw: str
    code: str
    message: str


@dataclass(frozen=True)
class RawChunk:
    """Consecutive records of a file: the readable ones as a raw frame (`schemas.raw`), the broken ones apart.

    `raw_of` gives the physical text, without its last line end, of records of this chunk by row number.
    """

    rows: pl.DataFrame
    raw_of: Callable[[list[int]], list[str]]
    broken: list[BrokenRecord]

    @property
    def record_count(self) -> int:
        """How many records the chunk has, broken ones included."""
        return self.rows.height + len(self.broken)


@dataclass(frozen=True)
class Position:
    """How far a file is read: records and physical lines that lie behind."""

    records: int
    lines: int


def is_blank(cells: Iterable[str]) -> bool:
    """Whether all cells are empty or whitespace: such a row is no record."""
    return not any(cell.strip() for cell in cells)


class ColumnNames:
    """Gives each header of a file a column name of its own."""

    def __init__(self) -> None:
        self._taken: set[str] = set(ROW_COLUMNS)
        self._count = 0

    def name(self, header: str) -> str:
        """Return the name of the next column: the header stripped, numbered where blank or taken.

        Raises UnreadableFileError over 2,000 columns.
        """
        self._count += 1
        if self._count > COLUMNS_MAX:
            raise UnreadableFileError(f"more than {COLUMNS_MAX:,} columns; an export of leads has fewer")
        stem = header.strip("\ufeff" + WHITESPACE) or f"column {self._count}"
        name, repeat = stem, 1
        while name in self._taken:
            repeat += 1
            name = f"{stem} ({repeat})"
        self._taken.add(name)
        return name


def raw_frame(row_numbers: pl.Series, line_numbers: pl.Series, cells: Iterable[pl.Series]) -> pl.DataFrame:
    """Return the raw frame of these columns; `cells` are named for their headers."""
    return pl.DataFrame([row_numbers.alias("row_number"), line_numbers.alias("line_number"), *cells])


def empty_chunk(headers: Iterable[str]) -> RawChunk:
    """Return a chunk without records: a file that has headers and nothing else."""
    return RawChunk(pl.DataFrame(schema=raw_columns(headers)), lambda _row_numbers: [], [])


def broken_chunk(headers: Iterable[str], record: BrokenRecord) -> RawChunk:
    """Return a chunk of one broken record."""
    return RawChunk(pl.DataFrame(schema=raw_columns(headers)), lambda _row_numbers: [record.raw], [record])


def regroup(parts: Iterable[RawChunk], chunk_rows: int) -> Iterator[RawChunk]:
    """Cut and join parts into chunks of exactly `chunk_rows` records; the last one, and huge ones, have fewer.

    How a format cuts its file into parts is nobody's business: so both ways of reading a CSV give the
    same chunks, unless its records are so large that a chunk would not fit in memory. A file without
    records gives one empty chunk, which has its columns.
    """
    held: list[RawChunk] = []
    held_bytes = 0
    room = chunk_rows
    empty: RawChunk | None = None
    has_records = False
    for part in parts:
        empty = part if not part.record_count else empty
        while part.record_count:
            has_records = True
            head, part = _split(part, room)
            held.append(head)
            held_bytes += int(head.rows.estimated_size())
            room -= head.record_count
            if room == 0 or held_bytes > _CHUNK_BYTES_MAX:
                yield _join(held)
                held, held_bytes, room = [], 0, chunk_rows
    if held:
        yield _join(held)
    elif empty is not None and not has_records:
        yield empty


def _split(part: RawChunk, count: int) -> tuple[RawChunk, RawChunk]:
    """Cut a part after its first `count` records."""
    if part.record_count <= count:
        return part, RawChunk(part.rows.clear(), part.raw_of, [])
    last = _first_row_number(part) + count - 1
    rows_in = int(part.rows["row_number"].search_sorted(last, side="right"))
    broken_in = sum(record.row_number <= last for record in part.broken)
    return (
        RawChunk(part.rows.head(rows_in), part.raw_of, part.broken[:broken_in]),
        RawChunk(part.rows.slice(rows_in), part.raw_of, part.broken[broken_in:]),
    )


def _first_row_number(part: RawChunk) -> int:
    firsts = [int(part.rows["row_number"][0])] if part.rows.height else []
    return min([*firsts, *(record.row_number for record in part.broken[:1])])


def _join(parts: list[RawChunk]) -> RawChunk:
    """Join consecutive parts; columns that a part does not have are null in it."""
    if len(parts) == 1:
        return parts[0]
    starts = [_first_row_number(part) for part in parts]

    def raw_of(row_numbers: list[int]) -> list[str]:
        texts: dict[int, str] = {}
        for part, start, end in zip(parts, starts, [*starts[1:], None], strict=True):
            wanted = [number for number in row_numbers if start <= number and (end is None or number < end)]
            texts.update(zip(wanted, part.raw_of(wanted), strict=True) if wanted else [])
        return [texts[number] for number in row_numbers]

    return RawChunk(
        pl.concat([part.rows for part in parts], how="diagonal"),
        raw_of,
        [record for part in parts for record in part.broken],
    )
