"""Preferences by hand, and who may be contacted how: what a person told somebody, and what all sources said of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

import polars as pl

from flows.batches import begin_staging, new_batch, write_audit
from flows.cells.email import parse_emails
from flows.cells.phone import parse_phones
from flows.errors import UsageError
from flows.reference import load_reference
from flows.run import Request, Run, open_run
from flows.settings import Settings
from flows.steps import preferences, publish
from flows.warehouse import Warehouse
from schemas.preference import PREFERENCE_COLUMNS
from schemas.reference import DEFAULT_FEED, Feed

Channel = Literal["email", "phone", "sms", "all"]

BY_HAND: Final = "by hand"


@dataclass(frozen=True)
class Said:
    """What somebody said: a contact of a kind as it was typed, out or in, of which channel, and how that is known."""

    kind: Literal["email", "phone"]
    contact: str
    is_out: bool
    channel: Channel = "all"
    evidence: str | None = None


@dataclass(frozen=True)
class Noted:
    """The batch that noted it, and how the leads with that contact may be contacted now."""

    summary: publish.BatchSummary
    leads: list[dict[str, Any]]


def note_preference(settings: Settings, said: Said, *, is_dry_run: bool = False) -> Noted:
    """Note what a person told somebody, as a batch of its own.

    Raises UsageError for a contact that cannot be read, and for consent without evidence.
    """
    if not said.is_out and not (said.evidence or "").strip():
        raise UsageError("--in: consent counts with evidence only; say how it was given: --evidence TEXT")
    reference = load_reference(settings.reference, must_exist="reference" in settings.model_fields_set)
    value = _read_contact(said, reference.feeds[DEFAULT_FEED].region)
    with open_run(settings, reference, Request(is_dry_run=is_dry_run)) as run:
        batch_id = note_staged(run, _as_staged(said, value, run.clock.begins()))
        leads = run.warehouse.frame("preferences/leads_of_value", {"contact": value}).to_dicts()
        return Noted(publish.summarise_batch(run.warehouse, batch_id), leads)


def note_staged(run: Run, said: pl.DataFrame) -> int:
    """Note what was said (`schemas.preference`) as a batch of its own; return its number."""
    warehouse = run.warehouse
    batch = new_batch(run, "preference", Feed(name=DEFAULT_FEED))
    begin_staging(run, batch)
    preferences.stage_preferences(warehouse, said)
    with warehouse.transaction():
        preferences.write_preferences(warehouse, run.settings, is_dry_run=run.request.is_dry_run)
        write_audit(run, batch)
    return batch.batch_id


def list_preferences(warehouse: Warehouse, lead_id: int | None = None) -> list[dict[str, Any]]:
    """Return all that was said of contacts, or of those of a lead, the newest first."""
    return warehouse.frame("preferences/list_preferences", {"lead_id": lead_id}).to_dicts()


def preference_of(warehouse: Warehouse, lead_id: int) -> dict[str, bool]:
    """Return whether a lead may be e-mailed, called and texted."""
    return warehouse.frame("preferences/of_lead", {"lead_id": lead_id}).row(0, named=True)


def _read_contact(said: Said, region: str) -> str:
    texts = pl.Series([said.contact], dtype=pl.String)
    read = parse_emails(texts) if said.kind == "email" else parse_phones(texts, region)
    if not read["is_valid"].fill_null(False).item():
        # Not echoed: it is somebody's.
        told = "an e-mail address" if said.kind == "email" else f"a phone number of region {region}, or with + in front"
        raise UsageError(f"--{said.kind}: cannot be read as {told}")
    return str(read["value"].item())


def _as_staged(said: Said, value: str, moment: datetime) -> pl.DataFrame:
    row = {
        "row_number": None,
        "kind": said.kind,
        "value": value,
        "channel": said.channel,
        "status": "out" if said.is_out else "in",
        "source": BY_HAND,
        "evidence": (said.evidence or "").strip() or BY_HAND,
        "said_at": moment,
    }
    return pl.DataFrame([row], schema=PREFERENCE_COLUMNS)
