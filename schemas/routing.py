"""The contract of `routing.toml`: which team a lead goes to where neither its row nor the lead itself says so.

Rules are asked in their order and the first that matches decides. A condition is a test of one field, or `all`,
`any` or `not` of conditions; what it means for a frame of leads is in `flows/routing.py`.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import cache
from typing import Annotated, Any, Final, Literal

import polars as pl
from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, field_validator, model_validator

from schemas.reference import Id, Text, did_you_mean, refuse
from schemas.spec import lead_fields

FEED: Final = "feed"
EXTRA_PREFIX: Final = "extra."

Value = bool | int | float | str | datetime | date

_GROUPS: Final = ("all", "any", "not")
_OPERATORS: Final = ("equals", "in", "prefix", "at_least", "at_most", "matches", "is_empty")
# What each operator is for; `is_empty` is for every field.
_OPERATORS_OF: Final = {
    "string": ("equals", "in", "prefix", "matches", "is_empty"),
    "integer": ("equals", "in", "at_least", "at_most", "is_empty"),
    "date-time": ("equals", "in", "at_least", "at_most", "is_empty"),
    "boolean": ("equals", "is_empty"),
}
_VALUES_OF: Final[dict[str, tuple[type, ...]]] = {
    "string": (str,),
    "integer": (int,),
    "date-time": (date,),
    "boolean": (bool,),
}


@cache
def _type_of_fields() -> dict[str, str]:
    return {field.name: field.type for field in lead_fields()}


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class FieldTest(_Part):
    """A test of one field: a field of the Lead spec, `feed`, or `extra.` and the header of an unmapped column.

    Text is compared without regard to capitals and outer spaces. A field that says nothing passes `is_empty` alone.
    """

    field: str
    equals: Value | None = None
    is_in: Annotated[tuple[Value, ...] | None, Field(alias="in", min_length=1)] = None
    prefix: Text | None = None
    at_least: Value | None = None
    at_most: Value | None = None
    matches: str | None = None
    is_empty: bool | None = None

    @field_validator("field")
    @classmethod
    def _is_known(cls, value: str) -> str:
        if value not in _type_of_fields() and value != FEED and not re.fullmatch(r"extra\.\S.*", value):
            hint = did_you_mean(value, (*_type_of_fields(), FEED))
            refuse(f'"{value}" is no field of the spec, "feed" or "extra.Header"{hint}')
        return value

    @field_validator("matches")
    @classmethod
    def _is_pattern(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                pl.select(pl.lit("").str.contains(value))
            except pl.exceptions.ComputeError:
                refuse(f'"{value}" is no regular expression')
        return value

    @model_validator(mode="after")
    def _is_one_test(self) -> "FieldTest":
        given = [name for name in _OPERATORS if getattr(self, "is_in" if name == "in" else name) is not None]
        allowed = _OPERATORS_OF[self.type]
        if not given or (len(given) > 1 and set(given) != {"at_least", "at_most"}):
            refuse(f"a test of {self.field} has one of {', '.join(allowed)}; at_least and at_most may go together")
        for name in given:
            if name not in allowed:
                refuse(f'"{name}" is not for {self.field}, which is a {self.type}; use {", ".join(allowed)}')
        for value in self.values:
            is_boolean = isinstance(value, bool)
            if not isinstance(value, _VALUES_OF[self.type]) or is_boolean != (self.type == "boolean"):
                refuse(f"{value!r} is no value of {self.field}, which is a {self.type}")
        return self

    @property
    def type(self) -> str:
        """The type of the field, as the specification names it."""
        return _type_of_fields().get(self.field, "string")

    @property
    def values(self) -> tuple[Value, ...]:
        """The constants that the field is compared with: of `equals`, `in`, `at_least` and `at_most`."""
        single = (self.equals, self.at_least, self.at_most)
        return (*(value for value in single if value is not None), *(self.is_in or ()))

    @property
    def choices(self) -> tuple[Value, ...] | None:
        """The only values that pass, comparable with each other; None for a test that leaves more open."""
        given = self.is_in if self.equals is None else (self.equals,)
        return None if given is None else tuple(comparable(value) for value in given)


class AllOf(_Part):
    """Holds where every condition does; a list of conditions means the same."""

    all: Annotated[tuple["Condition", ...], Field(min_length=1)]

    @model_validator(mode="before")
    @classmethod
    def _is_a_list(cls, given: object) -> object:
        return {"all": given} if isinstance(given, list) else given


class AnyOf(_Part):
    """Holds where at least one condition does."""

    any: Annotated[tuple["Condition", ...], Field(min_length=1)]


class NoneOf(_Part):
    """Holds where the condition does not."""

    excluded: Annotated["Condition", Field(alias="not")]


def _kind_of(given: Any) -> str:  # noqa: ANN401 - whatever stands in the file
    if isinstance(given, list | tuple):
        return "all"
    named = [group for group in _GROUPS if isinstance(given, dict) and group in given]
    return named[0] if named else "test"


Condition = Annotated[
    Annotated[FieldTest, Tag("test")]
    | Annotated[AllOf, Tag("all")]
    | Annotated[AnyOf, Tag("any")]
    | Annotated[NoneOf, Tag("not")],
    Discriminator(_kind_of),
]


class TeamRule(_Part):
    """One rule: leads of which `when` holds go to `team`, an id or a name; without `when` all do.

    A team's name means the team of that name in the lead's own account.
    """

    name: Text
    team: Annotated[Id, Field(strict=True)] | Text
    account_id: Text | None = None
    when: Condition | None = None


class Routing(_Part):
    """The whole of `routing.toml`: three settings, and the rules in order."""

    # The owner of a lead of the same company and team gets its other leads, before anybody's turn.
    company_owner: bool = False
    # Leads of a day on which nobody of the team works: dealt as on the next day somebody does, or not dealt.
    days_off: Literal["wait", "fallback"] = "wait"
    # Leads that may be contacted by no channel at all take no turn.
    skip_opted_out: bool = False
    rules: tuple[TeamRule, ...] = ()

    @field_validator("rules")
    @classmethod
    def _have_own_names(cls, rules: tuple[TeamRule, ...]) -> tuple[TeamRule, ...]:
        names = [rule.name for rule in rules]
        for name in names:
            if names.count(name) > 1:
                refuse(f'two rules are called "{name}"; give each a name of its own')
        return rules


def comparable(value: Value) -> Value:
    """Return a constant as it is compared: text folded, a day as its first moment in UTC."""
    if isinstance(value, str):
        return value.strip().lower()
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    return value


def tests_of(condition: "FieldTest | AllOf | AnyOf | NoneOf | None") -> Iterator[FieldTest]:
    """Yield all tests of fields in a condition."""
    match condition:
        case FieldTest():
            yield condition
        case AllOf(all=parts) | AnyOf(any=parts):
            for part in parts:
                yield from tests_of(part)
        case NoneOf(excluded=part):
            yield from tests_of(part)
