"""Reading workbooks: cells as the text that a CSV export has of them, rows as records, damage told in words."""

import json
import random
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from flows.errors import UnreadableFileError
from flows.formats import records, workbook
from flows.formats.workbook_cells import number_text
from flows.steps.read import BrokenRecord, FileFormat, RawChunk, detect_format, read_records
from schemas.reference import Feed

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def relations(*targets: tuple[str, str]) -> str:
    listed = "".join(
        f'<Relationship Id="rId{number}" Type="{RELATIONS}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, start=1)
    )
    return f'<Relationships xmlns="{PACKAGE}">{listed}</Relationships>'


def text(value: str) -> str:
    return f't="inlineStr"><is><t xml:space="preserve">{value}</t></is>'


def sheet(*rows: Sequence[str | None], first: int = 1) -> str:
    """The XML of rows: a cell is the rest of its tag and what stands in it, or plain text; None is no cell."""
    found = []
    for number, cells in enumerate(rows, start=first):
        tags = [
            f'<c r="{chr(64 + column)}{number}" {cell if ">" in cell else text(cell)}</c>'
            for column, cell in enumerate(cells, start=1)
            if cell is not None
        ]
        found.append(f'<row r="{number}">{"".join(tags)}</row>')
    return "".join(found)


def book(
    folder: Path,
    sheets: Mapping[str, str],
    *,
    shared: str = "",
    styles: str = "",
    settings: str = "",
    hidden: Sequence[str] = (),
    parts: Mapping[str, str] | None = None,
) -> Path:
    """Write a workbook of sheets, each the XML of its rows."""
    listed = "".join(
        f'<sheet name="{name}" sheetId="{n}" r:id="rId{n}" state="{"hidden" if name in hidden else "visible"}"/>'
        for n, name in enumerate(sheets, start=1)
    )
    members = {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": relations(("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}">{settings}<sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relations(
            *(("worksheet", f"worksheets/sheet{number}.xml") for number, _ in enumerate(sheets, start=1)),
            ("sharedStrings", "/xl/sharedStrings.xml"),
            ("styles", "styles.xml"),
        ),
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{shared}</sst>',
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}">{styles}</styleSheet>',
        **{
            f"xl/worksheets/sheet{number}.xml": (
                f'<worksheet xmlns="{MAIN}"><cols><col min="1"/></cols><sheetData>{rows}</sheetData>'
                "<pageMargins/></worksheet>"
            )
            for number, rows in enumerate(sheets.values(), start=1)
        },
        **(parts or {}),
    }
    path = folder / "export"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def read(path: Path, chunk_rows: int = 1000, **feed: Any) -> tuple[pl.DataFrame, list[BrokenRecord]]:
    chunks = chunks_of(path, chunk_rows, **feed)
    return pl.concat([chunk.rows for chunk in chunks], how="diagonal"), [
        record for chunk in chunks for record in chunk.broken
    ]


def chunks_of(path: Path, chunk_rows: int = 1000, **feed: Any) -> list[RawChunk]:
    return list(read_records(path, detect_format(path, Feed(name="web", **feed)), chunk_rows))


def cells_of(path: Path, **feed: Any) -> list[dict[str, Any]]:
    return read(path, **feed)[0].drop("row_number", "line_number").to_dicts()


# ---- cells


@pytest.mark.parametrize(
    ("literal", "number_format", "shown"),
    [
        ("12", "", "12"),
        ("-7", "", "-7"),
        ("1234567890123456789", "", "1234567890123456789"),
        ("1.2345678901234568E+18", "", "1234567890123456800"),
        ("1E+20", "", "100000000000000000000"),
        ("5.0", "", "5"),
        ("1200.5", '#,##0.00 "USD"', "1200.5"),
        ("1.1000000000000001", "", "1.1"),
        ("0.30000000000000004", "", "0.3"),
        ("1E-7", "", "0.0000001"),
        ("1234", "00000", "01234"),
        ("46053", "yyyy\\-mm\\-dd", "2026-01-31"),
        ("46053", '[$-409]d\\ "day of" mmm', "2026-01-31"),
        ("46053.5", "dd/mm/yyyy", "2026-01-31 12:00:00"),
        ("46053", "yyyy-mm-dd hh:mm", "2026-01-31 00:00:00"),
        ("46053.60416666667", "d/m/yy h:mm AM/PM", "2026-01-31 14:30:00"),
        ("46053.604166678", "d/m/yy h:mm", "2026-01-31 14:30:00.001"),
        ("0.75", "h:mm", "18:00:00"),
        ("1.5", "[h]:mm", "1.5"),
        ("46053", '0.00 "days"', "46053"),
        ("46053", "[Red]General", "46053"),
        ("1", "yyyy-mm-dd", "1900-01-01"),
        ("61", "yyyy-mm-dd", "1900-03-01"),
        ("-1", "yyyy-mm-dd", "-1"),
        ("9999999", "yyyy-mm-dd", "9999999"),
        ("1E+400", "", "1E+400"),
        ("nonsense", "yyyy", "nonsense"),
    ],
)
def test_number_is_the_text_that_is_shown(literal: str, number_format: str, shown: str) -> None:
    assert number_text(literal, number_format, is_1904=False) == shown


