"""Disappearance: leads that the exports of a full feed list no more.

A lead is missing when each of its feeds lists all its leads and has not listed it for two exports in a row (design
5.6). That follows from what each export listed, which is kept (`batch_listing`); nothing else decides it. An export by
which too many would vanish is held before anything of it is believed.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from flows.errors import BatchHeldError
from flows.warehouse import Warehouse
from schemas.reference import Feed

# A larger share of what the export before listed is more likely half an export than leads that went (design 5.6).
MOST_VANISHING_FRACTION: Final = 0.02


@dataclass(frozen=True)
class Listing:
    """What a batch says of who is listed: in the rows of `listing_batch_id`, at the time `listed_at` of the export.

    `is_closing` says that with this batch an export of all leads is whole.
    """

    batch_id: int
    feed: Feed
    listed_at: datetime
    listing_batch_id: int
    is_closing: bool


def last_export_at(warehouse: Warehouse, feed: Feed) -> datetime | None:
    """Return the time of the newest export of all leads of a feed that stands."""
    found: datetime | None = warehouse.frame("disappear/last_export", {"feed": feed.name}).item()
    return found


def hold_if_vanishing(warehouse: Warehouse, listing: Listing) -> None:
    """Raise BatchHeldError where the staged export lacks too many of the leads that the one before it lists.

    Asked of the first export that lacks them, though leads are missing only with the second: half an export must not
    be believed in part. Needs the people of the batch (`resolve_people`).
    """
    feed = listing.feed
    counts = warehouse.frame("disappear/count_vanishing", {"feed": feed.name, "listed_at": listing.listed_at})
    lead_count, vanishing_count = counts.row(0)
    if vanishing_count <= MOST_VANISHING_FRACTION * lead_count:
        return
    raise BatchHeldError(
        f"{vanishing_count:,} of {lead_count:,} leads that the last export of feed {feed.name} lists would vanish "
        f"({vanishing_count / lead_count:.1%}, more than {MOST_VANISHING_FRACTION:.0%}); nothing was loaded; if the "
        f"file is whole: leads approve {listing.batch_id}"
    )


def write_listing(warehouse: Warehouse, listing: Listing) -> None:
    """Keep what a batch says of who is listed."""
    parameters = {
        "batch_id": listing.batch_id,
        "feed": listing.feed.name,
        "extent": listing.feed.extent,
        "listed_at": listing.listed_at,
        "listing_batch_id": listing.listing_batch_id,
        "is_closing": listing.is_closing,
    }
    warehouse.run("disappear/write_listing", parameters)


def settle_missing(warehouse: Warehouse, feed: str, *, has_file: bool = True) -> None:
    """Mark the leads that are missing now and clear those that returned, each with an event of the staged batch.

    `feed` is the one whose exports the batch added to or took away from. Needs the batch's listing, its rows, rejected
    ones included, and its leads in place. Only what differs is written; without full feeds nothing is asked.
    """
    if not warehouse.frame("disappear/can_be_missing").item():
        return
    warehouse.run("disappear/watch_leads", {"feed": feed, "has_file": has_file})
    if warehouse.frame("disappear/has_watched").item():
        warehouse.run("disappear/settle_missing")
