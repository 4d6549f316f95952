"""The measures of the identity benchmark are those that their definitions give, pair by pair and row by row."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.benchmarks.identity_measures import Link, measure, sweep_thresholds

labellings = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=25)
truths = st.lists(st.integers(0, 3), min_size=2, max_size=12)
links = st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11), st.integers(-3, 3)), max_size=20)


@given(labellings)
def test_measures_are_those_of_enumeration(labels: list[tuple[int, int]]) -> None:
    truth, found = [entity for entity, _ in labels], [cluster for _, cluster in labels]
    rows = range(len(labels))
    true_pairs = {pair for pair in combinations(rows, 2) if truth[pair[0]] == truth[pair[1]]}
    found_pairs = {pair for pair in combinations(rows, 2) if found[pair[0]] == found[pair[1]]}
    measures = measure(truth, found)
    assert measures.true_pairs == len(true_pairs)
    assert measures.found_pairs == len(found_pairs)
    assert measures.shared_pairs == len(true_pairs & found_pairs)
    shared = [sum(truth[row] == truth[other] and found[row] == found[other] for other in rows) for row in rows]
    precision = sum(shared[row] / found.count(found[row]) for row in rows) / len(rows)
    recall = sum(shared[row] / truth.count(truth[row]) for row in rows) / len(rows)
    assert (measures.b_cubed_precision, measures.b_cubed_recall) == pytest.approx((precision, recall))


@given(truths, links)
def test_sweep_is_worth_what_its_components_are(truth: list[int], drawn: list[tuple[int, int, int]]) -> None:
    size = len(truth)
    known = [Link(row % size, other % size, float(weight)) for row, other, weight in drawn]
    for threshold in sweep_thresholds(known, truth):
        measures = measure(truth, components(size, [link for link in known if link.weight >= threshold.weight]))
        assert (threshold.precision, threshold.f1) == (measures.precision, measures.f1)
        assert threshold.b_cubed_f1 == pytest.approx(measures.b_cubed_f1)


def components(size: int, known: list[Link]) -> list[int]:
    """Connected components by passing on the least name until nothing changes."""
    names = list(range(size))
    for _ in range(size):
        for link in known:
            names[link.row] = names[link.other_row] = min(names[link.row], names[link.other_row])
    return names
