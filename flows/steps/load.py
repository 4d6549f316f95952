"""Load: stage a file's rows, and put all that follows from them into the warehouse in one transaction.

Staging tables are temporary and filled chunk by chunk before the transaction; the statements that
move them in are in sql/load, the invariants they are held to in sql/checks.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Final, Literal

import polars as pl

from flows import chain
from flows.errors import BatchFailedError
from flows.warehouse import Warehouse
from schemas.reference import Feed
from schemas.reference_tables import DO_NOT_LOAD
from schemas.rejected import REJECTED_COLUMNS
from schemas.spec import CRM_OWNED_FIELDS, lead_columns

# How much a record is believed for a field; the order in which survivorship asks (design 5.4).
CRM: Final = 0
OVERWRITE: Final = 1
FILL: Final = 2
FOUNDING_ONLY: Final = 3

# Fewer rows than this never fail a batch, whatever their share (design 4.4).
SMALLEST_JUDGED_ROW_COUNT: Final = 50


# A batch takes a file, or decides something anew without one.
BatchKind = Literal[
    "ingest", "replay", "approve", "undo", "merge", "unmerge", "sweep", "reassign", "preference", "erase"
]
WITHOUT_FILE: Final = ("undo", "merge", "unmerge", "sweep", "reassign", "preference", "erase")


@dataclass(frozen=True)
class Batch:
    """What is known of a batch before its rows are read: the audit row's own columns."""

    batch_id: int
    kind: BatchKind
    of_batch_id: int | None
    feed: Feed
    trigger: Literal["manual", "schedule", "event"]
    flow_run_id: str | None
    file_uri: str | None
    file_sha256: str | None
    file_bytes: int | None
    as_of: datetime | None
    started_at: datetime
    reference_sha256: str
    code_version: str


@dataclass(frozen=True)
class Ending:
    """How a batch ended, for its audit row."""

    status: Literal["loaded", "failed", "skipped", "held"]
    finished_at: datetime
    file_format: str | None = None
    warnings: tuple[str, ...] = ()
    error: str | None = None


@dataclass(frozen=True)
class ReferenceTables:
    """The reference frames as the warehouse keeps them; None where the file does not exist."""

    teams: pl.DataFrame | None
    team_members: pl.DataFrame | None
    lead_sources: pl.DataFrame | None
    users: pl.DataFrame | None
    absences: pl.DataFrame | None
    stages: pl.DataFrame | None
    survivorship: pl.DataFrame | None = None


def next_batch_id(warehouse: Warehouse) -> int:
    """Return the id that the next batch will have; `write_batch` takes it."""
    return int(warehouse.frame("load/next_batch_id").item())


def set_next_batch_id(warehouse: Warehouse, batch_id: int) -> None:
    """Let the next batch have this id: in a rebuild, the one that it had."""
    warehouse.run("load/give_batch_id", {"batch_id": batch_id - 1})


def was_read(warehouse: Warehouse, file_sha256: str) -> bool:
    """Whether a batch read this content to its end."""
    return bool(warehouse.frame("load/was_read", {"file_sha256": file_sha256}).item())


def find_loaded_batch(
    warehouse: Warehouse, feed: Feed, file_sha256: str, *, has_newer_export: bool = False
) -> int | None:
    """Return the standing batch that loaded this content for the feed, where loading it again says nothing.

    Of a full feed it says something once another export came in between, unless the caller `has_newer_export`.
    """
    is_full = feed.extent == "full" and not has_newer_export
    found = warehouse.frame("load/known_content", {"feed": feed.name, "file_sha256": file_sha256, "is_full": is_full})
    return None if found.is_empty() else int(found.item())


def find_replay(warehouse: Warehouse, of_batch_id: int, file_sha256: str) -> int | None:
    """Return the standing batch that replayed rows of a batch from this sheet."""
    found = warehouse.frame("load/known_replay", {"of_batch_id": of_batch_id, "file_sha256": file_sha256})
    return None if found.is_empty() else int(found.item())


