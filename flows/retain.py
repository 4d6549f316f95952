"""Retention: removes what was kept for long enough (`retention.toml`): archived files, texts of rejected rows, backups.

What batches did stays: their rows, counts and reasons, and the records of leads. Of a removed file a note is left in
the archive, so that it is not taken for lost.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal, get_args

import polars as pl

from flows.archive import archived_file, place_in, remove_file, sha256_of
from flows.backup import copies_of, remove_copy
from flows.reference import load_reference
from flows.run import Progress, Request, Run, open_run
from flows.settings import Settings
from flows.warehouse import due_for_rewriting, rewrite_warehouse

What = Literal["archived file", "text of rejected rows", "backup"]
WHAT: Final[tuple[What, ...]] = get_args(What)
COLUMNS: Final = ("what", "batch_id", "finished_at", "item_count", "file_sha256", "path")
# Long beyond any month or leap year: a file that no batch names has only its own time to go by.
_DAYS_OF_MONTH: Final = 31


@dataclass(frozen=True)
class Removal:
    """What is removed: a file of the archive, by its last batch, the texts of a batch's rejected rows, or a backup.

    `batch_id` and `finished_at` are None of a file that no batch names: what a run that was killed left. Of a backup
    `finished_at` is when it was made.
    """

    what: What
    batch_id: int | None
    finished_at: datetime | None
    item_count: int
    file_sha256: str | None = None
    path: str | None = None


def retain(
    settings: Settings,
    *,
    now: datetime,
    is_dry_run: bool = False,
    report: Callable[[Progress], None] = lambda progress: None,
) -> list[Removal]:
    """Remove what is older at `now` (UTC) than `retention.toml` lets it be, and return it; a dry run only returns it.

    Running it again finishes what one that was killed has left. Raises UsageError, WarehouseError, WarehouseBusyError.
    """
    reference = load_reference(settings.reference, must_exist="reference" in settings.model_fields_set)
    request = Request(is_dry_run=is_dry_run)
    with open_run(settings, reference, request, report=report, must_exist=True) as run:
        files = list(_old_files(run, now))
        texts = _old_texts(run, now)
        copies = _old_copies(run, now)
        if not is_dry_run:
            _forget_texts(run, [text.batch_id for text in texts])
            for file in files:
                remove_file(run.kept_archive, str(file.file_sha256), now)
            for path, _ in copies:
                remove_copy(path)
    if due_for_rewriting(settings.warehouse).exists() and not is_dry_run:
        rewrite_warehouse(settings.warehouse, wait_seconds=settings.wait_seconds)
    return [*files, *texts, *(Removal("backup", None, made, 1, path=str(path)) for path, made in copies)]


def _old_files(run: Run, now: datetime) -> Iterator[Removal]:
    archive, months = run.kept_archive, run.reference.retention.archive_months
    for sha256, batch_id, at in run.warehouse.frame("retain/old_files", {"now": now, "months": months}).iter_rows():
        if archived_file(archive, sha256) is not None:
            yield Removal("archived file", batch_id, at, 1, sha256)
    known = set(run.warehouse.frame("retain/known_files")["file_sha256"])
    for path in sorted(archive.glob("??/*")):
        sha256 = sha256_of(path)
        is_old = (now - _modified_at(path)).days > months * _DAYS_OF_MONTH
        if sha256 not in known and path == place_in(archive, sha256) and is_old:
            yield Removal("archived file", None, None, 1, sha256)


def _modified_at(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _old_texts(run: Run, now: datetime) -> list[Removal]:
    parameters = {"now": now, "days": run.reference.retention.rejected_raw_days}
    rows = run.warehouse.frame("retain/old_rejected_text", parameters).iter_rows()
    return [Removal("text of rejected rows", batch_id, at, row_count) for batch_id, at, row_count in rows]


def _old_copies(run: Run, now: datetime) -> list[tuple[Path, datetime]]:
    days = run.reference.retention.backup_days
    if days is None:
        return []
    return [(path, made) for path, made in copies_of(run.settings.warehouse) if (now - made).days >= days]


def _forget_texts(run: Run, batch_ids: list[int | None]) -> None:
    if not batch_ids:
        return
    warehouse = run.warehouse
    due_for_rewriting(run.settings.warehouse).touch(mode=0o600)
    batches = pl.DataFrame({"batch_id": batch_ids}, schema={"batch_id": pl.Int64})
    with warehouse.transaction(), warehouse.incoming(batches):
        warehouse.run("retain/forget_rejected_text")
        warehouse.run("retain/forget_text_salts")
