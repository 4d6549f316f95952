"""Working ahead: the next item is made while the one before is used."""

from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def ahead(items: Iterable[T]) -> Generator[T]:
    """Yield the items, each made in a thread while the caller is at work on the one before it.

    Worth it where both sides leave the interpreter for long, as Polars and DuckDB do. One item waits at a
    time, so memory stays bounded; what making an item raises is raised where it is asked for.
    """
    iterator = iter(items)
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="ahead") as maker:
        upcoming = maker.submit(_next, iterator)
        while found := upcoming.result():
            upcoming = maker.submit(_next, iterator)
            yield found[0]


def _next(iterator: Iterator[T]) -> tuple[T] | None:
    # A StopIteration cannot leave a thread, and an item may be None: so a tuple of one, or nothing.
    for item in iterator:
        return (item,)
    return None
