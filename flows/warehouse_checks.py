"""What `leads doctor` looks at of the warehouse: who holds it, whether it can be used, and whether it is whole.

Looks only. Each finding that is not well says what to do next, and where there is a backup, which one.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from flows.backup import newest_backup
from flows.errors import LeadmillError, WarehouseBusyError, WarehouseError
from flows.findings import Finding
from flows.settings import Settings
from flows.warehouse import (
    check_migrations,
    due_for_rewriting,
    is_warehouse,
    lock_of,
    log_of,
    read_all_tables,
    read_warehouse,
)

# With less a run can hardly write its temporary files.
_LEAST_FREE_BYTES: Final = 256 * 1024 * 1024


def examine_warehouse(settings: Settings) -> Iterator[Finding]:
    """Yield what is found of the warehouse file and of what lies beside it."""
    path = settings.warehouse
    yield from _room(path)
    if not path.exists():
        yield _absent(path)
        return
    forbidden = _forbidden(path)
    if forbidden is not None:
        yield forbidden
        return
    yield from _lock(path)
    yield from _log(path)
    if due_for_rewriting(path).exists():
        told = f"{path}: what was forgotten may be in the file yet: the run was ended before it wrote the file anew"
        yield Finding("rewriting", "wrong", told, "run: leads retain")
    yield _state(path)


def nearest_folder(path: Path) -> Path:
    """Return a path, or the folder above it that is there."""
    while not path.exists() and path != path.parent:
        path = path.parent
    return path


def _room(path: Path) -> Iterator[Finding]:
    folder = nearest_folder(path.parent)
    free = shutil.disk_usage(folder).free
    size = path.stat().st_size if path.exists() else 0
    if free < _LEAST_FREE_BYTES:
        yield Finding("disk", "wrong", f"{folder}: only {free:,} bytes are free", "make room before the next run")
    elif free < size:
        told = f"{folder}: {free:,} bytes are free, fewer than the warehouse has"
        yield Finding("disk", "note", told, "make room: no backup fits, and soon no run")


def _absent(path: Path) -> Finding:
    if log_of(path).exists():
        # Else the next run would begin a new warehouse, and nobody would know why all is gone.
        told = f"{path}: not there, but a log of it is ({log_of(path).name}): it was lost or moved"
        return Finding("warehouse", "wrong", told, _remedy(path))
    if not os.access(nearest_folder(path.parent), os.W_OK):
        return Finding("warehouse", "wrong", f"{path}: its folder cannot be written", "set LEADS_WAREHOUSE")
    return Finding("warehouse", "ok", f"{path}: not there yet; the first leads ingest makes it")


def _forbidden(path: Path) -> Finding | None:
    """Return what keeps this user from the file or its folder, None where nothing does."""
    if path.is_dir():
        return Finding("warehouse", "wrong", f"{path}: is a folder", "set LEADS_WAREHOUSE to a file")
    if not os.access(path, os.R_OK | os.W_OK):
        fix = f"be the user whose it is, or have them say: chmod u+rw {path}"
        return Finding("warehouse", "wrong", f"{path}: this user may not read and write it", fix)
    if not os.access(path.parent, os.W_OK | os.X_OK):
        fix = f"be the user whose it is, or have them say: chmod u+rwx {path.parent}"
        return Finding("warehouse", "wrong", f"{path.parent}: this user may not write into the folder", fix)
    return None


def _lock(path: Path) -> Iterator[Finding]:
    """Yield who holds the run lock. A lock file alone means nothing: it stays when its process ends."""
    try:
        handle = os.open(lock_of(path), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    except OSError as error:
        yield Finding("lock", "wrong", f"{lock_of(path)}: cannot be opened ({error.strerror})", "take it away")
        return
    try:
        holder = os.read(handle, 32).decode("ascii", "replace").strip() or "unknown"
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            yield Finding("lock", "note", f"held by process {holder}", "wait for it to end; runs wait too")
        else:
            yield Finding("lock", "ok", f"free; process {holder} had it last")
    finally:
        os.close(handle)


def _log(path: Path) -> Iterator[Finding]:
    log = log_of(path)
    if log.exists() and log.stat().st_size:
        told = f"{log}: {log.stat().st_size:,} bytes that a run which was ended left; harmless"
        yield Finding("log", "note", told, "nothing: the next run takes in what was committed; never take it away")


def _state(path: Path) -> Finding:
    try:
        with read_warehouse(path, wait_seconds=0) as warehouse:
            if not is_warehouse(warehouse):
                told, fix = (
                    f"{path}: is a DuckDB file, but no warehouse of leadmill",
                    "set LEADS_WAREHOUSE to another path",
                )
                return Finding("warehouse", "wrong", told, fix)
            try:
                pending = check_migrations(warehouse)
            except WarehouseError as error:
                # Its own last words say what to do.
                told, _, fix = str(error).rpartition("; ")
                return Finding("warehouse", "wrong", f"{path}: {told}", fix)
            read_all_tables(warehouse)
    except WarehouseBusyError as error:
        return Finding("warehouse", "note", str(error), "wait for the run to end")
    except LeadmillError as error:
        told = str(error).removeprefix(f"{path}: ").removesuffix("; run: leads doctor")
        return Finding("warehouse", "wrong", f"{path}: {told}", _remedy(path))
    told = f"{path}: {path.stat().st_size:,} bytes, every table read whole"
    return Finding("warehouse", "ok", told + (f"; {pending} migrations will be applied" if pending else ""))


def _remedy(path: Path) -> str:
    """Return how to have a whole warehouse again."""
    backup = newest_backup(path)
    if backup is not None:
        return f"leads restore {backup} --yes, then load the files since then again: leads ingest"
    return (
        f"no backup is in {path.parent / 'backups'}: leads restore FILE where you have another; else try leads rebuild "
        "--to FILE; else move it away and load the exports again: leads ingest"
    )
