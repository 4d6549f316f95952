"""Suppress: finds the rows of people of whom nothing may be kept, before any of it is.

One door for all such people: by a contact in normal form (`do_not_load.csv`), or as who was erased. Of whom the archive
was rid before, the record is known by the mark in its place.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from flows.cells.email import parse_emails
from flows.cells.phone import parse_phones
from flows.erased_people import ErasedPeople
from schemas.raw import REMOVED, ROW_COLUMNS

_CONTACT: Final = {"kind": pl.String(), "value": pl.String()}

_EMAIL: Final = re.compile(r"[^\s<>()\[\]{},;:|\"']+@[^\s<>()\[\]{},;:|\"']+")
_PHONE: Final = re.compile(r"\+?\(?\d[\d ()./\u00a0-]{5,}\d")


@dataclass(frozen=True)
class Unwanted:
    """People of whom nothing may be kept: by their `contacts` (kind, value), and those who were `erased`."""

    contacts: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_CONTACT))
    erased: ErasedPeople | None = None

    @property
    def is_nobody(self) -> bool:
        """Whether there are no such people, so that no row need be looked at."""
        return self.contacts.is_empty() and self.erased is None


def gather_unwanted(do_not_load: pl.DataFrame | None, region: str, erased: ErasedPeople | None = None) -> Unwanted:
    """Return whom `do_not_load.csv` names, and who was erased; `region` is that of numbers without a calling code."""
    if do_not_load is None or do_not_load.is_empty():
        return Unwanted(erased=erased)
    return Unwanted(_read_contacts(do_not_load["value"].to_list(), region), erased)


def find_unwanted(leads: pl.DataFrame, contacts: pl.DataFrame, unwanted: Unwanted, feed: str) -> frozenset[int]:
    """Return the numbers of the rows of unwanted people, by typed leads and their contacts (`kind`, `value`)."""
    if unwanted.is_nobody:
        return frozenset()
    found = set(contacts.join(unwanted.contacts, on=["kind", "value"], how="semi")["row_number"])
    if unwanted.erased is not None:
        found.update(unwanted.erased.rows_among(leads, contacts, feed))
    return frozenset(found)


def is_of_unwanted(text: str, unwanted: Unwanted, region: str) -> bool:
    """Tell whether the text of a record that could not be read holds a contact of an unwanted person, or did."""
    if REMOVED in text and not text.replace(REMOVED, "").strip(" \t\r\n"):
        return True
    if unwanted.is_nobody:
        return False
    contacts = _read_contacts([*_EMAIL.findall(text), *_PHONE.findall(text)], region)
    is_listed = not contacts.join(unwanted.contacts, on=["kind", "value"], how="semi").is_empty()
    return is_listed or (unwanted.erased is not None and unwanted.erased.has_contact(contacts))


def find_removed(rows: pl.DataFrame) -> frozenset[int]:
    """Return the numbers of the raw rows that were taken out of the archive: marks stand in place of their cells."""
    cells = [name for name in rows.columns if name not in ROW_COLUMNS]
    if not cells:
        return frozenset()
    is_mark = [(pl.col(name) == REMOVED).fill_null(False) for name in cells]
    is_blank = [pl.col(name).is_null() | (pl.col(name) == "") for name in cells]
    says_nothing_else = [mark | blank for mark, blank in zip(is_mark, is_blank, strict=True)]
    removed = rows.filter(pl.any_horizontal(is_mark) & pl.all_horizontal(says_nothing_else))
    return frozenset(removed["row_number"])


def without_rows(frame: pl.DataFrame, row_numbers: frozenset[int]) -> pl.DataFrame:
    """Return a frame without the rows of these numbers."""
    return frame.filter(~frame["row_number"].is_in(list(row_numbers))) if row_numbers else frame


def _read_contacts(texts: Sequence[str], region: str) -> pl.DataFrame:
    """Return the contacts that texts are; one that is none is left out."""
    emails = pl.Series([text for text in texts if "@" in text], dtype=pl.String)
    phones = pl.Series([text for text in texts if "@" not in text], dtype=pl.String)
    found = [
        parse_emails(emails).select(pl.lit("email").alias("kind"), "value"),
        parse_phones(phones, region).select(pl.lit("phone").alias("kind"), "value"),
    ]
    return pl.concat(found).drop_nulls().unique(maintain_order=True)
