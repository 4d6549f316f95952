"""The same file by dlt: its Arrow merge on the vendor's record id into a new DuckDB file.

Runs in an environment of its own (`dlt_environment`), with nothing of Leadmill in it.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dlt  # type: ignore[import-not-found]
from pyarrow import Table, csv, string

_READ = csv.ReadOptions(block_size=2**26)
_PARSE = csv.ParseOptions(newlines_in_values=True)


def read_batches(export: Path) -> Iterator[Any]:
    """Yield the rows of a CSV file as Arrow tables of text columns."""
    headers = csv.open_csv(export, _READ, _PARSE).schema.names
    as_text = csv.ConvertOptions(column_types=dict.fromkeys(headers, string()))
    for batch in csv.open_csv(export, _READ, _PARSE, as_text):
        yield Table.from_batches([batch])


def main() -> None:
    """Merge the CSV file of the first argument into the database file of the second; state goes to the third."""
    export, database, state = map(Path, sys.argv[1:])
    pipeline = dlt.pipeline(
        "bench", destination=dlt.destinations.duckdb(str(database)), dataset_name="bench", pipelines_dir=str(state)
    )
    leads = dlt.resource(read_batches(export), name="lead", primary_key="Record ID", write_disposition="merge")
    pipeline.run(leads).raise_on_failed_jobs()
    with pipeline.sql_client() as client:
        print(client.execute_sql("SELECT count(*) FROM lead")[0][0])


if __name__ == "__main__":
    main()
