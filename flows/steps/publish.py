"""Publish: what people and tools are told of batches, read back from the audit tables.

Only counts, codes and file names: what the files say about people stays in the warehouse.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import polars as pl

from flows.errors import UsageError
from flows.plain_text import one_line
from flows.warehouse import Warehouse
from schemas.audit import OUTCOME_WORDS

SUMMARY_HEADINGS: Final = (
    "file",
    "batch",
    "status",
    "read",
    "new",
    "changed",
    "no change",
    "repeats",
    "rejected",
    "seconds",
)


@dataclass(frozen=True)
class BatchSummary:
    """One batch for people: the audit row (`columns` as in table `batch`) and the seconds it took.

    `drift` counts the columns that are other than in the feed's last export; empty where nothing was compared.
    """

    columns: dict[str, Any]
    drift: Mapping[str, int] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """From taking the file to the last row written."""
        started: datetime = self.columns["started_at"]
        finished: datetime = self.columns["finished_at"]
        return (finished - started).total_seconds()

    @property
    def is_failure(self) -> bool:
        """Whether nothing of the file is in the warehouse though it should be."""
        return self.columns["status"] in ("failed", "held")

    def cells(self) -> tuple[str | int | float, ...]:
        """Return the cells of the summary table, in the order of its headings."""
        c = self.columns
        name = str(c["file_uri"]).replace("\\", "/").rsplit("/", 1)[-1]
        counts = [
            c["rows_read"],
            *(c[f"rows_{outcome}"] for outcome in OUTCOME_WORDS if outcome != "suppressed"),
        ]
        return (name, c["batch_id"], c["status"], *counts, round(self.seconds, 2))


def summarise_batch(warehouse: Warehouse, batch_id: int, drift: Mapping[str, int] | None = None) -> BatchSummary:
    """Return the summary of a batch; raises KeyError where there is no such batch."""
    rows = warehouse.frame("audit/batch", {"batch_id": batch_id})
    if rows.is_empty():
        raise KeyError(batch_id)
    return BatchSummary(rows.row(0, named=True), drift or {})


def batch_named(warehouse: Warehouse, batch_id: int) -> BatchSummary:
    """Return the summary of a batch that a user named. Raises UsageError where there is none."""
    try:
        if batch_id >= 2**63:
            raise KeyError(batch_id)
        return summarise_batch(warehouse, batch_id)
    except KeyError:
        raise UsageError(f"there is no batch {batch_id}; see: leads batches") from None


def list_batches(warehouse: Warehouse) -> pl.DataFrame:
    """Return all batches, the newest first."""
    return warehouse.frame("audit/batches")


def list_rejects(warehouse: Warehouse, batch_id: int | None) -> pl.DataFrame:
    """Return the rejected rows of a batch, or all that are open."""
    return warehouse.frame("audit/rejects", {"batch_id": batch_id})


def dismiss_rejects(warehouse: Warehouse, batch_id: int, row_numbers: Sequence[int] | None) -> int:
    """Put away the open rejected rows of a batch, or those with these row numbers; return how many."""
    before = list_rejects(warehouse, None).height
    with warehouse.transaction():
        warehouse.run("audit/dismiss_rejects", {"batch_id": batch_id, "row_numbers": row_numbers})
    return before - list_rejects(warehouse, None).height


def count_issues(warehouse: Warehouse, batch_id: int) -> pl.DataFrame:
    """Return column_name, code and cell_count of a batch's cell issues."""
    return warehouse.frame("audit/issues", {"batch_id": batch_id})


def count_reject_reasons(warehouse: Warehouse, batch_id: int) -> pl.DataFrame:
    """Return column_name, code and row_count of a batch's rejected rows."""
    return warehouse.frame("audit/reject_reasons", {"batch_id": batch_id})


def markdown_summary(summaries: Sequence[BatchSummary]) -> str:
    """Return the summary table of a run as Markdown, for Prefect's artifact."""
    head = "| " + " | ".join(SUMMARY_HEADINGS) + " |\n|" + " --- |" * len(SUMMARY_HEADINGS)
    rows = ["| " + " | ".join(_markdown_text(str(cell)) for cell in summary.cells()) + " |" for summary in summaries]
    return "\n".join([head, *rows])


def _markdown_text(text: str) -> str:
    # A file's name is outside text: it must not become markup.
    return "".join("\\" + letter if letter in r"\|`*_[]<>#" else letter for letter in one_line(text))
