"""Rebuild: a warehouse anew from the archive, the reference data that each batch used, and what people decided.

All batches are told again in their order, each under the files, the moment and the reference data that it had, so that
ids, turns and conclusions are those of before. Of the old warehouse only that is read: which batches there were, what
they were asked, and the reference versions. Neither it nor the archive is touched.
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar

import polars as pl

from flows import regroup
from flows.backup import Contents, contents_of, write_checksum
from flows.batches import feed_of, kept_file, kept_source, new_batch
from flows.errors import BatchFailedError, LeadmillError, UsageError, WarehouseError
from flows.pipeline import close_batch, load_batch
from flows.preferences import note_staged
from flows.reassign import hand_over
from flows.reference import Reference, load_reference
from flows.reference_versions import give_back
from flows.replay import replay_again
from flows.run import Clock, Progress, Request, Run, run_directly, run_of
from flows.settings import Settings
from flows.steps import disappear, load, publish, resolve
from flows.undo import withdraw
from flows.verify import fault_of
from flows.warehouse import Warehouse, check_migrations, damage_in, migrate, open_warehouse, read_warehouse
from flows.whole_files import make_folder
from schemas.preference import PREFERENCE_COLUMNS

P = ParamSpec("P")
T = TypeVar("T")

Columns = Mapping[str, Any]

# What may not come out otherwise than it was: all ids of later batches hang on it.
_KEPT: Final = (
    *("kind", "status", "of_batch_id", "rows_read", "rows_inserted", "rows_updated", "rows_unchanged", "rows_merged"),
    *("rows_rejected", "rows_suppressed"),
)
_EMPTY_REFERENCE: Final = hashlib.sha256().hexdigest()


@dataclass(frozen=True)
class Rebuilt:
    """What is in the new warehouse, and which tables are not as in the old one: none, where nobody changed that.

    None in the place of the tables says that the old one cannot be read whole.
    """

    contents: Contents
    differing_tables: list[str] | None


def rebuild(settings: Settings, target: Path, *, report: Callable[[Progress], None] = lambda progress: None) -> Rebuilt:
    """Build the warehouse anew in the file `target`, with a checksum beside it, so that it can be restored.

    Raises UsageError where `target` is there already, and LeadmillError, naming the batch, for what cannot be told
    again; nothing is left behind then.
    """
    if target.exists():
        raise UsageError(f"{target}: is there already; name a new file")
    make_folder(target.parent)
    if not os.access(target.parent, os.W_OK | os.X_OK):
        raise UsageError(f"{target.parent}: cannot be written; name another place")
    with (
        read_warehouse(settings.warehouse, wait_seconds=settings.wait_seconds) as old,
        # Beside the target: what is whole at last is moved, not copied.
        tempfile.TemporaryDirectory(prefix=".rebuilding-", dir=target.parent) as folder,
    ):
        if check_migrations(old):
            raise WarehouseError(
                "the warehouse is older than this leadmill; the next run that loads brings it up to date"
            )
        if not old.frame("erase/erased_hashes").is_empty():
            raise LeadmillError(
                "people were erased from it, and with what the archive says without them ids would come out otherwise; "
                "restore a backup, which erases them again: leads restore FILE"
            )
        place = Path(folder) / "leads.duckdb"
        with open_warehouse(place, wait_seconds=0, memory_limit=settings.memory_limit) as fresh:
            migrate(fresh)
            _tell_all(old, fresh, settings, Path(folder), report)
            rebuilt = Rebuilt(contents_of(fresh), _differing_tables(old, fresh))
            fresh.close_file()
        with place.open("r+b") as file:
            os.fsync(file.fileno())
            write_checksum(target, hashlib.file_digest(file, "sha256").hexdigest())
        place.replace(target)
    return rebuilt


def _tell_all(
    old: Warehouse, fresh: Warehouse, settings: Settings, folder: Path, report: Callable[[Progress], None]
) -> None:
    """Tell every batch again, each as part of a run of its own time and reference data."""

    @cache
    def run_under(reference_sha256: str, batch_id: int) -> Run:
        reference = _reference_of(old, reference_sha256, batch_id, folder / f"reference-{batch_id}")
        return run_of(fresh, settings.archive, settings, reference, Request(), report=report)

    first_user: dict[str, int] = {}
    for columns in old.frame("rebuild/batches").iter_rows(named=True):
        batch_id, reference_sha256 = columns["batch_id"], columns["reference_sha256"]
        report(Progress(f"batch {batch_id}", columns["kind"]))
        try:
            first_user.setdefault(reference_sha256, batch_id)
            run = _run_then(run_under(reference_sha256, first_user[reference_sha256]), columns)
            if columns["kind"] == "replay":
                _dismiss(old, fresh, batch_id)
            load.set_next_batch_id(fresh, batch_id)
            _tell_again(run, columns)
            _refuse_otherwise(fresh, columns)
        except LeadmillError as error:
            raise LeadmillError(f"batch {batch_id} ({columns['kind']}) cannot be rebuilt: {error}") from error
    _dismiss(old, fresh, None)


def _reference_of(old: Warehouse, sha256: str, batch_id: int, folder: Path) -> Reference:
    folder.mkdir(mode=0o700)
    if sha256 != _EMPTY_REFERENCE:
        give_back(old, batch_id, folder)
    # do_not_load.csv is in the hash, and never kept.
    return replace(load_reference(folder), sha256=sha256)


def _run_then(run: Run, columns: Columns) -> Run:
    """Return a run as that of a batch was: who asked for it, which code, and when."""
    return replace(
        run,
        request=Request(trigger=columns["trigger"], flow_run_id=columns["flow_run_id"]),
        step=_FailingStep(columns["error"]) if columns["status"] == "failed" else run_directly,
        code_version=columns["code_version"],
        clock=Clock(lambda: columns["started_at"], lambda: columns["finished_at"]),
    )


class _FailingStep:
    """Runs steps of a batch that failed; where nothing fails by itself again, before anything is numbered."""

    def __init__(self, error: str) -> None:
        self.error = error

    def __call__(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what `function` returns for the arguments."""
        if function is resolve.number_people:
            raise BatchFailedError(self.error)
        return function(*args, **kwargs)


