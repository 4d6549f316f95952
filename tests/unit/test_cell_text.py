"""Free text: what the eye sees stays, what it does not see goes, and a placeholder is nothing."""

import unicodedata

import polars as pl
import pytest

from flows.cells.text import parse_text


def read(*cells: str | None) -> list[str | None]:
    return parse_text(pl.Series(cells, dtype=pl.String)).values.to_list()


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("  Acme   Inc ", "Acme Inc"),
        ("Acme\u00a0Inc\u2009", "Acme Inc"),
        ("Acme\tInc\r\nEast", "Acme Inc East"),
        ("Cafe\u0301", "Café"),
        ("Ca\u200bfe\ufeff", "Cafe"),
        ("e\u200b\u0301", "é"),
        ("\u202aAcme\u202c", "Acme"),
        ("A\x00c\x07me", "Acme"),
        ("São Paulo", "São Paulo"),
        ("👩\u200d💻 dev", "👩\u200d💻 dev"),
    ],
)
def test_text_is_composed_visible_and_folded(cell: str, expected: str) -> None:
    assert read(cell) == [expected]


@pytest.mark.parametrize(
    "cell",
    [
        *("", " ", "N/A", "n/a", "-", "--", "—", "none", "NONE", "null", "nan", "Select", "select...", "#N/A"),
        *("undefined", "na", ".", "?", "-- Select one --", "Please choose", "--None--", "(blank)", "\\N"),
        *("[not provided]", "not applicable", "#VALUE!", "[object Object]", " n/a ", "\u200b"),
    ],
)
def test_placeholders_are_blank(cell: str) -> None:
    assert read(cell) == [None]


@pytest.mark.parametrize(
    "cell",
    ["=cmd|' /C calc'!A0", "+123", "@SUM(A1)", "-5", "NA", "Selecta", "None of these", "N/A yet", "0"],
)
def test_what_says_something_is_kept_to_the_letter(cell: str) -> None:
    assert read(cell) == [cell]


def test_absent_and_blank_cells_are_both_null() -> None:
    assert read(None, "", "x") == [None, None, "x"]


def test_notes_keep_their_lines() -> None:
    cells = pl.Series([" one \r\n two\u2028\tthree  four\n\n\nfive\n"])
    assert parse_text(cells, keeps_lines=True).values.to_list() == ["one\ntwo\nthree four\n\n\nfive"]


def test_columns_of_few_texts_read_as_others_do() -> None:
    texts = ["North", " South", "N/A", "", "West  Side"]
    expected = ["North", "South", None, None, "West Side"]
    assert read(*texts * 500) == expected * 500
    # Every text another: the column is read cell by cell.
    assert read(*(f"{text}{number}" for number in range(500) for text in texts[:2])) == [
        f"{text.strip()}{number}" for number in range(500) for text in texts[:2]
    ]


def test_characters_that_pass_unseen_need_no_tidying() -> None:
    plain = [chr(code) for code in range(0x21, 0x20000) if not 0xD800 <= code < 0xE000]
    kept = parse_text(pl.Series([f"a{character}a" for character in plain])).values.to_list()
    for character, text in zip(plain, kept, strict=True):
        assert text is not None
        assert unicodedata.is_normalized("NFC", text)
        if unicodedata.category(character) in ("Cc", "Zs", "Zl", "Zp"):
            assert character not in text


@pytest.mark.parametrize(
    "text",
    [
        "k. A.",
        "Keine Angabe",
        "n.v.t.",
        "Non renseigné",
        "Bitte wählen",
        "-- Sélectionnez --",
        "未入力",
        "<test lead: dummy data for full_name>",
        "p:<test lead: dummy data for phone_number>",
    ],
)
def test_placeholders_of_other_languages_and_of_test_leads_say_nothing(text: str) -> None:
    assert parse_text(pl.Series([text])).values.to_list() == [None]
