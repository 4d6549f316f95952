"""Sheets of open pairs: written to be decided, read back as they were filled in; and asking pair by pair."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from flows.errors import UsageError
from flows.reject_sheets import write_csv, write_xlsx
from flows.review import DECISION, PAIR, Decisions, ask_one_by_one, read_decisions, review_sheet


def open_pair(pair: str, **cells: Any) -> dict[str, Any]:
    """An open pair as `leads review` lists it."""
    blank = dict.fromkeys(
        ("name", "other_name", "email", "other_email", "phone", "other_phone", "company", "other_company"), None
    )
    return {
        "pair": pair,
        "why": "phone same (+12.6)",
        "weight": 3.25,
        "lead_id": 7,
        "other_lead_id": 8,
        **blank,
        **cells,
    }


PAIRS = [
    open_pair("12-57", name="Zoë Müller", other_name="Zoe Mueller", phone="+12127365000"),
    open_pair("12-90", name="=1+1", other_name="Bell, Ann"),
    open_pair("3-4", weight=None),
]


def filled(decisions: list[str]) -> pl.DataFrame:
    """The sheet of PAIRS with somebody's decisions in front."""
    return review_sheet(PAIRS).with_columns(pl.Series(DECISION, decisions))


@pytest.mark.parametrize(("suffix", "write"), [("csv", write_csv), ("xlsx", write_xlsx)])
def test_a_sheet_comes_back_as_it_was_decided(
    tmp_path: Path, suffix: str, write: Callable[[pl.DataFrame, Path], None]
) -> None:
    sheet = tmp_path / f"pairs.{suffix}"
    write(filled(["merge", " Apart ", ""]), sheet)
    assert read_decisions(sheet) == Decisions(merge=[(12, 57)], apart=[(12, 90)])


@pytest.mark.parametrize(("suffix", "write"), [("csv", write_csv), ("xlsx", write_xlsx)])
def test_an_untouched_sheet_decides_nothing(
    tmp_path: Path, suffix: str, write: Callable[[pl.DataFrame, Path], None]
) -> None:
    sheet = tmp_path / f"pairs.{suffix}"
    write(review_sheet(PAIRS), sheet)
    assert read_decisions(sheet) == Decisions(merge=[], apart=[])


def test_a_sheet_says_who_they_are_and_why_they_are_open() -> None:
    sheet = review_sheet(PAIRS)
    assert sheet.columns[:2] == [DECISION, PAIR]
    assert set(sheet.dtypes) == {pl.String()}
    assert sheet.row(0, named=True) | {
        DECISION: "",
        "leadmill_why": "phone same (+12.6)",
        "leadmill_weight": "3.25",
    } == (sheet.row(0, named=True))
    assert sheet["name"].to_list() == ["Zoë Müller", "=1+1", ""]


def test_a_spreadsheet_runs_no_cell_of_a_lead(tmp_path: Path) -> None:
    write_csv(review_sheet(PAIRS), tmp_path / "pairs.csv")
    assert ",=1+1," not in (tmp_path / "pairs.csv").read_text(encoding="utf-8-sig")


def test_a_sheet_without_pairs_has_its_columns(tmp_path: Path) -> None:
    write_csv(review_sheet([]), tmp_path / "pairs.csv")
    assert (tmp_path / "pairs.csv").read_text(encoding="utf-8-sig").startswith(f"{DECISION},{PAIR},")


@pytest.mark.parametrize(("word", "hint"), [("merged", "merge"), ("yes", "write merge or apart"), ("apar", "apart")])
def test_a_wrong_word_is_refused_by_its_line(tmp_path: Path, word: str, hint: str) -> None:
    write_csv(filled(["merge", "apart", word]), tmp_path / "pairs.csv")
    with pytest.raises(UsageError, match=rf'pairs\.csv, line 4: "{word}" is no decision.*{hint}'):
        read_decisions(tmp_path / "pairs.csv")


def test_a_pair_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pairs.csv").write_text(f"{DECISION},{PAIR}\nmerge,12 and 57\n", encoding="utf-8")
    with pytest.raises(UsageError, match='"12 and 57" is no pair'):
        read_decisions(tmp_path / "pairs.csv")


def test_another_file_is_no_sheet(tmp_path: Path) -> None:
    (tmp_path / "leads.csv").write_text("First Name,Last Name\nAnn,Bell\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"leads\.csv is no sheet of open pairs"):
        read_decisions(tmp_path / "leads.csv")


def test_a_file_that_is_missing_is_told_with_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"does not exist; write a sheet with: leads review --csv FILE"):
        read_decisions(tmp_path / "pairs.csv")


def answers(*words: str) -> Callable[[], str]:
    """Somebody at a terminal, who leaves after these words."""
    left = iter(words)

    def ask() -> str:
        try:
            return next(left)
        except StopIteration:
            raise EOFError from None

    return ask


def test_pairs_are_asked_one_by_one() -> None:
    shown: list[dict[str, Any]] = []
    decided = ask_one_by_one(PAIRS, shown.append, answers("m", "Apart", "s"))
    assert decided == Decisions(merge=[(12, 57)], apart=[(12, 90)])
    assert shown == PAIRS


def test_who_leaves_keeps_what_was_decided_until_then() -> None:
    for words in (("m", "q"), ("m",), ("m", "what?", "q")):
        shown: list[dict[str, Any]] = []
        decided = ask_one_by_one(PAIRS, shown.append, answers(*words))
        assert decided == Decisions(merge=[(12, 57)], apart=[])
        assert [pair["pair"] for pair in shown] == ["12-57", "12-90"]
