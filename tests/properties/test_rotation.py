"""Rotation is fair whatever the weights, and does not notice how leads are cut into batches."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from flows.steps.assign import Member, TakenTurns, balance_of_turns, deal_turns

weights = st.lists(st.integers(min_value=1, max_value=9), min_size=1, max_size=6)


def pool_of(numbers: list[int]) -> list[Member]:
    """Members u0, u1, ... with these weights."""
    return [Member(f"u{place}", Fraction(weight)) for place, weight in enumerate(numbers)]


@given(weights, st.integers(min_value=1, max_value=120))
def test_after_whole_cycles_everyone_has_their_share(numbers: list[int], cycles: int) -> None:
    pool = pool_of(numbers)
    places = deal_turns(pool, balance_of_turns(pool, []), cycles * sum(numbers))
    assert [places.count(place) for place in range(len(pool))] == [cycles * weight for weight in numbers]


@given(weights, st.lists(st.integers(min_value=0, max_value=25), min_size=1, max_size=6))
def test_batches_go_on_where_the_one_before_ended(numbers: list[int], batch_sizes: list[int]) -> None:
    pool = pool_of(numbers)
    at_once = deal_turns(pool, balance_of_turns(pool, []), sum(batch_sizes))
    dealt: list[int] = []
    for size in batch_sizes:
        taken = [TakenTurns(tuple(pool), member.user, dealt.count(place)) for place, member in enumerate(pool)]
        dealt += deal_turns(pool, balance_of_turns(pool, taken), size)
    assert dealt == at_once


@given(weights, st.integers(min_value=0, max_value=400))
def test_the_cycle_is_what_dealing_one_by_one_gives(numbers: list[int], turn_count: int) -> None:
    pool = pool_of(numbers)
    total = sum(numbers)
    due = [0] * len(pool)
    expected = []
    for _ in range(turn_count):
        due = [have + weight for have, weight in zip(due, numbers, strict=True)]
        place = due.index(max(due))
        due[place] -= total
        expected.append(place)
    assert deal_turns(pool, balance_of_turns(pool, []), turn_count) == expected
