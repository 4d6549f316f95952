"""What 5% new people and 5% changed ones cost a warehouse that holds the rest, and what they touch. Prints JSON.

`python -m tests.benchmarks.increment [ROWS]` loads an export of ROWS leads, then a delta of as many new people as changed
ones, and gives the ratio of their wall times; how many pairs were compared, and how many of them are of two records
that the delta does not bring (there must be none); and of the leads that were there, how many have another id.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import duckdb
import polars as pl

from flows import pipeline
from flows.run import Request
from flows.settings import load_settings
from tests.benchmarks.vendor_export import make_rows, write_export

P = ParamSpec("P")
T = TypeVar("T")

SEED = 1
# Of twenty rows one is changed, and one is as new: 5% each.
EVERY = 20
CHANGED_AT = 3
REFERENCE = Path(__file__).with_name("reference")

COUNT_COMPARED = """
    SELECT
        count(*),
        count(*) FILTER (
            WHERE source_id NOT IN (SELECT v.source_id FROM staged_version AS v WHERE v.is_new)
            AND other_source_id NOT IN (SELECT v.source_id FROM staged_version AS v WHERE v.is_new)
        )
    FROM candidate_pair
"""


def write_delta(path: Path, row_count: int) -> dict[str, int]:
    """Write the changed and the new rows; return how many there are of each."""
    changed = make_rows(0, row_count, SEED, is_later=True).gather_every(EVERY, CHANGED_AT)
    later = make_rows(row_count, row_count + row_count // EVERY, SEED).with_row_index("row", row_count)
    # Of each group the last two repeat people of before: they are none of the new ones.
    new = later.filter(pl.col("row") % 25 < 23).drop("row")
    pl.concat([changed, new]).write_csv(path)
    return {"changed_rows": changed.height, "new_rows": new.height}


def first_load(export: Path) -> float:
    """Load the export through the command line; return its wall seconds."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "flows.cli", "ingest", str(export), "--feed", "bench", "--json"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def load_delta(delta: Path) -> dict[str, Any]:
    """Load the delta; return its wall seconds, its counts and what was compared."""
    told: dict[str, Any] = {}

    def step(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        result = function(*args, **kwargs)
        if function.__name__ == "resolve_people":
            began = time.perf_counter()
            counted = args[0].connection.sql(COUNT_COMPARED).fetchone()  # type: ignore[attr-defined]
            told["compared_pairs"], told["compared_pairs_without_delta"] = counted
            told["counting"] = time.perf_counter() - began
        return result

    began = time.perf_counter()
    (summary,) = pipeline.ingest(load_settings(), Request((str(delta),), "bench"), step=step)
    told["seconds"] = round(time.perf_counter() - began - told.pop("counting"), 2)
    names = ("status", "rows_read", "rows_inserted", "rows_updated", "rows_unchanged", "rows_merged", "rows_rejected")
    return {**told, **{name: summary.columns[name] for name in names}}


def ids(warehouse: Path) -> pl.DataFrame:
    """Return whose each source record is."""
    with duckdb.connect(warehouse, read_only=True) as connection:
        return connection.sql("SELECT source_id, lead_id FROM record_lead").pl()


def main() -> None:
    """Load an export of as many rows as the first argument says, then the delta, and print what it cost."""
    row_count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory(prefix="leadmill-") as folder:
        home = Path(folder)
        os.environ["LEADS_WAREHOUSE"] = str(home / "leads.duckdb")
        os.environ["LEADS_ARCHIVE"] = str(home / "archive")
        os.environ["LEADS_REFERENCE"] = str(REFERENCE)
        write_export(home / "export.csv", row_count, SEED)
        rows = write_delta(home / "delta.csv", row_count)
        first_seconds = first_load(home / "export.csv")
        before = ids(home / "leads.duckdb")
        told = load_delta(home / "delta.csv")
        after = before.join(ids(home / "leads.duckdb"), on="source_id", how="left", suffix="_after")
        moved = after.filter(pl.col("lead_id").ne_missing(pl.col("lead_id_after"))).height
    measured = {"first_seconds": round(first_seconds, 2), **rows, **told, "records_of_another_lead": moved}
    print(json.dumps({**measured, "ratio": round(told["seconds"] / first_seconds, 3)}))


if __name__ == "__main__":
    main()
