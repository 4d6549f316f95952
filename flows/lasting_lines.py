"""Files of JSON lines that are only added to and outlive a crash: what was added stays, a torn line stays apart."""

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any


def append_lines(path: Path, documents: Iterable[Mapping[str, Any]]) -> None:
    """Append a line for each document to a file that is its owner's only; half a line before them is ended first.

    Raises OSError where that fails.
    """
    text = "".join(json.dumps(document) + "\n" for document in documents)
    handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "r+b") as file:
        size = file.seek(0, os.SEEK_END)
        is_torn = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
        file.write(b"\n" * is_torn + text.encode())
        file.flush()
        os.fsync(handle)
