"""One text that says a point in time, read word by word: what a person would make of it, or why nobody could.

Slow beside the formats of `dates`, which leaves only the odd texts to it, and thorough: languages, words
around the date, clocks of twelve hours, names of time zones.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from flows.cells.calendar_words import FILLERS, HALVES, HOURS, MONTHS, WEEKDAYS, ZONES, plain_word

INVALID: Final = "date_invalid"
AMBIGUOUS: Final = "date_ambiguous"

DayOrder = Literal["mdy", "dmy", "ymd"]

# Days from 1954 to 2100, as a spreadsheet counts them.
SERIAL: Final = r"^[0-9]{5}(?:\.[0-9]+)?$"
FIRST_SERIAL, LAST_SERIAL = 20_000, 73_050
_EXCEL_DAY_ZERO: Final = datetime(1899, 12, 30)

_LONGEST: Final = 100

_OFFSET: Final = r"(?:(?:utc|gmt|z) ?)?([+-])(\d{1,2})(?::?(\d{2}))?"
_HALF: Final = r"(?:([ap])\.? ?m\b\.?|([ai]p)\b\.?)"
_CLOCK: Final = re.compile(
    rf"(?:\b{_HALF} ?)?(?<!\d)(?P<hour>\d{{1,2}}):(?P<minute>\d{{2}})"
    rf"(?::(?P<second>\d{{2}})(?:\.(?P<fraction>\d+)|,(?P<comma_fraction>\d{{3}}|\d{{6,9}})(?!\d))?)?h?(?: ?{_HALF})?"
    rf"(?: ?(?P<zone>{_OFFSET}))?(?!\d|:)"
)
_OTHER_CLOCKS: Final = (
    re.compile(r"(?<!\d)(?P<hour>\d{1,2})h(?P<minute>\d{2})?(?!\d)"),
    re.compile(rf"(?<![\d.])(?P<hour>\d{{1,2}})(?:\.(?P<minute>\d{{2}}))? ?{_HALF}"),
    re.compile(r"(?<=\d{4}) (?P<hour>\d{1,2})\.(?P<minute>\d{2})$"),
)
_DAY_RANGE: Final = re.compile(r"(?<!\d)(\d{1,2})\.? ?[-–] ?(\d{1,2})(?!\d)(?=[., ]|$)")
_DOTTED_DAY_RANGE: Final = re.compile(r"^(\d{1,2})\. ?[-–] ?\d{1,2}\.(?=\d{1,2}\.\d{4})")
_TOKEN: Final = re.compile(r"[^\W\d_]+|\d+|[^\w]+|_")
_POINTERS: Final = ("next", "last", "this")
_BETWEEN: Final = re.compile(r"[\s.,/'’|@:;()\[\]–-]*")


@dataclass(frozen=True)
class Moment:
    """A date and time as written, and how far from UTC the text says it is, if it says."""

    naive: datetime
    offset: timedelta | None = None


def read_offset(zone: str) -> timedelta | None:
    """Return what a zone's name or its hours and minutes say, None if it is none or beyond 18 hours."""
    if zone in ZONES:
        return timedelta(hours=ZONES[zone])
    found = re.fullmatch(_OFFSET, zone)
    if found is None:
        return None
    digits = found[2] + (found[3] or "")
    # +530 is half past five, as +0530 is.
    hours, minutes = (int(digits[:-2]), int(digits[-2:])) if len(digits) > 2 else (int(digits), 0)
    if hours > 18 or minutes > 59:
        return None
    return timedelta(hours=hours, minutes=minutes) * (-1 if found[1] == "-" else 1)


def read_moment(text: str, order: DayOrder | None, has_serials: bool = False) -> Moment | str:
    """Return what a tidied text says, or the code of the reason why that cannot be told."""
    if len(text) > _LONGEST:
        return INVALID
    try:
        return _read_digits(text, has_serials) or _read_words(text, order)
    except (ValueError, OverflowError):
        return INVALID


def _read_digits(text: str, has_serials: bool) -> Moment | None:
    """Read times that are bare numbers: epoch seconds and milliseconds, compact ISO, day numbers of a sheet."""
    epoch = re.fullmatch(r"(\d{10})(?:\.?(\d{3})|\.(\d+))?", text, re.ASCII)
    if epoch is not None:
        micros = int((epoch[2] or epoch[3] or "")[:6].ljust(6, "0"))
        since = timedelta(seconds=int(epoch[1]), microseconds=micros)
        return Moment(datetime(1970, 1, 1) + since, timedelta())
    if re.fullmatch(r"\d{8}", text, re.ASCII):
        return Moment(datetime.strptime(text, "%Y%m%d"))
    compact = re.fullmatch(r"(\d{8})[Tt]?(\d{6})(?:\.\d+)?([Zz]?)", text, re.ASCII)
    if compact is not None:
        naive = datetime.strptime(compact[1] + compact[2], "%Y%m%d%H%M%S")
        return Moment(naive, timedelta() if compact[3] else None)
    if has_serials and re.fullmatch(SERIAL, text) and FIRST_SERIAL <= float(text) <= LAST_SERIAL:
        # Sheets keep the time as a fraction of the day, which is exact to the second at best.
        return Moment(_EXCEL_DAY_ZERO + timedelta(seconds=round(float(text) * 86_400)))
    return None


