"""Files that are there whole or not at all, and for their owner only: what we write is data of people."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from flows.errors import UsageError


def make_folder(folder: Path) -> None:
    """Make a folder for its owner only, where it is not there. Raises UsageError where that cannot be."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder}: cannot be made ({error.strerror}); name another place") from error


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Give a file to write that takes the place of `path` when the block ends well; else nothing of it stays.

    Until then it lies where its `name` says. Raises UsageError where nothing can be written there. The file's mode is
    0600.
    """
    if path.exists() and not path.is_file():
        raise UsageError(f"{path}: is no regular file; name another")
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name[:100]}-", dir=path.parent)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror}); name another place") from error
    try:
        os.close(handle)
        with Path(temporary).open("r+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror}); make room, or name another place") from error
    finally:
        Path(temporary).unlink(missing_ok=True)
