"""An Excel workbook (.xlsx): its sheets, and the rows of one of them as text, read as a stream.

The libraries for it hold a sheet as a rectangle of cells: one stray cell in the last row took 946 MiB of a
file of 2 KB (fastexcel 0.21). They also turn numbers into floats, which costs ids their last digits. So
the XML is read here by the standard library, row by row, in the little of it that holds cells.
Source: ECMA-376 part 1, section 18.
"""

import sys
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final
from xml.etree import ElementTree

from flows.errors import UnreadableFileError
from flows.formats.packing import refuse_too_much
from flows.formats.records import COLUMNS_MAX, RECORD_BYTES_MAX
from flows.formats.workbook_cells import BUILT_IN_FORMATS, number_text, unescaped

# So small that the cells of a block are gone before the garbage collector looks at all else because of
# them: blocks of 256 KiB took twice the time.
_BLOCK_BYTES: Final = 16 * 2**10
# Texts that cells share are held in memory; a sheet of a million leads has half of this.
SHARED_TEXT_BYTES_MAX: Final = 400 * 2**20
# Of what is held as XML at a time: a row, or one of the small parts.
_HELD_BYTES_MAX: Final = 2 * RECORD_BYTES_MAX
# Excel's own. A file of 2 MB could otherwise keep us busy for an hour.
_ROWS_MAX: Final = 2**20
_DOCTYPE: Final = b"<!DOCTYPE"
_DIGITS: Final = "0123456789"

# What else is packed as a zip with a list of contents.
_OTHER_DOCUMENTS: Final = (
    ("xl/workbook.bin", "binary workbook (.xlsb); save it as .xlsx"),
    ("word/document.xml", "Word document"),
    ("ppt/presentation.xml", "PowerPoint document"),
    ("META-INF/manifest.xml", "OpenDocument file; save it as .xlsx or CSV"),
)

# What the libraries raise for damage; a RuntimeError is a part with a password.
_DAMAGE: Final = (
    EOFError,
    KeyError,
    NotImplementedError,
    RuntimeError,
    zipfile.BadZipFile,
    zlib.error,
    ElementTree.ParseError,
)

Element = ElementTree.Element


@dataclass(frozen=True)
class SheetRow:
    """A row of a sheet: its number there, and its cells up to the last filled one.

    `is_too_large` is a row over the record cap, of which only the beginning is kept; `is_too_wide` one
    with a filled cell behind the last column that is read.
    """

    number: int
    cells: list[str]
    is_too_large: bool = False
    is_too_wide: bool = False


@dataclass(frozen=True)
class _Sheet:
    name: str
    part: str
    is_hidden: bool


