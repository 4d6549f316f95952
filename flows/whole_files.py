"""Files that are there whole or not at all, and for their owner only: what we write is data of people."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from flows.errors import UsageError
from flows.leftovers import remove_leftovers, unfinished_file


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
    prefix = f".{path.name[:100]}.unfinished-"
    try:
        remove_leftovers(path.parent, prefix)
        with unfinished_file(path.parent, prefix) as (file, unfinished):
            yield file
            file.flush()
            os.fsync(file.fileno())
            unfinished.replace(path)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror}); make room, or name another place") from error
