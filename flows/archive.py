"""The archive's layout: where a file that was taken lies, and how it is read if it was redacted since.

A file lies under the SHA-256 of what came, in a folder named for the first two digits. Beside one that was
redacted (`flows.steps.redact`) lies a note with the hash of what is there now, and with its format; in the place of
one that was removed, when its time was over (`flows.retain`) or because nobody could look through it for people of
whom nothing may be kept (`flows.pipeline`), a note that says so.
"""

import json
import os
from datetime import UTC, datetime
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


def sha256_of(path: Path) -> str:
    """Return the hash under which a file of the archive, or the file that a note is of, came."""
    return path.name.partition(".")[0]


def removal_note_of(path: Path) -> Path:
    """Return where the note of a file of the archive lies, if it was removed."""
    return path.with_name(path.name + ".removed.json")


def is_removed(archive: Path, sha256: str) -> bool:
    """Whether the archive has a file no more because it was removed on purpose: it is not lost."""
    path = place_in(archive, sha256)
    return not path.is_file() and removal_note_of(path).is_file()


def remove_file(archive: Path, sha256: str, at: datetime, reason: str = "retention") -> None:
    """Remove a file, and leave a note. Again after a crash, it does what is left to do."""
    path = place_in(archive, sha256)
    told = {"removed_at": at.astimezone(UTC).isoformat(timespec="seconds"), "reason": reason}
    handle = os.open(removal_note_of(path), os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as note:
        note.write(json.dumps(told))
        note.flush()
        os.fsync(handle)
    # In this order: with a note but without its file, the same file taken again would pass for redacted.
    note_of(path).unlink(missing_ok=True)
    path.unlink(missing_ok=True)


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
