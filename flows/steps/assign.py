"""Assign: give each lead a team, a source and an owner, each with the rule that decided it.

Team and source are set logic (sql/assign), the rules of `routing.toml` expressions over a frame (`flows/routing.py`).
Owners take turns (`flows/rotation.py`): whose turn it is follows from the turns that stand, so nothing is remembered
that an undo would have to put back.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any

import polars as pl

from flows.rotation import Member, Round, TakenTurns, balance_of_turns, deal_rounds
from flows.routing import TeamRow, columns_of, route
from flows.routing_file import team_ids_of
from flows.warehouse import Warehouse
from schemas.routing import Routing

# Why a member takes no turn, where that is how the team is made up and nothing out of the ordinary.
_ROUTINE_REASONS = ("team_inactive", "no_weight", "inactive", "later_tier")


@dataclass(frozen=True)
class Team:
    """The members of a team on the day of its turns; `reasons` say why some of them take none."""

    team_id: int
    turn_on: date
    members: tuple[Member, ...]
    reasons: Mapping[str, str]
    cap_reasons: Mapping[str, str]


@dataclass(frozen=True)
class PastBatch:
    """A batch whose leads are decided on once more."""

    batch_id: int
    feed: str
    as_of: datetime
    started_at: datetime


def require_team_and_source(warehouse: Warehouse, routing: Routing) -> None:
    """Find team and source of new people; reject the staged rows of those who lack one that is required."""
    warehouse.run("assign/find_reinstated")
    warehouse.run("assign/gather_newcomers")
    if routing.rules:
        _route_people(warehouse, routing)
    warehouse.run("assign/require_team_and_source")
    warehouse.run("stage/drop_rejected")


def keep_parted(warehouse: Warehouse) -> None:
    """Leave team, source and owner to the people whose lead the CRM moved to another account without them."""
    if warehouse.frame("assign/has_parted").item():
        warehouse.run("regroup/part_assignments")


def assign_leads(warehouse: Warehouse, routing: Routing) -> None:
    """Decide team, source and owner of the touched leads; writes `assignment`."""
    warehouse.run("assign/decide_team_and_source")
    _create_turns(warehouse, routing)
    if routing.company_owner:
        warehouse.run("assign/find_company_owners")
    _deal_turns(warehouse, routing)
    warehouse.run("assign/write_assignments")


def stage_handover(warehouse: Warehouse, user: str) -> None:
    """Stage the open leads of a user as those that a batch is about: staged_person is its output."""
    with warehouse.incoming(pl.DataFrame({"user": [user]})):
        warehouse.run("assign/stage_handover")


def hand_over(warehouse: Warehouse, routing: Routing) -> list[dict[str, Any]]:
    """Decide on new owners of the staged leads; writes `assignment`, returns what becomes of each lead."""
    warehouse.run("assign/propose_handover")
    _create_turns(warehouse, routing)
    _deal_turns(warehouse, routing)
    warehouse.run("assign/keep_unwanted")
    warehouse.run("assign/write_assignments")
    return warehouse.frame("assign/handover").to_dicts()


def batch_decisions(warehouse: Warehouse, batch_id: int) -> pl.DataFrame:
    """Return what a batch decided, row by row; call it while the batch is staged, for the rows that it rejected."""
    return warehouse.frame("assign/batch_decisions", {"batch_id": batch_id})


def present_decisions(warehouse: Warehouse, since: datetime) -> pl.DataFrame:
    """Return team, owner and rule of the leads that came into being since a moment."""
    return warehouse.frame("assign/present_decisions", {"since": since})


def take_out_past(warehouse: Warehouse, since: datetime) -> list[PastBatch]:
    """Take these leads and all decisions on them out of the warehouse; return the batches that they came in."""
    with warehouse.incoming(pl.DataFrame({"since": [since]})):
        warehouse.run("assign/gather_past")
    return [PastBatch(*row) for row in warehouse.frame("assign/past_batches").iter_rows()]


def stage_past(warehouse: Warehouse) -> None:
    """Stage the people that the staged batch brought into being once more, as if they were new."""
    warehouse.run("assign/stage_past")


def past_decisions(warehouse: Warehouse) -> pl.DataFrame:
    """Return what was decided on the people who were staged once more."""
    return warehouse.frame("assign/past_decisions")


def _route_people(warehouse: Warehouse, routing: Routing) -> None:
    teams = [(team_id, account, name) for team_id, account, name in warehouse.frame("assign/team_names").iter_rows()]
    columns = sorted({"person", "account_id", *columns_of(routing)})
    people = warehouse.frame("assign/routable_people", columns=columns)
    if people.is_empty():
        return
    routed = route(people, routing, teams)
    warehouse.append("routed_person", people.select("person").hstack(routed).drop_nulls("rule"))
    words = list(_routing_words(routing, teams))
    schema = {"account_id": pl.String, "rule": pl.Int64, "name": pl.String, "candidates": pl.String}
    warehouse.append("routing_word", pl.DataFrame(words, schema=schema, orient="row"))


def _routing_words(
    routing: Routing, teams: Sequence[TeamRow]
) -> Iterable[tuple[str, int | None, str | None, str | None]]:
    """Yield for each account its rules, and what is told of a lead of which none held."""
    for account in sorted({account for _, account, _ in teams}):
        rules = [place for place, rule in enumerate(routing.rules) if account in team_ids_of(rule, teams)]
        yield from ((account, place, routing.rules[place].name, None) for place in rules)
        passed = [_word("team", routing.rules[place].name, "condition_false") for place in rules]
        yield account, None, None, ", ".join(passed) or None


def _create_turns(warehouse: Warehouse, routing: Routing) -> None:
    if routing.skip_opted_out:
        warehouse.run("assign/skip_opted_out")
    warehouse.run("assign/create_turns")


def _deal_turns(warehouse: Warehouse, routing: Routing) -> None:
    """Deal the turns that are needed, team by team; writes dealt_turn, dealt_round, dealt_word, refused_word."""
    members = warehouse.frame("assign/rotation_members", {"waits": routing.days_off == "wait"})
    taken: dict[int, list[TakenTurns]] = defaultdict(list)
    for team_id, pool, user, turn_count in warehouse.frame("assign/standing_turns").iter_rows():
        taken[team_id].append(TakenTurns(_read_pool(pool), user, turn_count))
    needed = warehouse.frame("assign/turns_needed").partition_by("teamId", as_dict=True)
    first_round = int(warehouse.frame("assign/next_round").item())
    turns: list[pl.DataFrame] = []
    rounds: list[tuple[int, str, date]] = []
    words: list[tuple[int, str, str]] = []
    refusals: list[tuple[int, str]] = []
    for team in _teams(members):
        leads = needed[(team.team_id,)]
        dealt = deal_rounds(team.members, balance_of_turns(team.members, taken[team.team_id]), leads.height)
        first = 0
        for each in dealt:
            users = pl.Series([member.user for member in each.pool], dtype=pl.String)
            takers = users.gather(pl.Series(each.places, dtype=pl.UInt32)).alias("assignedTo")
            number = first_round + len(rounds)
            numbered = pl.lit(number, pl.Int64).alias("round")
            turns.append(leads.slice(first, len(each.places)).select("lead_id", numbered, takers))
            reasons = _reasons(team, each)
            if any(reason not in _ROUTINE_REASONS for reason in reasons.values()):
                words += [(number, user, _taker_words(each, user, reasons)) for user in users]
            rounds.append((number, _write_pool(each), team.turn_on))
            first += len(each.places)
        if first < leads.height:
            refusals.append((team.team_id, _words(_reasons(team, None))))
    if turns:
        warehouse.append("dealt_turn", pl.concat(turns))
    for table, rows, schema in (
        ("dealt_round", rounds, {"round": pl.Int64, "pool": pl.String, "turn_on": pl.Date}),
        ("dealt_word", words, {"round": pl.Int64, "assignedTo": pl.String, "candidates": pl.String}),
        ("refused_word", refusals, {"team_id": pl.Int64, "candidates": pl.String}),
    ):
        warehouse.append(table, pl.DataFrame(rows, schema=schema, orient="row"))


def _teams(members: pl.DataFrame) -> Iterable[Team]:
    for team in members.partition_by("teamId", maintain_order=True):
        rows = list(team.iter_rows(named=True))
        yield Team(
            team_id=rows[0]["teamId"],
            turn_on=rows[0]["turn_on"],
            members=tuple(
                Member(row["user"], Fraction(str(row["weight"])), row["tier"], row["room"], row["is_away"])
                for row in rows
                if row["reason"] is None or row["is_away"]
            ),
            reasons={row["user"]: row["reason"] for row in rows if row["reason"] is not None},
            cap_reasons={row["user"]: row["cap_reason"] for row in rows},
        )


def _reasons(team: Team, dealt: Round | None) -> dict[str, str]:
    """Return why each member who did not share a round took no part in it; without a round, why nobody did."""
    pool = () if dealt is None else dealt.pool
    tier = None if dealt is None else dealt.pool[0].tier
    waits = {member.user: tier is not None and member.tier > tier for member in team.members}
    sharing = {member.user for member in pool}
    return {
        user: team.reasons.get(user) or ("later_tier" if waits.get(user) else cap_reason)
        for user, cap_reason in team.cap_reasons.items()
        if user not in sharing
    }


def _taker_words(dealt: Round, user: str, reasons: Mapping[str, str]) -> str:
    told = {member.user: "in_turn" if member.user == user else "behind_in_turn" for member in dealt.pool}
    return _words({**told, **reasons})


def _words(reasons: Mapping[str, str]) -> str:
    return ", ".join(_word("owner", user, reason) for user, reason in reasons.items())


def _word(decided: str, candidate: str, reason: str) -> str:
    return json.dumps({"for": decided, "candidate": candidate, "reason": reason})


def _write_pool(dealt: Round) -> str:
    shared = [{"user": member.user, "weight": float(member.weight)} for member in dealt.pool]
    away = [{"user": member.user, "weight": float(member.weight), "away": True} for member in dealt.away]
    return json.dumps([*shared, *away])


def _read_pool(text: str) -> tuple[Member, ...]:
    return tuple(Member(member["user"], Fraction(str(member["weight"]))) for member in json.loads(text))
