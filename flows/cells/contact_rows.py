"""The contacts of whole rows: those of all columns side by side, numbered, and the row's own one chosen."""

from collections.abc import Mapping
from typing import Final

import polars as pl

from flows.cells.contacts import ContactColumn, ContactKind
from flows.cells.parsed import put
from flows.cells.text import tidy_texts

KINDS: Final[tuple[ContactKind, ...]] = ("email", "phone")

_LISTED: Final = {
    "index": pl.UInt32(),
    "position": pl.Int64(),
    "kind": pl.String(),
    "value": pl.String(),
    "raw": pl.String(),
    "is_valid": pl.Boolean(),
}
_ORDERED: Final = {**_LISTED, "place": pl.Int64(), "part": pl.Int64()}


def list_contacts(cells: pl.DataFrame, columns: Mapping[str, ContactColumn]) -> pl.DataFrame:
    """Return every contact of every row, `position` counting those of its kind in the row from 0.

    `columns` are the parsed contact columns of `cells`, in the order in which they count. Gives `index` (the
    row), `position`, `kind`, `value`, `raw`, `is_valid`.
    """
    counts = {kind: pl.repeat(0, cells.height, dtype=pl.Int64, eager=True) for kind in KINDS}
    taken = pl.concat(
        [pl.Series([], dtype=pl.UInt32), *(column.parts["index"] for column in columns.values())]
    ).unique()
    listed, apart = [pl.DataFrame(schema=_LISTED)], [pl.DataFrame(schema=_ORDERED)]
    for place, (name, column) in enumerate(columns.items()):
        kind: ContactKind = "email" if name.startswith("email") else "phone"
        frame = _list_column(cells[name], column, kind, counts[kind])
        counts[kind] = counts[kind] + column.values.is_not_null()
        if taken.is_empty():
            listed.append(frame)
            continue
        # Rows with a cell that was taken apart are few, and counted anew.
        is_taken = frame["index"].is_in(taken.implode())
        listed.append(frame.filter(~is_taken))
        whole = frame.filter(is_taken).with_columns(part=pl.lit(0, pl.Int64))
        parts = column.parts.with_columns(position=pl.lit(0, pl.Int64)).select(whole.columns)
        apart += [each.with_columns(place=pl.lit(place, pl.Int64)).select(list(_ORDERED)) for each in (whole, parts)]
    counted = pl.concat(apart).sort("index", "place", "part")
    counted = counted.with_columns(position=pl.int_range(pl.len()).over("index", "kind").cast(pl.Int64))
    return pl.concat([*listed, counted.select(list(_LISTED))])


def _list_column(cells: pl.Series, column: ContactColumn, kind: ContactKind, positions: pl.Series) -> pl.DataFrame:
    frame = pl.DataFrame(
        {
            "index": pl.int_range(cells.len(), dtype=pl.UInt32, eager=True),
            "position": positions,
            "value": column.values,
            "raw": cells,
            "is_valid": column.is_valid,
        }
    ).with_columns(kind=pl.lit(kind))
    return frame.filter(column.values.is_not_null()).select(list(_LISTED))


def choose_contacts(contacts: pl.DataFrame, height: int) -> tuple[dict[str, pl.Series], dict[str, pl.Series]]:
    """Return by kind what is the lead's own, its first valid contact, and what the lead is identified by.

    A phone number that the plan calls invalid keeps its text, and its digits still tell people apart.
    """
    primary: dict[str, pl.Series] = {}
    identifying: dict[str, pl.Series] = {}
    for kind in KINDS:
        of_kind = contacts.filter(contacts["kind"] == kind)
        valid, wrong = of_kind.filter(of_kind["is_valid"]), of_kind.filter(~of_kind["is_valid"])
        texts = digits = pl.repeat(None, height, dtype=pl.String, eager=True)
        if kind == "phone":
            texts = _put_first(texts, wrong, tidy_texts(wrong["raw"]))
            digits = _put_first(digits, wrong, wrong["value"])
        primary[kind] = _put_first(texts, valid, valid["value"])
        identifying[kind] = _put_first(digits, valid, valid["value"])
    return primary, identifying


def _put_first(values: pl.Series, contacts: pl.DataFrame, found: pl.Series) -> pl.Series:
    """Give each row what was found in the first of its contacts; rows without one keep their value."""
    positions = contacts["position"]
    for position in sorted(positions.unique(), reverse=True):
        is_here = positions == position
        values = put(values, contacts["index"].filter(is_here), found.filter(is_here))
    return values
