"""Reading CSV: no column shifted, no row padded or dropped in silence, each broken record told with its line."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from flows.errors import UnreadableFileError
from flows.formats import text_blocks
from flows.formats.csv_careful import Columns
from flows.formats.csv_lenient import read_leniently
from flows.formats.csv_plain import read_plain
from flows.formats.records import Position
from flows.steps.read import RawChunk, detect_format, read_records
from schemas.raw import raw_schema
from schemas.reference import Feed

Read = Callable[..., list[RawChunk]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read(data: str | bytes, chunk_rows: int = 100_000, **feed: Any) -> list[RawChunk]:
        path = tmp_path / "export"
        path.write_bytes(data if isinstance(data, bytes) else data.encode("utf-8"))
        chunks = list(read_records(path, detect_format(path, Feed(name="web", **feed)), chunk_rows))
        for chunk in chunks:
            raw_schema(chunk.rows.columns[2:]).validate(chunk.rows)
        return chunks

    return read


def rows(chunks: list[RawChunk]) -> list[tuple[Any, ...]]:
    return pl.concat([chunk.rows for chunk in chunks]).rows()


def broken(chunks: list[RawChunk]) -> list[tuple[int, int, str, str]]:
    return [
        (record.row_number, record.line_number, record.code, record.raw) for chunk in chunks for record in chunk.broken
    ]


def headers(chunks: list[RawChunk]) -> list[str]:
    return chunks[0].rows.columns[2:]


# ---- what is well formed


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_of_each_kind_give_the_same_rows(read: Read, end: str) -> None:
    chunks = read(end.join(["name,email", "Ann,ann@example.com", "Bo,bo@example.com", ""]))
    assert rows(chunks) == [(1, 2, "Ann", "ann@example.com"), (2, 3, "Bo", "bo@example.com")]


def test_mixed_line_ends_are_all_line_ends(read: Read) -> None:
    assert rows(read(b"a,b\r1,2\r\n3,4\n5,6")) == [(1, 2, "1", "2"), (2, 3, "3", "4"), (3, 4, "5", "6")]


def test_other_line_separators_of_unicode_are_text(read: Read) -> None:
    text = "a,b\none\u2028two,three\x0bfour\x85five\n"
    assert rows(read(text)) == [(1, 2, "one\u2028two", "three\x0bfour\x85five")]


def test_quoted_cells_keep_delimiters_quotes_and_line_ends(read: Read) -> None:
    chunks = read('a,b\r\n"x, ""y""","one\r\ntwo"\r\nz,w\r\n')
    assert rows(chunks) == [(1, 2, 'x, "y"', "one\r\ntwo"), (2, 4, "z", "w")]


def test_blank_cells_are_empty_text_and_words_for_null_are_words(read: Read) -> None:
    assert rows(read('a,b,c\n,"",NULL\n\\N,NA,\n')) == [(1, 2, "", "", "NULL"), (2, 3, "\\N", "NA", "")]


def test_spaces_around_cells_are_kept(read: Read) -> None:
    assert rows(read("a,b\n x ,\ty\n")) == [(1, 2, " x ", "\ty")]


def test_quotes_within_an_unquoted_cell_are_text(read: Read) -> None:
    assert rows(read('a,b\n5" pipe,say "hi"\n')) == [(1, 2, '5" pipe', 'say "hi"')]


@pytest.mark.parametrize(
    "text",
    ["a,b\n1,2\n\n   \n,\n , \n3,4\n", 'a,b\n\n1,2\n"",""\n\t,\n3,4\n\n\n', "a,b\r\n1,2\r\n\r\n,\r\n,,,\r\n3,4"],
)
def test_blank_lines_and_blank_rows_are_no_records(read: Read, text: str) -> None:
    chunks = read(text)
    assert [row[0::2] + row[3:] for row in rows(chunks)] == [(1, "1", "2"), (2, "3", "4")]
    assert broken(chunks) == []


