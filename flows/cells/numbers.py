"""Whole numbers out of what people and systems write for ids, head counts and amounts of money.

The one doubtful spelling is a single separator with three digits behind it: `1,200` and `1.200` are both
1200, since prices carry two decimals and counts none; `0.200`, `1234.567` and `1.250M` are fractions.
"""

import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Final

import polars as pl

from flows.cells.calendar_words import MONTHS
from flows.cells.parsed import Parsed, issues_at, map_texts, no_issues, put, unsettled
from flows.cells.text import read_blanks

INVALID: Final = "number_invalid"
RANGE: Final = "number_range"

_LARGEST: Final = 2**63 - 1
# Nobody writes an amount at such length; what is longer landed in the wrong column.
_LONGEST: Final = 200

# What pandas makes of an integer column with a gap in it; 15 digits pass through a float unharmed.
_INTEGER_AS_FLOAT: Final = r"^([0-9]{1,15})\.0+$"
# Amounts that need no thought, with a decimal point or a decimal comma, and few enough digits that a
# float holds them with their cents.
_BEFORE: Final = r"^(?:(?:US)?[$€£]?|USD|EUR|GBP) ?"
_BEHIND: Final = r"(?: ?(?:[$€£]|USD|EUR|GBP))?$"
_POINT_MONEY: Final = (
    rf"{_BEFORE}((?:[1-9][0-9]{{0,2}}(?:,[0-9]{{3}}){{1,4}}|[0-9]{{1,12}})(?:\.[0-9]{{1,2}})?){_BEHIND}"
)
_COMMA_MONEY: Final = rf"{_BEFORE}((?:[1-9][0-9]{{0,2}}(?:\.[0-9]{{3}}){{1,4}}|[0-9]{{1,12}}),[0-9]{{1,2}}){_BEHIND}"

_NUMBER: Final = re.compile(
    r"""
      (?<!\d) \d{1,3} (?:[ '’]\d{3})+ (?!\d) (?: [.,][ ]?\d+ )?   # 1 298,00   1'049.95
    | (?:(?<!\d)[.,])? \d+ (?:[.,]\d+)* (?: [.,][ ]\d{1,2}(?!\d) )?  # 1.298,00   .75   119. 95
    """,
    re.VERBOSE,
)
_SCIENTIFIC: Final = re.compile(r"[+-]?\d+(?:\.\d+)?[eE][+-]?\d{1,2}")
_THOUSAND, _MILLION, _BILLION = Decimal(10) ** 3, Decimal(10) ** 6, Decimal(10) ** 9
_MULTIPLIERS: Final = {
    **dict.fromkeys(("k", "thousand", "tsd", "тыс"), _THOUSAND),
    **dict.fromkeys(("m", "mm", "mn", "mio", "mln", "million", "millions", "млн"), _MILLION),
    **dict.fromkeys(("b", "bn", "mrd", "billion", "billions"), _BILLION),
    **dict.fromkeys(("l", "lac", "lakh", "lakhs"), Decimal(10) ** 5),
    **dict.fromkeys(("cr", "crore", "crores"), Decimal(10) ** 7),
}
_WORD_BEHIND: Final = re.compile(r" ?([^\W\d_]+)")
_WORD_BEFORE: Final = re.compile(r"([A-Za-z]+)\.?$")
# Written against a number without a space, besides the three capitals of an ISO code.
_CURRENCY: Final = re.compile(r"[A-Z]{3}|(?i:rs|rp|rm|kr|us|mx|hk|nz|ca|au|zl|tl|ft|fr|lei|eur|usd|dkk|cfa)")
# A time, a fraction, a date, a share of something else: not an amount.
_NO_AMOUNT: Final = re.compile(r"%|\d ?[/:] ?\d|\d-\d+-\d")
_NEGATIVE: Final = re.compile(r"^[^\w(]*[-−][^\w(]*\d|^[^\w(]*\([^()]*\d[^()]*\)[^\w)]*$|\d-$")
_RANGE: Final = re.compile(r"\W*(?:[-–—]|\.\.+|\bto\b|\bbis\b|\bà\b)\W*", re.IGNORECASE)

