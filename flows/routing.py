"""Routing: what the rules of `routing.toml` say of a frame of leads.

Pure functions of a frame, and the same meaning of a condition for every caller; the contract is `schemas/routing.py`.
"""

from collections.abc import Iterable, Sequence
from functools import reduce

import polars as pl

from flows.routing_file import team_ids_of
from schemas.routing import EXTRA_PREFIX, AllOf, AnyOf, FieldTest, NoneOf, Routing, Value, comparable, tests_of

Condition = FieldTest | AllOf | AnyOf | NoneOf
TeamRow = tuple[int, str, str | None]


def columns_of(routing: Routing) -> list[str]:
    """Return the columns of a lead that the rules ask, `extra` for all headers in it."""
    fields = {test.field for rule in routing.rules for test in tests_of(rule.when)}
    return sorted({"extra" if field.startswith(EXTRA_PREFIX) else field for field in fields})


def route(leads: pl.DataFrame, routing: Routing, teams: Sequence[TeamRow]) -> pl.DataFrame:
    """Return for each lead the number of the first rule that matches (`rule`, from 0) and its team; nulls for none.

    `leads` has `account_id` and the `columns_of` the rules; `teams` are (teamId, accountId, name) of the teams that
    take leads. A rule matches only in accounts that have its team. Same order, columns `rule` and `team_id`.
    """
    asked = with_extra(leads, routing).with_row_index("index")
    routed = [_route_account(part, account, routing, teams) for (account,), part in _by_account(asked)]
    return pl.concat(routed).sort("index").drop("index")


def _by_account(leads: pl.DataFrame) -> Iterable[tuple[tuple[object, ...], pl.DataFrame]]:
    return leads.partition_by("account_id", as_dict=True).items()


def _route_account(leads: pl.DataFrame, account: object, routing: Routing, teams: Sequence[TeamRow]) -> pl.DataFrame:
    team_of: dict[int, int] = {}
    for place, rule in enumerate(routing.rules):
        own = [team_id for of, team_id in team_ids_of(rule, teams).items() if of == account]
        # Without teams.csv a team that is given by its id is believed.
        own += [rule.team] if not teams and isinstance(rule.team, int) and rule.account_id in (None, account) else []
        team_of.update((place, team_id) for team_id in own)
    matches = [pl.when(holds(routing.rules[place].when)).then(pl.lit(place, pl.Int64)) for place in team_of]
    first = pl.coalesce(*matches, pl.lit(None, pl.Int64))
    # Lazily, so that a field which many rules ask is folded once.
    routed = leads.lazy().select("index", first.alias("rule")).collect()
    return routed.with_columns(team_id=pl.col("rule").replace_strict(team_of, default=None, return_dtype=pl.Int64))


def holds(condition: Condition | None) -> pl.Expr:
    """Return whether a condition holds of a lead: always true or false, never null."""
    match condition:
        case None:
            return pl.lit(True)
        case AllOf(all=parts):
            return reduce(lambda one, other: one & other, map(holds, parts))
        case AnyOf(any=parts):
            return reduce(lambda one, other: one | other, map(holds, parts))
        case NoneOf(excluded=part):
            return ~holds(part)
        case FieldTest():
            return _passes(condition).fill_null(False)


def _passes(test: FieldTest) -> pl.Expr:
    column = pl.col(test.field)
    if test.type == "string":
        column = column.str.strip_chars()
    if test.is_empty is not None:
        is_empty = column.is_null() | (column == "") if test.type == "string" else column.is_null()
        return is_empty == test.is_empty
    if test.matches is not None:
        return column.str.contains(test.matches)
    if test.type == "string":
        column = column.str.to_lowercase()
    if test.prefix is not None:
        return column.str.starts_with(str(comparable(test.prefix)))
    if test.choices is not None:
        return column.is_in(list(test.choices))
    return _at_least(column, test.at_least) & _at_most(column, test.at_most)


def _at_least(column: pl.Expr, bound: Value | None) -> pl.Expr:
    return pl.lit(True) if bound is None else column >= comparable(bound)


def _at_most(column: pl.Expr, bound: Value | None) -> pl.Expr:
    return pl.lit(True) if bound is None else column <= comparable(bound)


def with_extra(leads: pl.DataFrame, routing: Routing) -> pl.DataFrame:
    """Return the leads with a column for each header that the rules ask of `extra`."""
    fields = sorted({test.field for rule in routing.rules for test in tests_of(rule.when)})
    headers = {field: field.removeprefix(EXTRA_PREFIX) for field in fields if field.startswith(EXTRA_PREFIX)}
    if not headers:
        return leads
    dtype = pl.Struct([pl.Field(header, pl.String) for header in headers.values()])
    told = pl.col("extra").cast(pl.String).str.json_decode(dtype)
    return leads.with_columns(told.struct.field(header).alias(field) for field, header in headers.items())
