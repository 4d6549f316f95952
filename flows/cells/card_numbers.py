"""Payment card numbers in text where none belongs: found by issuer, length and check digit, and taken out.

A number is a card's if its first digits are those of an issuer that gives numbers of its length (ISO/IEC
7812, as the networks publish it), and its last digit is right by Luhn's formula. Its digits stand together
or in groups of at least four, with a space or dash between; so a telephone number's groups of three are no
card. One in ten ids of fitting length and beginning passes all that, so a column whose header says that it
holds ids is asked only for numbers written in groups, and telephone columns not at all.
"""

import re
from collections.abc import Iterator
from typing import Final

import polars as pl

from flows.cells.parsed import put

MARK: Final = "[card number removed]"

# Cheap and vectorised; what it finds is looked at closely.
MAY_HOLD_ONE: Final = r"[2-6](?:[ \u{A0}\-]?[0-9]){12}"

_RUN: Final = re.compile(r"(?<![\w+.])[0-9]+(?:[ \u00a0-][0-9]+)*(?![\w])")
_GROUP: Final = re.compile(r"[0-9]+")
_FEWEST_DIGITS: Final = 13
_MOST_DIGITS: Final = 19
_SMALLEST_GROUP: Final = 4

_ISSUERS: Final = tuple(
    (re.compile(first), frozenset(lengths))
    for first, lengths in (
        ("4", (13, 16, 19)),  # Visa
        ("5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720", (16,)),  # Mastercard
        ("3[47]", (15,)),  # American Express
        ("6011|64[4-9]|65", (16, 17, 18, 19)),  # Discover
        ("30[0-5]|3095|36|3[89]", (14, 16, 17, 18, 19)),  # Diners Club
        ("35(?:2[89]|[3-8])", (16, 17, 18, 19)),  # JCB
        ("62|81", (16, 17, 18, 19)),  # UnionPay
        ("50|5[6-8]|6", (13, 14, 15, 16, 17, 18, 19)),  # Maestro
    )
)


def has_luhn_digit(digits: str) -> bool:
    """Tell whether the last of the digits is the check digit of those before it (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def is_card_number(digits: str) -> bool:
    """Tell whether digits are a card number: issuer, length and check digit."""
    fits = any(first.match(digits) and len(digits) in lengths for first, lengths in _ISSUERS)
    return fits and len(set(digits)) > 1 and has_luhn_digit(digits)


def find_card_numbers(text: str, is_id: bool = False) -> list[str]:
    """Return the card numbers in a text as they are written there, in order.

    `is_id` tells that the text is of a column of ids: numbers without groups are then ids.
    """
    return [text[start:end] for start, end in _places(text, is_id)]


def without_card_numbers(text: str, is_id: bool = False) -> str:
    """Return a text with `[card number removed]` in the place of each card number."""
    for start, end in reversed(list(_places(text, is_id))):
        text = text[:start] + MARK + text[end:]
    return text


def remove_card_numbers(cells: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Return the cells without card numbers, and the positions of those that held one."""
    suspects = cells.str.contains(MAY_HOLD_ONE).fill_null(False).arg_true()
    if suspects.is_empty():
        return cells, suspects
    given = cells.gather(suspects)
    cleaned = pl.Series([without_card_numbers(text) for text in given], dtype=pl.String)
    index = suspects.filter(cleaned != given)
    return put(cells, index, cleaned.filter(cleaned != given)), index


def _places(text: str, is_id: bool) -> Iterator[tuple[int, int]]:
    for run in _RUN.finditer(text):
        groups = [(run.start() + group.start(), run.start() + group.end()) for group in _GROUP.finditer(run[0])]
        first = 0
        while first < len(groups):
            last = _card_from(text, groups, first)
            if last is None or (is_id and last == first):
                first += 1
            else:
                yield groups[first][0], groups[last][1]
                first = last + 1


def _card_from(text: str, groups: list[tuple[int, int]], first: int) -> int | None:
    """Return the last of the groups that make the longest card number from `first` on; None if none do."""
    digits, found = "", None
    for last in range(first, len(groups)):
        digits += text[slice(*groups[last])]
        if len(digits) > _MOST_DIGITS:
            break
        if len(digits) >= _FEWEST_DIGITS and is_card_number(digits):
            found = last
        if groups[last][1] - groups[last][0] < _SMALLEST_GROUP:
            break
    return found
