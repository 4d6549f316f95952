"""Resolve: find out which staged records are one person, in the batch and in the warehouse.

Set logic is in sql/resolve; here is only what SQL does badly: joining pairs into people under the
rules that forbid a join (design 5.7).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from flows.warehouse import Warehouse

TWO_CRM_IDS: Final = "two_crm_ids"
DIFFERENT_APPLICATIONS: Final = "different_application_ids"

# Exact rules, the strongest evidence first: earlier pairs are joined before later ones can forbid it.
_RULE_ORDER: Final = ("email_and_names", "phone_and_names")


@dataclass(frozen=True)
class Pair:
    """Two people that share evidence; `rule` says which."""

    node: int
    other_node: int
    rule: str


@dataclass(frozen=True)
class Traits:
    """What speaks against joining a person to another."""

    crm_ids: frozenset[int]
    application_ids: frozenset[str]


NOTHING: Final = Traits(frozenset(), frozenset())


@dataclass(frozen=True)
class Clusters:
    """Who is one person: `person_of` names the smallest node of each cluster; `refused` are pairs kept apart."""

    person_of: dict[int, int]
    refused: dict[Pair, str]


def refuse_id_conflicts(warehouse: Warehouse) -> None:
    """Reject staged CRM rows whose id belongs to another account's lead; they leave the staging tables."""
    warehouse.run("resolve/reject_id_conflicts")
    warehouse.run("stage/drop_rejected")


def resolve_people(warehouse: Warehouse) -> None:
    """Join the staged records to people: staged_version, staged_source and staged_person are its output.

    People that the warehouse does not know have no lead id yet: `number_people` gives it.
    """
    warehouse.run("resolve/identify_versions")
    warehouse.run("resolve/share_contacts")
    warehouse.run("resolve/supersede_contacts")
    warehouse.run("resolve/find_matches")
    edges = warehouse.connection.sql("SELECT node, other_node, rule FROM match_edge").pl()
    nodes = warehouse.frame("resolve/matched_traits")
    clusters = cluster_people(
        [Pair(node, other, rule) for node, other, rule in edges.iter_rows()],
        {
            node: Traits(frozenset([] if crm_id is None else [crm_id]), frozenset(application_ids or []))
            for node, crm_id, application_ids in nodes.iter_rows()
        },
    )
    _stage_clusters(warehouse, clusters)
    warehouse.run("resolve/gather_people")


def number_people(warehouse: Warehouse) -> None:
    """Give new people their lead ids and list the leads that give theirs up (renamed_lead)."""
    warehouse.run("resolve/number_people")


def cluster_people(pairs: Iterable[Pair], traits: Mapping[int, Traits]) -> Clusters:
    """Join pairs to people, strongest evidence first, and refuse a join that the rules forbid.

    Two CRM ids are never one person, and neither are two different application ids. `traits` may leave out people
    against whom nothing speaks. The outcome does not depend on the order of `pairs`.
    """
    ordered = sorted(pairs, key=_strength)
    root_of = {node: node for node in traits}
    for pair in ordered:
        root_of[pair.node], root_of[pair.other_node] = pair.node, pair.other_node
    merged = defaultdict(lambda: NOTHING, traits)
    refused: dict[Pair, str] = {}

    def find(node: int) -> int:
        while root_of[node] != node:
            root_of[node] = root_of[root_of[node]]
            node = root_of[node]
        return node

    for pair in ordered:
        root, other = sorted((find(pair.node), find(pair.other_node)))
        if root == other:
            continue
        reason = _against(merged[root], merged[other])
        if reason is not None:
            refused[pair] = reason
            continue
        root_of[other] = root
        if merged[other] is not NOTHING:
            merged[root] = Traits(
                merged[root].crm_ids | merged[other].crm_ids,
                merged[root].application_ids | merged[other].application_ids,
            )
    return Clusters({node: find(node) for node in root_of}, refused)


def _strength(pair: Pair) -> tuple[int, int, int]:
    low, high = sorted((pair.node, pair.other_node))
    return _RULE_ORDER.index(pair.rule), low, high


def _against(one: Traits, other: Traits) -> str | None:
    if len(one.crm_ids | other.crm_ids) > 1:
        return TWO_CRM_IDS
    if one.application_ids and other.application_ids and one.application_ids != other.application_ids:
        return DIFFERENT_APPLICATIONS
    return None


def _stage_clusters(warehouse: Warehouse, clusters: Clusters) -> None:
    warehouse.run("resolve/create_clusters")
    warehouse.append(
        "match_cluster",
        pl.DataFrame(
            {"node": list(clusters.person_of), "person": list(clusters.person_of.values())},
            schema={"node": pl.Int64, "person": pl.Int64},
        ),
    )
    warehouse.append(
        "match_refusal",
        pl.DataFrame(
            [(pair.node, pair.other_node, pair.rule, reason) for pair, reason in clusters.refused.items()],
            schema={"node": pl.Int64, "other_node": pl.Int64, "rule": pl.String, "reason": pl.String},
            orient="row",
        ),
    )
