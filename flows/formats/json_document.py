"""One JSON document: an array of objects, an object that holds one (an envelope), or one object.

It is read as a stream, so its size does not matter, only that of its records. Where it is broken, all of
it is in doubt and the file is refused, with line and column.
"""

import codecs
import itertools
import json
import re
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any, Final

from flows.errors import UnreadableFileError
from flows.formats.json_cells import DEPTH_MAX, TOO_DEEP, JsonTable, scan_value, storable
from flows.formats.records import (
    HUGE_RECORD_SHOWN,
    RECORD_BYTES_MAX,
    TOO_LARGE,
    FileFormat,
    Position,
    RawChunk,
)
from flows.formats.text_blocks import BLOCK_BYTES, utf8_blocks

# Where an API puts the records of a page.
ENVELOPE_KEYS: Final = ("data", "results", "records", "value")

_SPACE: Final = re.compile(r"[ \t\r\n]*")
_STRUCTURE: Final = re.compile(r'["\[\]{}]')
_STRING_END: Final = re.compile(r'["\\]')
# An error so near to the end of what is at hand may only mean that more is to come.
_NEAR_END: Final = 100


def read_json_document(path: Path, file_format: FileFormat) -> Iterator[RawChunk]:
    """Yield the records of one JSON document in order; the last chunk may be empty.

    Raises UnreadableFileError with line and column where the document is broken, which may be after some
    chunks. An element that is no object, too large or too deep is a broken record.
    """
    records = _Records()
    text = _JsonText(path, file_format.encoding or "utf-8", records.table)
    first = text.next_character()
    if first == "[":
        text.position += 1
        yield from _read_array(text, records)
    elif first == "{":
        has_records = yield from _read_envelope(text, records)
        if not has_records:
            _add_only_record(path, file_format, records)
    else:
        _add_element(text, records)
    if text.next_character():
        raise text.error("more follows the document; for one value per line set `format` to ndjson")
    yield records.take()


class _Records:
    """The records of a document on their way into chunks, each with its text."""

    def __init__(self) -> None:
        self.table = JsonTable()
        self._taken = 0
        self._raws: list[str] = []
        self._characters = 0

    @property
    def is_full(self) -> bool:
        """Whether enough is gathered for a chunk."""
        return self._characters > BLOCK_BYTES

    def place(self, raw: str, line: int) -> Position:
        """Count one more record and return its row number and line."""
        self._raws.append(raw)
        self._characters += len(raw)
        return Position(self._taken + len(self._raws), line)

    def take(self) -> RawChunk:
        """Return the records gathered since the last call."""
        raws, start = self._raws, self._taken + 1
        self._taken += len(raws)
        self._raws, self._characters = [], 0
        rows, broken = self.table.take()
        return RawChunk(rows, lambda row_numbers: [storable(raws[n - start]) for n in row_numbers], broken)


def _read_array(text: "_JsonText", records: _Records) -> Iterator[RawChunk]:
    """Read the elements of an array, from behind its bracket to behind its end."""
    if text.next_character() == "]":
        text.position += 1
        return
    while True:
        text.next_character()
        _add_element(text, records)
        after = text.next_character()
        if after == "]":
            text.position += 1
            return
        if after != ",":
            raise text.error("a comma or the end of the array should follow here")
        text.position += 1
        if records.is_full:
            yield records.take()


def _add_element(text: "_JsonText", records: _Records) -> None:
    line = text.line()
    is_array = text.next_character() == "["
    try:
        value, raw = text.next_value()
    except RecursionError:
        if is_array:
            # Not one record gone wrong, but a document that is something else.
            raise text.error(f"nested deeper than {DEPTH_MAX} levels") from None
        raw = text.skip_value()
        records.table.add_broken(raw, records.place(raw, line), *TOO_DEEP)
    except OverflowError:
        raw = text.skip_value()
        records.table.add_broken(raw, records.place(raw, line), *TOO_LARGE)
    else:
        position = records.place(raw, line)
        if len(raw) > RECORD_BYTES_MAX:
            records.table.add_broken(raw[:HUGE_RECORD_SHOWN], position, *TOO_LARGE)
        else:
            records.table.add(value, raw, position)


def _read_envelope(text: "_JsonText", records: _Records) -> Generator[RawChunk, None, bool]:
    """Read the members of an object, of which some may be arrays of records; return whether one is."""
    has_records = False
    text.position += 1
    if text.next_character() == "}":
        text.position += 1
        return has_records
    while True:
        if text.next_character() != '"':
            raise text.error("a key in quotes should stand here")
        key, _ = text.next_value()
        text.expect(":")
        if text.next_character() == "[" and key in ENVELOPE_KEYS:
            text.position += 1
            if text.next_character() in ("{", "]"):
                has_records = True
                yield from _read_array(text, records)
            else:
                text.skip_value(depth=1)
        else:
            try:
                text.next_value()
            except (RecursionError, OverflowError):
                text.skip_value()
        if text.next_character() == "}":
            text.position += 1
            return has_records
        text.expect(",")


