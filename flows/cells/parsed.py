"""What a cell parser gives back, and how the few odd cells of a column are kept off the fast path.

Most columns of an export are plain: a vectorised pass settles them. Only the distinct texts that it
leaves are worth a careful reading, and only once each, however often they stand in the column.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

_ISSUE_TYPES: Final[Mapping[str, pl.DataType]] = {"index": pl.UInt32(), "code": pl.String()}

# A column whose sample holds more distinct texts than this share is read cell by cell.
_FEW_TEXTS: Final = 0.3
_SAMPLE_ROWS: Final = 1000
_FEW_CHANGES: Final = 3


@dataclass(frozen=True)
class Parsed:
    """One column as read.

    `values`: one per cell, null where the cell is absent, blank or unreadable.
    `issues`: `index` (position of the cell) and `code`, one row per cell that could not be read, or says more
    than its value (a range).
    A cell that is there, has no value and no issue was blank.
    """

    values: pl.Series
    issues: pl.DataFrame


def no_issues() -> pl.DataFrame:
    """Return an empty frame of issues."""
    return pl.DataFrame(schema=_ISSUE_TYPES)


def issues_at(index: pl.Series, code: str) -> pl.DataFrame:
    """Return one issue of `code` for each position of `index`."""
    return pl.DataFrame({"index": index.cast(pl.UInt32)}).with_columns(pl.lit(code).alias("code"))


def unsettled(cells: pl.Series, values: pl.Series) -> pl.Series:
    """Return the positions of cells that hold text but have no value yet."""
    return ((cells != "") & values.is_null()).fill_null(False).arg_true()


def put(values: pl.Series, index: pl.Series, found: pl.Series) -> pl.Series:
    """Return `values` with `found` at the positions `index`, each of which stands there once."""
    if index.len() == values.len() and index.is_sorted():
        return found.alias(values.name)
    return values.clone().scatter(index, found) if index.len() else values


def has_few_texts(cells: pl.Series) -> bool:
    """Tell by a sample whether a column repeats itself, so that its distinct texts are read instead."""
    sample = cells.gather_every(max(1, cells.len() // _SAMPLE_ROWS))
    return sample.n_unique() <= max(1, sample.len() * _FEW_TEXTS)


def map_texts(cells: pl.Series, read: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """Apply `read` to the distinct texts of a column and give every cell the result of its text."""
    texts = cells.drop_nulls().unique()
    found = read(texts)
    if texts.is_empty():
        return pl.Series(cells.name, [None] * cells.len(), dtype=found.dtype)
    return cells.replace_strict(texts, found, default=None, return_dtype=found.dtype)


def correct_texts(
    cells: pl.Series,
    is_odd: Callable[[pl.Series], pl.Series],
    correct: Callable[[pl.Series], pl.Series],
) -> pl.Series:
    """Apply `correct` (text to text or null) to the cells that `is_odd` marks or that are blank.

    Each distinct text is corrected once; a column without any odd cell comes back as it is.
    """
    if has_few_texts(cells):
        texts = cells.drop_nulls().unique()
        odd = texts.filter((texts == "") | is_odd(texts))
        if odd.is_empty():
            return cells
        right = correct(odd)
        is_changed = right.ne_missing(odd)
        if is_changed.sum() <= _FEW_CHANGES:
            # A comparison of the column costs less than a look-up for each cell.
            for text, correction in zip(odd.filter(is_changed), right.filter(is_changed), strict=True):
                cells = cells.set((cells == text).fill_null(False), correction)
            return cells
        return cells.replace(odd.filter(is_changed), right.filter(is_changed))
    index = ((cells == "") | is_odd(cells)).fill_null(False).arg_true()
    if index.is_empty():
        return cells
    return put(cells, index, map_texts(cells.gather(index), correct))
