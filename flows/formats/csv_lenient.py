"""CSV records that are not well formed, but leave no doubt about what they mean.

Only tried on a record that the strict reader refuses, or that does not fit its table; what is in doubt
is not read, and the record is broken.
"""

import re
from typing import Final

_QUOTE_OR_ESCAPE: Final = re.compile(r'\\\\|\\"|""|"')


def read_leniently(text: str, delimiter: str) -> list[str] | None:
    r"""Return the cells of one record that is not well formed, or None where they are in doubt.

    Taken are blanks around a quoted cell, quotes escaped by a backslash, and, within one line, quotes in
    pairs that are not doubled: `"Ann "Annie" Lee"`.
    """
    body = text.removesuffix("\n").removesuffix("\r")
    blanks = " \t".replace(delimiter, "")
    cells: list[str] = []
    position = 0
    while True:
        start = position + len(body[position:]) - len(body[position:].lstrip(blanks))
        if body[start : start + 1] == '"':
            quoted = _quoted_cell(body, start + 1, delimiter, blanks)
            if quoted is None:
                return None
            cell, position = quoted
        else:
            end = body.find(delimiter, position)
            cell, position = (body[position:], len(body)) if end < 0 else (body[position:end], end)
            if any(char in cell for char in '"\r\n'):
                return None
        cells.append(cell)
        if position == len(body):
            return cells
        position += 1


def _quoted_cell(body: str, start: int, delimiter: str, blanks: str) -> tuple[str, int] | None:
    """Return the cell whose text begins at `start`, behind its quote, and where the next delimiter stands."""
    undoubled = 0
    for token in _QUOTE_OR_ESCAPE.finditer(body, start):
        if token[0] != '"':
            continue
        behind = token.end()
        while behind < len(body) and body[behind] in blanks:
            behind += 1
        if behind < len(body) and body[behind] != delimiter:
            undoubled += 1
            continue
        raw = body[start : token.start()]
        if undoubled % 2 or (undoubled and ("\n" in raw or "\r" in raw)):
            return None
        return _QUOTE_OR_ESCAPE.sub(lambda found: '"' if '"' in found[0] else found[0], raw), behind
    return None
