"""Reconcile: the CRM's count of leads against ours, with every difference named.

What a full feed last exported, or a file that is not loaded, is held against the leads that we have of the feed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from flows import pipeline
from flows.batches import new_batch
from flows.errors import UsageError
from flows.reference import load_reference
from flows.run import Request, open_run
from flows.settings import Settings
from flows.staging import open_file, stage_records
from flows.steps import pull, resolve
from flows.warehouse import Warehouse, read_warehouse

# What is missing, and what others speak for, is as it should be: the CRM and we agree that the CRM lists it no more.
SETTLED: Final = ("missing", "kept")


@dataclass(frozen=True)
class Reconciliation:
    """How an export of a feed and our leads compare (`differences` as sql/reconcile/differences.sql gives them)."""

    feed: str
    export: str
    listed_count: int
    lead_count: int
    differences: list[dict[str, Any]]

    @property
    def is_open(self) -> bool:
        """Whether any difference is left that somebody should look at."""
        return any(row["difference"] not in SETTLED for row in self.differences)


def reconcile_exports(settings: Settings, feed: str | None) -> list[Reconciliation]:
    """Compare the newest export of each full feed, or of one, with our leads.

    Raises UsageError where there is none.
    """
    with read_warehouse(settings.warehouse, wait_seconds=settings.wait_seconds) as warehouse:
        found = warehouse.frame("reconcile/full_feeds")
        if feed is not None and feed not in found["feed"]:
            known = ", ".join(found["feed"]) or "none"
            raise UsageError(f'feed {feed} has no whole export with extent = "full"; feeds that have: {known}')
        if found.is_empty():
            raise UsageError('no feed with extent = "full" has exported yet; load its export: leads ingest FILE')
        return [_reconcile_export(warehouse, *row) for row in found.iter_rows() if feed in (None, row[0])]


def _reconcile_export(warehouse: Warehouse, feed: str, listed_at: datetime, batch_id: int) -> Reconciliation:
    warehouse.run("reconcile/list_export", {"feed": feed, "listed_at": listed_at})
    return _compare(warehouse, feed, f"export of {listed_at:%Y-%m-%d %H:%M} (batch {batch_id})")


def reconcile_file(settings: Settings, path: str, feed: str | None) -> Reconciliation:
    """Compare a file of a full feed with our leads, whether it was loaded or not; nothing of it is loaded.

    Raises UsageError for a file of another feed, UnreadableFileError for one that is no export.
    """
    reference = load_reference(settings.reference, must_exist="reference" in settings.model_fields_set)
    file, chosen = pipeline.only_file(path, feed, reference)
    if chosen.extent != "full":
        raise UsageError(
            f'{file}: exports of feed {chosen.name} do not list all leads; name a feed with extent = "full": --feed'
        )
    with open_run(settings, reference, Request(is_dry_run=True), must_exist=True) as run:
        taken = pull.archive_file(file, run.archive, chosen, datetime.now(UTC))
        batch = pipeline.with_file(new_batch(run, "ingest", chosen), taken)
        stage_records(lambda: open_file(taken, chosen), batch, run)
        resolve.refuse_id_conflicts(run.warehouse)
        run.warehouse.run("reconcile/list_staged")
        return _compare(run.warehouse, chosen.name, taken.name)


def _compare(warehouse: Warehouse, feed: str, export: str) -> Reconciliation:
    listed_count, lead_count = warehouse.frame("reconcile/counts", {"feed": feed}).row(0)
    differences = warehouse.frame("reconcile/differences", {"feed": feed}).to_dicts()
    return Reconciliation(feed, export, listed_count, lead_count, differences)


def told(reconciliations: list[Reconciliation]) -> Iterator[str]:
    """Yield a line per feed: the count of its export against ours."""
    for each in reconciliations:
        yield (
            f"feed {each.feed}, {each.export}: {each.listed_count:,} listed, {each.lead_count:,} leads here, "
            f"{len(each.differences):,} differences"
        )
