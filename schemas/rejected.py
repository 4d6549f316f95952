"""The contract of rejected rows: a record that no lead can be made from, and why.

One row per rejected record. `reasons` holds every reason found, each with the column it is about (empty
for the record as a whole), a code of design 5.9, and a sentence that tells what to do.
"""

from typing import Final

import pandera.polars as pa
import polars as pl

REASON: Final = pl.Struct({"column": pl.String(), "code": pl.String(), "message": pl.String()})

REJECTED_COLUMNS: Final[dict[str, pl.DataType]] = {
    "row_number": pl.Int64(),
    "line_number": pl.Int64(),
    "source_key": pl.String(),
    "raw": pl.String(),
    "reasons": pl.List(REASON),
}

REJECTED_SCHEMA: Final = pa.DataFrameSchema(
    {
        "row_number": pa.Column(pl.Int64, pa.Check.ge(1)),
        "line_number": pa.Column(pl.Int64, nullable=True),
        "source_key": pa.Column(pl.String, nullable=True),
        "raw": pa.Column(pl.String, nullable=True),
        "reasons": pa.Column(pl.List(REASON)),
    },
    unique=["row_number"],
    strict=True,
    ordered=True,
    name="rejected rows",
)
