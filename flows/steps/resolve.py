"""Resolve: find out which staged records are one person, in the batch and in the warehouse.

Set logic is in sql/resolve: exact matches, and which other records are compared at all. Weighing pairs and joining them
to people, under the rules that forbid a join (design 5.7), is in flows/identity.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import polars as pl

from flows.identity.clusters import Clusters, Pair, Traits, WeighedPair, cluster_people
from flows.identity.components import plain_people
from flows.identity.model import IdentityModel, Profile, load_model, profile_of
from flows.identity.scoring import describe_pairs, score_pairs
from flows.identity.vocabulary import legal_forms, short_forms
from flows.warehouse import Warehouse
from schemas.reference import IdentityRules

_LEAST_WEIGHT: Final = -12.0
_WEIGHED_SCHEMA: Final[dict[str, pl.DataType]] = {
    "node": pl.Int64(),
    "other_node": pl.Int64(),
    "weight": pl.Float64(),
    "total": pl.Float64(),
    "count": pl.Int64(),
    "source_id": pl.Int64(),
    "other_source_id": pl.Int64(),
    "low_tie": pl.UInt64(),
    "high_tie": pl.UInt64(),
    "evidence": pl.String(),
}


@dataclass(frozen=True)
class Identity:
    """How people are recognised in a run: the model, and the profile of `identity.toml`."""

    model: IdentityModel
    profile: Profile

    def without_margin(self) -> "Identity":
        """Return the same for a sweep, which sees all records there are."""
        return replace(self, profile=self.profile.model_copy(update={"known_margin": 0.0}))


def identity_of(folder: Path, rules: IdentityRules) -> Identity:
    """Return how people are recognised by the model of a reference folder and its `identity.toml`."""
    model = load_model(folder)
    return Identity(model, profile_of(model, rules))


def refuse_id_conflicts(warehouse: Warehouse) -> None:
    """Reject staged CRM rows whose id belongs to another account's lead; they leave the staging tables."""
    warehouse.run("resolve/find_foreign_rows")
    if warehouse.frame("resolve/has_moves").item():
        warehouse.run("resolve/reject_id_conflicts")
        warehouse.run("stage/drop_rejected")


def resolve_people(warehouse: Warehouse, identity: Identity) -> None:
    """Join the staged records to people: staged_version, staged_source and staged_person are its output.

    People that the warehouse does not know have no lead id yet: `number_people` gives it.
    """
    warehouse.run("resolve/identify_versions")
    has_merges = warehouse.frame("resolve/has_crm_merges").item()
    if has_merges:
        warehouse.run("resolve/follow_crm_merges")
    warehouse.run("resolve/create_identity")
    warehouse.run("resolve/identify_records", {"legal_forms": legal_forms()})
    warehouse.run("resolve/gather_evidence")
    warehouse.run("resolve/block_records")
    match_people(warehouse, identity)
    if has_merges:
        warehouse.run("resolve/join_crm_merges")
    warehouse.run("resolve/gather_people")
    if warehouse.frame("resolve/has_moves").item():
        warehouse.run("resolve/part_moved")


def match_people(warehouse: Warehouse, identity: Identity) -> None:
    """Find who of staged_identity is whom: match_cluster, match_refusal and weighed_decision are its output."""
    warehouse.run("resolve/share_contacts")
    warehouse.run("resolve/supersede_contacts")
    warehouse.run("resolve/find_matches")
    warehouse.run("resolve/create_clusters")
    edges = warehouse.connection.sql("FROM match_edge").pl()
    never = warehouse.frame("resolve/never_together")
    plain = plain_people(edges, warehouse.frame("resolve/gather_traits"), never["node"])
    weighed = weigh_people(warehouse, identity, plain)
    warehouse.append("weighed_edge", weighed.select("node", "other_node"))
    doubtful = edges.join(plain, on="node", how="anti")
    clusters = cluster_people(
        _exact_pairs(doubtful),
        _read_traits(warehouse, doubtful, weighed, plain, never),
        [_weighed_pair(row) for row in weighed.iter_rows(named=True)],
        identity.profile,
        identity.model.missing_pair_weight,
    )
    _stage_clusters(warehouse, clusters, weighed, plain)


