"""Points in time, in UTC, out of the ways in which systems and people write dates.

A time without a zone is the feed's local time, a date without a time its midnight; where clocks are set
back the earlier of the two hours is meant. Two-digit years are 1969 to 2068. `03/04/2024` is read only
where the order is known; dots (`03.04.2024`) put the day first. A full date is asked for: `yesterday`,
`March 2024` and years before 1900 or after 2200 are no dates. Nothing depends on the day of the run.
"""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

import polars as pl

from flows.cells.calendar_words import FILLERS, HALVES, HOURS, MONTHS, WEEKDAYS, ZONES, plain_word
from flows.cells.parsed import Parsed, no_issues, put, unsettled
from flows.cells.text import read_blanks
from schemas.spec import UTC_TIMESTAMP

INVALID: Final = "date_invalid"
AMBIGUOUS: Final = "date_ambiguous"

DayOrder = Literal["mdy", "dmy", "ymd"]

_EARLIEST: Final = datetime(1900, 1, 1)
_TOO_LATE: Final = datetime(2201, 1, 1)
_EXCEL_DAY_ZERO: Final = datetime(1899, 12, 30)
_NAIVE: Final = pl.Datetime("us")

# MySQL's way to say that there is none.
_ZERO_DATE: Final = r"^(?:0000-00-00(?:[ T]00:00:00(?:\.0+)?)?|00/00/0000)$"
_EPOCH: Final = r"^(?:[0-9]{10}|[0-9]{13})$"
# Days from 1954 to 2100, as a spreadsheet counts them.
_SERIAL: Final = r"^[0-9]{5}(?:\.[0-9]+)?$"
_FIRST_SERIAL, _LAST_SERIAL = 20_000, 73_050
_LONGEST: Final = 100

# What the vectorised reader takes, as parts of a cell; the careful reader reads the same and more.
_PLAIN: Final = re.compile(
    r"(?P<date>\d{4}(?P<ysep>[-/])\d{2}(?P=ysep)\d{2}"
    r"|\d{1,2}(?P<sep>[-/.])\d{1,2}(?P=sep)\d{4}"
    r"|\d{1,2}(?P<msep>[- ])[A-Z][a-z]{2}(?P=msep)\d{4}"
    r"|(?P<month>[A-Z][a-z]{2,8}) \d{1,2}(?P<comma>,?) \d{4})"
    r"(?:(?P<gap>,? |T)(?P<time>\d{1,2}:\d{2})(?P<seconds>:\d{2})?(?P<fraction>\.\d{3}|\.\d{6})?"
    r"(?P<half> ?[AaPp][Mm])?(?P<zone>Z| ?UTC|[+-]\d{2}(?::?\d{2})?)?)?"
)
_ROUNDS: Final = 6
_ROUND_SAMPLE: Final = 50

# Two-digit years between dashes may lead as well as follow: such cells tell nothing.
_SLASHED: Final = r"^\s*([0-9]{1,2})(?:\s?[/ ]\s?([0-9]{1,2})\s?[/ ]\s?[0-9]{2}|-([0-9]{1,2})-[0-9]{4})"

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
class DateEvidence:
    """What the cells of a column tell about its way of writing dates; adds up over the chunks of a file."""

    filled: int = 0
    serials: int = 0
    month_first: int = 0
    day_first: int = 0

    def __add__(self, other: "DateEvidence") -> "DateEvidence":
        return DateEvidence(
            self.filled + other.filled,
            self.serials + other.serials,
            self.month_first + other.month_first,
            self.day_first + other.day_first,
        )

    @property
    def order(self) -> Literal["mdy", "dmy", "excel"] | None:
        """The order that the column shows, `excel` for the day numbers of a spreadsheet; None if it is unclear."""
        if self.serials * 2 > self.filled:
            return "excel"
        if bool(self.month_first) == bool(self.day_first):
            return None
        return "mdy" if self.month_first else "dmy"


