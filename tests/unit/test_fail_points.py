"""Fail points: every step has them, they do nothing unless asked, and break as asked."""

import ast
import errno
from pathlib import Path

import pytest

from flows.errors import NoRoomError, UsageError, is_out_of_room
from flows.fail_points import STEPS, VARIABLE, InjectedFaultError, check_fail_points, fail_point

FLOWS = Path(__file__).parents[2] / "flows"


def steps_that_run() -> set[str]:
    """The names of the functions that the flows hand to their runner."""
    return {
        argument.attr if isinstance(argument, ast.Attribute) else ast.unparse(argument)
        for path in FLOWS.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "run.step"
        for argument in node.args[:1]
    }


def test_every_step_has_its_fail_points() -> None:
    assert steps_that_run() == set(STEPS)


def test_a_fail_point_does_nothing_unless_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    fail_point("before write_leads")
    monkeypatch.setenv(VARIABLE, "after write_leads:raise")
    fail_point("before write_leads")


def test_a_fail_point_breaks_as_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "before write_leads:raise")
    with pytest.raises(InjectedFaultError):
        fail_point("before write_leads")
    monkeypatch.setenv(VARIABLE, "before write_leads:disk-full")
    with pytest.raises(OSError, match="No space left") as full:
        fail_point("before write_leads")
    assert full.value.errno == errno.ENOSPC


@pytest.mark.parametrize(
    ("asked", "told"), [("before lunch:kill", "there is no fail point"), ("before write_leads:tickle", "disk-full")]
)
def test_what_cannot_be_asked_for_is_wrong_usage(monkeypatch: pytest.MonkeyPatch, asked: str, told: str) -> None:
    monkeypatch.setenv(VARIABLE, asked)
    with pytest.raises(UsageError, match=told):
        check_fail_points()


def test_a_full_disk_is_seen_through_other_errors() -> None:
    try:
        try:
            raise OSError(errno.EDQUOT, "over quota")
        except OSError as error:
            raise ValueError("something else") from error
    except ValueError as error:
        assert is_out_of_room(error)
    assert is_out_of_room(RuntimeError('IO Error: Could not write file "x": No space left on device'))
    assert not is_out_of_room(OSError(errno.EACCES, "no"))
    assert not is_out_of_room(NoRoomError("told"))