def _exact_pairs(edges: pl.DataFrame) -> list[Pair]:
    columns = edges.select("node", "other_node", "rule", "low_tie", "high_tie")
    return [Pair(node, other, rule, (low, high)) for node, other, rule, low, high in columns.iter_rows()]


def number_people(warehouse: Warehouse) -> None:
    """Give new people their lead ids and list the leads that give theirs up (renamed_lead)."""
    warehouse.run("resolve/number_people")


def weigh_people(warehouse: Warehouse, identity: Identity, plain: pl.DataFrame) -> pl.DataFrame:
    """Weigh the pairs that blocking brings together and that exact rules leave open.

    `plain` names the people that exact rules have joined already (`node`, `label`). Returns one row per pair of people
    of which some pair of records may be one person (_WEIGHED_SCHEMA).
    """
    warehouse.run("resolve/pair_records")
    scored = _score_candidates(warehouse, identity)
    people = _between_people(_of_people(scored, plain), identity.profile)
    bridged = _bridged_leads(people, plain, scored)
    if not bridged.is_empty():
        with warehouse.incoming(bridged):
            warehouse.run("resolve/pair_bridged")
        known = _score_candidates(warehouse, identity)
        people = _between_people(_of_people(pl.concat([scored, known], how="diagonal"), plain), identity.profile)
    return people


def _score_candidates(warehouse: Warehouse, identity: Identity) -> pl.DataFrame:
    """Weigh the faces of candidate_pair; returns them scored, with the nodes and ties of their source records."""
    warehouse.run("resolve/face_records")
    warehouse.run("resolve/pair_faces")
    pairs = warehouse.connection.sql("FROM face_pair").pl()
    if pairs.is_empty():
        return pairs.clear().with_columns(
            weight=pl.lit(0.0), is_corroborated=pl.lit(False), evidence=pl.lit(None, pl.String)
        )
    warehouse.run("resolve/supersede_contacts")
    records, kinds, headers = compared_records(warehouse)
    source_count = warehouse.frame("resolve/count_sources").item()
    scored = score_pairs(
        records,
        pairs,
        value_frequencies(warehouse, headers, identity.model, source_count),
        kinds,
        identity.model,
        source_count,
    )
    return _describe(scored, headers, identity.profile).join(pairs, on=["source_id", "other_source_id"])


def _describe(scored: pl.DataFrame, headers: dict[str, str], profile: Profile) -> pl.DataFrame:
    """Return ids, weight and corroboration of scored pairs, and the evidence of those that somebody may look at."""
    told = scored.with_columns(weight=pl.col("weight").round(4))
    is_told = told["weight"] >= profile.review_from
    columns = ["source_id", "other_source_id", "weight", "is_corroborated"]
    near = told.filter(is_told)
    return pl.concat(
        [
            near.select(*columns, describe_pairs(near, headers)),
            told.filter(~is_told).select(*columns, pl.lit(None, pl.String).alias("evidence")),
        ]
    )


def _bridged_leads(people: pl.DataFrame, plain: pl.DataFrame, scored: pl.DataFrame) -> pl.DataFrame:
    """Return the pairs of known leads (`node`, `other_node`) that near people connect and that are not weighed yet."""
    near = people.select("node", "other_node")
    both = pl.concat([near, near.select(node="other_node", other_node="node")])
    across = both.join(both, left_on="other_node", right_on="node", suffix="_far").select(
        "node", pl.col("other_node_far").alias("other_node")
    )
    known = plain.filter(pl.col("node") > 0).select(lead="node", person="label")
    known = pl.concat([known, both.filter(pl.col("node") > 0).select(lead="node", person="node")]).unique()
    pairs = (
        pl.concat([both, across])
        .unique()
        .join(known, left_on="node", right_on="person")
        .join(known, left_on="other_node", right_on="person", suffix="_other")
        .filter(pl.col("lead") < pl.col("lead_other"))
        .select(node="lead", other_node="lead_other")
        .unique()
    )
    weighed = scored.select(
        pl.min_horizontal("node", "other_node").alias("node"),
        pl.max_horizontal("node", "other_node").alias("other_node"),
    )
    return pairs.join(weighed, on=["node", "other_node"], how="anti").sort("node", "other_node")


