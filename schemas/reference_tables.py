"""The contracts of the reference folder's CSV files: their columns, what a cell may say, what a row.

Each table stands here once: from its columns come the reading of its cells and the Pandera schema
of the frame that the steps get. The cells are read leniently, as spreadsheets write them back (Excel
turns `true` into `WAHR` and an ISO date into its own), and then held strictly.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

import pandera.polars as pa
import polars as pl

from schemas.reference import check_timezone, did_you_mean, refuse

ALL_DAYS: Final = [1, 2, 3, 4, 5, 6, 7]

# TRUE and FALSE as Excel writes them in English, German, French, Spanish, Italian, Dutch and Portuguese.
_TRUE: Final = frozenset(["true", "1", "yes", "y", "wahr", "vrai", "verdadero", "vero", "waar", "verdadeiro"])
_FALSE: Final = frozenset(["false", "0", "no", "n", "falsch", "faux", "falso", "onwaar"])

_DAYS: Final = {"mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6, "sun": 7}


class _FileOrder:
    """The mark of a blank cell that stands for its row's position in the file, from 1."""


FILE_ORDER: Final = _FileOrder()


@dataclass(frozen=True)
class ReferenceColumn:
    """One column: how its cells are read and what a blank one means.

    `read` takes the stripped text of a cell that is not blank and refuses what it cannot read.
    """

    dtype: pl.DataType
    read: Callable[[str], object]
    is_required: bool = False
    blank: object = None
    checks: tuple[pa.Check, ...] = ()
    # Never echoed in an error: messages go to logs, and this holds people's addresses.
    is_personal: bool = False
    # False: no column of the file, only of the frame.
    is_given: bool = True


@dataclass(frozen=True)
class ReferenceTable:
    """One CSV file of the reference folder; `key` names a row, and `rules` are (message, rule per row)."""

    file_name: str
    columns: dict[str, ReferenceColumn]
    key: tuple[str, ...]
    rules: tuple[tuple[str, pl.Expr], ...] = ()

    @property
    def dtypes(self) -> dict[str, pl.DataType]:
        """The columns of the frame with their types, in order."""
        return {name: column.dtype for name, column in self.columns.items()}

    @property
    def schema(self) -> pa.DataFrameSchema:
        """The Pandera contract of the frame: one row per row of the file, in file order."""
        return pa.DataFrameSchema(
            {
                name: pa.Column(
                    column.dtype,
                    checks=list(column.checks),
                    nullable=column.blank is None and not column.is_required,
                )
                for name, column in self.columns.items()
            },
            checks=[_row_rule(message, is_right) for message, is_right in self.rules],
            unique=list(self.key),
            strict=True,
            ordered=True,
            name=self.file_name,
        )

    def empty(self) -> pl.DataFrame:
        """Return the frame of a file that has no rows."""
        return pl.DataFrame(schema=self.dtypes)


def _row_rule(message: str, is_right: pl.Expr) -> pa.Check:
    return pa.Check(lambda data: data.lazyframe.select(is_right.alias("is_right")), error=message)


def _read_integer(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,18}", text):
        refuse(f'"{text}" is no whole number from 0 up')
    return int(text)


def _read_weight(text: str) -> float:
    # A comma is a decimal comma only where it cannot be an English thousands separator.
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9}|,[0-9]{1,2})?", text):
        refuse(f'"{text}" is no weight: a number from 0 up, such as 1 or 0.5')
    return float(text.replace(",", "."))


def _read_boolean(text: str) -> bool:
    folded = text.casefold()
    if folded not in _TRUE | _FALSE:
        refuse(f'"{text}" is neither true nor false{did_you_mean(text, ("true", "false", "yes", "no"))}')
    return folded in _TRUE


def _read_date(text: str) -> date:
    # Excel rewrites an ISO date in its own country's order; with dots the day always goes first,
    # with slashes nobody can tell.
    written = re.fullmatch(r"(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})", text) or re.fullmatch(
        r"(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?P<y>\d{4})", text
    )
    try:
        if written:
            return date(int(written["y"]), int(written["m"]), int(written["d"]))
    except ValueError:
        refuse(f'"{text}" is no day of the calendar')
    refuse(f'"{text}" is no date; write it as 2026-01-31')


def _read_text(text: str) -> str:
    return text


def _read_user(text: str) -> str:
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", text):
        refuse("is no e-mail address; a user is known by the one that assignedTo holds")
    return text.lower()


def _read_contact(text: str) -> str:
    if "@" not in text and len(re.findall(r"\d", text)) < 7:
        refuse("is neither an e-mail address nor a phone number")
    return text.lower()


def _read_aliases(text: str) -> list[str]:
    return [alias.strip() for alias in text.split("|") if alias.strip()]


def _read_working_days(text: str) -> list[int]:
    days: set[int] = set()
    for part in re.split(r"[,; ]+", text.lower()):
        ends = part.split("-")
        wrong = [end for end in ends if end not in _DAYS]
        if wrong or len(ends) > 2:
            hint = did_you_mean(wrong[0], _DAYS) if wrong else ""
            refuse(f'"{text}" names no working days{hint}; write them as mon-fri or mon,wed,fri')
        first, last = _DAYS[ends[0]], _DAYS[ends[-1]]
        # A week may be named across its end: sat-tue.
        days.update((day - 1) % 7 + 1 for day in range(first, last + 1 if first <= last else last + 8))
    return sorted(days)


def _integer(*, is_required: bool = False, blank: object = None, is_given: bool = True) -> ReferenceColumn:
    checks = (pa.Check.ge(0),)
    return ReferenceColumn(pl.Int64(), _read_integer, is_required, blank, checks, is_given=is_given)


