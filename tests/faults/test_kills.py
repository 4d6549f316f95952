"""kill -9 at any moment of a load: nothing of it is there or all of it, and the next run makes it good."""

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from _pytest.mark.structures import ParameterSet

from tests.faults.big_export import big_house, mark
from tests.faults.leads_process import Started, leads
from tests.faults.prepared_house import assert_verified, is_lock_free, unfinished

# How often a load of so many rows is killed, evenly over its length.
KILLS: Final = {5_000: 5, 200_000: 20}
ATTEMPTS: Final = 4


@dataclass
class Whole:
    """A load that nothing broke: where, how long, and what the warehouse says after it."""

    folder: Path
    seconds: float
    says: dict[str, tuple[int, int]]


@pytest.fixture(scope="session")
def whole_load(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Whole]:
    """Loads of so many rows, each made once."""
    known: dict[int, Whole] = {}

    def of_rows(row_count: int) -> Whole:
        if row_count not in known:
            folder = big_house(tmp_path_factory.mktemp("kills") / "unbroken", row_count)
            started = Started(folder, "ingest", "big.csv")
            assert started.ended().code == 0
            known[row_count] = Whole(folder, time.monotonic() - started.started_at, mark(folder))
        return known[row_count]

    return of_rows


def marked(row_count: int, number: int) -> ParameterSet:
    """A kill; those of the large load are for `make test-faults`."""
    marks = [pytest.mark.slow] if row_count == min(KILLS) else [pytest.mark.slow, pytest.mark.all_faults]
    return pytest.param(row_count, number, marks=marks, id=f"{row_count}-{number}")


@pytest.mark.parametrize(
    ("row_count", "number"), [marked(rows, number) for rows, count in KILLS.items() for number in range(count)]
)
def test_a_killed_load_is_recovered_by_the_next(
    whole_load: Callable[[int], Whole],
    tmp_path: Path,
    record_property: Callable[[str, object], None],
    row_count: int,
    number: int,
) -> None:
    whole = whole_load(row_count)
    share = (number + 0.5) / KILLS[row_count]
    folder = killed_house(whole, share, tmp_path)
    recovered = leads(folder, "ingest", "big.csv")
    assert recovered.code == 0, recovered
    assert mark(folder) == whole.says
    assert_verified(folder)
    assert unfinished(folder) == []
    assert is_lock_free(folder)
    where = f"{share:.1%} of {row_count:,} rows"
    record_property("fault", ("ingest", where, "kill", f"exit 137, then as unbroken ({whole.seconds:.1f} s whole)"))


def killed_house(whole: Whole, share: float, place: Path) -> Path:
    """A fresh house in which a load was killed when so much of its time had passed."""
    for attempt in range(ATTEMPTS):
        folder = place / f"house-{attempt}"
        folder.mkdir()
        (folder / "big.csv").hardlink_to(whole.folder / "big.csv")
        started = Started(folder, "ingest", "big.csv")
        while started.is_alive and time.monotonic() < started.started_at + share * whole.seconds:
            time.sleep(0.002)
        if not started.is_alive:
            # The machine has less to do than when it was measured.
            whole.seconds = time.monotonic() - started.started_at
            assert started.ended().code == 0
            continue
        started.send(signal.SIGKILL)
        if started.ended().code == 137:
            return folder
    pytest.fail("it ends before it can be killed")
