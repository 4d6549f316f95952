"""The order of the steps: how a file becomes a batch. The one place that knows it.

The CLI runs it as it is, the Prefect flow hands in a runner that makes each step a task; either way the
same functions run in the same order, and what is promised rests on the warehouse alone.
"""

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal, ParamSpec, Protocol, TypeVar

import polars as pl

from flows import signals
from flows.ahead import ahead
from flows.archive import redacted_format
from flows.cells.dates import DateEvidence
from flows.errors import LeadmillError, UnreadableFileError, UsageError
from flows.forbidden_headers import ForbiddenHeaders, load_forbidden_headers
from flows.reference import Reference, load_reference
from flows.reject_sheets import is_sheet
from flows.settings import Settings
from flows.steps import assign, drift, load, normalise, publish, pull, read, redact, resolve, seal, survive, validate
from flows.steps import map as mapping
from flows.warehouse import Warehouse, migrate, open_warehouse
from schemas.raw import ROW_COLUMNS
from schemas.reference import Feed
from schemas.rejected import REJECTED_COLUMNS

P = ParamSpec("P")
T = TypeVar("T")


class StepRunner(Protocol):
    """Runs one step; the flow's runner makes it a Prefect task."""

    def __call__(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what `function` returns for the arguments."""
        ...


def run_directly(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a step as a plain call."""
    return function(*args, **kwargs)


@dataclass(frozen=True)
class Request:
    """What the user asked for: which files, for which feed, and how."""

    paths: tuple[str, ...] = ()
    feed: str | None = None
    is_dry_run: bool = False
    is_forced: bool = False
    trigger: Literal["manual", "schedule", "event"] = "manual"
    flow_run_id: str | None = None


@dataclass(frozen=True)
class Progress:
    """How far a file is, for whoever shows it; `rows_read` grows chunk by chunk."""

    file: str
    step: str
    rows_read: int = 0


@dataclass(frozen=True)
class Run:
    """What all files of one run share. A dry run takes files into an archive of its own, beside the `kept_archive`."""

    warehouse: Warehouse
    archive: Path
    kept_archive: Path
    reference: Reference
    aliases: mapping.Aliases
    forbidden: ForbiddenHeaders
    request: Request
    step: StepRunner
    report: Callable[[Progress], None]
    code_version: str


@dataclass(frozen=True)
class Source:
    """The records of a batch: a whole file, or what is replayed of one.

    `chunks` reads them, each time anew, from `path` in the archive where they were just taken. A replay knows the
    `date_orders` of the file that its rows are from, which rejected rows its records are (`replayed`), and whether it
    `is_partial`: some records of a batch that stands.
    """

    name: str
    file_format: read.FileFormat
    chunks: Callable[[], Iterator[read.RawChunk]]
    path: Path | None = None
    date_orders: Mapping[str, str] | None = None
    replayed: pl.DataFrame | None = None
    is_partial: bool = False


@dataclass(frozen=True)
class Mapped:
    """A chunk of records under the fields (`frame`), with the issues of what was `sealed` in it.

    `rows` are its raw rows without forbidden columns, `matches` what each column was taken for.
    """

    rows: pl.DataFrame
    matches: Sequence[mapping.HeaderMatch]
    frame: pl.DataFrame
    sealed: pl.DataFrame


@dataclass
class Staged:
    """How the reading of a source went; `is_sealed` if anything in it may not be kept."""

    source: Source
    rows_read: int = 0
    is_sealed: bool = False
    columns: drift.Columns = field(default_factory=drift.Columns)
    changes: drift.Drift = field(default_factory=drift.Drift)


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
    _refuse_preferences(files)
    with open_run(settings, reference, request, step=step, report=report) as run:
        return [ingest_file(path, feed, run) for path, feed in files]


@contextmanager
def open_run(
    settings: Settings,
    reference: Reference,
    request: Request,
    *,
    step: StepRunner = run_directly,
    report: Callable[[Progress], None] = lambda progress: None,
) -> Iterator[Run]:
    """Open warehouse and archive for the batches of a request; for a dry run so that nothing of them stays."""
    with _opened(settings, is_dry_run=request.is_dry_run) as (warehouse, archive):
        yield Run(
            warehouse=warehouse,
            archive=archive,
            kept_archive=settings.archive,
            reference=reference,
            aliases=mapping.load_aliases(reference.folder if reference.header_aliases else None),
            forbidden=load_forbidden_headers(reference.forbidden_headers),
            request=request,
            step=step,
            report=report,
            code_version=code_version(),
        )


def ingest_file(path: Path, feed: Feed, run: Run) -> publish.BatchSummary:
    """Take one file through all steps. Whatever becomes of it, its batch has an audit row."""
    started_at = datetime.now(UTC)
    batch = load.Batch(
        batch_id=load.next_batch_id(run.warehouse),
        kind="ingest",
        of_batch_id=None,
        feed=feed,
        trigger=run.request.trigger,
        flow_run_id=run.request.flow_run_id,
        file_uri=str(path),
        file_sha256=None,
        file_bytes=None,
        as_of=None,
        started_at=started_at,
        reference_sha256=run.reference.sha256,
        code_version=run.code_version,
    )
    run.report(Progress(path.name, "pull"))
    try:
        taken = run.step(pull.archive_file, path, run.archive, feed, started_at)
    except UnreadableFileError as error:
        return close_batch(run, batch, load.Ending("failed", datetime.now(UTC), error=str(error)))
    batch = _with_file(batch, taken)
    if not run.request.is_forced and load.find_loaded_batch(run.warehouse, feed, taken.sha256) is not None:
        return close_batch(run, batch, load.Ending("skipped", datetime.now(UTC)))
    if feed.extent == "full" and load.was_loaded_before(run.warehouse, feed, taken.sha256):
        # A, B, A ends in A: the feed says today what it said then, whatever date the file bears.
        batch = replace(batch, as_of=started_at)
    return load_batch(batch, run, lambda: open_file(taken, feed))


def open_file(taken: pull.TakenFile, feed: Feed) -> Source:
    """Return the records of a file that was taken. Raises UnreadableFileError for what is no export."""
    file_format = read.detect_format(taken.path, feed)
    return Source(taken.name, file_format, lambda: read.read_records(taken.path, file_format), taken.path)


def load_batch(batch: load.Batch, run: Run, open_source: Callable[[], Source]) -> publish.BatchSummary:
    """Read, stage and load the records of a source; on failure keep the audit row and the rejected rows."""
    warehouse, staged, rejected = run.warehouse, None, None
    try:
        staged = run.step(stage_records, open_source, batch, run)
        name = staged.source.name
        if staged.is_sealed:
            staged.source = run.step(_redact_archived, staged.source, batch.feed, run)
        staged.changes = run.step(_watch_columns, staged, batch.feed, warehouse)
        run.report(Progress(name, "resolve", staged.rows_read))
        run.step(resolve.refuse_id_conflicts, warehouse)
        run.step(resolve.resolve_people, warehouse)
        run.step(assign.require_team_and_source, warehouse)
        _fill_raw_text(staged.source, batch.feed, run)
        rejected = load.staged_rejected(warehouse)
        _refuse_whole(staged, rejected.height, batch.feed, warehouse)
        run.step(resolve.number_people, warehouse)
        run.step(survive.conclude_newcomers, warehouse)
        run.report(Progress(name, "load", staged.rows_read))
        with warehouse.transaction():
            run.step(load.write_records, warehouse)
            run.step(survive.conclude_leads, warehouse)
            run.step(assign.assign_leads, warehouse)
            run.step(survive.complete_leads, warehouse)
            run.step(load.write_leads, warehouse)
            if not staged.source.is_partial:
                drift.keep_columns(warehouse, batch.batch_id, staged.columns)
            run.step(load.write_batch, warehouse, batch, _ending("loaded", staged))
            run.step(load.check_invariants, warehouse, batch.batch_id, staged.rows_read)
    except LeadmillError as error:
        return close_batch(run, batch, _ending("failed", staged, error=str(error)), rejected)
    except Exception as error:
        signals.raise_if_stopped(error)
        # Its text may hold cells of the file: only its kind goes into the audit.
        told = f"internal error ({type(error).__name__}); run again with --debug and report it"
        close_batch(run, batch, _ending("failed", staged, error=told), rejected)
        raise
    return publish.summarise_batch(warehouse, batch.batch_id, staged.changes.counts)


def stage_records(open_source: Callable[[], Source], batch: load.Batch, run: Run) -> Staged:
    """Read, map, normalise and validate the records chunk by chunk into the staging tables.

    Whether 3/4/2026 is in March only the whole column tells. Its first chunk nearly always does, so the file is
    staged by what was seen so far, and once more in the rare case that the end of it says otherwise.
    """
    source = open_source()
    staged, used_orders = _stage_chunks(source, batch, run, source.date_orders)
    if any(orders != used_orders[-1] for orders in used_orders):
        staged, _ = _stage_chunks(source, batch, run, used_orders[-1])
    return staged


def _stage_chunks(
    source: Source, batch: load.Batch, run: Run, date_orders: Mapping[str, str] | None
) -> tuple[Staged, list[Mapping[str, str]]]:
    """Stage all chunks with these date orders, or each with those that are known by then; return them too."""
    feed, reference = batch.feed, run.reference
    known = validate.gather_known(reference.teams, reference.lead_sources, reference.users, feed.account_id)
    load.begin_staging(run.warehouse, batch, _tables(reference), source.replayed)
    staged, used_orders = Staged(source), list[Mapping[str, str]]()

    def valid_chunks() -> Iterator[tuple[read.RawChunk, validate.Validated]]:
        evidence: dict[str, DateEvidence] = {}
        for chunk in source.chunks():
            mapped = map_chunk(chunk, feed, run)
            staged.columns.add(mapped.rows, mapped.matches)
            staged.is_sealed |= mapped.rows.width < chunk.rows.width or not mapped.sealed.is_empty()
            evidence = normalise.add_date_evidence(evidence, mapped.frame)
            used_orders.append(normalise.date_orders_of(evidence, feed) if date_orders is None else date_orders)
            typed = normalise.normalise_leads(mapped.frame, feed, used_orders[-1])
            issues = pl.concat([typed.issues, mapped.sealed])
            yield chunk, validate.validate_leads(typed.leads, typed.contacts, issues, feed, known)

    for chunk, valid in ahead(valid_chunks()):
        load.stage_leads(run.warehouse, valid.leads, valid.contacts, valid.issues)
        load.stage_rejected(run.warehouse, _rejected(chunk, valid.rejected, source.file_format, feed, run))
        staged.rows_read += chunk.rows.height + len(chunk.broken)
        run.report(Progress(source.name, "read", staged.rows_read))
    return staged, used_orders


def _redact_archived(source: Source, feed: Feed, run: Run) -> Source:
    """Take what may not be kept out of the archived file; return the source as it is read from there now."""
    path, read_as = source.path, source.file_format
    if path is None or redacted_format(path):
        return source
    headers = next(source.chunks()).rows.clear()

    def masked_texts(chunk: read.RawChunk, numbers: list[int]) -> list[str]:
        return texts_of(chunk, numbers, read_as, feed, run)

    def masked(text: str) -> str:
        return seal.mask_broken(text, headers, run.forbidden, read_as)

    def sealed(rows: pl.DataFrame) -> pl.DataFrame:
        matches = mapping.map_headers(headers_of(rows), feed, run.aliases)
        return seal.seal_rows(rows, run.forbidden.among(headers_of(rows)), matches)

    masking = redact.Masking(masked_texts, masked, sealed)
    file_format = redact.redact_archived(path, read_as, source.chunks(), masking)
    return replace(source, chunks=lambda: read.read_records(path, file_format))


def _watch_columns(staged: Staged, feed: Feed, warehouse: Warehouse) -> drift.Drift:
    """Return how the columns of an export differ from those of the feed's last one."""
    if staged.source.is_partial:
        return drift.Drift()
    return drift.find_drift(drift.last_columns(warehouse, feed), staged.columns, has_header=_has_header(staged))


def _refuse_whole(staged: Staged, rows_rejected: int, feed: Feed, warehouse: Warehouse) -> None:
    """Raise BatchFailedError for an export that lacks a column every lead needs, or of which too much was rejected."""
    if staged.source.is_partial:
        return
    if _has_header(staged):
        drift.require_columns(staged.columns, drift.last_columns(warehouse, feed), feed)
    load.check_tolerance(feed, staged.rows_read, rows_rejected)


def _has_header(staged: Staged) -> bool:
    return staged.source.file_format.format not in ("json", "ndjson")


def map_chunk(chunk: read.RawChunk, feed: Feed, run: Run) -> Mapped:
    """Return what a chunk of a feed says, under the fields. Raises UnreadableFileError for a sheet of rejected rows."""
    if is_sheet(chunk.rows.columns):
        raise UnreadableFileError("this is a sheet of rejected rows; load it with: leads replay FILE")
    rows, sealed_columns = seal.seal_columns(chunk.rows, run.forbidden.among(headers_of(chunk.rows)))
    matches = mapping.map_headers(headers_of(rows), feed, run.aliases)
    frame, sealed_cells = seal.seal_card_numbers(mapping.map_records(rows, matches, feed))
    return Mapped(rows, matches, frame, pl.concat([sealed_columns, sealed_cells]))


def code_version() -> str:
    """Return the version of Leadmill that runs."""
    try:
        return version("leadmill")
    except PackageNotFoundError:
        return "unknown"


def _files_of(request: Request, reference: Reference) -> Iterator[tuple[Path, Feed]]:
    """Yield each file that the request means, with its feed. Raises UsageError before anything is taken."""
    feed = None if request.feed is None else _feed_named(request.feed, reference)
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


def _refuse_preferences(files: Sequence[tuple[Path, Feed]]) -> None:
    for _, feed in files:
        if feed.kind == "preferences":
            # Read as leads, they would make people of those who asked to be left alone.
            raise UsageError(f"feed {feed.name}: files of opt-outs are not understood yet; take its files out")


def _feed_named(name: str, reference: Reference) -> Feed:
    if name not in reference.feeds:
        raise UsageError(
            f"unknown feed {name!r}; known are {', '.join(sorted(reference.feeds))} "
            f"(feeds are defined in {reference.folder / 'feeds.toml'})"
        )
    return reference.feeds[name]


@contextmanager
def _opened(settings: Settings, *, is_dry_run: bool) -> Iterator[tuple[Warehouse, Path]]:
    """Open warehouse and archive; for a dry run so that nothing of it stays."""
    with ExitStack() as stack:
        path, archive = settings.warehouse, settings.archive
        if is_dry_run:
            scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="leadmill-")))
            archive = scratch / "archive"
            path = path if path.exists() else scratch / "leads.duckdb"
        warehouse = stack.enter_context(
            open_warehouse(path, wait_seconds=settings.wait_seconds, memory_limit=settings.memory_limit)
        )
        if is_dry_run and path == settings.warehouse:
            stack.enter_context(warehouse.rehearsal())
            migrate(warehouse)
        else:
            migrate(warehouse)
            if is_dry_run:
                stack.enter_context(warehouse.rehearsal())
        yield warehouse, archive


