"""Lists of opt-outs: files that mark addresses and make no leads (feeds of kind `preferences`).

Whoever is listed is out, of all channels, unless a column of the row says something else.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from flows.header_matching import HeaderMatch
from flows.headers import header_key
from flows.preference_columns import (
    OPT_IN,
    OPT_OUT,
    UNCLEAR_CODE,
    Preferences,
    gather_preferences,
    of_contacts,
    read_column,
    with_times,
)
from schemas.lead import ISSUE_COLUMNS
from schemas.preference import PREFERENCE_COLUMNS
from schemas.reference import Feed
from schemas.rejected import REJECTED_COLUMNS

NO_ADDRESS_CODE: Final = "address_required"

# What the columns of a list of opt-outs are called, beside those that every export may have.
_CHANNEL_HEADERS: Final = frozenset(("channel", "channels", "contactchannel", "medium"))
_STATUS_HEADERS: Final = frozenset(
    (
        *("status", "preference", "consent", "consentstatus", "subscriptionstatus", "emailsubscriptionstatus"),
        *("marketingstatus", "emailmarketingstatus", "optinstatus", "optoutstatus"),
    )
)
_CHANNEL_WORDS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("email", "mail", "emails", "newsletter", "mailing"), "email"),
    **dict.fromkeys(("phone", "call", "calls", "telephone", "tel", "voice", "mobile"), "phone"),
    **dict.fromkeys(("sms", "text", "texts", "mms", "whatsapp"), "sms"),
    **dict.fromkeys(("all", "any", "every", "everything", "both"), "all"),
}


@dataclass(frozen=True)
class Listed:
    """What a chunk of a list of opt-outs says, its rows that mark an address, and those that have none."""

    preferences: Preferences
    marked: pl.DataFrame
    rejected: pl.DataFrame


def read_listed(rows: pl.DataFrame, matches: Sequence[HeaderMatch], contacts: pl.DataFrame, feed: Feed) -> Listed:
    """Return what the raw rows of a list of opt-outs say of the addresses in them (feeds of kind `preferences`).

    Whoever is listed is out, of all channels, unless a column of the row says something else; an opt-out or opt-in
    column speaks for all rows. A row without an e-mail address or phone number that can be read is rejected.
    """
    addresses = contacts.filter("is_valid")
    has_address = rows["row_number"].is_in(addresses["row_number"].implode())
    marked = rows.filter(has_address)
    return Listed(
        _listed_preferences(marked, matches, addresses, feed),
        marked.select("row_number", "line_number", pl.lit("unchanged").alias("outcome")),
        rows.filter(~has_address).select(
            "row_number",
            "line_number",
            pl.lit(None, pl.String).alias("source_key"),
            pl.lit(None, pl.String).alias("raw"),
            pl.lit([_NO_ADDRESS], REJECTED_COLUMNS["reasons"]).alias("reasons"),
        ),
    )


_NO_ADDRESS: Final = {
    "column": "email",
    "code": NO_ADDRESS_CODE,
    "message": "no e-mail address or phone number can be read, so nobody is marked; mend it and replay",
}


def _listed_preferences(
    rows: pl.DataFrame, matches: Sequence[HeaderMatch], addresses: pl.DataFrame, feed: Feed
) -> Preferences:
    # A status that says nothing leaves a row listed, so it is not for it alone to say who is out.
    speaking = [match.header for match in matches if match.field in (OPT_OUT, OPT_IN) and not _is_status(match.header)]
    if any(header in rows.columns for header in speaking):
        return gather_preferences(rows, matches, addresses, feed)
    read = _read_status(rows, feed)
    channels, unknown = _read_channels(rows)
    said = read.said.drop("channel").join(channels, on="row_number", maintain_order="left")
    said = with_times(said, rows, matches, feed)
    return Preferences(of_contacts(said, addresses, feed.name), pl.concat([read.issues, unknown]))


def _is_status(header: str) -> bool:
    return header_key(header) in _STATUS_HEADERS


def _read_status(rows: pl.DataFrame, feed: Feed) -> Preferences:
    """Return the status of each listed row: out, but where a status column says that they are in."""
    header = next(filter(_is_status, rows.columns), None)
    listed = rows.select(
        "row_number",
        pl.lit("all").alias("channel"),
        pl.lit("out").alias("status"),
        pl.lit("listed").alias("evidence"),
        pl.lit(None, PREFERENCE_COLUMNS["said_at"]).alias("said_at"),
    )
    if header is None:
        return Preferences(listed, pl.DataFrame(schema=ISSUE_COLUMNS))
    read = read_column(rows, HeaderMatch(header, OPT_IN, "none", 0.0), feed)
    unsaid = listed.filter(~listed["row_number"].is_in(read.said["row_number"].implode()))
    return Preferences(pl.concat([read.said, unsaid]).sort("row_number"), read.issues)


def _read_channels(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the channels of each listed row, all of them where it names none, and an issue for unknown names."""
    header = next((name for name in rows.columns if header_key(name) in _CHANNEL_HEADERS), None)
    cells = pl.repeat(None, rows.height, dtype=pl.String, eager=True) if header is None else rows[header]
    texts = cells.fill_null("").unique(maintain_order=True)
    words = [re.findall(r"\w+", text.casefold().replace("e-mail", "email")) for text in texts]
    named = [sorted({_CHANNEL_WORDS[word] for word in each if word in _CHANNEL_WORDS}) or ["all"] for each in words]
    is_unknown = [any(word not in _CHANNEL_WORDS and word != "and" for word in each) for each in words]
    read = pl.DataFrame({"text": texts, "channel": named, "is_unknown": is_unknown}, schema_overrides=_READ_CHANNELS)
    # A name that is not understood closes all channels beside those that are.
    read = read.with_columns(pl.when("is_unknown").then(pl.lit(["all"])).otherwise("channel").alias("channel"))
    found = (
        rows.select("row_number").with_columns(text=cells.fill_null("")).join(read, on="text", maintain_order="left")
    )
    issues = found.filter("is_unknown").select(
        "row_number",
        pl.lit(header, pl.String).alias("column_name"),
        pl.lit(UNCLEAR_CODE).alias("code"),
        pl.col("text").alias("raw"),
    )
    return found.select("row_number", "channel").explode("channel"), issues


_READ_CHANNELS: Final = {"text": pl.String(), "channel": pl.List(pl.String()), "is_unknown": pl.Boolean()}
