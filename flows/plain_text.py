"""Text from outside as it may be shown: one line, nothing that a terminal would act on, nothing that cannot be kept."""

import re
from pathlib import Path
from typing import Final

# A header of more letters, or digits, is more likely a cell of a file that has no header.
_LONGEST_HEADER: Final = 60
_MOST_DIGITS: Final = 6


def one_line(text: str) -> str:
    """Return a text with a space for each character that does not print: escapes, line ends, halves of characters."""
    return text if text.isprintable() else "".join(letter if letter.isprintable() else " " for letter in text)


def told_path(path: Path) -> str:
    """Return a path as it was given, but for bytes that are no UTF-8: those as `%E9`, for no database keeps them."""
    return "".join(
        # As which Python has them in names.
        f"%{ord(letter) - 0xDC00:02X}" if "\udc80" <= letter <= "\udcff" else letter
        for letter in str(path)
    )


def without_password(url: str) -> str:
    """Return a URL without the user name and password that may stand in it."""
    # Up to the last @ in front of a slash: people write one into a password, too.
    return re.sub("//[^/]*@", "//", url)


def told_header(header: str) -> str:
    """Return a header as a warning may quote it: with x for its letters and 9 for its digits if it may be a cell."""
    shown = header[:_LONGEST_HEADER]
    digit_count = sum(character.isdigit() for character in header)
    if "@" not in header and len(header) <= _LONGEST_HEADER and digit_count <= _MOST_DIGITS:
        return shown
    return "".join("9" if each.isdigit() else "x" if each.isalpha() else each for each in shown)
