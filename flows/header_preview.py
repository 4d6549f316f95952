"""What `leads map` shows: header by header what ingest would do with a file, and how sure it is.

The file is read by the code that ingest reads it with, but only its beginning, and nothing is kept: no
warehouse, no archive. Sample values are masked, since a preview gets pasted into tickets and chats.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import polars as pl

from flows.errors import UsageError
from flows.forbidden_headers import ForbiddenHeaders
from flows.header_aliases import Aliases
from flows.header_matching import HeaderMatch, map_headers
from flows.leftovers import scratch_folder
from flows.reference import FEEDS_FILE, Reference
from flows.steps import pull, read
from schemas.raw import ROW_COLUMNS
from schemas.reference import Feed

# Records looked at: those of JSON need not all have the same keys.
_HEAD_ROWS: Final = 2_000
_SAMPLES: Final = 2
_SAMPLE_LENGTH: Final = 24

_FEED_NAME: Final = re.compile(r"[A-Za-z0-9_-]+")

# gzip, zstd, and zip, which a workbook is as well: what pull makes of them, it knows.
_PACKED: Final = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PK\x03\x04")


@dataclass(frozen=True)
class HeaderPreview:
    """One header: its match, and a few of its values, masked; none where the column is blank or forbidden."""

    match: HeaderMatch
    samples: tuple[str, ...]

    @property
    def confidence_shown(self) -> str:
        """How sure the match is, in percent; nothing where there is none."""
        return "" if self.match.rule == "none" else f"{self.match.confidence:.0%}"

    @property
    def samples_shown(self) -> str:
        """The samples side by side."""
        return "  |  ".join(self.samples)


def feed_of(path: Path, name: str | None, reference: Reference, *, may_be_new: bool) -> Feed:
    """Return the feed that a file is of: the named one, else by location, else `default`.

    Raises UsageError where the file is none, or the feed is unknown and `may_be_new` is false.
    """
    if not path.is_file():
        raise UsageError(f"{path} is no file; give an export, as in: leads map contacts.csv")
    if name is None:
        return pull.choose_feed(path, reference.feeds)
    if name in reference.feeds:
        return reference.feeds[name]
    feeds_file = reference.folder / FEEDS_FILE
    if may_be_new and _FEED_NAME.fullmatch(name):
        return Feed(name=name)
    if may_be_new:
        raise UsageError(f"{name!r} is no name for a feed: letters, digits, - and _ only")
    raise UsageError(
        f"unknown feed {name!r}; known are {', '.join(sorted(reference.feeds))}; --write adds it to {feeds_file}"
    )


def preview_headers(path: Path, feed: Feed, aliases: Aliases, forbidden: ForbiddenHeaders) -> list[HeaderPreview]:
    """Return what ingest would take each header of a file for, in the order of the file.

    Raises UnreadableFileError as ingest does.
    """
    with scratch_folder() as scratch:
        rows = _read_head(_unpacked(path, scratch, feed), feed)
    headers = [name for name in rows.columns if name not in ROW_COLUMNS]
    sealed = forbidden.among(headers)
    matches = iter(map_headers([header for header in headers if header not in sealed], feed, aliases))
    return [
        HeaderPreview(HeaderMatch(header, None, "forbidden", 1.0), ())
        if header in sealed
        else HeaderPreview(next(matches), mask_samples(rows[header]))
        for header in headers
    ]


def mask_samples(cells: pl.Series) -> tuple[str, ...]:
    """Return a few distinct values that keep their shape and say nothing: `Xxxx@xxx.xx`, `999-9999`."""
    said = cells.drop_nulls().str.strip_chars().unique(maintain_order=True)
    shapes = dict.fromkeys(_mask(text) for text in said.filter(said != "").head(_HEAD_ROWS))
    return tuple(list(shapes)[:_SAMPLES])


def overrides_of(previews: Sequence[HeaderPreview]) -> dict[str, str]:
    """Return the `headers` of `feeds.toml` that say what these matches say; a column that is none of ours is "".

    Forbidden columns are left out: no override lets them in.
    """
    matches = [preview.match for preview in previews if preview.match.rule != "forbidden"]
    return {match.header: "" if match.rule == "redundant" else match.field or "" for match in matches}


def _mask(text: str) -> str:
    cut = text if len(text) <= _SAMPLE_LENGTH else text[: _SAMPLE_LENGTH - 1] + "…"
    return "".join(_mask_character(character) for character in cut)


def _mask_character(character: str) -> str:
    if character.isdecimal() or character.isnumeric():
        return "9"
    if character.isalpha():
        return "X" if character.isupper() else "x"
    return character if character.isprintable() else " "


def _unpacked(path: Path, scratch: Path, feed: Feed) -> Path:
    """Return the place of a file's decompressed bytes: itself, or a copy for as long as it is looked at."""
    with path.open("rb") as file:
        is_packed = file.read(4).startswith(_PACKED)
    return pull.archive_file(path, scratch, feed, datetime.now(UTC)).path if is_packed else path


def _read_head(path: Path, feed: Feed) -> pl.DataFrame:
    file_format = read.detect_format(path, feed)
    for chunk in read.read_records(path, file_format, chunk_rows=_HEAD_ROWS):
        return chunk.rows
    return pl.DataFrame(schema=dict(ROW_COLUMNS))
