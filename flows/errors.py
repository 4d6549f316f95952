"""The few ways in which Leadmill stops, each with the exit code that the CLI gives it.

Bad data is never an error: it becomes a rejected row or a cell issue. These are for wrong usage,
for files that are no exports, and for broken assumptions. A message is one line that says what,
where and what to do next, and never holds personal data: it goes to logs and audit rows. What others
raise may quote cells: of that only the kind is told.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from flows.plain_text import one_line

# A disk, a quota, or the largest file that the system lets us write.
_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_NO_ROOM_TOLD: Final = tuple(os.strerror(number) for number in _NO_ROOM)


class LeadmillError(Exception):
    """Something that stops a command, told in one line."""

    exit_code = 1

    def __init__(self, message: str) -> None:
        super().__init__(one_line(message))


class UsageError(LeadmillError):
    """The command or its configuration is wrong; nothing was started."""

    exit_code = 2


class UnreadableFileError(LeadmillError):
    """A file that was taken cannot be read as an export; its batch fails, others go on."""


class BatchFailedError(LeadmillError):
    """A batch broke a rule that holds for whole batches; nothing of it is loaded."""


class BatchHeldError(LeadmillError):
    """An export by which too many leads would vanish; nothing of it is loaded until somebody approves it."""


class WarehouseError(LeadmillError):
    """The warehouse file cannot be used as it is."""

    exit_code = 2


class WarehouseBusyError(LeadmillError):
    """Another process holds the warehouse past the wait."""

    exit_code = 75


class NoRoomError(LeadmillError):
    """A disk is full; nothing of the file at hand is loaded."""


def is_out_of_room(error: BaseException) -> bool:
    """Whether a full disk is what an error comes from, or one that it followed."""
    cause: BaseException | None = error
    while cause is not None:
        number = cause.errno if isinstance(cause, OSError) else None
        # DuckDB's errors have the system's words, and no number.
        if number in _NO_ROOM or any(told in str(cause) for told in _NO_ROOM_TOLD):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


class InternalError(Exception):
    """A fault of ours, told by the kind of what was raised alone."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"internal error ({kind}); run again with --debug and report it")


def internal_error(error: Exception) -> InternalError:
    """Return what may be told of an exception that nobody expected."""
    return error if isinstance(error, InternalError) else InternalError(type(error).__name__)


@contextmanager
def told_by_kind() -> Iterator[None]:
    """Raise in the place of what the block raises what may be told of it: Prefect logs errors whole."""
    try:
        yield
    except (LeadmillError, InternalError) as error:
        # What it came from may quote a cell.
        raise error from None
    except Exception as error:
        raise internal_error(error).with_traceback(error.__traceback__) from None
