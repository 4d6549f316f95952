"""The contract of the audit: what a batch can be, what can become of a row, and the words for people.

The SQL that writes the audit tables gives these values; the checks inside the transaction and the
tests hold it to them.
"""

from typing import Final

import pandera.polars as pa
import polars as pl

BATCH_KINDS: Final = (
    "ingest",
    "replay",
    "undo",
    "approve",
    "merge",
    "unmerge",
    "sweep",
    "reassign",
    "erase",
)
BATCH_STATUSES: Final = ("loaded", "failed", "skipped", "held")
TRIGGERS: Final = ("manual", "schedule", "event")

# What a row did to its lead, and how that is said to people.
OUTCOME_WORDS: Final = {
    "inserted": "new",
    "updated": "matched, changed",
    "unchanged": "matched, no change",
    "merged": "repeat in this file",
    "rejected": "rejected",
    "suppressed": "suppressed",
}

BATCH_SCHEMA: Final = pa.DataFrameSchema(
    {
        "batch_id": pa.Column(pl.Int64, pa.Check.ge(1), unique=True),
        "kind": pa.Column(pl.String, pa.Check.isin(BATCH_KINDS)),
        "status": pa.Column(pl.String, pa.Check.isin(BATCH_STATUSES)),
        "trigger": pa.Column(pl.String, pa.Check.isin(TRIGGERS)),
        "rows_read": pa.Column(pl.Int64, pa.Check.ge(0)),
        **{f"rows_{outcome}": pa.Column(pl.Int64, pa.Check.ge(0)) for outcome in OUTCOME_WORDS},
    },
    checks=[
        pa.Check(
            lambda data: data.lazyframe.select(
                pl.col("rows_read") == pl.sum_horizontal(f"rows_{outcome}" for outcome in OUTCOME_WORDS)
            ),
            error="rows read are not the sum of their outcomes",
        )
    ],
    strict=False,
    name="batch",
)

BATCH_ROW_SCHEMA: Final = pa.DataFrameSchema(
    {
        "batch_id": pa.Column(pl.Int64, pa.Check.ge(1)),
        "row_number": pa.Column(pl.Int64, pa.Check.ge(1)),
        "line_number": pa.Column(pl.Int64, nullable=True),
        "outcome": pa.Column(pl.String, pa.Check.isin(list(OUTCOME_WORDS))),
        "record_id": pa.Column(pl.Int64, nullable=True),
        "lead_id": pa.Column(pl.Int64, nullable=True),
    },
    unique=["batch_id", "row_number"],
    strict=True,
    ordered=True,
    name="batch_row",
)
