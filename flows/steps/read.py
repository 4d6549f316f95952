"""Read: a file of the archive to raw records, text cells with their line numbers.

A record that cannot be read is a broken record with its text, line and reason, and the records around
it are read all the same; nothing is shifted, padded or dropped in silence. Memory is bounded by blocks
of the file, not by its size. How each format is read stands in `flows/formats`.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from flows.archive import redacted_format
from flows.formats import detection
from flows.formats.csv_records import read_csv_records
from flows.formats.json_document import read_json_document
from flows.formats.json_lines import read_json_lines
from flows.formats.parquet import read_parquet
from flows.formats.records import BrokenRecord, FileFormat, RawChunk, regroup
from flows.formats.workbook_records import read_workbook
from flows.formulas import restore
from schemas.preference import MAY_COLUMNS
from schemas.raw import ROW_COLUMNS
from schemas.reference import Feed
from schemas.spec import lead_columns

__all__ = [
    "BrokenRecord",
    "FileFormat",
    "RawChunk",
    "detect_format",
    "read_records",
]


def read_records(path: Path, file_format: FileFormat, chunk_rows: int = 100_000) -> Iterator[RawChunk]:
    """Yield the records of a file in file order, `chunk_rows` at a time.

    `path` is the decompressed file and `file_format` what `detect_format` said of it. Rows are raw frames
    (`schemas.raw`); all chunks of a CSV have the same columns, chunks of JSON and workbooks may add columns
    that come up later. A CSV without records gives one chunk without rows. Raises UnreadableFileError where the file
    as a whole turns out unreadable, which may be after some chunks: a JSON document that breaks off.
    """
    parts: Iterator[RawChunk]
    if file_format.format == "csv":
        parts = (_as_exported(chunk) for chunk in read_csv_records(path, file_format))
    elif file_format.format == "ndjson":
        parts = read_json_lines(path, file_format)
    elif file_format.format == "xlsx":
        parts = read_workbook(path, file_format)
    elif file_format.format == "parquet":
        parts = read_parquet(path)
    else:
        parts = read_json_document(path, file_format)
    return regroup(parts, chunk_rows)


def _as_exported(chunk: RawChunk) -> RawChunk:
    """Return a chunk without the apostrophes that `leads export` puts in front of what a spreadsheet would run.

    A CSV with the columns of the specification, all of them in its order and no others but those that say how people
    may be contacted, is taken for such an export.
    """
    columns = tuple(chunk.rows.columns[len(ROW_COLUMNS) :])
    if columns not in (lead_columns(), (*lead_columns(), *MAY_COLUMNS)):
        return chunk
    return replace(chunk, rows=chunk.rows.with_columns(restore(chunk.rows[name]) for name in lead_columns()))


def detect_format(path: Path, feed: Feed) -> FileFormat:
    """Return how to read a file of the archive: as its contents tell, or as its note says since it was redacted.

    Raises UnreadableFileError for what is no export.
    """
    return redacted_format(path) or detection.detect_format(path, feed)