# Nobody knows how few `under 50` are.
_UPPER_BOUND: Final = re.compile(r"<|≤|\b(?:under|below|less|fewer|up to|until|max|unter|weniger|bis zu|moins)\b")
# A sheet reads the range 1-10 as the first of October, or the tenth of January, and 11-50 as November 1950.
_RANGE_TAKEN_FOR_DATE: Final = re.compile(r"(\d{1,2})-([A-Za-z]{3})|([A-Za-z]{3})-(\d{2})")

# What only says from where on: `11-50`, `10,000+`, `>500`, and what a sheet made of a range.
_FROM_ON: Final = (
    r"(?i)[0-9][^0-9,.;]*(?:[-–—]|\.\.+|\bto\b|\bbis\b|\bà\b)[^0-9]*[0-9]|[0-9] ?[a-z]{0,8} ?\+|^[^0-9]*[>≥]|"
    r"\b(?:over|more than|at least|or more|and more|from|ab|über|mehr als|plus de|más de)\b|"
    r"^[0-9]{1,2}-[a-z]{3}$|^[a-z]{3}-[0-9]{2}$"
)


def parse_ids(cells: pl.Series, least: int = 0) -> Parsed:
    """Read ids: whole numbers in digits alone, from `least` to the largest 64-bit integer, exact to the digit."""
    values = cells.cast(pl.Int64, strict=False)
    index = unsettled(cells, values)
    if index.len():
        texts = read_blanks(cells.gather(index))
        digits = pl.coalesce(texts.str.extract(_INTEGER_AS_FLOAT), texts)
        values = put(values, index, pl.select(digits).to_series().cast(pl.Int64, strict=False))
    return _within(cells, values, least)


def parse_counts(cells: pl.Series) -> Parsed:
    """Read head counts: of a range (`11-50`, `10,000+`) its lower bound, with an issue `number_range`."""
    return _read(cells, cells.cast(pl.Int64, strict=False), read_count, least=0)


def parse_money(cells: pl.Series) -> Parsed:
    """Read amounts of money as whole units, rounded half up (away from zero); of a range its lower bound.

    A range leaves an issue `number_range`.
    """
    values = cells.cast(pl.Int64, strict=False)
    index = unsettled(cells, values)
    for pattern, separators in ((_POINT_MONEY, {",": ""}), (_COMMA_MONEY, {".": "", ",": "."})):
        if index.len():
            amounts = cells.gather(index).str.extract(pattern).str.replace_many(separators)
            values = put(values, index, (amounts.cast(pl.Float64) + 0.5).floor().cast(pl.Int64))
            index = unsettled(cells, values)
    return _read(cells, values, _read_whole_amount, least=-_LARGEST)


def read_count(text: str) -> int | None:
    """Return the head count, or its lower bound, that a tidied text names; None if it names none."""
    mistaken = _RANGE_TAKEN_FOR_DATE.fullmatch(text)
    if mistaken is not None:
        day, month, other_month, year = mistaken.groups()
        number = MONTHS.get((month or other_month).lower())
        return None if number is None else min(number, int(day or year))
    amount = None if _UPPER_BOUND.search(text.lower()) else read_amount(text)
    return int(amount) if amount is not None and amount == amount.to_integral_value() else None


def read_amount(text: str) -> Decimal | None:
    """Return the first amount that a tidied text names, of a range the lower one; None if it names none."""
    if len(text) > _LONGEST:
        return None
    if _SCIENTIFIC.fullmatch(text):
        return Decimal(text)
    found = list(_NUMBER.finditer(text))
    if not found or _NO_AMOUNT.search(text):
        return None
    words = [_word_behind(text, number) for number in found]
    if any(word is None for word in words) or not all(_may_follow(text[: number.start()]) for number in found):
        return None
    amounts = [_scaled(number[0], word or "") for number, word in zip(found, words, strict=True)]
    amount = amounts[0]
    if len(found) == 2 and amount is not None and amounts[1] is not None:
        between = text[found[0].end() : found[1].start()]
        if _RANGE.fullmatch(between):
            if words[1] in _MULTIPLIERS and not words[0]:  # 10-50k
                amount = _scaled(found[0][0], words[1] or "") or amount
            if amount > amounts[1]:
                return None
    return amount.copy_negate() if amount is not None and _NEGATIVE.search(text) else amount