def test_workbook_of_a_mac_counts_days_from_1904(tmp_path: Path) -> None:
    styles = '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs>'
    rows = sheet(("name", "on"), ("Ann", 's="1"><v>44591</v>'))
    path = book(tmp_path, {"Leads": rows}, styles=styles, settings='<workbookPr date1904="1"/>')
    assert cells_of(path) == [{"name": "Ann", "on": "2026-01-31"}]


def test_cells_of_every_kind_are_text(tmp_path: Path) -> None:
    shared = "<si><t>Ann</t></si><si><r><t>Bo</t></r><r><t>b</t></r><rPh><t>x</t></rPh></si><si><t>a_x000A_b_x005F_x</t></si>"
    styles = (
        '<numFmts><numFmt numFmtId="170" formatCode="dd.mm.yyyy"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>'
        '<cellXfs><xf numFmtId="0"/><xf numFmtId="170"/></cellXfs>'
    )
    rows = sheet(
        [f"h{number}" for number in range(1, 12)],
        [
            't="s"><v>0</v>',
            't="s"><v>1</v>',
            't="s"><v>2</v>',
            "><f>1+1</f><v>2</v>",
            't="str"><f>A1</f><v>=cmd|x</v>',
            't="b"><v>1</v>',
            't="e"><v>#N/A</v>',
            't="d"><v>2026-01-31T10:00:00</v>',
            's="1"><v>46053</v>',
            's="1">',
            None,
        ],
    )
    path = book(tmp_path, {"Leads": rows}, shared=shared, styles=styles)
    assert list(cells_of(path)[0].values()) == [
        *("Ann", "Bob", "a\nb_x", "2", "=cmd|x", "true", "#N/A", "2026-01-31T10:00:00", "2026-01-31", "", ""),
    ]


def test_prefixed_names_and_cells_without_a_place_are_read(tmp_path: Path) -> None:
    parts = {
        "xl/worksheets/sheet1.xml": (
            f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData>'
            '<x:row><x:c t="inlineStr"><x:is><x:t>name</x:t></x:is></x:c><x:c t="str"><x:v>score</x:v></x:c></x:row>'
            '<x:row><x:c t="str"><x:v>Ann</x:v></x:c><x:c><x:v>7</x:v></x:c></x:row>'
            "</x:sheetData></x:worksheet>"
        )
    }
    assert cells_of(book(tmp_path, {"Leads": ""}, parts=parts)) == [{"name": "Ann", "score": "7"}]


# ---- rows


def test_rows_are_records_with_their_row_in_the_sheet(tmp_path: Path) -> None:
    rows = sheet(
        ("Leads of January",),
        (),
        ("First Name", " Email ", None, "Email"),
        ("Ann", "a@x.example", None, "b"),
        ("", "  "),
        ("Bo",),
        ("Cy", "", "", "", "", "beside"),
    )
    path = book(tmp_path, {"Leads": rows})
    assert detect_format(path, Feed(name="web")) == FileFormat("xlsx", None, None, 3, (), "Leads")
    found, broken = read(path)
    assert broken == []
    assert found.to_dicts() == [
        {
            "row_number": 1,
            "line_number": 4,
            "First Name": "Ann",
            "Email": "a@x.example",
            "Email (2)": "b",
            "column 6": "",
        },
        {"row_number": 2, "line_number": 6, "First Name": "Bo", "Email": "", "Email (2)": "", "column 6": ""},
        {"row_number": 3, "line_number": 7, "First Name": "Cy", "Email": "", "Email (2)": "", "column 6": "beside"},
    ]


