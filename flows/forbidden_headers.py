"""Which columns are never stored: card, bank and social-security numbers, by their headers.

`facts/forbidden_headers.csv` ships with the package; a file of the same name in the reference folder adds
to it. Its columns are `header`, `reason` and `match`: `whole` (the default) means this header, in any
spelling and however it is wrapped (`Client SSN`, `properties.ssn`); `within` means every header that holds
its words side by side (`Card Number` also `Your credit card number (required)`). Rows `within` must be
sure: `Accepts Credit Cards` and `Account Number` are what sales people live on.
"""

import csv
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Final

import polars as pl

from flows.header_matching import unwrapped_headers
from flows.headers import header_words

FILE_NAME: Final = "forbidden_headers.csv"
PACKAGED_FILE: Final = Path(__file__).with_name("facts") / FILE_NAME

# The reader's mark of a header that a file holds twice is `Card Number (2)`: its number says nothing.
_NUMBERS: Final = tuple("123456789")


class ForbiddenHeaders:
    """The headers of columns that are never stored, compared by their words."""

    def __init__(self, rows: Iterable[tuple[str, str]]) -> None:
        """Take headers, each with how it matches: `whole` or `within`."""
        self._whole: set[str] = set()
        self._within: set[str] = set()
        for header, match in rows:
            words = header_words(header)
            self._whole.add("".join(words))
            if match == "within":
                self._within.add(" ".join(words))

    def among(self, headers: Iterable[str]) -> frozenset[str]:
        """Return those of the headers whose columns are never stored."""
        return frozenset(header for header in headers if self._is_forbidden(header_words(header)))

    def _is_forbidden(self, words: tuple[str, ...]) -> bool:
        if any("".join(each) in self._whole for each in _forms(words)):
            return True
        return any(" ".join(words[start:end]) in self._within for start, end in _stretches(len(words)))


def _forms(words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield the words of a header, and what of them is left without wrappings and numbers."""
    for form in (words, *unwrapped_headers(words)):
        if form:
            yield form
            if form[-1] in _NUMBERS:
                yield form[:-1]


def _stretches(length: int) -> Iterator[tuple[int, int]]:
    # No phrase has more words; a form's question may have many.
    return ((start, end) for start in range(length) for end in range(start + 1, min(start + 6, length) + 1))


def load_forbidden_headers(added: pl.DataFrame | None) -> ForbiddenHeaders:
    """Return the packaged forbidden headers and those of the reference folder (`schemas.reference_tables`)."""
    rows = [] if added is None else list(added.select("header", "match").iter_rows())
    return ForbiddenHeaders([*_packaged(), *rows])


@cache
def _packaged() -> tuple[tuple[str, str], ...]:
    # Held against FORBIDDEN_HEADERS by a test.
    with PACKAGED_FILE.open(encoding="utf-8", newline="") as file:
        return tuple((row["header"], row["match"]) for row in csv.DictReader(file))