class Workbook:
    """An open workbook. Raises UnreadableFileError where it is damaged or none."""

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self._packed_bytes = path.stat().st_size
        self._archive = archive
        self._members = set(archive.namelist())
        other = next((what for member, what in _OTHER_DOCUMENTS if member in self._members), None)
        if other:
            raise UnreadableFileError(f"not a CSV, JSON, Excel or Parquet export: {other}")
        book = self._related("").get("officeDocument", "xl/workbook.xml")
        if book not in self._members:
            raise UnreadableFileError(
                "not a CSV, JSON, Excel or Parquet export: an Office document that is no workbook"
            )
        self._parts = self._related(book)
        tree = self._tree(book)
        self._sheets = [sheet for sheet in map(self._sheet, _named(tree, "sheet")) if sheet.part in self._members]
        if not self._sheets:
            raise UnreadableFileError("the workbook has no sheet; save it again, or as CSV")
        self._is_1904 = any(one.get("date1904") in ("1", "true") for one in _named(tree, "workbookPr"))
        self._formats: list[str] | None = None
        self._texts: list[str] | None = None

    def visible_sheets(self) -> list[str]:
        """Return the names of the sheets that are not hidden, in their order."""
        return [sheet.name for sheet in self._sheets if not sheet.is_hidden]

    def first_sheet(self) -> str:
        """Return the name of the first sheet, hidden or not."""
        return self._sheets[0].name

    def find_sheet(self, name: str) -> str:
        """Return the name of a sheet as the workbook spells it, found as Excel does, without regard to case.

        Raises UnreadableFileError with those that there are.
        """
        for sheet in self._sheets:
            if sheet.name.strip().casefold() == name.strip().casefold():
                return sheet.name
        names = ", ".join(f'"{sheet.name}"' for sheet in self._sheets)
        raise UnreadableFileError(f'no sheet "{name}" in the workbook; it has {names}; correct `sheet` for the feed')

    def rows(self, sheet_name: str) -> Iterator[SheetRow]:
        """Yield the rows of a sheet that hold something, in order."""
        part = next(sheet.part for sheet in self._sheets if sheet.name == sheet_name)
        if self._formats is None:
            self._formats = self._read_formats()
        if self._texts is None:
            self._texts = self._read_shared_texts()
        cells = _Cells(self._texts, self._formats, self._is_1904)
        number = 0
        for element in self._children(part, "sheetData"):
            if _local(element) == "row":
                # A number is optional, and rows may be left out.
                given = element.get("r", "")
                number = int(given) if given.isdecimal() else number + 1
                if number > _ROWS_MAX:
                    raise UnreadableFileError(f"sheet {sheet_name!r} has over {_ROWS_MAX:,} rows; save it as CSV")
                row = cells.row(number, element)
                if row.cells or row.is_too_large or row.is_too_wide:
                    yield row

    def _related(self, part: str) -> dict[str, str]:
        """Return the parts that a part refers to, by their relation's id and by their kind."""
        place = PurePosixPath(part)
        listing = str(place.parent / "_rels" / f"{place.name}.rels")
        found: dict[str, str] = {}
        for relation in _named(self._tree(listing), "Relationship") if listing in self._members else []:
            target = relation.get("Target", "")
            whole = target[1:] if target.startswith("/") else str(place.parent / target)
            found[relation.get("Id", "")] = whole
            found.setdefault(relation.get("Type", "").rpartition("/")[2], whole)
        return found

    def _sheet(self, element: Element) -> _Sheet:
        # The id is in a namespace, of which there are two.
        relation = next((value for key, value in element.items() if key.endswith("}id")), "")
        return _Sheet(
            element.get("name", ""),
            self._parts.get(relation, ""),
            element.get("state", "visible") != "visible",
        )

    def _read_formats(self) -> list[str]:
        """Return the number format of each cell style."""
        part = self._parts.get("styles", "")
        if part not in self._members:
            return []
        tree = self._tree(part)
        codes = {str(number): code for number, code in BUILT_IN_FORMATS.items()}
        codes.update({one.get("numFmtId", ""): one.get("formatCode", "") for one in _named(tree, "numFmt")})
        styles = (style for group in _named(tree, "cellXfs") for style in group)
        return [codes.get(style.get("numFmtId", ""), "") for style in styles]

    def _read_shared_texts(self) -> list[str]:
        """Return the texts that cells refer to by number."""
        part = self._parts.get("sharedStrings", "")
        texts: list[str] = []
        held = 0
        for element in self._children(part, "sst") if part in self._members else []:
            if _local(element) == "si":
                texts.append(_text(element))
                held += sys.getsizeof(texts[-1]) + 8
                if held > SHARED_TEXT_BYTES_MAX:
                    raise UnreadableFileError("the workbook holds too much text; save the sheet as CSV")
        return texts

    def _tree(self, part: str) -> Element:
        """Return a small part as a whole."""
        parser = ElementTree.XMLParser()
        for read, block in self._blocks(part):
            _refuse_held(read)
            parser.feed(block)
        root: Element = parser.close()
        return root

    def _children(self, part: str, container: str) -> Iterator[Element]:
        """Yield the elements within the container of a part, each once it is whole; they are let go then."""
        builder = ElementTree.TreeBuilder()
        # With an element around the document, it can be looked at before it ends.
        around = builder.start("document", {})
        parser = ElementTree.XMLParser(target=builder)
        passed = 0
        is_over = False
        for read, block in self._blocks(part):
            if is_over:
                # What follows the rows is of no use, but its checksum is that of the whole.
                continue
            _refuse_held(read - passed)
            with _told_damage():
                parser.feed(block)
            found = _container(around, container)
            if found is None:
                continue
            holder, is_over = found
            # The last one may still be open.
            whole = holder[:] if is_over else holder[:-1]
            if whole:
                passed = read
                yield from whole
                del holder[: len(whole)]
        if not is_over:
            with _told_damage():
                parser.close()
            found = _container(around, container)
            yield from found[0] if found else ()

    def _blocks(self, part: str) -> Iterator[tuple[int, bytes]]:
        """Yield the blocks of a part, each with how many bytes have been read with it."""
        total = 0
        end = b""
        with _told_damage():
            stream = self._archive.open(part)
        with stream:
            while True:
                with _told_damage():
                    block = stream.read(_BLOCK_BYTES)
                if not block:
                    return
                total += len(block)
                refuse_too_much("the workbook", total, self._packed_bytes)
                seen = end + block
                if _DOCTYPE in (seen.replace(b"\0", b"") if b"\0" in seen else seen):
                    # No workbook has one; it could make a few bytes stand for any number of others.
                    raise UnreadableFileError("the workbook is damaged: it declares a document type")
                end = block[-2 * len(_DOCTYPE) :]
                yield total, block


