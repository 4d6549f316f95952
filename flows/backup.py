"""Backup: a copy of the warehouse that was read once before it counts, with its checksum beside it.

Nobody writes while the file is copied: the run lock is held, what DuckDB still had in its log is in the file, and the
file is closed. How a backup is put back is in `flows.restore`.
"""

import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final

from flows.errors import UsageError, WarehouseError
from flows.settings import Settings
from flows.warehouse import (
    Warehouse,
    check_migrations,
    is_warehouse,
    log_of,
    open_warehouse,
    read_all_tables,
    read_warehouse,
)
from flows.whole_files import make_folder, whole_file

_FOLDER: Final = "backups"
_MOMENT: Final = "%Y%m%dT%H%M%SZ"
_ASIDE: Final = ".before-restore-"
_BLOCK_BYTES: Final = 4 * 1024 * 1024


@dataclass(frozen=True)
class Contents:
    """What a warehouse, or a backup of one, holds."""

    batch_count: int
    last_batch_id: int | None
    lead_count: int


@dataclass(frozen=True)
class Backup:
    """A backup that was made, and what is in it."""

    path: Path
    contents: Contents
    bytes: int
    sha256: str


def back_up(settings: Settings, path: Path | None, *, may_replace: bool = False) -> Backup:
    """Copy the warehouse to `path`, or to a file named for the moment in the folder `backups` beside it.

    Raises UsageError where the file is there already, unless it `may_replace` it, and where there is no room;
    WarehouseBusyError while a run holds the warehouse past the wait; WarehouseError for a warehouse that is damaged: a
    copy of it would be none.
    """
    target = path or _new_place(settings.warehouse)
    if target.exists() and not may_replace:
        raise UsageError(f"{target}: is there already; name another file, or replace it with --yes")
    if target.exists() and settings.warehouse.exists() and target.samefile(settings.warehouse):
        raise UsageError(f"{target}: is the warehouse itself; name another file")
    with open_warehouse(settings.warehouse, wait_seconds=settings.wait_seconds, must_exist=True) as warehouse:
        contents = contents_of(warehouse)
        warehouse.close_file()
        make_folder(target.parent)
        refuse_without_room(settings.warehouse, target.parent)
        with whole_file(target) as copy:
            sha256 = copy_file(settings.warehouse, copy)
            copy.flush()
            _refuse_damaged(Path(copy.name), contents)
            # A kill may come in between: without a checksum a backup can be confirmed, with another's it is refused.
            checksum_file(target).unlink(missing_ok=True)
        write_checksum(target, sha256)
    return Backup(target, contents, target.stat().st_size, sha256)


def contents_of(warehouse: Warehouse) -> Contents:
    """Return what an open warehouse holds. Raises WarehouseError for a DuckDB file that is none of ours."""
    if not is_warehouse(warehouse):
        raise WarehouseError("it is a DuckDB file, but no warehouse of leadmill")
    return Contents(**warehouse.frame("backup/contents").row(0, named=True))


def checksum_file(backup: Path) -> Path:
    """Return where the checksum of a backup lies, as `sha256sum` writes and checks it."""
    return backup.with_name(backup.name + ".sha256")


def copy_file(source: Path, target: BinaryIO) -> str:
    """Copy a file; return the SHA-256 of what was copied. Raises WarehouseError where it cannot be read."""
    digest = hashlib.sha256()
    for block in _blocks(source):
        digest.update(block)
        target.write(block)
    return digest.hexdigest()


def refuse_without_room(source: Path, folder: Path) -> None:
    """Raise UsageError where a folder's disk has no room for a copy of a file."""
    needed, free = source.stat().st_size, shutil.disk_usage(folder).free
    if free < needed:
        raise UsageError(f"{folder}: {needed:,} bytes are needed, {free:,} are free; make room, or name another place")


def newest_backup(warehouse: Path) -> Path | None:
    """Return the newest backup in the folder where they are put if no other is named."""
    return max((warehouse.parent / _FOLDER).glob("leads-*.duckdb"), default=None)


def _new_place(warehouse: Path) -> Path:
    return warehouse.parent / _FOLDER / f"leads-{moment_now()}.duckdb"


def moment_now() -> str:
    """Return the moment as the names of copies tell it, UTC."""
    return f"{datetime.now(UTC):{_MOMENT}}"


def place_aside(warehouse: Path) -> Path:
    """Return where a warehouse is kept that another takes the place of."""
    return warehouse.with_name(f"{warehouse.stem}{_ASIDE}{moment_now()}{warehouse.suffix}")


def copies_of(warehouse: Path) -> list[tuple[Path, datetime]]:
    """Return the copies that were named for a moment, here or by a restore, with it; the oldest first."""
    backups = ((path, path.stem.removeprefix("leads-")) for path in (warehouse.parent / _FOLDER).glob("leads-*.duckdb"))
    aside = (
        (path, path.stem.partition(_ASIDE)[2])
        for path in warehouse.parent.iterdir()
        if path.name.startswith(f"{warehouse.stem}{_ASIDE}") and path.suffix == warehouse.suffix
    )
    dated = ((path, _moment_of(told)) for path, told in (*backups, *aside))
    return sorted(((path, moment) for path, moment in dated if moment is not None), key=lambda copy: copy[1])


def remove_copy(path: Path) -> None:
    """Remove a copy of the warehouse, with what lies beside it."""
    for each in (path, log_of(path), checksum_file(path)):
        each.unlink(missing_ok=True)


def _moment_of(told: str) -> datetime | None:
    try:
        return datetime.strptime(told, _MOMENT).replace(tzinfo=UTC)
    except ValueError:
        return None


def _blocks(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK_BYTES):
                yield block
    except OSError as error:
        raise WarehouseError(f"{path}: cannot be read ({error.strerror}); look at its disk and its rights") from error


def _refuse_damaged(copy: Path, contents: Contents) -> None:
    """Read the copy whole; raise WarehouseError where it is not what was to be copied."""
    with read_warehouse(copy, wait_seconds=0) as warehouse:
        check_migrations(warehouse)
        try:
            read_all_tables(warehouse)
        except WarehouseError as error:
            raise WarehouseError(f"no backup was made, the warehouse is damaged: {error}; run: leads doctor") from error
        if contents_of(warehouse) != contents:
            raise WarehouseError("the copy is not what was copied: another program writes to the warehouse; end it")


def write_checksum(backup: Path, sha256: str) -> None:
    """Write the checksum of a backup beside it."""
    with whole_file(checksum_file(backup)) as file:
        file.write(f"{sha256}  {backup.name}\n".encode())
