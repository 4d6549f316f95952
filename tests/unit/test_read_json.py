"""Reading JSON: cells to the digit, columns of late keys, lines of records, bad lines apart."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from flows.errors import UnreadableFileError
from flows.formats import text_blocks
from flows.formats.json_plain import read_plain_lines
from flows.steps.read import RawChunk, detect_format, read_records
from schemas.raw import raw_schema
from schemas.reference import Feed

Read = Callable[..., list[RawChunk]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read(data: str | bytes, chunk_rows: int = 100_000, **feed: Any) -> list[RawChunk]:
        path = tmp_path / "export"
        path.write_bytes(data if isinstance(data, bytes) else data.encode("utf-8"))
        chunks = list(read_records(path, detect_format(path, Feed(name="crm", **feed)), chunk_rows))
        for chunk in chunks:
            raw_schema(chunk.rows.columns[2:]).validate(chunk.rows)
        return chunks

    return read


def cells(chunks: list[RawChunk]) -> list[dict[str, Any]]:
    """The records' cells by column, without the columns that a record does not have."""
    rows = pl.concat([chunk.rows for chunk in chunks], how="diagonal").drop("row_number", "line_number")
    return [{name: cell for name, cell in row.items() if cell is not None} for row in rows.iter_rows(named=True)]


def places(chunks: list[RawChunk]) -> list[tuple[int, int]]:
    return [place for chunk in chunks for place in chunk.rows.select("row_number", "line_number").iter_rows()]


def broken(chunks: list[RawChunk]) -> list[tuple[int, int, str, str]]:
    return [
        (record.row_number, record.line_number, record.code, record.raw) for chunk in chunks for record in chunk.broken
    ]


# ---- cells


def test_numbers_keep_their_text(read: Read) -> None:
    text = '[{"id": 1234567890123456789, "price": 1.10, "big": 1E22, "long": 12345678901234567890123, "zero": -0}]'
    assert cells(read(text)) == [
        {
            "id": "1234567890123456789",
            "price": "1.10",
            "big": "1E22",
            "long": "12345678901234567890123",
            "zero": "-0",
        }
    ]


def test_null_is_blank_and_an_absent_key_is_null(read: Read) -> None:
    [chunk] = read('[{"a": null, "b": ""}, {"b": true, "c": false}]')
    assert chunk.rows.drop("line_number").rows() == [(1, "", "", None), (2, None, "true", "false")]


def test_nested_objects_become_dotted_columns_and_arrays_stay_text(read: Read) -> None:
    text = '[{"a": {"b": {"c": 1}, "d": [1.50, {"e": "ö"}]}, "tags": [ "x" ], "none": {}}]'
    assert cells(read(text)) == [{"a.b.c": "1", "a.d": '[1.50, {"e": "ö"}]', "tags": '[ "x" ]'}]


def test_text_like_an_array_does_not_pass_for_one(read: Read) -> None:
    text = '{"note": "see \\"log\\": [1]", "x": {"log": ["1"]}, "log": [1]}'
    assert cells(read(text)) == [{"note": 'see "log": [1]', "x.log": '["1"]', "log": "[1]"}]


def test_keys_that_come_up_late_make_columns(read: Read) -> None:
    text = '{"a": 1}\n' * 3 + '{"a": 1, "late": 2}\n' + '{"a": 1}\n'
    chunks = read(text, chunk_rows=2)
    assert [chunk.rows.columns[2:] for chunk in chunks] == [["a", "late"]] * 3
    assert cells(chunks) == [{"a": "1"}] * 3 + [{"a": "1", "late": "2"}, {"a": "1"}]


def test_keys_that_look_like_other_columns_are_numbered(read: Read) -> None:
    assert cells(read('[{"a": {"b": 1}, "a.b": 2, "": 3, "row_number": 4}]')) == [
        {"a.b": "1", "a.b (2)": "2", "column 3": "3", "row_number (2)": "4"}
    ]


def test_escapes_are_decoded(read: Read) -> None:
    text = r'{"a": "Zo\u00eb \"Z\" \ud83d\ude00 \/", "\u0062": "x\ny"}'
    assert cells(read(text)) == [{"a": 'Zoë "Z" 😀 /', "b": "x\ny"}]


def test_nan_is_blank(read: Read) -> None:
    assert cells(read('[{"score": NaN}]')) == [{"score": ""}]


def test_line_breaks_and_tabs_within_strings_are_read(read: Read) -> None:
    assert cells(read('[{"note": "one\ttwo\nthree"}]')) == [{"note": "one\ttwo\nthree"}]


# ---- documents


@pytest.mark.parametrize("key", ["data", "results", "records", "value"])
def test_envelope_gives_its_records(read: Read, key: str) -> None:
    text = json.dumps({"count": 2, "tags": ["x"], key: [{"a": "1"}, {"a": "2"}], "next": {"data": [{}]}}, indent=1)
    assert cells(read(text)) == [{"a": "1"}, {"a": "2"}]


