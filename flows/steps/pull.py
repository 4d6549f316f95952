"""Pull: paths as a user gives them to files in the content-addressed archive.

The archive keeps every file that was ever taken, decompressed, under the SHA-256 of its bytes: the same
export under another name, or gzipped, is the same file. A file is copied in one pass and appears under
its name only when it is whole, so nothing half-written can ever be found there. What may not be kept is taken
out of it as soon as it is read (`flows.steps.redact`).
"""

import fnmatch
import glob
import hashlib
import os
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from flows.archive import UNFINISHED, note_of, place_in, removal_note_of
from flows.errors import UnreadableFileError, UsageError
from flows.fail_points import fail_point
from flows.formats.packing import unpacked_blocks
from flows.leftovers import unfinished_file
from flows.plain_text import told_path
from schemas.reference import DEFAULT_FEED, Feed

# In a folder only files with these names are taken; a file that is named outright always is.
EXPORT_SUFFIXES: Final = (".csv", ".tsv", ".txt", ".json", ".ndjson", ".jsonl", ".xlsx", ".parquet")
_PACKED_SUFFIXES: Final = (".gz", ".zst", ".zip")
# Hidden files, and those by which Excel and LibreOffice mark a workbook that is open.
_NOT_EXPORTS: Final = (".", "~$")

_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


@dataclass(frozen=True)
class TakenFile:
    """A file that was taken: where it came from, and where the archive has its decompressed bytes.

    `uri` is the path as given and `name` its last part; `sha256` and `bytes` are of the decompressed
    content; `as_of` (UTC) is when it said what it says.
    """

    uri: str
    name: str
    path: Path
    sha256: str
    bytes: int
    as_of: datetime


def find_files(paths: Sequence[str]) -> list[Path]:
    """Return the files that paths name, each once, in the order given.

    A path is a file, a folder (the exports in it, packed or not, by name) or a glob pattern; what exists
    is never a pattern, so `a[1].csv` is that file. Raises UsageError where a path names none.
    """
    found: dict[Path, Path] = {}
    for path in paths:
        for file in _files_of(path):
            found.setdefault(_place(file), file)
    return list(found.values())


def _files_of(given: str) -> list[Path]:
    if _URL.match(given):
        raise UsageError(f"{given.partition('://')[0]}:// URLs are not supported yet; give a path")
    path = _at_home(Path(given))
    if path.is_file():
        return [path]
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if _is_export(file))
        if not files:
            raise UsageError(
                f"no exports in folder {given}: files ending in {', '.join(EXPORT_SUFFIXES)}, or these "
                f"with {', '.join(_PACKED_SUFFIXES)}"
            )
        return files
    if path.exists():
        raise UsageError(f"{given} is no regular file; save its contents to one")
    if not glob.has_magic(given):
        raise UsageError(f"{given} does not exist; give a file, a folder or a pattern such as exports/*.csv")
    matches = glob.glob(str(path), recursive=True)  # noqa: PTH207 - pathlib's takes no absolute pattern
    files = sorted(Path(match) for match in matches if Path(match).is_file())
    if not files:
        raise UsageError(f"no file matches {given}; quote the pattern if your shell changes it")
    return files


def _is_export(file: Path) -> bool:
    name = file.name.lower()
    if name.startswith(_NOT_EXPORTS) or not file.is_file():
        return False
    # A zip is mostly named for what is in it, without its suffix.
    packed = next((suffix for suffix in _PACKED_SUFFIXES if name.endswith(suffix)), "")
    return packed == ".zip" or name.removesuffix(packed).endswith(EXPORT_SUFFIXES)


def choose_feed(path: Path, feeds: Mapping[str, Feed]) -> Feed:
    """Return the feed whose location holds a file, else the feed named `default`.

    A location is a file, a folder (of which the files directly in it are meant) or a pattern with `*`,
    `**`, `?` and `[...]`; relative ones start at the working directory. Raises UsageError where two
    match.
    """
    file = _place(path)
    matching = [feed for feed in feeds.values() if feed.location and _holds(feed.location, file)]
    if len(matching) > 1:
        names = " and ".join(feed.name for feed in matching)
        raise UsageError(f"{path} is in the location of feeds {names}; say which with --feed")
    return matching[0] if matching else feeds[DEFAULT_FEED]