def begin_staging(
    warehouse: Warehouse, batch: Batch, reference: ReferenceTables, replayed: pl.DataFrame | None = None
) -> None:
    """Make the staging tables anew, with the batch's context and the reference data it uses.

    `replayed` names the rejected rows that the records of a replay are: `row_number` in the replay,
    `rejected_batch_id` and `rejected_row_number`.
    """
    warehouse.run("stage/create_staging")
    feed = batch.feed
    context = {
        "batch_id": batch.batch_id,
        "kind": batch.kind,
        "feed": feed.name,
        "origin": feed.origin,
        "extent": feed.extent,
        # Unknown only where the file could not be taken, and then nothing is staged.
        "as_of": batch.as_of or batch.started_at,
        "started_at": batch.started_at,
        "account_id": feed.account_id,
        "team_id": feed.team_id,
        "lead_source_id": feed.lead_source_id,
        "first_name_placeholder": feed.placeholders.get("firstName"),
        "last_name_placeholder": feed.placeholders.get("lastName"),
        "skip_team_and_source_requirement": feed.skip_team_and_source_requirement,
        "is_rotating": feed.rotate,
        "has_teams": reference.teams is not None,
        "has_sources": reference.lead_sources is not None,
        "file_sha256": batch.file_sha256,
    }
    nullable = {
        **dict.fromkeys(("team_id", "lead_source_id"), pl.Int64),
        **dict.fromkeys(("first_name_placeholder", "last_name_placeholder", "file_sha256"), pl.String),
    }
    warehouse.append("this_batch", pl.DataFrame([context], schema_overrides=nullable))
    beliefs = pl.DataFrame([beliefs_of(feed)], schema_overrides=dict.fromkeys(lead_columns(), pl.Int8))
    warehouse.append("this_belief", beliefs.with_columns(pl.lit(batch.batch_id).alias("batch_id")))
    if replayed is not None:
        warehouse.append("replayed_row", replayed)
    for table, frame in (
        ("used_team", reference.teams),
        ("used_team_member", reference.team_members),
        ("used_lead_source", reference.lead_sources),
        ("used_user", reference.users),
        ("absence", reference.absences),
        ("used_stage", reference.stages),
        ("used_survivorship", reference.survivorship),
    ):
        if frame is not None:
            warehouse.append(table, frame)


def stage_leads(
    warehouse: Warehouse, leads: pl.DataFrame, contacts: pl.DataFrame, issues: pl.DataFrame, evidence: pl.DataFrame
) -> None:
    """Append one chunk of valid typed leads with their contacts, issues and identity evidence to the staging tables."""
    with warehouse.incoming(leads):
        warehouse.run("stage/stage_leads")
    warehouse.append("staged_contact", contacts)
    warehouse.append("staged_issue", issues)
    if not evidence.is_empty():
        warehouse.append("staged_evidence", evidence)


def stage_crm_merges(warehouse: Warehouse, merges: pl.DataFrame) -> None:
    """Append the merges that a chunk of the CRM's tells of (`schemas.lead.CRM_MERGE_COLUMNS`), if any."""
    if not merges.is_empty():
        warehouse.append("staged_crm_merge", merges)


def stage_apart(warehouse: Warehouse, apart: pl.DataFrame) -> None:
    """Append the rows that make no lead and are no fault (`schemas.lead.APART_COLUMNS`), if any."""
    if not apart.is_empty():
        warehouse.append("staged_apart", apart)


def stage_rejected(warehouse: Warehouse, rejected: pl.DataFrame) -> None:
    """Append rejected rows (`schemas.rejected`) to the staging table."""
    warehouse.append("staged_rejected", rejected.select(list(REJECTED_COLUMNS)))


def staged_rejected(warehouse: Warehouse) -> pl.DataFrame:
    """Return the rejected rows of the batch so far, in row order."""
    return warehouse.frame("stage/rejected")


def fill_raw_text(warehouse: Warehouse, raw_by_row: Mapping[int, str]) -> None:
    """Add the raw text of rows that set-based rules rejected after the file was read."""
    frame = pl.DataFrame(
        {"row_number": list(raw_by_row), "raw": list(raw_by_row.values())},
        schema={"row_number": pl.Int64, "raw": pl.String},
    )
    with warehouse.incoming(frame):
        warehouse.run("stage/fill_raw_text")


def check_tolerance(feed: Feed, rows_read: int, rows_rejected: int) -> None:
    """Raise BatchFailedError when more rows were rejected than the feed allows."""
    if rows_read < SMALLEST_JUDGED_ROW_COUNT or rows_rejected <= feed.max_reject_fraction * rows_read:
        return
    raise BatchFailedError(
        f"{rows_rejected:,} of {rows_read:,} rows rejected ({rows_rejected / rows_read:.1%}), more than the "
        f"{feed.max_reject_fraction:.0%} that feed {feed.name} allows; nothing was loaded; see: leads rejects"
    )


