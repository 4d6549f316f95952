"""JSON values as cells of text: what stands in the file, to the digit.

Numbers keep their literal text, so an id of 19 digits and a price of 1.10 stay what they are. Nested
objects become columns with dotted names; arrays stay JSON text, cut from the file as they stand.
A blank cell is null in JSON, and null here is a key that the record does not have.
"""

import json
import json.scanner
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, Final, cast

import polars as pl

from flows.formats.records import NUL, UNDECODABLE, BrokenRecord, ColumnNames, Position, raw_frame

DEPTH_MAX: Final = 64
TOO_DEEP: Final = ("record_json", f"nested deeper than {DEPTH_MAX} levels")

# What a record must not hold to be taken as it stands: escapes that may be half a character, NUL, and
# space before a colon, which would hide a key.
_ODD: Final = ("\\ud", "\\uD", "\0", " :", "\t:", "\n:", "\r:")
_KEY_END: Final = re.compile(r'"[ \t\r\n]*:')
_ABSENT: Final = object()
_WORDS: Final[dict[object, str | None]] = {None: "", True: "true", False: "false", _ABSENT: None}


def _constant(name: str) -> None:
    # Python writes NaN for a missing number, which JSON does not know; infinity means nothing here.
    if name != "NaN":
        raise ValueError(f"{name} is no JSON number")