def _of_people(pairs: pl.DataFrame, plain: pl.DataFrame) -> pl.DataFrame:
    """Put the people that exact rules have made in the place of their nodes; leave out pairs within one."""
    people = plain.select("node", pl.col("label").alias("person"))
    for side in ("node", "other_node"):
        pairs = (
            pairs.join(people, left_on=side, right_on="node", how="left")
            .with_columns(pl.coalesce("person", side).alias(side))
            .drop("person")
        )
    return pairs.filter(pl.col("node") != pl.col("other_node"))


def compared_records(warehouse: Warehouse) -> tuple[pl.DataFrame, dict[str, str], dict[str, str]]:
    """Return the compared records; and of each evidence column its kind, and its name in the reference (`dob|date`).

    The columns are numbered: their headers are outside text.
    """
    records = warehouse.frame("resolve/compared_records").join(short_forms(), on="first_name", how="left")
    records = records.with_columns(pl.col("short_forms").fill_null([]))
    evidence = warehouse.frame("resolve/compared_evidence")
    kinds: dict[str, str] = {}
    headers: dict[str, str] = {}
    for number, ((key, kind), rows) in enumerate(evidence.group_by("key", "kind", maintain_order=True), start=1):
        column = f"evidence_{number}"
        kinds[column], headers[column] = str(kind), f"{key}|{kind}"
        said = rows.select(pl.col("face_id").alias("unique_id"), pl.col("value").alias(column))
        records = records.join(said, on="unique_id", how="left", maintain_order="left")
    return records, kinds, headers


def value_frequencies(
    warehouse: Warehouse, headers: dict[str, str], model: IdentityModel, source_count: int
) -> dict[str, pl.DataFrame]:
    """Return how common each compared value is, by the column that is compared."""
    counts = warehouse.frame("resolve/value_counts")
    count = pl.col("record_count")
    found = {}
    for column in ("first_name", "last_name", "company", *headers):
        found[column] = counts.filter(pl.col("column_name") == headers.get(column, column)).select(
            "value", model.frequency(column, count, source_count).alias("frequency")
        )
    return found


def _between_people(scored: pl.DataFrame, profile: Profile) -> pl.DataFrame:
    """Put the pairs of records together to pairs of people; leave out those of whom none may be one person.

    Names alone join nobody: what is not corroborated counts as too weak.
    """
    is_turned = pl.col("node") > pl.col("other_node")
    ordered = scored.with_columns(
        pl.min_horizontal("node", "other_node").alias("node"),
        pl.max_horizontal("node", "other_node").alias("other_node"),
        pl.when(is_turned).then("other_source_id").otherwise("source_id").alias("source_id"),
        pl.when(is_turned).then("source_id").otherwise("other_source_id").alias("other_source_id"),
        pl.min_horizontal("tie", "other_tie").alias("low_tie"),
        pl.max_horizontal("tie", "other_tie").alias("high_tie"),
        pl.when("is_corroborated")
        .then("weight")
        .otherwise(pl.min_horizontal("weight", pl.lit(profile.merge_from - 1.0)))
        .alias("weight"),
    )
    best_first = ordered.sort(
        ["weight", "low_tie", "high_tie", "source_id", "other_source_id"], descending=[True, False, False, False, False]
    )
    people = best_first.group_by("node", "other_node", maintain_order=True).agg(
        pl.col("weight").first(),
        pl.col("weight").clip(lower_bound=_LEAST_WEIGHT).sum().alias("total"),
        pl.len().cast(pl.Int64).alias("count"),
        pl.col("source_id", "other_source_id", "low_tie", "high_tie", "evidence").first(),
    )
    return _near_people(people, profile).select(pl.col(name).cast(dtype) for name, dtype in _WEIGHED_SCHEMA.items())


