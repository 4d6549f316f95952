"""Replay: rejected rows taken through the steps again, mended or under other rules.

A replay is a batch of its own beside the one it is of, with that one's `as_of`: what it brings never counts as newer
than what came in between. What it cannot use stays an open rejected row.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count, islice
from pathlib import Path
from typing import Any

import polars as pl

from flows import pipeline, reject_sheets
from flows.archive import redacted_format, stored_format
from flows.batches import feed_of, kept_file, new_batch
from flows.errors import UnreadableFileError, UsageError
from flows.plain_text import told_path
from flows.reference import load_reference
from flows.reject_export import sealer
from flows.run import Progress, Request, Run, open_run
from flows.settings import Settings
from flows.staging import Source, headers_of, map_chunk, texts_of
from flows.steps import load, normalise, publish, pull, read, suppress
from flows.warehouse import Warehouse
from schemas.reference import DEFAULT_FEED, Feed


@dataclass(frozen=True)
class Original:
    """A batch that took an export: its audit row, its feed as it is today, and its file in the archive.

    `is_standing` says whether what it read is in the warehouse, so that only what it rejected is left to do.
    """

    columns: Mapping[str, Any]
    feed: Feed
    path: Path
    is_standing: bool

    @property
    def batch_id(self) -> int:
        """The number of the batch."""
        return int(self.columns["batch_id"])

    @property
    def file_format(self) -> read.FileFormat:
        """How the batch read its file: read so again, its rows have the same numbers."""
        return stored_format(self.path, self.columns["file_format"])

    @property
    def is_redacted(self) -> bool:
        """Whether the file says less than when the batch read it."""
        return redacted_format(self.path) is not None


def replay(
    settings: Settings,
    target: str,
    *,
    is_dry_run: bool = False,
    report: Callable[[Progress], None] = lambda progress: None,
) -> list[publish.BatchSummary]:
    """Replay a batch, given by its number, or a mended sheet of rejected rows; return a summary per batch of it.

    Of a batch that is loaded its open rejected rows are taken again, of one that failed the whole file. Replaying
    the same again is skipped. Raises UsageError for what cannot be replayed.
    """
    reference = load_reference(settings.reference, must_exist="reference" in settings.model_fields_set)
    with open_run(settings, reference, Request(is_dry_run=is_dry_run), report=report) as run:
        if target.isdecimal():
            return [_replay_batch(int(target), run)]
        return _replay_sheet(Path(target), run)


def find_original(run: Run, batch_id: int) -> Original:
    """Return the batch that took the export which a batch's rows are of. Raises UsageError where there is none to read.

    That is the batch itself, or for the replay of a sheet the one that it is of.
    """
    columns = publish.batch_named(run.warehouse, batch_id).columns
    while columns["kind"] == "replay":
        replayed = publish.batch_named(run.warehouse, columns["of_batch_id"]).columns
        if columns["file_sha256"] == replayed["file_sha256"]:
            break
        columns = replayed
    batch_id = columns["batch_id"]
    if columns["status_today"] not in ("loaded", "failed"):
        raise UsageError(f"batch {batch_id} is {columns['status_today']}: it has no rows to replay")
    feed = feed_of(run, columns)
    if columns["file_sha256"] is None:
        raise UsageError(f"the file of batch {batch_id} could not be taken; ingest it: leads ingest FILE")
    path = kept_file(run, columns)
    is_standing = load.find_loaded_batch(run.warehouse, feed, columns["file_sha256"]) is not None
    return Original(columns, feed, path, is_standing or columns["status"] == "loaded")


def _replay_batch(batch_id: int, run: Run) -> publish.BatchSummary:
    original = find_original(run, batch_id)
    if original.batch_id != batch_id:
        # Its records came from a sheet: what it could not use is to be mended in a new one.
        raise UsageError(
            f"batch {batch_id} replayed a sheet; write a new one with: leads rejects {batch_id} --csv FILE"
        )
    left = run.warehouse.frame("audit/replayable", {"batch_id": batch_id})
    if original.columns["status"] == "loaded" and not left.is_empty():
        return pipeline.load_batch(_batch_of(original, run), run, lambda: _some_rows(original, left, run))
    if original.is_standing:
        return pipeline.close_batch(run, _batch_of(original, run), load.Ending("skipped", run.clock.ends()))
    batch = replace(
        _batch_of(original, run),
        file_sha256=original.columns["file_sha256"],
        file_bytes=original.columns["file_bytes"],
    )
    return pipeline.load_batch(batch, run, lambda: _whole_file(original, left))


def _batch_of(original: Original, run: Run) -> load.Batch:
    batch = new_batch(run, "replay", original.feed, of_batch_id=original.batch_id)
    return replace(batch, file_uri=original.columns["file_uri"], as_of=original.columns["as_of"])


def _name(original: Original) -> str:
    return f"batch {original.batch_id}"


def _whole_file(original: Original, left: pl.DataFrame) -> Source:
    # Found anew: a feed that now says how its files are to be read may be why the batch is replayed.
    file_format = read.detect_format(original.path, original.feed)
    return Source(
        _name(original),
        file_format,
        lambda: read.read_records(original.path, file_format),
        path=original.path,
        replayed=left,
        is_redacted=original.is_redacted,
    )


def _some_rows(original: Original, left: pl.DataFrame, run: Run) -> Source:
    """Return the open rejected rows of a batch, numbered from 1 in their order."""
    file_format = original.file_format
    number_of = {old: new for new, old in enumerate(left["row_number"], start=1)}
    return Source(
        _name(original),
        file_format,
        lambda: pick_rows(read.read_records(original.path, file_format), number_of),
        date_orders=_date_orders(original, run),
        replayed=left.with_columns(pl.col("row_number").replace_strict(number_of, return_dtype=pl.Int64)),
        is_partial=True,
        is_redacted=original.is_redacted,
    )


def pick_rows(chunks: Iterator[read.RawChunk], number_of: Mapping[int, int]) -> Iterator[read.RawChunk]:
    """Yield of chunks the records that `number_of` names by their row number, under the number that it gives."""
    old_of = {new: old for old, new in number_of.items()}
    for chunk in chunks:
        rows = chunk.rows.filter(pl.col("row_number").is_in(list(number_of)))
        broken = [
            replace(record, row_number=number_of[record.row_number])
            for record in chunk.broken
            if record.row_number in number_of
        ]
        if rows.is_empty() and not broken:
            continue

        def raw_of(numbers: list[int], chunk: read.RawChunk = chunk) -> list[str]:
            return chunk.raw_of([old_of[number] for number in numbers])

        numbered = rows.with_columns(pl.col("row_number").replace_strict(dict(number_of), return_dtype=pl.Int64))
        yield read.RawChunk(numbered, raw_of, broken)


def _date_orders(original: Original, run: Run) -> dict[str, str]:
    """Return how the whole file writes dates: its rejected rows alone may not tell."""
    chunks = read.read_records(original.path, original.file_format)
    mapped = (map_chunk(chunk, original.feed, run).frame for chunk in chunks)
    return normalise.find_date_orders(mapped, original.feed)


def _replay_sheet(path: Path, run: Run) -> list[publish.BatchSummary]:
    """Replay the mended rows of a sheet: a batch for each export that they are of."""
    if not path.is_file():
        raise UsageError(f"{path} does not exist; give the number of a batch, or a sheet that leads rejects wrote")
    taken = _take_sheet(path, run)
    mended = _mended_rows(taken.path, path.name, run)
    return [_replay_mended(path, taken, original, rows, run) for original, rows in mended.values()]


def replay_again(run: Run, columns: Mapping[str, Any], gone: Collection[int] = ()) -> publish.BatchSummary:
    """Replay what a batch replayed, by its audit row, from the archive. Raises UsageError where it cannot be.

    `gone` are the numbers of the rows that it had of people who were erased since: nobody else's row gets them.
    """
    original = find_original(run, columns["of_batch_id"])
    if columns["file_sha256"] in (None, original.columns["file_sha256"]):
        return _replay_batch(original.batch_id, run)
    sheet = Path(columns["file_uri"])
    taken = pull.TakenFile(
        *(str(sheet), sheet.name, kept_file(run, columns)),
        *(columns[name] for name in ("file_sha256", "file_bytes", "as_of")),
    )
    nothing = pl.DataFrame(schema=dict.fromkeys((*reject_sheets.PLACES, "line_number"), pl.Int64))
    _, rows = _mended_rows(taken.path, sheet.name, run).get(original.batch_id, (original, nothing))
    return _replay_mended(sheet, taken, original, rows, run, gone)


def _mended_rows(sheet: Path, name: str, run: Run) -> dict[int, tuple[Original, pl.DataFrame]]:
    """Return the exports that the records of a sheet in the archive are of, by their batches, each with its records."""
    originals: dict[int, Original] = {}
    rows_of: dict[int, list[pl.DataFrame]] = defaultdict(list)
    for batch_id, rows in sorted(_read_sheet(sheet, name).items()):
        _refuse_unknown(run.warehouse, rows, batch_id, name)
        original = find_original(run, batch_id)
        originals[original.batch_id] = original
        rows_of[original.batch_id].append(_own_columns(rows, original))
    return {root: (originals[root], pl.concat(rows, how="diagonal")) for root, rows in rows_of.items()}


def _replay_mended(
    path: Path,
    taken: pull.TakenFile,
    original: Original,
    rows: pl.DataFrame,
    run: Run,
    gone: Collection[int] = (),
) -> publish.BatchSummary:
    batch = replace(
        _batch_of(original, run), file_uri=told_path(path), file_sha256=taken.sha256, file_bytes=taken.bytes
    )
    if load.find_replay(run.warehouse, original.batch_id, taken.sha256) is not None:
        return pipeline.close_batch(run, batch, load.Ending("skipped", run.clock.ends()))
    if original.is_standing:
        return pipeline.load_batch(batch, run, lambda: _only_mended(path.name, original, rows, run, gone))
    return pipeline.load_batch(batch, run, lambda: _whole_file_mended(path.name, original, rows, run))


def _take_sheet(path: Path, run: Run) -> pull.TakenFile:
    try:
        return pull.archive_file(path, run.archive, Feed(name=DEFAULT_FEED), datetime.now(UTC))
    except UnreadableFileError as error:
        raise UsageError(f"{path.name}: {error}") from error


def _read_sheet(path: Path, name: str) -> dict[int, pl.DataFrame]:
    """Return the records of a sheet by the batch that rejected them."""
    try:
        chunks = list(read.read_records(path, read.detect_format(path, Feed(name=DEFAULT_FEED))))
    except UnreadableFileError as error:
        raise UsageError(f"{name}: {error}") from error
    for chunk in chunks:
        for record in chunk.broken:
            raise UsageError(f"{name}, line {record.line_number}: {record.message}; mend the line and replay again")
    rows = pl.concat((chunk.rows for chunk in chunks), how="diagonal")
    return reject_sheets.read_sheet(suppress.without_rows(rows, suppress.find_removed(rows)), name)


def _refuse_unknown(warehouse: Warehouse, rows: pl.DataFrame, batch_id: int, name: str) -> None:
    """Raise UsageError for a line of a sheet that names a row which the batch did not reject."""
    kept = publish.list_rejects(warehouse, batch_id).filter(pl.col("batch_id") == batch_id)
    unknown = rows.filter(~pl.col("rejected_row_number").is_in(kept["row_number"].implode()))
    if not unknown.is_empty():
        line, row = unknown["line_number"][0], unknown["rejected_row_number"][0]
        raise UsageError(f"{name}, line {line}: batch {batch_id} rejected no row {row}; see: leads rejects {batch_id}")


def _own_columns(rows: pl.DataFrame, original: Original) -> pl.DataFrame:
    """Return the rows without the columns that the sheet has for other exports' sake.

    A cell that is blank in the sheet was not there in a JSON export, as far as anybody can tell.
    """
    is_json = original.file_format.format in ("json", "ndjson")
    headers: set[str] = set()
    for chunk in read.read_records(original.path, original.file_format):
        headers.update(headers_of(chunk.rows))
        if not is_json:
            break
    cells = [name for name in rows.columns if name not in (*reject_sheets.PLACES, "line_number")]
    own = [name for name in cells if name in headers or (rows[name].str.strip_chars() != "").any()]
    if is_json:
        rows = rows.with_columns(pl.when(pl.col(name) != "").then(pl.col(name)) for name in own)
    return rows.select(*reject_sheets.PLACES, "line_number", *own)


def _only_mended(name: str, original: Original, rows: pl.DataFrame, run: Run, gone: Collection[int]) -> Source:
    """Return the rows of a sheet whose export stands, numbered from 1, but for the numbers that are `gone`."""
    numbers = (number for number in count(1) if number not in gone)
    numbered = rows.with_columns(row_number=pl.Series(list(islice(numbers, rows.height)), dtype=pl.Int64))
    return Source(
        name,
        original.file_format,
        lambda: iter([_sheet_chunk(numbered, original, run)] if rows.height else []),
        date_orders=_date_orders(original, run),
        replayed=numbered.select("row_number", *reject_sheets.PLACES),
        is_partial=True,
    )


def _whole_file_mended(name: str, original: Original, rows: pl.DataFrame, run: Run) -> Source:
    """Return the whole export of a batch that failed, with the rows of a sheet in the place of those it rejected."""
    mended = rows.with_columns(pl.col("rejected_row_number").alias("row_number"))
    mended = mended.unique("row_number", keep="last", maintain_order=True)
    numbers = set(mended["row_number"])

    def chunks() -> Iterator[read.RawChunk]:
        for chunk in read.read_records(original.path, original.file_format):
            others = chunk.rows.filter(~pl.col("row_number").is_in(list(numbers)))
            broken = [record for record in chunk.broken if record.row_number not in numbers]
            yield read.RawChunk(others, chunk.raw_of, broken)
        yield _sheet_chunk(mended, original, run)

    links = mended.select("row_number", *reject_sheets.PLACES)
    return Source(name, original.file_format, chunks, replayed=links, is_redacted=original.is_redacted)


def _sheet_chunk(rows: pl.DataFrame, original: Original, run: Run) -> read.RawChunk:
    cells = [name for name in rows.columns if name not in (*reject_sheets.PLACES, "row_number", "line_number")]
    frame = rows.select("row_number", "line_number", *cells)

    def raw_of(numbers: list[int]) -> list[str]:
        documents = dict(zip(numbers, reject_sheets.as_documents(frame, numbers), strict=True))
        return list({**documents, **_unchanged(original, rows, numbers, run)}.values())

    return read.RawChunk(frame, raw_of, [])


def _unchanged(original: Original, rows: pl.DataFrame, numbers: list[int], run: Run) -> dict[int, str]:
    """Return the text in the export of those records of a sheet that nobody changed."""
    own = rows.filter(pl.col("row_number").is_in(numbers) & (pl.col("rejected_batch_id") == original.batch_id))
    number_of = dict(own.select("rejected_row_number", "row_number").iter_rows())
    said = dict(_cells(own.drop(*reject_sheets.PLACES)))
    sealed, feed = sealer(run.reference), original.feed
    found: dict[int, str] = {}
    for chunk in pick_rows(read.read_records(original.path, original.file_format), number_of):
        same = [number for number, cells in _cells(sealed(chunk.rows, feed.name)) if cells == said[number]]
        found.update(zip(same, texts_of(chunk, same, original.file_format, feed, run), strict=True))
    return found


def _cells(rows: pl.DataFrame) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the number and the cells of each record of a raw frame, but for cells that say nothing."""
    for row in rows.drop("line_number").iter_rows(named=True):
        number = row.pop("row_number")
        yield number, {name: cell for name, cell in row.items() if cell}