def _no_two_values(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Make an object of pairs, unless a key stands twice with different values."""
    found = dict(pairs)
    if any(found[key] != value for key, value in pairs):
        raise KeyError
    return found


# Line breaks and tabs within strings are no valid JSON, but leave no doubt: not strict.
_DECODER: Final = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=_constant, strict=False)
_PAIRS_DECODER: Final = json.JSONDecoder(
    parse_int=str,
    parse_float=str,
    parse_constant=_constant,
    strict=False,
    object_pairs_hook=_no_two_values,
)

# Decodes the value at a position and returns it with where it ends. Raises StopIteration where there is
# none, ValueError (JSONDecodeError) where it is broken, RecursionError where it is far too deep.
scan_value: Final[Callable[[str, int], tuple[Any, int]]] = json.scanner.make_scanner(_DECODER)  # type: ignore[arg-type]


def decode_line(text: str) -> object:
    """Decode text that is one JSON value and nothing else; raises ValueError, or RecursionError."""
    start = len(text) - len(text.lstrip(" \t\r\n"))
    try:
        value, end = scan_value(text, start)
    except StopIteration as error:
        raise json.JSONDecodeError("Expecting value", text, error.value) from None
    if text[end:].strip(" \t\r\n"):
        raise json.JSONDecodeError("Extra data", text, end)
    return value


def is_json_value(text: str) -> bool:
    """Whether text is one whole JSON object or array."""
    try:
        return isinstance(decode_line(text), dict | list)
    except (ValueError, RecursionError):
        return False


class _Shape:
    """Records with the same keys in the same order: their cells one after the other."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        self.cells: list[Any] = []
        self.rows: list[int] = []


class JsonTable:
    """Gathers the records of a file and gives them away part by part; knows the file's columns so far."""

    def __init__(self) -> None:
        self._column_names = ColumnNames()
        self._columns: dict[tuple[str, ...], str] = {}
        self._is_spoiled = self._is_odd = False
        self._start_part()

    def _start_part(self) -> None:
        self._shapes: dict[object, _Shape] = {}
        self._row_numbers: list[int] = []
        self._line_numbers: list[int] = []
        self._broken: list[BrokenRecord] = []

    def look_at(self, text: str) -> None:
        """Take note of the text that the next records come from: what may be odd about one of them."""
        self._is_spoiled = not is_unicode(text)
        self._is_odd = self._is_spoiled or any(
            # The first character alone is found many times faster, and is mostly not there.
            sign[0] in text and sign in text
            for sign in _ODD
        )

    def add(self, value: object, raw: str, at: Position) -> None:
        """Add the record that `raw` says; `at` is its own row number and line."""
        if type(value) is not dict:
            self.add_broken(raw, at, "record_json", "not a JSON object")
            return
        # Taken as it stands if nothing is nested and no key stands twice: each key ends in `":`.
        if not self._is_odd and raw.count('":') == len(value) and "[" not in raw and raw.rfind("{") == raw.find("{"):
            self._add_cells(tuple(value), ((key,) for key in value), value.values(), at)
            return
        broken = self._add_other(value, raw, at)
        if broken:
            self.add_broken(raw, at, *broken)

    def add_broken(self, raw: str, at: Position, code: str, message: str) -> None:
        """Add a record that cannot be read."""
        self._broken.append(BrokenRecord(at.records, at.lines, storable(raw), code, message))

    def take(self) -> tuple[pl.DataFrame, list[BrokenRecord]]:
        """Return what was added since the last call: a raw frame with all columns so far, and the rest."""
        rows = raw_frame(
            pl.Series(self._row_numbers, dtype=pl.Int64),
            pl.Series(self._line_numbers, dtype=pl.Int64),
            self._text_columns(),
        )
        broken = self._broken
        self._start_part()
        return rows, broken

    def _add_cells(self, key: object, paths: Iterable[tuple[str, ...]], cells: Iterable[object], at: Position) -> None:
        """Add a readable record; `key` stands for its paths, so that they are named once."""
        shape = self._shapes.get(key)
        if shape is None:
            shape = self._shapes[key] = _Shape(tuple(map(self.name, paths)))
        shape.rows.append(len(self._row_numbers))
        shape.cells.extend(cells)
        self._row_numbers.append(at.records)
        self._line_numbers.append(at.lines)

    def name(self, path: tuple[str, ...]) -> str:
        """Return the column of the cell at a path of keys."""
        name = self._columns.get(path)
        if name is None:
            name = self._columns[path] = self._column_names.name(".".join(path))
        return name

    def _add_other(self, record: dict[str, Any], raw: str, at: Position) -> tuple[str, str] | None:
        """Add a record that has to be looked into, or return the reason why it is broken."""
        if "\0" in raw:
            return NUL
        if raw.count("{") + raw.count("[") > DEPTH_MAX and _is_too_deep(record):
            return TOO_DEEP
        cells: dict[tuple[str, ...], str] = {}
        arrays: list[str] = []
        key_count = _flatten(record, raw, (), cells, arrays)
        # Each key has its colon; more of them are in strings, or a key stands twice.
        colons = len(_KEY_END.findall(raw)) - sum(len(_KEY_END.findall(array)) for array in arrays)
        if colons != key_count and _has_two_values(raw):
            return "record_json", "a key stands twice in one object, with different values"
        if not is_unicode("".join([*cells.values(), *map("".join, cells)])):
            if self._is_spoiled:
                return UNDECODABLE
            return "record_json", r"a \u escape that is half a character"
        paths = tuple(cells)
        self._add_cells((paths,), paths, cells.values(), at)
        return None

    def _text_columns(self) -> list[pl.Series]:
        shapes = list(self._shapes.values())
        if len(shapes) == 1:
            shape = shapes[0]
            width = len(shape.names)
            by_name = {name: shape.cells[i::width] for i, name in enumerate(shape.names)}
            return [_text_column(name, by_name.get(name), len(shape.rows)) for name in self._columns.values()]
        records: list[dict[str, object]] = [{}] * len(self._row_numbers)
        for shape in shapes:
            width = len(shape.names)
            for number, row in enumerate(shape.rows):
                cells = shape.cells[number * width : (number + 1) * width]
                records[row] = dict(zip(shape.names, cells, strict=True))
        return [
            _text_column(name, [record.get(name, _ABSENT) for record in records], len(records))
            for name in self._columns.values()
        ]


def _text_column(name: str, values: list[Any] | None, height: int) -> pl.Series:
    if values is None:
        return pl.repeat(None, height, dtype=pl.String, eager=True).alias(name)
    if set(map(type, values)) != {str}:
        values = [_WORDS.get(value, value) for value in values]
    return pl.Series(name, values, dtype=pl.String)


def _flatten(
    value: dict[str, Any],
    raw: str,
    path: tuple[str, ...],
    cells: dict[tuple[str, ...], str],
    arrays: list[str],
    cursor: list[int] | None = None,
) -> int:
    """Put the cells of an object in `cells` and its arrays' text in `arrays`; return how many keys it has."""
    # Arrays stand in the text in the order in which they come up here: each is sought behind the last.
    cursor = [0] if cursor is None else cursor
    key_count = len(value)
    for key, inner in value.items():
        if type(inner) is dict:
            key_count += _flatten(inner, raw, (*path, key), cells, arrays, cursor)
        elif type(inner) is list:
            text, cursor[0] = _array_text(key, inner, raw, cursor[0])
            arrays.append(text)
            cells[*path, key] = text
        else:
            cells[*path, key] = inner if type(inner) is str else cast("str", _WORDS[inner])
    return key_count


@lru_cache(maxsize=10_000)
def _array_start(key: str) -> re.Pattern[str]:
    """Return the pattern of a key whose value is an array; within a string its first quote has a backslash."""
    spellings = {re.escape(json.dumps(key, ensure_ascii=is_ascii)) for is_ascii in (True, False)}
    return re.compile(rf"(?<!\\)(?:{'|'.join(sorted(spellings))})[ \t\r\n]*:[ \t\r\n]*(?=\[)")


def _array_text(key: str, array: list[Any], raw: str, start: int) -> tuple[str, int]:
    """Return the text of the array of a key as it stands in its record, and where it ends."""
    found = _array_start(key).search(raw, start)
    if found:
        value, end = scan_value(raw, found.end())
        if value == array:
            return raw[found.end() : end], end
    # A key that is spelled in an odd way, or stands twice: which is told by the caller.
    return json.dumps(array, ensure_ascii=False), start


def _has_two_values(raw: str) -> bool:
    try:
        _PAIRS_DECODER.decode(raw.strip(" \t\r\n"))
    except KeyError:
        return True
    return False


def _is_too_deep(record: object) -> bool:
    """Whether a value is nested deeper than the cap; level by level, since a deep one may be anything."""
    level: list[Any] = [record]
    for _ in range(DEPTH_MAX):
        level = [
            inner
            for value in level
            for inner in (value.values() if type(value) is dict else value)
            if type(inner) in (dict, list)
        ]
        if not level:
            return False
    return True


def is_unicode(text: str) -> bool:
    """Whether text has no half characters, which stand for bytes that were no text."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def storable(raw: str) -> str:
    """Return raw text that any database takes: bytes that were no text show as escapes."""
    if is_unicode(raw):
        return raw
    return raw.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
