"""Files that are there whole or not at all, and for their owner only: what we write is data of people."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from flows.errors import UsageError
from flows.leftovers import remove_leftovers, unfinished_file


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Give a file to write that takes the place of `path` when the block ends well; else nothing of it stays.

    Raises UsageError where nothing can be written there. The file's mode is 0600.
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
