"""Cells that hold a list as JSON text, such as the CRM's audit log.

The text goes on as it came, to be taken apart in SQL, where one broken cell would cost the whole batch:
so whether it is a list is found out here.
"""

import json
from typing import Final, NoReturn

import polars as pl

from flows.cells.parsed import Parsed, issues_at, map_texts, no_issues, put
from flows.cells.text import read_blanks

INVALID: Final = "json_invalid"

_BLANK: Final = r"^\s*(?:null)?\s*$"
# An escape that makes a character together with the next one, and is no JSON for DuckDB without it.
_HALF_OF_A_CHARACTER: Final = r"\\u[dD][89a-fA-F]"


def parse_json_lists(cells: pl.Series) -> Parsed:
    """Keep the cells that are JSON lists, to the letter; others are unreadable, blank ones null."""
    texts = cells.set(cells.str.contains(_BLANK).fill_null(False), None)
    if not _is_every_one_a_list(texts):
        index = texts.is_not_null().arg_true()
        is_list = map_texts(texts.gather(index), _are_lists)
        wrong = index.filter(~is_list)
        is_blank = read_blanks(texts.gather(wrong)).is_null()
        values = put(texts, wrong, pl.repeat(None, wrong.len(), dtype=pl.String, eager=True))
        return Parsed(values, issues_at(wrong.filter(~is_blank), INVALID))
    return Parsed(texts, no_issues())


def _is_every_one_a_list(texts: pl.Series) -> bool:
    """Tell at once, for the column as a whole, whether all is well; what the entries hold is not asked."""
    if texts.str.contains(_HALF_OF_A_CHARACTER).any():
        return False
    try:
        texts.str.json_decode(pl.List(pl.Struct({})))
    except pl.exceptions.PolarsError:
        return False
    return True


def _are_lists(texts: pl.Series) -> pl.Series:
    return pl.Series([_is_list(text) for text in texts], dtype=pl.Boolean)


def _is_list(text: str) -> bool:
    try:
        entries = json.loads(text, parse_constant=_refuse_constant)
        json.dumps(entries, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return False
    return isinstance(entries, list)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)  # NaN and Infinity: Python reads them, JSON does not know them
