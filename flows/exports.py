"""Exports: which files of a run are one export of a full feed, and which are exports of before.

A system may write one export as several files. Those of a feed with one time in their names (`as_of_pattern`) are one
export, which is whole with the last of them. A folder that keeps the exports of all nights is given again every
night; the older ones are history then.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from schemas.reference import Feed


@dataclass(frozen=True)
class Export:
    """A file to take, with its feed; `said_at` is its time, where the feed is full.

    `is_last` says that no other file of its export follows, `is_past` that a newer export of its feed does or did.
    """

    path: Path
    feed: Feed
    said_at: datetime | None = None
    is_last: bool = True
    is_past: bool = False


def plan_exports(files: Iterable[tuple[Path, Feed]]) -> list[Export]:
    """Return the files of a run, in their order, as what they are of the exports of their feeds."""
    timed = [(path, feed, _said_at(path, feed)) for path, feed in files]
    times = [(feed.name, said_at) for _, feed, said_at in timed]
    return [
        Export(
            path,
            feed,
            said_at,
            is_last=said_at is None or (feed.name, said_at) not in times[place + 1 :],
            is_past=said_at is not None and said_at < _newest(feed.name, times),
        )
        for place, (path, feed, said_at) in enumerate(timed)
    ]


def _newest(feed: str, times: Sequence[tuple[str, datetime | None]]) -> datetime:
    return max(said_at for name, said_at in times if name == feed and said_at is not None)


def _said_at(path: Path, feed: Feed) -> datetime | None:
    if feed.extent != "full":
        return None
    try:
        return feed.as_of_in(path.name) or datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError:
        # Taking it will say what is wrong with it.
        return None
