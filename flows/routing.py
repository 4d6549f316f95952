"""Routing: what the rules of `routing.toml` say of a frame of leads.

Pure functions of a frame, and the same meaning of a condition for every caller; the contract is `schemas/routing.py`.
"""

from collections.abc import Sequence
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
    leads = _with_extra(leads, routing)
    rule_of: pl.Expr = pl.lit(None, pl.Int64)
    team_of: pl.Expr = pl.lit(None, pl.Int64)
    # The last rule first: each one before it is asked before it.
    for place in reversed(range(len(routing.rules))):
        rule = routing.rules[place]
        team_by_account = team_ids_of(rule, teams)
        team = pl.col("account_id").replace_strict(team_by_account, default=None, return_dtype=pl.Int64)
        if not teams and isinstance(rule.team, int):
            team = pl.lit(rule.team, pl.Int64)
        applies = team.is_not_null() & holds(rule.when)
        if rule.account_id is not None:
            applies &= pl.col("account_id") == rule.account_id
        rule_of = pl.when(applies).then(pl.lit(place, pl.Int64)).otherwise(rule_of)
        team_of = pl.when(applies).then(team).otherwise(team_of)
    return leads.select(rule_of.alias("rule"), team_of.alias("team_id"))


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


def _with_extra(leads: pl.DataFrame, routing: Routing) -> pl.DataFrame:
    """Return the leads with a column for each header that the rules ask of `extra`."""
    fields = sorted({test.field for rule in routing.rules for test in tests_of(rule.when)})
    headers = {field: field.removeprefix(EXTRA_PREFIX) for field in fields if field.startswith(EXTRA_PREFIX)}
    if not headers:
        return leads
    dtype = pl.Struct([pl.Field(header, pl.String) for header in headers.values()])
    told = pl.col("extra").cast(pl.String).str.json_decode(dtype)
    return leads.with_columns(told.struct.field(header).alias(field) for field, header in headers.items())
