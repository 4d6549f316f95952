"""Reads one reference file, TOML or CSV, into its contract and says where each mistake stands.

The files are edited by hand, in spreadsheets too: so UTF-8 with or without a byte-order mark, commas,
semicolons or tabs, any line end, columns in any order, rows that hold nothing. What a file may say
is in `schemas`; here are lines and words. People's addresses are never echoed.
"""

import csv
import io
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import pandera.errors
import polars as pl
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from flows.errors import UsageError
from schemas.reference import Feed, FeedsFile, IdentityRules, did_you_mean
from schemas.reference_tables import FILE_ORDER, ReferenceTable
from schemas.retention import Retention

# A file with the wrong delimiter or in the wrong columns has a mistake in every row; a few tell it.
_MISTAKES_SHOWN = 3

# In a file without its header, or with its columns shifted, any value may be somebody's address.
_ADDRESS = re.compile(r"[^\s\"]+@[^\s\"]+")

_TOML_KEY = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')"""
_TOML_PATH = rf"{_TOML_KEY}(?:\s*\.\s*{_TOML_KEY})*"
_TOML_LINE = re.compile(rf"\s*(?:\[\[?\s*(?P<table>{_TOML_PATH})\s*\]|(?P<key>{_TOML_PATH})\s*=)")


@dataclass(frozen=True)
class Mistake:
    """One thing wrong in a reference file: the line, the column or key, and what would do."""

    line: int
    where: str
    message: str


@dataclass(frozen=True)
class TomlText:
    """The text of a TOML file, to find the lines of its keys again after it was parsed."""

    path: Path
    lines: tuple[tuple[tuple[str, ...], int], ...]

    def line_of(self, key: tuple[str, ...]) -> int:
        """Return the first line of a key or table, else that of the nearest one around it."""
        own = [line for path, line in self.lines if path[: len(key)] == key]
        if own or not key:
            return min(own, default=1)
        return self.line_of(key[:-1])


@dataclass(frozen=True)
class TableRows:
    """A CSV file as its contract's frame, with the physical line of each row."""

    path: Path
    frame: pl.DataFrame
    lines: tuple[int, ...]


def refuse_file(path: Path, mistakes: list[Mistake]) -> NoReturn:
    """Raise the mistakes of one file as one line, in order of lines, the first few of many."""
    ordered = sorted(mistakes, key=lambda mistake: mistake.line)
    told = [
        f"line {mistake.line}, {mistake.where}: {_ADDRESS.sub('***', mistake.message)}"
        for mistake in ordered[:_MISTAKES_SHOWN]
    ]
    more = len(ordered) - len(told)
    if more:
        told.append(f"and {more} more mistake{'s' if more > 1 else ''}")
    raise UsageError(f"{path}: {'; '.join(told)}")