def _tables(reference: Reference) -> load.ReferenceTables:
    return load.ReferenceTables(
        teams=reference.teams,
        team_members=reference.team_members,
        lead_sources=reference.lead_sources,
        users=reference.users,
        absences=reference.absences,
        stages=reference.stages,
    )


def _with_file(batch: load.Batch, taken: pull.TakenFile) -> load.Batch:
    return replace(batch, file_uri=taken.uri, file_sha256=taken.sha256, file_bytes=taken.bytes, as_of=taken.as_of)


def _ending(status: Literal["loaded", "failed"], staged: Staged | None, error: str | None = None) -> load.Ending:
    return load.Ending(
        status,
        datetime.now(UTC),
        file_format=None if staged is None else json.dumps(_format_facts(staged.source.file_format)),
        warnings=() if staged is None else (*staged.source.file_format.warnings, *staged.changes.warnings),
        error=error,
    )


def _format_facts(file_format: read.FileFormat) -> dict[str, object]:
    return {name: value for name, value in asdict(file_format).items() if name != "warnings" and value is not None}


def close_batch(
    run: Run, batch: load.Batch, ending: load.Ending, rejected: pl.DataFrame | None = None
) -> publish.BatchSummary:
    """Write the audit row of a batch of which nothing is loaded, with the rejected rows that are known."""
    warehouse = run.warehouse
    with warehouse.transaction():
        load.begin_staging(warehouse, batch, load.ReferenceTables(None, None, None, None, None, None))
        if rejected is not None:
            load.stage_rejected(warehouse, rejected)
        load.write_batch(warehouse, batch, ending)
    return publish.summarise_batch(warehouse, batch.batch_id)


