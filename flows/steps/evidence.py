"""Evidence: the cells of the columns that a feed calls evidence of who somebody is (`match_on`, design 4.4).

Taken from the raw rows, mapped or not, before any field is made of them: a postcode that becomes part of `location`
still compares as a postcode. A blank or a placeholder is never evidence, and what cannot be read as a date still is one
text that two rows may share.
"""

from typing import Final

import polars as pl

from flows.cells.dates import gather_evidence, parse_dates
from flows.cells.text import read_blanks
from flows.headers import header_key
from schemas.lead import EVIDENCE_COLUMNS
from schemas.raw import ROW_COLUMNS
from schemas.reference import EvidenceKind, Feed

_NOT_LETTER_OR_DIGIT: Final = r"[^\p{L}\p{N}]+"
_MARK: Final = r"\p{M}+"
# What is left of a date that no calendar has, such as 1856-86-18: told apart from it by one digit, it is near.
_LEAST_DATE_DIGITS: Final = 6


def gather_identity_evidence(rows: pl.DataFrame, feed: Feed) -> pl.DataFrame:
    """Return what the raw rows of a chunk say in the feed's evidence columns (`schemas.lead.EVIDENCE_COLUMNS`).

    One row per cell that says something, by column in the order of the file. `key` is the header without case and
    punctuation, so that two feeds may share it.
    """
    kinds = {header_key(header): kind for header, kind in feed.match_on.items()}
    found = [
        _gather_column(rows, header, kinds[header_key(header)], feed)
        for header in rows.columns
        if header not in ROW_COLUMNS and header_key(header) in kinds
    ]
    return pl.concat([pl.DataFrame(schema=EVIDENCE_COLUMNS), *found])


def _gather_column(rows: pl.DataFrame, header: str, kind: EvidenceKind, feed: Feed) -> pl.DataFrame:
    cells = read_blanks(rows[header])
    values = _compared_dates(cells, feed) if kind == "date" else _compared_texts(cells)
    return (
        rows.select("row_number")
        .with_columns(key=pl.lit(header_key(header)), kind=pl.lit(kind), value=values)
        .filter(pl.col("value").is_not_null() & (pl.col("value") != ""))
        .select(list(EVIDENCE_COLUMNS))
    )


def _compared_texts(cells: pl.Series) -> pl.Series:
    folded = cells.str.to_lowercase().str.normalize("NFKD").str.replace_all(_MARK, "")
    return folded.str.replace_all(_NOT_LETTER_OR_DIGIT, "")


def _compared_dates(cells: pl.Series, feed: Feed) -> pl.Series:
    """Return dates as eight digits, year first; of what is none its digits."""
    seen = gather_evidence(cells).order
    order = feed.date_order or (None if seen == "excel" else seen)
    read = parse_dates(cells, zone="UTC", order=order, has_serials=seen == "excel").values
    digits = cells.str.replace_all(r"\D", "")
    enough = digits.set((digits.str.len_bytes() < _LEAST_DATE_DIGITS).fill_null(True), None)
    return read.dt.strftime("%Y%m%d").fill_null(enough)
