"""Erased people: by what they are known again, without anybody being able to read from it who they were.

Kept are HMACs under the person key: of feed and source key of each of their records, of each address that was theirs
alone, and of each address with their name. A shared mailbox shuts out who was erased, not the others that use it.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import polars as pl

from flows.person_key import person_key, value_hash
from flows.settings import Settings
from flows.warehouse import Warehouse


class KnownBy(NamedTuple):
    """One way to know a person: `kind` is 'source', 'contact' or 'named' (schemas of sql/erase/known_by.sql)."""

    kind: str
    value_hash: str


@dataclass(frozen=True)
class ErasedPeople:
    """The hashes of all who were erased, and the key they are of."""

    key: bytes
    hashes: frozenset[str]

    def rows_among(self, leads: pl.DataFrame, contacts: pl.DataFrame, feed: str) -> pl.Series:
        """Return the row numbers of those who were erased.

        `leads` has `row_number`, `source_key`, `firstName` and `lastName`, `contacts` `row_number`, `kind` and `value`.
        """
        named = contacts.select("row_number", "kind", "value").join(
            leads.select("row_number", "firstName", "lastName"), on="row_number", how="left"
        )
        found = {
            number
            for number, kind, value, first, last in named.iter_rows()
            if self._is_known(contact_hash(self.key, kind, value), named_hash(self.key, kind, value, first, last))
        }
        found |= {
            number
            for number, source_key in leads.select("row_number", "source_key").drop_nulls().iter_rows()
            if self._is_known(source_hash(self.key, feed, source_key))
        }
        return pl.Series("row_number", sorted(found), dtype=pl.Int64)

    def has_contact(self, contacts: pl.DataFrame) -> bool:
        """Whether one of the contacts (`kind`, `value`) was an erased person's alone."""
        rows = contacts.select("kind", "value").iter_rows()
        return any(self._is_known(contact_hash(self.key, kind, value)) for kind, value in rows)

    def _is_known(self, *hashes: str) -> bool:
        return not self.hashes.isdisjoint(hashes)


def gather_erased(settings: Settings, warehouse: Warehouse) -> ErasedPeople | None:
    """Return who was erased, None where nobody was. Raises UsageError where the person key is not there."""
    hashes = erased_hashes(warehouse)
    return ErasedPeople(person_key(settings, warehouse), hashes) if hashes else None


def erased_hashes(warehouse: Warehouse) -> frozenset[str]:
    """Return all hashes by which a warehouse knows who was erased; none where nobody was."""
    return frozenset(warehouse.frame("erase/erased_hashes")["value_hash"])


def known_by(key: bytes, people: pl.DataFrame) -> list[KnownBy]:
    """Return by what people are known again: `people` as sql/erase/known_by.sql has them."""
    return sorted(set(_ways(key, people.iter_rows(named=True))))


def _ways(key: bytes, rows: Iterable[dict[str, str | None]]) -> Iterator[KnownBy]:
    for row in rows:
        yield KnownBy("source", source_hash(key, str(row["feed"]), str(row["source_key"])))
        if row["kind"] is None or row["value"] is None:
            continue
        if not row["is_shared"]:
            yield KnownBy("contact", contact_hash(key, row["kind"], row["value"]))
        yield KnownBy("named", named_hash(key, row["kind"], row["value"], row["firstName"], row["lastName"]))


def contact_hash(key: bytes, kind: str, value: str) -> str:
    """Return the hash of an address in its normal form."""
    return value_hash(key, kind, value)


def named_hash(key: bytes, kind: str, value: str, first_name: str | None, last_name: str | None) -> str:
    """Return the hash of an address with a name: letters and digits only, without case and accents."""
    return value_hash(key, f"named {kind}", f"{value} {_plain(first_name)} {_plain(last_name)}")


def source_hash(key: bytes, feed: str, source_key: str) -> str:
    """Return the hash of what a feed calls a person."""
    return value_hash(key, "source", f"{feed} {source_key}")


def _plain(name: str | None) -> str:
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKD", name or "").casefold()))
