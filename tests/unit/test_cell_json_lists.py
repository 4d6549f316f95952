"""Lists as JSON text: passed on to the letter if they are lists, kept out if they are not."""

import polars as pl
import pytest

from flows.cells.json_lists import parse_json_lists

LOG = '[{"id": 1, "event": "lead_created", "data": {"a": [1]}}]'


@pytest.mark.parametrize("text", [LOG, "[]", " [ ]\n", '["\\ud83d\\ude00"]'])
def test_lists_are_kept_to_the_letter(text: str) -> None:
    assert parse_json_lists(pl.Series([text])).values.to_list() == [text]


@pytest.mark.parametrize("text", ["{}", "[", "[1,]", "[NaN]", "[object Object]x", "1", '["\\ud83d"]', "[" * 5000])
def test_others_are_kept_out(text: str) -> None:
    parsed = parse_json_lists(pl.Series([LOG, text]))
    assert (parsed.values.to_list(), parsed.issues.rows()) == ([LOG, None], [(1, "json_invalid")])


@pytest.mark.parametrize("text", ["", "  ", "null", "N/A", None])
def test_blank_cells_are_null(text: str | None) -> None:
    parsed = parse_json_lists(pl.Series([text], dtype=pl.String))
    assert (parsed.values.to_list(), parsed.issues.height) == ([None], 0)
