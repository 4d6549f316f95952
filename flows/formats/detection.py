"""What a file is and how it is to be read, told by its contents and never by its name.

What a feed declares goes first; what is not declared is found, and what is doubtful is a warning.
"""

import re
from pathlib import Path
from typing import Final

from flows.errors import UnreadableFileError
from flows.formats import signatures
from flows.formats.csv_detection import find_table
from flows.formats.encoding import find_encoding, marked_encoding
from flows.formats.json_cells import is_json_value
from flows.formats.packing import ZIP_MAGIC, holds_document
from flows.formats.parquet import is_parquet
from flows.formats.records import FileFormat, FormatName
from flows.formats.text_blocks import utf8_blocks
from flows.formats.workbook_records import detect_workbook
from schemas.reference import Feed

_HEAD_BYTES: Final = 64 * 2**10
_SAMPLE_BYTES: Final = 256 * 2**10
_SAMPLE_LINES: Final = 20
_NAMES: Final[dict[str | None, str]] = {"xlsx": "an Excel workbook", "parquet": "a Parquet file"}
# A header of 2,000 columns takes a tenth of this.
_FIRST_LINE_BYTES_MAX: Final = 2**20

# What may follow the first bracket, so that a header like `[Name]` is none.
_JSON_START: Final = re.compile(r'\s*(?:\[\s*(?:[\[{"\]0-9-]|true|false|null)|\{\s*["}])')
_JSON_SCALAR: Final = re.compile(r'\s*(?:-?[0-9][0-9.eE+-]*|true|false|null|"(?:[^"\\\r\n]|\\.)*")\s*')


def detect_format(path: Path, feed: Feed) -> FileFormat:
    """Return how to read a file that was taken for a feed.

    `path` is the decompressed file; text is read once as a whole, to know its encoding. Raises
    UnreadableFileError for an empty file and for what is no export.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if head.startswith(ZIP_MAGIC) and holds_document(path):
        _refuse_other_format("xlsx", feed)
        return detect_workbook(path, feed)
    if is_parquet(path):
        _refuse_other_format("parquet", feed)
        return FileFormat("parquet", None, None, None)
    _refuse_other_files(head, feed)
    if feed.format in _NAMES:
        raise UnreadableFileError(
            f"not {_NAMES[feed.format]}, which feed {feed.name} says it is; leave `format` out for the feed"
        )
    encoding, warnings = find_encoding(path, feed)
    sample, is_whole = _read_sample(path, encoding)
    if not sample.strip("\ufeff \t\r\n"):
        raise UnreadableFileError("the file is empty")
    name = feed.format or _json_name(sample, is_whole)
    if name and name != "csv":
        return FileFormat(name, encoding, None, None, warnings)
    lines = _lines(sample)
    if len(lines[0]) > _FIRST_LINE_BYTES_MAX:
        raise UnreadableFileError("line 1 is over 1 MiB: no header of a CSV export, and no JSON")
    delimiter, header_row = find_table(lines, feed.delimiter, feed.header_row)
    return FileFormat("csv", encoding, delimiter, header_row, warnings)


def _refuse_other_format(found: FormatName, feed: Feed) -> None:
    if feed.format not in (None, found):
        raise UnreadableFileError(
            f'{_NAMES[found]}, where feed {feed.name} says `format = "{feed.format}"`; leave `format` out for the feed'
        )


def _refuse_other_files(head: bytes, feed: Feed) -> None:
    name = signatures.looks_like(head)
    if name:
        raise UnreadableFileError(f"not a CSV, JSON, Excel or Parquet export: {name}")
    if marked_encoding(head) or feed.encoding or not signatures.is_binary(head):
        return
    codec = signatures.looks_like_utf16(head)
    if codec:
        raise UnreadableFileError(
            f"looks like UTF-16 without a byte order mark; set `encoding` to {codec} for feed {feed.name}"
        )
    raise UnreadableFileError("not a CSV, JSON, Excel or Parquet export: binary data")


def _read_sample(path: Path, encoding: str) -> tuple[str, bool]:
    """Return the beginning of a file, whole lines where one ends in it, and whether that is all of it."""
    start = next(utf8_blocks(path, encoding), b"")
    # Blank lines in front do not count.
    limit = len(start) - len(start.lstrip()) + _SAMPLE_BYTES
    if len(start) <= limit:
        return start.decode("utf-8", "replace"), True
    end = max(start.rfind(b"\n", limit - _SAMPLE_BYTES, limit), start.rfind(b"\r", limit - _SAMPLE_BYTES, limit))
    if end < 0:
        end = limit + _FIRST_LINE_BYTES_MAX
    return start[: end + 1].decode("utf-8", "replace"), False


def _lines(sample: str) -> list[str]:
    """Return physical lines with their ends; `str.splitlines` would cut at other characters too."""
    return [line.decode("utf-8") for line in sample.encode("utf-8").splitlines(keepends=True)]


def _json_name(sample: str, is_whole: bool) -> FormatName | None:
    """Return which JSON a file is, or None for CSV."""
    text = sample.lstrip("\ufeff")
    if _JSON_START.match(text):
        lines = [line for line in _lines(text) if line.strip()][:_SAMPLE_LINES]
        values = [is_json_value(line) for line in lines]
        # One document may be laid out line by line, but its first line is then no value by itself.
        is_by_line = (len(lines) > 1 or not is_whole) and (values[0] or sum(values) * 2 > len(values))
        return "ndjson" if is_by_line else "json"
    return "json" if _JSON_SCALAR.fullmatch(text) else None
