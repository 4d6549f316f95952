"""Batches: how every one of them begins, how one that takes no file ends, and what a batch of before took."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flows.archive import archived_file, is_removed, redacted_format
from flows.errors import UsageError
from flows.run import Run
from flows.staging import Source, tables_of
from flows.steps import load, read, survive
from schemas.reference import Feed


def new_batch(run: Run, kind: load.BatchKind, feed: Feed, *, of_batch_id: int | None = None) -> load.Batch:
    """Return the next batch of a run; one that takes a file is told of it by `dataclasses.replace`.

    Without a file no source says anything, so that it has no `as_of`: a lead is as old as its newest word.
    """
    return load.Batch(
        batch_id=load.next_batch_id(run.warehouse),
        kind=kind,
        of_batch_id=of_batch_id,
        feed=feed,
        trigger=run.request.trigger,
        flow_run_id=run.request.flow_run_id,
        file_uri=None,
        file_sha256=None,
        file_bytes=None,
        as_of=None,
        started_at=run.clock.begins(),
        reference_sha256=run.reference.sha256,
        code_version=run.code_version,
    )


def begin_staging(run: Run, batch: load.Batch) -> None:
    """Make the staging tables of a batch that takes no file, with the reference data of the run."""
    load.begin_staging(run.warehouse, batch, tables_of(run.reference))


def close_decided(run: Run, batch: load.Batch, asked: Mapping[str, object] | None = None) -> None:
    """Write the audit row of a batch that took no file, date the leads that it changed, and hold it to the invariants.

    What it was `asked` is kept, so that it can be asked again (`flows.rebuild`); nothing where `of_batch_id` says it.
    The caller holds the transaction, with all else of the batch written. Raises BatchFailedError.
    """
    if asked is not None:
        run.warehouse.run("rebuild/keep_request", {"batch_id": batch.batch_id, "request": json.dumps(asked)})
    write_audit(run, batch)
    survive.date_decided(run.warehouse)
    load.check_invariants(run.warehouse, batch.batch_id, 0)


def write_audit(run: Run, batch: load.Batch, *, warnings: tuple[str, ...] = ()) -> None:
    """Write the audit row of a batch that took no file; the caller holds the transaction, with all else written."""
    load.keep_reference(run.warehouse, batch.reference_sha256, run.reference.contents)
    load.write_batch(run.warehouse, batch, load.Ending("loaded", run.clock.ends(), warnings=warnings))


def feed_of(run: Run, columns: Mapping[str, Any]) -> Feed:
    """Return the feed of a batch, by its audit row, as it is today. Raises UsageError where it is defined no more."""
    feed = run.reference.feeds.get(columns["feed"])
    if feed is None:
        raise UsageError(
            f"batch {columns['batch_id']} is of feed {columns['feed']}, which feeds.toml does not define any more"
        )
    return feed


def kept_source(path: Path, columns: Mapping[str, Any], feed: Feed) -> Source:
    """Return the records of the archived file that a batch took, by its audit row."""
    redacted = redacted_format(path)
    file_format = redacted or read.detect_format(path, feed)
    return Source(
        Path(columns["file_uri"]).name,
        file_format,
        lambda: read.read_records(path, file_format),
        path=path,
        is_redacted=redacted is not None,
    )


def kept_file(run: Run, columns: Mapping[str, Any]) -> Path:
    """Return the archived file that a batch took, by its audit row. Raises UsageError where the archive lacks it."""
    path = archived_file(run.kept_archive, columns["file_sha256"])
    if path is None and is_removed(run.kept_archive, columns["file_sha256"]):
        raise UsageError(
            f"the file of batch {columns['batch_id']} was removed when its time was over (retention.toml), or could "
            "not be kept (see: leads show); load what is to be loaded again from where it came"
        )
    if path is None:
        raise UsageError(
            f"the archive {run.kept_archive} has no file of batch {columns['batch_id']}; "
            "set LEADS_ARCHIVE to where it is"
        )
    return path
