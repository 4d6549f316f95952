"""Where the time of one ingest goes: by step, and within a step by what it calls. Prints JSON.

A run of its own, apart from those that are compared: the clocks cost a little.
"""

import json
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, ParamSpec, TypeVar
from unittest.mock import patch

_BEGAN = time.perf_counter()

from flows import pipeline  # noqa: E402 - what importing takes is timed too
from flows.run import Request  # noqa: E402
from flows.settings import load_settings  # noqa: E402
from flows.steps import map as mapping  # noqa: E402
from flows.steps import normalise, read, validate  # noqa: E402
from flows.warehouse import Warehouse  # noqa: E402

P = ParamSpec("P")
T = TypeVar("T")

# What the steps that are Python consist of; statements are told apart by their names.
_PARTS = (
    (mapping, "map_headers"),
    (mapping, "map_records"),
    (normalise, "add_date_evidence"),
    (normalise, "normalise_leads"),
    (read, "detect_format"),
    (validate, "validate_leads"),
)


class _Within(threading.local):
    """Of each thread the parts that run, each with the time of those it called itself."""

    def __init__(self) -> None:
        self.parts: list[float] = []


class Clock:
    """Seconds by step and part; the time of a part is without that of the parts it calls itself.

    Reading works ahead of staging in a thread of its own, so that their times together are more than the clock's.
    """

    def __init__(self) -> None:
        self.seconds: dict[tuple[str, str], float] = defaultdict(float)
        self._step = "start"
        self._within = _Within()
        self._between = ExitStack()

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Count the time of the block for a part of the step that runs."""
        step = self._step
        within = self._within.parts
        within.append(0.0)
        began = time.perf_counter()
        try:
            yield
        finally:
            taken = time.perf_counter() - began
            self.seconds[step, name] += taken - within.pop()
            if within:
                within[-1] += taken

    @contextmanager
    def pipeline(self) -> Iterator[None]:
        """Count the time of the block that is no step's for what goes before: `start`, `after write_batch`."""
        with self._between:
            self._between.enter_context(self.part(""))
            yield

    def run_step(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a step of the pipeline, as its `StepRunner`."""
        self._between.close()
        self._step = function.__name__
        try:
            with self.part(""):
                return function(*args, **kwargs)
        finally:
            self._step = f"after {function.__name__}"
            self._between.enter_context(self.part(""))

    def timed(self, function: Callable[..., T], name: Callable[..., str]) -> Callable[..., T]:
        """Return the function with its time counted for the part that `name` makes of its arguments."""

        def run_timed(*args: Any, **kwargs: Any) -> T:
            with self.part(name(*args)):
                return function(*args, **kwargs)

        return run_timed

    def timed_chunks(self, function: Callable[..., Iterator[T]], name: str) -> Callable[..., Iterator[T]]:
        """Return the generator function with the time of each of its chunks counted for a part."""

        def run_timed(*args: Any, **kwargs: Any) -> Iterator[T]:
            chunks = function(*args, **kwargs)
            while True:
                with self.part(name):
                    chunk = next(chunks, None)
                if chunk is None:
                    return
                yield chunk

        return run_timed


def time_ingest(export: Path, feed: str) -> dict[tuple[str, str], float]:
    """Ingest one file by the settings of the environment; return seconds by step and part ("" is the rest of a step)."""
    clock = Clock()
    clock.seconds["imports", ""] = time.perf_counter() - _BEGAN
    with ExitStack() as patches:
        for module, name in _PARTS:
            timed = clock.timed(getattr(module, name), lambda *_, name=name: name)
            patches.enter_context(patch.object(module, name, timed))
        reading = clock.timed_chunks(read.read_records, "read_records")
        patches.enter_context(patch.object(read, "read_records", reading))
        for name in ("run", "frame", "append"):
            timed = clock.timed(getattr(Warehouse, name), lambda _, statement, *__, verb=name: f"{verb} {statement}")
            patches.enter_context(patch.object(Warehouse, name, timed))
        with clock.pipeline():
            summaries = pipeline.ingest(load_settings(), Request((str(export),), feed), step=clock.run_step)
    if any(summary.is_failure for summary in summaries):
        raise SystemExit("the ingest that was timed failed")
    return clock.seconds


def main() -> None:
    """Time the ingest of the file that the first argument names for the feed that the second names."""
    export, feed = sys.argv[1:]
    seconds = time_ingest(Path(export), feed)
    print(json.dumps([{"step": step, "part": part, "seconds": taken} for (step, part), taken in seconds.items()]))


if __name__ == "__main__":
    main()