def gather_evidence(cells: pl.Series) -> DateEvidence:
    """Count the cells of one column that can be read in one order of day and month only."""
    # One cheap look first: the cells of the many columns in ISO fail at the third character.
    telling = cells.filter(cells.str.contains(f"{_SLASHED}|{_SERIAL}").fill_null(False))
    numbers = telling.str.extract_groups(_SLASHED).struct.unnest().cast(pl.Int64)
    first, second = numbers[:, 0], numbers[:, 1].zip_with(numbers[:, 1].is_not_null(), numbers[:, 2])
    serials = telling.filter(telling.str.contains(_SERIAL)).cast(pl.Float64)
    return DateEvidence(
        filled=int((cells != "").sum()),
        serials=int(serials.is_between(_FIRST_SERIAL, _LAST_SERIAL).sum()),
        month_first=int(((first <= 12) & (second > 12)).sum()),
        day_first=int(((first > 12) & (second <= 12)).sum()),
    )


def parse_dates(cells: pl.Series, zone: str, order: DayOrder | None = None, has_serials: bool = False) -> Parsed:
    """Read dates and times as UTC timestamps in microseconds.

    `zone` is the IANA zone of times without one, `order` the order of slashed dates, `has_serials` tells
    that the column holds day numbers of a spreadsheet. Issues are `date_invalid` and `date_ambiguous`.
    """
    values = pl.Series(cells.name, [None], dtype=UTC_TIMESTAMP).new_from_index(0, cells.len())
    values = _read_epochs(cells, values)
    tried: set[str] = set()
    for _ in range(_ROUNDS):
        index = unsettled(cells, values)
        if index.is_empty():
            break
        texts = cells if index.len() == cells.len() else cells.gather(index)
        plain = _most_common_form(texts.head(_ROUND_SAMPLE), order, tried)
        if plain is None:
            break
        tried.add(plain.format)
        found = _read_plain(texts, plain, zone)
        values = found if texts is cells else put(values, index, found)
    return _read_carefully(cells, values, zone, order, has_serials)


def _read_epochs(cells: pl.Series, values: pl.Series) -> pl.Series:
    """Read columns of epoch seconds or milliseconds, of which every text is another."""
    if not cells.head(_ROUND_SAMPLE).str.contains(_EPOCH).any():
        return values
    index = cells.str.contains(_EPOCH).fill_null(False).arg_true()
    numbers = cells.gather(index).cast(pl.Int64)
    micros = (numbers * 1_000_000).zip_with(numbers < 10**10, numbers * 1000)
    return put(values, index, _in_range(micros.cast(UTC_TIMESTAMP)))


@dataclass(frozen=True)
class _Form:
    """A way to write times that a whole column may share: the format, and the zone it states if any."""

    format: str
    offset: timedelta | None


def _most_common_form(texts: pl.Series, order: DayOrder | None, tried: set[str]) -> _Form | None:
    forms = Counter(form for text in texts if text and (form := _form_of(text, order)) is not None)
    return next((form for form, _ in forms.most_common() if form.format not in tried), None)


def _form_of(text: str, order: DayOrder | None) -> _Form | None:
    found = _PLAIN.fullmatch(text)
    if found is None:
        return None
    if found["ysep"]:
        date = found["ysep"].join(("%Y", "%m", "%d"))
    elif found["sep"] == "." or (found["sep"] and order == "dmy"):
        date = found["sep"].join(("%d", "%m", "%Y"))
    elif found["sep"]:
        if order != "mdy":
            return None
        date = found["sep"].join(("%m", "%d", "%Y"))
    elif found["msep"]:
        date = found["msep"].join(("%d", "%b", "%Y"))
    else:
        date = f"{'%b' if len(found['month']) == 3 else '%B'} %d{found['comma']} %Y"
    if not found["time"]:
        return _Form(date, None)
    half = found["half"]
    clock = "%I:%M" if half else "%H:%M"
    clock += ":%S" if found["seconds"] else ""
    clock += f".%{len(found['fraction']) - 1}f" if found["fraction"] else ""
    clock += (" %p" if half[0] == " " else "%p") if half else ""
    zone = found["zone"] or ""
    return _Form(f"{date}{found['gap']}{clock}{zone}", _offset_of(zone.strip().lower()) if zone else None)