def _read_words(text: str, order: DayOrder | None) -> Moment | str:
    clock, zone, rest = _take_clock(plain_word(text))
    day = _read_day(rest, order, has_offset=zone is not None)
    if isinstance(day, str):
        return day
    date, word_hour, word_zone = day
    if clock is None:
        clock = timedelta(hours=word_hour or 0)
    return Moment(date + clock, zone if zone is not None else word_zone)


def _take_clock(text: str) -> tuple[timedelta | None, timedelta | None, str]:
    """Return the time of day, the offset behind it, and the text without them."""
    found = _CLOCK.search(text)
    if found is None:
        found = next((match for clock in _OTHER_CLOCKS if (match := clock.search(text))), None)
    if found is None:
        return None, None, text
    parts = found.groupdict()
    hour, minute, second = (int(parts.get(name) or 0) for name in ("hour", "minute", "second"))
    half = _half_of(found)
    if half is not None and hour <= 12:
        hour = hour % 12 + half
    # 24:00 ends the day, a leap second ends the minute; 13:30 pm is a clock of 24 hours with a label.
    is_midnight = hour == 24 and minute == second == 0
    if (hour > 23 and not is_midnight) or minute > 59 or second > 60 or (half == 0 and hour > 12):
        raise ValueError
    fraction = parts.get("fraction") or parts.get("comma_fraction") or "0"
    micros = int(fraction[:6].ljust(6, "0"))
    rest = f"{text[: found.start()]} {text[found.end() :]}"
    zone = parts.get("zone")
    offset = read_offset(zone) if zone else None
    if zone and offset is None:
        raise ValueError
    return timedelta(hours=hour, minutes=minute, seconds=second, microseconds=micros), offset, rest


def _half_of(found: re.Match[str]) -> int | None:
    words = [group + "m" if group in ("a", "p") else group for group in found.groups() if group]
    return next((HALVES[word] for word in words if word in HALVES), None)


def _read_day(
    text: str, order: DayOrder | None, has_offset: bool
) -> tuple[datetime, int | None, timedelta | None] | str:
    """Read the part of a text that is left without its time: the day, an hour and a zone said in words."""
    months: list[int] = []
    numbers: list[str] = []
    hour: int | None = None
    zone: timedelta | None = None
    text = _DOTTED_DAY_RANGE.sub(r"\1.", text.strip())
    month_words = [word for word in re.findall(r"[^\W\d_]+", text) if word in MONTHS]
    if month_words:
        text = _DAY_RANGE.sub(r"\1", text, count=1)
    for token in _TOKEN.findall(text):
        if token.isdecimal():
            numbers.append(token)
        elif token == "mar" and len(month_words) > 1 and not numbers:
            continue  # martes, mardi, martedì: a Tuesday before a day with a month of its own
        elif token in MONTHS:
            months.append(MONTHS[token])
        elif token in HOURS:
            hour = HOURS[token]
        elif token in ZONES:
            zone = timedelta(hours=ZONES[token])
        elif not (_says_nothing(token) or (token in _POINTERS and _names_weekday_and_date(text))):
            return INVALID
    separator = re.search(r"\d ?([-./]) ?\d", text)
    if len(months) == 1 and len(numbers) == 2:
        date = _day_with_month(numbers, months[0])
    elif not months and len(numbers) == 3:
        found = _day_of_numbers(numbers, separator[1] if separator else "", order)
        if isinstance(found, str):
            return found
        date = found
    else:
        return INVALID
    return date, hour, None if has_offset else zone


def _says_nothing(token: str) -> bool:
    return token in WEEKDAYS or token in FILLERS or _BETWEEN.fullmatch(token) is not None


def _names_weekday_and_date(text: str) -> bool:
    """Tell `next Friday, July 4, 2025`, a whole date, from `next Friday`."""
    words = re.findall(r"[^\W\d_]+", text)
    return any(word in WEEKDAYS for word in words) and any(word in MONTHS for word in words)


def _day_with_month(numbers: list[str], month: int) -> datetime:
    first, second = numbers
    is_year_first = len(first) > 2 or int(first) > 31
    year, day = (first, second) if is_year_first else (second, first)
    return datetime(_year(year), month, _day(day))


def _day_of_numbers(numbers: list[str], separator: str, order: DayOrder | None) -> datetime | str:
    if len(numbers[0]) > 2:
        year, month, day = numbers
        # The year leads, so the month follows, unless no month could be so.
        return _existing(year, month, day) or _existing(year, day, month) or INVALID
    one, other, year = (numbers[0], numbers[2], numbers[1]) if len(numbers[1]) > 2 else numbers
    readings = {"mdy": _existing(year, one, other), "dmy": _existing(year, other, one)}
    if order == "ymd" or (separator == "-" and all(len(number) == 2 for number in numbers)):
        readings["ymd"] = _existing(numbers[0], numbers[1], numbers[2])
    known = readings.get("dmy" if separator == "." and readings["dmy"] else order or "")
    if known is not None:
        return known
    dates = {date for date in readings.values() if date is not None}
    return AMBIGUOUS if len(dates) > 1 else next(iter(dates), INVALID)


def _existing(year: str, month: str, day: str) -> datetime | None:
    try:
        return datetime(_year(year), _day(month), _day(day))
    except ValueError:
        return None


def _year(digits: str) -> int:
    if len(digits) not in (2, 4):
        raise ValueError
    year = int(digits)
    if len(digits) == 4:
        return year
    return year + (2000 if year < 69 else 1900)


def _day(digits: str) -> int:
    if len(digits) > 2:
        raise ValueError
    return int(digits)
