"""Turns the columns of an export into the columns of the specification, still as text.

Takes the raw frame (text rows under the export's own headers) and gives the mapped frame:
`row_number`, `line_number`, the spec's fields that the export has, further e-mails and phones as
`email#2`, `phone#2`, `source_key`, `opt_out` (`opt_out#email` where a column closes one channel),
`merged_into`, `merged_ids` and `extra`. One row per row, in order. A null is a cell that the record
does not have, an empty text a cell that is blank. Whatever finds no place in a field stays in `extra`
under its own header.

Which header means which field is settled in `flows.header_matching`, from reviewed data; this file
only moves cells. The feed's constants for missing cells are put in later, by normalise: only there is
known which cells say nothing, and a constant is no evidence of who somebody is.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

import polars as pl

from flows.cells.addresses import compose_addresses
from flows.cells.alternatives import choose_first, has_text, text_or_null
from flows.cells.booleans import parse_booleans
from flows.cells.full_names import split_full_names
from flows.cells.json_objects import json_objects
from flows.cells.parsed import put
from flows.header_aliases import Aliases, load_aliases
from flows.header_matching import HeaderMatch, map_headers
from schemas.preference import MAY_COLUMNS
from schemas.reference import Feed
from schemas.spec import spec_fields

__all__ = ["Aliases", "HeaderMatch", "load_aliases", "map_headers", "map_records"]

# Lead ads of Facebook mark what an id or number is; the pattern keeps other ids that begin so.
_VENDOR_PREFIXES: Final = {
    "source_key": r"^l:(\d+)$",
    "phone": r"^p:\s*([+(\d].*)$",
    "location": r"^z:\s*(\w.*)$",
}

_NAMES: Final = ("firstName", "lastName")
# Put together from several columns or taken apart; all other fields are one text of one column.
_COMPOSED: Final = (
    *_NAMES,
    "full_name",
    "email",
    "phone",
    "location",
    "opt_out",
    "opt_in",
    "merged_into",
    "merged_ids",
)


def map_records(raw: pl.DataFrame, matches: Sequence[HeaderMatch], feed: Feed) -> pl.DataFrame:
    """Give the mapped frame of a raw frame; a column that no match names goes to `extra`.

    A match whose header the frame does not have counts for nothing: records of JSON need not all have
    the same keys.
    """
    columns = _Columns(raw, matches)
    fields = {
        **_names(columns, feed),
        **_contacts(columns),
        **_location(columns),
        **_opt_outs(columns),
        **_merges(columns),
        **_single_values(columns),
    }
    order = [field.name for field in spec_fields()]
    names = sorted(fields, key=lambda name: _place(name, order))
    return pl.DataFrame(
        [
            raw["row_number"],
            raw["line_number"],
            *(fields[name].alias(name) for name in names),
            json_objects(columns.extra(), raw.height).alias("extra"),
        ]
    )


class _Columns:
    """The raw columns by what they were taken for, and what of them is left for `extra`."""

    def __init__(self, raw: pl.DataFrame, matches: Sequence[HeaderMatch]) -> None:
        self.height = raw.height
        self._raw = raw
        self._headers = [name for name in raw.columns if name not in ("row_number", "line_number")]
        self._by_field: dict[str, list[HeaderMatch]] = defaultdict(list)
        known = {match.header: match for match in matches}
        self._left_over: dict[str, pl.Series] = {}
        for header in self._headers:
            match = known.get(header)
            if match is None or match.field is None or match.rule == "redundant":
                self._left_over[header] = raw[header]
            else:
                self._by_field[match.field].append(match)
        for found in self._by_field.values():
            # The first to be asked first, of equals in the order of the file.
            found.sort(key=lambda match: match.rank)

    @property
    def fields(self) -> list[str]:
        return list(self._by_field)

    def of(self, field: str) -> list[HeaderMatch]:
        return self._by_field.get(field, [])

    def cells(self, match: HeaderMatch) -> pl.Series:
        cells = self._raw[match.header]
        if match.role == "inverted":
            return _turned_round(cells)
        pattern = _VENDOR_PREFIXES.get(match.field or "")
        return cells if pattern is None else _without_prefix(cells, pattern)

    def leave(self, match: HeaderMatch, cells: pl.Series) -> None:
        """Keep these cells of a column for `extra`."""
        self._left_over[match.header] = cells

    def choose(self, matches: Sequence[HeaderMatch]) -> pl.Series:
        """Return the first that says anything of several columns; the others' other texts are left."""
        chosen, others = choose_first([self.cells(match) for match in matches])
        for match, other in zip(matches, others, strict=False):
            if other.null_count() < other.len():
                self.leave(match, other)
        return chosen

    def extra(self) -> dict[str, pl.Series]:
        """Return what is left for `extra`, in the order of the file."""
        return {header: self._left_over[header] for header in self._headers if header in self._left_over}


def _absent(height: int) -> pl.Series:
    return pl.Series(values=[None], dtype=pl.String).new_from_index(0, height)


def _place(name: str, order: list[str]) -> tuple[int, int, str]:
    field = name.partition("#")[0]
    # By length first, so that `email#10` comes behind `email#9`.
    return (order.index(field) if field in order else len(order), len(name), name)


def _without_prefix(cells: pl.Series, pattern: str) -> pl.Series:
    letters = pattern[1:3]
    places = cells.str.starts_with(letters).fill_null(False).arg_true()
    return put(cells, places, cells.gather(places).str.replace(pattern, "$1"))


