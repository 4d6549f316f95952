"""The order of the steps: how a file becomes a batch. The one place that knows it.

The CLI runs it as it is, the Prefect flow hands in a runner that makes each step a task; either way the
same functions run in the same order, and what is promised rests on the warehouse alone.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Literal

import polars as pl

from flows import signals
from flows.archive import remove_file
from flows.batches import new_batch
from flows.erased_people import erased_hashes
from flows.errors import (
    BatchFailedError,
    BatchHeldError,
    LeadmillError,
    UnreadableFileError,
    UsageError,
    internal_error,
    is_out_of_room,
)
from flows.exports import Export, plan_exports
from flows.fail_points import fail_point
from flows.heads import leave_heads
from flows.plain_text import told_path
from flows.reference import Reference, load_reference
from flows.run import Progress, Request, Run, StepRunner, open_run, run_directly
from flows.settings import Settings
from flows.staging import (
    Source,
    Staged,
    fill_raw_text,
    has_header,
    open_file,
    redact_source,
    stage_records,
    watch_columns,
)
from flows.steps import assign, disappear, drift, load, preferences, publish, pull, read, resolve, survive
from flows.warehouse import Warehouse
from schemas.reference import Feed

# How far apart the times of files are that were copied or unpacked together, where those are kept in whole seconds.
_ONE_COPY: Final = timedelta(seconds=1)


def ingest(
    settings: Settings,
    request: Request,
    *,
    step: StepRunner = run_directly,
    report: Callable[[Progress], None] = lambda progress: None,
) -> list[publish.BatchSummary]:
    """Load the files of a request, each as a batch of its own; return their summaries in that order.

    A file that fails leaves its audit row and does not stop the others. A dry run does everything but the
    commit and leaves no trace. Raises UsageError, WarehouseError or WarehouseBusyError before any file is taken.
    """
    reference = load_reference(settings.reference, must_exist="reference" in settings.model_fields_set)
    files = list(_files_of(request, reference))
    with open_run(settings, reference, request, step=step, report=report) as run:
        return list(_ingest_exports(plan_exports(files), run))


def _ingest_exports(exports: Sequence[Export], run: Run) -> Iterator[publish.BatchSummary]:
    """Take each file; an export of several files of which one did not load is never whole."""
    broken: set[tuple[str, datetime | None]] = set()
    for number, export in enumerate(exports):
        if number:
            fail_point("between files")
        of_export = (export.feed.name, export.said_at)
        summary = ingest_file(replace(export, is_last=export.is_last and of_export not in broken), run)
        if summary.is_failure:
            broken.add(of_export)
        leave_heads(run.warehouse, run.archive)
        yield summary


def ingest_file(export: Export, run: Run) -> publish.BatchSummary:
    """Take one file through all steps. Whatever becomes of it, its batch has an audit row."""
    path, feed = export.path, export.feed
    batch = replace(new_batch(run, "ingest", feed), file_uri=told_path(path))
    run.report(Progress(path.name, "pull"))
    try:
        taken = run.step(pull.archive_file, path, run.archive, feed, batch.started_at)
    except UnreadableFileError as error:
        return close_batch(run, batch, load.Ending("failed", run.clock.ends(), error=str(error)))
    batch = with_file(batch, taken)
    known = load.find_loaded_batch(run.warehouse, feed, taken.sha256, has_newer_export=export.is_past)
    if known is not None and not run.request.is_forced:
        repeat = None
        if feed.extent == "full":
            repeat = disappear.Listing(batch.batch_id, feed, taken.as_of, known, export.is_last)
        return close_batch(run, batch, load.Ending("skipped", run.clock.ends()), repeat=repeat)
    if feed.extent == "full":
        batch = replace(batch, as_of=_export_time(run.warehouse, feed, taken, batch.started_at))
    return load_batch(batch, run, lambda: open_file(taken, feed), is_whole=export.is_last)


def _export_time(warehouse: Warehouse, feed: Feed, taken: pull.TakenFile, started_at: datetime) -> datetime:
    """Return the time of an export of all leads: its own, unless the feed says by it something else than that."""
    last_at = disappear.last_export_at(warehouse, feed)
    if last_at is None or taken.as_of > last_at:
        return taken.as_of
    if load.find_loaded_batch(warehouse, feed, taken.sha256, has_newer_export=True) is not None:
        # A, B, A ends in A: the feed says today what it said then, whatever date the file bears.
        return started_at
    if feed.as_of_in(taken.name) is None and last_at - taken.as_of < _ONE_COPY:
        # Copied or unpacked together, files have one time: they are exports in the order in which they are given.
        return last_at + timedelta(microseconds=1)
    return taken.as_of


def load_batch(
    batch: load.Batch, run: Run, open_source: Callable[[], Source], *, is_whole: bool = True
) -> publish.BatchSummary:
    """Read, stage and load the records of a source; on failure keep the audit row and the rejected rows.

    `is_whole` says that with it the export of its feed is whole. Where too many leads would vanish by it only the audit
    row is kept, unless the batch is an approval.
    """
    warehouse, staged, rejected = run.warehouse, None, None
    is_searched = False
    try:
        staged = run.step(stage_records, open_source, batch, run)
        name = staged.source.name
        if staged.is_sealed:
            staged.source = run.step(redact_source, staged, batch.feed, run)
        is_searched = True
        staged.changes = run.step(watch_columns, staged, batch.feed, warehouse)
        run.report(Progress(name, "resolve", staged.rows_read))
        run.step(resolve.refuse_id_conflicts, warehouse)
        run.step(resolve.resolve_people, warehouse, run.identity)
        run.step(assign.require_team_and_source, warehouse, run.reference.routing)
        fill_raw_text(staged.source, batch.feed, run)
        rejected = load.staged_rejected(warehouse)
        _refuse_whole(staged, rejected.height, batch.feed, warehouse)
        listing = _listing_of(batch, is_whole=is_whole and not staged.source.is_partial)
        if listing.is_closing and batch.kind != "approve":
            run.step(disappear.hold_if_vanishing, warehouse, listing)
        run.step(resolve.number_people, warehouse)
        run.step(survive.conclude_newcomers, warehouse)
        run.report(Progress(name, "load", staged.rows_read))
        with warehouse.transaction():
            run.step(load.write_records, warehouse)
            preferences.write_preferences(warehouse, run.settings, is_dry_run=run.request.is_dry_run)
            assign.keep_parted(warehouse)
            rule_changes = run.step(survive.conclude_leads, warehouse)
            run.step(assign.assign_leads, warehouse, run.reference.routing)
            run.step(survive.complete_leads, warehouse)
            run.step(load.write_leads, warehouse)
            if not staged.source.is_partial:
                drift.keep_columns(warehouse, batch.batch_id, staged.columns)
            load.keep_reference(warehouse, batch.reference_sha256, run.reference.contents)
            load.write_rejected(warehouse)
            disappear.write_listing(warehouse, listing)
            run.step(disappear.settle_missing, warehouse, batch.feed.name)
            run.step(load.write_batch, warehouse, batch, _ending(run, "loaded", staged, rule_changes))
            run.step(load.check_invariants, warehouse, batch.batch_id, staged.rows_read)
    except BatchHeldError as error:
        return close_batch(run, batch, _ending(run, "held", staged, error=str(error)))
    except LeadmillError as error:
        told = f"{error}{'' if is_searched else _forget_unsearched(batch, run)}"
        return close_batch(run, batch, _ending(run, "failed", staged, error=told), rejected)
    except Exception as error:
        signals.raise_if_stopped(error)
        if load.is_written(warehouse, batch.batch_id):
            # What broke after the commit takes nothing of it back.
            raise
        told = f"{_told_of(error)}{'' if is_searched else _forget_unsearched(batch, run)}"
        close_batch(run, batch, _ending(run, "failed", staged, error=told), rejected)
        raise
    return publish.summarise_batch(warehouse, batch.batch_id, staged.changes.counts)


def _forget_unsearched(batch: load.Batch, run: Run) -> str:
    """Take a file out of the archive in which nobody could look for people of whom nothing may be kept; say so."""
    sha256 = batch.file_sha256
    if batch.kind != "ingest" or sha256 is None or load.was_read(run.warehouse, sha256):
        return ""
    if run.reference.do_not_load is None and not erased_hashes(run.warehouse):
        return ""
    remove_file(run.archive, sha256, run.clock.ends(), "nobody could look through it")
    return "; the archive did not keep the file, which may hold people of whom nothing may be kept: load it again"


def _told_of(error: Exception) -> str:
    """Return what the audit row says of an error that nobody expected."""
    if is_out_of_room(error):
        return "no room left on a disk; make room, and run again"
    return str(internal_error(error))


def close_batch(
    run: Run,
    batch: load.Batch,
    ending: load.Ending,
    rejected: pl.DataFrame | None = None,
    repeat: disappear.Listing | None = None,
) -> publish.BatchSummary:
    """Write the audit row of a batch of which nothing is loaded, with the rejected rows that are known.

    A `repeat` is an export like any other: who is not listed in it may be missing now.
    """
    warehouse = run.warehouse
    with warehouse.transaction("audit"):
        load.begin_staging(warehouse, batch, load.ReferenceTables(None, None, None, None, None, None))
        if rejected is not None:
            load.stage_rejected(warehouse, rejected)
        load.keep_reference(warehouse, batch.reference_sha256, run.reference.contents)
        load.write_rejected(warehouse)
        if repeat is not None:
            disappear.write_listing(warehouse, repeat)
            disappear.settle_missing(warehouse, batch.feed.name)
        load.write_batch(warehouse, batch, ending)
    return publish.summarise_batch(warehouse, batch.batch_id)


def _listing_of(batch: load.Batch, *, is_whole: bool) -> disappear.Listing:
    return disappear.Listing(
        batch.batch_id,
        batch.feed,
        batch.as_of or batch.started_at,
        batch.batch_id,
        is_whole and batch.feed.extent == "full",
    )


def _refuse_whole(staged: Staged, rows_rejected: int, feed: Feed, warehouse: Warehouse) -> None:
    """Raise BatchFailedError for an export that lacks a column every lead needs, or of which too much was rejected."""
    if staged.source.is_partial:
        return
    if feed.kind == "preferences":
        drift.require_addresses(staged.columns, feed)
    elif has_header(staged):
        try:
            drift.require_columns(staged.columns, drift.last_columns(warehouse, feed), feed)
        except BatchFailedError:
            # Where no header is known, what stands there may be a record: it is not quoted.
            staged.changes = drift.Drift()
            raise
    load.check_tolerance(feed, staged.rows_read, rows_rejected)


def _files_of(request: Request, reference: Reference) -> Iterator[tuple[Path, Feed]]:
    """Yield each file that the request means, with its feed. Raises UsageError before anything is taken."""
    feed = None if request.feed is None else feed_named(request.feed, reference)
    if request.paths:
        for path in pull.find_files(request.paths):
            yield path, feed or pull.choose_feed(path, reference.feeds)
        return
    feeds = [feed] if feed else [each for each in reference.feeds.values() if each.location]
    if not feeds:
        raise UsageError(f"nothing to load: name files, or give feeds a location in {reference.folder / 'feeds.toml'}")
    for each in feeds:
        if each.location is None:
            raise UsageError(f"feed {each.name} has no location; name its files: leads ingest FILE --feed {each.name}")
        for path in pull.find_files([each.location]):
            yield path, each


def only_file(path: str, feed: str | None, reference: Reference) -> tuple[Path, Feed]:
    """Return the one file that a path names, and the feed: the named one, else by location. Raises UsageError."""
    files = pull.find_files([path])
    if len(files) != 1:
        raise UsageError(f"{path}: holds {len(files)} files; name one")
    chosen = pull.choose_feed(files[0], reference.feeds) if feed is None else feed_named(feed, reference)
    return files[0], chosen


def feed_named(name: str, reference: Reference) -> Feed:
    """Return the feed of a name. Raises UsageError for one that nobody defined."""
    if name not in reference.feeds:
        raise UsageError(
            f"unknown feed {name!r}; known are {', '.join(sorted(reference.feeds))} "
            f"(feeds are defined in {reference.folder / 'feeds.toml'})"
        )
    return reference.feeds[name]


def with_file(batch: load.Batch, taken: pull.TakenFile) -> load.Batch:
    """Return a batch with what is known of the file that it took."""
    return replace(batch, file_uri=taken.uri, file_sha256=taken.sha256, file_bytes=taken.bytes, as_of=taken.as_of)


def _ending(
    run: Run,
    status: Literal["loaded", "failed", "held"],
    staged: Staged | None,
    rule_changes: tuple[str, ...] = (),
    error: str | None = None,
) -> load.Ending:
    return load.Ending(
        status,
        run.clock.ends(),
        file_format=None if staged is None else json.dumps(_format_facts(staged.source.file_format)),
        warnings=()
        if staged is None
        else (*staged.source.file_format.warnings, *staged.changes.warnings, *rule_changes),
        error=error,
    )


def _format_facts(file_format: read.FileFormat) -> dict[str, object]:
    return {name: value for name, value in asdict(file_format).items() if name != "warnings" and value is not None}
