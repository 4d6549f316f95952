"""What rows say about how their people may be contacted, in the opt-out and opt-in columns of any vendor.

An opt-out is a yes, a time or any other text in an opt-out column, or a no in an opt-in column. Consent counts only
with a time of its own: a time in an opt-in column, or a yes there beside one. All else says nothing: an opt-out that is
blank or no is not consent. Each row's contacts are marked, those of rows that make no lead too.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from flows.cells.booleans import parse_booleans
from flows.cells.dates import gather_evidence, parse_dates
from flows.cells.moments import DayOrder
from flows.cells.text import read_blanks
from flows.header_matching import HeaderMatch
from flows.headers import header_key
from schemas.lead import ISSUE_COLUMNS
from schemas.preference import PREFERENCE_COLUMNS
from schemas.reference import Feed

OPT_OUT: Final = "opt_out"
OPT_IN: Final = "opt_in"
UNCLEAR_CODE: Final = "preference_unclear"

# Evidence is a cell and its header, not a letter.
_LONGEST_EVIDENCE: Final = 200
# How databases write that there is no time, and JSON that there is nothing in a list.
_NEVER: Final = r"^\s*(?:0+[-/.]0+[-/.]0+(?:[ T][0:.]+Z?)?|\[\s*\]|\{\s*\})\s*$"
# A sign-up has a time in a column of its own, which is also when the record was created.
_SIGN_UP_WORDS: Final = ("optin", "consent", "subscri")
# What the time column of a list of opt-outs is called, beside those that every export may have.
_TIME_HEADERS: Final = frozenset(("date", "time", "datetime", "timestamp", "notedat", "recordedat", "requestedat"))
_TIME_FIELDS: Final = ("createdAt", "updatedAt")


@dataclass(frozen=True)
class Preferences:
    """What a chunk says: `said` per contact, channel and cell (`schemas.preference`), and cells that are unclear."""

    said: pl.DataFrame
    issues: pl.DataFrame


def gather_preferences(
    rows: pl.DataFrame, matches: Sequence[HeaderMatch], contacts: pl.DataFrame, feed: Feed
) -> Preferences:
    """Return what the raw rows of a chunk say of the contacts that were found in them."""
    columns = [match for match in matches if match.field in (OPT_OUT, OPT_IN) and match.header in rows.columns]
    if not columns or not rows.height:
        return Preferences(pl.DataFrame(schema=PREFERENCE_COLUMNS), pl.DataFrame(schema=ISSUE_COLUMNS))
    read = [read_column(rows, match, feed) for match in columns]
    said = with_times(pl.concat([each.said for each in read]), rows, matches, feed)
    return Preferences(said=of_contacts(said, contacts, feed.name), issues=pl.concat([each.issues for each in read]))


def read_column(rows: pl.DataFrame, match: HeaderMatch, feed: Feed) -> Preferences:
    """Return what one column says, row by row."""
    read = _read_cells(rows[match.header], str(match.field), feed)
    found = pl.DataFrame({"row_number": rows["row_number"], "text": rows[match.header]}).join(read, on="text")
    channel = match.role or "all"
    said = found.drop_nulls("status").select(
        "row_number",
        pl.lit(channel).alias("channel"),
        "status",
        pl.format("{}: {}", pl.lit(match.header), "text").str.head(_LONGEST_EVIDENCE).alias("evidence"),
        "said_at",
    )
    issues = found.filter("is_unclear").select(
        "row_number",
        pl.lit(match.header).alias("column_name"),
        pl.lit(UNCLEAR_CODE).alias("code"),
        pl.col("text").alias("raw"),
    )
    return Preferences(said, issues)


def _read_cells(cells: pl.Series, field: str, feed: Feed) -> pl.DataFrame:
    """Return for each distinct text of a column its status, null where it says none, its time, and if it is unclear."""
    texts = cells.drop_nulls().unique(maintain_order=True)
    texts = texts.filter(read_blanks(texts).is_not_null() & ~texts.str.contains(_NEVER))
    answers = parse_booleans(texts, field).values
    moments = _parse_moments(texts.set(answers.is_not_null(), None), feed)
    has_moment = moments.is_not_null()
    is_unclear = answers.is_null() & ~has_moment
    if field == OPT_OUT:
        is_out, is_in = answers.fill_null(True), pl.repeat(False, texts.len(), dtype=pl.Boolean, eager=True)
    else:
        is_out, is_in = (~answers).fill_null(False), answers.fill_null(False) | has_moment
    return pl.DataFrame({"text": texts, "said_at": moments, "is_unclear": is_unclear}).with_columns(
        status=pl.when(is_out).then(pl.lit("out")).when(is_in).then(pl.lit("in"))
    )


def _parse_moments(texts: pl.Series, feed: Feed) -> pl.Series:
    """Read texts as times; the order of day and month is the feed's, else the one that they show together."""
    shown = gather_evidence(texts).order
    order: DayOrder | None = feed.date_order or (shown if shown in ("mdy", "dmy") else None)
    return parse_dates(texts, feed.timezone, order, has_serials=shown == "excel").values


def with_times(said: pl.DataFrame, rows: pl.DataFrame, matches: Sequence[HeaderMatch], feed: Feed) -> pl.DataFrame:
    """Give what has no time the newest of its row that says the same; consent that finds none is no evidence."""
    is_undated = said["said_at"].is_null() & ((said["status"] == "in") | (feed.kind == "preferences"))
    asked = rows.filter(rows["row_number"].is_in(said["row_number"].filter(is_undated).implode()))
    known = [said.select("row_number", "status", "said_at"), *_row_times(asked, matches, feed)]
    newest = pl.concat(known).group_by("row_number", "status").agg(pl.col("said_at").max().alias("newest"))
    dated = said.join(newest, on=["row_number", "status"], how="left", maintain_order="left")
    dated = dated.with_columns(pl.coalesce("said_at", "newest").alias("said_at")).drop("newest")
    return dated.filter((pl.col("status") == "out") | pl.col("said_at").is_not_null())


def _row_times(rows: pl.DataFrame, matches: Sequence[HeaderMatch], feed: Feed) -> Iterator[pl.DataFrame]:
    """Yield the times that whole rows have: of a lead when it signed up, of a list when each row was noted."""
    is_list = feed.kind == "preferences"
    for match in matches:
        if rows.is_empty() or match.header not in rows.columns:
            continue
        key = header_key(match.header)
        is_sign_up = match.field == "createdAt" and "unsub" not in key and any(word in key for word in _SIGN_UP_WORDS)
        if is_sign_up or (is_list and (match.field in _TIME_FIELDS or key in _TIME_HEADERS)):
            said_at = _parse_moments(rows[match.header], feed)
            for status in ("in", "out") if is_list else ("in",):
                yield rows.select("row_number", pl.lit(status).alias("status"), said_at.alias("said_at"))


def of_contacts(said: pl.DataFrame, contacts: pl.DataFrame, source: str) -> pl.DataFrame:
    """Return what was said per contact: a channel is that of its own kind of contact.

    A row without a contact of that kind has its others marked, so that an opt-out is known once the person has one.
    """
    known = contacts.select("row_number", "kind", "value").unique(maintain_order=True)
    marked = said.join(known, on="row_number", how="inner", maintain_order="left")
    is_own = (pl.col("channel") == "all") | ((pl.col("channel") == "email") == (pl.col("kind") == "email"))
    has_own = is_own.any().over("row_number", "channel")
    return (
        marked.filter(is_own | (~has_own & (pl.col("status") == "out")))
        .with_columns(source=pl.lit(source))
        .select(list(PREFERENCE_COLUMNS))
    )