@contextmanager
def open_workbook(path: Path) -> Iterator[Workbook]:
    """Open a workbook. Raises UnreadableFileError where it is damaged or another kind of document."""
    with ExitStack() as stack:
        with _told_damage():
            workbook = Workbook(path, stack.enter_context(zipfile.ZipFile(path)))
        yield workbook


class _Cells:
    """Makes text of the cells of a sheet."""

    def __init__(self, texts: list[str], formats: list[str], is_1904: bool) -> None:
        self._texts = texts
        self._formats = {str(number): code for number, code in enumerate(formats)}
        self._is_1904 = is_1904
        self._columns: dict[str, int] = {}

    def row(self, number: int, element: Element) -> SheetRow:
        """Return a row of the sheet with its filled cells."""
        cells: list[str] = []
        size = column = 0
        is_too_wide = False
        for part in element:
            place = part.get("r")
            column = self._column_of(place) if place else column + 1
            cell = self._text(part)
            if not cell or cell.isspace():
                continue
            if column > COLUMNS_MAX:
                is_too_wide = True
                continue
            missing = column - 1 - len(cells)
            if missing < 0:
                raise UnreadableFileError(
                    f"the workbook is damaged: a cell of row {number} stands twice; save it again"
                )
            size += len(cell)
            if size > RECORD_BYTES_MAX:
                return SheetRow(number, cells, is_too_large=True)
            if missing:
                cells.extend([""] * missing)
            cells.append(cell)
        return SheetRow(number, cells, is_too_wide=is_too_wide)

    def _column_of(self, place: str) -> int:
        """Return the number of the column of a cell such as AB12."""
        letters = place.rstrip(_DIGITS)
        column = self._columns.get(letters)
        if column is None:
            if not (letters.isascii() and letters.isalpha() and len(letters) <= 3):
                raise UnreadableFileError(f"the workbook is damaged: no cell is at {letters[:10]!r}; save it again")
            column = 0
            for letter in letters.upper():
                column = column * 26 + ord(letter) - 64
            self._columns[letters] = column
        return column

    def _text(self, cell: Element) -> str:
        kind = cell.get("t", "n")
        if kind == "inlineStr":
            return "".join(_text(part) for part in cell if _local(part) == "is")
        # A formula stands before its value.
        if not len(cell) or not cell[-1].tag.endswith("v"):
            return ""
        value = cell[-1].text or ""
        if not value:
            return ""
        if kind == "s":
            number = int(value) if value.isdecimal() else -1
            if not 0 <= number < len(self._texts):
                raise UnreadableFileError("the workbook is damaged: a cell without its text; save it again, or as CSV")
            return self._texts[number]
        if kind == "n":
            return number_text(value, self._formats.get(cell.get("s", ""), ""), is_1904=self._is_1904)
        if kind == "b":
            return {"1": "true", "0": "false"}.get(value, value)
        # The text of a formula, an error, or a date in ISO form.
        return unescaped(value)


def _text(element: Element) -> str:
    """Return the text of a string: of its runs, without the readings above East Asian characters."""
    if len(element) == 1 and _local(element[0]) == "t":
        return unescaped(element[0].text or "")
    runs = [part for part in element if _local(part) in ("t", "r")]
    texts = [one.text or "" for run in runs for one in ([run] if _local(run) == "t" else _named(run, "t"))]
    return unescaped("".join(texts))


def _container(around: Element, name: str) -> tuple[Element, bool] | None:
    """Return the element that holds what is sought, and whether it is over; None if it has not come yet."""
    for document in around:
        if _local(document) == name:
            return document, False
        for number, part in enumerate(document, start=1):
            if _local(part) == name:
                return part, number < len(document)
    return None


def _named(element: Element, name: str) -> Iterator[Element]:
    """Yield an element's descendants of a name, in whatever namespace: there are two for workbooks."""
    return (part for part in element.iter() if _local(part) == name)


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _refuse_held(held: int) -> None:
    if held > _HELD_BYTES_MAX:
        raise UnreadableFileError(f"the workbook has a row of over {_HELD_BYTES_MAX // 2**20} MiB; save it as CSV")


@contextmanager
def _told_damage() -> Iterator[None]:
    """Turn what the libraries say of a damaged workbook into one line, without what they quote of it."""
    try:
        yield
    except _DAMAGE as error:
        raise UnreadableFileError("the workbook is damaged; save it again, or as CSV") from error
