"""Exports: which files of a run are one export of a full feed, and which are exports of before.

A system may write one export as several files. Those of a feed with one time in their names (`as_of_pattern`) are one
export, which is whole with the last of them. A folder that keeps the exports of all nights is given again every
night; the older ones are history then.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from schemas.reference import Feed


@dataclass(frozen=True)
class Export:
    """A file to take, with its feed; `said_at` is its time, where the feed is full.

    `is_last` says that no other file of its export follows, `is_past` that a newer export of its feed is in the run.
    """

    path: Path
    feed: Feed
    said_at: datetime | None = None
    is_last: bool = True
    is_past: bool = False


def plan_exports(files: Iterable[tuple[Path, Feed]]) -> list[Export]:
    """Return the files of a run, in their order, as what they are of the exports of their feeds."""
    given = [(path, feed, _said_at(path, feed)) for path, feed in files]
    newest: dict[str, datetime] = {}
    for _, feed, said_at in given:
        if said_at is not None:
            newest[feed.name] = max(said_at, newest.get(feed.name, said_at))
    planned: list[Export] = []
    # From the last file back, so that what follows each is known.
    later: dict[str, set[datetime]] = defaultdict(set)
    for path, feed, said_at in reversed(given):
        if said_at is None:
            planned.append(Export(path, feed))
            continue
        # Without a date in its name nothing but its own place in the run tells a file from one of the same time.
        is_dated = feed.as_of_in(path.name) is not None
        is_followed = said_at in later[feed.name]
        is_past = said_at < newest[feed.name] or (is_followed and not is_dated)
        planned.append(Export(path, feed, said_at, is_last=not (is_dated and is_followed), is_past=is_past))
        later[feed.name].add(said_at)
    return planned[::-1]


def _said_at(path: Path, feed: Feed) -> datetime | None:
    if feed.extent != "full":
        return None
    try:
        return feed.as_of_in(path.name) or datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError:
        # Taking it will say what is wrong with it.
        return None