def test_line_numbers_count_physical_lines(read: Read) -> None:
    chunks = read('a,b\n\n1,"x\ny\nz"\n\n2,w\n3\n')
    assert [(row[0], row[1]) for row in rows(chunks)] == [(1, 3), (2, 7)]
    assert broken(chunks) == [(3, 8, "record_too_short", "3")]


def test_header_without_rows_gives_one_empty_chunk(read: Read) -> None:
    [chunk] = read("name,email\n\n")
    assert (headers([chunk]), chunk.rows.height, chunk.broken) == (["name", "email"], 0, [])


def test_byte_order_mark_is_no_part_of_the_first_header(read: Read) -> None:
    assert headers(read(b"\xef\xbb\xbfname,email\nAnn,x\n")) == ["name", "email"]


def test_byte_order_mark_within_a_file_is_text(read: Read) -> None:
    assert rows(read("a,b\n\ufeffx,y\n")) == [(1, 2, "\ufeffx", "y")]


def test_utf_16_is_read_with_its_mark(read: Read) -> None:
    assert rows(read("a;b\nZoë;日本\n".encode("utf-16"))) == [(1, 2, "Zoë", "日本")]


# ---- headers


def test_headers_get_names_of_their_own(read: Read) -> None:
    chunks = read(' Email ,Email,,"Note\nText",row_number,Email,x\n1,2,3,4,5,6,7\n')
    assert headers(chunks) == [
        "Email",
        "Email (2)",
        "column 3",
        "Note\nText",
        "row_number (2)",
        "Email (3)",
        "x",
    ]
    assert rows(chunks) == [(1, 3, *"1234567")]


def test_name_that_a_number_would_take_is_passed_over(read: Read) -> None:
    assert headers(read("a,a (2),a,column 5,\n1,2,3,4,5\n")) == ["a", "a (2)", "a (3)", "column 5", "column 5 (2)"]


def test_trailing_delimiter_on_every_line_makes_no_column(read: Read) -> None:
    chunks = read("a,b,\n1,2,\n3,4,\n")
    assert headers(chunks) == ["a", "b"]
    assert rows(chunks) == [(1, 2, "1", "2"), (2, 3, "3", "4")]


def test_unnamed_last_column_stays_if_one_row_uses_it(read: Read) -> None:
    chunks = read("a,b,,\n1,2,,\n3,4\n5,6,x,\n")
    assert headers(chunks) == ["a", "b", "column 3"]
    assert rows(chunks) == [(1, 2, "1", "2", ""), (2, 3, "3", "4", None), (3, 4, "5", "6", "x")]


def test_too_many_columns_are_refused(read: Read) -> None:
    with pytest.raises(UnreadableFileError, match="2,000 columns"):
        read(",".join(map(str, range(2001))) + "\n")


def test_header_with_an_open_quote_is_refused(read: Read) -> None:
    with pytest.raises(UnreadableFileError, match="line 1: the header"):
        read('name,"email\nAnn,ann@example.com\n', delimiter=",", header_row=1)


# ---- what is broken


def test_row_shorter_than_the_header_is_broken_and_never_padded(read: Read) -> None:
    chunks = read("a,b,c\n1,2\n3,4,5\n")
    assert rows(chunks) == [(2, 3, "3", "4", "5")]
    assert broken(chunks) == [(1, 2, "record_too_short", "1,2")]


def test_row_longer_than_the_header_is_broken_unless_the_surplus_is_blank(read: Read) -> None:
    chunks = read('a,b\n1,2,, ,""\n3,4,x\n')
    assert rows(chunks) == [(1, 2, "1", "2")]
    assert broken(chunks) == [(2, 3, "record_too_long", "3,4,x")]


def test_unclosed_quote_costs_the_line_it_opened_on(read: Read) -> None:
    chunks = read('id,name,note\n1,Ann,"never closed\n2,Bo,fine\n3,Cy,"quoted, fine"\n')
    assert rows(chunks) == [(2, 3, "2", "Bo", "fine"), (3, 4, "3", "Cy", "quoted, fine")]
    assert broken(chunks) == [(1, 2, "record_unclosed_quote", '1,Ann,"never closed')]


