"""A warehouse that labelled exports are loaded into by the real `leads`, and the people that it then knows."""

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import tomlkit

from tests.benchmarks.child_process import run_measured
from tests.benchmarks.identity_sets import FEED, Export, LabelledSet

ROOT = Path(__file__).parents[2]

# An id that was given up leads to the one that took its place, and that perhaps to another.
_ROWS = """
WITH RECURSIVE today AS (
    SELECT DISTINCT lead_id AS given_id, lead_id FROM batch_row WHERE lead_id IS NOT NULL
    UNION ALL
    SELECT t.given_id, a.lead_id FROM today AS t INNER JOIN lead_alias AS a ON a.alias_id = t.lead_id
)
SELECT b.batch_id, b.row_number, b.outcome, t.lead_id, c.lead_id AS concluded_id
FROM batch_row AS b
LEFT JOIN today AS t ON t.given_id = b.lead_id AND t.lead_id NOT IN (SELECT alias_id FROM lead_alias)
LEFT JOIN record AS r ON r.record_id = b.record_id
LEFT JOIN record_lead AS c ON c.source_id = r.source_id
"""


class ContractError(Exception):
    """The warehouse breaks what its tables promise, so that nothing can be measured by them."""


@dataclass(frozen=True)
class People:
    """Whose each row is: `clusters` has a name for each row of the set, by its place there.

    A row that made no lead is one of `rejected_count`, and a person of its own.
    """

    clusters: Sequence[str]
    rejected_count: int


@dataclass
class LabelledWarehouse:
    """A new warehouse in `folder`, with the set's feed and, unless `profile` is None, identity.toml."""

    folder: Path
    labelled: LabelledSet
    profile: str | None
    seconds: float = 0.0
    _taken: dict[int, Export] = field(default_factory=dict)

    def __post_init__(self) -> None:
        reference = self.folder / "reference"
        reference.mkdir(parents=True)
        (reference / "feeds.toml").write_text(self.labelled.feeds_toml(), encoding="utf-8")
        if self.profile is not None:
            (reference / "identity.toml").write_text(tomlkit.dumps({"profile": self.profile}), encoding="utf-8")

    def ingest(self, export: Export, name: str) -> None:
        """Load an export as a file of this name, in a fresh process."""
        path = self.folder / name
        export.write(path)
        (batch,) = json.loads(self._run("ingest", path, "--feed", FEED, "--json"))["batches"]
        if (batch["status"], batch["rows_read"]) != ("loaded", len(export.rows)):
            raise ContractError(f"{name} is {batch['status']} with {batch['rows_read']} of {len(export.rows)} rows")
        self._taken[batch["batch_id"]] = export

    def sweep(self) -> None:
        """Look for repeats over the whole warehouse, in a fresh process."""
        self._run("sweep", "--json")

    def train(self) -> Path:
        """Refit the weights to the warehouse, in a fresh process; return the model."""
        self._run("train", "--json")
        return self.folder / "reference" / "identity_model.json"

    def map_headers(self, export: Export) -> list[dict[str, str | None]]:
        """Return what ingest would take each header for: rows with `header` and `field`."""
        path = self.folder / "headers.csv"
        export.write(path)
        found: list[dict[str, str | None]] = json.loads(self._run("map", path, "--feed", FEED, "--json"))
        return found

    def people(self) -> People:
        """Read whose each row is today; raise ContractError where the tables disagree on it."""
        with duckdb.connect(self.folder / "leads.duckdb", read_only=True) as connection:
            rows = connection.execute(_ROWS).fetchall()
        found: dict[int, str] = {}
        rejected_count = 0
        for batch_id, row_number, outcome, lead_id, concluded_id in rows:
            if batch_id not in self._taken:
                continue
            place = self._taken[batch_id].places[row_number - 1]
            if lead_id != concluded_id:
                raise ContractError(
                    f"row {row_number} of batch {batch_id} is of lead {lead_id} by batch_row and lead_alias, "
                    f"of {concluded_id} by record_lead"
                )
            if lead_id is None:
                rejected_count += 1
            if place in found:
                raise ContractError(f"row {row_number} of batch {batch_id} is there twice ({outcome})")
            found[place] = f"row {place}" if lead_id is None else f"lead {lead_id}"
        expected = sorted(place for export in self._taken.values() for place in export.places)
        if sorted(found) != expected:
            raise ContractError(f"{len(found)} of {len(expected)} rows are in batch_row")
        return People([found[place] for place in expected], rejected_count)

    def _run(self, *arguments: object) -> str:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("LEADS_", "PREFECT_"))}
        environment = {
            **kept,
            "PYTHONPATH": str(ROOT),
            "LEADS_WAREHOUSE": str(self.folder / "leads.duckdb"),
            "LEADS_ARCHIVE": str(self.folder / "archive"),
            "LEADS_REFERENCE": str(self.folder / "reference"),
        }
        command = [sys.executable, "-m", "flows.cli", *map(str, arguments)]
        measured = run_measured(command, environment, self.folder)
        self.seconds += measured.wall_seconds
        return measured.output
