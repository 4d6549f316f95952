"""Components: the people that exact pairs join and against whom nothing speaks, found all at once.

They are nearly all of a first load's repeats. Who is left, because something may speak against a join, is looked at
pair by pair (`flows.identity.clusters`).
"""

from typing import Final

import polars as pl

# What may speak against joining two people, and is the same for all members of a plain component.
_SETS: Final = ("application_ids", "companies", "owners", "team_ids")


def label_components(edges: pl.DataFrame) -> pl.DataFrame:
    """Return for each node of `edges` (`node`, `other_node`) the smallest node that it is connected with (`label`)."""
    both = pl.concat([edges.select("node", "other_node"), edges.select(node="other_node", other_node="node")])
    labels = both.select("node").unique().with_columns(label="node")
    while True:
        near = both.join(labels, left_on="other_node", right_on="node").group_by("node").agg(pl.col("label").min())
        lower = labels.join(near, on="node", suffix="_near").select(
            "node", pl.min_horizontal("label", "label_near").alias("label")
        )
        # Straight to what the label itself is labelled: long chains take few rounds.
        further = lower.join(lower, left_on="label", right_on="node", suffix="_further").select(
            "node", pl.col("label_further").alias("label")
        )
        if further["label"].sum() == labels["label"].sum():
            return further.sort("node")
        labels = further


def plain_people(edges: pl.DataFrame, traits: pl.DataFrame, apart: pl.Series) -> pl.DataFrame:
    """Return `node` and `label` of the components in which nothing speaks against any join.

    `traits` has one row per node, with lists of what may speak against it; `apart` are nodes that somebody set apart
    from others.
    """
    labels = label_components(edges)
    known = labels.join(traits, on="node", how="left")
    counts = known.group_by("label").agg(
        pl.col("crm_id").drop_nulls().n_unique().alias("crm_id"),
        *(pl.col(name).list.explode().drop_nulls().n_unique().alias(name) for name in _SETS),
        pl.col("node").is_in(apart.implode()).any().alias("is_apart"),
    )
    plain = counts.filter(pl.max_horizontal("crm_id", *_SETS) <= 1, ~pl.col("is_apart"))
    return labels.join(plain.select("label"), on="label", how="semi")
