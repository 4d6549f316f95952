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

from flows.cells.moments import FIRST_SERIAL, INVALID, LAST_SERIAL, SERIAL, DayOrder, Moment, read_moment, read_offset
from flows.cells.parsed import Parsed, no_issues, put, unsettled
from flows.cells.text import read_blanks
from schemas.spec import UTC_TIMESTAMP

_EARLIEST: Final = datetime(1900, 1, 1)
_TOO_LATE: Final = datetime(2201, 1, 1)
_MOMENT: Final = {"naive": pl.Datetime("us"), "offset": pl.Duration("us"), "code": pl.String()}

# MySQL's way to say that there is none.
_ZERO_DATE: Final = r"^(?:0000-00-00(?:[ T]00:00:00(?:\.0+)?)?|00/00/0000)$"
_EPOCH: Final = r"^(?:[0-9]{10}|[0-9]{13})$"

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
    telling = cells.filter(cells.str.contains(f"{_SLASHED}|{SERIAL}").fill_null(False))
    numbers = telling.str.extract_groups(_SLASHED).struct.unnest().cast(pl.Int64)
    first, second = numbers[:, 0], numbers[:, 1].zip_with(numbers[:, 1].is_not_null(), numbers[:, 2])
    serials = telling.filter(telling.str.contains(SERIAL)).cast(pl.Float64)
    return DateEvidence(
        filled=int((cells != "").sum()),
        serials=int(serials.is_between(FIRST_SERIAL, LAST_SERIAL).sum()),
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
    return _Form(f"{date}{found['gap']}{clock}{zone}", read_offset(zone.strip().lower()) if zone else None)


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
    moments = [_as_row(None if text is None else read_moment(text, order, has_serials)) for text in known]
    read = pl.DataFrame(moments, schema=_MOMENT, orient="row").with_columns(text=distinct)
    stated = (read["naive"] - read["offset"]).dt.replace_time_zone("UTC")
    local = _localise(read["naive"], zone)
    read = read.with_columns(value=_in_range(stated.zip_with(read["offset"].is_not_null(), local)))
    answers = texts.to_frame("text").join(read, on="text", how="left", maintain_order="left")
    is_issue = answers["value"].is_null() & answers["code"].is_not_null()
    return Parsed(
        put(values, index, answers["value"]),
        pl.DataFrame({"index": index.cast(pl.UInt32), "code": answers["code"]}).filter(is_issue),
    )


def _as_row(moment: Moment | str | None) -> tuple[datetime | None, timedelta | None, str | None]:
    """Return time, offset, and the code that holds if no value comes of them: a time may be out of range."""
    if isinstance(moment, Moment):
        return moment.naive, moment.offset, INVALID
    return None, None, moment
