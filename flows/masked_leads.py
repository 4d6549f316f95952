"""Masked leads: what wider circles may have of them. Numbers, times, ids and stages; of people hashes, or nothing."""

import secrets
from collections.abc import Callable, Iterable
from typing import Final

import polars as pl

from flows.warehouse import Warehouse

_KEY_BYTES: Final = 32
# No export of anybody else's has columns of both names.
_MARKS: Final = frozenset({"email_hash", "phone_hash"})


def masked_leads(warehouse: Warehouse) -> Callable[[], pl.DataFrame]:
    """Return what gives the masked leads of `incoming`, by id (sql/export/masked.sql), with hashes under one key.

    The key is random and kept nowhere: equal values have equal hashes within an export, and nobody, we neither, can
    find out by trying what a hash was taken of.
    """
    parameters = {"key": secrets.token_hex(_KEY_BYTES)}
    return lambda: warehouse.frame("export/masked", parameters)


def is_masked(headers: Iterable[str]) -> bool:
    """Whether a file with these headers is a masked export."""
    return _MARKS.issubset(headers)