def test_text_of_a_row_is_its_filled_cells_as_json(tmp_path: Path) -> None:
    path = book(tmp_path, {"Leads": sheet(("name", "city", "note"), ("Ann", "", "a\nb"), ("Zoë", "Oslo"))})
    (chunk,) = chunks_of(path)
    assert [json.loads(raw) for raw in chunk.raw_of([2, 1])] == [
        {"name": "Zoë", "city": "Oslo"},
        {"name": "Ann", "note": "a\nb"},
    ]


def test_chunks_do_not_change_what_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "_BLOCK_BYTES", 100)
    path = book(tmp_path, {"Leads": sheet(("name", "n"), *((f"Ann{n}", f"{n}") for n in range(50)))})
    whole, _ = read(path)
    assert whole["n"].to_list() == [str(n) for n in range(50)]
    assert read(path, chunk_rows=7)[0].equals(whole)


def test_sheet_with_a_header_alone_has_no_records(tmp_path: Path) -> None:
    found, broken = read(book(tmp_path, {"Leads": sheet(("name", "email"))}))
    assert (found.columns, found.height, broken) == (["row_number", "line_number", "name", "email"], 0, [])


def test_rows_that_cannot_be_used_are_broken_and_the_others_load(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "RECORD_BYTES_MAX", 1000)
    rows = sheet(("name", "note"), ("Ann", "x" * 2000), ("Bo", "a_x0000_b"), ("Cy", "fine"), first=1)
    far = '<row r="5"><c r="A5" t="str"><v>Di</v></c><c r="XFD5"><v>1</v></c></row>'
    found, broken = read(book(tmp_path, {"Leads": rows + far}))
    assert found["name"].to_list() == ["Cy"]
    assert [(record.row_number, record.line_number, record.code) for record in broken] == [
        (1, 2, "record_too_large"),
        (2, 3, "record_nul"),
        (4, 5, "record_too_long"),
    ]
    assert json.loads(broken[2].raw) == {"name": "Di"}


def test_stray_cell_in_the_last_row_costs_nothing(tmp_path: Path) -> None:
    stray = '<row r="1048576"><c r="AD1048576"><v>1</v></c></row>'
    found, _ = read(book(tmp_path, {"Leads": sheet(("name",), ("Ann",)) + stray}))
    assert found["line_number"].to_list() == [2, 1048576]
    assert found["column 30"].to_list() == ["", "1"]


# ---- sheets


def test_first_sheet_that_shows_is_read_and_the_others_are_named(tmp_path: Path) -> None:
    leads, old = sheet(("name",), ("Ann",)), sheet(("name",), ("Bo",))
    path = book(tmp_path, {"Lists": old, "Leads": leads, "Old": old, "Empty": ""}, hidden=["Lists"])
    found = detect_format(path, Feed(name="web"))
    assert (found.sheet, found.header_row) == ("Leads", 1)
    assert found.warnings == ('read sheet "Leads"; set `sheet` for feed web to read another: Old',)


def test_feed_says_the_sheet_and_the_header(tmp_path: Path) -> None:
    old = sheet(("note", "x"), ("name", "city"), ("Bo", "Rome"))
    path = book(tmp_path, {"Leads": sheet(("name",), ("Ann",)), "Old Ones": old})
    assert detect_format(path, Feed(name="web", sheet="old ones", header_row=2, format="xlsx")) == FileFormat(
        "xlsx", None, None, 2, (), "Old Ones"
    )
    assert cells_of(path, sheet="old ones", header_row=2) == [{"name": "Bo", "city": "Rome"}]


