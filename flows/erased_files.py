"""Erased files: takes erased people out of the archive. A file keeps its records and their numbers; theirs say nothing.

As where columns are forbidden, a redacted copy takes the file's place, with a note that has both hashes.
"""

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import polars as pl

from flows import reject_sheets
from flows.archive import archived_file, redacted_format, sha256_of, stored_format
from flows.erased_people import ErasedPeople
from flows.run import Run
from flows.staging import headers_of, map_chunk
from flows.steps import normalise, read, redact, seal
from flows.warehouse import Warehouse
from schemas.raw import REMOVED
from schemas.reference import DEFAULT_FEED, Feed

_NOT_DIGITS: Final = re.compile(r"[^0-9]")
_FEWEST_DIGITS: Final = 7
_TOLD_DIGITS: Final = 9


@dataclass(frozen=True)
class Spelling:
    """How erased people may stand in a text that could not be read as a record.

    By an address of theirs alone: `texts`, or the last `digits` of a number; by one that others have too, with a name.
    """

    texts: frozenset[str]
    digits: frozenset[str]
    shared: frozenset[str]
    names: frozenset[str]

    def is_in(self, text: str) -> bool:
        """Whether a text has one of them."""
        small, digits = text.lower(), _NOT_DIGITS.sub("", text)
        if any(each in small for each in self.texts) or any(each in digits for each in self.digits):
            return True
        return any(each in small for each in self.shared) and any(name in small for name in self.names)


def spelling_of(people: pl.DataFrame) -> Spelling:
    """Return how people are spelled, who are known by what sql/erase/known_by.sql gives."""
    contacts = people.select("kind", "value", "is_shared").drop_nulls().unique()
    own = contacts.filter(~pl.col("is_shared"))
    numbers = own.filter(kind="phone")["value"].str.replace_all(r"[^0-9]", "")
    names = pl.concat([people["firstName"], people["lastName"].alias("firstName")]).drop_nulls().str.to_lowercase()
    return Spelling(
        texts=frozenset(own["value"].str.to_lowercase()),
        digits=frozenset(number[-_TOLD_DIGITS:] for number in numbers if len(number) >= _FEWEST_DIGITS),
        shared=frozenset(contacts.filter("is_shared")["value"].str.to_lowercase()),
        names=frozenset(name for name in names if len(name) > 1),
    )


def erase_from_files(run: Run, spelling: Spelling, erased: ErasedPeople) -> int:
    """Take out of all archived files what they have of the people whose rows are `erased_row`; return of how many.

    Files that no batch took are what a failure left: they go. Raises UnreadableFileError where a file cannot be
    redacted; it is gone then, for it may not stay as it is.
    """
    archive, warehouse = run.kept_archive, run.warehouse
    _remove_nobodys_files(warehouse, archive)
    file_count = 0
    for sha256, file_format, row_numbers in warehouse.frame("erase/rows_of_files").iter_rows():
        path = archived_file(archive, sha256)
        if path is not None:
            file_count += _erase_rows(path, stored_format(path, file_format), set(row_numbers), spelling)
    places = warehouse.frame("erase/rejected_places")
    sheets = dict(warehouse.frame("erase/sheets").iter_rows())
    for sha256, feed_name in sheets.items():
        path = archived_file(archive, sha256)
        if path is not None:
            feed = _feed_named(feed_name, run)
            sheet_format = redacted_format(path) or read.detect_format(path, Feed(name=DEFAULT_FEED))
            row_numbers = _rows_of_sheet(path, sheet_format, feed, run, erased, places)
            file_count += _erase_rows(path, sheet_format, row_numbers, spelling)
    for sha256, feed_name, file_format in warehouse.frame("erase/unread_files").iter_rows():
        path = None if sha256 in sheets else archived_file(archive, sha256)
        if path is None:
            continue
        if file_format is None:
            # Nobody could read it, so that nobody can say whose it is.
            path.unlink()
            continue
        stored = stored_format(path, file_format)
        row_numbers = _rows_of_people(read.read_records(path, stored), _feed_named(feed_name, run), run, erased)
        file_count += _erase_rows(path, stored, row_numbers, spelling)
    return file_count


def _feed_named(name: str | None, run: Run) -> Feed:
    return run.reference.feeds.get(name or DEFAULT_FEED) or Feed(name=name or DEFAULT_FEED)


def _erase_rows(path: Path, file_format: read.FileFormat, row_numbers: Collection[int], spelling: Spelling) -> bool:
    """Redact a file, if there is anything to redact in it; return whether there was."""
    chunks = read.read_records(path, file_format)
    if not row_numbers and not any(
        spelling.is_in(record.raw) for chunk in read.read_records(path, file_format) for record in chunk.broken
    ):
        return False
    masking = redact.Masking(
        texts_of=_erasing(row_numbers, file_format),
        text=lambda text: _erased_line(text, spelling),
        rows=lambda rows: seal.blank_rows(rows, row_numbers),
    )
    redact.redact_archived(path, file_format, chunks, masking)
    return True


def _erasing(
    row_numbers: Collection[int], file_format: read.FileFormat
) -> Callable[[read.RawChunk, list[int]], list[str]]:
    def texts_of(chunk: read.RawChunk, numbers: list[int]) -> list[str]:
        names = headers_of(chunk.rows)
        return [
            seal.blank_record(text, names, file_format) if number in row_numbers else text
            for number, text in zip(numbers, chunk.raw_of(numbers), strict=True)
        ]

    return texts_of


def _erased_line(text: str, spelling: Spelling) -> str:
    if not spelling.is_in(text):
        return text
    body = text.rstrip("\r\n")
    return REMOVED + text[len(body) :]


def _rows_of_people(chunks: Iterable[read.RawChunk], feed: Feed, run: Run, erased: ErasedPeople) -> set[int]:
    """Return which of the records are erased people's, of whom no batch says so."""
    found: set[int] = set()
    for chunk in chunks:
        mapped = map_chunk(chunk, feed, run)
        typed = normalise.normalise_leads(mapped.frame, feed, {})
        found.update(erased.rows_among(typed.leads, typed.contacts, feed.name))
    return found


def _rows_of_sheet(
    path: Path, file_format: read.FileFormat, feed: Feed, run: Run, erased: ErasedPeople, places: pl.DataFrame
) -> set[int]:
    """Return which records of a sheet of rejected rows are erased people's: by whose row each is, and what it says now.

    The rows of the replay are numbered in another way than the sheet. `places` are the rejected rows that are theirs.
    """
    chunks = list(read.read_records(path, file_format))
    found = _rows_of_people(
        (replace(chunk, rows=chunk.rows.drop(reject_sheets.MARKS, strict=False)) for chunk in chunks), feed, run, erased
    )
    for chunk in chunks:
        named = chunk.rows.select(
            "row_number",
            pl.col(reject_sheets.BATCH).str.strip_chars().cast(pl.Int64, strict=False).alias("batch_id"),
            pl.col(reject_sheets.ROW).str.strip_chars().cast(pl.Int64, strict=False).alias("rejected_row_number"),
        )
        found.update(named.join(places, on=["batch_id", "rejected_row_number"], how="semi")["row_number"])
    return found


def _remove_nobodys_files(warehouse: Warehouse, archive: Path) -> None:
    known = set(warehouse.frame("erase/all_files")["file_sha256"].cast(pl.String))
    for path in archive.glob("??/*"):
        if sha256_of(path) not in known:
            path.unlink()
