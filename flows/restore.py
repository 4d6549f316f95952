"""Restore: a backup takes the place of the warehouse, which is kept beside it.

A backup is checked before anything is touched, and what it lacks is told: batches that came after it. They are had
again by loading their files once more, for the archive and the exports are not touched.
"""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from flows.backup import Contents, checksum_file, contents_of, copy_file, moment_now, place_aside, refuse_without_room
from flows.erase import erase_again, read_erasures
from flows.errors import LeadmillError, UsageError, WarehouseBusyError, WarehouseError
from flows.heads import set_aside
from flows.person_key import key_path, key_state
from flows.settings import Settings
from flows.warehouse import check_migrations, hold_warehouse, log_of, read_all_tables, read_warehouse
from flows.whole_files import make_folder, whole_file


@dataclass(frozen=True)
class Restored:
    """What is in the warehouse now, which batches are in it no more, and where warehouse and heads of before are.

    `erased_again` counts leads that the backup brought back though they had been erased.
    """

    contents: Contents
    lost: list[dict[str, Any]]
    kept: Path | None
    heads: Path | None
    erased_again: int = 0


@dataclass(frozen=True)
class _Checked:
    """A backup that can be put back."""

    contents: Contents
    batches: pl.DataFrame
    sha256: str | None


def restore(settings: Settings, backup: Path, *, is_confirmed: bool = False) -> Restored:
    """Put a backup in the place of the warehouse. Where there is one, or the checksum is missing, it must be confirmed.

    Raises UsageError where it is not, saying what would be lost; WarehouseError for a backup that is damaged, no
    warehouse, or newer than this code.
    """
    warehouse = settings.warehouse
    checked = _check(backup, is_confirmed=is_confirmed)
    _require_key(settings, backup)
    if warehouse.exists() and backup.samefile(warehouse):
        raise UsageError(f"{backup}: is the warehouse itself; name a backup")
    make_folder(warehouse.parent)
    with hold_warehouse(warehouse, wait_seconds=settings.wait_seconds):
        lost, trouble = _lost_batches(settings, checked)
        if warehouse.exists() and not is_confirmed:
            raise UsageError(f"{_tell_loss(warehouse, lost, trouble)}; to go on: leads restore {backup} --yes")
        refuse_without_room(backup, warehouse.parent)
        with whole_file(warehouse) as copy:
            if copy_file(backup, copy) != checked.sha256:
                raise WarehouseError(f"{backup}: changed while it was copied; nothing was restored")
            copy.flush()
            os.fsync(copy.fileno())
            kept = _keep_old(warehouse)
            # Those of lost batches would be held against the ones that take their numbers. Before these can: a run
            # leaves again what it misses, and takes nothing away.
            heads = set_aside(settings.archive, f"heads.before-restore-{moment_now()}.jsonl")
    erased = erase_again(settings)
    return Restored(checked.contents, lost, kept, heads, 0 if erased is None else erased.counts["leads"])


def _check(backup: Path, *, is_confirmed: bool) -> _Checked:
    """Return what a backup holds. Raises what is wrong with it."""
    if not backup.is_file():
        raise UsageError(f"{backup}: there is no such file; backups lie in the folder backups beside the warehouse")
    sha256 = _check_sum(backup, is_confirmed=is_confirmed)
    try:
        with read_warehouse(backup, wait_seconds=0) as opened:
            contents = contents_of(opened)
            check_migrations(opened)
            read_all_tables(opened)
            return _Checked(contents, opened.frame("backup/batches"), sha256)
    except WarehouseError as error:
        # The doctor looks at the warehouse, not at backups.
        told = str(error).removeprefix(f"{backup}: ").removesuffix("; run: leads doctor")
        raise WarehouseError(f"{backup}: cannot be restored: {told}") from error


def _require_key(settings: Settings, backup: Path) -> None:
    """Refuse to bring back people who were erased where nothing can tell who they are."""
    if not read_erasures(settings.archive):
        return
    with read_warehouse(backup, wait_seconds=0) as opened:
        is_there = key_path(settings).exists() and (
            check_migrations(opened) > 0 or key_state(settings, opened) in ("none", "fitting")
        )
    if not is_there:
        raise UsageError(
            f"{key_path(settings)}: the key of this warehouse is not there, so nobody can tell who of the backup was "
            "erased since; put it back, or name it by LEADS_KEY_FILE"
        )


def _check_sum(backup: Path, *, is_confirmed: bool) -> str:
    """Return the SHA-256 of a backup, held against the file beside it if there is one."""
    with Path(os.devnull).open("wb") as nowhere:
        sha256 = copy_file(backup, nowhere)
    beside = checksum_file(backup)
    if not beside.is_file():
        if not is_confirmed:
            raise UsageError(
                f"{beside}: is not there, so nobody can tell whether the backup is whole; "
                f"to go on all the same: leads restore {backup} --yes"
            )
        return sha256
    if beside.read_text("utf-8", "replace").split(maxsplit=1)[:1] != [sha256]:
        raise WarehouseError(f"{backup}: is not what was backed up: {beside.name} has another checksum; take another")
    return sha256


def _lost_batches(settings: Settings, checked: _Checked) -> tuple[list[dict[str, Any]], str | None]:
    """Return the batches of the present warehouse that the backup lacks; where they cannot be told, why."""
    if not settings.warehouse.exists():
        return [], None
    try:
        with read_warehouse(settings.warehouse, wait_seconds=settings.wait_seconds) as present:
            contents_of(present)
            batches = present.frame("backup/batches")
    except WarehouseBusyError:
        raise
    except LeadmillError as error:
        return [], str(error)
    # By their time too: two warehouses that parted have batches of one number.
    return batches.join(checked.batches, on=["batch_id", "started_at"], how="anti").to_dicts(), None


def _tell_loss(warehouse: Path, lost: list[dict[str, Any]], trouble: str | None) -> str:
    if trouble is not None:
        return f"{warehouse} is there, and what is in it cannot be told ({trouble.removeprefix(f'{warehouse}: ')})"
    if not lost:
        return f"{warehouse} is there, with no batch that the backup lacks"
    first, last = lost[0]["batch_id"], lost[-1]["batch_id"]
    told = f"batch {first}" if first == last else f"{len(lost)} batches, {first} to {last}"
    return f"{warehouse} is there, and {told}, which the backup lacks, would be lost"


def _keep_old(warehouse: Path) -> Path | None:
    """Keep the warehouse of before beside itself, with its log, of which nothing may reach the new one."""
    if not warehouse.exists():
        log = log_of(warehouse)
        if log.exists():
            log.replace(log.with_name(f"{log.name}.before-restore-{moment_now()}"))
        return None
    kept = place_aside(warehouse)
    try:
        # A second name for the file: at no moment is there no warehouse, which the next run would begin anew.
        os.link(warehouse, kept)
    except OSError:
        shutil.copyfile(warehouse, kept)
    kept.chmod(0o600)
    if log_of(warehouse).exists():
        log_of(warehouse).replace(log_of(kept))
    return kept