def test_unclosed_quote_that_closes_by_chance_takes_no_rows_with_it(read: Read) -> None:
    chunks = read('id,name,note\n1,Ann,"x\n2,Bo,fine\n3,Cy","y\n')
    assert rows(chunks) == [(2, 3, "2", "Bo", "fine")]
    assert broken(chunks) == [
        (1, 2, "record_unclosed_quote", '1,Ann,"x'),
        (3, 4, "record_unclosed_quote", '3,Cy","y'),
    ]


def test_unclosed_quotes_on_every_line_do_not_take_for_ever(read: Read) -> None:
    chunks = read("id,name\n" + '1,"Ann\n' * 20_000)
    assert len(broken(chunks)) == 20_000


def test_unclosed_quote_is_given_up_at_the_record_cap(read: Read) -> None:
    filler = "x" * 1000 + ",y\n"
    chunks = read('id,name\n1,"Ann\n' + filler * 17_500)
    assert [record[:3] for record in broken(chunks)] == [(1, 2, "record_unclosed_quote")]
    assert sum(chunk.rows.height for chunk in chunks) == 17_500


def test_text_behind_a_closing_quote_is_malformed(read: Read) -> None:
    chunks = read('a,b\n1,"x"y\n2,z\n')
    assert broken(chunks) == [(1, 2, "record_malformed", '1,"x"y')]
    assert rows(chunks) == [(2, 3, "2", "z")]


def test_nul_breaks_its_record_only(read: Read) -> None:
    chunks = read(b"id,name\n1,An\0n\n2,Bo\n")
    assert broken(chunks) == [(1, 2, "record_nul", "1,An\0n")]
    assert rows(chunks) == [(2, 3, "2", "Bo")]


def test_byte_that_the_declared_encoding_does_not_have_breaks_its_record_only(read: Read) -> None:
    chunks = read(b"id,name\n1,Zo\xc3\xab\n2,Zo\xeb\n3,Bo\n", encoding="utf-8")
    assert broken(chunks) == [(2, 3, "record_encoding", "2,Zo\\xeb")]
    assert rows(chunks) == [(1, 2, "1", "Zoë"), (3, 4, "3", "Bo")]


def test_byte_that_cp1252_does_not_have_breaks_its_record_only(read: Read) -> None:
    chunks = read(b"id,name\n1,Zo\xeb\n2,\x81\n")
    assert broken(chunks) == [(2, 3, "record_encoding", "2,\\x81")]
    assert rows(chunks) == [(1, 2, "1", "Zoë")]


def test_half_of_a_utf_16_pair_breaks_its_record_only(read: Read) -> None:
    text = "a,b\n1,x\n2,y\n".encode("utf-16-le").replace(b"x\0", b"\x00\xd8")
    chunks = read(b"\xff\xfe" + text)
    assert [record[:3] for record in broken(chunks)] == [(1, 2, "record_encoding")]
    assert rows(chunks) == [(2, 3, "2", "y")]


def test_record_over_the_cap_is_broken_and_only_its_beginning_kept(read: Read) -> None:
    chunks = read(b"a,b\n1,2\n" + b"x" * (17 * 2**20) + b",y\n3,4\n")
    [record] = [record for chunk in chunks for record in chunk.broken]
    assert (record.row_number, record.line_number, record.code) == (2, 3, "record_too_large")
    assert record.raw == "x" * 10_000
    assert rows(chunks) == [(1, 2, "1", "2"), (3, 4, "3", "4")]


def test_messages_hold_no_cell_contents(read: Read) -> None:
    chunks = read('a,b\n1,"secret"y\nsecret\n1,2,secret\n3,"secret\n')
    messages = [record.message for chunk in chunks for record in chunk.broken]
    assert len(messages) == 4
    assert not any("secret" in message for message in messages)


# ---- what is not well formed, but leaves no doubt