def _text(*, is_required: bool = False, is_personal: bool = False) -> ReferenceColumn:
    return ReferenceColumn(pl.String(), _read_text, is_required, is_personal=is_personal)


def _user(*, is_required: bool = False) -> ReferenceColumn:
    return ReferenceColumn(pl.String(), _read_user, is_required, is_personal=True)


def _choice(*choices: str, blank: str) -> ReferenceColumn:
    def read(text: str) -> str:
        if text.lower() not in choices:
            refuse(f'"{text}" is none of {", ".join(choices)}{did_you_mean(text, choices)}')
        return text.lower()

    return ReferenceColumn(pl.String(), read, blank=blank, checks=(pa.Check.isin(choices),))


_ACTIVE: Final = ReferenceColumn(pl.Boolean(), _read_boolean, blank=True)


def _is_alone_with(*columns: pl.Expr) -> pl.Expr:
    """Return whether no other row has the same values; a null is like no other."""
    has_null = pl.any_horizontal(column.is_null() for column in columns)
    return has_null | (pl.len().over(list(columns)) == 1)


def _shares_no_name_in_team() -> pl.Expr:
    """Return whether no name or alias of the source is one of another source of its team, in any case."""
    names = (
        pl.concat_list(pl.concat_list("name"), "aliases")
        .list.eval(pl.element().str.to_lowercase())
        .list.unique(maintain_order=True)
    )
    of_team = names.implode().over("teamId").list.eval(pl.element().explode(empty_as_null=False))
    shared = of_team.list.eval(pl.element().filter(pl.element().is_duplicated()))
    return names.list.set_intersection(shared).list.len() == 0


TEAMS: Final = ReferenceTable(
    "teams.csv",
    {
        "teamId": _integer(is_required=True),
        "accountId": _text(is_required=True),
        "name": _text(),
        "fallback_owner": _user(),
        "reentry": _choice("resume", "catch_up", blank="resume"),
        "timezone": ReferenceColumn(pl.String(), check_timezone, blank="UTC"),
        "active": _ACTIVE,
    },
    key=("teamId",),
    rules=(
        (
            "name: two teams of the account have it",
            _is_alone_with(pl.col("accountId"), pl.col("name").str.to_lowercase()),
        ),
    ),
)

USERS: Final = ReferenceTable(
    "users.csv",
    {
        "user": _user(is_required=True),
        "name": _text(is_personal=True),
        "active": _ACTIVE,
        "working_days": ReferenceColumn(pl.List(pl.Int64()), _read_working_days, blank=ALL_DAYS),
        "accountId": _text(),
        "id": _text(),
    },
    key=("user",),
    rules=(("id: two users have it", _is_alone_with(pl.col("id").str.to_lowercase())),),
)

ABSENCES: Final = ReferenceTable(
    "absences.csv",
    {
        "user": _user(is_required=True),
        "first_on": ReferenceColumn(pl.Date(), _read_date, is_required=True),
        "last_on": ReferenceColumn(pl.Date(), _read_date),
    },
    key=("user", "first_on", "last_on"),
    rules=(
        (
            "last_on: is before first_on",
            pl.col("last_on").is_null() | (pl.col("last_on") >= pl.col("first_on")),
        ),
    ),
)

TEAM_MEMBERS: Final = ReferenceTable(
    "team_members.csv",
    {
        "teamId": _integer(is_required=True),
        "user": _user(is_required=True),
        "weight": ReferenceColumn(pl.Float64(), _read_weight, blank=1.0, checks=(pa.Check.ge(0),)),
        "daily_cap": _integer(),
        "open_cap": _integer(),
        "tier": _integer(blank=1),
        "position": _integer(blank=FILE_ORDER, is_given=False),
    },
    key=("teamId", "user"),
)

LEAD_SOURCES: Final = ReferenceTable(
    "lead_sources.csv",
    {
        "leadSourceId": _integer(is_required=True),
        "teamId": _integer(is_required=True),
        "name": _text(is_required=True),
        "aliases": ReferenceColumn(pl.List(pl.String()), _read_aliases, blank=[]),
        "active": _ACTIVE,
    },
    key=("leadSourceId",),
    rules=(("name, aliases: two sources of the team share one", _shares_no_name_in_team()),),
)

STAGES: Final = ReferenceTable(
    "stages.csv",
    {
        "processStage": _text(is_required=True),
        "order": _integer(blank=FILE_ORDER),
        "kind": _choice("open", "won", "lost", blank="open"),
    },
    key=("processStage",),
    rules=(
        (
            "processStage: is there twice, but for capital letters",
            _is_alone_with(pl.col("processStage").str.to_lowercase()),
        ),
    ),
)

DO_NOT_LOAD: Final = ReferenceTable(
    "do_not_load.csv",
    {
        "value": ReferenceColumn(pl.String(), _read_contact, is_required=True, is_personal=True),
        "reason": _text(),
    },
    key=("value",),
)

FORBIDDEN_HEADERS: Final = ReferenceTable(
    "forbidden_headers.csv",
    {
        "header": _text(is_required=True),
        "reason": _text(),
        # Within: wherever the words stand side by side in a longer header.
        "match": _choice("whole", "within", blank="whole"),
    },
    key=("header",),
)

REFERENCE_TABLES: Final = (
    TEAMS,
    USERS,
    ABSENCES,
    TEAM_MEMBERS,
    LEAD_SOURCES,
    STAGES,
    DO_NOT_LOAD,
    FORBIDDEN_HEADERS,
)
