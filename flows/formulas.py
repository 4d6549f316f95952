"""Cells that a spreadsheet would take for formulas, in every sheet that Leadmill writes.

A cell that begins with one of these characters is run by Excel and its kin when somebody opens the file; an
apostrophe in front makes it text (OWASP, "CSV injection"). In the warehouse such a cell stays as it was.
"""

from typing import Final

import polars as pl

_BEGINS_FORMULA: Final = "[=+\\-@\\t\\r\\n\uff1d\uff0b\uff0d\uff20]"


def neutralise(cells: pl.Series) -> pl.Series:
    """Return text cells with an apostrophe in front of what would be a formula, or would look neutralised."""
    return cells.str.replace(f"^('*{_BEGINS_FORMULA})", "'$1")


def restore(cells: pl.Series) -> pl.Series:
    """Return neutralised cells as they were."""
    return cells.str.replace(f"^'('*{_BEGINS_FORMULA})", "$1")
