"""How names, headers and URLs from outside are told."""

import os
from pathlib import Path

import pytest

from flows.plain_text import one_line, told_header, told_path, without_password


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("plain Ünïcödé 中文 😀", "plain Ünïcödé 中文 😀"),
        ("a\nb\r\tc", "a b  c"),
        ("\x1b[31mred\x1b[0m", " [31mred [0m"),
        ("\x9b2J\x07\x7f", " 2J  "),
        ("\u202egnp.exe", " gnp.exe"),
        ("\udce9 half", "  half"),
        ("{0} %s", "{0} %s"),
    ],
)
def test_a_line_has_nothing_that_a_terminal_acts_on(text: str, line: str) -> None:
    assert one_line(text) == line


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (b"a[1] \x1b.csv", "a[1] \x1b.csv"),
        (b"caf\xe9.csv", "caf%E9.csv"),
        ("café.csv".encode(), "café.csv"),
        (b"\xff\x80", "%FF%80"),
    ],
)
def test_a_path_is_told_as_it_is_but_for_bytes_that_are_no_text(name: bytes, told: str) -> None:
    assert told_path(Path(os.fsdecode(name))) == told
    told.encode("utf-8")


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("First Name", "First Name"),
        ("Q3 2026 (USD)", "Q3 2026 (USD)"),
        ("ann@lee.example", "xxx@xxx.xxxxxxx"),
        ("Ann 415 555 0142", "xxx 999 999 9999"),
        ("x" * 61, "x" * 60),
        ("word " * 13, ("xxxx " * 12)),
    ],
)
def test_a_header_that_may_be_a_cell_is_masked(header: str, told: str) -> None:
    assert told_header(header) == told


def test_a_url_is_told_without_its_password() -> None:
    assert without_password("https://ann:s3cret@host:4200/api") == "https://host:4200/api"
    assert without_password("https://ann:s3@cret@host:4200/api") == "https://host:4200/api"
    assert without_password("https://host/a@b") == "https://host/a@b"
