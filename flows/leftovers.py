"""Leftovers: what a run leaves that was killed while it wrote, and how a later run tells it from work in progress.

Whoever writes a file or folder under a name of its own locks it. The kernel drops the lock with the process, however
that ends: what nobody has locked is a leftover. A kill in the instant between making and locking is no harm, what is
taken for a leftover in that instant is made again by the next run.
"""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

_SCRATCH_PREFIX: Final = "leadmill-scratch-"


@contextmanager
def unfinished_file(folder: Path, prefix: str) -> Iterator[tuple[BinaryIO, Path]]:
    """Give a new file for its owner only, and where it is; it goes with the block, unless it was renamed."""
    handle, name = tempfile.mkstemp(prefix=prefix, dir=folder)
    try:
        os.close(handle)
        # By its path, so that its `name` says where it lies.
        with Path(name).open("r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file, Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Give a folder for its owner only that goes with the block; remove those that killed runs left."""
    remove_leftovers(Path(tempfile.gettempdir()), _SCRATCH_PREFIX)
    with tempfile.TemporaryDirectory(prefix=_SCRATCH_PREFIX) as name:
        handle = os.open(name, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield Path(name)
        finally:
            os.close(handle)


def remove_leftovers(folder: Path, prefix: str) -> None:
    """Remove what is called so in a folder, is ours, and nobody is at work on."""
    if not folder.is_dir():
        return
    for entry in os.scandir(folder):
        if entry.name.startswith(prefix) and entry.stat(follow_symlinks=False).st_uid == os.getuid():
            # Somebody else is at it, or has just removed it.
            with contextlib.suppress(OSError):
                _remove_unlocked(Path(entry.path))


def _remove_unlocked(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    finally:
        os.close(handle)
