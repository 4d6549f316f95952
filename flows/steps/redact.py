"""Redact: takes what may never be kept out of the archive too, and leaves a note beside the file that it did.

The archive keeps a file under the hash of what came; of one with forbidden columns it keeps a copy without what stood
in them. The note has the hash of that copy and how to read it: text is UTF-8 now, workbooks and Parquet are Parquet
of text. Records keep their numbers and, in text, their places, so that replays work on the copy as on the file.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import BinaryIO, Final

import polars as pl
import pyarrow.parquet as pq

from flows.archive import UNFINISHED, note_of
from flows.errors import UnreadableFileError, is_out_of_room
from flows.fail_points import fail_point
from flows.formats.records import FileFormat, RawChunk
from flows.formats.text_blocks import utf8_blocks
from flows.leftovers import unfinished_file
from schemas.raw import ROW_COLUMNS

_LINE: Final = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n)?")
_AS_TEXT: Final = ("csv", "json", "ndjson")


@dataclass(frozen=True)
class Masking:
    """How what may not be kept is taken out of the texts of readable records, of a broken one's, and of raw rows."""

    texts_of: Callable[[RawChunk, list[int]], list[str]]
    text: Callable[[str], str]
    rows: Callable[[pl.DataFrame], pl.DataFrame]


def redact_archived(path: Path, file_format: FileFormat, chunks: Iterable[RawChunk], masking: Masking) -> FileFormat:
    """Put a redacted copy in the place of a file of the archive; return how it is read.

    `chunks` are the file's records, read by `file_format`.
    Raises UnreadableFileError where that fails; the file is gone then, for it may not be kept as it is.
    """
    archive = path.parent.parent
    try:
        with unfinished_file(archive, UNFINISHED) as (copy, unfinished):
            format_then = _write_copy(copy, path, file_format, chunks, masking)
            copy.flush()
            _put_in_place(unfinished, path, format_then)
    except Exception as error:
        path.unlink(missing_ok=True)
        if is_out_of_room(error):
            raise
        raise UnreadableFileError("its forbidden columns could not be redacted; the archive has not kept it") from error
    return format_then


def _write_copy(
    copy: BinaryIO, path: Path, file_format: FileFormat, chunks: Iterable[RawChunk], masking: Masking
) -> FileFormat:
    """Write the redacted copy; return how it is read."""
    if file_format.format not in _AS_TEXT:
        _write_parquet(copy, chunks, masking)
        return FileFormat("parquet", None, None, None)
    records = _records(chunks, masking)
    blocks = utf8_blocks(path, file_format.encoding or "utf-8")
    for block in replace_records(blocks, records, masking.text, file_format.header_row or 0):
        copy.write(block)
    return replace(file_format, encoding="utf-8", warnings=())


def _put_in_place(copy: Path, path: Path, file_format: FileFormat) -> None:
    with copy.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    facts = {name: value for name, value in asdict(file_format).items() if name != "warnings"}
    note = json.dumps({"sha256": digest, "format": facts})
    with unfinished_file(path.parent.parent, UNFINISHED) as (file, unfinished):
        file.write(note.encode())
        file.flush()
        # In this order: a copy without a note is taken for what a crash left, and the file is taken and redacted anew.
        fail_point("before redacted rename")
        copy.replace(path)
        fail_point("after redacted rename")
        unfinished.replace(note_of(path))


def _records(chunks: Iterable[RawChunk], masking: Masking) -> Iterator[tuple[bytes, bytes] | None]:
    """Yield of each record its text and its redacted text; None for one that could not be read."""
    for chunk in chunks:
        numbers = chunk.rows["row_number"].to_list()
        texts = zip(numbers, chunk.raw_of(numbers), masking.texts_of(chunk, numbers), strict=True)
        by_number = {number: (raw.encode(), masked.encode()) for number, raw, masked in texts}
        for number in sorted([*numbers, *(record.row_number for record in chunk.broken)]):
            yield by_number.get(number)


def replace_records(
    blocks: Iterator[bytes],
    records: Iterable[tuple[bytes, bytes] | None],
    mask_text: Callable[[str], str],
    header_lines: int,
) -> Iterator[bytes]:
    """Yield a text with each record replaced by its redacted text; what is between records stays.

    Records come in the order of the text. One that could not be read (None) is found by its neighbours, and masked
    line by line. The first `header_lines` lines are never masked.
    """
    buffer, is_masked, kept_lines = b"", False, header_lines
    for record in records:
        if record is None:
            is_masked = True
            continue
        raw, redacted = record
        while (place := buffer.find(raw)) < 0:
            buffer += next(blocks)
        yield _masked(buffer[:place], mask_text, kept_lines) if is_masked else buffer[:place]
        yield redacted
        buffer, is_masked, kept_lines = buffer[place + len(raw) :], False, 0
    if is_masked:
        yield _masked(buffer + b"".join(blocks), mask_text, kept_lines)
        return
    yield buffer
    yield from blocks


def _masked(text: bytes, mask_text: Callable[[str], str], kept_lines: int) -> bytes:
    lines = _LINE.findall(text)
    masked = [
        mask_text(line.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
        for line in lines[kept_lines:]
    ]
    return b"".join([*lines[:kept_lines], *masked])


def _write_parquet(target: BinaryIO, chunks: Iterable[RawChunk], masking: Masking) -> None:
    """Write the cells of all records as text, a record that could not be read as one without cells."""
    writer: pq.ParquetWriter | None = None
    for chunk in chunks:
        broken = pl.DataFrame(
            {"row_number": [record.row_number for record in chunk.broken]}, schema={"row_number": pl.Int64}
        )
        rows = pl.concat([masking.rows(chunk.rows), broken], how="diagonal").sort("row_number").drop(ROW_COLUMNS)
        table = rows.to_arrow()
        if writer is None:
            writer = pq.ParquetWriter(target, table.schema)
        writer.write_table(table.cast(writer.schema))
    if writer is not None:
        writer.close()
