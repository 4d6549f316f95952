"""Rotation: whose turn it is, from the turns that were taken. Pure functions, exact numbers, nothing remembered.

A member's balance is what is due to them less what they took; a turn is due, by weight, to those who shared it. Turns
are dealt so that, while members and weights stay as they are, nobody is ever a whole lead from their due. Smooth
weighted round robin does not hold that bound; Tijdeman's chairman assignment does (R. Tijdeman, "The chairman
assignment problem", Discrete Mathematics 32, 1980). It is done as in P-fair scheduling (Baruah et al., "Proportionate
progress", Algorithmica 15, 1996): each turn of a member has a first moment, before which they would be a lead ahead,
and a last one, after which they would be a lead behind; among the turns that have opened the one that ends first goes.
"""

import heapq
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm


@dataclass(frozen=True)
class Member:
    """A member of a team as a turn finds them.

    `room` is how many leads their caps let them take yet, None for no cap. Who `is_away` takes no turn, but turns
    become due to them all the same: the way back of a team that lets people catch up.
    """

    user: str
    weight: Fraction
    tier: int = 1
    room: int | None = None
    is_away: bool = False


@dataclass(frozen=True)
class TakenTurns:
    """Turns that stand: how many `user` took while `pool` shared them."""

    pool: tuple[Member, ...]
    user: str
    turn_count: int


@dataclass(frozen=True)
class Round:
    """Turns dealt one after the other to the same `pool`; `places` says for each who of it takes it."""

    pool: tuple[Member, ...]
    away: tuple[Member, ...]
    places: list[int]


def balance_of_turns(members: Iterable[Member], taken: Iterable[TakenTurns]) -> dict[str, Fraction]:
    """Return for each member the turns that are due to them less those that they took.

    A turn is due to the members who shared it then, by their weights of then: who joins later starts even, who
    leaves takes nothing along, and whoever comes back goes on where they were.
    """
    balance = {member.user: Fraction(0) for member in members}
    for turns in taken:
        _settle(balance, turns.pool, {turns.user: turns.turn_count})
    return balance


def deal_rounds(members: Sequence[Member], balance: Mapping[str, Fraction], turn_count: int) -> list[Round]:
    """Deal up to `turn_count` turns among the members who have room; fewer when nobody is left with any.

    The lowest tier goes first, a higher one only when nobody below it has room. A round ends with the room of a
    member: what is due from then on is due to the others.
    """
    left = {member.user: member.room for member in members if not member.is_away}
    balance = dict(balance)
    rounds: list[Round] = []
    while turn_count > 0:
        able = [member for member in members if not member.is_away and left[member.user] != 0]
        if not able:
            break
        tier = min(member.tier for member in able)
        pool = [member for member in able if member.tier == tier]
        away = [member for member in members if member.is_away and member.tier == tier]
        places = deal_turns(pool, balance, turn_count, [left[member.user] for member in pool])
        counts = {pool[place].user: count for place, count in Counter(places).items()}
        _settle(balance, [*pool, *away], counts)
        for user, count in counts.items():
            room = left[user]
            left[user] = None if room is None else room - count
        rounds.append(Round(tuple(pool), tuple(away), places))
        turn_count -= len(places)
    return rounds


def deal_turns(
    pool: Sequence[Member],
    balance: Mapping[str, Fraction],
    turn_count: int,
    rooms: Sequence[int | None] | None = None,
) -> list[int]:
    """Deal turns to a pool; return for each the place in `pool` of who takes it. Ends early when a room is used up.

    What the balances of the pool come to in all, since some left or are away, is shared by weight. Turns repeat after
    as many as the weights in whole numbers come to: dealing a million costs no more than that.
    """
    weights = _whole([member.weight for member in pool])
    cycle = sum(weights)
    surplus = sum((balance[member.user] for member in pool), Fraction(0))
    due = [
        balance[member.user] - surplus * Fraction(weight, cycle) for member, weight in zip(pool, weights, strict=True)
    ]
    # Whole numbers from here on: what is due, and what a turn is worth, over one denominator.
    unit = lcm(cycle, *(each.denominator for each in due))
    shares = [weight * (unit // cycle) for weight in weights]
    owed = [int(each * unit) for each in due]
    left = list(rooms or [None] * len(pool))
    turns: list[int] = []
    while len(turns) < turn_count and 0 not in left:
        dealt = _deal_open_turns(shares, owed, unit, min(cycle, turn_count - len(turns)), left)
        counts = [dealt.count(place) for place in range(len(pool))]
        again = 0
        if counts == weights:
            # Everyone stands where they stood, so what comes next comes as it came.
            again = (turn_count - len(turns)) // cycle - 1
            again = min(
                [again, *((room - 1) // weight - 1 for room, weight in zip(left, weights, strict=True) if room)]
            )
            again = max(again, 0)
        turns += dealt * (1 + again)
        for place, count in enumerate(counts):
            owed[place] += len(dealt) * shares[place] - unit * count
            room = left[place]
            left[place] = None if room is None else room - count * (1 + again)
    return turns


def _deal_open_turns(
    shares: Sequence[int], owed: Sequence[int], unit: int, turn_count: int, rooms: Sequence[int | None]
) -> list[int]:
    """Deal up to `turn_count` turns: of the turns that have opened the one that must be taken first."""
    taken = [0] * len(shares)

    def opens_at(place: int) -> int:
        return (unit * taken[place] - owed[place]) // shares[place] + 1

    def ends_at(place: int) -> int:
        return -((owed[place] - unit * (taken[place] + 1)) // shares[place])

    waiting = [(opens_at(place), place) for place in range(len(shares))]
    heapq.heapify(waiting)
    ready: list[tuple[int, int]] = []
    turns: list[int] = []
    for now in range(1, turn_count + 1):
        while waiting and waiting[0][0] <= now:
            place = heapq.heappop(waiting)[1]
            heapq.heappush(ready, (ends_at(place), place))
        # Nothing has opened only after somebody came or went: then who is nearest.
        place = heapq.heappop(ready if ready else waiting)[1]
        turns.append(place)
        taken[place] += 1
        if taken[place] == rooms[place]:
            break
        heapq.heappush(waiting, (opens_at(place), place))
    return turns


def _settle(balance: dict[str, Fraction], pool: Sequence[Member], taken: Mapping[str, int]) -> None:
    """Add to the balances what turns that a pool shared were due, less who took them."""
    turn_count = sum(taken.values())
    total = sum(member.weight for member in pool)
    for member in pool:
        if member.user in balance:
            balance[member.user] += turn_count * member.weight / total
    for user, count in taken.items():
        if user in balance:
            balance[user] -= count


def _whole(weights: Sequence[Fraction]) -> list[int]:
    """Return the smallest whole numbers in the proportions of the weights."""
    unit = lcm(*(weight.denominator for weight in weights))
    whole = [int(weight * unit) for weight in weights]
    divisor = gcd(*whole)
    return [weight // divisor for weight in whole]
