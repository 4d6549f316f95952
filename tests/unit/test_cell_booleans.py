"""Yes and no in the words of systems and people; a word that only leans is neither."""

import polars as pl
import pytest

from flows.cells.booleans import parse_booleans


@pytest.mark.parametrize(
    "word", ["true", "TRUE", " Yes ", "y", "1", "1.0", "t", "on", "x", "✓", "Ja", "OUI", "Sí", "ДА", "是", "WAHR"]
)
def test_words_for_yes(word: str) -> None:
    assert parse_booleans(pl.Series([word])).values.to_list() == [True]


@pytest.mark.parametrize(
    "word", ["false", "No", "n", "0", "f", "off", "Nein", "non", "não", "нет", "HAYIR", "いいえ", "FAUX"]
)
def test_words_for_no(word: str) -> None:
    assert parse_booleans(pl.Series([word])).values.to_list() == [False]


@pytest.mark.parametrize("word", ["", "N/A", "-", "unknown?", "maybe", "2", "active", "archived"])
def test_other_words_are_null(word: str) -> None:
    parsed = parse_booleans(pl.Series([word]))
    assert parsed.values.to_list() == [None]
    assert parsed.issues["code"].to_list() == (["boolean_invalid"] if word not in ("", "N/A", "-") else [])


def test_fields_have_words_of_their_own() -> None:
    archived = parse_booleans(pl.Series(["Archived", "Active", "yes"]), "archived")
    interested = parse_booleans(pl.Series(["Not interested", "interested", "maybe", None]), "interestedInSwitching")
    assert archived.values.to_list() == [True, False, True]
    assert interested.values.to_list() == [False, True, None, None]
    assert interested.issues.rows() == [(2, "boolean_invalid")]