def _add_only_record(path: Path, file_format: FileFormat, records: _Records) -> None:
    """Add a document that is one record, read again from its start."""
    text = _JsonText(path, file_format.encoding or "utf-8", records.table)
    text.next_character()
    line = text.line()
    try:
        value, raw = text.next_value()
    except RecursionError:
        raise text.error(f"nested deeper than {DEPTH_MAX} levels") from None
    except OverflowError:
        raise text.error(f"one record of over {RECORD_BYTES_MAX // 2**20} MiB") from None
    records.table.add(value, raw, records.place(raw, line))


class _JsonText:
    """The text of a document as a window that moves on: what lies before `position` may be let go."""

    def __init__(self, path: Path, encoding: str, table: JsonTable) -> None:
        self._blocks = itertools.chain(utf8_blocks(path, encoding), [b""])
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="surrogateescape")
        self._table = table
        self._text = ""
        self._is_at_end = False
        # Lines that end before `_counted`, and where the line begins that goes on there.
        self._lines = 0
        self._counted = 0
        self._line_start = 0
        self.position = 0

    def _fill(self) -> bool:
        """Put one more block behind what is at hand; False at the end of the file."""
        block = next(self._blocks, None)
        if block is None:
            self._is_at_end = True
            return False
        self._count_lines(self.position)
        more = self._decoder.decode(block, final=not block)
        while more.endswith("\r"):
            # Lines are counted window by window: a CRLF must not lie in two.
            block = next(self._blocks, b"")
            more += self._decoder.decode(block, final=not block) or " "
        self._text = self._text[self.position :] + more
        self._line_start -= self.position
        self.position = self._counted = 0
        self._table.look_at(self._text)
        return True

    def _count_lines(self, end: int) -> None:
        passed = self._text[self._counted : end]
        ends = passed.count("\n")
        if "\r" in passed:
            ends += passed.count("\r") - passed.count("\r\n")
        if ends:
            self._lines += ends
            self._line_start = self._counted + max(passed.rfind("\n"), passed.rfind("\r")) + 1
        self._counted = end

    def line(self) -> int:
        """Return the physical line of the current position."""
        self._count_lines(self.position)
        return self._lines + 1

    def error(self, message: str, position: int | None = None) -> UnreadableFileError:
        """Return the error that names a place in the file, by default the current position."""
        place = self.position if position is None else position
        self._count_lines(place)
        column = place - self._line_start + 1
        if place >= len(self._text) and self._is_at_end:
            message += "; the file may be cut off"
        return UnreadableFileError(f"line {self._lines + 1}, column {column}: not valid JSON: {message}")

    def next_character(self) -> str:
        """Go to the next character that is no space and return it; empty at the end of the file."""
        while True:
            found = _SPACE.match(self._text, self.position)
            self.position = found.end() if found else self.position
            if self.position < len(self._text):
                return self._text[self.position]
            if not self._fill():
                return ""

    def expect(self, character: str) -> None:
        """Go behind the next character, which must be this one."""
        if self.next_character() != character:
            raise self.error(f"a {character!r} should stand here")
        self.position += 1

    def next_value(self) -> tuple[Any, str]:
        """Decode the value at the current position and go behind it; return it with its text.

        Raises RecursionError or OverflowError, without going on, where it is too deep or too large.
        """
        while True:
            try:
                value, end = scan_value(self._text, self.position)
                # A number at the very end may go on in the next block.
                if end < len(self._text) or self._is_at_end:
                    raw = self._text[self.position : end]
                    self.position = end
                    return value, raw
            except StopIteration as error:
                self._refuse("a value should stand here", int(error.value))
            except json.JSONDecodeError as error:
                # Of a string that is not at hand to its end, the error names the beginning.
                is_cut = error.msg.startswith("Unterminated string") and not self._is_at_end
                self._refuse(error.msg, len(self._text) if is_cut else error.pos)
            except ValueError as error:
                raise self.error(str(error)) from None
            if len(self._text) - self.position > RECORD_BYTES_MAX:
                raise OverflowError
            self._fill()

    def _refuse(self, message: str, position: int) -> None:
        """Raise the error of a broken document, unless more of it is to come."""
        if self._is_at_end or position < len(self._text) - _NEAR_END:
            raise self.error(message, position) from None

    def skip_value(self, depth: int = 0) -> str:
        """Go behind a value without decoding it, or to the end of `depth` brackets.

        Returns its text, of one over the record cap only the beginning.
        """
        text, start = "", self.position
        is_in_string = False
        while True:
            found = (_STRING_END if is_in_string else _STRUCTURE).search(self._text, self.position)
            # The character behind a backslash may be in the next block.
            if found is None or (found[0] == "\\" and found.end() == len(self._text)):
                self.position = found.start() if found else len(self._text)
                text = (text + self._text[start : self.position])[: RECORD_BYTES_MAX + 1]
                if not self._fill():
                    raise self.error("the value does not end")
                start = 0
                continue
            self.position = found.end() + (found[0] == "\\")
            if found[0] == '"':
                is_in_string = not is_in_string
            elif found[0] != "\\":
                depth += 1 if found[0] in "[{" else -1
            if depth == 0 and not is_in_string:
                text += self._text[start : self.position]
                return text if len(text) <= RECORD_BYTES_MAX else text[:HUGE_RECORD_SHOWN]
