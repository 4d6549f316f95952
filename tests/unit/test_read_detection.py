"""Finding out what a file is: by its contents, a feed's word first, doubts as warnings."""

import zipfile
from pathlib import Path
from typing import Any

import pytest

from flows.errors import UnreadableFileError
from flows.steps.read import FileFormat, detect_format
from schemas.reference import Feed


def detect(folder: Path, data: str | bytes, **feed: Any) -> FileFormat:
    path = folder / "export"
    path.write_bytes(data if isinstance(data, bytes) else data.encode("utf-8"))
    return detect_format(path, Feed(name="web", **feed))


# ---- encoding


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        ("a,b\nZoë,1\n".encode(), "utf-8"),
        ("a,b\nZoë,1\n".encode("utf-8-sig"), "utf-8-sig"),
        ("a,b\nZoë,1\n".encode("utf-16"), "utf-16"),
        (b"\xfe\xff" + "a,b\nZoë,1\n".encode("utf-16-be"), "utf-16"),
        ("a,b\nZoë,1\n".encode("utf-32"), "utf-32"),
    ],
)
def test_mark_or_strict_utf_8_decides(tmp_path: Path, data: bytes, encoding: str) -> None:
    assert detect(tmp_path, data) == FileFormat("csv", encoding, ",", 1)


def test_fallback_is_stated(tmp_path: Path) -> None:
    found = detect(tmp_path, "a,b\nZoë,1\n".encode("cp1252"))
    assert found.encoding == "cp1252"
    assert found.warnings == ("decoded as cp1252: not valid UTF-8; set `encoding` for feed web to fix",)


def test_feed_says_the_encoding_of_what_is_not_utf_8(tmp_path: Path) -> None:
    assert detect(tmp_path, "a,b\nŁ,1\n".encode("cp1250"), encoding="cp1250") == FileFormat("csv", "cp1250", ",", 1)
    assert detect(tmp_path, "a,b\nŁ,1\n", encoding="cp1250").encoding == "utf-8"


def test_feed_says_the_encoding_of_what_only_looks_like_ascii(tmp_path: Path) -> None:
    assert detect(tmp_path, "a,b\n日,1\n".encode("iso-2022-jp"), encoding="iso-2022-jp").encoding == "iso2022_jp"
    assert detect(tmp_path, "a,b\n1,2\n".encode("utf-16-le"), encoding="utf-16-le").encoding == "utf-16-le"
    assert detect(tmp_path, "a,b\n1,2\n".encode("utf-16-be"), encoding="utf-16").encoding == "utf-16-be"


def test_damaged_utf_8_is_still_utf_8(tmp_path: Path) -> None:
    found = detect(tmp_path, "a,b\nZoë,Ł\n".encode() + b"x,\xff\n")
    assert found.encoding == "utf-8"
    assert len(found.warnings) == 1


def test_utf_16_without_a_mark_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="set `encoding` to utf-16-le for feed web"):
        detect(tmp_path, "name,email\nAnn,x\n".encode("utf-16-le"))


# ---- other files


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b" \n\r\n\t\n"])
def test_empty_file_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(UnreadableFileError, match="the file is empty"):
        detect(tmp_path, data)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(20), "PNG image"),
        (b"%PDF-1.7\n%\xe2\xe3", "PDF document"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(20), "old Excel"),
        (b"\x1f\x8b\x08\0", "gzip file within"),
        (b"\x28\xb5\x2f\xfd\0", "Zstandard file within"),
        (b"\n<!DOCTYPE html><html>", "web page"),
        (b"<?xml version='1.0'?><leads/>", "XML"),
        (b"{\\rtf1 text}", "RTF"),
        (bytes(range(256)) * 4, "binary data"),
    ],
)
def test_other_files_are_refused_by_name(tmp_path: Path, data: bytes, name: str) -> None:
    with pytest.raises(UnreadableFileError, match=f"not a CSV, JSON, Excel or Parquet export: .*{name}"):
        detect(tmp_path, data)


@pytest.mark.parametrize(
    ("member", "name"),
    [
        ("leads.csv", "zip within a packed file"),
        ("word/document.xml", "Word document"),
        ("xl/workbook.bin", "binary workbook"),
        ("META-INF/manifest.xml", "OpenDocument"),
    ],
)
def test_zip_that_is_no_workbook_is_refused_by_name(tmp_path: Path, member: str, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "packed", "w") as archive:
        archive.writestr(member, "x")
        if member != "leads.csv":
            archive.writestr("[Content_Types].xml", "x")
    with pytest.raises(UnreadableFileError, match=name):
        detect(tmp_path, (tmp_path / "packed").read_bytes())


