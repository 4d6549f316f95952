"""Approve: load an export that was held because too many leads would vanish by it, after somebody looked at it.

The archived file is taken through all steps as a batch of its own, with the time of the held one.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flows import pipeline
from flows.batches import feed_of, kept_file, kept_source, new_batch
from flows.errors import UsageError
from flows.reference import load_reference
from flows.run import Progress, Request, Run, open_run
from flows.settings import Settings
from flows.steps import disappear, load, publish
from schemas.reference import Feed


def approve(
    settings: Settings,
    batch_id: int,
    *,
    is_dry_run: bool = False,
    report: Callable[[Progress], None] = lambda progress: None,
) -> publish.BatchSummary:
    """Load the file of a held batch; return the summary of the batch that does. Skips what was loaded since.

    Raises UsageError for a batch that is not held, or whose file is not there.
    """
    reference = load_reference(settings.reference, must_exist="reference" in settings.model_fields_set)
    with open_run(settings, reference, Request(is_dry_run=is_dry_run), report=report, must_exist=True) as run:
        held = _held_row(run, batch_id)
        feed, path = feed_of(run, held), kept_file(run, held)
        batch = _batch_of(run, held, feed)
        known = load.find_loaded_batch(run.warehouse, feed, held["file_sha256"])
        if known is not None:
            repeat = disappear.Listing(batch.batch_id, feed, held["as_of"], known, is_closing=True)
            return pipeline.close_batch(run, batch, load.Ending("skipped", run.clock.ends()), repeat=repeat)
        return pipeline.load_batch(batch, run, lambda: kept_source(path, held, feed))


def _held_row(run: Run, batch_id: int) -> dict[str, Any]:
    columns = publish.batch_named(run.warehouse, batch_id).columns
    if columns["status_today"] != "held":
        batches = publish.list_batches(run.warehouse)
        waiting = [str(number) for number in batches.filter(batches["status_today"] == "held")["batch_id"].sort()]
        told = f"held are {', '.join(waiting)}" if waiting else "no batch is held"
        raise UsageError(f"batch {batch_id} is {columns['status_today']}, not held: {told}; see: leads batches")
    return columns


def _batch_of(run: Run, held: dict[str, Any], feed: Feed) -> load.Batch:
    batch = new_batch(run, "approve", feed, of_batch_id=held["batch_id"])
    taken = {name: held[name] for name in ("file_uri", "file_sha256", "file_bytes", "as_of")}
    return replace(batch, **taken)
