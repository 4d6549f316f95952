"""Cells that hold e-mail addresses or phone numbers: usually one, sometimes several, sometimes both kinds.

A cell is first read as one contact. Only where that fails is it taken apart at separators
(`a@x.io; b@x.io`, `212-736-5000 / 646-736-0100`, `a@x.io / 212-736-5000`) and rid of labels (`(work)`),
and only if something valid comes out of it.
"""

import re
from dataclasses import dataclass
from typing import Final, Literal

import polars as pl

from flows.cells.email import parse_emails
from flows.cells.phone import parse_phones

ContactKind = Literal["email", "phone"]

_FOUND_TYPES: Final = {
    "index": pl.UInt32(),
    "part": pl.Int64(),
    "kind": pl.String(),
    "value": pl.String(),
    "raw": pl.String(),
    "is_valid": pl.Boolean(),
}

_SEPARATOR: Final = re.compile(r"\s*(?:[;|/,\r\n]|\s(?:&|or|and|und|oder|ou|et|y|o|e)\s)\s*|\s+(?=\S+@)")
_MAY_BE_SEVERAL: Final = r"[;|/,\r\n&]|\s(?:or|and|und|oder|ou|et|y|o|e)\s|\s\S+@|[0-9].*[A-Za-z]"
_LABEL: Final = re.compile(r"[\s(\[-]+[^\W\d_]{2,}[^\d@]*$")
_FEWEST_DIGITS: Final = 7
# A longer cell is a letter, not a list.
_LONGEST: Final = 500


@dataclass(frozen=True)
class ContactColumn:
    """One column of contacts as read.

    `values` and `is_valid` are aligned with the cells; null where a cell is blank or was taken apart.
    `parts` are the contacts of cells that were: `index`, `part`, `kind`, `value`, `raw`, `is_valid`.
    """

    values: pl.Series
    is_valid: pl.Series
    parts: pl.DataFrame


def parse_contacts(cells: pl.Series, kind: ContactKind, region: str) -> ContactColumn:
    """Read a column of e-mails or phone numbers; `region` is that of numbers without a calling code."""
    read = parse_emails(cells) if kind == "email" else parse_phones(cells, region)
    values, is_valid = read["value"], read["is_valid"]
    wrong = (~is_valid).fill_null(False)
    if wrong.any():
        is_short = cells.str.len_bytes() <= _LONGEST
        index = (wrong & is_short & cells.str.contains(_MAY_BE_SEVERAL)).arg_true()
        parts = _take_apart(cells.gather(index), index, region)
        if not parts.is_empty():
            taken = parts["index"].unique()
            return ContactColumn(values.scatter(taken, None), is_valid.scatter(taken, None), parts)
    return ContactColumn(values, is_valid, pl.DataFrame(schema=_FOUND_TYPES))


def _take_apart(cells: pl.Series, index: pl.Series, region: str) -> pl.DataFrame:
    """Return the contacts of those cells that hold at least one valid contact once taken apart."""
    pieces = [
        (cell, part, "email" if "@" in piece else "phone", piece)
        for cell in cells.unique()
        for part, piece in enumerate(split_contacts(cell))
    ]
    table = pl.DataFrame(
        pieces,
        schema={"cell": pl.String, "part": pl.Int64, "kind": pl.String, "raw": pl.String},
        orient="row",
    )
    is_email = table["kind"] == "email"
    emails, phones = table.filter(is_email), table.filter(~is_email)
    read = pl.concat(
        [emails.hstack(parse_emails(emails["raw"])), phones.hstack(parse_phones(phones["raw"], region))]
    ).drop_nulls("value")
    useful = read.filter(pl.col("is_valid").any().over("cell"))
    placed = pl.DataFrame({"index": index.cast(pl.UInt32), "cell": cells})
    return placed.join(useful, on="cell", how="inner").select(list(_FOUND_TYPES)).sort("index", "part")


def split_contacts(cell: str) -> list[str]:
    """Return the pieces of a cell that may be contacts; none if a piece of it cannot be one."""
    pieces = [" ".join(piece.split()) for piece in _SEPARATOR.split(cell)]
    bare = [piece if "@" in piece else _LABEL.sub("", piece) for piece in pieces if piece]
    is_each_one = all("@" in piece or sum(map(str.isdigit, piece)) >= _FEWEST_DIGITS for piece in bare)
    return bare if is_each_one else []
