"""Fail points: named places at which a run can be made to break, for the tests of what a broken run leaves.

`LEADS_FAIL_AT=NAME:HOW` breaks a run at the first such place that it reaches; unset, a fail point does nothing.
"""

import errno
import os
import signal
from typing import Final

from flows.errors import UsageError

VARIABLE: Final = "LEADS_FAIL_AT"
WAYS: Final = ("kill", "raise", "disk-full")

# Steps by the name of their function: a run can break before and after each.
STEPS: Final = (
    "archive_file",
    "stage_records",
    "redact_source",
    "watch_columns",
    "refuse_id_conflicts",
    "resolve_people",
    "require_team_and_source",
    "hold_if_vanishing",
    "number_people",
    "conclude_newcomers",
    "write_records",
    "conclude_leads",
    "assign_leads",
    "complete_leads",
    "write_leads",
    "settle_missing",
    "write_batch",
    "check_invariants",
)
# Transactions by what they keep: a batch, the audit row of one of which nothing is loaded, the rows of a file in
# temporary tables, a migration, the views of this version.
TRANSACTIONS: Final = ("batch", "audit", "staging", "migration", "views")
FAIL_POINTS: Final = (
    *(f"{when} {step}" for step in STEPS for when in ("before", "after")),
    *(f"{when} {kept} commit" for kept in TRANSACTIONS for when in ("before", "after")),
    "before archive rename",
    "before redacted rename",
    "after redacted rename",
    "between files",
)


class InjectedFaultError(Exception):
    """The fault that was asked for: no error of Leadmill's own, so that nothing expects it."""


def check_fail_points() -> None:
    """Raise UsageError where a fault is asked for at a place, or in a way, that there is not."""
    asked = os.environ.get(VARIABLE)
    if asked is None:
        return
    name, _, how = asked.partition(":")
    if name not in FAIL_POINTS:
        raise UsageError(f"{VARIABLE}: there is no fail point {name!r}; there are: {', '.join(FAIL_POINTS)}")
    if how not in WAYS:
        raise UsageError(f"{VARIABLE}: a run breaks at {name!r} by {', '.join(WAYS)}, not by {how!r}")


def fail_point(name: str) -> None:
    """Break here if that is asked for: by a kill -9, by an exception, or as if the disk were full."""
    asked = os.environ.get(VARIABLE)
    if asked is None or not asked.startswith(f"{name}:"):
        return
    match asked.removeprefix(f"{name}:"):
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "disk-full":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        case _:
            raise InjectedFaultError(name)
