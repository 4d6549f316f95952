"""SIGTERM and Ctrl-C, so that a run ends cleanly: transactions roll back, child processes are ended.

DuckDB answers a signal that comes while it works with an error of its own, so what came is kept here, for
the places that catch errors.
"""

import signal
from types import FrameType
from typing import Final

EXIT_CODES: Final = {signal.SIGTERM: 143, signal.SIGINT: 130}

_received: list[signal.Signals] = []


class Stopped(BaseException):
    """The process was asked to end; no Exception, so that nothing takes it for a fault."""

    def __init__(self, number: signal.Signals) -> None:
        super().__init__(f"ended by {number.name}; nothing half-loaded")
        self.exit_code = EXIT_CODES[number]


def stop_cleanly_on_signals() -> None:
    """Turn SIGTERM and SIGINT into `Stopped`."""

    def stop(number: int, frame: FrameType | None) -> None:
        _received.append(signal.Signals(number))
        raise Stopped(_received[0])

    for number in EXIT_CODES:
        signal.signal(number, stop)


def raise_if_stopped(error: BaseException) -> None:
    """Raise `Stopped` in the place of `error` when a signal is what it comes from."""
    if _received:
        raise Stopped(_received[0]) from error