def _offset_of(zone: str) -> timedelta | None:
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


def _read_plain(texts: pl.Series, form: _Form, zone: str) -> pl.Series:
    # `cache=False`: the cache of texts read before costs more than the reading.
    naive = texts.str.to_datetime(form.format, time_unit="us", strict=False, exact=True, cache=False)
    if form.offset is None:
        return _in_range(_localise(naive, zone))
    return _in_range((naive - form.offset).dt.replace_time_zone("UTC"))


def _localise(naive: pl.Series, zone: str) -> pl.Series:
    """Return local times as UTC; one that the clock skipped in spring is as long after the hour before."""
    # Times outside every calendar would not survive the zone's table.
    within = naive.is_between(_EARLIEST - timedelta(days=2), _TOO_LATE + timedelta(days=2))
    naive = naive.set(~within.fill_null(True), None)
    if zone == "UTC":
        return naive.dt.replace_time_zone("UTC")
    local = naive.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    if local.null_count() > naive.null_count():
        before = naive.dt.offset_by("-3h").dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
        local = local.zip_with(local.is_not_null(), before.dt.offset_by("3h"))
    return local.dt.convert_time_zone("UTC")


def _in_range(values: pl.Series) -> pl.Series:
    is_within = values.is_between(_EARLIEST.replace(tzinfo=UTC), _TOO_LATE.replace(tzinfo=UTC), closed="left")
    return values if is_within.all() else values.set(~is_within.fill_null(True), None)


def _read_carefully(
    cells: pl.Series, values: pl.Series, zone: str, order: DayOrder | None, has_serials: bool
) -> Parsed:
    """Read what is left, each distinct text once, and say of each that stays unread why."""
    index = unsettled(cells, values)
    if index.is_empty():
        return Parsed(values, no_issues())
    texts = cells.gather(index)
    distinct = texts.unique()
    known = read_blanks(distinct)
    known = known.set(known.str.contains(_ZERO_DATE).fill_null(False), None)
    moments = [None if text is None else read_moment(text, order, has_serials) for text in known]
    read = pl.DataFrame(
        {
            "text": distinct,
            "naive": pl.Series([_naive(moment) for moment in moments], dtype=_NAIVE),
            "offset": pl.Series([_offset(moment) for moment in moments], dtype=pl.Duration("us")),
            "code": pl.Series(
                [moment if isinstance(moment, str) else moment and INVALID for moment in moments],
                dtype=pl.String,
            ),
        }
    )
    stated = (read["naive"] - read["offset"]).dt.replace_time_zone("UTC")
    local = _localise(read["naive"], zone)
    read = read.with_columns(value=_in_range(stated.zip_with(read["offset"].is_not_null(), local)))
    answers = texts.to_frame("text").join(read, on="text", how="left", maintain_order="left")
    is_issue = answers["value"].is_null() & answers["code"].is_not_null()
    return Parsed(
        put(values, index, answers["value"]),
        pl.DataFrame({"index": index.cast(pl.UInt32), "code": answers["code"]}).filter(is_issue),
    )


@dataclass(frozen=True)
class Moment:
    """A date and time as written, and how far from UTC the text says it is, if it says."""

    naive: datetime
    offset: timedelta | None = None


def _naive(moment: Moment | str | None) -> datetime | None:
    return moment.naive if isinstance(moment, Moment) else None


def _offset(moment: Moment | str | None) -> timedelta | None:
    return moment.offset if isinstance(moment, Moment) else None


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
    if has_serials and re.fullmatch(_SERIAL, text) and _FIRST_SERIAL <= float(text) <= _LAST_SERIAL:
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
    offset = _offset_of(zone) if zone else None
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
