"""Runs one program in a fresh process and says what it cost."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# ru_maxrss is in bytes on macOS, in KiB elsewhere.
_MAXRSS_UNIT_BYTES = 1 if sys.platform == "darwin" else 1024


class ChildFailedError(Exception):
    """A program that is measured ended in an error."""


@dataclass(frozen=True)
class Measured:
    """What a process cost, and what it printed."""

    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int
    output: str


def run_measured(command: Sequence[str | Path], environment: Mapping[str, str], folder: Path) -> Measured:
    """Run a program to its end in `folder`; raise ChildFailedError with the end of its error output if it fails.

    A child's peak memory begins at what its parent holds: whoever measures imports nothing large.
    """
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        began = time.perf_counter()
        process = subprocess.Popen(
            [str(part) for part in command], env=environment, cwd=folder, stdout=output, stderr=errors
        )
        try:
            _, status, usage = os.wait4(process.pid, 0)
            wall_seconds = time.perf_counter() - began
            process.returncode = os.waitstatus_to_exitcode(status)
        finally:
            if process.returncode is None:
                process.kill()
                process.wait()
        output.seek(0)
        errors.seek(0)
        if process.returncode:
            # Of a traceback the end says most.
            end_of_errors = errors.read()[-2000:].strip()
            raise ChildFailedError(f"{' '.join(map(str, command))} ended with {process.returncode}: {end_of_errors}")
        return Measured(
            wall_seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * _MAXRSS_UNIT_BYTES, output.read()
        )
