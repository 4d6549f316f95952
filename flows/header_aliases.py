"""The known headers of the known vendors: reviewed data, and the question whose export a file is.

`facts/header_aliases.csv` ships with the package; a file of the same name in the reference folder
adds rows and overrides those of the same vendor and header. Its columns are `vendor`, `header`,
`field` (a field of the spec, `full_name`, `source_key`, `opt_out`, `opt_in`, `merged_into`: the record that the
CRM merged this one into, `merged_ids`: those that it merged into this one, or empty: known and not ours)
and, where a header says more than the field, `role`:

* `location`: `street`, `city`, `state`, `postcode`, `country`; without one an address as a whole.
* `email`, `phone` and all others: `2` to `9`, the place behind the columns that are asked first;
  `email` also `mixed`, a column of addresses and numbers (`Email / Phone`).
* `full_name`: `part`, a word that is the first name beside a last-name column and the last name
  beside a first-name column, as `Nom` is beside `Prénom`.
* `archived`: `inverted`, a column that says the opposite (`Active`).
* `opt_out`: `email`, `phone`, `sms`, the channel that is closed; without one all are. `opt_in`, a column that says
  the opposite (`Subscribed`): the channel that is open.

Rows of the vendor `generic` hold for every file. A user's file may leave `role` out.
"""

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Final

import polars as pl

from flows.errors import UsageError
from flows.headers import header_key, header_words
from flows.reference_files import read_table
from schemas.reference import EXTRA_TARGETS, did_you_mean, refuse
from schemas.reference_tables import ReferenceColumn, ReferenceTable
from schemas.spec import spec_fields

FILE_NAME: Final = "header_aliases.csv"
GENERIC: Final = "generic"

PACKAGED_FILE: Final = Path(__file__).with_name("facts") / FILE_NAME

_RANKS: Final = tuple("23456789")
_ROLES: Final[Mapping[str, tuple[str, ...]]] = {
    "location": ("street", "city", "state", "postcode", "country"),
    "email": ("mixed", *_RANKS),
    "full_name": ("part", *_RANKS),
    "archived": ("inverted", *_RANKS),
    "opt_out": ("email", "phone", "sms"),
    "opt_in": ("email", "phone", "sms"),
}
_TARGETS: Final = (*(field.name for field in spec_fields()), *EXTRA_TARGETS)

# A vendor is recognised by headers that few others use. One of its own is enough where the file
# is otherwise made of its words; a file full of custom columns must show several.
_LEAST_HEADERS: Final = 3
_LEAST_EVIDENCE: Final = 1.0
_LEAST_COVERAGE: Final = 0.6
_STRONG_EVIDENCE: Final = 3.0
_LEAST_COVERAGE_IF_STRONG: Final = 0.2


@dataclass(frozen=True)
class Alias:
    """What one header of one vendor means; an empty `field` is a header that is known and not ours."""

    vendor: str
    header: str
    field: str
    role: str = ""


def _read_header(text: str) -> str:
    if not header_key(text):
        refuse(f'"{text}" has no letter or digit')
    return text


def _read_field(text: str) -> str:
    if text not in _TARGETS:
        refuse(f'"{text}" is no field of the spec{did_you_mean(text, _TARGETS)}')
    return text


def _role_goes_with_field() -> pl.Expr:
    pairs = [(pl.col("field") == field) & pl.col("role").is_in(_ROLES.get(field, _RANKS)) for field in _TARGETS]
    return (pl.col("role") == "") | pl.any_horizontal(pairs)


ALIAS_TABLE: Final = ReferenceTable(
    FILE_NAME,
    columns={
        "vendor": ReferenceColumn(pl.String(), str.casefold, is_required=True),
        "header": ReferenceColumn(pl.String(), _read_header, is_required=True),
        "field": ReferenceColumn(pl.String(), _read_field, blank=""),
        "role": ReferenceColumn(pl.String(), str.casefold, blank=""),
    },
    key=("vendor", "header"),
    rules=(("role: is none that goes with the field; leave it empty", _role_goes_with_field()),),
)


