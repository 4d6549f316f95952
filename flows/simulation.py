"""Simulation: what other rules would decide, on a file or on past leads, with the very steps of a real run.

Everything happens in a rehearsal that is rolled back. The leads of a file are decided on under both sets of reference
data; past leads are taken out and decided on again, batch by batch as they came, beside what they have now.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from flows import pipeline
from flows.batches import begin_staging, new_batch
from flows.errors import BatchFailedError, UsageError
from flows.exports import Export
from flows.reference import Reference, load_reference
from flows.run import Request, Run, open_run
from flows.settings import Settings
from flows.steps import assign, load, survive
from schemas.reference import Feed

_KEY = ("batch_id", "row_number")


@dataclass(frozen=True)
class Simulation:
    """What each lead gets now and then: batch_id, row_number, lead_id, and team_id, owner and rule of both."""

    leads: pl.DataFrame
    team_names: dict[int, str | None]

    def lead_rows(self) -> list[dict[str, Any]]:
        """Return one row object per lead, in the order of batches and rows."""
        return self.leads.to_dicts()

    def owner_rows(self) -> list[dict[str, Any]]:
        """Return how many leads each owner of each team gets now and then; for leads without one by the reason."""
        counts: dict[tuple[int | None, str | None, str | None], dict[str, int]] = {}
        for lead in self.leads.iter_rows(named=True):
            for when in ("now", "then"):
                owner, rule = lead[f"owner_{when}"], lead[f"rule_{when}"]
                if rule is not None or owner is not None:
                    place = (lead[f"team_id_{when}"], owner, rule if owner is None else None)
                    counts.setdefault(place, {"now": 0, "then": 0})[when] += 1
        return [
            {
                "teamId": team_id,
                "team_name": None if team_id is None else self.team_names.get(team_id),
                "assignedTo": owner,
                "reason": reason,
                **found,
                "difference": found["then"] - found["now"],
            }
            for (team_id, owner, reason), found in sorted(counts.items(), key=_order)
        ]


def simulate_file(settings: Settings, other: Path | None, path: str, feed: str | None) -> Simulation:
    """Return what the leads of a file would get under the present reference data, and under another folder's.

    Raises UsageError for a file that is loaded already, BatchFailedError for one that would fail.
    """
    present, then = _references(settings, other)
    decided = [_decide_file(settings, reference, path, feed) for reference in (present, then)]
    return _compare(decided[0], decided[1], present, then)


def simulate_since(settings: Settings, other: Path | None, since: datetime) -> Simulation:
    """Return what the leads that came since a moment have, and would have got under another folder's reference data."""
    present, then = _references(settings, other)
    if not settings.warehouse.exists():
        raise UsageError(f"{settings.warehouse}: there is no warehouse yet, so no past leads; name a file")
    with open_run(settings, then, Request(is_dry_run=True)) as run, run.warehouse.transaction():
        now = assign.present_decisions(run.warehouse, since)
        past = assign.take_out_past(run.warehouse, since)
        decided = [_decide_past(run, batch) for batch in past]
    return _compare(now, pl.concat([now.clear(), *decided]), present, then)


def _references(settings: Settings, other: Path | None) -> tuple[Reference, Reference]:
    present = load_reference(settings.reference, must_exist="reference" in settings.model_fields_set)
    return present, present if other is None else load_reference(other, must_exist=True)


def _decide_file(settings: Settings, reference: Reference, path: str, feed: str | None) -> pl.DataFrame:
    file, chosen = pipeline.only_file(path, feed, reference)
    with open_run(settings, reference, Request(is_dry_run=True)) as run:
        columns = pipeline.ingest_file(Export(file, chosen), run).columns
        if columns["status"] == "skipped":
            raise UsageError(
                f"{path}: was loaded before; see what its leads would get: leads assign --simulate --since DATE"
            )
        if columns["status"] != "loaded":
            raise BatchFailedError(f"{path}: would fail under {reference.folder}: {columns['error']}")
        return assign.batch_decisions(run.warehouse, columns["batch_id"])


def _decide_past(run: Run, batch: assign.PastBatch) -> pl.DataFrame:
    feed = run.reference.feeds.get(batch.feed)
    if feed is None:
        raise UsageError(
            f"{run.reference.folder}: feeds.toml does not define {batch.feed}, the feed of batch {batch.batch_id}"
        )
    begin_staging(run, _as_then(run, batch, feed))
    assign.stage_past(run.warehouse)
    assign.require_team_and_source(run.warehouse, run.reference.routing)
    survive.conclude_known(run.warehouse)
    assign.assign_leads(run.warehouse, run.reference.routing)
    survive.complete_leads(run.warehouse)
    load.put_leads(run.warehouse)
    return assign.past_decisions(run.warehouse)


def _as_then(run: Run, batch: assign.PastBatch, feed: Feed) -> load.Batch:
    """The batch as it was taken: its number and its moment count for turns, days and absences."""
    began = new_batch(run, "ingest", feed)
    return replace(began, batch_id=batch.batch_id, as_of=batch.as_of, started_at=batch.started_at)


def _compare(now: pl.DataFrame, then: pl.DataFrame, *references: Reference) -> Simulation:
    suffixed = [
        frame.rename({name: f"{name}_{when}" for name in ("team_id", "owner", "rule")})
        for frame, when in ((now, "now"), (then, "then"))
    ]
    columns = [
        "batch_id",
        "row_number",
        "lead_id",
        *(f"{name}_{when}" for name in ("team_id", "owner", "rule") for when in ("now", "then")),
    ]
    leads = (
        suffixed[0]
        .join(suffixed[1], on=list(_KEY), how="full", coalesce=True)
        .with_columns(pl.coalesce("lead_id", "lead_id_right").alias("lead_id"))
        .sort(_KEY)
        .select(columns)
    )
    names: dict[int, str | None] = {}
    for reference in references:
        if reference.teams is not None:
            names.update(reference.teams.select("teamId", "name").iter_rows())
    return Simulation(leads, names)


def _order(item: tuple[tuple[int | None, str | None, str | None], object]) -> tuple[bool, int, bool, str]:
    team_id, owner, reason = item[0]
    return team_id is None, team_id or 0, owner is None, owner or reason or ""
