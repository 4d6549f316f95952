"""SIGTERM and Ctrl-C, wherever they come: the exit code says so, nothing is left of the run, and it can be repeated."""

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.big_export import big_house, mark
from tests.faults.leads_process import Started, leads, wait_until
from tests.faults.prepared_house import is_lock_free, unfinished, unfinished_but_log

ROWS = 8_000
CODES = {signal.SIGTERM: 143, signal.SIGINT: 130}


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A house in which nothing broke."""
    folder = big_house(tmp_path_factory.mktemp("signals") / "unbroken", ROWS)
    assert leads(folder, "ingest", "big.csv").code == 0
    return folder


def marked(number: signal.Signals, words: str) -> object:
    """A moment in the run, by what it says then; two of them stand for all in the whole suite."""
    is_sample = (number, words) in ((signal.SIGTERM, "rows read"), (signal.SIGINT, ": load"))
    marks = [pytest.mark.slow] if is_sample else [pytest.mark.slow, pytest.mark.all_faults]
    return pytest.param(number, words, marks=marks, id=f"{number.name} at {words}")


@pytest.mark.parametrize(
    ("number", "words"),
    [marked(number, words) for number in CODES for words in (": pull", "rows read", ": resolve", ": load")],
)
def test_a_signal_ends_a_load_cleanly(
    unbroken: Path,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
    number: signal.Signals,
    words: str,
) -> None:
    folder = tmp_path / "house"
    folder.mkdir()
    (folder / "big.csv").hardlink_to(unbroken / "big.csv")
    started = Started(folder, "ingest", "big.csv")
    wait_until(lambda: started.says(words), f"it never says {words}")
    started.send(number)
    ended = started.ended()
    assert ended.code == CODES[number], ended
    assert ended.told == f"leads: ended by {number.name}; nothing half-loaded"
    assert unfinished_but_log(folder) == []
    assert is_lock_free(folder)
    assert leads(folder, "ingest", "big.csv").code == 0
    assert unfinished(folder) == []
    assert mark(folder) == mark(unbroken)
    record_property("fault", ("ingest", f"at '{words}'", number.name, f"exit {ended.code}, then as unbroken"))
