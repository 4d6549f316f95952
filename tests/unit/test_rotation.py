"""Whose turn it is follows from the turns that stand."""

from fractions import Fraction

from flows.rotation import Member, TakenTurns, balance_of_turns, deal_turns

ANN, BOB, CAT = (Member(name, Fraction(1)) for name in ("ann", "bob", "cat"))


def deal(pool: list[Member], turn_count: int, taken: list[TakenTurns] | None = None) -> list[str]:
    """Names of those who take the next turns."""
    places = deal_turns(pool, balance_of_turns(pool, taken or []), turn_count)
    return [pool[place].user for place in places]


def test_equal_members_take_turns_in_their_order() -> None:
    assert deal([ANN, BOB, CAT], 6) == ["ann", "bob", "cat", "ann", "bob", "cat"]


def test_the_next_batch_goes_on_with_the_next_person() -> None:
    pool = (ANN, BOB, CAT)
    taken = [TakenTurns(pool, "ann", 2), TakenTurns(pool, "bob", 1), TakenTurns(pool, "cat", 1)]
    assert deal(list(pool), 2, taken) == ["bob", "cat"]


def test_a_turn_given_back_goes_to_who_lost_it() -> None:
    pool = (ANN, BOB)
    assert deal(list(pool), 1, [TakenTurns(pool, "ann", 1)]) == ["bob"]


def test_weights_are_shares() -> None:
    heavy = Member("bob", Fraction(2))
    users = deal([ANN, heavy], 30)
    assert (users.count("ann"), users.count("bob")) == (10, 20)


def test_fractional_weights_are_shares() -> None:
    users = deal([Member("ann", Fraction("0.5")), Member("bob", Fraction("1.5"))], 40)
    assert (users.count("ann"), users.count("bob")) == (10, 30)


def test_who_joins_later_starts_even() -> None:
    before = (ANN, BOB)
    taken = [TakenTurns(before, "ann", 50), TakenTurns(before, "bob", 50)]
    assert deal([ANN, BOB, CAT], 3, taken) == ["ann", "bob", "cat"]


def test_who_leaves_takes_nothing_along() -> None:
    before = (ANN, BOB, CAT)
    taken = [TakenTurns(before, "ann", 1), TakenTurns(before, "bob", 1), TakenTurns(before, "cat", 1)]
    assert deal([ANN, CAT], 4, taken) == ["ann", "cat", "ann", "cat"]


def test_a_million_turns_cost_no_more_than_a_cycle() -> None:
    places = deal_turns([ANN, BOB, CAT], balance_of_turns([ANN, BOB, CAT], []), 1_000_000)
    assert len(places) == 1_000_000
    assert places[:7] == [0, 1, 2, 0, 1, 2, 0]
    assert places[-1] == 999_999 % 3