def _near_people(people: pl.DataFrame, profile: Profile) -> pl.DataFrame:
    """Leave out the pairs of people that nobody could join: neither weighs enough, nor stands between two that do."""
    strong = people.filter(pl.col("weight") >= profile.review_from)
    nodes = pl.concat([strong["node"], strong["other_node"]]).unique()
    return people.filter(pl.col("node").is_in(nodes.implode()) & pl.col("other_node").is_in(nodes.implode()))


def _weighed_pair(row: dict[str, Any]) -> WeighedPair:
    return WeighedPair(
        row["node"], row["other_node"], row["weight"], row["total"], row["count"], (row["low_tie"], row["high_tie"])
    )


def _read_traits(
    warehouse: Warehouse, doubtful: pl.DataFrame, weighed: pl.DataFrame, plain: pl.DataFrame, never: pl.DataFrame
) -> dict[int, Traits]:
    """Return what speaks against the people that are still to be looked at, by node or by person of plain ones."""
    asked = pl.concat([frame[side] for frame in (doubtful, weighed) for side in ("node", "other_node")]).unique()
    whose = warehouse.frame("resolve/gather_traits").join(plain, on="node", how="left")
    lists = ("application_ids", "companies", "owners", "team_ids")
    people = (
        whose.with_columns(pl.coalesce("label", "node").alias("node"), (pl.col("node") > 0).alias("is_known"))
        .filter(pl.col("node").is_in(asked.implode()))
        .group_by("node")
        .agg(
            pl.col("face_count").sum(),
            pl.col("is_known").any(),
            pl.col("crm_id").drop_nulls().unique(),
            *(pl.col(name).list.explode().drop_nulls().unique() for name in lists),
        )
    )
    traits = {
        row["node"]: Traits(
            crm_ids=frozenset(row["crm_id"]),
            application_ids=frozenset(row["application_ids"]),
            companies=frozenset(row["companies"]),
            owners=frozenset(row["owners"]),
            team_ids=frozenset(row["team_ids"]),
            face_count=row["face_count"],
            is_known=row["is_known"],
        )
        for row in people.iter_rows(named=True)
    }
    for node, other in never.iter_rows():
        for one, two in ((node, other), (other, node)):
            known = traits.get(one, Traits())
            traits[one] = known | Traits(apart_from=frozenset([two]), face_count=0)
    return traits


def _stage_clusters(warehouse: Warehouse, clusters: Clusters, weighed: pl.DataFrame, plain: pl.DataFrame) -> None:
    person_of = pl.DataFrame(
        {"node": list(clusters.person_of), "person": list(clusters.person_of.values())},
        schema={"node": pl.Int64, "person": pl.Int64},
    )
    members = plain.join(person_of, left_on="label", right_on="node", how="left").select(
        "node", pl.coalesce("person", "label").alias("person")
    )
    warehouse.append("match_cluster", pl.concat([person_of.join(plain, on="node", how="anti"), members]))
    warehouse.append(
        "match_refusal",
        pl.DataFrame(
            [(pair.node, pair.other_node, pair.rule, reason) for pair, reason in clusters.refused.items()],
            schema={"node": pl.Int64, "other_node": pl.Int64, "rule": pl.String, "reason": pl.String},
            orient="row",
        ),
    )
    decided: list[tuple[int, int, str, str | None]] = []
    decided += [(pair.node, pair.other_node, "merged", None) for pair in clusters.joined]
    decided += [(pair.node, pair.other_node, "review", reason) for pair, reason in clusters.open.items()]
    decisions = pl.DataFrame(
        decided,
        schema={"node": pl.Int64, "other_node": pl.Int64, "decision": pl.String, "reason": pl.String},
        orient="row",
    ).join(weighed, on=["node", "other_node"])
    columns = ["node", "other_node", "source_id", "other_source_id", "decision", "reason", "weight", "evidence"]
    warehouse.append("weighed_decision", decisions.select(columns))