def test_object_whose_list_holds_no_records_is_one_record(read: Read) -> None:
    assert cells(read('{"name": "Ann", "data": [1, 2]}')) == [{"name": "Ann", "data": "[1, 2]"}]


def test_one_object_is_one_record(read: Read) -> None:
    chunks = read('\n{\n  "name": "Ann"\n}\n')
    assert (cells(chunks), places(chunks)) == ([{"name": "Ann"}], [(1, 2)])


@pytest.mark.parametrize("text", ["[]", '{"data": []}', " [ ] \n"])
def test_document_without_records_gives_one_empty_chunk(read: Read, text: str) -> None:
    [chunk] = read(text)
    assert (chunk.rows.height, chunk.broken) == (0, [])


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_of_a_record_is_where_it_starts(read: Read, end: str) -> None:
    text = end.join(["[", ' {"a": 1,', '  "b": 2}, {"a": 3}', "", ",", '{"a": 4}]'])
    chunks = read(text)
    assert places(chunks) == [(1, 2), (2, 3), (3, 6)]
    assert chunks[0].raw_of([3, 1]) == ['{"a": 4}', f'{{"a": 1,{end}  "b": 2}}']


def test_element_that_is_no_object_is_broken(read: Read) -> None:
    chunks = read('[{"a": 1}, 2, "x", [3], null, {"a": 4}]')
    assert cells(chunks) == [{"a": "1"}, {"a": "4"}]
    assert broken(chunks) == [
        (2, 1, "record_json", "2"),
        (3, 1, "record_json", '"x"'),
        (4, 1, "record_json", "[3]"),
        (5, 1, "record_json", "null"),
    ]


@pytest.mark.parametrize("text", ["42", "true", "null", '"text"', "-0.1"])
def test_lonely_value_is_a_broken_record(read: Read, text: str) -> None:
    assert broken(read(text)) == [(1, 1, "record_json", text)]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('[{"a": 1},\n {"a": 2]', "line 2, column 9"),
        ('[{"a": 1}\n {"a": 2}]', "line 2, column 2"),
        ('[{"a": 1},\n', "line 2, column 1"),
        ('[{"a": "never closed}]', "line 1, column 8"),
        ('{"data": [{"a": 1}], }', "line 1, column 22"),
        ('{"data": [{"a": 1}]\n', "line 2, column 1"),
        ('[{"a": 1}]\n[', "line 2, column 1"),
        ('[{"a": Infinity}]', "line 1, column 2"),
        ("[1,]", "line 1, column 4"),
    ],
)
def test_broken_document_is_refused_with_its_place(read: Read, text: str, place: str) -> None:
    with pytest.raises(UnreadableFileError, match=place):
        read(text, format="json")


def test_deep_record_is_broken_and_the_others_are_read(read: Read) -> None:
    for depth in (65, 100_000):
        deep = '{"a":' * depth + "1" + "}" * depth
        chunks = read('[{"b": 1},' + deep + ',{"b": 2}]')
        assert cells(chunks) == [{"b": "1"}, {"b": "2"}]
        assert broken(chunks) == [(2, 1, "record_json", deep)]


def test_depth_up_to_the_cap_is_read(read: Read) -> None:
    [record] = cells(read("[" + '{"a":' * 64 + "1" + "}" * 64 + "]"))
    assert record == {".".join("a" * 64): "1"}


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "[" * 100_000 + "]" * 100_000, '{"a":' * 100_000 + "1" + "}" * 100_000]
)
def test_document_that_is_nothing_but_deep_is_refused(read: Read, text: str) -> None:
    with pytest.raises(UnreadableFileError, match="deeper than 64 levels"):
        read(text)


def test_record_over_the_cap_is_broken(read: Read) -> None:
    for size in (17 * 2**20, 40 * 2**20):
        chunks = read('[{"a": 1}, {"a": "' + "x" * size + '"}, {"a": 2}]')
        assert cells(chunks) == [{"a": "1"}, {"a": "2"}]
        [(row, line, code, raw)] = broken(chunks)
        assert (row, line, code, len(raw)) == (2, 1, "record_too_large", 10_000)


