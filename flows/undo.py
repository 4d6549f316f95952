"""Undo: withdraw a batch, and conclude again what it touched, as if it had never come.

A batch of its own, of kind `undo`. Nothing is copied back: what sources said, who was recognised as whom and who got
which lead is kept as it was, the views know that the undone batch stands no more, and everything else follows. Later
batches stand.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from flows.batches import begin_staging, close_decided, new_batch
from flows.errors import UsageError
from flows.identity.components import label_components
from flows.reference import load_reference
from flows.regroup import Source, number_leads
from flows.run import Progress, Request, Run, open_run
from flows.settings import Settings
from flows.steps import assign, disappear, load, publish, survive
from schemas.reference import DEFAULT_FEED, Feed


@dataclass(frozen=True)
class Undone:
    """What an undo did: its audit row, counts of leads and assignments, and a sample of the changes."""

    summary: publish.BatchSummary
    counts: dict[str, int]
    samples: list[dict[str, Any]]


def undo(
    settings: Settings,
    batch_id: int,
    *,
    is_dry_run: bool = False,
    report: Callable[[Progress], None] = lambda progress: None,
) -> Undone:
    """Withdraw a batch; a dry run does everything but the commit.

    Raises UsageError for a batch of which nothing stands.
    """
    reference = load_reference(settings.reference, must_exist="reference" in settings.model_fields_set)
    with open_run(settings, reference, Request(is_dry_run=is_dry_run), report=report, must_exist=True) as run:
        return withdraw(run, batch_id)


def withdraw(run: Run, batch_id: int) -> Undone:
    """Withdraw a batch, in a batch of a run. Raises UsageError for a batch of which nothing stands."""
    warehouse, of_feed = run.warehouse, _feed_of_standing(run, batch_id)
    batch = new_batch(run, "undo", Feed(name=DEFAULT_FEED), of_batch_id=batch_id)
    run.report(Progress(f"batch {batch.of_batch_id}", "undo"))
    begin_staging(run, batch)
    with warehouse.transaction():
        warehouse.run("undo/announce", {"of_batch_id": batch.of_batch_id})
        _regroup_people(run)
        warehouse.run("undo/remove_leads")
        _assign_anew(run, batch)
        begin_staging(run, batch)
        warehouse.run("undo/restore_people")
        survive.conclude_known(warehouse)
        survive.complete_leads(warehouse)
        load.write_decided(warehouse)
        warehouse.run("undo/withdraw_rejected")
        disappear.settle_missing(warehouse, of_feed, has_file=False)
        counts = warehouse.frame("undo/count_undone").row(0, named=True)
        samples = warehouse.frame("undo/sample_changes").to_dicts()
        warehouse.run("undo/retract")
        close_decided(run, batch)
    return Undone(publish.summarise_batch(warehouse, batch.batch_id), counts, samples)


def _feed_of_standing(run: Run, batch_id: int) -> str:
    """Return the feed of a batch that stands, empty for one without a file; raise UsageError for any other."""
    columns = publish.batch_named(run.warehouse, batch_id).columns
    status = columns["status_today"]
    if columns["kind"] == "undo":
        raise UsageError(f"batch {batch_id} is itself an undo; to have back what it took, load the file again")
    if status == "undone":
        raise UsageError(f"batch {batch_id} was undone already; see: leads batches")
    if status != "loaded":
        raise UsageError(f"batch {batch_id} is {status}: nothing of it is in the warehouse")
    return columns["feed"] or ""


def _regroup_people(run: Run) -> None:
    """Put the records that are left together to people again: staged_person and renamed_lead are its output."""
    warehouse = run.warehouse
    warehouse.run("undo/withdraw_records")
    warehouse.run("undo/touch_undone")
    warehouse.run("undo/withdraw_sources")
    warehouse.run("undo/carry_decisions")
    sources = [Source(**row) for row in warehouse.frame("regroup/affected_sources").iter_rows(named=True)]
    person_of = _people(sources, warehouse.frame("undo/standing_pairs"))
    warehouse.run("regroup/create_regroup")
    warehouse.append("grouped_source", number_leads(warehouse, sources, person_of))
    warehouse.run("regroup/apply_groups")


def _people(sources: Sequence[Source], pairs: pl.DataFrame) -> dict[int, int]:
    """Return the person of each source record: what pairs connect, and what has one id in the CRM."""
    first_of: dict[int, int] = {}
    for source in sources:
        if source.crm_id is not None:
            first_of.setdefault(source.crm_id, source.source_id)
    of_one_id = [
        (first_of[source.crm_id], source.source_id)
        for source in sources
        if source.crm_id is not None and first_of[source.crm_id] != source.source_id
    ]
    schema = {"node": pl.Int64, "other_node": pl.Int64}
    edges = pl.concat(
        [
            pairs.select(pl.col("source_id").alias("node"), pl.col("other_source_id").alias("other_node")),
            pl.DataFrame(of_one_id, schema=schema, orient="row"),
        ]
    )
    labels = {} if edges.is_empty() else dict(label_components(edges).select("node", "label").iter_rows())
    return {source.source_id: labels.get(source.source_id, source.source_id) for source in sources}


def _assign_anew(run: Run, batch: load.Batch) -> None:
    """Decide on the leads that stay without a standing assignment, feed by feed, as if their records had come now."""
    warehouse = run.warehouse
    warehouse.run("undo/find_unassigned")
    for name in warehouse.frame("undo/unassigned_feeds")["feed"]:
        feed = run.reference.feeds.get(name) or Feed(name=name)
        begin_staging(run, replace(batch, feed=feed))
        warehouse.run("undo/stage_unassigned")
        assign.stage_past(warehouse)
        assign.require_team_and_source(warehouse, run.reference.routing)
        survive.conclude_known(warehouse)
        assign.assign_leads(warehouse, run.reference.routing)
