"""Rotation is fair whatever the weights, and does not notice how leads are cut into batches."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from math import ceil

from hypothesis import given
from hypothesis import strategies as st

from flows.rotation import Member, TakenTurns, balance_of_turns, deal_rounds, deal_turns

whole = st.integers(min_value=1, max_value=9).map(Fraction)
weights = st.lists(
    whole | st.fractions(min_value=Fraction(1, 100), max_value=9, max_denominator=100), min_size=1, max_size=6
)


def pool_of(numbers: list[Fraction]) -> list[Member]:
    """Members u0, u1, ... with these weights."""
    return [Member(f"u{place}", Fraction(weight)) for place, weight in enumerate(numbers)]


def take(pool: Sequence[Member], places: list[int], away: Sequence[Member] = ()) -> list[TakenTurns]:
    """Turns as they stand in the warehouse: who took how many of those that this pool shared."""
    shared = (*pool, *away)
    return [TakenTurns(shared, member.user, places.count(place)) for place, member in enumerate(pool)]


def deal_batches(pool: list[Member], batch_sizes: list[int]) -> list[int]:
    """Deal batch after batch, each from the turns that stand."""
    dealt: list[int] = []
    for size in batch_sizes:
        dealt += deal_turns(pool, balance_of_turns(pool, take(pool, dealt)), size)
    return dealt


@given(st.lists(whole, min_size=1, max_size=6), st.integers(min_value=1, max_value=120))
def test_after_whole_cycles_everyone_has_their_share(numbers: list[Fraction], cycles: int) -> None:
    pool = pool_of(numbers)
    places = deal_turns(pool, balance_of_turns(pool, []), cycles * int(sum(numbers)))
    assert [places.count(place) for place in range(len(pool))] == [cycles * weight for weight in numbers]


@given(weights, st.lists(st.integers(min_value=0, max_value=25), min_size=1, max_size=6))
def test_batches_go_on_where_the_one_before_ended(numbers: list[Fraction], batch_sizes: list[int]) -> None:
    pool = pool_of(numbers)
    assert deal_batches(pool, batch_sizes) == deal_turns(pool, balance_of_turns(pool, []), sum(batch_sizes))


@given(weights, st.lists(st.integers(min_value=0, max_value=60), min_size=1, max_size=5))
def test_nobody_is_ever_a_whole_lead_from_their_share(numbers: list[Fraction], batch_sizes: list[int]) -> None:
    """Tijdeman's bound, after every single lead, whatever the weights and the cuts into batches."""
    pool = pool_of(numbers)
    total = sum(numbers)
    dealt = deal_batches(pool, batch_sizes)
    taken = [0] * len(pool)
    for turn_count, place in enumerate(dealt, start=1):
        taken[place] += 1
        for count, weight in zip(taken, numbers, strict=True):
            assert abs(count - turn_count * weight / total) < 1


@given(weights, st.integers(min_value=0, max_value=400))
def test_the_cycle_is_what_dealing_one_by_one_gives(numbers: list[Fraction], turn_count: int) -> None:
    pool = pool_of(numbers)
    assert deal_turns(pool, balance_of_turns(pool, []), turn_count) == deal_batches(pool, [1] * turn_count)


@given(weights, st.data())
def test_caps_are_kept_to_the_lead_and_all_room_is_used(numbers: list[Fraction], data: st.DataObject) -> None:
    rooms = data.draw(st.lists(st.none() | st.integers(0, 12), min_size=len(numbers), max_size=len(numbers)))
    turn_count = data.draw(st.integers(0, 60))
    members = [replace(member, room=room) for member, room in zip(pool_of(numbers), rooms, strict=True)]
    rounds = deal_rounds(members, balance_of_turns(members, []), turn_count)
    takers = [each.pool[place].user for each in rounds for place in each.places]
    assert all(room is None or takers.count(member.user) <= room for member, room in zip(members, rooms, strict=True))
    assert len(takers) == (turn_count if None in rooms else min(turn_count, sum(room or 0 for room in rooms)))


@given(weights.filter(lambda numbers: len(numbers) > 1), st.integers(1, 40), st.integers(1, 40), st.integers(1, 40))
def test_who_comes_back_resumes_where_they_were(numbers: list[Fraction], first: int, away: int, then: int) -> None:
    """No flood: after an absence a member gets their share of the turns since, as if they had never been away."""
    pool = pool_of(numbers)
    rest = pool[1:]
    taken = take(pool, deal_turns(pool, balance_of_turns(pool, []), first))
    taken += take(rest, deal_turns(rest, balance_of_turns(rest, taken), away))
    dealt = deal_turns(pool, balance_of_turns(pool, taken), then)
    share = Fraction(numbers[0], sum(numbers))
    before = sum(turns.turn_count for turns in taken if turns.user == "u0")
    assert abs(before + dealt.count(0) - (first + then) * share) < 1


@given(weights.filter(lambda numbers: len(numbers) > 1), st.integers(1, 40))
def test_who_may_catch_up_ends_with_their_share_of_all_turns(numbers: list[Fraction], away: int) -> None:
    pool = pool_of(numbers)
    total = sum(numbers)
    members = [replace(pool[0], is_away=True), *pool[1:]]
    rounds = deal_rounds(members, balance_of_turns(pool, []), away)
    taken = [turns for each in rounds for turns in take(each.pool, each.places, each.away)]
    # Enough for all that was missed, were each of these turns the one's who was away.
    then = ceil(away * numbers[0] / (total - numbers[0])) + len(pool) * ceil(total / min(numbers))
    dealt = deal_turns(pool, balance_of_turns(pool, taken), then)
    assert abs(dealt.count(0) - (away + then) * Fraction(numbers[0], total)) < 1
