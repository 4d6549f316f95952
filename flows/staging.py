"""Staging: the records of a file, or of a replay, chunk by chunk into the staging tables of their batch.

Read, seal, map, normalise and validate are row by row; here they are strung together, one chunk ahead of what is being
written. What may not be kept leaves the rows before any other step sees them, and the archive when all are staged.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from flows.ahead import ahead
from flows.archive import redacted_format
from flows.cells.dates import DateEvidence
from flows.erased_people import gather_erased
from flows.errors import UnreadableFileError
from flows.masked_leads import is_masked
from flows.preference_columns import gather_preferences
from flows.preference_lists import read_listed
from flows.reference import Reference
from flows.reference_names import gather_names, name_ids
from flows.reject_sheets import is_sheet
from flows.run import Progress, Run
from flows.steps import (
    crm_merges,
    drift,
    evidence,
    load,
    normalise,
    preferences,
    pull,
    read,
    redact,
    seal,
    suppress,
    validate,
)
from flows.steps import map as mapping
from flows.warehouse import Warehouse
from schemas.lead import APART_COLUMNS, CRM_MERGE_COLUMNS, EVIDENCE_COLUMNS
from schemas.raw import REMOVED, ROW_COLUMNS
from schemas.reference import Feed
from schemas.rejected import REJECTED_COLUMNS


@dataclass(frozen=True)
class Source:
    """The records of a batch: a whole file, or what is replayed of one.

    `chunks` reads them, each time anew, from `path` in the archive where they were just taken. A replay knows the
    `date_orders` of the file that its rows are from, which rejected rows its records are (`replayed`), and whether it
    `is_partial`: some records of a batch that stands. In a file that `is_redacted` marks stand in the place of people
    who were taken out of it.
    """

    name: str
    file_format: read.FileFormat
    chunks: Callable[[], Iterator[read.RawChunk]]
    path: Path | None = None
    date_orders: Mapping[str, str] | None = None
    replayed: pl.DataFrame | None = None
    is_partial: bool = False
    is_redacted: bool = False


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
    """How the reading of a source went; `is_sealed` if anything in it may not be kept.

    `unwanted` are the people of whom nothing may be kept, `suppressed` the numbers of their records.
    """

    source: Source
    rows_read: int = 0
    is_sealed: bool = False
    unwanted: suppress.Unwanted = field(default_factory=suppress.Unwanted)
    suppressed: set[int] = field(default_factory=set)
    columns: drift.Columns = field(default_factory=drift.Columns)
    changes: drift.Drift = field(default_factory=drift.Drift)


@dataclass(frozen=True)
class _Understood:
    """A chunk, what its rows say under the fields, as text and typed, and the names of it that nobody knows."""

    chunk: read.RawChunk
    mapped: Mapped
    typed: normalise.Typed
    unknown: pl.DataFrame


@dataclass(frozen=True)
class _Ready:
    """A chunk that is ready to be staged: what is valid of it, and what its rows say besides.

    Rows that are `apart` make no lead, and are no fault (`schemas.lead.APART_COLUMNS`).
    """

    chunk: read.RawChunk
    record_count: int
    valid: validate.Validated
    apart: pl.DataFrame
    preferences: pl.DataFrame
    identifying: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=EVIDENCE_COLUMNS))
    merges: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=CRM_MERGE_COLUMNS))


def open_file(taken: pull.TakenFile, feed: Feed) -> Source:
    """Return the records of a file that was taken. Raises UnreadableFileError for what is no export."""
    file_format = read.detect_format(taken.path, feed)
    return Source(
        taken.name,
        file_format,
        lambda: read.read_records(taken.path, file_format),
        path=taken.path,
        is_redacted=redacted_format(taken.path) is not None,
    )


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
    names = gather_names(reference.teams, reference.lead_sources)
    load.begin_staging(run.warehouse, batch, tables_of(reference), source.replayed)
    erased = gather_erased(run.settings, run.warehouse)
    staged = Staged(source, unwanted=suppress.gather_unwanted(reference.do_not_load, feed.region, erased))
    used_orders = list[Mapping[str, str]]()

    def ready_chunks() -> Iterator[_Ready]:
        date_evidence: dict[str, DateEvidence] = {}
        for chunk in ahead(source.chunks()):
            mapped = map_chunk(chunk, feed, run)
            staged.columns.add(mapped.rows, mapped.matches)
            staged.is_sealed |= mapped.rows.width < chunk.rows.width or not mapped.sealed.is_empty()
            date_evidence = normalise.add_date_evidence(date_evidence, mapped.frame)
            used_orders.append(normalise.date_orders_of(date_evidence, feed) if date_orders is None else date_orders)
            named = name_ids(mapped.frame, feed, names)
            typed = normalise.normalise_leads(named.frame, feed, used_orders[-1])
            kept, suppressed = _suppress(_Understood(chunk, mapped, typed, named.unknown), staged, feed)
            if feed.kind == "preferences":
                yield _listed(kept, suppressed, chunk.record_count, feed)
            else:
                yield _judged(kept, suppressed, chunk.record_count, feed, known)

    with run.warehouse.staging():
        for ready in ahead(ready_chunks()):
            valid = ready.valid
            load.stage_leads(run.warehouse, valid.leads, valid.contacts, valid.issues, ready.identifying)
            load.stage_crm_merges(run.warehouse, ready.merges)
            preferences.stage_preferences(run.warehouse, ready.preferences)
            load.stage_apart(run.warehouse, ready.apart)
            rejected = _rejected(ready.chunk, valid.rejected, source.file_format, feed, run)
            load.stage_rejected(run.warehouse, rejected)
            staged.rows_read += ready.record_count
            run.report(Progress(source.name, "read", staged.rows_read))
    return staged, used_orders


def _suppress(said: _Understood, staged: Staged, feed: Feed) -> tuple[_Understood, pl.DataFrame]:
    """Take the rows of people of whom nothing may be kept out of a chunk; return what is left, and those rows."""
    chunk, mapped, typed = said.chunk, said.mapped, said.typed
    numbers = suppress.find_unwanted(typed.leads, typed.contacts, staged.unwanted, feed.name)
    broken = [record for record in chunk.broken if suppress.is_of_unwanted(record.raw, staged.unwanted, feed.region)]
    staged.suppressed.update(numbers, (record.row_number for record in broken))
    staged.is_sealed |= bool(numbers or broken)
    if staged.source.is_redacted:
        numbers |= suppress.find_removed(mapped.rows)
    if not numbers and not broken:
        return said, pl.DataFrame(schema=APART_COLUMNS)
    lines = {record.row_number: record.line_number for record in broken}
    lines.update(
        mapped.frame.filter(pl.col("row_number").is_in(list(numbers))).select("row_number", "line_number").rows()
    )
    apart = pl.DataFrame(
        {"row_number": sorted(lines), "line_number": [lines[number] for number in sorted(lines)]},
        schema_overrides={"row_number": pl.Int64, "line_number": pl.Int64},
    ).with_columns(outcome=pl.lit("suppressed"))
    left = _Understood(
        replace(chunk, broken=[record for record in chunk.broken if record not in broken]),
        replace(
            mapped,
            rows=suppress.without_rows(mapped.rows, numbers),
            frame=suppress.without_rows(mapped.frame, numbers),
            sealed=suppress.without_rows(mapped.sealed, numbers),
        ),
        normalise.Typed(
            *(suppress.without_rows(each, numbers) for each in (typed.leads, typed.contacts, typed.issues))
        ),
        suppress.without_rows(said.unknown, numbers),
    )
    return left, apart


def _judged(
    said: _Understood, suppressed: pl.DataFrame, record_count: int, feed: Feed, known: validate.Known
) -> _Ready:
    """Tell the leads of a chunk from its rejected rows, and gather what the rows say besides."""
    mapped, typed = said.mapped, said.typed
    preferred = gather_preferences(mapped.rows, mapped.matches, typed.contacts, feed)
    issues = pl.concat([typed.issues, mapped.sealed, preferred.issues])
    valid = validate.validate_leads(typed.leads, typed.contacts, issues, feed, known, said.unknown)
    return _Ready(
        said.chunk,
        record_count,
        valid,
        suppressed,
        preferred.said,
        evidence.gather_identity_evidence(mapped.rows, feed),
        crm_merges.gather_crm_merges(mapped.frame, valid.leads, feed),
    )


def _listed(said: _Understood, suppressed: pl.DataFrame, record_count: int, feed: Feed) -> _Ready:
    """Read a chunk of a list of opt-outs: it marks addresses and makes no leads."""
    mapped, typed = said.mapped, said.typed
    listed = read_listed(mapped.rows, mapped.matches, typed.contacts, feed)
    is_of_contact = pl.col("column_name").is_in(["email", "phone"])
    issues = pl.concat([typed.issues.filter(is_of_contact), mapped.sealed, listed.preferences.issues])
    valid = validate.Validated(typed.leads.clear(), typed.contacts.clear(), issues, listed.rejected)
    return _Ready(said.chunk, record_count, valid, pl.concat([suppressed, listed.marked]), listed.preferences.said)


def map_chunk(chunk: read.RawChunk, feed: Feed, run: Run) -> Mapped:
    """Return what a chunk of a feed says, under the fields. Raises UnreadableFileError for what is no export."""
    if is_sheet(chunk.rows.columns):
        raise UnreadableFileError("this is a sheet of rejected rows; load it with: leads replay FILE")
    if is_masked(chunk.rows.columns):
        raise UnreadableFileError("this is a masked export, which does not say who its leads are; take a whole one")
    rows, sealed_columns = seal.seal_columns(chunk.rows, run.forbidden.among(headers_of(chunk.rows)))
    matches = mapping.map_headers(headers_of(rows), feed, run.aliases)
    frame, sealed_cells = seal.seal_card_numbers(mapping.map_records(rows, matches, feed))
    return Mapped(rows, matches, frame, pl.concat([sealed_columns, sealed_cells]))


def headers_of(rows: pl.DataFrame) -> list[str]:
    """Return the headers of a raw frame, in the order of the file."""
    return [name for name in rows.columns if name not in ROW_COLUMNS]


def texts_of(
    chunk: read.RawChunk, row_numbers: list[int], file_format: read.FileFormat, feed: Feed, run: Run
) -> list[str]:
    """Return the physical text of readable rows of a chunk, with what may never be stored masked in it."""
    rows = chunk.rows[chunk.rows["row_number"].search_sorted(pl.Series(row_numbers, dtype=pl.Int64))]
    matches = mapping.map_headers(headers_of(rows), feed, run.aliases)
    return seal.mask_rows(chunk.raw_of(row_numbers), rows, run.forbidden.among(headers_of(rows)), matches, file_format)


def fill_raw_text(source: Source, feed: Feed, run: Run) -> None:
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


def redact_source(staged: Staged, feed: Feed, run: Run) -> Source:
    """Take what may not be kept out of the archived file; return the source as it is read from there now."""
    source = staged.source
    path, read_as = source.path, source.file_format
    if path is None or (redacted_format(path) and not staged.suppressed):
        return source
    headers = next(source.chunks()).rows.clear()

    def masked_texts(chunk: read.RawChunk, numbers: list[int]) -> list[str]:
        names = headers_of(chunk.rows)
        return [
            seal.blank_record(text, names, read_as) if number in staged.suppressed else text
            for number, text in zip(numbers, texts_of(chunk, numbers, read_as, feed, run), strict=True)
        ]

    def masked(text: str) -> str:
        if suppress.is_of_unwanted(text, staged.unwanted, feed.region):
            return REMOVED + text[len(text.rstrip("\r\n")) :]
        return seal.mask_broken(text, headers, run.forbidden, read_as)

    def sealed(rows: pl.DataFrame) -> pl.DataFrame:
        matches = mapping.map_headers(headers_of(rows), feed, run.aliases)
        return seal.blank_rows(seal.seal_rows(rows, run.forbidden.among(headers_of(rows)), matches), staged.suppressed)

    masking = redact.Masking(masked_texts, masked, sealed)
    file_format = redact.redact_archived(path, read_as, source.chunks(), masking)
    return replace(source, chunks=lambda: read.read_records(path, file_format))


def watch_columns(staged: Staged, feed: Feed, warehouse: Warehouse) -> drift.Drift:
    """Return how the columns of an export differ from those of the feed's last one."""
    if staged.source.is_partial:
        return drift.Drift()
    return drift.find_drift(drift.last_columns(warehouse, feed), staged.columns, has_header=has_header(staged))


def has_header(staged: Staged) -> bool:
    """Whether the format names all columns in front of the records."""
    return staged.source.file_format.format not in ("json", "ndjson")


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


def tables_of(reference: Reference) -> load.ReferenceTables:
    """Return the reference frames that the warehouse keeps and asks."""
    return load.ReferenceTables(
        teams=reference.teams,
        team_members=reference.team_members,
        lead_sources=reference.lead_sources,
        users=reference.users,
        absences=reference.absences,
        stages=reference.stages,
        survivorship=pl.DataFrame([dict(reference.survivorship)]),
    )
