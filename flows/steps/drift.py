"""Drift: what is other about a file than about the last one of its feed, told before anybody misses it.

A feed remembers the columns of its last export that stands, and how full they were (table `batch_column`). What
changed is a warning of the batch; only a file that lacks a column without which no lead can be made is refused.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import polars as pl
from rapidfuzz.fuzz import ratio

from flows.errors import BatchFailedError
from flows.header_matching import HeaderMatch
from flows.plain_text import told_header
from flows.warehouse import Warehouse
from schemas.reference import Feed

# Fewer rows than this may be empty by chance.
SMALLEST_JUDGED_ROW_COUNT: Final = 20
# A column that this share of the rows filled is expected to go on being filled, and this little is as good as empty.
FULL_FRACTION: Final = 0.5
EMPTY_FRACTION: Final = 0.05
# Headers that are as alike as this (0 to 100) are one column that was renamed.
ALIKE: Final = 88

_NAMES: Final = ("firstName", "lastName")


@dataclass
class Column:
    """One column of a file: its header, the field it was taken for, and in how many rows it says anything."""

    header: str
    field: str | None
    filled_count: int = 0


@dataclass
class Columns:
    """The columns of a file in their order, gathered chunk by chunk."""

    row_count: int = 0
    by_header: dict[str, Column] = field(default_factory=dict)

    def add(self, rows: pl.DataFrame, matches: Sequence[HeaderMatch]) -> None:
        """Count a chunk of raw rows, whose headers were matched so."""
        self.row_count += rows.height
        filled = rows.select((pl.col(match.header) != "").sum() for match in matches).row(0) if matches else ()
        for match, count in zip(matches, filled, strict=True):
            column = self.by_header.setdefault(match.header, Column(match.header, match.field))
            column.filled_count += count

    @property
    def fields(self) -> set[str]:
        """The fields that columns were taken for."""
        return {column.field for column in self.by_header.values() if column.field}

    def frame(self, batch_id: int) -> pl.DataFrame:
        """Return the rows of `batch_column`."""
        return pl.DataFrame(
            [
                (batch_id, position, column.header, column.field, column.filled_count, self.row_count)
                for position, column in enumerate(self.by_header.values(), start=1)
            ],
            schema={
                "batch_id": pl.Int64,
                "position": pl.Int64,
                "header": pl.String,
                "field": pl.String,
                "filled_count": pl.Int64,
                "row_count": pl.Int64,
            },
            orient="row",
        )


@dataclass(frozen=True)
class Drift:
    """What changed between two files of a feed, by header; `renamed` goes from the old header to the new."""

    new: tuple[Column, ...] = ()
    missing: tuple[Column, ...] = ()
    renamed: Mapping[str, Column] = field(default_factory=dict)
    emptied: tuple[Column, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """How many columns changed and how: the part of it that holds no text of the file."""
        return {
            "new": len(self.new),
            "missing": len(self.missing),
            "renamed": len(self.renamed),
            "emptied": len(self.emptied),
        }

    @property
    def warnings(self) -> tuple[str, ...]:
        """Return a sentence per change, for people."""
        return (
            *(f"new column {told_header(column.header)!r}, {_use(column)}" for column in self.new),
            *(f"column {told_header(column.header)!r} is missing; it was {_use(column)}" for column in self.missing),
            *(
                f"column {told_header(old)!r} is now called {told_header(column.header)!r}, {_use(column)}"
                for old, column in self.renamed.items()
            ),
            *(
                f"column {told_header(column.header)!r} is suddenly empty; it was {_use(column)}"
                for column in self.emptied
            ),
        )


def _use(column: Column) -> str:
    return f"taken for {column.field}" if column.field else "kept in extra"


def last_columns(warehouse: Warehouse, feed: Feed) -> Columns:
    """Return the columns of the feed's last export that stands; none where it is the first."""
    columns = Columns()
    for header, name, filled_count, row_count in warehouse.frame("load/last_columns", {"feed": feed.name}).iter_rows():
        columns.by_header[header] = Column(header, name, filled_count)
        columns.row_count = row_count
    return columns


def keep_columns(warehouse: Warehouse, batch_id: int, columns: Columns) -> None:
    """Remember the columns of a batch that is loaded, for the next export of its feed."""
    warehouse.append("batch_column", columns.frame(batch_id))


def find_drift(before: Columns, now: Columns, *, has_header: bool) -> Drift:
    """Compare the columns of two files of a feed.

    `has_header` says whether the format names all columns in front: else, in JSON, a key that is absent is a cell
    that is empty. Where either file is too small to judge how full its columns are, nothing is called empty.
    """
    if not before.by_header or not now.by_header:
        return Drift()
    new = [column for header, column in now.by_header.items() if header not in before.by_header]
    missing = [column for header, column in before.by_header.items() if header not in now.by_header]
    renamed = _find_renamed(missing, new)
    new = [column for column in new if column not in renamed.values()]
    missing = [column for column in missing if column.header not in renamed]
    emptied = [now.by_header[header] for header in before.by_header if header in now.by_header]
    if not has_header:
        emptied += [Column(column.header, column.field) for column in missing]
        missing = []
    is_judged = min(before.row_count, now.row_count) >= SMALLEST_JUDGED_ROW_COUNT
    return Drift(
        tuple(new),
        tuple(missing),
        renamed,
        tuple(column for column in emptied if is_judged and _is_emptied(column, before, now)),
    )


def _find_renamed(missing: Iterable[Column], new: Collection[Column]) -> dict[str, Column]:
    """Pair columns that went with columns that came: those of one field, and those whose headers are alike."""
    renamed: dict[str, Column] = {}
    for gone in missing:
        for come in new:
            is_alike = ratio(gone.header.casefold(), come.header.casefold()) >= ALIKE
            if come not in renamed.values() and (is_alike or (gone.field and gone.field == come.field)):
                renamed[gone.header] = come
                break
    return renamed


def _is_emptied(column: Column, before: Columns, now: Columns) -> bool:
    was = before.by_header[column.header].filled_count / before.row_count
    return was >= FULL_FRACTION and column.filled_count / now.row_count <= EMPTY_FRACTION


def require_addresses(now: Columns, feed: Feed) -> None:
    """Raise BatchFailedError for a list of opt-outs with rows in which no column is taken for an address."""
    if now.row_count and now.fields.isdisjoint(("email", "phone")):
        raise BatchFailedError(
            "no column is taken for email or phone, so nobody can be marked; see what each column is taken for with: "
            f"leads map FILE; name the right one under `headers` of feed {feed.name}"
        )


def require_columns(now: Columns, before: Columns, feed: Feed) -> None:
    """Raise BatchFailedError for a file with a header and rows that lacks what every lead must have.

    A vendor's file needs columns for first and last name, or one for both, unless the feed puts in what is missing;
    the CRM's needs its ids where its last export had them.
    """
    if feed.origin == "crm":
        needed = {"id"} & before.fields
    else:
        needed = set() if "full_name" in now.fields else {*_NAMES} - {*feed.placeholders} - {*feed.defaults}
    lacking = sorted(needed - now.fields)
    if lacking and now.row_count:
        raise BatchFailedError(
            f"no column is taken for {' and '.join(lacking)}, without which no lead can be made; see what each "
            f"column is taken for with: leads map FILE; name the right one under `headers` of feed {feed.name}"
        )
