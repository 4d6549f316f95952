"""Which encoding a file is in: by its byte order mark, else strict UTF-8, else what the feed says.

Detectors that guess by letter frequency are wrong on short cp1252, so there is no guess: the fallback is
stated as a warning, and what the encoding does not have breaks the record that it stands in.
"""

import codecs
from pathlib import Path
from typing import Final

from flows.formats.signatures import looks_like_utf16
from flows.formats.text_blocks import BLOCK_BYTES
from schemas.reference import Feed

FALLBACK: Final = "cp1252"

# UTF-32 first: its little-endian mark begins with that of UTF-16.
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_HEAD_BYTES: Final = 4 * 2**10
# Small, so that a foreign name here and there leaves most of these ASCII.
_PROBE_BYTES: Final = 64 * 2**10
_HIGH_BYTES: Final = bytes(range(0x80, 0x100))


def marked_encoding(head: bytes) -> str | None:
    """Return the encoding that a byte order mark names."""
    return next((name for mark, name in _MARKS if head.startswith(mark)), None)


def find_encoding(path: Path, feed: Feed) -> tuple[str, tuple[str, ...]]:
    """Return the encoding of a file and warnings where it is a fallback. Reads the whole file."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    marked = marked_encoding(head)
    if marked:
        return marked, ()
    declared = codecs.lookup(feed.encoding).name if feed.encoding else None
    if declared == "utf-16":
        # Python's codec of that name asks for the mark that is not there; Windows writes little-endian.
        return looks_like_utf16(head) or "utf-16-le", ()
    if declared and not _extends_ascii(declared):
        # Such text would pass for UTF-8.
        return declared, ()
    if _is_strict_utf8(path):
        return "utf-8", ()
    if declared:
        return declared, ()
    if _is_mostly_utf8(path):
        return "utf-8", (
            "read as UTF-8, but not all of it is: records that are not are rejected; "
            f"set `encoding` for feed {feed.name} if the file is in another encoding",
        )
    return FALLBACK, (f"decoded as {FALLBACK}: not valid UTF-8; set `encoding` for feed {feed.name} to fix",)


def _extends_ascii(encoding: str) -> bool:
    """Whether ASCII bytes mean the same in an encoding: not so in UTF-16, UTF-7, ISO-2022 and EBCDIC."""
    printable = bytes(range(0x20, 0x7F))
    if printable.decode(encoding, "replace") != printable.decode("ascii"):
        return False
    # Those of seven bits write all else in ASCII bytes too.
    return not any(encoded and encoded.isascii() for encoded in (c.encode(encoding, "ignore") for c in "éя日"))


def _is_strict_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as file:
            while block := file.read(_PROBE_BYTES):
                # Most of a file is ASCII, which needs no decoding, unless it comes within a character.
                if not block.isascii() or decoder.getstate()[0]:
                    decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _is_mostly_utf8(path: Path) -> bool:
    """Whether more of the file's other-than-ASCII bytes make UTF-8 characters than do not.

    Text in an 8-bit encoding hardly ever makes one by chance: a file that does is UTF-8 with damage.
    """
    decoder = codecs.getincrementaldecoder("utf-8")(errors="ignore")
    characters = broken_bytes = 0
    with path.open("rb") as file:
        block = b" "
        while block:
            block = file.read(BLOCK_BYTES)
            text = decoder.decode(block, final=not block)
            ascii_count = len(block.translate(None, _HIGH_BYTES))
            characters += len(text) - ascii_count
            broken_bytes += len(block) - len(text.encode("utf-8"))
    return characters > 0 and characters >= broken_bytes
