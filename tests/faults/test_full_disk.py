"""A disk that is really full, and files that may grow no further: told in one line, and made good once there is room."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.big_export import big_house, mark
from tests.faults.leads_process import Started, leads
from tests.faults.prepared_house import is_lock_free, unfinished, unfinished_but_log

ROWS = 8_000
MEGABYTE = 2**20


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A house with room."""
    folder = big_house(tmp_path_factory.mktemp("room") / "unbroken", ROWS)
    assert leads(folder, "ingest", "big.csv").code == 0
    return folder


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Gives a disk in memory of a size in bytes, or gives it another size. Skips where nobody may mount one."""
    place = tmp_path / "disk"
    place.mkdir()

    def of_size(size: int) -> Path:
        how = f"size={size}" + (",remount" if place.is_mount() else "")
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", how, "tmpfs", str(place)], capture_output=True)
        if done.returncode:
            pytest.skip("mounting a disk needs to be root")
        return place

    yield of_size
    if place.is_mount():
        subprocess.run(["umount", "--lazy", str(place)], check=True)


# From no room for the archive's copy to none for the warehouse's last blocks.
@pytest.mark.slow
@pytest.mark.parametrize(
    "megabytes", [pytest.param(size, marks=[] if size == 5 else [pytest.mark.all_faults]) for size in (1, 3, 5, 8, 14)]
)
def test_a_full_disk_is_told_and_made_good(
    unbroken: Path,
    tmp_path: Path,
    small_disk: Callable[[int], Path],
    record_property: Callable[[str, object], None],
    megabytes: int,
) -> None:
    disk = small_disk(megabytes * MEGABYTE)
    ended = leads_on(disk, unbroken).ended()
    assert ended.code == 1
    assert_told(ended.err)
    assert unfinished_but_log(disk) == []
    small_disk(200 * MEGABYTE)
    assert leads_on(disk, unbroken).ended().code == 0
    assert mark(disk) == mark(unbroken)
    assert unfinished(disk) == []
    assert is_lock_free(disk)
    record_property("fault", ("ingest", f"a disk of {megabytes} MB", "disk full", "exit 1, then as unbroken"))


@pytest.mark.slow
@pytest.mark.parametrize(
    "megabytes", [pytest.param(size, marks=[] if size == 8 else [pytest.mark.all_faults]) for size in (1, 3, 8, 12)]
)
def test_a_file_that_may_grow_no_further_is_told_and_made_good(
    unbroken: Path, tmp_path: Path, record_property: Callable[[str, object], None], megabytes: int
) -> None:
    folder = tmp_path / "house"
    folder.mkdir()
    ended = leads_on(folder, unbroken, file_bytes=megabytes * MEGABYTE).ended()
    assert ended.code == 1
    assert_told(ended.err)
    assert unfinished_but_log(folder) == []
    assert leads_on(folder, unbroken).ended().code == 0
    assert mark(folder) == mark(unbroken)
    assert unfinished(folder) == []
    record_property("fault", ("ingest", f"files of {megabytes} MB at most", "disk full", "exit 1, then as unbroken"))


def leads_on(folder: Path, unbroken: Path, file_bytes: int | None = None) -> Started:
    """Load the big export, which lies elsewhere, into the house of a folder."""
    return Started(folder, "ingest", str(unbroken / "big.csv"), file_bytes=file_bytes)


def assert_told(said: str) -> None:
    """One line says what to do."""
    [line] = [line for line in said.splitlines() if line.startswith("leads: ") or ": failed: " in line]
    assert "make room" in line
