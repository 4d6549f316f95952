"""The archive's layout: where a file that was taken lies, and how it is read if it was redacted since.

A file lies under the SHA-256 of what came, in a folder named for the first two digits. Beside one that was
redacted (`flows.steps.redact`) lies a note with the hash of what is there now, and with its format.
"""

import json
from pathlib import Path
from typing import Any, Final

from flows.formats.records import FileFormat

# How files are called, in the archive itself, for as long as they are written.
UNFINISHED: Final = ".unfinished-"


def place_in(archive: Path, sha256: str) -> Path:
    """Return where the archive has, or would have, the file with this hash."""
    return archive / sha256[:2] / sha256


def archived_file(archive: Path, sha256: str) -> Path | None:
    """Return where the archive has the file with this hash, or None where it does not."""
    path = place_in(archive, sha256)
    return path if path.is_file() else None


def note_of(path: Path) -> Path:
    """Return where the note of a file of the archive lies, if it was redacted."""
    return path.with_name(path.name + ".redacted.json")


def redacted_format(path: Path) -> FileFormat | None:
    """Return how a file of the archive is read since it was redacted, or None for one that is as it came."""
    note = note_of(path)
    return _format_of(json.loads(note.read_text("utf-8"))["format"]) if note.is_file() else None


def stored_format(path: Path, facts: str) -> FileFormat:
    """Return how a batch read a file of the archive, from its audit row (`batch.file_format`, JSON), or its note."""
    return redacted_format(path) or _format_of(json.loads(facts))


def _format_of(facts: dict[str, Any]) -> FileFormat:
    # What a format does not have is not written down.
    return FileFormat(**{"encoding": None, "delimiter": None, "header_row": None, **facts})
