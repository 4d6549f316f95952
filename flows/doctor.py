"""The checks of `leads doctor`: what must be right before a run, each with what to do when it is not.

Looks only: nothing is made, migrated or repaired, and a check that cannot be made says so.
"""

import os
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from flows.errors import LeadmillError, UsageError
from flows.findings import Finding
from flows.settings import Settings

# Pins with a reason: what happens beyond them (pyproject.toml has the same bounds).
_BOUNDS: Final = (
    ("duckdb", (1, 5, 5), (2,), "our statements are written and tested for this SQL dialect"),
    ("prefect", (3, 8, 8), (3, 10), "tested with these versions"),
    ("fastapi", (0,), (0, 151), "newer ones break every flow run of Prefect 3.8"),
    ("sqlalchemy", (2,), (2, 1), "newer ones break Prefect's scheduler: no scheduled run is made"),
    ("polars", (2, 1), (3,), "tested with these versions"),
    ("pandera", (0, 35), (0, 36), "tested with these versions"),
)


def examine(load: Callable[[], Settings]) -> list[Finding]:
    """Run all checks; `load` gives the settings, or raises what is wrong with them."""
    findings = [_python(), *_packages()]
    try:
        settings = load()
    except UsageError as error:
        return [*findings, Finding("settings", "wrong", str(error), "correct it, and run leads doctor again")]
    from flows.warehouse_checks import examine_warehouse

    findings.append(Finding("settings", "ok", f"warehouse {settings.warehouse}"))
    return [
        *(*findings, _reference(settings), *examine_warehouse(settings)),
        *(*_key(settings), *_erasures(settings), _archive(settings.archive), _prefect()),
    ]


def _python() -> Finding:
    # An older one cannot even install us.
    return Finding("python", "ok", ".".join(map(str, sys.version_info[:3])))


def _packages() -> Iterator[Finding]:
    for name, low, high, reason in _BOUNDS:
        bounds = f">={'.'.join(map(str, low))},<{'.'.join(map(str, high))}"
        try:
            found = version(name)
        except PackageNotFoundError:
            yield Finding(name, "wrong", "is not installed", "run: make setup")
            continue
        numbers = tuple(int(part) for part in found.split(".")[:3] if part.isdigit())
        if low <= numbers < high:
            yield Finding(name, "ok", found)
        else:
            yield Finding(name, "wrong", f"{found}; {reason}", f'run: pip install "{name}{bounds}"')


def _reference(settings: Settings) -> Finding:
    from flows.reference import load_reference
    from flows.steps.map import load_aliases

    folder = settings.reference
    try:
        reference = load_reference(folder, must_exist="reference" in settings.model_fields_set)
        load_aliases(folder if reference.header_aliases else None)
    except LeadmillError as error:
        return Finding("reference", "wrong", str(error), "correct the file; nothing is loaded until then")
    if not folder.exists():
        return Finding("reference", "ok", f"{folder}: not there; every file is read as feed 'default'")
    return Finding("reference", "ok", f"{folder}: {len(reference.feeds)} feeds")


def _key(settings: Settings) -> Iterator[Finding]:
    """Look whether the key by which people are known again is there, where the warehouse needs one."""
    from flows.person_key import key_path, key_state
    from flows.warehouse import check_migrations, read_warehouse

    if not settings.warehouse.exists():
        return
    path = key_path(settings)
    try:
        with read_warehouse(settings.warehouse, wait_seconds=0) as warehouse:
            if check_migrations(warehouse):
                return
            state = key_state(settings, warehouse)
    except UsageError as error:
        yield Finding("key", "wrong", str(error), "restore it from its backup, or set LEADS_KEY_FILE")
    except LeadmillError:
        # Said of the warehouse already.
        return
    else:
        if state == "fitting" and path.stat().st_mode & 0o077:
            yield Finding("key", "wrong", f"{path}: can be read by others", f"run: chmod 600 {path}")
        elif state in ("missing", "other"):
            told = "is not there" if state == "missing" else "is not the key of this warehouse"
            yield Finding(
                "key",
                "wrong",
                f"{path}: {told}; who opted out is kept, but nobody can be known again by a hash",
                "restore it from its backup, or set LEADS_KEY_FILE",
            )
        else:
            yield Finding("key", "ok", f"{path}: none was needed yet" if state == "none" else str(path))


def _erasures(settings: Settings) -> Iterator[Finding]:
    """Look whether the warehouse knows of all erasures: a copy that was put in its place may hold the people again."""
    from flows.erase import read_erasures
    from flows.erased_people import erased_hashes
    from flows.warehouse import check_migrations, read_warehouse

    left = read_erasures(settings.archive)
    if not left or not settings.warehouse.exists():
        return
    try:
        with read_warehouse(settings.warehouse, wait_seconds=0) as warehouse:
            unknown = frozenset() if check_migrations(warehouse) else left - erased_hashes(warehouse)
    except LeadmillError:
        # Said of the warehouse already.
        return
    if unknown:
        told = f"{settings.warehouse}: does not know of all who were erased, so that they may be in it, or come back"
        yield Finding("erasures", "wrong", told, "run: leads erase --again")
    else:
        yield Finding("erasures", "ok", "the warehouse knows who was erased")


def _archive(archive: Path) -> Finding:
    from flows.warehouse_checks import nearest_folder

    if os.access(nearest_folder(archive), os.W_OK):
        return Finding("archive", "ok", str(archive))
    return Finding("archive", "wrong", f"{archive}: cannot be written", "set LEADS_ARCHIVE to a folder that can")


def _prefect() -> Finding:
    url = os.environ.get("PREFECT_API_URL")
    if not url:
        return Finding("prefect", "note", "PREFECT_API_URL is not set", "leads ingest runs without Prefect")
    return Finding("prefect", "ok", "PREFECT_API_URL is set: runs are reported there")