def _names(columns: _Columns, feed: Feed) -> dict[str, pl.Series]:
    """Return first and last names; a full name serves where either has no column of its own."""
    given = {field: columns.choose(columns.of(field)) for field in _NAMES if columns.of(field)}
    full_matches = columns.of("full_name")
    if not full_matches:
        return given
    full = columns.choose(full_matches)
    split = split_full_names(full, feed.region)
    first, last = split.first, split.last
    if len(given) == 2:
        is_nobody = ~has_text(given["firstName"]) & ~has_text(given["lastName"])
        first = first.zip_with(is_nobody, given["firstName"])
        last = last.zip_with(is_nobody, given["lastName"])
    elif given:
        ((field, own),) = given.items()
        rest = _rest_of_name(full, own, field)
        own_or_split = text_or_null(own).fill_null(first if field == "firstName" else last)
        is_given = has_text(own)
        first = own_or_split if field == "firstName" else rest.zip_with(is_given, first)
        last = own_or_split if field == "lastName" else rest.zip_with(is_given, last)
    if split.says_more.any():
        _keep_whole_names(columns, full_matches, full.set(~split.says_more, None))
    return {"firstName": first, "lastName": last}


def _rest_of_name(full: pl.Series, own: pl.Series, field: str) -> pl.Series:
    """Return what a full name says besides the first or last name that stands in a column of its own.

    `Name` beside `First Name` is a full name in one export and a last name in the next; the row tells.
    """
    frame = pl.DataFrame({"full": full.str.strip_chars(), "own": own.str.strip_chars()})
    full_text, own_text = pl.col("full").str.to_lowercase(), pl.col("own").str.to_lowercase()
    length = pl.col("own").str.len_chars()
    if field == "firstName":
        holds_own = full_text.str.starts_with(own_text + pl.lit(" "))
        rest = pl.col("full").str.slice(length)
    else:
        holds_own = full_text.str.ends_with(pl.lit(" ") + own_text)
        rest = pl.col("full").str.head(pl.col("full").str.len_chars() - length)
    return frame.select(
        pl.when(full_text == own_text)
        .then(None)
        .when(holds_own)
        .then(rest.str.strip_chars(" ,"))
        .otherwise("full")
        .alias("rest")
    )["rest"]


def _keep_whole_names(columns: _Columns, matches: Sequence[HeaderMatch], whole: pl.Series) -> None:
    """Leave the full names from which a title or nickname was dropped for `extra`."""
    for match in matches:
        cells = columns.cells(match)
        is_source = (cells.str.strip_chars() == whole.str.strip_chars()).fill_null(False)
        other = columns.extra().get(match.header, _absent(columns.height))
        columns.leave(match, cells.zip_with(is_source, other))


def _contacts(columns: _Columns) -> dict[str, pl.Series]:
    """Return e-mails and phones, the first to be asked first.

    Of a column of either kind (`Email / Phone`) the cells with an address are e-mails. A cell that holds
    several is taken apart when it is parsed.
    """
    emails, phones = [], [columns.cells(match) for match in columns.of("phone")]
    for match in columns.of("email"):
        cells = columns.cells(match)
        if match.role == "mixed":
            is_email = cells.str.contains("@", literal=True).fill_null(False)
            phones.append(cells.set(is_email, None))
            cells = cells.set(~is_email, None)
        emails.append(cells)
    return {**_numbered("email", emails), **_numbered("phone", phones)}


def _numbered(field: str, found: Sequence[pl.Series]) -> dict[str, pl.Series]:
    return {field if place == 1 else f"{field}#{place}": cells for place, cells in enumerate(found, start=1)}


def _location(columns: _Columns) -> dict[str, pl.Series]:
    matches = columns.of("location")
    if not matches:
        return {}
    roles = ["" if match.role.isdigit() else match.role for match in matches]
    parts = [(role, columns.cells(match)) for role, match in zip(roles, matches, strict=True)]
    address, left_over = compose_addresses(parts)
    for match, cells in zip(matches, left_over, strict=True):
        if cells is not None and cells.null_count() < cells.len():
            columns.leave(match, cells)
    return {"location": address}


def _opt_outs(columns: _Columns) -> dict[str, pl.Series]:
    """Return the opt-outs by channel; the cells stay in `extra` too, as evidence under their own header."""
    by_channel: dict[str, list[HeaderMatch]] = defaultdict(list)
    for match in columns.of("opt_in"):
        # What an export of ours concluded is no evidence, and would be a change when it is read back.
        if match.header not in MAY_COLUMNS:
            columns.leave(match, columns.cells(match))
    for match in columns.of("opt_out"):
        by_channel[f"opt_out#{match.role}" if match.role else "opt_out"].append(match)
    found = {}
    for name, matches in by_channel.items():
        found[name] = columns.choose(matches)
        for match in matches:
            columns.leave(match, columns.cells(match))
    return found


def _merges(columns: _Columns) -> dict[str, pl.Series]:
    """Return which records the CRM has merged; the cells stay in `extra` too, so that a merge is a new version."""
    found = {}
    for name in ("merged_into", "merged_ids"):
        matches = columns.of(name)
        if matches:
            found[name] = columns.choose(matches)
            for match in matches:
                columns.leave(match, columns.cells(match))
    return found


def _single_values(columns: _Columns) -> dict[str, pl.Series]:
    """Return all other fields: of several columns the first that says anything."""
    return {field: columns.choose(columns.of(field)) for field in columns.fields if field not in _COMPOSED}


def _turned_round(cells: pl.Series) -> pl.Series:
    """Return yes for no and no for yes; what is neither is left to be read, or refused, as it is."""
    meanings = parse_booleans(cells).values
    words = (~meanings).cast(pl.String)
    return words.fill_null(cells)
