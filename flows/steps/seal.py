"""Seal: takes out of the rows what may never be stored, before any other step can see it.

Columns of forbidden headers (card, bank and social-security numbers) leave the raw frame as a whole; card
numbers that people wrote into notes or into a column that is none of ours leave the mapped frame. Both
leave an issue without raw text. The text that is kept of a rejected row is masked likewise. The archive
holds the file as it came.
"""

import json
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Final

import polars as pl

from flows.cells.alternatives import has_text
from flows.cells.card_numbers import MARK as CARD_MARK
from flows.cells.card_numbers import (
    MAY_HOLD_ONE,
    find_card_numbers,
    is_card_number,
    remove_card_numbers,
    without_card_numbers,
)
from flows.cells.parsed import put
from flows.forbidden_headers import ForbiddenHeaders
from flows.formats.records import FileFormat
from flows.header_matching import HeaderMatch
from flows.headers import header_words
from schemas.lead import ISSUE_COLUMNS
from schemas.raw import REMOVED

COLUMN_CODE: Final = "forbidden_column"
CARD_CODE: Final = "card_number"

_SAMPLE: Final = 1_000
_MANY_DIGITS: Final = re.compile(r"[0-9](?:[ \u00a0-]?[0-9]){12}")
_ID_WORDS: Final = frozenset(("id", "ids", "uuid", "guid", "gid", "urn", "key", "ref", "reference", "record", "sfid"))
_PHONE_WORDS: Final = frozenset(
    ("phone", "phones", "mobile", "cell", "tel", "telephone", "telefon", "fax", "whatsapp", "landline", "handy", "sms")
)
# What a column of these holds is read as what it is; a number in it is its own.
_NEVER_ASKED: Final = frozenset(
    ("source_key", "id", "merged_into", "merged_ids", "phone", "email", "applicationId", "createdAt", "updatedAt")
)

# What such numbers look like where nobody can tell whose cell they stand in: a broken record.
_SOCIAL_SECURITY: Final = re.compile(r"(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w-])")
_KEY: Final = re.compile(r'"((?:[^"\\]|\\.)*)"\s*:')
_IBAN: Final = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,4})?(?!\w)")