@pytest.mark.parametrize(
    ("sheets", "feed", "message"),
    [
        ({"Leads": "", "Old": ""}, {"sheet": "Lead"}, 'no sheet "Lead" in the workbook; it has "Leads", "Old"'),
        ({"Cover": "", "Leads": sheet(("a", "b"))}, {}, 'sheet "Cover" is empty; set `sheet` .*: Leads'),
        ({"Leads": sheet(("a", "b"))}, {"header_row": 4}, "is empty"),
        ({"Leads": sheet(("a", "b"), (), ("c", "d"))}, {"header_row": 2}, "row 2 of sheet .* is blank"),
        ({"Leads": sheet(("Ann", "a@x.example"))}, {}, "row 1 holds an e-mail address"),
        ({"Leads": sheet(("a", "b"))}, {"format": "csv"}, 'an Excel workbook, where feed web says `format = "csv"`'),
    ],
)
def test_what_is_not_there_is_told(tmp_path: Path, sheets: dict[str, str], feed: dict[str, Any], message: str) -> None:
    with pytest.raises(UnreadableFileError, match=message):
        detect_format(book(tmp_path, sheets), Feed(name="web", **feed))


# ---- damage


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"xl/worksheets/sheet1.xml": "<worksheet><sheetData><row>"}, "damaged"),
        ({"xl/worksheets/sheet1.xml": "<worksheet><sheetData><row><c r='A1'><v>1</w></c>"}, "damaged"),
        ({"xl/workbook.xml": "<workbook/>"}, "has no sheet"),
        ({"xl/workbook.xml": "nothing"}, "damaged"),
        ({"xl/sharedStrings.xml": '<!DOCTYPE x [<!ENTITY a "b">]><sst/>'}, "declares a document type"),
        ({"_rels/.rels": relations(("officeDocument", "word/document.xml"))}, "no workbook"),
    ],
)
def test_damaged_workbook_is_refused(tmp_path: Path, parts: dict[str, str], message: str) -> None:
    path = book(tmp_path, {"Leads": sheet(("name",), ("Ann",))}, parts=parts)
    with pytest.raises(UnreadableFileError, match=message):
        read(path)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ('<c r="A2" t="s"><v>9</v></c>', "a cell without its text"),
        ('<c r="A2"><v>1</v></c><c r="A2"><v>1</v></c>', "a cell of row 2 stands twice"),
        ('<c r="1A"><v>1</v></c>', "no cell is at '1A'"),
    ],
)
def test_cell_that_cannot_be_placed_refuses_the_file(tmp_path: Path, row: str, message: str) -> None:
    path = book(tmp_path, {"Leads": sheet(("name",)) + f'<row r="2">{row}</row>'})
    with pytest.raises(UnreadableFileError, match=message):
        read(path)


def test_cut_off_workbook_is_refused(tmp_path: Path) -> None:
    path = book(tmp_path, {"Leads": sheet(("name",), ("Ann",))})
    content = path.read_bytes()
    at = content.index(b"xl/worksheets/sheet1.xml") + 30
    damaged = content[:at] + b"\xff\xff" + content[at + 2 :]
    path.write_bytes(damaged)
    with pytest.raises(UnreadableFileError, match="the workbook is damaged"):
        read(path)


def test_sheet_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    rows = sheet(("name",)) + ("<row>" + " " * 2**20 + "<c><v>1</v></c></row>") * 80
    path = book(tmp_path, {"Leads": rows})
    with pytest.raises(UnreadableFileError, match="250 times its size"):
        read(path)


def test_more_rows_than_a_sheet_has_are_refused(tmp_path: Path) -> None:
    path = book(tmp_path, {"Leads": sheet(("name",), ("Ann",)) + '<row r="1048577"><c><v>1</v></c></row>'})
    with pytest.raises(UnreadableFileError, match="has over 1,048,576 rows"):
        read(path)


def test_row_that_does_not_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "_HELD_BYTES_MAX", 50_000)
    letters = "".join(random.Random(1).choices("abcdefgh", k=200_000))
    path = book(tmp_path, {"Leads": sheet(("name",), (letters,))})
    with pytest.raises(UnreadableFileError, match="a row of over"):
        read(path)


def test_more_columns_than_an_export_has_are_refused(tmp_path: Path) -> None:
    header = '<row r="1"><c r="A1" t="str"><v>a</v></c><c r="XFD1" t="str"><v>b</v></c></row>'
    path = book(tmp_path, {"Leads": header + sheet(("x",), first=2)})
    with pytest.raises(UnreadableFileError, match=f"more than {records.COLUMNS_MAX:,} columns"):
        read(path)


def test_workbook_is_told_by_its_contents(tmp_path: Path) -> None:
    path = book(tmp_path, {"Leads": sheet(("name",), ("Ann",))})
    assert cells_of(path.rename(tmp_path / "leads.csv")) == [{"name": "Ann"}]
