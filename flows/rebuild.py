"""Rebuild: a warehouse anew from the archive, the reference data that each batch used, and what people decided.

All batches are told again in their order, each under the files, the moment and the reference data that it had, so that
ids, turns and conclusions are those of before. Of the old warehouse only that is read: which batches there were, what
they were asked, and the reference versions; and where people were erased, the numbers that are left of them
(`flows.retold`). Neither it nor the archive is touched.
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar, cast

import polars as pl

from flows import regroup
from flows.backup import Contents, contents_of, write_checksum
from flows.batches import begin_staging, feed_of, kept_file, kept_source, new_batch, write_audit
from flows.errors import BatchFailedError, LeadmillError, UsageError, WarehouseError
from flows.pipeline import close_batch, load_batch
from flows.preferences import note_staged
from flows.reassign import hand_over
from flows.reference import Reference, load_reference
from flows.reference_versions import give_back
from flows.replay import replay_again
from flows.retold import Retelling
from flows.run import Clock, Progress, Request, Run, run_of
from flows.settings import Settings
from flows.staging import Staged, redact_source
from flows.steps import disappear, load, publish, resolve
from flows.undo import withdraw
from flows.verify import fault_of
from flows.warehouse import Warehouse, check_migrations, damage_in, migrate, open_warehouse, read_warehouse
from flows.whole_files import make_folder
from schemas.preference import PREFERENCE_COLUMNS
from schemas.reference import DEFAULT_FEED, Feed

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
        place = Path(folder) / "leads.duckdb"
        with open_warehouse(place, wait_seconds=0, memory_limit=settings.memory_limit) as fresh:
            migrate(fresh)
            retelling = Retelling(fresh, old, settings)
            _tell_all(old, retelling, settings, Path(folder), report)
            retelling.end()
            rebuilt = Rebuilt(contents_of(fresh), _differing_tables(old, fresh))
            fresh.close_file()
        with place.open("r+b") as file:
            os.fsync(file.fileno())
            write_checksum(target, hashlib.file_digest(file, "sha256").hexdigest())
        place.replace(target)
    return rebuilt


def _tell_all(
    old: Warehouse, fresh: Retelling, settings: Settings, folder: Path, report: Callable[[Progress], None]
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
            fresh.begin_batch(columns)
            run = _run_then(run_under(reference_sha256, first_user[reference_sha256]), columns, fresh)
            if columns["kind"] == "replay":
                _dismiss_before(old, fresh, columns)
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


def _run_then(run: Run, columns: Columns, fresh: Retelling) -> Run:
    """Return a run as that of a batch was: who asked for it, which code, and when."""
    return replace(
        run,
        request=Request(trigger=columns["trigger"], flow_run_id=columns["flow_run_id"]),
        step=_StepAgain(columns["error"] if columns["status"] == "failed" else None, lacks_people=fresh.lacks_people),
        code_version=columns["code_version"],
        clock=Clock(lambda: columns["started_at"], lambda: columns["finished_at"]),
    )


class _StepAgain:
    """Runs steps again: the archive stays as it is, and a batch fails that failed.

    Where nothing fails by itself again, before anything is numbered. Where a batch `lacks_people` that it had, it is
    known that it was not held; what it is held to are its counts of then, and in the end all tables.
    """

    def __init__(self, error: str | None, *, lacks_people: bool) -> None:
        self.error = error
        self.passed = (disappear.hold_if_vanishing, load.check_invariants) if lacks_people else ()

    def __call__(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what `function` returns for the arguments."""
        if function is resolve.number_people and self.error is not None:
            raise BatchFailedError(self.error)
        if function is redact_source:
            return cast(T, cast(Staged, args[0]).source)
        if function in self.passed:
            return cast(T, None)
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
    load_batch(batch, run, lambda: kept_source(path, columns, batch.feed), is_whole=columns["is_closing"])


