"""Working ahead keeps the order, stays one item ahead, and hands on what goes wrong."""

import threading
from collections.abc import Iterator

import pytest

from flows.ahead import ahead


def test_items_come_in_their_order_none_among_them() -> None:
    assert list(ahead([1, None, 2])) == [1, None, 2]
    assert list(ahead([])) == []


def test_the_next_item_is_made_while_one_is_used_and_no_more() -> None:
    made: list[int] = []
    is_second_made = threading.Event()

    def numbers() -> Iterator[int]:
        for number in range(5):
            made.append(number)
            if number == 1:
                is_second_made.set()
            yield number

    items = ahead(numbers())
    assert next(items) == 0
    assert is_second_made.wait(timeout=5)
    assert made == [0, 1]
    items.close()
    assert made == [0, 1]


def test_what_goes_wrong_in_making_is_raised_at_the_item() -> None:
    def numbers() -> Iterator[int]:
        yield 1
        raise ValueError("broken")

    items = ahead(numbers())
    assert next(items) == 1
    with pytest.raises(ValueError, match="broken"):
        next(items)
