"""Which files of a run are one export, and which are of before."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flows.exports import plan_exports
from schemas.reference import Feed

DATED = Feed(name="crm", origin="crm", extent="full", as_of_pattern="%Y-%m-%d")
UNDATED = Feed(name="undated", origin="crm", extent="full")
DELTA = Feed(name="web", as_of_pattern="%Y-%m-%d")


def planned(*files: tuple[Path, Feed]) -> list[tuple[bool, bool]]:
    """Of each file whether it is the last of its export, and whether it is of before."""
    return [(export.is_last, export.is_past) for export in plan_exports(files)]


def test_files_with_one_date_are_one_export_that_ends_with_the_last() -> None:
    names = ("2026-01-02-b.csv", "2026-01-01.csv", "2026-01-02-a.csv")
    assert planned(*((Path(name), DATED) for name in names)) == [(False, False), (True, True), (True, False)]


def test_files_of_other_feeds_are_none_of_it() -> None:
    other = DATED.model_copy(update={"name": "other"})
    files = [(Path("2026-01-01.csv"), DATED), (Path("2026-01-02.csv"), other), (Path("2026-01-01.csv"), other)]
    assert planned(*files) == [(True, False), (True, False), (True, True)]


def test_a_delta_feed_has_no_exports_of_before() -> None:
    assert planned(*((Path(f"2026-01-0{day}.csv"), DELTA) for day in (1, 2, 1))) == [(True, False)] * 3


@pytest.mark.parametrize("days", [(1, 2), (1, 1)])
def test_without_dates_in_their_names_each_file_is_an_export(tmp_path: Path, days: tuple[int, int]) -> None:
    paths = [tmp_path / "one.csv", tmp_path / "two.csv"]
    for path, day in zip(paths, days, strict=True):
        path.touch()
        moment = datetime(2026, 1, day, tzinfo=UTC).timestamp()
        os.utime(path, (moment, moment))
    assert planned(*((path, UNDATED) for path in paths)) == [(True, True), (True, False)]


def test_a_file_that_is_not_there_is_left_to_whoever_takes_it() -> None:
    assert planned((Path("nowhere.csv"), UNDATED)) == [(True, False)]
