"""One value out of several columns that may hold it: the first that says anything.

Exports hold one field under several headers (`Company Name`, `Associated Company`). The columns come
in the order in which they are asked; what another column says differently is not lost but given back.
"""

from collections.abc import Sequence

import polars as pl


def has_text(cells: pl.Series) -> pl.Series:
    """Return, never null, which cells hold more than white space."""
    return (cells.str.strip_chars() != "").fill_null(False)


def text_or_null(cells: pl.Series) -> pl.Series:
    """Return the cells as they are, null where one is blank."""
    is_said = has_text(cells)
    return cells if is_said.all() else cells.set(~is_said, None)


def choose_first(columns: Sequence[pl.Series]) -> tuple[pl.Series, list[pl.Series]]:
    """Return per row the first cell that says anything, and per column what it says else.

    Where no column says anything the cell is blank if any of them has a blank one, else null. What a
    column says else is null where it is blank or says the same.
    """
    if len(columns) == 1:
        return columns[0], []
    said = [text_or_null(cells).alias(str(position)) for position, cells in enumerate(columns)]
    frame = pl.DataFrame(said)
    chosen = frame.select(pl.coalesce(pl.all()))[:, 0]
    chosen_text = chosen.str.strip_chars()
    others = [cells.set((cells.str.strip_chars() == chosen_text).fill_null(False), None) for cells in said]
    # Blank is not absent: a CRM's blank cell withdraws its value.
    blank = pl.DataFrame([cells.alias(str(position)) for position, cells in enumerate(columns)])
    return chosen.fill_null(blank.select(pl.coalesce(pl.all()))[:, 0]), others
