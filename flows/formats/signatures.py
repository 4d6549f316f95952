"""What a file is that is no export, told by its first bytes.

Exports get mixed up: a spreadsheet renamed to .csv, a login page saved instead of the download. Saying
what the file is spares the user a guess.
"""

from typing import Final

# Longest first where one begins with another. Sources: the formats' own specifications.
_SIGNATURES: Final[tuple[tuple[bytes, str], ...]] = (
    (b"\x89PNG\r\n\x1a\n", "PNG image"),
    (b"\xff\xd8\xff", "JPEG image"),
    (b"GIF8", "GIF image"),
    (b"%PDF-", "PDF document"),
    (b"{\\rtf", "RTF document"),
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "old Excel file (.xls), or one with a password; save it as .xlsx without one",
    ),
    (b"PAR1\x15", "Parquet file that is cut off; export it again"),
    (b"SQLite format 3\0", "SQLite database"),
    (b"ARROW1", "Arrow file"),
    (b"Obj\x01", "Avro file"),
    (b"\x1f\x8b", "gzip file within a packed file; unpack it once"),
    (b"\x28\xb5\x2f\xfd", "Zstandard file within a packed file; unpack it once"),
    (b"BZh", "bzip2 archive; unpack it first"),
    (b"\xfd7zXZ\0", "xz archive; unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "7-Zip archive; unpack it first"),
    (b"Rar!\x1a\x07", "RAR archive; unpack it first"),
    (b"\x7fELF", "program"),
    (b"MZ\x90\0", "program"),
)
_ZIP: Final = b"PK\x03\x04"
_MARKUP: Final[tuple[tuple[bytes, str], ...]] = (
    (b"<!doctype html", "web page; was the download behind a login?"),
    (b"<html", "web page; was the download behind a login?"),
    (b"<?xml", "XML file"),
)

# All control characters but tab, line ends, form feed, what old programs write (Ctrl-Z, Escape), and the
# four separators of ASCII, which delimit some exports.
_CONTROLS: Final = bytes({*range(0x20)} - {*b"\t\n\v\f\r\x1a\x1b\x1c\x1d\x1e\x1f"})


def looks_like(head: bytes) -> str | None:
    """Return what a file is by its first bytes, or None where it may be text."""
    for signature, name in _SIGNATURES:
        if head.startswith(signature):
            return name
    if head.startswith(_ZIP):
        return "zip within a packed file; unpack it once"
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:20].lower()
    return next((name for signature, name in _MARKUP if start.startswith(signature)), None)


def is_binary(head: bytes) -> bool:
    """Whether the first bytes of a file hold more control characters than damaged text would."""
    controls = len(head) - len(head.translate(None, _CONTROLS))
    if controls * 10 > len(head):
        return True
    try:
        # The head may end within a character.
        head.decode("utf-8")
        is_utf8 = True
    except UnicodeDecodeError as error:
        is_utf8 = error.start >= len(head) - 3
    return not is_utf8 and controls * 50 > len(head)


def looks_like_utf16(head: bytes) -> str | None:
    """Return the UTF-16 codec of text without a byte order mark: every other byte is NUL."""
    pairs = len(head) // 2
    for name, zeros in (("utf-16-le", head[1::2].count(0)), ("utf-16-be", head[0::2].count(0))):
        if pairs and zeros * 10 > pairs * 7:
            return name
    return None
