"""Verify: whether the warehouse is what its batches wrote: the chain, the invariants, leads from records, the archive.

Looks only, and asks by the definitions of the code, not those of the warehouse. Each check names the first batch that
does not fit. A chain shows that something was changed, not by whom (docs/tamper-evidence.md says what it cannot show).
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import polars as pl

from flows.archive import archived_file, is_removed, note_of
from flows.chain import PARTS, changed_blocks, hash_batches
from flows.heads import heads_file, read_heads
from flows.person_key import key_path, key_state, person_key, value_hashes
from flows.settings import Settings
from flows.steps.survive import conclude_anew
from flows.warehouse import Warehouse, define_anew, read_warehouse

_EVERY_BATCH: Final = 2**63 - 1

# The rules that hold for every batch and lead, in the order in which one follows from another.
_RULES: Final = (
    ("counts", "verify/rows_balance", "the counts of all batches are those of their rows"),
    ("rows of leads", "verify/one_row_per_lead", "each batch did one thing to each of its leads"),
    ("lead ids", "verify/lead_ids", "every id that was given out is a lead or leads to one"),
    ("records", "verify/records", "every record has its lead, and none crosses accounts"),
    ("leads", "verify/leads_concluded", "leads and contacts are what the records say"),
)


@dataclass(frozen=True)
class Finding:
    """What one check says; `first_batch` is the first batch that does not fit, where one can be named."""

    check: str
    status: Literal["ok", "note", "found"]
    detail: str
    first_batch: int | None = None


def verify(settings: Settings) -> list[Finding]:
    """Make all checks; of each at least one finding. Raises WarehouseError where no warehouse of this version is."""
    with read_warehouse(settings.warehouse, wait_seconds=settings.wait_seconds) as warehouse:
        define_anew(warehouse)
        conclude_anew(warehouse)
        findings = [*_chain(warehouse), *_heads(warehouse, settings.archive)]
        for check, statement, told in _RULES:
            findings += _told(check, told, warehouse.frame(statement))
        return [*findings, *_preferences(warehouse, settings), *_files(warehouse, settings.archive)]


def _told(check: str, told: str, found: pl.DataFrame) -> list[Finding]:
    """Return a finding per row of a check's statement (`first_batch`, `detail`), or that all is well."""
    rows = found.select("first_batch", "detail").iter_rows()
    return [Finding(check, "found", detail, batch) for batch, detail in rows] or [Finding(check, "ok", told)]


def _chain(warehouse: Warehouse) -> Iterator[Finding]:
    yield from _told("batches", "every batch that was numbered is there", warehouse.frame("verify/batches_there"))
    begins, batch_count = warehouse.frame("verify/chain_begins").row(0)
    if begins is None:
        yield Finding("chain", "note", f"none of {batch_count:,} batches has a hash: the chain begins with the next")
        return
    if begins > 1:
        yield Finding("chain", "note", f"begins with batch {begins}: older batches have no hash to be held to")
    parameters = {"chain_begins": begins}
    with warehouse.incoming(hash_batches(warehouse, begins, _EVERY_BATCH)):
        broken = warehouse.frame("verify/hashes", parameters)
    yield from _told("chain", "every batch has the hash that follows from it and from the one before", broken)
    yield from list(_rows(warehouse, begins)) or [Finding("rows", "ok", "every row is as it was sealed")]


def _rows(warehouse: Warehouse, begins: int) -> Iterator[Finding]:
    """Yield a finding per part that was changed, removed or added to."""
    for part in PARTS:
        batches = [block.batch_id for block in changed_blocks(warehouse, part, begins, _EVERY_BATCH)]
        if batches:
            told = f"{part}: {len(batches):,} block(s) of {len(set(batches)):,} batch(es) are not as they were sealed"
            yield Finding("rows", "found", told, batches[0])


def _heads(warehouse: Warehouse, archive: Path) -> Iterator[Finding]:
    """Hold the chain against the heads that runs left: of what they name nothing may be missing or other."""
    path, heads = heads_file(archive), read_heads(archive)
    if not heads:
        yield Finding("heads", "note", f"{path}: no heads; a cut or rewritten end of the chain would not show")
        return
    hashes = dict(warehouse.frame("verify/hashes_of_batches").iter_rows())
    wrong = sorted({head.batch_id for head in heads if hashes.get(head.batch_id) != head.hash})
    if wrong:
        yield Finding("heads", "found", f"{len(wrong)} batch(es) are not as {path} has them", wrong[0])
    else:
        yield Finding("heads", "ok", f"batch {heads[-1].batch_id} and those before are as {path} has them")


def _preferences(warehouse: Warehouse, settings: Settings) -> Iterator[Finding]:
    """Hold the contacts that preferences are of against their hashes, which are what the chain holds."""
    state = key_state(settings, warehouse)
    contacts = warehouse.frame("verify/preference_contacts")
    if state in ("missing", "other") and not contacts.is_empty():
        yield Finding(
            "preferences", "note", f"{key_path(settings)}: not the key of this warehouse, so no hash is checked"
        )
        return
    if state == "fitting":
        hashes = value_hashes(person_key(settings, warehouse), contacts["kind"], contacts["value"])
        wrong = contacts.filter(hashes != contacts["value_hash"])
        if not wrong.is_empty():
            told = f"contact_preference: {wrong.height:,} row(s) are of another contact than their hash"
            yield Finding("preferences", "found", told, wrong["batch_id"][0])
            return
    yield Finding("preferences", "ok", f"{contacts.height:,} preference(s) are of the contact that their hash is of")


def _files(warehouse: Warehouse, archive: Path) -> Iterator[Finding]:
    """Hold each file of the archive against its hash; of a redacted one, that of the copy that was kept."""
    files = warehouse.frame("verify/files")
    kept = [row for row in files.iter_rows() if not is_removed(archive, row[0])]
    found = [
        Finding("archive", "found", f"file {sha256[:12]} of the batch {fault}", batch)
        for sha256, batch in kept
        if (fault := fault_of(archive, sha256)) is not None
    ]
    yield from found or [Finding("archive", "ok", f"{len(kept):,} file(s) are there, as they were taken")]
    if len(kept) < files.height:
        told = f"{files.height - len(kept):,} file(s) were removed when their time was over; their notes say when"
        yield Finding("archive", "note", told)


def fault_of(archive: Path, sha256: str) -> str | None:
    """Return what is wrong with a file of the archive, None where it is as it was taken."""
    path = archived_file(archive, sha256)
    if path is None:
        return f"is not in {archive}"
    note = note_of(path)
    try:
        kept = str(json.loads(note.read_text("utf-8"))["sha256"]) if note.is_file() else sha256
        with path.open("rb") as file:
            return None if hashlib.file_digest(file, "sha256").hexdigest() == kept else "is not as it was taken"
    except (OSError, ValueError, KeyError, TypeError):
        return f"cannot be read in {archive}"
