"""Run, break, run again: the warehouse is that of a run which nothing broke, whatever broke it and wherever."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from _pytest.mark.structures import ParameterSet

from flows.fail_points import FAIL_POINTS, VARIABLE, WAYS
from tests.faults.leads_process import Ended, leads
from tests.faults.prepared_house import COMMANDS, assert_verified, build_house, house, is_lock_free, said, unfinished

# Of every command but `ingest` these: what the others do between is in one transaction.
AROUND_COMMIT: Final = ("before batch commit", "after batch commit")
# Of those that take a file, a step of reading and one of writing too.
WITH_FILE: Final = ("after stage_records", "before redact_source", "after write_leads", *AROUND_COMMIT)
POINTS: Final = {
    **dict.fromkeys(COMMANDS, AROUND_COMMIT),
    "approve": tuple(point for point in WITH_FILE if "redact" not in point),
    "replay": tuple(point for point in WITH_FILE if "redact" not in point),
    "ingest": tuple(point for point in FAIL_POINTS if "migration" not in point and "audit" not in point),
    "ingest again": ("before audit commit", "after audit commit"),
    "first ingest": ("before migration commit", "after migration commit", "before batch commit"),
}
CASES: Final = [(command, point, how) for command, points in POINTS.items() for point in points for how in WAYS]
# Every way, here and there: 17 and the 3 ways have no divisor in common.
SAMPLE: Final = CASES[::17]


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The house that every case starts with."""
    folder = tmp_path_factory.mktemp("faults") / "template"
    build_house(folder)
    return folder


@pytest.fixture(scope="session")
def unbroken(template: Path) -> Callable[[str], dict[str, list[str]]]:
    """What the warehouse says after a command that nothing broke."""
    known: dict[str, dict[str, list[str]]] = {}

    def after(command: str) -> dict[str, list[str]]:
        if command not in known:
            folder = template.with_name(f"unbroken {command}")
            done = leads(folder, *house(template, folder, command))
            assert done.code == 0, done
            known[command] = said(folder)
        return known[command]

    return after


def marked(case: tuple[str, str, str]) -> ParameterSet:
    """A case of the matrix; what is not in the sample is for `make test-faults`."""
    marks = [pytest.mark.slow] if case in SAMPLE else [pytest.mark.slow, pytest.mark.all_faults]
    return pytest.param(*case, marks=marks, id=" | ".join(case))


@pytest.mark.parametrize(("command", "point", "how"), [marked(case) for case in CASES])
def test_a_broken_run_is_made_good_by_the_next(
    template: Path,
    unbroken: Callable[[str], dict[str, list[str]]],
    tmp_path: Path,
    record_property: Callable[[str, object], None],
    command: str,
    point: str,
    how: str,
) -> None:
    folder = tmp_path / "house"
    arguments = house(template, folder, command)
    broken = leads(folder, *arguments, **{VARIABLE: f"{point}:{how}"})
    tells_of(broken, how)
    if how != "kill":
        assert unfinished(folder) == []
    assert is_lock_free(folder)
    is_done = point == "after batch commit" and "ingest" not in command
    # What is done already is not asked for again: any other run will do.
    again = leads(folder, *(("ingest", "exports/web-2026-01-02.csv", "--dry-run") if is_done else arguments))
    assert again.code == 0, again
    assert unfinished(folder) == []
    assert said(folder) == unbroken(command)
    assert_verified(folder)
    record_property("fault", (command, point, how, f"exit {broken.code}, then as unbroken"))


def tells_of(broken: Ended, how: str) -> None:
    """How a broken run ends: its exit code, and one line that says what to do; no traceback, no cell."""
    assert broken.code == (137 if how == "kill" else 1), broken
    if how == "kill":
        return
    errors = [line for line in broken.err.splitlines() if line.startswith("leads: ") or ": failed: " in line]
    assert errors
    wanted = {"raise": ("--debug", "has not kept it"), "disk-full": ("make room",)}[how]
    assert all(any(words in line for words in wanted) for line in errors), errors
    assert "123-45-6789" not in broken.err + broken.out


def test_a_fail_point_that_is_not_there_is_wrong_usage(template: Path, tmp_path: Path) -> None:
    arguments = house(template, tmp_path / "house", "undo")
    for asked, told in (("before lunch:kill", "before write_leads"), ("before write_leads:tickle", "disk-full")):
        done = leads(tmp_path / "house", *arguments, **{VARIABLE: asked})
        assert done.code == 2
        assert told in done.told
