"""Clusters: joining pairs of people to people, where pairs alone would join too much.

Pairs that agree exactly are joined first. Then the weighed ones, the strongest first, and two groups only if the mean
weight over all pairs between them is high enough too: a chain of weak links, or one record between two people, joins
nobody. What the rules of the domain forbid (design 5.7) is refused whatever the evidence, and told with its reason.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from rapidfuzz.distance import JaroWinkler

from flows.identity.model import Profile

TWO_CRM_IDS: Final = "two_crm_ids"
DIFFERENT_APPLICATIONS: Final = "different_application_ids"
DIFFERENT_COMPANIES: Final = "different_companies"
DIFFERENT_OWNERS: Final = "different_owners"
DIFFERENT_TEAMS: Final = "different_teams"
SET_APART: Final = "set_apart"
TOO_WEAK: Final = "too_weak"
TOO_WEAK_TOGETHER: Final = "too_weak_together"

# Exact rules, the strongest evidence first: earlier pairs are joined before later ones can forbid it.
_RULE_ORDER: Final = ("email_and_names", "phone_and_names")
# No more than this does one pair speak against two groups: one odd record must not outweigh all others.
_LEAST_WEIGHT: Final = -12.0
_COMPANIES_ALIKE: Final = 0.8
# Sums of the same weights in another order differ by less.
_ROUNDING: Final = 1e-6


@dataclass(frozen=True)
class Pair:
    """Two people that share evidence; `rule` says which. `tie` orders pairs by what the records are, not by number."""

    node: int
    other_node: int
    rule: str
    tie: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class WeighedPair:
    """Two people whose records were weighed: the best of their pairs, and sum and number of all that were.

    `tie` orders pairs of one weight by what the records are, not by their numbers.
    """

    node: int
    other_node: int
    weight: float
    total: float
    count: int
    tie: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class Traits:
    """What speaks against joining a person to another, of how many distinct records it is, and whether it is a lead."""

    crm_ids: frozenset[int] = frozenset()
    application_ids: frozenset[str] = frozenset()
    companies: frozenset[str] = frozenset()
    owners: frozenset[str] = frozenset()
    team_ids: frozenset[int] = frozenset()
    apart_from: frozenset[int] = frozenset()
    face_count: int = 1
    is_known: bool = False

    def __or__(self, other: "Traits") -> "Traits":
        """Return the traits of both as one person."""
        return Traits(
            self.crm_ids | other.crm_ids,
            self.application_ids | other.application_ids,
            self.companies | other.companies,
            self.owners | other.owners,
            self.team_ids | other.team_ids,
            self.apart_from | other.apart_from,
            self.face_count + other.face_count,
            self.is_known or other.is_known,
        )


NOTHING: Final = Traits()


@dataclass
class Clusters:
    """Who is one person.

    `person_of` names the smallest node of each cluster. `refused` are exact pairs kept apart, `joined` the weighed
    pairs by which groups became one, `open` those that somebody should decide, the best of each two groups. Refused and
    open ones have their reason.
    """

    person_of: dict[int, int]
    refused: dict[Pair, str]
    joined: list[WeighedPair] = field(default_factory=list)
    open: dict[WeighedPair, str] = field(default_factory=dict)


def cluster_people(
    pairs: Iterable[Pair],
    traits: Mapping[int, Traits],
    weighed: Sequence[WeighedPair] = (),
    profile: Profile | None = None,
    missing_weight: float = 0.0,
) -> Clusters:
    """Join pairs to people and refuse a join that the rules forbid. The outcome does not depend on any order.

    `traits` may leave out people against whom nothing speaks. A pair of records that was never weighed counts as
    `missing_weight` in the mean of two groups.
    """
    groups = _Groups(traits)
    refused: dict[Pair, str] = {}
    for pair in sorted(pairs, key=_strength):
        reason = groups.join(pair.node, pair.other_node)
        if reason is not None:
            refused[pair] = reason
    joined, doubtful = _join_weighed(groups, weighed, profile, missing_weight) if profile else ([], {})
    person_of = {node: groups.find(node) for node in groups.root_of}
    return Clusters(person_of, refused, joined, _best_open(doubtful, person_of))


class _Groups:
    """Disjoint groups of nodes, each with the traits of all its members; the smallest node stands for a group."""

    def __init__(self, traits: Mapping[int, Traits]) -> None:
        self.root_of: dict[int, int] = {node: node for node in traits}
        self._traits = traits
        self._merged: dict[int, Traits] = {}
        self.nodes_of: dict[int, set[int]] = {}

    def find(self, node: int) -> int:
        root_of = self.root_of
        root_of.setdefault(node, node)
        while root_of[node] != node:
            root_of[node] = root_of[root_of[node]]
            node = root_of[node]
        return node

    def traits_of(self, root: int) -> Traits:
        return self._merged.get(root) or self._traits.get(root, NOTHING)

    def against(self, node: int, other_node: int) -> str | None:
        """Return why the groups of two nodes must not be one, or None."""
        root, other = self.find(node), self.find(other_node)
        one, two = self.traits_of(root), self.traits_of(other)
        nodes = self.nodes_of
        if one.apart_from & nodes.get(other, {other}) or two.apart_from & nodes.get(root, {root}):
            return SET_APART
        return _against(one, two)

    def join(self, node: int, other_node: int) -> str | None:
        """Make one group of those of two nodes; return the reason where that is forbidden."""
        root, other = sorted((self.find(node), self.find(other_node)))
        if root == other:
            return None
        reason = self.against(root, other)
        if reason is None:
            self._merged[root] = self.traits_of(root) | self.traits_of(other)
            self.nodes_of[root] = self.nodes_of.pop(root, {root}) | self.nodes_of.pop(other, {other})
            self.root_of[other] = root
        return reason


def _strength(pair: Pair) -> tuple[int, tuple[int, int], int, int]:
    low, high = sorted((pair.node, pair.other_node))
    return _RULE_ORDER.index(pair.rule), pair.tie, low, high


def _against(one: Traits, other: Traits) -> str | None:
    if len(one.crm_ids | other.crm_ids) > 1:
        return TWO_CRM_IDS
    if _disagree(one.application_ids, other.application_ids):
        return DIFFERENT_APPLICATIONS
    if one.companies and other.companies and _are_other_companies(one.companies, other.companies):
        return DIFFERENT_COMPANIES
    if _disagree(one.owners, other.owners):
        return DIFFERENT_OWNERS
    if _disagree(one.team_ids, other.team_ids):
        return DIFFERENT_TEAMS
    return None


def _disagree(one: frozenset[int] | frozenset[str], other: frozenset[int] | frozenset[str]) -> bool:
    return bool(one) and bool(other) and one != other


def _are_other_companies(one: frozenset[str], other: frozenset[str]) -> bool:
    """Return whether no company of the one is like one of the other's."""
    if one & other:
        return False
    return not any(_is_one_company(name, other_name) for name in one for other_name in other)