def headers_of(rows: pl.DataFrame) -> list[str]:
    """Return the headers of a raw frame, in the order of the file."""
    return [name for name in rows.columns if name not in ROW_COLUMNS]


def _rejected(
    chunk: read.RawChunk, invalid: pl.DataFrame, file_format: read.FileFormat, feed: Feed, run: Run
) -> pl.DataFrame:
    """Return the chunk's rejected rows: those that broke while reading, and the invalid ones with their text."""
    broken = pl.DataFrame(
        [
            {
                "row_number": record.row_number,
                "line_number": record.line_number,
                "source_key": None,
                "raw": seal.mask_broken(record.raw, chunk.rows, run.forbidden, file_format),
                "reasons": [{"column": "", "code": record.code, "message": record.message}],
            }
            for record in chunk.broken
        ],
        schema=REJECTED_COLUMNS,
    )
    if invalid.is_empty():
        return broken
    texts = texts_of(chunk, invalid["row_number"].to_list(), file_format, feed, run)
    return pl.concat([broken, invalid.with_columns(pl.Series("raw", texts, dtype=pl.String))])


def texts_of(
    chunk: read.RawChunk, row_numbers: list[int], file_format: read.FileFormat, feed: Feed, run: Run
) -> list[str]:
    """Return the physical text of readable rows of a chunk, with what may never be stored masked in it."""
    rows = chunk.rows.join(
        pl.DataFrame({"row_number": row_numbers}, schema={"row_number": pl.Int64}),
        on="row_number",
        how="right",
        maintain_order="right",
    ).select(chunk.rows.columns)
    matches = mapping.map_headers(headers_of(rows), feed, run.aliases)
    return seal.mask_rows(chunk.raw_of(row_numbers), rows, run.forbidden.among(headers_of(rows)), matches, file_format)


def _fill_raw_text(source: Source, feed: Feed, run: Run) -> None:
    """Read the text of rows that were rejected after reading; a second pass, only where there are any."""
    rejected = load.staged_rejected(run.warehouse)
    wanted = set(rejected.filter(pl.col("raw").is_null())["row_number"])
    if not wanted:
        return
    found: dict[int, str] = {}
    for chunk in source.chunks():
        rows = [row for row in chunk.rows["row_number"] if row in wanted]
        if rows:
            found.update(zip(rows, texts_of(chunk, rows, source.file_format, feed, run), strict=True))
    load.fill_raw_text(run.warehouse, found)
