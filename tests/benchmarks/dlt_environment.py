"""The environment that dlt runs in: made from its own hash-locked requirements, kept until these change."""

import hashlib
import subprocess
import sys
from pathlib import Path

LOCK = Path(__file__).with_name("dlt-requirements.lock")


class NoEnvironmentError(Exception):
    """The environment cannot be made here; the message says why."""


def make_environment(folder: Path) -> Path:
    """Return the Python of an environment with dlt in `folder`; raise NoEnvironmentError where it cannot be made."""
    python, stamp = folder / "bin" / "python", folder / ".locked"
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text(encoding="utf-8") == digest:
        return python
    _run(sys.executable, "-m", "venv", "--clear", folder)
    _run(python, "-m", "pip", "install", "--disable-pip-version-check", "--quiet", "--require-hashes", "-r", LOCK)
    stamp.write_text(digest, encoding="utf-8")
    return python


def _run(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = (done.stderr or done.stdout).strip().splitlines() or ["no reason given"]
        raise NoEnvironmentError(reason[-1])
