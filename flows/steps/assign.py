"""Assign: give each lead a team, a source and an owner, each with the rule that decided it.

Team and source are set logic (sql/assign). Owners come round robin: whose turn it is follows from the
turns that stand, so nothing is remembered that an undo would have to put back.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

import polars as pl

from flows.warehouse import Warehouse


@dataclass(frozen=True)
class Member:
    """Someone who can take turns, with the weight that their share is by."""

    user: str
    weight: Fraction


@dataclass(frozen=True)
class TakenTurns:
    """Turns that stand: how many `user` took while `pool` shared them."""

    pool: tuple[Member, ...]
    user: str
    turn_count: int


def require_team_and_source(warehouse: Warehouse) -> None:
    """Reject the staged rows of new people who lack a team or source that is required."""
    warehouse.run("assign/require_team_and_source")
    warehouse.run("stage/drop_rejected")


def assign_leads(warehouse: Warehouse) -> None:
    """Decide team, source and owner of the touched leads; writes `assignment`."""
    warehouse.run("assign/decide_team_and_source")
    pools: dict[int, list[Member]] = defaultdict(list)
    for team_id, user, weight in warehouse.frame("assign/rotation_pool").iter_rows():
        pools[team_id].append(Member(user, Fraction(str(weight))))
    taken: dict[int, list[TakenTurns]] = defaultdict(list)
    for team_id, pool, user, turn_count in warehouse.frame("assign/standing_turns").iter_rows():
        taken[team_id].append(TakenTurns(_read_pool(pool), user, turn_count))
    warehouse.run("assign/create_turns")
    needed = warehouse.frame("assign/turns_needed")
    for team_id, pool in pools.items():
        leads = needed.filter(pl.col("teamId") == team_id)
        places = pl.Series(deal_turns(pool, balance_of_turns(pool, taken[team_id]), leads.height), dtype=pl.Int64)
        users = pl.Series([member.user for member in pool], dtype=pl.String)
        warehouse.append("dealt_turn", leads.select("lead_id", users.gather(places).alias("assignedTo")))
        warehouse.append("dealt_pool", pl.DataFrame({"team_id": [team_id], "pool": [_write_pool(pool)]}))
    warehouse.run("assign/write_assignments")


def balance_of_turns(pool: Sequence[Member], taken: Iterable[TakenTurns]) -> dict[str, Fraction]:
    """Return for each member of `pool` the turns that are due to them less those that they took.

    A turn is due to the members who were eligible then, by their weights of then: who joins later starts
    even, who leaves takes nothing along.
    """
    balance = {member.user: Fraction(0) for member in pool}
    for turns in taken:
        total = sum(member.weight for member in turns.pool)
        for member in turns.pool:
            if member.user in balance:
                balance[member.user] += turns.turn_count * member.weight / total
        if turns.user in balance:
            balance[turns.user] -= turns.turn_count
    return balance


def deal_turns(pool: Sequence[Member], balance: Mapping[str, Fraction], turn_count: int) -> list[int]:
    """Deal `turn_count` turns; return for each the place in `pool` of the member who takes it.

    Each turn goes to the member to whom most is due, the first in order among equals. The dues repeat
    after a while, so the turns are a beginning and a cycle: dealing a million costs no more than a cycle.
    """
    total = sum(member.weight for member in pool)
    shares = [member.weight / total for member in pool]
    # Whole numbers: what is due to each, and what a turn is worth, over one common denominator.
    unit = lcm(*(share.denominator for share in shares), *(balance[member.user].denominator for member in pool))
    due = [int(balance[member.user] * unit) for member in pool]
    gains = [int(share * unit) for share in shares]
    turns: list[int] = []
    seen: dict[tuple[int, ...], int] = {}
    while len(turns) < turn_count:
        state = tuple(due)
        if state in seen:
            cycle = turns[seen[state] :]
            missing = turn_count - len(turns)
            turns += (cycle * (missing // len(cycle) + 1))[:missing]
            break
        seen[state] = len(turns)
        due = [have + gain for have, gain in zip(due, gains, strict=True)]
        place = max(range(len(due)), key=lambda index: (due[index], -index))
        due[place] -= unit
        turns.append(place)
    return turns


def _write_pool(pool: Iterable[Member]) -> str:
    return json.dumps([{"user": member.user, "weight": float(member.weight)} for member in pool])


def _read_pool(text: str) -> tuple[Member, ...]:
    return tuple(Member(member["user"], Fraction(str(member["weight"]))) for member in json.loads(text))