def test_documents_reach_over_blocks(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    text = '{"n": 12345, "data": [\r\n{"a": "é\\"[{", "b": [1, {"c": "\\\\"}]},\r\n{"a": -1.50e3, "b": null}]}'
    whole = read(text)
    monkeypatch.setattr(text_blocks, "BLOCK_BYTES", 3)
    pieces = read(text)
    assert cells(whole) == cells(pieces) == [{"a": 'é"[{', "b": '[1, {"c": "\\\\"}]'}, {"a": "-1.50e3", "b": ""}]
    assert places(whole) == places(pieces) == [(1, 2), (2, 3)]


# ---- NDJSON


def test_bad_line_is_broken_and_the_others_are_read(read: Read) -> None:
    chunks = read('{"a": 1}\n\n{"a": }\n{"a": 2}\n[{"a": 3}]\n{"a": 4} {"a": 5}\n{"a": 6}\n')
    assert (cells(chunks), places(chunks)) == ([{"a": "1"}, {"a": "2"}, {"a": "6"}], [(1, 1), (3, 4), (6, 7)])
    assert broken(chunks) == [
        (2, 3, "record_json", '{"a": }'),
        (4, 5, "record_json", '[{"a": 3}]'),
        (5, 6, "record_json", '{"a": 4} {"a": 5}'),
    ]


def test_lines_that_are_whole_only_together_are_broken(read: Read) -> None:
    chunks = read('{"a": 1}\n{"a": [1\n2]}\n{"b": 1}, {"b": 2}\n{"a": 3}]\n')
    assert cells(chunks) == [{"a": "1"}]
    assert [record[1] for record in broken(chunks)] == [2, 3, 4, 5]


def test_key_that_stands_twice_with_different_values_breaks_its_record(read: Read) -> None:
    chunks = read('{"a": 1, "a": 2}\n{"a": 3, "a": 3}\n{"a" :1, "a":2}\n{"x": {"a": 1, "a": [2]}}\n')
    assert cells(chunks) == [{"a": "3"}]
    assert [record[0] for record in broken(chunks)] == [1, 3, 4]


def test_half_a_character_breaks_its_record(read: Read) -> None:
    chunks = read('{"a": "\\ud83d"}\n{"a": "x"}\n{"\\udc00": 1}\n')
    assert cells(chunks) == [{"a": "x"}]
    assert [(record[1], record[2]) for record in broken(chunks)] == [(1, "record_json"), (3, "record_json")]


def test_bytes_that_are_no_text_break_their_record(read: Read) -> None:
    chunks = read(b'{"a": "Zo\xc3\xab"}\n{"a": "Zo\xeb"}\n{"a": "x\0y"}\n', encoding="utf-8")
    assert cells(chunks) == [{"a": "Zoë"}]
    assert broken(chunks) == [
        (2, 2, "record_encoding", '{"a": "Zo\\xeb"}'),
        (3, 3, "record_nul", '{"a": "x\0y"}'),
    ]


def test_deep_line_is_broken(read: Read) -> None:
    deep = '{"a":' * 5000 + "1" + "}" * 5000
    chunks = read('{"a": 1}\n' + deep + "\n")
    assert broken(chunks) == [(2, 2, "record_json", deep)]


def test_line_over_the_cap_is_broken(read: Read) -> None:
    for size in (17 * 2**20, 40 * 2**20):
        chunks = read(b'{"a": 1}\n{"a": "' + b"x" * size + b'"}\n{"a": 2}\n')
        assert (cells(chunks), places(chunks)) == ([{"a": "1"}, {"a": "2"}], [(1, 1), (3, 3)])
        assert [record[:3] for record in broken(chunks)] == [(2, 2, "record_too_large")]


def test_raw_text_of_lines(read: Read) -> None:
    lines = ['{"a": 1}', " ", '{"a": "é"}', "{", '{"a": 2}']
    chunks = read("\r\n".join(lines), chunk_rows=3)
    assert [chunk.raw_of(numbers) for chunk, numbers in zip(chunks, [[3, 1], [4]], strict=True)] == [
        ["{", '{"a": 1}'],
        ['{"a": 2}'],
    ]


def lines_of(records: list[dict[str, Any]], **style: Any) -> list[bytes]:
    return [json.dumps(record, ensure_ascii=False, **style).encode() for record in records]


RECORDS = [{"a": "é, ", "b": 1.5, "c": None, "d": True}, {"a": "", "b": -2, "c": "x", "d": "null"}] * 60


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
def test_lines_that_are_alike_are_read_fast(separators: tuple[str, str]) -> None:
    found = read_plain_lines(lines_of(RECORDS, separators=separators))
    assert found is not None
    columns = {key: column.to_list() for key, column in found.items()}
    assert columns == {
        "a": ["é, ", ""] * 60,
        "b": ["1.5", "-2"] * 60,
        "c": ["", "x"] * 60,
        "d": ["true", "null"] * 60,
    }


@pytest.mark.parametrize(
    "odd",
    [
        b'{"b": "x", "a": 1, "c": 2, "d": 3}',
        b'{"a": "x", "b": 1, "c": 2}',
        b'{"a": "x", "b": 1, "c": 2, "d": 3, "e": 4}',
        b'{"a": "x", "b": [1], "c": 2, "d": 3}',
        b'{"a": "x", "b": {"e": 1}, "c": 2, "d": 3}',
        b'{"a": "x", "b": 01, "c": 2, "d": 3}',
        b'{"a": "x", "b": nil, "c": 2, "d": 3}',
        b'{"a": "x", "b": 1, "c": 2, "d": "}',
        b'{"a": "x", "b": 1, "c": 2, "d": 3} ',
        b'{"a": "x"y", "b": 1, "c": "2, "d": 3}',
        b'{"a":"x", "b": 1, "c": 2, "d": 3}',
        b"",
    ],
)
def test_lines_in_doubt_are_not_read_fast(odd: bytes) -> None:
    lines = lines_of(RECORDS)
    assert read_plain_lines([*lines, odd, *lines]) is None