# --- by kind


def _tell_again(run: Run, columns: Columns) -> None:
    kind = columns["kind"]
    if kind not in _AGAIN:
        raise LeadmillError("this leadmill does not know batches of this kind; upgrade it")
    has_rows = columns["status"] == "loaded" or columns["rows_read"] > 0
    if kind in load.WITHOUT_FILE or has_rows:
        _AGAIN[kind](run, columns)
    else:
        _close_again(run, columns)


def _close_again(run: Run, columns: Columns) -> None:
    """Tell a batch of which nothing but its audit row is in the warehouse: skipped, held, or failed before its rows."""
    batch = _batch_again(run, columns)
    ending = load.Ending(
        columns["status"],
        run.clock.ends(),
        columns["file_format"],
        tuple(columns["warnings"] or ()),
        columns["error"],
    )
    repeat = None
    if columns["listed_at"] is not None:
        repeat = disappear.Listing(
            batch.batch_id, batch.feed, columns["listed_at"], columns["listing_batch_id"], columns["is_closing"]
        )
    close_batch(run, batch, ending, repeat=repeat)


def _load_again(run: Run, columns: Columns) -> None:
    """Take the archived file of a batch through all steps."""
    path = kept_file(run, columns)
    fault = fault_of(run.kept_archive, columns["file_sha256"])
    if fault is not None:
        raise LeadmillError(f"its file {fault}; set LEADS_ARCHIVE to where it is, or put it back from a copy")
    batch = _batch_again(run, columns)
    # Without its path: what is in the archive stays as it is.
    load_batch(
        batch,
        run,
        lambda: replace(kept_source(path, columns, batch.feed), path=None),
        is_whole=columns["is_closing"],
    )


def _batch_again(run: Run, columns: Columns) -> load.Batch:
    batch = new_batch(run, columns["kind"], feed_of(run, columns), of_batch_id=columns["of_batch_id"])
    taken = {name: columns[name] for name in ("file_uri", "file_sha256", "file_bytes", "as_of")}
    return replace(batch, **taken)


def _merge_again(run: Run, columns: Columns) -> None:
    regroup.merge_pairs(run, [(one, other) for one, other in _asked(columns)["pairs"]])


def _unmerge_again(run: Run, columns: Columns) -> None:
    asked = _asked(columns)
    if "pairs" in asked:
        regroup.part_pairs(run, [(one, other) for one, other in asked["pairs"]])
    else:
        regroup.unmerge(run, asked["lead_id"], asked["record_ids"])


def _asked(columns: Columns) -> dict[str, Any]:
    if columns["request"] is None:
        raise LeadmillError(
            "what it was asked is not kept: it is older than that; restore a backup: leads restore FILE"
        )
    asked: dict[str, Any] = json.loads(columns["request"])
    return asked


def _prefer_again(run: Run, columns: Columns) -> None:
    note_staged(run, pl.DataFrame(columns["said"] or [], schema=PREFERENCE_COLUMNS))


_AGAIN: Final[Mapping[str, Callable[[Run, Columns], object]]] = {
    "ingest": _load_again,
    "approve": _load_again,
    "replay": replay_again,
    "undo": lambda run, columns: withdraw(run, columns["of_batch_id"]),
    "merge": _merge_again,
    "unmerge": _unmerge_again,
    "sweep": lambda run, columns: regroup.sweep(run, is_full=_asked(columns)["is_full"]),
    "preference": _prefer_again,
    "reassign": lambda run, columns: hand_over(run, _asked(columns)["user"]),
}


# --- what came of it


def _dismiss(old: Warehouse, fresh: Warehouse, batch_id: int | None) -> None:
    """Dismiss the rejected rows that were, but for those that a batch which is told next had open."""
    with fresh.incoming(old.frame("rebuild/dismissed", {"batch_id": batch_id})), fresh.transaction():
        fresh.run("rebuild/dismiss")


def _refuse_otherwise(fresh: Warehouse, columns: Columns) -> None:
    now = publish.summarise_batch(fresh, columns["batch_id"]).columns
    told = [f"{name} is {now[name]}, was {columns[name]}" for name in _KEPT if now[name] != columns[name]]
    if told:
        raise LeadmillError(
            f"it came out otherwise ({', '.join(told)}); rebuild with the leadmill that loaded it, "
            f"{columns['code_version']}, or restore a backup"
        )


def _differing_tables(old: Warehouse, fresh: Warehouse) -> list[str] | None:
    names = ("part", "row_count", "digest")
    now = fresh.frame("rebuild/digests").select(names)
    try:
        was = old.frame("rebuild/digests").select(names)
    except Exception as error:
        if damage_in(error) is None:
            raise
        return None
    return was.join(now, on=names, how="anti", nulls_equal=True)["part"].to_list()
