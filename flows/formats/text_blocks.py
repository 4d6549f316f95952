"""Files as blocks of UTF-8, whatever their encoding, and as blocks of whole physical lines.

Everything above works on UTF-8 bytes: the fast way of reading needs them, and a byte that its encoding
does not know stays one that is no valid UTF-8, so it is found again in the record it spoils.
A physical line ends with LF, CRLF or CR, and with nothing else that Unicode calls a line end.
"""

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from flows.errors import UnreadableFileError
from flows.formats.records import HUGE_RECORD_SHOWN, RECORD_BYTES_MAX

BLOCK_BYTES: Final = 8 * 2**20

_UTF8_NAMES: Final = {"utf-8", "ascii"}
_MARK: Final = "leadmill.mark"


def _mark_undecodable(error: UnicodeError) -> tuple[str | bytes, int]:
    """Carry what an encoding does not know through as lone surrogates, to bytes that are no UTF-8.

    Python's `surrogateescape` does this for single bytes only: it gives up on a broken UTF-16 pair.
    """
    if isinstance(error, UnicodeDecodeError):
        undecodable = error.object[error.start : error.end]
        return "".join(chr(0xDC00 + max(byte, 0x80)) for byte in undecodable), error.end
    if isinstance(error, UnicodeEncodeError):
        return bytes(ord(char) & 0xFF | 0x80 for char in error.object[error.start : error.end]), error.end
    raise error


codecs.register_error(_MARK, _mark_undecodable)


def utf8_blocks(path: Path, encoding: str) -> Iterator[bytes]:
    """Yield the contents of a file as UTF-8, without a byte order mark, in blocks of bounded size.

    Blocks may end within a character. What cannot be decoded becomes bytes that are no valid UTF-8.
    """
    name = codecs.lookup(encoding).name
    with path.open("rb") as file:
        if name in _UTF8_NAMES or name == "utf-8-sig":
            start = file.read(BLOCK_BYTES).removeprefix(codecs.BOM_UTF8)
            if start:
                yield start
            while block := file.read(BLOCK_BYTES):
                yield block
            return
        decoder = codecs.getincrementaldecoder(name)(errors=_MARK)
        try:
            while block := file.read(BLOCK_BYTES):
                yield decoder.decode(block).encode("utf-8", _MARK)
            yield decoder.decode(b"", final=True).encode("utf-8", _MARK)
        except UnicodeError as error:
            # Codecs of several bytes a character may give up altogether: no byte order mark, no way on.
            raise UnreadableFileError(f"the file is not {encoding} ({error.args[-1]})") from error


def readable(raw: bytes) -> str:
    r"""Return bytes of a file as text that any database takes; what is no UTF-8 shows as `\xe9`."""
    return raw.decode("utf-8", "backslashreplace")


def without_line_end(raw: bytes) -> bytes:
    """Return the bytes of a record without its last line end."""
    return raw.removesuffix(b"\n").removesuffix(b"\r")


class LineBlocks:
    """Hands out a file as whole physical lines and takes back what was not used of them."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._buffer = b""
        self._whole = 0
        self.is_at_end = False

    def whole_lines(self) -> bytes:
        """Return all whole lines that are at hand, at least one; the last of a file always ends in LF or CR.

        Empty at the end of the file, and before a line over the record cap: then `has_rest` tells.
        """
        while True:
            self._whole = self._last_line_end()
            if self._whole or (self.is_at_end and not self._buffer):
                return self._buffer[: self._whole]
            if len(self._buffer) > RECORD_BYTES_MAX:
                return b""
            self.extend()

    @property
    def has_rest(self) -> bool:
        """Whether bytes are at hand that no call of `use` has taken."""
        return bool(self._buffer)

    @property
    def is_last(self) -> bool:
        """Whether no record can go on behind the whole lines: nothing follows, or a line over the cap."""
        return self.is_at_end or len(self._buffer) - self._whole > RECORD_BYTES_MAX

    def use(self, size: int) -> None:
        """Leave `size` bytes behind, and read on if little is left."""
        self._buffer = self._buffer[size:]
        if len(self._buffer) < BLOCK_BYTES:
            self.extend()

    def extend(self) -> None:
        """Read one more block behind what is at hand."""
        block = next(self._blocks, None)
        if block is not None:
            self._buffer += block
            return
        if self._buffer and not self.is_at_end and not self._buffer.endswith((b"\n", b"\r")):
            self._buffer += b"\n"
        self.is_at_end = True

    def skip_line(self) -> bytes:
        """Leave a line over the cap behind without holding it; return its beginning."""
        head = self._buffer[:HUGE_RECORD_SHOWN]
        while not (end := self._first_line_end()):
            if self.is_at_end:
                end = len(self._buffer)
                break
            # A CR at the end may be half of a CRLF.
            self._buffer = self._buffer[-1:] if self._buffer.endswith(b"\r") else b""
            self.extend()
        self.use(end)
        return head

    def _first_line_end(self) -> int:
        ends = [end for end in (self._buffer.find(b"\n"), self._buffer.find(b"\r", 0, -1)) if end >= 0]
        if not ends:
            return 0
        end = min(ends)
        return end + 2 if self._buffer[end : end + 2] == b"\r\n" else end + 1

    def _last_line_end(self) -> int:
        """Where the last whole line ends; a CR at the very end may be half of a CRLF."""
        line_feed = self._buffer.rfind(b"\n") + 1
        end = len(self._buffer) if self.is_at_end else len(self._buffer) - 1
        # Searched only behind the last LF: before it a CR changes nothing.
        return max(line_feed, self._buffer.rfind(b"\r", line_feed, max(end, line_feed)) + 1)