class Aliases:
    """All known headers, by vendor and by the key of the header."""

    def __init__(self, aliases: Iterable[Alias]) -> None:
        """Take the rows in order; a later row of the same vendor and header replaces an earlier."""
        self._by_vendor: dict[str, dict[str, Alias]] = defaultdict(dict)
        for alias in aliases:
            self._by_vendor[alias.vendor][header_key(alias.header)] = alias
        self._generic = self._by_vendor.pop(GENERIC, {})

    def of_vendor(self, vendor: str | None, key: str) -> Alias | None:
        """Return what a vendor means by a header."""
        return self._by_vendor.get(vendor, {}).get(key) if vendor else None

    def generic(self, key: str) -> Alias | None:
        """Return what a header means wherever it comes from."""
        return self._generic.get(key)

    def unanimous(self, key: str) -> Alias | None:
        """Return what every vendor that knows a header means by it; None where they differ.

        An inverted column is believed only of the vendor whose file it is.
        """
        meanings = self._vendors_by_key.get(key, {})
        alias = next(iter(meanings.values()), None)
        if alias is None or alias.role == "inverted":
            return None
        return alias if {meaning.field for meaning in meanings.values()} == {alias.field} else None

    def recognise_vendor(self, keys: Sequence[str]) -> str | None:
        """Return the vendor whose headers a file's keys are, or None without distinctive evidence.

        A header weighs by how few vendors use it: the square of one over their number.
        """
        known = {key for key in keys if key in self._vendors_by_key}
        evidence: dict[str, float] = defaultdict(float)
        matched: Counter[str] = Counter()
        for key in known:
            vendors = self._vendors_by_key[key]
            for vendor in vendors:
                evidence[vendor] += 1 / len(vendors) ** 2
                matched[vendor] += 1
        if not evidence:
            return None
        # Of equal evidence the vendor that knows more of the file, then the first by name.
        best = min(evidence, key=lambda vendor: (-round(evidence[vendor], 6), -matched[vendor], vendor))
        if matched[best] < _LEAST_HEADERS:
            return None
        coverage = matched[best] / len(set(keys))
        is_plain = evidence[best] >= _LEAST_EVIDENCE and coverage >= _LEAST_COVERAGE
        is_strong = evidence[best] >= _STRONG_EVIDENCE and coverage >= _LEAST_COVERAGE_IF_STRONG
        return best if is_plain or is_strong else None

    def is_known_word(self, word: str) -> bool:
        """Tell whether a word stands in any known header, so that it is no misspelling of another."""
        return word in self._known_words

    @cached_property
    def common_words(self) -> Mapping[str, Sequence[str]]:
        """Words, and whole headers written as one, that several vendors use, by their first letter."""
        words: Counter[str] = Counter()
        for known in self._by_vendor.values():
            words.update({word for alias in known.values() for word in header_words(alias.header)})
            words.update({key for key, alias in known.items() if len(header_words(alias.header)) > 1})
        by_letter: dict[str, list[str]] = defaultdict(list)
        for word, vendor_count in words.items():
            if vendor_count > 2 and word.isascii() and word.isalpha():
                by_letter[word[0]].append(word)
        return by_letter

    @cached_property
    def _vendors_by_key(self) -> Mapping[str, Mapping[str, Alias]]:
        by_key: dict[str, dict[str, Alias]] = defaultdict(dict)
        for vendor, known in self._by_vendor.items():
            for key, alias in known.items():
                by_key[key][vendor] = alias
        return by_key

    @cached_property
    def _known_words(self) -> frozenset[str]:
        everything = (self._generic, *self._by_vendor.values())
        return frozenset(
            word for known in everything for alias in known.values() for word in header_words(alias.header)
        )


def load_aliases(folder: Path | None) -> Aliases:
    """Return the packaged aliases, with those of the reference folder added and put before them.

    A missing file in the folder is none; a wrong row is a `UsageError` that names file, line and
    the nearest field that would do.
    """
    packaged = _packaged_aliases()
    path = folder / FILE_NAME if folder is not None else None
    if path is None or not path.is_file():
        return Aliases(packaged)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}); check its permissions") from None
    added = [Alias(*row) for row in read_table(path, content, ALIAS_TABLE).frame.iter_rows()]
    # Who says what a header means everywhere means it for the vendors that we know, too.
    generic = {header_key(alias.header) for alias in added if alias.vendor == GENERIC}
    return Aliases([*(alias for alias in packaged if header_key(alias.header) not in generic), *added])


@cache
def _packaged_aliases() -> tuple[Alias, ...]:
    # Not held against ALIAS_TABLE at every start: a test does it once.
    with PACKAGED_FILE.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        return tuple(Alias(*row) for row in rows)