@pytest.mark.parametrize(
    ("line", "cell"),
    [
        ('1,"x" ,2', "x"),
        (r'1,"say \"hi\", please",2', 'say "hi", please'),
        ('1,"Ann "Annie" Lee",2', 'Ann "Annie" Lee'),
        ('1, "x, y",2', "x, y"),
        ('1,"x\ny" ,2', "x\ny"),
        ('1,"x \\"y\\"\nz",2', 'x "y"\nz'),
        ('1,"C:\\dir\\",2', "C:\\dir\\"),
    ],
)
def test_record_that_leaves_no_doubt_is_read(read: Read, line: str, cell: str) -> None:
    chunks = read(f"a,b,c\n{line}\n3,4,5\n")
    last = 2 + line.count("\n") + 1
    assert rows(chunks) == [(1, 2, "1", cell, "2"), (2, last, "3", "4", "5")]


@pytest.mark.parametrize("text", ['"a "b", c"', '"a', '"a""', 'x"y,"z"', '"a "b"\n c"', '"one "two" three", "four'])
def test_record_in_doubt_is_not_read_leniently(text: str) -> None:
    assert read_leniently(text, ",") is None


# ---- chunks, raw text, the two ways


def test_chunks_hold_as_many_records_as_asked_for_broken_ones_included(read: Read) -> None:
    chunks = read("a,b\n" + "1,2\n3\n" * 5, chunk_rows=4)
    assert [chunk.record_count for chunk in chunks] == [4, 4, 2]
    assert [len(chunk.broken) for chunk in chunks] == [2, 2, 1]
    assert [chunk.rows["row_number"].to_list() for chunk in chunks] == [[1, 3], [5, 7], [9]]
    assert all(headers([chunk]) == ["a", "b"] for chunk in chunks)


def test_raw_text_of_records_is_their_physical_text(read: Read) -> None:
    lines = ["1,x", '2,"y\r\nz"', "3", '4,"w" ', "5,é", "", "6,v"]
    chunks = read("a,b\r\n" + "\r\n".join(lines) + "\r\n", chunk_rows=3)
    numbers = [[1, 2, 3], [4, 5, 6]]
    texts = [chunk.raw_of(wanted) for chunk, wanted in zip(chunks, numbers, strict=True)]
    assert texts == [["1,x", '2,"y\r\nz"', "3"], ['4,"w" ', "5,é", "6,v"]]
    assert chunks[1].raw_of([6, 4]) == ["6,v", '4,"w" ']


def test_records_reach_over_blocks(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    text = 'id,note\n1,"a\nb\nc"\n2,é\n3,"x\n4,fine\n5,"y ""z"""\n'
    whole = read(text)
    monkeypatch.setattr(text_blocks, "BLOCK_BYTES", 3)
    pieces = read(text)
    assert (rows(pieces), broken(pieces)) == (rows(whole), broken(whole))
    assert [row[0] for row in rows(whole)] == [1, 2, 4, 5]


def is_read_fast(text: str) -> bool:
    """Whether the fast way takes all of a block with three columns."""
    read = read_plain(text.encode(), Columns(",", tuple("abc"), 3), Position(0, 1))
    return read is not None and read.size == len(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        "1,2,3\n4,,6\n",
        '1,"2, two","three ""3"""\r\n4,"","six\r\n\r\nsix"\r\n',
        "1,2,3,\n4,5,6,\n",
        "1,2,3\n,,\n4,5,6\n",
    ],
)
def test_plain_blocks_are_read_fast(text: str) -> None:
    assert is_read_fast(text)


@pytest.mark.parametrize(
    "text",
    [
        "1,2\n",
        "1,2,3\n4,5\n",
        "1,2,3\n4,5,6,7\n",
        "1,2,3\n\n4,5,6\n",
        "1,2,3\r\n4,5,6\n",
        "1,2,3\r4,5,6\n",
        '1,"2"x,3\n',
        '1,a"2",3\n',
        "1,\0,3\n",
        "\ufeff1,2,3\n",
        '1,2,3\n4,"5\n',
    ],
)
def test_blocks_in_doubt_are_not_read_fast(text: str) -> None:
    assert not is_read_fast(text)