@pytest.mark.parametrize("declared", ["xlsx", "parquet"])
def test_file_that_is_not_what_the_feed_says_is_refused(tmp_path: Path, declared: str) -> None:
    with pytest.raises(UnreadableFileError, match="which feed web says it is; leave `format` out"):
        detect(tmp_path, "a,b\n1,2\n", format=declared)


def test_first_line_without_end_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="line 1 is over 1 MiB"):
        detect(tmp_path, b"a," * 2**21)


# ---- CSV or JSON


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('[{"a": 1}]', "json"),
        ('{"a": 1}', "json"),
        ('{\n"data": [\n{"a": 1},\n{"a": 2}\n]\n}', "json"),
        ("[]", "json"),
        ("42", "json"),
        ('{"a": 1}\n{"a": 2}\n', "ndjson"),
        ('\n{"a": 1}\n\n{"a": 2}\n', "ndjson"),
        ('{"a": \n{"a": 2}\n{"a": 3}\n{"a": 4}\n', "ndjson"),
        ('{"a": 1}\n{"a": "' + "x" * 2**20 + '"}\n', "ndjson"),
        ("[Name],[Email]\nAnn,x\n", "csv"),
        ("{id},{name}\n1,x\n", "csv"),
    ],
)
def test_format_is_told_by_contents(tmp_path: Path, text: str, name: str) -> None:
    assert detect(tmp_path, text).format == name


def test_feed_says_the_format(tmp_path: Path) -> None:
    assert detect(tmp_path, "[1]\n[2]\n", format="csv").format == "csv"
    assert detect(tmp_path, '{"a": 1}', format="ndjson") == FileFormat("ndjson", "utf-8", None, None)


# ---- delimiter and header


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    text = "\n".join(
        delimiter.join(row) for row in [("name", "city", "note"), ("Ann", "Rome", "x"), ("Bo", "Oslo", "")]
    )
    assert detect(tmp_path, text).delimiter == delimiter


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("name;amount\nAnn;1,5\nBo;2,5\n", ";"),
        ("name,tags\nAnn,a|b|c|d\nBo,e|f|g|h\n", ","),
        ('id;title\n1;"a,b\nc,d,e\nf"\n2;x\n', ";"),
        ('"a,1,1";b;"c"\n', ";"),
        ("a|b,c|d\n1|2,3|4\n", "|"),
        ("name,note\nAnn,x\nBo\nCy,y\n", ","),
        ("email\nann@example.com\n", ","),
        ("sep=;\nname;note,more\nAnn;x\n", ";"),
    ],
)
def test_delimiter_is_the_one_that_cuts_header_and_rows_alike(tmp_path: Path, text: str, delimiter: str) -> None:
    assert detect(tmp_path, text).delimiter == delimiter


def test_list_of_words_with_commas_has_one_column(tmp_path: Path) -> None:
    found = detect(tmp_path, "note\ncalled, no answer\nfine\nwell, well, well\nno\nyes\n")
    assert (found.delimiter, found.header_row) == (";", 1)


@pytest.mark.parametrize(
    ("text", "header_row"),
    [
        ("\n,,,\nname,email,phone\nAnn,x,1\n", 3),
        ("Leads of January\n\nname,email,phone\nAnn,x,1\n", 3),
        ("Leads of January\nname,email,email\nAnn,x,y\n", 2),
        ("Report:,Leads,,,,\nDate:,2026-01-05,,,,\nname,email,phone,city,note,tag\nAnn,x,1,a,b,c\n", 3),
        ("sep=,\nname,email\nAnn,x\n", 2),
        ("name,email,phone\nAnn,x,1\n", 1),
        ("name,,\nAnn,x,555 0100\nBo,y,555 0101\n", 1),
        ("name\nAnn,ann@example.com\nBo,bo@example.com\n", 1),
    ],
)
def test_header_is_the_first_row_of_the_table(tmp_path: Path, text: str, header_row: int) -> None:
    assert detect(tmp_path, text).header_row == header_row


def test_feed_says_delimiter_and_header(tmp_path: Path) -> None:
    text = "x;y\nname,email;more\nAnn,x;z\n"
    assert detect(tmp_path, text, delimiter=",", header_row=2) == FileFormat("csv", "utf-8", ",", 2)


def test_header_row_behind_the_end_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="header_row is 9, but the file has 2 lines"):
        detect(tmp_path, "a,b\n1,2\n", header_row=9)


def test_record_where_the_header_should_be_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="line 1 holds an e-mail address") as error:
        detect(tmp_path, "Ann,ann@example.com\nBo,bo@example.com\n")
    assert "ann" not in str(error.value)


def test_file_of_blank_rows_has_no_header(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="no header row"):
        detect(tmp_path, ",,,\n,,,\n")
