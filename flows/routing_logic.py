"""What follows from conditions alone, before any lead is looked at: which hold nowhere, which wherever another does.

Careful rather than clever: what cannot be proven is not claimed.
"""

from typing import Any, cast

from schemas.routing import AllOf, AnyOf, FieldTest, NoneOf, Value, comparable

Condition = FieldTest | AllOf | AnyOf | NoneOf


def implies(one: Condition | None, other: Condition | None) -> bool:
    """Return whether `other` is proven to hold wherever `one` does; None holds everywhere."""
    if other is None or one == other:
        return True
    match one, other:
        case _, AllOf(all=parts):
            return all(implies(one, part) for part in parts)
        case AnyOf(any=parts), _:
            return all(implies(part, other) for part in parts)
        case _, AnyOf(any=parts) if any(implies(one, part) for part in parts):
            return True
        case AllOf(all=parts), _:
            return any(implies(part, other) for part in parts)
        case _, NoneOf(excluded=part):
            return one is not None and excludes(one, part)
        case FieldTest(), FieldTest():
            return one.field == other.field and _is_within(one, other)
    return False


def excludes(one: Condition, other: Condition) -> bool:
    """Return whether the two are proven never to hold of the same lead."""
    match one, other:
        case AnyOf(any=parts), _:
            return all(excludes(part, other) for part in parts)
        case _, AnyOf(any=parts):
            return all(excludes(one, part) for part in parts)
        case AllOf(all=parts), _:
            return any(excludes(part, other) for part in parts)
        case _, AllOf(all=parts):
            return any(excludes(one, part) for part in parts)
        case NoneOf(excluded=part), _:
            return implies(other, part)
        case _, NoneOf(excluded=part):
            return implies(one, part)
        case FieldTest(), FieldTest():
            return one.field == other.field and _is_apart(one, other)
    return False


def is_impossible(condition: Condition | None) -> bool:
    """Return whether a condition is proven to hold of no lead."""
    match condition:
        case AllOf(all=parts):
            pairs = [(one, other) for place, one in enumerate(parts) for other in parts[place + 1 :]]
            return any(is_impossible(part) for part in parts) or any(excludes(one, other) for one, other in pairs)
        case AnyOf(any=parts):
            return all(is_impossible(part) for part in parts)
        case NoneOf(excluded=part):
            return implies(None, part)
        case FieldTest():
            low, high = _bounds(condition)
            return low is not None and high is not None and low > high
    return False


def shared_values(one: Condition | None, other: Condition | None) -> list[Value]:
    """Return the values of a field that two tests of it both let pass, where both are lists of values."""
    if not isinstance(one, FieldTest) or not isinstance(other, FieldTest) or one.field != other.field:
        return []
    return [value for value in other.choices or () if value in (one.choices or ())]


def passes(value: Any, test: FieldTest) -> bool:  # noqa: ANN401 - of the field's type
    """Return whether a value, as `comparable` gives it, passes a test: what `flows.routing.holds` says of a lead."""
    if test.choices is not None:
        return value in test.choices
    if test.is_empty is not None:
        return not test.is_empty
    if test.prefix is not None:
        return str(value).startswith(str(comparable(test.prefix)))
    low, high = _bounds(test)
    return (low is None or value >= low) and (high is None or value <= high)


def _is_within(one: FieldTest, other: FieldTest) -> bool:
    """Return whether what passes a test of a field passes another one of it too."""
    if other.is_empty is not None:
        return other.is_empty is False and one.is_empty is not True
    if other.matches is not None or one.matches is not None or one.is_empty is not None:
        return False
    if one.choices is not None:
        return all(passes(value, other) for value in one.choices)
    if one.prefix is not None:
        return other.prefix is not None and passes(comparable(one.prefix), other)
    if other.choices is not None:
        return False
    low, high = _bounds(one)
    other_low, other_high = _bounds(other)
    above = other_low is None or (low is not None and low >= other_low)
    below = other_high is None or (high is not None and high <= other_high)
    return above and below


def _is_apart(one: FieldTest, other: FieldTest) -> bool:
    """Return whether no value of a field passes both tests of it."""
    if one.is_empty is True or other.is_empty is True:
        return one.is_empty != other.is_empty
    if one.matches is not None or other.matches is not None:
        return False
    for test, against in ((one, other), (other, one)):
        if test.choices is not None:
            return not any(passes(value, against) for value in test.choices)
    if one.prefix is not None and other.prefix is not None:
        short, long = sorted((str(comparable(one.prefix)), str(comparable(other.prefix))), key=len)
        return not long.startswith(short)
    low, high = _bounds(one, other)
    return low is not None and high is not None and low > high


def _bounds(*tests: FieldTest) -> tuple[Any, Any]:
    """Return the highest lower and the lowest upper bound of tests of one field; None for no bound."""
    low = [comparable(test.at_least) for test in tests if test.at_least is not None]
    high = [comparable(test.at_most) for test in tests if test.at_most is not None]
    return max(cast("list[Any]", low), default=None), min(cast("list[Any]", high), default=None)
