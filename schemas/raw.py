"""The contract of the raw frame, the hand-over from read to map: what a file says, as text.

One row per readable record, in file order. Null means that the record has no such cell (a JSON key that
is absent), empty text that the cell is there and blank. Which columns there are, the file says.
"""

from collections.abc import Iterable
from typing import Final

import pandera.polars as pa
import polars as pl

# What stands in the archive in place of a cell that may not be kept.
REMOVED: Final = "[removed]"

# Where a record stands: its number among the records, and the physical line that it starts on.
ROW_COLUMNS: Final[dict[str, pl.DataType]] = {"row_number": pl.Int64(), "line_number": pl.Int64()}


def raw_columns(headers: Iterable[str]) -> dict[str, pl.DataType]:
    """Return the column types of the raw frame of a file with these headers, in order."""
    return {**ROW_COLUMNS, **{header: pl.String() for header in headers}}


def raw_schema(headers: Iterable[str]) -> pa.DataFrameSchema:
    """Return the schema of the raw frame of a file with these headers."""
    return pa.DataFrameSchema(
        {
            **{name: pa.Column(dtype, pa.Check.ge(1)) for name, dtype in ROW_COLUMNS.items()},
            **{header: pa.Column(pl.String, nullable=True) for header in headers},
        },
        strict=True,
        ordered=True,
        name="raw records",
    )
