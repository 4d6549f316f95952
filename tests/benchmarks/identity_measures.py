"""How well people were told apart: exact measures of found clusters against true ones.

All measures come from the contingency table of true and found clusters, never from a list of pairs: time grows with
the rows, though pairs grow with their square. B-cubed is that of Bagga and Baldwin (1998): for each row the share of
its found cluster that is truly its person (precision), and the share of its person that its cluster has (recall),
averaged over the rows, so that one large person counts for less than in pairs.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby


@dataclass(frozen=True)
class Measures:
    """Found clusters against true ones. `shared_pairs` are the pairs of rows that are together in both."""

    row_count: int
    true_entities: int
    found_entities: int
    true_pairs: int
    found_pairs: int
    shared_pairs: int
    b_cubed_precision: float
    b_cubed_recall: float

    @property
    def precision(self) -> float:
        """The share of the found pairs that are true; 1.0 where none is found, since then none is wrong."""
        return self.shared_pairs / self.found_pairs if self.found_pairs else 1.0

    @property
    def recall(self) -> float:
        """The share of the true pairs that are found; 1.0 where there is none to find."""
        return self.shared_pairs / self.true_pairs if self.true_pairs else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall of pairs."""
        pairs = self.true_pairs + self.found_pairs
        return 2 * self.shared_pairs / pairs if pairs else 1.0

    @property
    def b_cubed_f1(self) -> float:
        """The harmonic mean of B-cubed precision and recall."""
        both = self.b_cubed_precision + self.b_cubed_recall
        return 2 * self.b_cubed_precision * self.b_cubed_recall / both if both else 1.0

    @property
    def is_same(self) -> bool:
        """Whether the found clusters are the true ones."""
        return self.true_pairs == self.found_pairs == self.shared_pairs


def measure(truth: Sequence[Hashable], found: Sequence[Hashable]) -> Measures:
    """Compare two clusterings of the same rows: for each row the name of its true and of its found cluster."""
    true_sizes, found_sizes = Counter(truth), Counter(found)
    together = Counter(zip(truth, found, strict=True))
    row_count = len(truth)
    return Measures(
        row_count=row_count,
        true_entities=len(true_sizes),
        found_entities=len(found_sizes),
        true_pairs=sum(map(_pairs, true_sizes.values())),
        found_pairs=sum(map(_pairs, found_sizes.values())),
        shared_pairs=sum(map(_pairs, together.values())),
        b_cubed_precision=sum(n * n / found_sizes[cluster] for (_, cluster), n in together.items()) / (row_count or 1),
        b_cubed_recall=sum(n * n / true_sizes[entity] for (entity, _), n in together.items()) / (row_count or 1),
    )


def _pairs(size: int) -> int:
    return size * (size - 1) // 2


@dataclass(frozen=True)
class Link:
    """Two rows, by their places, and the weight of what speaks for one person."""

    row: int
    other_row: int
    weight: float


@dataclass(frozen=True)
class Threshold:
    """What connected components of all links of at least `weight` are worth."""

    weight: float
    precision: float
    f1: float
    b_cubed_f1: float


def sweep_thresholds(links: Iterable[Link], truth: Sequence[Hashable]) -> list[Threshold]:
    """Return what each weight that a link has would be worth as the threshold, the highest first.

    One pass: links join their components from the strongest down, and each join adds what it changes.
    """
    true_sizes = Counter(truth)
    true_pairs = sum(map(_pairs, true_sizes.values()))
    root_of = list(range(len(truth)))
    entities_of: list[Counter[Hashable]] = [Counter([entity]) for entity in truth]
    size_of = [1] * len(truth)
    # Per component the sum of the squares of its cells in the contingency table: B-cubed precision is their
    # sum over size. Squares over the size of the entity make B-cubed recall.
    squares_of = [1] * len(truth)
    found_pairs = shared_pairs = 0
    precision_sum = float(len(truth))
    recall_sum = sum(1 / true_sizes[entity] for entity in truth)

    def find(row: int) -> int:
        while root_of[row] != row:
            root_of[row] = root_of[root_of[row]]
            row = root_of[row]
        return row

    thresholds = []
    strongest_first = sorted(links, key=lambda link: -link.weight)
    for weight, equal in groupby(strongest_first, key=lambda link: link.weight):
        has_joined = False
        for link in equal:
            small, large = sorted((find(link.row), find(link.other_row)), key=lambda root: len(entities_of[root]))
            if small == large:
                continue
            has_joined = True
            shared = 0
            for entity, n in entities_of[small].items():
                product = n * entities_of[large][entity]
                shared += product
                recall_sum += 2 * product / true_sizes[entity]
            precision_sum -= squares_of[small] / size_of[small] + squares_of[large] / size_of[large]
            shared_pairs += shared
            found_pairs += size_of[small] * size_of[large]
            squares_of[large] += squares_of[small] + 2 * shared
            size_of[large] += size_of[small]
            entities_of[large].update(entities_of[small])
            entities_of[small].clear()
            root_of[small] = large
            precision_sum += squares_of[large] / size_of[large]
        if has_joined:
            thresholds.append(
                Threshold(
                    weight=weight,
                    precision=shared_pairs / found_pairs,
                    f1=2 * shared_pairs / (true_pairs + found_pairs),
                    b_cubed_f1=2 * precision_sum * recall_sum / (precision_sum + recall_sum) / len(truth),
                )
            )
    return thresholds
