"""Records as sources would have told them, put straight into a warehouse in memory: for tests of what follows from them.

A batch of its own brings each version. Nothing is read, matched or assigned, so that tiny rows say all there is.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import duckdb
import polars as pl

from flows.steps.load import beliefs_of
from flows.steps.survive import conclude_everything, field_provenance
from flows.warehouse import Warehouse, migrate
from schemas.reference import Feed
from schemas.spec import lead_columns, lead_fields
from schemas.survivorship import DEFAULT_RULES

FIRST_DAY: Final = datetime(2026, 1, 1, tzinfo=UTC)
LEAD: Final = 1_000_000_000_000
FEEDS: Final = {
    "crm": Feed(name="crm", origin="crm"),
    "partner": Feed.model_validate({"name": "partner", "on_update": "overwrite", "trust": ["assignedTo"]}),
    "second": Feed.model_validate({"name": "second", "on_update": "overwrite"}),
    "web": Feed(name="web"),
    "list": Feed(name="list"),
}


@dataclass(frozen=True)
class Version:
    """What a feed's record `key` says on a day (1 is the first), with the fields that it withdraws."""

    feed: str
    day: int
    says: dict[str, Any] = field(default_factory=dict)
    key: str = "1"
    cleared: tuple[str, ...] = ()
    own_day: int | None = None
    created_day: int | None = None
    is_undone: bool = False


def on_day(day: int) -> datetime:
    """The midnight of a day."""
    return FIRST_DAY + timedelta(days=day - 1)


@contextmanager
def empty_warehouse() -> Iterator[Warehouse]:
    """A migrated warehouse in memory."""
    with Warehouse(duckdb.connect(":memory:")) as warehouse:
        warehouse.connection.execute("SET TimeZone = 'UTC'")
        migrate(warehouse)
        yield warehouse


def conclude(warehouse: Warehouse, versions: Sequence[Version], **rules: str) -> dict[str, Any]:
    """The one lead that the versions are of, loaded in their order, by these rules and else by default."""
    _empty(warehouse)
    _write(warehouse, versions)
    conclude_by(warehouse, **rules)
    return warehouse.connection.sql("SELECT * FROM lead").pl().row(0, named=True)


def conclude_by(warehouse: Warehouse, **rules: str) -> None:
    """Conclude what is there by these rules, and else by default."""
    warehouse.connection.execute("DELETE FROM survivorship")
    warehouse.append("survivorship", pl.DataFrame([{**DEFAULT_RULES, **rules}]))
    with warehouse.transaction():
        conclude_everything(warehouse)


def provenance(warehouse: Warehouse, name: str) -> list[tuple[str | None, int | None, str | None]]:
    """Whose word a field of the lead is: feed, batch and rule."""
    [lead_id] = warehouse.connection.sql("SELECT id FROM lead").fetchall()[0]
    rows = field_provenance(warehouse, lead_id).filter(pl.col("field") == name)
    return list(rows.select("feed", "batch_id", "rule").iter_rows())


def withdraw_records(warehouse: Warehouse, undo_id: int) -> None:
    """Withdraw the records that stood by the batch which another, by its audit row, undoes."""
    warehouse.connection.execute(f"CREATE OR REPLACE TEMP TABLE this_batch AS SELECT {undo_id}::BIGINT AS batch_id")
    warehouse.run("undo/withdraw_records")


def _empty(warehouse: Warehouse) -> None:
    for table in (
        *("batch", "batch_belief", "batch_row", "record", "record_lead", "record_contact"),
        *("lead", "lead_contact", "lead_assignment", "lead_revision", "withdrawn_record", "confirmed_record"),
    ):
        warehouse.connection.execute(f"DELETE FROM {table}")


def _write(warehouse: Warehouse, versions: Sequence[Version]) -> None:
    sources: dict[tuple[str, str], int] = {}
    for number, version in enumerate(versions, start=1):
        sources.setdefault((version.feed, version.key), number)
    types = {each.name: each.polars_type for each in lead_fields()}
    records = [_record(number, version, sources) for number, version in enumerate(versions, start=1)]
    warehouse.append("record", pl.DataFrame(records, schema_overrides=types))
    beliefs = [{"batch_id": number, **beliefs_of(FEEDS[each.feed])} for number, each in enumerate(versions, start=1)]
    warehouse.append("batch_belief", pl.DataFrame(beliefs))
    crm_ids = [each.says["id"] for each in versions if "id" in each.says]
    lead_id = crm_ids[0] if crm_ids else LEAD
    warehouse.append(
        "record_lead",
        pl.DataFrame(
            [
                {"feed": feed, "source_key": key, "source_id": source, "lead_id": lead_id}
                for (feed, key), source in sources.items()
            ]
        ),
    )
    warehouse.append("batch", pl.DataFrame(list(_batches(versions))))
    rows = [
        {
            "batch_id": number,
            "row_number": 1,
            "outcome": "inserted" if number == 1 else "updated",
            "record_id": number,
            "lead_id": lead_id,
        }
        for number in range(1, len(versions) + 1)
    ]
    warehouse.append("batch_row", pl.DataFrame(rows))
    for (undo_id,) in warehouse.connection.sql("SELECT batch_id FROM batch WHERE kind = 'undo'").fetchall():
        withdraw_records(warehouse, undo_id)


def _record(number: int, version: Version, sources: dict[tuple[str, str], int]) -> dict[str, Any]:
    says = {name: version.says.get(name) for name in lead_columns()}
    return {
        **says,
        "accountId": says["accountId"] or "acme",
        "record_id": number,
        "source_id": sources[version.feed, version.key],
        "batch_id": number,
        "row_number": 1,
        "feed": version.feed,
        "source_key": version.key,
        "as_of": on_day(version.day),
        "cleared": list(version.cleared),
        "source_created_at": version.created_day and on_day(version.created_day),
        "source_updated_at": version.own_day and on_day(version.own_day),
        "has_placeholder_name": False,
        "content_hash": 0,
    }


def _batches(versions: Iterable[Version]) -> Iterator[dict[str, Any]]:
    counts = ("read", "inserted", "updated", "unchanged", "merged", "rejected", "suppressed")
    same = {
        "status": "loaded",
        "trigger": "manual",
        "started_at": FIRST_DAY,
        "finished_at": FIRST_DAY,
        "code_version": "0",
        **{f"rows_{count}": 0 for count in counts},
    }
    undone = []
    number = 0
    for number, version in enumerate(versions, start=1):
        yield {
            "batch_id": number,
            "kind": "ingest",
            "of_batch_id": None,
            "feed": version.feed,
            "as_of": on_day(version.day),
            **same,
        }
        undone += [number] if version.is_undone else []
    for later, of in enumerate(undone, start=number + 1):
        yield {"batch_id": later, "kind": "undo", "of_batch_id": of, "feed": None, "as_of": None, **same}