def _batch_again(run: Run, columns: Columns) -> load.Batch:
    batch = new_batch(run, columns["kind"], feed_of(run, columns), of_batch_id=columns["of_batch_id"])
    taken = {name: columns[name] for name in ("file_uri", "file_sha256", "file_bytes", "as_of")}
    return replace(batch, **taken)


def _merge_again(run: Run, columns: Columns) -> None:
    regroup.merge_pairs(run, _known_pairs(run, _asked(columns)["pairs"]))


def _unmerge_again(run: Run, columns: Columns) -> None:
    asked = _asked(columns)
    if "pairs" in asked:
        regroup.part_pairs(run, _known_pairs(run, asked["pairs"]))
        return
    try:
        regroup.unmerge(run, asked["lead_id"], asked["record_ids"])
    except UsageError:
        if not cast(Retelling, run.warehouse).lacks_people:
            raise
        # Who was set apart, or from whom, is gone.
        regroup.part_pairs(run, [])


def _known_pairs(run: Run, pairs: Sequence[Sequence[int]]) -> list[tuple[int, int]]:
    """Return the pairs of source records of which neither is an erased person's."""
    asked = {"record_ids": [source_id for pair in pairs for source_id in pair]}
    known = set(run.warehouse.frame("regroup/sources_of_records", asked)["source_id"])
    return [(one, other) for one, other in pairs if known.issuperset((one, other))]


def _asked(columns: Columns) -> dict[str, Any]:
    if columns["request"] is None:
        raise LeadmillError(
            "what it was asked is not kept: it is older than that; restore a backup: leads restore FILE"
        )
    asked: dict[str, Any] = json.loads(columns["request"])
    return asked


def _prefer_again(run: Run, columns: Columns) -> None:
    note_staged(run, pl.DataFrame(columns["said"] or [], schema=PREFERENCE_COLUMNS))


def _erase_again(run: Run, columns: Columns) -> None:
    """Say who was erased, who never came here."""
    batch = new_batch(run, "erase", Feed(name=DEFAULT_FEED))
    begin_staging(run, batch)
    hashes = pl.DataFrame(columns["known_by"] or [], schema={"kind": pl.String, "value_hash": pl.String})
    with run.warehouse.transaction():
        run.warehouse.append("erased_person", hashes.with_columns(batch_id=pl.lit(batch.batch_id, pl.Int64)))
        write_audit(run, batch, warnings=tuple(columns["warnings"] or ()))


_AGAIN: Final[Mapping[str, Callable[[Run, Columns], object]]] = {
    "ingest": _load_again,
    "approve": _load_again,
    "replay": lambda run, columns: replay_again(run, columns, cast(Retelling, run.warehouse).erased_rows()),
    "undo": lambda run, columns: withdraw(run, columns["of_batch_id"]),
    "merge": _merge_again,
    "unmerge": _unmerge_again,
    "sweep": lambda run, columns: regroup.sweep(run, is_full=_asked(columns)["is_full"]),
    "preference": _prefer_again,
    "erase": _erase_again,
    "reassign": lambda run, columns: hand_over(run, _asked(columns)["user"]),
}


# --- what came of it


def _dismiss_before(old: Warehouse, fresh: Retelling, columns: Columns) -> None:
    """Dismiss the rejected rows that were when a batch replayed.

    When those of erased people were dismissed nobody knows: where the replay took fewer rows than are open, before it.
    """
    _dismiss(old, fresh, columns["batch_id"], keeps_erased=True)
    left = fresh.frame("audit/replayable", {"batch_id": columns["of_batch_id"]})
    if left.height > columns["rows_read"]:
        _dismiss(old, fresh, columns["batch_id"])


def _dismiss(old: Warehouse, fresh: Warehouse, batch_id: int | None, *, keeps_erased: bool = False) -> None:
    """Dismiss the rejected rows that were, but for those that a batch which is told next had open."""
    asked = {"batch_id": batch_id, "keeps_erased": keeps_erased}
    with fresh.incoming(old.frame("rebuild/dismissed", asked)), fresh.transaction():
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
