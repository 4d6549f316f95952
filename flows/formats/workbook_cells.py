"""Cells of a workbook as the text that they would be in a CSV export: what the person sees, to the digit.

A workbook keeps a date as a number of days and says only by the cell's number format that it is one.
Sources: ECMA-376 part 1, sections 18.8.30 (number formats) and 18.17.4 (dates).
"""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Final

# Formats that a workbook uses by number without writing them down; the others of them show numbers.
BUILT_IN_FORMATS: Final[dict[int, str]] = {
    **dict.fromkeys((14, 15, 16, 17, *range(27, 32), 36, *range(50, 59)), "yyyy-mm-dd"),
    **dict.fromkeys((18, 19, 20, 21, 32, 33, 34, 35, 45, 47), "hh:mm:ss"),
    22: "yyyy-mm-dd hh:mm",
}

# Hours or minutes that go on behind the day: a duration, which stays a number.
_DURATION: Final = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
# Quoted and escaped text, padding, and what stands in brackets: colours, currencies, languages.
_NO_CODE: Final = re.compile(r'"[^"]*"|[\\_*].|\[[^\]]*\]|AM/PM|A/P', re.IGNORECASE)
_INTEGER: Final = re.compile(r"-?[0-9]+")
_LEADING_ZEROS: Final = re.compile(r"0{2,}")
_ESCAPE: Final = re.compile("_x([0-9A-Fa-f]{4})_")

# Excel shows no more; what lies behind is the binary fraction's.
_SHOWN_DIGITS: Final = 15
_PLAIN_EXPONENT_MAX: Final = 30
# Serial numbers count days from here; 1900 was no leap year, though Excel takes it for one.
_EPOCH: Final = datetime(1899, 12, 30, tzinfo=UTC)
_EPOCH_1904: Final = datetime(1904, 1, 1, tzinfo=UTC)
_FALSE_LEAP_DAY: Final = 60
_SERIAL_MAX: Final = 2_958_466


@lru_cache(maxsize=1_000)
def _shows(number_format: str) -> tuple[bool, bool]:
    """Whether a number format shows a date, and whether it shows a time of day."""
    code = _NO_CODE.sub("", number_format.split(";")[0]).lower()
    if "#" in code or "?" in code or "general" in code or _DURATION.search(number_format):
        return False, False
    has_time = "h" in code or "s" in code
    has_date = "y" in code or "d" in code or ("m" in code and not has_time)
    return has_date, has_time


def number_text(literal: str, number_format: str, *, is_1904: bool) -> str:
    """Return the text of a number cell, given as it stands in the file.

    Dates become `2026-01-31`, with a time `2026-01-31 14:30:00`. A format such as `00000` keeps the zeros
    in front of a post code.
    """
    has_date, has_time = _shows(number_format)
    if has_date or has_time:
        moment = _moment_text(literal, has_date, has_time, is_1904)
        if moment is not None:
            return moment
    if _INTEGER.fullmatch(literal):
        return literal.zfill(len(number_format)) if _LEADING_ZEROS.fullmatch(number_format) else literal
    return _decimal_text(literal)


def _decimal_text(literal: str) -> str:
    """Write a number without an exponent, and without the digits that its binary form has too many."""
    try:
        number = Decimal(literal)
    except InvalidOperation:
        return literal
    if not number.is_finite() or abs(number.adjusted()) > _PLAIN_EXPONENT_MAX:
        return literal
    if number != number.to_integral_value() and len(number.as_tuple().digits) > _SHOWN_DIGITS:
        number = Decimal(f"{number:.{_SHOWN_DIGITS}g}")
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _moment_text(literal: str, has_date: bool, has_time: bool, is_1904: bool) -> str | None:
    """Return the date, the time or both that a serial number means, or None where it means none."""
    try:
        serial = float(literal)
    except ValueError:
        return None
    if not 0 <= serial < _SERIAL_MAX:
        return None
    if not is_1904 and serial < _FALSE_LEAP_DAY and has_date:
        serial += 1
    # Milliseconds are as much as the fraction of a day holds.
    moment = (_EPOCH_1904 if is_1904 else _EPOCH) + timedelta(milliseconds=round(serial * 86_400_000))
    time = moment.strftime("%H:%M:%S") + (f".{moment.microsecond // 1000:03}" if moment.microsecond else "")
    if not has_date:
        return time if serial < 1 else None
    date = moment.date().isoformat()
    return f"{date} {time}" if has_time or time != "00:00:00" else date


def unescaped(text: str) -> str:
    """Return the text of a string cell, in which `_x000D_` stands for a character that XML has not."""
    if "_x" not in text:
        return text
    escaped = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
    # Two escapes may be the halves of one character.
    return escaped.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
