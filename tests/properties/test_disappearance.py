"""Over any history of exports: who is missing, and since when, is what a plain model says."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows.steps import load
from flows.steps.disappear import Listing, settle_missing, write_listing
from flows.steps.load import ReferenceTables
from flows.warehouse import Warehouse
from schemas.reference import Feed
from tests.record_histories import empty_warehouse, on_day, withdraw_records

KEYS = ("a", "b", "c")
FEEDS = {
    "crm": Feed(name="crm", origin="crm", extent="full"),
    "second": Feed(name="second", origin="crm", extent="full"),
    "web": Feed(name="web"),
}


@dataclass(frozen=True)
class Night:
    """What a feed exports on a day: the keys whose rows are good, and those whose rows are rejected."""

    feed: str
    day: int
    kept: frozenset[str]
    rejected: frozenset[str]
    is_closing: bool = True
    is_repeat: bool = False
    is_undone: bool = False


# Whose lead each record is: the CRM's alone, of two CRM feeds, and with a form's record beside the CRM's.
OWNER = {
    **{("crm", "a"): 1, ("crm", "b"): 2, ("crm", "c"): 3},
    **{("second", "a"): 2, ("second", "b"): 2, ("second", "c"): 4},
    **{("web", "a"): 3, ("web", "b"): 3, ("web", "c"): 3},
}


@st.composite
def histories(draw: st.DrawFn) -> list[Night]:
    """Nights of which most come in their order; each lists few, so that leads go and return."""
    keys = st.frozensets(st.sampled_from(KEYS), max_size=2)
    first = frozenset(KEYS)
    history = [Night("crm", 1, first, frozenset())]
    for place in range(draw(st.integers(3, 10))):
        feed = draw(st.sampled_from(("crm", "crm", "crm", "second", "second", "web")))
        history.append(
            Night(
                feed,
                day=max(1, place + 2 - draw(st.sampled_from((0, 0, 0, 0, 2, 4)))),
                kept=draw(keys),
                rejected=draw(st.sampled_from((frozenset[str](), frozenset("a"), frozenset("b")))),
                is_closing=draw(st.sampled_from((True, True, True, False))),
                is_repeat=draw(st.sampled_from((False, False, True))),
                is_undone=draw(st.sampled_from((False, False, False, True))),
            )
        )
    return history


@pytest.fixture(scope="module")
def warehouse() -> Iterator[Warehouse]:
    """One for all: each example writes its history anew."""
    with empty_warehouse() as warehouse:
        yield warehouse


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories())
def test_who_is_missing_is_what_a_plain_model_says(warehouse: Warehouse, history: list[Night]) -> None:
    _empty(warehouse)
    taken: list[Night] = []
    for number, night in enumerate(history, start=1):
        taken.append(_as_taken(night, taken))
        _write(warehouse, number, taken)
        with warehouse.transaction():
            # Marked step by step, leads are what they would be if all were concluded at once.
            load.begin_staging(warehouse, _batch(number, taken[-1]), ReferenceTables(*[None] * 6))
            _touch(warehouse, number)
            settle_missing(warehouse, night.feed)
        assert _missing(warehouse) == _model(taken)
    undone = [number for number, night in enumerate(taken, start=1) if night.is_undone and not night.is_repeat]
    for later, number in enumerate(undone, start=len(taken) + 1):
        _undo(warehouse, later, number)
        with warehouse.transaction():
            load.begin_staging(warehouse, _batch(later, taken[number - 1]), ReferenceTables(*[None] * 6))
            _touch(warehouse, number)
            settle_missing(warehouse, taken[number - 1].feed, has_file=False)
        left = [each for each in undone if each > number]
        assert _missing(warehouse) == _model(taken, set(undone) - set(left))


def _as_taken(night: Night, before: list[Night]) -> Night:
    """A repeat lists what the export of its feed before it lists; without one it is none."""
    same = [each for each in before if each.feed == night.feed and not each.is_repeat]
    if not same or night.feed == "web":
        return replace(night, is_repeat=False)
    return replace(night, kept=same[-1].kept, rejected=same[-1].rejected) if night.is_repeat else night


def _model(taken: list[Night], undone: set[int] | None = None) -> dict[int, datetime]:
    """Since when each lead is missing, told as the rule is written."""
    gone = undone or set()
    loaded_in: dict[int, int] = {}
    for number, night in enumerate(taken, start=1):
        earlier = [n for n in range(1, number) if taken[n - 1].feed == night.feed and not taken[n - 1].is_repeat]
        loaded_in[number] = earlier[-1] if night.is_repeat else number
    standing = {n: night for n, night in enumerate(taken, start=1) if loaded_in[n] not in gone}
    known: dict[tuple[str, str], int] = {}
    for night in standing.values():
        known |= {(night.feed, key): OWNER[night.feed, key] for key in night.kept}
    missing = {}
    for lead in set(known.values()):
        sources = [source for source, whose in known.items() if whose == lead]
        since = [
            _since(feed, {key for name, key in sources if name == feed}, standing) for feed in {s[0] for s in sources}
        ]
        if all(moment is not None for moment in since):
            missing[lead] = max(moment for moment in since if moment is not None)
    return missing


def _since(feed: str, own: set[str], standing: dict[int, Night]) -> datetime | None:
    """The second export of a feed in a row without any of these keys, if it lists them no more."""
    if FEEDS[feed].extent == "delta":
        return None
    of_feed = [night for night in standing.values() if night.feed == feed]
    last = max(night.day for night in of_feed if own & (night.kept | night.rejected))
    after = sorted({night.day for night in of_feed if night.is_closing and night.day > last})
    return on_day(after[1]) if len(after) > 1 else None


def _empty(warehouse: Warehouse) -> None:
    for table in (
        *("batch", "batch_row", "batch_listing", "record", "record_lead", "rejected_row", "rejected_sighting"),
        *("withdrawn_record", "confirmed_record", "lead", "lead_event"),
    ):
        warehouse.connection.execute(f"DELETE FROM {table}")


def _batch(number: int, night: Night) -> load.Batch:
    return load.Batch(
        batch_id=number,
        kind="ingest",
        of_batch_id=None,
        feed=FEEDS[night.feed],
        trigger="manual",
        flow_run_id=None,
        file_uri=None,
        file_sha256=None,
        file_bytes=None,
        as_of=on_day(night.day),
        started_at=on_day(night.day),
        reference_sha256="",
        code_version="0",
    )


def _write(warehouse: Warehouse, number: int, taken: list[Night]) -> None:
    """Write the rows of the newest night: a version of each source record, the first time it is seen."""
    night = taken[-1]
    feed = FEEDS[night.feed]
    rows_in = number
    if night.is_repeat:
        rows_in = max(n for n in range(1, number) if taken[n - 1].feed == night.feed and not taken[n - 1].is_repeat)
    write_listing(
        warehouse,
        Listing(number, feed, on_day(night.day), rows_in, night.is_closing and feed.extent == "full"),
    )
    _audit(warehouse, number, "ingest", None, night)
    if night.is_repeat:
        return
    for row, key in enumerate(sorted(night.kept), start=1):
        record_id = number * 100 + row
        known = warehouse.connection.execute(
            "SELECT source_id FROM record_lead WHERE feed = ? AND source_key = ?", [night.feed, key]
        ).fetchone()
        source_id = known[0] if known else record_id
        if not known:
            _put(
                warehouse,
                "record_lead",
                feed=night.feed,
                source_key=key,
                source_id=source_id,
                lead_id=OWNER[night.feed, key],
            )
        _put(
            warehouse,
            "record",
            record_id=record_id,
            source_id=source_id,
            batch_id=number,
            row_number=row,
            feed=night.feed,
            source_key=key,
            as_of=on_day(night.day),
            accountId="acme",
            has_placeholder_name=False,
            content_hash=record_id,
        )
        _put(
            warehouse,
            "batch_row",
            batch_id=number,
            row_number=row,
            outcome="updated",
            record_id=record_id,
            lead_id=OWNER[night.feed, key],
        )
        lead_id = OWNER[night.feed, key]
        if not warehouse.connection.execute("SELECT 1 FROM lead WHERE id = ?", [lead_id]).fetchone():
            _put(
                warehouse,
                "lead",
                id=lead_id,
                accountId="acme",
                origin="crm",
                first_batch_id=number,
                last_batch_id=number,
            )
    for row, key in enumerate(sorted(night.rejected), start=50):
        _put(
            warehouse,
            "rejected_row",
            batch_id=number,
            row_number=row,
            feed=night.feed,
            reasons=[{"column": "", "code": "x", "message": ""}],
            status="open",
            first_batch_id=number,
            seen_count=1,
            source_key=key,
            fingerprint=f"{number}/{row}",
        )
        _put(
            warehouse,
            "rejected_sighting",
            batch_id=number,
            row_number=row,
            rejected_batch_id=number,
            rejected_row_number=row,
        )


def _audit(warehouse: Warehouse, number: int, kind: str, of: int | None, night: Night) -> None:
    counts = ("read", "inserted", "updated", "unchanged", "merged", "rejected", "suppressed")
    _put(
        warehouse,
        "batch",
        batch_id=number,
        kind=kind,
        of_batch_id=of,
        feed=night.feed,
        status="skipped" if night.is_repeat else "loaded",
        trigger="manual",
        as_of=on_day(night.day),
        started_at=on_day(night.day),
        finished_at=on_day(night.day),
        code_version="0",
        **{f"rows_{count}": 0 for count in counts},
    )


def _undo(warehouse: Warehouse, number: int, of: int) -> None:
    """What an undo leaves: its audit row, and no source records and leads that only its batch knew."""
    _audit(warehouse, number, "undo", of, Night("web", 1, frozenset(), frozenset()))
    withdraw_records(warehouse, number)
    warehouse.connection.execute(
        "DELETE FROM record_lead WHERE source_id NOT IN"
        " (SELECT source_id FROM record WHERE record_id NOT IN (SELECT record_id FROM withdrawn_record))"
    )
    warehouse.connection.execute("DELETE FROM lead WHERE id NOT IN (SELECT lead_id FROM record_lead)")


def _touch(warehouse: Warehouse, number: int) -> None:
    warehouse.connection.execute(
        "INSERT INTO touched_lead SELECT DISTINCT lead_id, lead_id, 1 FROM batch_row WHERE batch_id = ?"
        " AND lead_id IN (SELECT id FROM lead)",
        [number],
    )


def _put(warehouse: Warehouse, table: str, **cells: Any) -> None:
    warehouse.append(table, pl.DataFrame([cells]))


def _missing(warehouse: Warehouse) -> dict[int, datetime]:
    rows = warehouse.connection.sql("SELECT id, missing_since FROM lead WHERE missing_since IS NOT NULL").pl()
    return dict(rows.iter_rows())
