"""The contracts of the reference folder: the feeds of `feeds.toml` and the tables of its CSV files.

People edit these files by hand, so each rule here says what would do and offers the nearest right
value. Nothing here touches a file: `flows/reference.py` reads them and adds file, line and key to
what a contract says.
"""

import difflib
import re
import zoneinfo
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from functools import cache
from typing import Annotated, Final, Literal, NoReturn

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from schemas.spec import CRM_OWNED_FIELDS, lead_columns, spec_fields

# Targets of a header that are no fields of the spec (design 4.5).
EXTRA_TARGETS: Final = ("full_name", "source_key", "opt_out", "opt_in", "merged_into", "merged_ids")

DEFAULT_FEED: Final = "default"
DEFAULT_ACCOUNT: Final = "default"

OnUpdate = Literal["overwrite", "fill"]
EvidenceKind = Literal["date", "code", "identifier", "text"]

# `UK` and `EN` are what people write for these two; no string distance would find them.
_REGION_SLIPS: Final = {"UK": "GB", "EN": "GB"}

_DATE_PARTS: Final = {
    "%Y": r"(?P<year>\d{4})",
    "%m": r"(?P<month>\d{2})",
    "%d": r"(?P<day>\d{2})",
    "%H": r"(?P<hour>\d{2})",
    "%M": r"(?P<minute>\d{2})",
    "%S": r"(?P<second>\d{2})",
}

_WRITTEN_DATE: Final = re.compile(r"(?P<year>\d{4})\D?(?P<month>\d{2})\D?(?P<day>\d{2})")

