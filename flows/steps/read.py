"""Read: a file of the archive to raw records, text cells with their line numbers.

A record that cannot be read is a broken record with its text, line and reason, and the records around
it are read all the same; nothing is shifted, padded or dropped in silence. Memory is bounded by blocks
of the file, not by its size. How each format is read stands in `flows/formats`.
"""

from collections.abc import Iterator
from pathlib import Path

from flows.archive import redacted_format
from flows.formats import detection
from flows.formats.csv_records import read_csv_records
from flows.formats.json_document import read_json_document
from flows.formats.json_lines import read_json_lines
from flows.formats.parquet import read_parquet
from flows.formats.records import BrokenRecord, FileFormat, RawChunk, regroup
from flows.formats.workbook_records import read_workbook
from schemas.reference import Feed

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
    if file_format.format == "csv":
        parts = read_csv_records(path, file_format)
    elif file_format.format == "ndjson":
        parts = read_json_lines(path, file_format)
    elif file_format.format == "xlsx":
        parts = read_workbook(path, file_format)
    elif file_format.format == "parquet":
        parts = read_parquet(path)
    else:
        parts = read_json_document(path, file_format)
    return regroup(parts, chunk_rows)


def detect_format(path: Path, feed: Feed) -> FileFormat:
    """Return how to read a file of the archive: as its contents tell, or as its note says since it was redacted.

    Raises UnreadableFileError for what is no export.
    """
    return redacted_format(path) or detection.detect_format(path, feed)