def seal_columns(rows: pl.DataFrame, forbidden: Collection[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return a raw frame without its forbidden columns, and one issue for each of their cells that said anything."""
    sealed = [header for header in rows.columns if header in forbidden]
    issues = [
        _issues(rows["row_number"].filter(has_text(rows[header])), pl.lit(header), COLUMN_CODE) for header in sealed
    ]
    return rows.drop(sealed), pl.concat([pl.DataFrame(schema=ISSUE_COLUMNS), *issues])


def seal_card_numbers(mapped: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return a mapped frame without card numbers in `notes` and `extra`, and one issue for each cell that had one."""
    issues = [pl.DataFrame(schema=ISSUE_COLUMNS)]
    if "notes" in mapped.columns:
        notes, index = remove_card_numbers(mapped["notes"])
        if index.len():
            mapped = mapped.with_columns(notes=notes)
            issues.append(_issues(mapped["row_number"].gather(index), pl.lit("notes"), CARD_CODE))
    suspects = mapped["extra"].str.contains(MAY_HOLD_ONE).fill_null(False).arg_true()
    if suspects.is_empty():
        return mapped, pl.concat(issues)
    documents: list[dict[str, str]] = [json.loads(extra) for extra in mapped["extra"].gather(suspects)]
    found = []
    for place, header, clean in _clean_cells(documents):
        documents[place][header] = clean
        found.append((place, header))
    if found:
        listed = pl.DataFrame(found, schema={"place": pl.UInt32, "header": pl.String}, orient="row")
        changed = listed["place"].unique().sort()
        texts = [json.dumps(documents[place], ensure_ascii=False, separators=(",", ":")) for place in changed]
        index = suspects.gather(changed)
        mapped = mapped.with_columns(extra=put(mapped["extra"], index, pl.Series(texts, dtype=pl.String)))
        row_numbers = mapped["row_number"].gather(suspects.gather(listed["place"]))
        issues.append(_issues(row_numbers, listed["header"], CARD_CODE))
    return mapped, pl.concat(issues)


def _clean_cells(documents: Sequence[Mapping[str, str]]) -> Iterator[tuple[int, str, str]]:
    """Yield where a cell holds card numbers: the place of its document, its header, its text without them.

    One in ten ids looks like a card number, of a column of card numbers all do: where most bare numbers of a
    column are none, they are ids.
    """
    by_header: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for place, cells in enumerate(documents):
        for header, text in cells.items():
            if _MANY_DIGITS.search(text):
                by_header[header].append((place, text))
    for header, cells_of in by_header.items():
        words = header_words(header)
        if _is_phone(words):
            continue
        bare = [text for _, text in cells_of if text.isdecimal()][:_SAMPLE]
        is_id = _is_id(words) or sum(map(is_card_number, bare)) * 2 < len(bare)
        for place, text in cells_of:
            if is_id and text.isdecimal():
                continue
            clean = without_card_numbers(text, is_id=is_id)
            if clean != text:
                yield place, header, clean


def seal_rows(rows: pl.DataFrame, forbidden: Collection[str], matches: Iterable[HeaderMatch]) -> pl.DataFrame:
    """Return a raw frame without all that is sealed in it, for a file that leaves the warehouse again."""
    asked = [match.header for match in matches if match.field not in _NEVER_ASKED and match.header not in forbidden]
    return rows.with_columns(
        rows[header].map_elements(partial(_clean, header), pl.String)
        for header in asked
        if rows[header].str.contains(MAY_HOLD_ONE).any()
    ).drop(header for header in rows.columns if header in forbidden)


def mask_rows(
    texts: Sequence[str],
    rows: pl.DataFrame,
    forbidden: Collection[str],
    matches: Iterable[HeaderMatch],
    file_format: FileFormat,
) -> list[str]:
    """Return the texts of readable records without what is sealed in them.

    `rows` are the raw rows of the texts, forbidden columns included, in the same order.
    """
    headers = _headers(rows)
    asked = [match.header for match in matches if match.field not in _NEVER_ASKED and match.header not in forbidden]
    asked = [header for header in asked if rows[header].str.contains(MAY_HOLD_ONE).any()]
    masked = []
    for text, row in zip(texts, rows.iter_rows(named=True), strict=True):
        if any((row[header] or "").strip() for header in forbidden if header in row):
            text = _mask_columns(text, headers, forbidden, file_format)
        for header in asked:
            for number in _cards(header, row[header] or ""):
                text = text.replace(number, CARD_MARK)
        masked.append(text)
    return masked


def blank_record(text: str, headers: Sequence[str], file_format: FileFormat) -> str:
    """Return a mark in place of the text of a record of which nothing may be kept; it is still one record."""
    if file_format.format != "csv":
        return json.dumps({headers[0] if headers else REMOVED: REMOVED}, ensure_ascii=False)
    if file_format.delimiter is None:
        return REMOVED
    for start, end in reversed(_cell_spans(text, file_format.delimiter)):
        if text[start:end].strip(' "'):
            text = text[:start] + REMOVED + text[end:]
    return text


def blank_rows(rows: pl.DataFrame, row_numbers: Collection[int]) -> pl.DataFrame:
    """Return a raw frame with a mark in place of the cells of these rows."""
    is_blanked = pl.col("row_number").is_in(list(row_numbers))
    return rows.with_columns(
        pl.when(is_blanked & pl.col(header).is_not_null()).then(pl.lit(REMOVED)).otherwise(pl.col(header)).alias(header)
        for header in _headers(rows)
    )


def mask_broken(text: str, rows: pl.DataFrame, forbidden: ForbiddenHeaders, file_format: FileFormat) -> str:
    """Return the text of a record that could not be read without what is, or may be, sealed in it.

    `rows` are the readable ones around it. Which cell is whose is not certain here: so forbidden columns are
    counted from both ends of the record, and all that looks like a social-security number or an IBAN goes where
    there are such columns.
    """
    headers = _headers(rows)
    if file_format.format != "csv":
        headers += _KEY.findall(text)
    sealed = forbidden.among(headers)
    if sealed:
        text = _mask_columns(text, headers, sealed, file_format)
        text = _IBAN.sub(REMOVED, _SOCIAL_SECURITY.sub(REMOVED, text))
    return without_card_numbers(text)


def _issues(row_numbers: pl.Series, column_name: pl.Expr | pl.Series, code: str) -> pl.DataFrame:
    return (
        pl.DataFrame({"row_number": row_numbers})
        .with_columns(column_name=column_name, code=pl.lit(code), raw=pl.lit(None, pl.String))
        .select(list(ISSUE_COLUMNS))
    )


def _clean(header: str, text: str) -> str:
    words = header_words(header)
    return text if _is_phone(words) else without_card_numbers(text, is_id=_is_id(words))


def _cards(header: str, text: str) -> list[str]:
    words = header_words(header)
    return [] if _is_phone(words) else find_card_numbers(text, is_id=_is_id(words))


def _is_id(words: tuple[str, ...]) -> bool:
    return not _ID_WORDS.isdisjoint(words)


def _is_phone(words: tuple[str, ...]) -> bool:
    return not _PHONE_WORDS.isdisjoint(words)


def _headers(rows: pl.DataFrame) -> list[str]:
    return [name for name in rows.columns if name not in ("row_number", "line_number")]


def _mask_columns(text: str, headers: Sequence[str], forbidden: Collection[str], file_format: FileFormat) -> str:
    if file_format.format != "csv" or file_format.delimiter is None:
        for header in headers:
            if header in forbidden:
                text = _mask_member(text, header)
        return text
    spans = _cell_spans(text, file_format.delimiter)
    places = [place for place, header in enumerate(headers) if header in forbidden]
    # A record with a cell too many or too few is counted from its end, too.
    places += [place - len(headers) + len(spans) for place in places]
    for start, end in sorted({spans[place] for place in places if 0 <= place < len(spans)}, reverse=True):
        if text[start:end].strip(' "'):
            text = text[:start] + REMOVED + text[end:]
    return text


def _cell_spans(text: str, delimiter: str) -> list[tuple[int, int]]:
    """Return where each cell of a record of a CSV begins and ends, its quotes included."""
    spans, start, is_quoted, position = [], 0, False, 0
    while position < len(text):
        character = text[position]
        if is_quoted and character == "\\" and text[position + 1 : position + 2] == '"':
            position += 1
        elif character == '"' and (is_quoted or not text[start:position].strip()):
            is_quoted = not is_quoted
        elif character == delimiter and not is_quoted:
            spans.append((start, position))
            start = position + 1
        position += 1
    return [*spans, (start, len(text))]


def _mask_member(text: str, header: str) -> str:
    """Return the text of a JSON record without the values of the key that a (dotted) header ends in."""
    key = re.escape(json.dumps(header.rpartition(".")[2], ensure_ascii=False)[1:-1])
    member = rf'("\s*{key}\s*"\s*:\s*)(?:"(?:[^"\\]|\\.)*"?|\[[^\]]*\]?|[^,}}\]\s]+)'
    return re.sub(member, lambda found: f'{found[1]}"{REMOVED}"', text)
