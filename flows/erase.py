"""Erase: remove people from all that is kept, for good, so that they are known again and kept out.

A batch of its own, of kind `erase`. Their records, leads and all that was logged of them go; rows stay counted, by
number. The archive's files say nothing of them any more. Whatever is done later (an undo, a replay, their files loaded
again, a backup put back) finds them erased.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import polars as pl

from flows import chain
from flows.batches import begin_staging, new_batch, write_audit
from flows.cells.email import parse_emails
from flows.cells.phone import read_number
from flows.erased_files import erase_from_files, spelling_of
from flows.erased_people import ErasedPeople, KnownBy, contact_hash, known_by, named_hash, source_hash
from flows.errors import UsageError
from flows.lasting_lines import append_lines
from flows.person_key import person_key
from flows.reference import load_reference
from flows.run import Progress, Request, Run, open_run
from flows.settings import Settings
from flows.steps import load, publish
from flows.warehouse import Warehouse, due_for_rewriting, rewrite_warehouse
from schemas.reference import DEFAULT_FEED, Feed

_LEAST_DIGITS: Final = 7


@dataclass(frozen=True)
class Erased:
    """What an erasure did, or would do: counts of what went, and its audit row, unless it was a preview."""

    counts: dict[str, int]
    people: list[dict[str, Any]]
    summary: publish.BatchSummary | None = None


def people_with(warehouse: Warehouse, *, email: str | None = None, phone: str | None = None) -> list[dict[str, Any]]:
    """Return who has an address: of a shared mailbox all its people. Raises UsageError for what is no address."""
    if email is not None:
        value = parse_emails(pl.Series([email]))["value"].item() or email.strip().lower()
        return _people_with(warehouse, "email", value, None)
    digits = "".join(filter(str.isdigit, phone or ""))
    if len(digits) < _LEAST_DIGITS:
        raise UsageError(f"a phone number has at least {_LEAST_DIGITS} digits; give it whole, as +12125550123")
    value = read_number(phone or "", "US") or digits
    # However the country was written: the end of the number tells.
    return _people_with(warehouse, "phone", value, digits.lstrip("0")[-9:])


def people_named(warehouse: Warehouse, lead_ids: Sequence[int]) -> list[dict[str, Any]]:
    """Return the leads of ids, or that ids were given up to. Raises UsageError for an id of nobody."""
    for lead_id in lead_ids:
        if warehouse.frame("erase/people_named", {"ids": [lead_id]}).is_empty():
            raise UsageError(f"{lead_id} is no lead, or one that was removed; see: leads explain {lead_id}")
    return warehouse.frame("erase/people_named", {"ids": list(lead_ids)}).to_dicts()


def erase(
    settings: Settings,
    lead_ids: Sequence[int],
    *,
    is_dry_run: bool = False,
    report: Callable[[Progress], None] = lambda progress: None,
) -> Erased:
    """Erase leads; a dry run counts what would go, and changes nothing.

    Raises UsageError for an id of nobody, WarehouseError where what is to be taken out was changed by somebody.
    """
    reference = load_reference(settings.reference, must_exist="reference" in settings.model_fields_set)
    with open_run(settings, reference, Request(is_dry_run=is_dry_run), report=report, must_exist=True) as run:
        people = people_named(run.warehouse, lead_ids)
        if is_dry_run:
            find_content(run.warehouse, people)
            return Erased(run.warehouse.frame("erase/count_content").row(0, named=True), people)
        erased = _erase(run, people)
    rewrite_warehouse(settings.warehouse, wait_seconds=settings.wait_seconds)
    return erased


def erase_again(settings: Settings, *, report: Callable[[Progress], None] = lambda progress: None) -> Erased | None:
    """Erase who is in the warehouse though they were erased before it was put back; None where nobody is.

    Who that is says the list beside the archive (`erasures_file`).
    """
    hashes = read_erasures(settings.archive)
    if not hashes:
        return None
    reference = load_reference(settings.reference, must_exist="reference" in settings.model_fields_set)
    with open_run(settings, reference, Request(), report=report, must_exist=True) as run:
        lead_ids = _leads_known_by(run.warehouse, ErasedPeople(person_key(settings, run.warehouse), hashes))
        _learn(run.warehouse, hashes)
        if not lead_ids:
            return None
        erased = _erase(run, people_named(run.warehouse, lead_ids))
    rewrite_warehouse(settings.warehouse, wait_seconds=settings.wait_seconds)
    return erased


def erasures_file(archive: Path) -> Path:
    """Return where the hashes of erased people are kept outside the warehouse: a JSON document a line."""
    return archive / "erasures.jsonl"


def read_erasures(archive: Path) -> frozenset[str]:
    """Return all hashes that were left; half a line, as a crash leaves it, is passed over."""
    path = erasures_file(archive)
    lines = path.read_text("utf-8", "replace").splitlines() if path.is_file() else []
    return frozenset(value for line in lines for value in _hashes_of(line))


def _hashes_of(line: str) -> list[str]:
    try:
        return [str(way["value_hash"]) for way in json.loads(line)["known_by"]]
    except (ValueError, TypeError, KeyError):
        return []


def _people_with(warehouse: Warehouse, kind: str, value: str, digits: str | None) -> list[dict[str, Any]]:
    asked = {"kind": kind, "value": value, "digits": digits}
    return people_named(warehouse, warehouse.frame("erase/people_with_contact", asked)["lead_id"].to_list())


def find_content(warehouse: Warehouse, people: Sequence[Mapping[str, Any]]) -> None:
    """Find all that the warehouse has of people: temporary tables, by the names in sql/erase/find_content.sql."""
    warehouse.run("erase/create_erased")
    leads = pl.DataFrame({"lead_id": [person["lead_id"] for person in people]}, schema={"lead_id": pl.Int64})
    warehouse.append("erased_lead", leads)
    warehouse.run("erase/find_content")


def _erase(run: Run, people: Sequence[dict[str, Any]]) -> Erased:
    warehouse = run.warehouse
    batch = new_batch(run, "erase", Feed(name=DEFAULT_FEED))
    run.report(Progress(f"batch {batch.batch_id}", "erase"))
    begin_staging(run, batch)
    find_content(warehouse, people)
    counts = warehouse.frame("erase/count_content").row(0, named=True)
    # What is deleted lies in the file until that is written anew; a kill in between is made good by `leads retain`.
    due_for_rewriting(run.settings.warehouse).touch(mode=0o600)
    with warehouse.transaction():
        key = person_key(run.settings, warehouse)
        known = warehouse.frame("erase/known_by")
        ways = known_by(key, known)
        blocks = chain.held_keys(warehouse, warehouse.frame("erase/touched_keys"))
        # Outside first: what is redacted without being committed is redacted again by the next try.
        erased = ErasedPeople(key, frozenset(way.value_hash for way in ways))
        erase_from_files(run, spelling_of(known), erased)
        _leave_erasures(run.kept_archive, batch, ways)
        warehouse.run("erase/remove_content")
        warehouse.run("erase/write_events")
        warehouse.append("erased_person", _persons(batch.batch_id, ways))
        chain.seal_again(warehouse, blocks, batch.batch_id)
        # Nobody who stays is concluded again: a lead is made of its own records.
        write_audit(run, batch, warnings=_told(counts))
    return Erased(counts, list(people), publish.summarise_batch(warehouse, batch.batch_id))


def _told(counts: Mapping[str, int]) -> tuple[str, ...]:
    return (", ".join(f"{count:,} {what.replace('_', ' ')}" for what, count in counts.items()) + " erased",)


def _persons(batch_id: int, ways: Sequence[KnownBy]) -> pl.DataFrame:
    frame = pl.DataFrame(ways, schema={"kind": pl.String, "value_hash": pl.String}, orient="row")
    return frame.with_columns(pl.lit(batch_id, pl.Int64).alias("batch_id"))


def _leave_erasures(archive: Path, batch: load.Batch, ways: Sequence[KnownBy]) -> None:
    document = {
        "batch_id": batch.batch_id,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "known_by": [way._asdict() for way in ways],
    }
    append_lines(erasures_file(archive), [document])


def _leads_known_by(warehouse: Warehouse, erased: ErasedPeople) -> list[int]:
    """Return the leads that the hashes of erased people name: by feed and key, by an address, or by it with a name."""
    found: set[int] = set()
    key = erased.key
    for lead_id, feed, source_key, first, last, kind, value in warehouse.frame("erase/known_people").iter_rows():
        hashes = [source_hash(key, feed, source_key)]
        if kind is not None:
            hashes += [contact_hash(key, kind, value), named_hash(key, kind, value, first, last)]
        if not erased.hashes.isdisjoint(hashes):
            found.add(lead_id)
    return sorted(found)


def _learn(warehouse: Warehouse, hashes: frozenset[str]) -> None:
    """Keep hashes that the warehouse does not know of, as those of no batch of its own."""
    unknown = sorted(hashes - set(warehouse.frame("erase/erased_hashes")["value_hash"]))
    if unknown:
        ways = [KnownBy("source", value_hash) for value_hash in unknown]
        warehouse.append("erased_person", _persons(0, ways))