def _is_one_company(name: str, other: str) -> bool:
    words, others = name.split(), other.split()
    if set(words) <= set(others) or set(others) <= set(words):
        return True
    initials, other_initials = "".join(word[0] for word in words), "".join(word[0] for word in others)
    if name.replace(" ", "") == other_initials or other.replace(" ", "") == initials:
        return True
    return JaroWinkler.similarity(name.replace(" ", ""), other.replace(" ", "")) >= _COMPANIES_ALIKE


def _join_weighed(
    groups: _Groups, weighed: Sequence[WeighedPair], profile: Profile, missing_weight: float
) -> tuple[list[WeighedPair], dict[WeighedPair, str]]:
    """Join groups by their best pairs; return those that joined, and the doubtful ones with the reason."""
    between = _Between(groups, weighed)
    joined: list[WeighedPair] = []
    doubtful: dict[WeighedPair, str] = {}
    for pair in sorted(weighed, key=lambda each: (-each.weight, each.tie, each.node, each.other_node)):
        if pair.weight < profile.review_from:
            break
        root, other = groups.find(pair.node), groups.find(pair.other_node)
        if root == other:
            continue
        is_known = groups.traits_of(root).is_known or groups.traits_of(other).is_known
        margin = profile.known_margin if is_known else 0.0
        if pair.weight < profile.merge_from + margin:
            doubtful[pair] = TOO_WEAK
        elif between.mean(root, other, missing_weight) < profile.mean_from + margin - _ROUNDING:
            doubtful[pair] = TOO_WEAK_TOGETHER
        else:
            reason = groups.join(root, other)
            if reason is None:
                between.merge(root, other)
                joined.append(pair)
            elif reason != SET_APART:
                doubtful[pair] = reason
    return joined, doubtful


class _Between:
    """Sum and number of the weights between each two groups, kept while groups become one."""

    def __init__(self, groups: _Groups, weighed: Iterable[WeighedPair]) -> None:
        self._groups = groups
        self._sums: dict[int, dict[int, tuple[float, int]]] = defaultdict(dict)
        for pair in weighed:
            root, other = groups.find(pair.node), groups.find(pair.other_node)
            if root != other:
                total = max(pair.total, _LEAST_WEIGHT * pair.count)
                self._add(root, other, total, pair.count)
                self._add(other, root, total, pair.count)

    def _add(self, root: int, other: int, total: float, count: int) -> None:
        before, number = self._sums[root].get(other, (0.0, 0))
        self._sums[root][other] = (before + total, number + count)

    def mean(self, root: int, other: int, missing_weight: float) -> float:
        total, count = self._sums[root].get(other, (0.0, 0))
        pair_count = self._groups.traits_of(root).face_count * self._groups.traits_of(other).face_count
        missing = max(0, pair_count - count)
        return (total + missing * missing_weight) / (count + missing)

    def merge(self, root: int, other: int) -> None:
        kept, gone = self._groups.find(root), root if self._groups.find(root) == other else other
        for third, (total, count) in self._sums.pop(gone, {}).items():
            self._sums[third].pop(gone, None)
            if third != kept:
                self._add(kept, third, total, count)
                self._add(third, kept, total, count)


def _best_open(doubtful: Mapping[WeighedPair, str], person_of: Mapping[int, int]) -> dict[WeighedPair, str]:
    """Return of each two people that stayed apart the best pair."""
    best: dict[tuple[int, int], WeighedPair] = {}
    for pair in doubtful:
        people = sorted((person_of[pair.node], person_of[pair.other_node]))
        if people[0] != people[1]:
            best.setdefault((people[0], people[1]), pair)
    return {pair: doubtful[pair] for pair in best.values()}
