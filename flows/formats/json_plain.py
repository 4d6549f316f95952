r"""The fast way of reading NDJSON: Polars, for lines that are proven to be alike and plain.

Lines are alike if each has the keys of the first, in the same order and with the same spaces, and plain
if their values are strings without escapes, numbers, booleans or null. Cut at the colons behind keys,
such lines are a table whose columns all end in the next key:

    {"firstName": "Ann", "score": 7}    ->    {"firstName"  |  "Ann", "score"  |  7}

Each ending is checked and taken off, what is left must be one JSON value, and no quote of the text may be
left over. So nothing that is accepted here could mean anything else; the rest is decoded.
"""

import json
import re
from typing import Final

import polars as pl
import polars.exceptions

from flows.formats.records import COLUMNS_MAX

# Stands where a colon was; a control character that JSON text never holds.
_CUT: Final = b"\x1f"
_LINES_MIN: Final = 100

_FIRST_KEY: Final = re.compile(r'\{"([^"\\]*)"(: ?)')
_SCALAR: Final = r"^(?:-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null)$"


def read_plain_lines(lines: list[bytes]) -> dict[str, pl.Series] | None:
    """Return the cells of lines, one column of text per key, or None where they are not alike and plain.

    The lines must hold no backslash. Numbers keep their text; null is a blank cell.
    """
    style = _style(lines[0]) if len(lines) >= _LINES_MIN else None
    if style is None:
        return None
    keys, colon, comma = style
    text = b"\n".join([*lines, b""])
    if _CUT in text or b"\0" in text or b"\t" in text or text.startswith(b"\xef\xbb\xbf"):
        return None
    pieces = _cut(text, colon, len(keys))
    if pieces is None or pieces.height != len(lines):
        return None
    if not (pieces[:, 0] == '{"' + keys[0]).all():
        return None
    string_count = 0
    columns: dict[str, pl.Series] = {}
    for number, key in enumerate(keys, start=1):
        ending = f'{comma}"{keys[number]}' if number < len(keys) else "}"
        column = _values(pieces[:, number], ending)
        if column is None:
            return None
        strings, values = column
        string_count += strings
        columns[key] = values
    # Two around each key, of which the cut took one, and two around each string: none is within one.
    if text.count(b'"') != 2 * len(keys) * len(lines) + 2 * string_count:
        return None
    return columns


def _style(line: bytes) -> tuple[list[str], bytes, str] | None:
    """Return the keys of a line, and what stands before and behind its values."""
    try:
        text = line.decode("utf-8")
        pairs = json.loads(text, object_pairs_hook=list)
    except (ValueError, RecursionError):
        return None
    start = _FIRST_KEY.match(text)
    if start is None or not isinstance(pairs, list) or len(pairs) > COLUMNS_MAX:
        return None
    keys = [key for key, _ in pairs]
    if len(set(keys)) < len(keys):
        return None
    colon = '"' + start[2]
    comma = "," if len(keys) < 2 or f',"{keys[1]}{colon}' in text else ", "
    return keys, colon.encode(), comma


def _cut(text: bytes, colon: bytes, width: int) -> pl.DataFrame | None:
    """Cut lines at the colons behind keys; a line with more of them Polars refuses."""
    try:
        return pl.read_csv(
            text.replace(colon, _CUT),
            has_header=False,
            schema={f"piece {number}": pl.String for number in range(width + 1)},
            separator=_CUT.decode(),
            quote_char=None,
            empty_string_is_null=False,
            extra_columns="raise",
            glob=False,
        )
    except polars.exceptions.PolarsError:
        return None


def _values(pieces: pl.Series, ending: str) -> tuple[int, pl.Series] | None:
    """Take the ending off; return how many values are strings and all values' text, or None."""
    if not pieces.str.ends_with(ending).all():
        return None
    values = pieces.str.head(-len(ending))
    is_string = values.str.starts_with('"')
    string_count = int(is_string.sum())
    if string_count < values.len():
        others = values.filter(~is_string)
        if not others.str.contains(_SCALAR).all():
            return None
    inner = values.str.slice(1)
    is_closed = inner.str.ends_with('"')
    if not (is_closed | ~is_string).all():
        return None
    texts = inner.str.head(-1)
    if string_count < values.len():
        texts = pl.select(
            pl.when(is_string).then(texts).when(values == "null").then(pl.lit("")).otherwise(values)
        ).to_series()
    return string_count, texts
