"""An export that takes seconds to load, and a mark of what the warehouse says after it."""

import os
from pathlib import Path
from typing import Final

import duckdb

from tests.benchmarks.vendor_export import write_export

# What the tables hold but for when, and by a batch of which number, it came.
_MARKED: Final = {
    "lead": "* EXCLUDE (first_batch_id, last_batch_id)",
    "lead_contact": "*",
    "record": "* EXCLUDE (batch_id)",
    "record_lead": "*",
    "batch_row": "* EXCLUDE (batch_id)",
    "lead_assignment": "* EXCLUDE (batch_id)",
    "match_decision": "* EXCLUDE (batch_id)",
    "cell_issue": "* EXCLUDE (batch_id)",
    "rejected_row": "DISTINCT row_number, line_number, feed, raw, reasons, status, source_key",
    "batch": "rows_read, rows_inserted, rows_updated, rows_unchanged, rows_merged, rows_rejected",
}
_LOADED: Final = "SELECT batch_id FROM batch WHERE status = 'loaded'"


def big_house(folder: Path, row_count: int) -> Path:
    """Make a folder with one export of so many rows; return it."""
    folder.mkdir(parents=True)
    write_export(folder / "big.csv", row_count, seed=7)
    give_time(folder / "big.csv")
    return folder


def give_time(file: Path) -> None:
    """Give a file the time that all of them have: it says when they say what they say."""
    os.utime(file, (1_767_225_600, 1_767_225_600))


def mark(folder: Path) -> dict[str, tuple[int, int]]:
    """The count and a hash of the rows of each table, but for batches of which nothing is loaded."""
    with duckdb.connect(folder / "data/warehouse/leads.duckdb", read_only=True) as connection:
        found = {}
        for table, columns in _MARKED.items():
            # A batch of which nothing is loaded keeps its rejected rows, which are seen once more by the next.
            stands = f" WHERE batch_id IN ({_LOADED})" if "(batch_id)" in columns or table == "batch" else ""
            [row] = connection.sql(
                f"SELECT count(*), coalesce(bit_xor(hash(said)), 0) FROM (SELECT {columns} FROM {table}{stands}) AS said"
            ).fetchall()
            found[table] = row
        return found