def _place(path: Path) -> Path:
    """Return a path as an absolute one without dots; a link stays the link, which is what a feed names."""
    return Path(os.path.normpath(_at_home(path).absolute()))


def _at_home(path: Path) -> Path:
    """Return a path with its `~` or `~user` as what it means, where it is no name of a file and means anything."""
    try:
        return path if path.exists() else path.expanduser()
    except RuntimeError:
        return path


def _holds(location: str, file: Path) -> bool:
    """Whether a location holds a file, which is an absolute path."""
    if _URL.match(location):
        return False
    place = _place(Path(location))
    if place in (file, file.parent):
        return True
    # With a slash at its end a pattern means folders, else files.
    return _matches((file.parent if location.endswith("/") else file).parts, place.parts)


def _matches(parts: Sequence[str], patterns: Sequence[str]) -> bool:
    """Whether the parts of a path match those of a pattern, one by one; `**` stands for any number."""
    if not patterns:
        return not parts
    if patterns[0] == "**":
        return any(_matches(parts[skipped:], patterns[1:]) for skipped in range(len(parts) + 1))
    if not parts or not fnmatch.fnmatchcase(parts[0], patterns[0]):
        return False
    return _matches(parts[1:], patterns[1:])


def archive_file(path: Path, archive: Path, feed: Feed, now: datetime) -> TakenFile:
    """Copy a file into the archive, unpacked if it is packed, and return what was taken.

    Content that the archive has already is not written again. Raises UnreadableFileError where the file
    cannot be read, changes under our hands, cannot be unpacked, or unpacks to more than any export has.
    """
    before = _stat(path)
    try:
        sha256, size, target = _store(path, archive, before)
    except OSError as error:
        raise UnreadableFileError(
            f"{path} cannot be kept in the archive {archive} ({error.strerror}); set LEADS_ARCHIVE, or make room"
        ) from error
    modified_at = datetime.fromtimestamp(before.st_mtime, UTC)
    return TakenFile(
        uri=told_path(path),
        name=path.name,
        path=target,
        sha256=sha256,
        bytes=size,
        as_of=min(feed.as_of_in(path.name) or modified_at, now),
    )


def _stat(path: Path) -> os.stat_result:
    try:
        return path.stat()
    except OSError as error:
        raise UnreadableFileError(f"cannot read {path}: {error.strerror}") from error


def _store(path: Path, archive: Path, before: os.stat_result) -> tuple[str, int, Path]:
    """Write a file's decompressed bytes to their place in the archive; return hash, size and place."""
    # Exports are people's data: for the owner of the archive only, and nobody sees half a file.
    archive.mkdir(mode=0o700, parents=True, exist_ok=True)
    digest = hashlib.sha256()
    size = 0
    with unfinished_file(archive, UNFINISHED) as (copy, unfinished):
        # Hashing and writing take their time alike: side by side they take it once.
        with ThreadPoolExecutor(max_workers=1) as writer:
            for block in unpacked_blocks(path):
                written = writer.submit(copy.write, block)
                digest.update(block)
                size += written.result()
        copy.flush()
        after = _stat(path)
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            # Nothing of it stays: nobody will look through it.
            raise UnreadableFileError(f"{path} changed while it was read; take it when its export is complete")
        sha256 = digest.hexdigest()
        target = place_in(archive, sha256)
        target.parent.mkdir(mode=0o700, exist_ok=True)
        # A file of another size is what a crash of the machine left of an earlier copy, or it was redacted.
        if not target.is_file() or (target.stat().st_size != size and not note_of(target).is_file()):
            fail_point("before archive rename")
            unfinished.replace(target)
            # Its time begins anew.
            removal_note_of(target).unlink(missing_ok=True)
    return sha256, size, target