def _read(cells: pl.Series, values: pl.Series, read: Callable[[str], int | None], least: int) -> Parsed:
    index = unsettled(cells, values)

    def read_texts(texts: pl.Series) -> pl.Series:
        known = read_blanks(texts)
        return pl.Series([None if text is None else _in_range(read(text)) for text in known], dtype=pl.Int64)

    if not index.len():
        return _within(cells, values, least)
    odd = cells.gather(index)
    found = _within(cells, put(values, index, map_texts(odd, read_texts)), least)
    is_bound = odd.str.contains(_FROM_ON) & found.values.gather(index).is_not_null()
    bounds = issues_at(index.filter(is_bound), RANGE)
    return Parsed(found.values, pl.concat([found.issues, bounds]).sort("index")) if bounds.height else found


def _read_whole_amount(text: str) -> int | None:
    amount = read_amount(text)
    return None if amount is None else int(amount.to_integral_value(ROUND_HALF_UP))


def _in_range(number: int | None) -> int | None:
    return number if number is not None and abs(number) <= _LARGEST else None


def _within(cells: pl.Series, values: pl.Series, least: int) -> Parsed:
    """Take back values below `least`, and note the cells that say something and gave no value."""
    low = (values < least).fill_null(False)
    if low.any():
        values = values.set(low, None)
    index = unsettled(cells, values)
    if index.is_empty():
        return Parsed(values, no_issues())
    return Parsed(values, issues_at(index.filter(read_blanks(cells.gather(index)).is_not_null()), INVALID))


def _word_behind(text: str, number: re.Match[str]) -> str | None:
    """Return the word that follows a number, "" for none, and None for one that cannot follow an amount."""
    word = _WORD_BEHIND.match(text, number.end())
    if word is None:
        return ""
    small = word[1].lower()
    is_attached = word.start(1) == number.end()
    if small in _MULTIPLIERS or not is_attached or not small.isascii():
        return small
    return small if _CURRENCY.fullmatch(word[1]) else None


def _may_follow(before: str) -> bool:
    """Tell whether an amount may stand right behind this text: `SGD4.90` holds one, `Q3` does not."""
    word = _WORD_BEFORE.search(before)
    return word is None or _CURRENCY.fullmatch(word[1]) is not None


def _scaled(number: str, word: str) -> Decimal | None:
    multiplier = _MULTIPLIERS.get(word)
    amount = _plain_amount(number, is_scaled=multiplier is not None)
    if amount is None or multiplier is None:
        return amount
    with localcontext(prec=60):
        return amount * multiplier


def _plain_amount(number: str, is_scaled: bool) -> Decimal | None:
    """Return the value of digits with separators; None where the separators make no sense."""
    is_grouped = re.search(r"\d[ '’]\d", number) is not None
    digits = re.sub(r"[ '’]", "", number)
    separators = re.findall(r"[.,]", digits)
    if not separators:
        return Decimal(digits)
    last = separators[-1]
    if len(separators) > 1 or (not is_grouped and _is_one_group(digits, last, is_scaled)):
        is_last_decimal = separators.count(last) == 1 and len(separators) > 1
        whole, fraction = digits.rsplit(last, 1) if is_last_decimal else (digits, "")
        groups = re.split(r"[.,]", whole)
        is_one_kind = len(set(re.findall(r"[.,]", whole))) <= 1
        if not is_one_kind or not 1 <= len(groups[0]) <= 3 or not _are_groups(groups[1:]):
            return None
        return Decimal("".join(groups) + ("." + fraction if fraction else ""))
    return Decimal(digits.replace(",", "."))


def _is_one_group(digits: str, separator: str, is_scaled: bool) -> bool:
    left, right = digits.split(separator)
    is_fraction_of_scale = is_scaled and separator == "."
    return len(right) == 3 and 1 <= len(left) <= 3 and not left.startswith("0") and not is_fraction_of_scale


def _are_groups(groups: list[str]) -> bool:
    """Tell groups of three, or of two before a last three as in India: 1,00,000."""
    sizes = [len(group) for group in groups]
    return sizes[-1:] == [3] and (set(sizes) == {3} or set(sizes[:-1]) == {2})
