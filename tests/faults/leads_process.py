"""The command line in a process of its own, which can be killed: forked from one that has imported everything.

A process that starts afresh takes seconds on a small machine, of which this matrix has hundreds.
"""

import multiprocessing
import os
import resource
import signal
import sys
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import MappingProxyType
from typing import Final

PATIENCE_SECONDS: Final = 120

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(
    [
        "flows.cli",
        *(f"flows.{name}" for name in ("pipeline", "approve", "reassign", "regroup", "replay", "review", "undo")),
    ]
)


@dataclass(frozen=True)
class Ended:
    """How a process ended: its exit code as a shell shows it, and what it said."""

    code: int
    out: str
    err: str

    @property
    def told(self) -> str:
        """The one line of the error."""
        [line] = [line for line in self.err.splitlines() if line.startswith("leads: ")]
        return line


class Started:
    """A command that runs in a folder; `file_bytes` is the size that no file of its may outgrow."""

    def __init__(
        self,
        folder: Path,
        *arguments: str,
        environment: Mapping[str, str] = MappingProxyType({}),
        file_bytes: int | None = None,
    ) -> None:
        place = folder.with_name(f"{folder.name}-{uuid.uuid4().hex}")
        self._said = place.with_suffix(".out"), place.with_suffix(".err")
        self._process: BaseProcess = _forks.Process(
            target=_run, args=(folder, arguments, dict(environment), *self._said, file_bytes), daemon=True
        )
        self._process.start()
        self.started_at = time.monotonic()

    @property
    def pid(self) -> int:
        """The number of the process, which is that of its session too."""
        assert self._process.pid is not None
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self._process.is_alive()

    def says(self, words: str) -> bool:
        """Whether it has said so by now; if it has ended, nothing will be said any more."""
        assert self._process.is_alive(), "it has ended"
        return self._said[1].exists() and words in self._said[1].read_text()

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, if it still runs."""
        if self._process.is_alive():
            os.kill(self.pid, number)

    def ended(self) -> Ended:
        """Wait for its end. No process that it started may be left."""
        self._process.join(PATIENCE_SECONDS)
        code = self._process.exitcode
        assert code is not None, "it hangs"
        assert not members_of_session(self.pid)
        out, err = (path.read_text() for path in self._said)
        assert "Traceback" not in err, err
        return Ended(code if code >= 0 else 128 - code, out, err)


def leads(folder: Path, *arguments: str, **environment: str) -> Ended:
    """Run a command to its end."""
    return Started(folder, *arguments, environment=environment).ended()


def _run(
    folder: Path,
    arguments: tuple[str, ...],
    environment: dict[str, str],
    out: Path,
    err: Path,
    file_bytes: int | None,
) -> None:
    os.setsid()
    os.chdir(folder)
    os.environ.update(environment)
    for stream, path in ((sys.stdout, out), (sys.stderr, err)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), stream.fileno())
    sys.argv = ["leads", *arguments]
    if file_bytes is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
    from flows.cli import main

    sys.exit(main())


def members_of_session(leader: int) -> list[int]:
    """The live processes of a session: those that a process started belong to its own."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            # After the name, which may hold anything: state, parent, group, session.
            state, _, _, session = (entry / "stat").read_text().rpartition(")")[2].split()[:4]
        except OSError:
            continue
        if int(session) == leader and state != "Z":
            found.append(int(entry.name))
    return found


def wait_until(is_so: Callable[[], bool], what: str) -> None:
    """Wait until a callable says yes."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, what
        time.sleep(0.005)