def _decode(path: Path, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UsageError(
            f'{path}: line {line} is not UTF-8; in Excel save it as "CSV UTF-8 (comma delimited)"'
            if path.suffix == ".csv"
            else f"{path}: line {line} is not UTF-8; save the file as UTF-8"
        ) from None


# --- TOML


def read_toml(path: Path, content: bytes) -> tuple[dict[str, Any], TomlText]:
    """Read a TOML file; its text goes with it to tell lines later. Raises `UsageError` for what is no TOML."""
    text = _decode(path, content)
    try:
        return tomllib.loads(text), TomlText(path, tuple(_key_lines(text)))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: {_syntax_error(str(error), text)}") from None


def read_feeds(path: Path, content: bytes) -> tuple[dict[str, Feed], TomlText]:
    """Read `feeds.toml` into feeds by name; the text goes with them to tell lines later.

    Raises `UsageError` naming file, line and key of what is wrong.
    """
    document, toml = read_toml(path, content)
    try:
        return FeedsFile.model_validate(document).feeds, toml
    except ValidationError as error:
        refuse_file(path, [_feed_mistake(details, toml) for details in error.errors()])


def read_identity_rules(path: Path, content: bytes) -> IdentityRules:
    """Read `identity.toml`. Raises `UsageError` naming file, line and key of what is wrong."""
    document, toml = read_toml(path, content)
    try:
        return IdentityRules.model_validate(document)
    except ValidationError as error:
        refuse_file(path, [_rule_mistake(details, toml, IdentityRules) for details in error.errors()])


def read_retention(path: Path, content: bytes) -> Retention:
    """Read `retention.toml`. Raises `UsageError` naming file, line and key of what is wrong."""
    document, toml = read_toml(path, content)
    try:
        return Retention.model_validate(document)
    except ValidationError as error:
        refuse_file(path, [_rule_mistake(details, toml, Retention) for details in error.errors()])


def _rule_mistake(details: ErrorDetails, toml: TomlText, model: type[BaseModel]) -> Mistake:
    key = tuple(str(part) for part in details["loc"])
    known = ", ".join(model.model_fields)
    message = details["msg"]
    if details["type"] == "extra_forbidden":
        message = f"is no key of {toml.path.name}{did_you_mean(key[-1], model.model_fields)}; known are {known}"
    return Mistake(toml.line_of(key), ".".join(key), message)


def _syntax_error(message: str, text: str) -> str:
    """Turn `Expected '=' (at line 2, column 5)` into `line 2, column 5: expected '='`."""
    found = re.fullmatch(r"(?P<what>.*) \(at (?P<place>line \d+, column \d+|end of document)\)", message)
    if not found:
        return f"is no TOML: {message}"
    place = found["place"]
    if place == "end of document":
        place = f"line {max(1, len(text.splitlines()))}, end of file"
    return f"{place}: {found['what'][:1].lower()}{found['what'][1:]}"


def _key_lines(text: str) -> Iterator[tuple[tuple[str, ...], int]]:
    """Yield the whole path of each table header and key with its line, as far as lines tell them.

    Tables of an array are numbered: the second `[[rules]]` is ("rules", "1").
    """
    table: tuple[str, ...] = ()
    counts: Counter[tuple[str, ...]] = Counter()
    for number, line in enumerate(text.splitlines(), start=1):
        found = _TOML_LINE.match(line)
        if found and found["table"]:
            table = _path_of(found["table"])
            if line.lstrip().startswith("[["):
                counts[table] += 1
                table = (*table, str(counts[table] - 1))
            yield table, number
        elif found:
            yield (*table, *_path_of(found["key"])), number


def _path_of(dotted: str) -> tuple[str, ...]:
    path = []
    inner: Any = tomllib.loads(f"{dotted} = 0")
    while isinstance(inner, dict):
        ((name, inner),) = inner.items()
        path.append(name)
    return tuple(path)


def _feed_mistake(details: ErrorDetails, toml: TomlText) -> Mistake:
    # A dict's wrong key comes as (..., key, "[key]"), an array's wrong item as (..., 0).
    key = tuple(part for part in details["loc"] if isinstance(part, str) and part != "[key]")
    if key[0] == "feeds" and details["type"] == "string_pattern_mismatch":
        key = key[:2]
    return Mistake(toml.line_of(key), ".".join(key), _feed_message(details, key))


def _feed_message(details: ErrorDetails, key: tuple[str, ...]) -> str:
    value = details["input"]
    shown = "the value" if isinstance(value, list | dict) else f'"{value}"'
    if details["type"] == "extra_forbidden":
        # Never the value: a key nobody knows may hold anything, a password too.
        model: type[BaseModel] = Feed if len(key) > 2 else FeedsFile
        what = "no key of a feed" if len(key) > 2 else "no part of this file, whose tables are [feeds.NAME]"
        return f"is {what}{did_you_mean(key[-1], model.model_fields)}"
    if details["type"] == "literal_error":
        choices = re.findall(r"'([^']*)'", details["ctx"]["expected"])
        hint = did_you_mean(value, choices) if isinstance(value, str) else ""
        return f"{shown} is none of {', '.join(choices)}{hint}"
    if details["type"] == "string_pattern_mismatch":
        return "a feed's name is made of letters, digits, dots, hyphens and underscores"
    if details["type"] == "reference":
        return details["msg"]
    return f"{shown} {details['msg'].replace('Input should', 'should')}"


# --- CSV tables


def read_table(path: Path, content: bytes, table: ReferenceTable) -> TableRows:
    """Read a CSV file into the frame of its contract, one row per row of the file, in file order.

    Raises `UsageError` naming file, line and column of what is wrong.
    """
    records = _read_records(path, _decode(path, content))
    if not records:
        raise UsageError(f"{path}: is empty; its first line names the columns: {_given(table)}")
    (header_line, header), rows = records[0], records[1:]
    headers = _read_headers(path, header_line, header, table)
    mistakes: list[Mistake] = []
    cells: dict[str, list[object]] = {name: [] for name in table.columns}
    for position, (line, record) in enumerate(rows, start=1):
        if any(record[len(headers) :]):
            mistakes.append(Mistake(line, f"cell {len(headers) + 1}", f"there are only {len(headers)} columns"))
        texts = dict(zip(headers, record, strict=False))
        for name in table.columns:
            cells[name].append(_read_cell(table, name, texts.get(name, ""), position, line, mistakes))
    if mistakes:
        refuse_file(path, mistakes)
    frame = pl.DataFrame(cells, schema=table.dtypes)
    lines = tuple(line for line, _ in rows)
    try:
        return TableRows(path, table.schema.validate(frame, lazy=True), lines)
    except pandera.errors.SchemaErrors as error:
        refuse_file(path, _row_mistakes(error, table, frame, lines))


def _given(table: ReferenceTable) -> str:
    return ",".join(name for name, column in table.columns.items() if column.is_given)


def _read_records(path: Path, text: str) -> list[tuple[int, list[str]]]:
    """Return the records that hold anything, stripped cell by cell, each with its first line."""
    first_line = text.lstrip("\r\n").partition("\n")[0]
    # Excel in half of Europe writes semicolons under the name of comma-separated values.
    delimiter = max(",;\t", key=first_line.count)
    records = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for record in reader:
            cells = [cell.strip() for cell in record]
            if any(cells):
                records.append((line, cells))
            line = reader.line_num + 1
    except csv.Error as error:
        raise UsageError(
            f"{path}: line {line}: is no CSV record ({error}); a quote opened there may not be closed"
        ) from None
    return records


def _read_headers(path: Path, line: int, header: list[str], table: ReferenceTable) -> list[str]:
    """Return the columns' own names for a file's header cells, whatever their capitals and order."""
    while header and not header[-1]:
        header = header[:-1]
    given = {name.casefold(): name for name, column in table.columns.items() if column.is_given}
    headers = [given.get(cell.casefold(), "") for cell in header]
    mistakes = [
        Mistake(
            line,
            f"column {position}",
            f'"{cell}" is no column of this file{did_you_mean(cell, given.values())}; it has {_given(table)}'
            if not name
            else f'"{cell}" is there already',
        )
        for position, (cell, name) in enumerate(zip(header, headers, strict=True), start=1)
        if not name or name in headers[: position - 1]
    ]
    mistakes += [
        Mistake(line, name, "the column is missing")
        for name, column in table.columns.items()
        if column.is_required and name not in headers
    ]
    if mistakes:
        refuse_file(path, mistakes)
    return headers


def _read_cell(
    table: ReferenceTable, name: str, text: str, position: int, line: int, mistakes: list[Mistake]
) -> object:
    column = table.columns[name]
    if not text:
        if column.is_required:
            mistakes.append(Mistake(line, name, "is blank"))
        return position if column.blank is FILE_ORDER else column.blank
    try:
        return column.read(text)
    except PydanticCustomError as error:
        mistakes.append(Mistake(line, name, error.message()))
        return None


def _row_mistakes(
    error: pandera.errors.SchemaErrors, table: ReferenceTable, frame: pl.DataFrame, lines: tuple[int, ...]
) -> list[Mistake]:
    """Tell what the Pandera schema found: each rule once, at its first row, with the others' lines."""
    rows_of: dict[tuple[str, object], list[int]] = {}
    for failure in error.failure_cases.select("check", "index").iter_rows(named=True):
        row = failure["index"]
        rule = failure["check"]
        values = tuple(frame.row(row, named=True)[name] for name in table.key)
        rows_of.setdefault((rule, values if rule == "multiple_fields_uniqueness" else None), []).append(row)
    return [_row_mistake(rule, rows, table, frame, lines) for (rule, _), rows in rows_of.items()]


def _row_mistake(
    rule: str, rows: list[int], table: ReferenceTable, frame: pl.DataFrame, lines: tuple[int, ...]
) -> Mistake:
    first, *others = sorted(lines[row] for row in rows)
    also = f" (also line{'s' if len(others) > 1 else ''} {', '.join(map(str, others))})" if others else ""
    where, _, message = rule.partition(": ")
    if rule in ("field_uniqueness", "multiple_fields_uniqueness"):
        is_personal = any(table.columns[name].is_personal for name in table.key)
        values = frame.row(rows[0], named=True)
        where = ", ".join(table.key)
        shown = "" if is_personal else f'"{", ".join(str(values[name]) for name in table.key)}" '
        message = f"{shown}is there twice"
    return Mistake(first, where, f"{message}{also}")