def write_records(warehouse: Warehouse) -> None:
    """Keep the reference data as used and what the sources said: everything that conclusions follow from."""
    warehouse.run("load/write_reference")
    warehouse.run("load/write_records")


def beliefs_of(feed: Feed) -> dict[str, int]:
    """Return how much a feed is believed, field by field (design 5.4)."""
    if feed.origin == "crm":
        return dict.fromkeys(lead_columns(), CRM)
    return {field: _vendor_belief(feed, field) for field in lead_columns()}


def _vendor_belief(feed: Feed, field: str) -> int:
    if field == "accountId":
        return FILL
    # A vendor's lead source comes by the assignment of the new lead, like its team.
    if field in (*CRM_OWNED_FIELDS, "leadSourceId") and field not in feed.trust:
        return FOUNDING_ONLY
    # Where a lead first came from stays what it was, unless the feed says so of this very field.
    if field == "source" and field not in feed.on_update:
        return FILL
    return OVERWRITE if feed.update_rule(field) == "overwrite" else FILL


def write_leads(warehouse: Warehouse) -> None:
    """Put the concluded leads in place, and say what became of each row, in row_outcome and batch_row."""
    put_leads(warehouse)
    warehouse.run("load/write_rows")
    warehouse.run("load/write_decisions")
    warehouse.run("load/write_events")
    warehouse.run("load/write_revisions")


def put_leads(warehouse: Warehouse) -> None:
    """Put the concluded leads in place."""
    warehouse.run("load/compare_leads")
    warehouse.run("load/write_leads")


def write_decided(warehouse: Warehouse) -> None:
    """Put leads in place that other decisions than a file's rows changed, and write their log."""
    put_leads(warehouse)
    warehouse.run("load/write_events")
    warehouse.run("load/write_revisions")


def keep_reference(warehouse: Warehouse, reference_sha256: str, contents: Mapping[str, bytes]) -> None:
    """Keep the reference files that a batch uses, unless they are kept already."""
    kept = {name: content for name, content in contents.items() if name != DO_NOT_LOAD.file_name}
    files = pl.DataFrame(
        {"reference_sha256": [reference_sha256] * len(kept), "file_name": list(kept), "content": list(kept.values())},
        schema={"reference_sha256": pl.String, "file_name": pl.String, "content": pl.Binary},
    )
    with warehouse.incoming(files):
        warehouse.run("load/keep_reference")


def write_rejected(warehouse: Warehouse) -> None:
    """Write the rejected rows that are staged."""
    warehouse.run("load/write_rejected")


def write_batch(warehouse: Warehouse, batch: Batch, ending: Ending) -> None:
    """Write the audit row, which counts what became of all rows, and seal the batch: they must be written."""
    warehouse.run("load/give_batch_id", {"batch_id": batch.batch_id})
    known = {field.name: getattr(batch, field.name) for field in fields(batch)}
    ended = {**asdict(ending), "warnings": list(ending.warnings)}
    feed = None if batch.kind in WITHOUT_FILE else batch.feed.name
    warehouse.run("load/write_batch", {**known, "feed": feed, **ended})
    chain.seal_batch(warehouse, batch.batch_id)


def is_written(warehouse: Warehouse, batch_id: int) -> bool:
    """Whether the audit row of a batch is in the warehouse."""
    return not warehouse.frame("audit/batch", {"batch_id": batch_id}).is_empty()


def check_invariants(warehouse: Warehouse, batch_id: int, rows_read: int) -> None:
    """Hold the transaction to the invariants of design 4.3; raise BatchFailedError for the first broken one."""
    for name, parameters in (
        ("checks/rows_balance", {"batch_id": batch_id, "rows_read": rows_read}),
        ("checks/one_row_per_lead", {"batch_id": batch_id}),
        ("checks/leads_are_sound", {"batch_id": batch_id}),
    ):
        broken = warehouse.frame(name, parameters)
        if not broken.is_empty():
            raise BatchFailedError(
                f"invariant broken ({name}): {broken['broken'][0]}; nothing was loaded; please report this"
            )
