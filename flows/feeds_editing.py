"""Writes header overrides into `feeds.toml`, which people edit: all else in it stays as they wrote it.

The new text is parsed and checked before it takes the file's place, in one step; a file that cannot be
edited so that everything else keeps its meaning is left alone.
"""

import os
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomlkit
import tomlkit.exceptions
import tomlkit.items

from flows.errors import UsageError
from flows.reference_files import read_feeds


def headers_block(feed: str, headers: Mapping[str, str]) -> str:
    """Return the block of `feeds.toml` that overrides these headers for a feed."""
    document = tomlkit.document()
    table = tomlkit.table()
    table.update(headers)
    document["feeds"] = tomlkit.table(is_super_table=True)
    feeds: Any = document["feeds"]
    feeds[feed] = tomlkit.table(is_super_table=True)
    feeds[feed]["headers"] = table
    return tomlkit.dumps(document)


def write_headers(path: Path, feed: str, headers: Mapping[str, str]) -> None:
    """Put header overrides of a feed into `feeds.toml`; overrides of other headers stay, a new feed is added.

    Makes the file where there is none. Raises UsageError where the file is broken or cannot be written; it is
    then as it was.
    """
    try:
        content = path.read_bytes() if path.exists() else b""
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from None
    read_feeds(path, content)
    text = content.decode("utf-8-sig")
    edited = _edited(text, feed, headers)
    if edited is None:
        block = headers_block(feed, headers).splitlines()[0]
        raise UsageError(f"{path}: its layout cannot be edited safely; copy the block that begins {block} by hand")
    mark = b"\xef\xbb\xbf" if content.startswith(b"\xef\xbb\xbf") else b""
    written = mark + edited.encode()
    read_feeds(path, written)
    _replace(path, written)


def _edited(text: str, feed: str, headers: Mapping[str, str]) -> str | None:
    """Return the text with the overrides in it; None where that would change, or fail to say, anything else."""
    try:
        document: Any = tomlkit.parse(text)
        if "feeds" not in document:
            document["feeds"] = tomlkit.table(is_super_table=True)
        feeds = document["feeds"]
        if feed not in feeds:
            feeds[feed] = tomlkit.table()
        if "headers" not in feeds[feed]:
            feeds[feed]["headers"] = tomlkit.table()
        for header, field in headers.items():
            feeds[feed]["headers"][header] = field
        edited = tomlkit.dumps(document)
        expected: dict[str, Any] = tomllib.loads(text)
        own = expected.setdefault("feeds", {}).setdefault(feed, {})
        own["headers"] = {**own.get("headers", {}), **headers}
        return edited if tomllib.loads(edited) == expected else None
    except (tomlkit.exceptions.TOMLKitError, tomllib.TOMLDecodeError):
        return None


def _replace(path: Path, content: bytes) -> None:
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=".feeds-", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        if path.exists():
            # mkstemp's file is the owner's alone; what others may read, they still may.
            Path(temporary).chmod(path.stat().st_mode & 0o777)
        Path(temporary).replace(path.resolve())
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror}); it is as it was") from None
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
