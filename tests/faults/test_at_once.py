"""Others at the same files: a second run waits, a reader is told of, and a file that somebody writes is left alone."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.big_export import big_house, give_time, mark
from tests.faults.leads_process import Started, leads, wait_until
from tests.faults.prepared_house import unfinished

HEADER = "First Name,Last Name,Email\n"
READER = (
    "import duckdb, sys; c = duckdb.connect(sys.argv[1], read_only=True); print('in', flush=True); sys.stdin.read()"
)
WRITER = """
import sys, time
with open(sys.argv[1], "a") as file:
    number = 0
    while True:
        file.write(f"Kim,Novak,kim{number}@novak.example\\n")
        file.flush()
        number += 1
        print(number, flush=True)
        time.sleep(0.001)
"""


@contextmanager
def another(code: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that does something from when its first line is out until the block ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield process
        finally:
            process.kill()


def write_small(folder: Path) -> None:
    """Put a second export there."""
    (folder / "small.csv").write_text(HEADER + "Kim,Novak,kim@novak.example\n")
    give_time(folder / "small.csv")


def statuses(folder: Path) -> list[str]:
    """How the batches ended, in their order."""
    return [batch["status_today"] for batch in reversed(json.loads(leads(folder, "batches", "--json").out))]


@pytest.mark.slow
def test_two_runs_on_one_file_load_it_once(tmp_path: Path) -> None:
    folder = big_house(tmp_path / "house", 2_000)
    both = [Started(folder, "ingest", "big.csv") for _ in range(2)]
    assert [each.ended().code for each in both] == [0, 0]
    assert sorted(statuses(folder)) == ["loaded", "skipped"]
    alone = big_house(tmp_path / "alone", 2_000)
    leads(alone, "ingest", "big.csv")
    assert mark(folder) == mark(alone)


@pytest.mark.slow
def test_two_runs_on_two_files_load_one_after_the_other(tmp_path: Path) -> None:
    folder = big_house(tmp_path / "house", 2_000)
    write_small(folder)
    first = Started(folder, "ingest", "big.csv")
    wait_until(lambda: first.says(": pull"), "it does not begin")
    second = leads(folder, "ingest", "small.csv")
    assert (first.ended().code, second.code) == (0, 0)
    alone = big_house(tmp_path / "alone", 2_000)
    write_small(alone)
    leads(alone, "ingest", "big.csv", "small.csv")
    assert statuses(folder) == ["loaded", "loaded"]
    assert mark(folder) == mark(alone)


@pytest.mark.slow
def test_a_reader_is_waited_for_and_then_named(tmp_path: Path) -> None:
    folder = tmp_path / "house"
    folder.mkdir()
    for name in ("Kim", "Eve"):
        (folder / f"{name}.csv").write_text(HEADER + f"{name},Novak,{name}@novak.example\n")
    assert leads(folder, "ingest", "Kim.csv").code == 0
    warehouse = folder / "data/warehouse/leads.duckdb"
    with another(READER, str(warehouse)) as reader:
        held = leads(folder, "ingest", "Eve.csv", LEADS_WAIT_SECONDS="0.5")
        assert held.code == 75
        assert f"process {reader.pid}" in held.told
        assert "run the command again" in held.told
        assert unfinished(folder) == []
        # Nothing was begun that could be lost: repeated, the command waits, and loads when the reader is gone.
        repeated = Started(folder, "ingest", "Eve.csv")
        lock = warehouse.with_name("leads.duckdb.lock")
        wait_until(lambda: lock.read_text().strip() == str(repeated.pid), "it does not wait")
    assert repeated.ended().code == 0
    assert statuses(folder) == ["loaded", "loaded"]


@pytest.mark.slow
def test_a_file_that_grows_while_it_is_read_is_left_for_the_next_run(tmp_path: Path) -> None:
    folder = tmp_path / "house"
    folder.mkdir()
    # Large enough that somebody writes a line while it is copied.
    (folder / "growing.csv").write_text(HEADER + "Omar,Haddad,omar@haddad.example\n" * 300_000)
    (folder / "whole.csv").write_text(HEADER + "Eve,Stone,eve@stone.example\n")
    with another(WRITER, str(folder / "growing.csv")):
        ended = leads(folder, "ingest", "growing.csv", "whole.csv")
    assert ended.code == 1
    assert "changed while it was read; take it when its export is complete" in ended.err
    assert statuses(folder) == ["failed", "loaded"]
    (folder / "growing.csv").write_text(HEADER + "Omar,Haddad,omar@haddad.example\n")
    assert leads(folder, "ingest", "growing.csv").code == 0
    assert statuses(folder) == ["failed", "loaded", "loaded"]
