"""Card numbers leave texts however they are written there; ids, phones and times of day stay to the digit."""

import itertools

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from flows.cells.card_numbers import MARK, find_card_numbers, has_luhn_digit, remove_card_numbers, without_card_numbers

# The networks' beginnings with the lengths that they give, and how such a card shows its number.
KINDS = (
    ("4", 16, (4, 4, 4, 4)),
    ("4", 13, (4, 4, 4, 1)),
    ("4", 19, (4, 4, 4, 4, 3)),
    ("51", 16, (4, 4, 4, 4)),
    ("2221", 16, (4, 4, 4, 4)),
    ("2720", 16, (4, 4, 4, 4)),
    ("34", 15, (4, 6, 5)),
    ("37", 15, (4, 6, 5)),
    ("6011", 16, (4, 4, 4, 4)),
    ("36", 14, (4, 6, 4)),
    ("3528", 16, (4, 4, 4, 4)),
    ("62", 19, (6, 13)),
)


def completed(digits: str) -> str:
    return next(digits + last for last in "0123456789" if has_luhn_digit(digits + last))


@st.composite
def card_numbers(draw: st.DrawFn) -> str:
    first, length, groups = draw(st.sampled_from(KINDS))
    middle = draw(st.text("0123456789", min_size=length - len(first) - 1, max_size=length - len(first) - 1))
    digits = completed(first + middle)
    separator = draw(st.sampled_from(("", " ", "-", "\u00a0")))
    cuts = [sum(groups[:place]) for place in range(len(groups) + 1)]
    return separator.join(digits[start:end] for start, end in itertools.pairwise(cuts))


words = st.text(st.characters(codec="utf-8", exclude_categories=("Nd", "Nl", "No", "Cs")), max_size=12)


@given(card_numbers(), words, words)
def test_card_number_leaves_a_text_and_nothing_else_does(number: str, before: str, behind: str) -> None:
    text = f"{before} {number}, {behind}"

    cleaned, index = remove_card_numbers(pl.Series([behind, text, None]))

    assert cleaned.to_list() == [behind, f"{before} {MARK}, {behind}", None]
    assert index.to_list() == [1]


@given(card_numbers().filter(str.isdigit))
def test_number_with_a_wrong_check_digit_stays(number: str) -> None:
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)

    assert find_card_numbers(wrong) == []


@given(card_numbers(), st.integers(1, 12), st.integers(26, 40))
def test_what_stands_behind_a_card_number_does_not_hide_it(number: str, month: int, year: int) -> None:
    grouped = number if " " in number or "-" in number else None

    assert without_card_numbers(f"pay {number} exp {month:02}/{year}") == f"pay {MARK} exp {month:02}/{year}"
    if grouped:
        assert MARK in without_card_numbers(f"{grouped} 123")


@given(st.integers(1_000_000_000_000, 1_999_999_999_999))
def test_epoch_milliseconds_stay(milliseconds: int) -> None:
    assert find_card_numbers(str(milliseconds)) == []


@given(st.text("0123456789", min_size=10, max_size=10), st.text("0123456789", min_size=10, max_size=10))
def test_telephone_numbers_stay(one: str, other: str) -> None:
    for text in (f"+{one}{other[:3]}", f"{one[:3]} {one[3:6]} {one[6:]} {other[:3]}-{other[3:6]}-{other[6:]}"):
        assert find_card_numbers(text) == []


@given(card_numbers().filter(str.isdigit))
def test_ids_of_a_column_of_ids_stay(number: str) -> None:
    assert find_card_numbers(number, is_id=True) == []
    assert find_card_numbers(f"x{number}") == []