_CRON_BOUNDS: Final = (
    ("minute", 0, 59),
    ("hour", 0, 23),
    ("day", 1, 31),
    ("month", 1, 12),
    ("weekday", 0, 7),
)
_CRON_NAMES: Final = {
    "month": ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
    "weekday": ["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
}


def nearest(value: str, choices: Iterable[str], cutoff: float = 0.6) -> str | None:
    """Return the choice most like `value`, without regard to case, or None below the likeness `cutoff`."""
    by_folded = {choice.casefold(): choice for choice in choices}
    close = difflib.get_close_matches(value.casefold(), by_folded, n=1, cutoff=cutoff)
    return by_folded[close[0]] if close else None


def refuse(message: str) -> NoReturn:
    """Refuse a value: `message` says what would do and stands in the user's error line as it is."""
    # PydanticCustomError reads its text as a template; braces in a value must stay text.
    raise PydanticCustomError("reference", "{message}", {"message": message})


def did_you_mean(value: str, choices: Iterable[str]) -> str:
    """Return the hint ` (did you mean "x"?)`, or nothing where no choice is close."""
    close = nearest(value, choices)
    return f' (did you mean "{close}"?)' if close else ""


def _one_of(value: str, choices: tuple[str, ...], what: str) -> str:
    if value not in choices:
        refuse(f'"{value}" is no {what}{did_you_mean(value, choices)}')
    return value


def _header_target(value: str) -> str:
    targets = (*(field.name for field in spec_fields()), *EXTRA_TARGETS)
    return value if value == "" else _one_of(value, targets, "field of the spec")


def _lead_field(value: str) -> str:
    return _one_of(value, lead_columns(), "field of the spec")


def _defaulted_field(value: str) -> str:
    """Check a key of `defaults`: a field that a constant may fill."""
    if value in ("firstName", "lastName"):
        refuse(f'"{value}" cannot have a default, since names tell people apart; use placeholders')
    if value == "accountId":
        refuse('"accountId" cannot have a default; use account_id')
    read_only = tuple(field.name for field in spec_fields() if field.is_read_only)
    if value in read_only:
        refuse(f'"{value}" is read-only and cannot have a default')
    return _lead_field(value)


def _placeholder_field(value: str) -> str:
    if value not in ("firstName", "lastName"):
        hint = did_you_mean(value, ("firstName", "lastName")) or "; for others use defaults"
        refuse(f'"{value}": only firstName and lastName have placeholders{hint}')
    return value


def _trusted_field(value: str) -> str:
    _lead_field(value)
    if value not in CRM_OWNED_FIELDS:
        refuse(f'"{value}" needs no trust, vendors may give it; trust is for {", ".join(CRM_OWNED_FIELDS)}')
    return value


def _updated_field(value: str) -> str:
    return value if value == "default" else _lead_field(value)


def _cell_text(value: object) -> object:
    """Take a TOML number, boolean or date as the text that a cell would hold."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return str(value) if isinstance(value, int | float) else value


def _not_blank(value: str) -> str:
    if not value.strip():
        refuse("is blank; leave the key out instead")
    return value


@cache
def _timezones() -> frozenset[str]:
    # Looks through the whole time zone database: once, not for every team.
    return frozenset(zoneinfo.available_timezones())


def check_timezone(value: str) -> str:
    """Return an IANA time zone name, or refuse it with the nearest one."""
    known = _timezones()
    if value not in known:
        # People know the city, not the continent: offer "Europe/Berlin" for "Berlin".
        by_city = {name.rpartition("/")[2]: name for name in sorted(known, reverse=True)}
        close = nearest(value, known) or by_city.get(nearest(value, by_city) or "")
        refuse(f'"{value}" is no time zone' + (f' (did you mean "{close}"?)' if close else ", such as UTC"))
    return value


def _check_region(value: str) -> str:
    # Imported here: phonenumbers takes a tenth of a second, and few runs name a region.
    from phonenumbers import SUPPORTED_REGIONS

    if value not in SUPPORTED_REGIONS:
        upper = _REGION_SLIPS.get(value.upper(), value.upper())
        hint = f' (did you mean "{upper}"?)' if upper in SUPPORTED_REGIONS else ", such as US, GB or DE"
        refuse(f'"{value}" is no phone region of two capital letters{hint}')
    return value


def _check_encoding(value: str) -> str:
    try:
        "".encode(value)
    except LookupError:
        known = ("utf-8", "utf-16", "cp1252", "iso-8859-1", "latin-1", "mac-roman", "shift_jis", "gb18030")
        refuse(f'"{value}" is no text encoding{did_you_mean(value, known) or ", such as utf-8 or cp1252"}')
    return value


def _check_cron_field(text: str, name: str, low: int, high: int) -> None:
    names = _CRON_NAMES.get(name, [])
    first = low if name == "month" else 0
    values = {word: first + position for position, word in enumerate(names)}
    for part in text.lower().split(","):
        span, _, step = part.partition("/")
        ends = span.split("-") if span != "*" else [str(low), str(high)]
        numbers = [values.get(end, int(end) if re.fullmatch(r"[0-9]{1,2}", end) else -1) for end in ends]
        is_step_right = "/" not in part or re.fullmatch(r"[1-9][0-9]?", step)
        if not is_step_right or len(numbers) > 2 or not all(low <= number <= high for number in numbers):
            refuse(f'"{text}" is no {name} of a cron schedule ({low} to {high}, "*", lists, ranges, steps)')


def check_cron(value: str) -> str:
    """Return a cron schedule of five fields; refuse what is none."""
    fields = value.split()
    if len(fields) != len(_CRON_BOUNDS):
        refuse(
            f'"{value}" has {len(fields)} fields; a cron schedule has five: '
            'minute hour day month weekday, as in "0 2 * * *"'
        )
    for text, (name, low, high) in zip(fields, _CRON_BOUNDS, strict=True):
        _check_cron_field(text, name, low, high)
    return value


def _as_of_regex(pattern: str) -> re.Pattern[str]:
    """Return the regular expression of an `as_of_pattern`: `crm-%Y-%m-%d`, or one as it is."""
    if "%" not in pattern:
        return re.compile(pattern)
    parts = re.split(r"(%[A-Za-z])", pattern)
    return re.compile("".join(_DATE_PARTS.get(part, re.escape(part)) for part in parts))


def _check_as_of_pattern(value: str) -> str:
    example = 'write it as in "crm-%Y-%m-%d"'
    unknown = [part for part in re.findall(r"%.?", value) if part not in _DATE_PARTS]
    if unknown:
        refuse(f'"{unknown[0]}" is none of {" ".join(_DATE_PARTS)}; {example}')
    try:
        regex = _as_of_regex(value)
    except re.error as error:
        refuse(f'"{value}" is no pattern ({error}); {example}')
    # A regular expression may also leave its groups unnamed: it then finds a date like 2026-01-06.
    is_whole_date = regex.groupindex.keys() >= {"year", "month", "day"}
    is_unnamed = "%" not in value and not regex.groupindex and "d" in value and regex.groups <= 1
    if not (is_whole_date or is_unnamed):
        refuse(f'"{value}" names no whole date; {example}')
    return value


def _check_location(value: str) -> str:
    if re.search(r"://[^/@]*@", value):
        # Not echoed: what stands before the @ may be a password.
        refuse("holds a user name or password; put them in an environment variable or Prefect Secret block")
    return _not_blank(value)


def _check_delimiter(value: str) -> str:
    if len(value) != 1 or value.isalnum() or value in "\"'\\\r\n":
        refuse(f'"{value}" is no delimiter; use one character, such as "," ";" "|" or "\\t" for a tab')
    return value


Text = Annotated[str, AfterValidator(_not_blank)]
CellText = Annotated[str, BeforeValidator(_cell_text)]
Id = Annotated[int, Field(ge=0, lt=10**18)]


class Feed(BaseModel):
    """Where exports of one kind come from and how they are to be read: `[feeds.NAME]` (design 4.4).

    Every key has a default, so that `Feed(name="default")` reads any CSV of an American vendor.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=100)]
    location: Annotated[str, AfterValidator(_check_location)] | None = None
    kind: Literal["leads", "preferences"] = "leads"
    origin: Literal["vendor", "crm"] = "vendor"
    # Never null: matching is within an account, and two leads without one must still find each other.
    account_id: Text = DEFAULT_ACCOUNT
    format: Literal["csv", "json", "ndjson", "xlsx", "parquet"] | None = None
    encoding: Annotated[str, AfterValidator(_check_encoding)] | None = None
    delimiter: Annotated[str, AfterValidator(_check_delimiter)] | None = None
    header_row: Annotated[int, Field(ge=1)] | None = None
    sheet: Text | None = None
    region: Annotated[str, AfterValidator(_check_region)] = "US"
    timezone: Annotated[str, AfterValidator(check_timezone)] = "UTC"
    date_order: Literal["mdy", "dmy", "ymd"] | None = None
    headers: dict[str, Annotated[str, AfterValidator(_header_target)]] = {}
    defaults: dict[Annotated[str, AfterValidator(_defaulted_field)], CellText] = {}
    placeholders: dict[Annotated[str, AfterValidator(_placeholder_field)], Text] = {}
    match_on: dict[str, EvidenceKind] = {}
    team_id: Id | None = None
    lead_source_id: Id | None = None
    skip_team_and_source_requirement: bool = False
    extent: Literal["delta", "full"] = "delta"
    as_of_pattern: Annotated[str, AfterValidator(_check_as_of_pattern)] | None = None
    created_by: Text | None = None
    # As written, one rule is the table {"default": rule}; ask `update_rule`.
    on_update: dict[Annotated[str, AfterValidator(_updated_field)], OnUpdate] = {}
    clear_token: Text | None = None
    trust: tuple[Annotated[str, AfterValidator(_trusted_field)], ...] = ()
    rotate: bool = True
    max_reject_fraction: Annotated[float, Field(ge=0, le=1)] = 0.2
    schedule: Annotated[str, AfterValidator(check_cron)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _fill_in_by_origin(cls, given: object) -> object:
        """Put in what depends on the origin: the CRM overwrites, rotates nobody and is held strictly."""
        if not isinstance(given, dict):
            return given
        is_crm = given.get("origin") == "crm"
        rule = given.get("on_update", {})
        return {
            "rotate": not is_crm,
            "max_reject_fraction": 0.02 if is_crm else 0.2,
            **given,
            "on_update": {
                "default": "overwrite" if is_crm else "fill",
                **(rule if isinstance(rule, dict) else {"default": rule}),
            },
        }

    def update_rule(self, field: str) -> OnUpdate:
        """Return how this feed's value of a spec field meets a value that is there already."""
        return self.on_update.get(field, self.on_update["default"])

    def as_of_in(self, file_name: str) -> datetime | None:
        """Return the time, in UTC, that a file's name says by `as_of_pattern`; None where it says none.

        The name's clock is the feed's `timezone`; a name with a date alone means its midnight.
        """
        if self.as_of_pattern is None:
            return None
        found = _as_of_regex(self.as_of_pattern).search(file_name)
        if found is not None and not found.re.groupindex:
            found = _WRITTEN_DATE.fullmatch(found[found.re.groups] or "")
        if found is None:
            return None
        parts = {name: int(digits) for name, digits in found.groupdict().items() if digits}
        try:
            local = datetime(**parts, tzinfo=zoneinfo.ZoneInfo(self.timezone))
        except (TypeError, ValueError):
            # Digits that look like a date and are none, such as 2026-13-45.
            return None
        return local.astimezone(UTC)


class IdentityRules(BaseModel):
    """`identity.toml`: how sure a match must be (docs/identity.md). A threshold, in bits, overrides the profile's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    profile: Literal["careful", "balanced"] = "careful"
    merge_from: float | None = None
    mean_from: float | None = None
    review_from: float | None = None
    known_margin: float | None = None


class FeedsFile(BaseModel):
    """The whole of `feeds.toml`: tables `[feeds.NAME]` and nothing else."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    feeds: dict[str, Feed] = {}

    @field_validator("feeds", mode="before")
    @classmethod
    def _name_feeds(cls, given: object) -> object:
        """Give each feed the name of its table."""
        if not isinstance(given, dict):
            return given
        return {
            name: {**keys, "name": name} if isinstance(keys, dict) and "name" not in keys else keys
            for name, keys in given.items()
        }
