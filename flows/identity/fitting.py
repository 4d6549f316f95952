"""Fitting: refit the weights of the identity model to the records at hand, without labels, by Splink's own training.

First `u`: how often records of different people agree in each way, on random pairs of records of different leads. Then
`m`: how often records of one person do, by expectation maximisation on the pairs that agree on something else, so that
no comparison is judged where it chose the pairs. Everything is by levels: no value of a record gets into a model.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import duckdb
import polars as pl

from flows.errors import UsageError
from flows.identity.model import IdentityModel, Level
from flows.identity.scoring import (
    Comparison,
    comparisons_of,
    make_linker,
    register_frequencies,
    splink_settings,
)

LEAST_RECORDS: Final = 500
LEAST_PAIRS: Final = 100

# Random pairs for u, and pairs of one block for m: more of them change no weight by a tenth of a bit.
_RANDOM_PAIRS: Final = 1_000_000
_BLOCK_PAIRS: Final = 300_000
_SEED: Final = 1
# What fewer pairs show may be chance, or people who were not recognised.
_LEAST_SHOWN: Final = 10
# The shares of the model count as much as so many true pairs: what a few hundred do not show is rare, not impossible.
_MODEL_PAIRS: Final = 100.0
# Where expectation maximisation begins: in a block many pairs are true, among all pairs hardly any.
_STARTING_SHARE: Final = 0.3
# Conditions on the columns that the comparisons have, so that Splink sees what a block leaves nothing to learn of; and
# none that is a level's own condition, for whose weight it would begin near certainty.
_NAMES_BLOCK: Final = "concat(l.first_name, ' ', l.last_name) = concat(r.first_name, ' ', r.last_name)"
_CONTACT_BLOCKS: Final[Mapping[str, str]] = {
    "email": "list_min(l.emails) = list_min(r.emails)",
    "phone": "list_min(l.phones) = list_min(r.phones)",
}
_VALUE_BLOCK: Final = "concat(l.{column}) = concat(r.{column}) AND l.{column} IS NOT NULL"


@dataclass(frozen=True)
class Fit:
    """Refitted comparisons of a model, by kind and level, and about how many true pairs the richest block had."""

    comparisons: dict[str, dict[str, Level]]
    pair_count: int


@dataclass
class _Shown:
    """How many pairs, over all comparisons and blocks of a kind, there were, and how many showed each level."""

    pair_count: float = 0.0
    pairs_of: dict[str, float] = field(default_factory=dict)

    def add(self, shares: Mapping[str, float], pair_count: float) -> None:
        """Add the shares of the levels that `pair_count` pairs showed."""
        self.pair_count += pair_count
        for label, share in shares.items():
            self.pairs_of[label] = self.pairs_of.get(label, 0.0) + share * pair_count


def fit_weights(
    records: pl.DataFrame,
    strangers: pl.Series,
    frequencies: Mapping[str, pl.DataFrame],
    evidence: Mapping[str, str],
    model: IdentityModel,
    record_count: int,
) -> Fit:
    """Refit `m` and the fixed `u` of a model.

    `records`, `frequencies`, `evidence` and `record_count` as for `score_pairs`; `strangers` are the ids of records of
    which no two are known to be of one person. A level that no true pair shows keeps its weight: the next export may
    be the first that has it. A `u` that follows from the data stays so, and the `m` of a comparison that was refitted
    sum to 1.

    Raises UsageError where the records are too few to tell.
    """
    if records.height < LEAST_RECORDS:
        raise UsageError(
            f"{records.height:,} source records are too few to refit the weights on: "
            f"at least {LEAST_RECORDS:,} are needed"
        )
    compared = comparisons_of(records, evidence)
    apart = records.filter(pl.col("unique_id").is_in(strangers.implode()))
    by_chance = _pairs_by_chance(apart, compared, model, record_count)
    with_u = {
        kind: {label: _with_u(level, by_chance[kind], label) for label, level in levels.items()}
        for kind, levels in model.comparisons.items()
    }
    started = model.model_copy(update={"comparisons": with_u})
    of_people, pair_count = _pairs_of_people(records, compared, frequencies, started, record_count)
    fitted = {kind: _refitted(levels, with_u[kind], of_people[kind]) for kind, levels in model.comparisons.items()}
    return Fit(fitted, pair_count)


def _shares(trained: Mapping[str, Any], share: str) -> dict[str, float]:
    """Return the trained shares by level; a level that no pair showed has none."""
    return {level["label_for_charts"]: level[share] for level in trained["comparison_levels"] if share in level}


def _filled_fraction(records: pl.DataFrame, comparison: Comparison) -> float:
    """Return of how many of the records something is compared."""
    if comparison.name not in ("email", "phone"):
        return 1 - records[comparison.name].null_count() / records.height
    own = f"{comparison.name}s"
    return records.filter((pl.col(own).list.len() > 0) | (pl.col(f"desk_{own}").list.len() > 0)).height / records.height


# --- u: how often records of different people agree


def _pairs_by_chance(
    records: pl.DataFrame, compared: Sequence[Comparison], model: IdentityModel, record_count: int
) -> dict[str, _Shown]:
    """Return by kind how many random pairs of the records agree in each way."""
    settings = splink_settings(compared, model, record_count)
    for comparison in settings["comparisons"]:
        for level in comparison["comparison_levels"]:
            # What is there afterwards was seen.
            level.pop("u_probability", None)
    with duckdb.connect(":memory:") as connection:
        linker = make_linker(connection, records, settings)
        linker.training.estimate_u_using_random_sampling(
            max_pairs=_RANDOM_PAIRS, seed=_SEED, min_count_per_level=None, num_chunks=1
        )
        found = linker.misc.save_model_to_json()["comparisons"]
    pair_count = min(_RANDOM_PAIRS, records.height * (records.height - 1) // 2)
    kinds: dict[str, _Shown] = defaultdict(_Shown)
    for each, trained in zip(compared, found, strict=True):
        kinds[each.kind].add(_shares(trained, "u_probability"), pair_count * _filled_fraction(records, each) ** 2)
    return kinds


def _with_u(level: Level, found: _Shown, label: str) -> Level:
    """Return a level with the `u` that was found; what hardly any pair shows is at most as common as some few."""
    if isinstance(level.u, str) or not found.pair_count:
        return level
    pairs = max(found.pairs_of.get(label, 0.0), _LEAST_SHOWN)
    u = min(1.0, float(f"{pairs / found.pair_count:.3g}"))
    return level if pairs == _LEAST_SHOWN and u > level.u else level.model_copy(update={"u": u})


# --- m: how often records of one person agree


@dataclass(frozen=True)
class _Block:
    """Pairs of records that agree on something: the rule that finds them, and how many they are."""

    rule: str
    pair_count: int


def _pairs_of_people(
    records: pl.DataFrame,
    compared: Sequence[Comparison],
    frequencies: Mapping[str, pl.DataFrame],
    model: IdentityModel,
    record_count: int,
) -> tuple[dict[str, _Shown], int]:
    """Return by kind how many true pairs agree in each way; and how many there were in the richest block."""
    settings = splink_settings(compared, model, record_count)
    settings["probability_two_random_records_match"] = _STARTING_SHARE
    named = {each.name: each for each in compared}
    kinds: dict[str, _Shown] = defaultdict(_Shown)
    most_pairs = 0.0
    with duckdb.connect(":memory:") as connection:
        linker = make_linker(connection, records, settings)
        for each in compared:
            if each.counted is not None:
                register_frequencies(linker, each.counted, frequencies.get(each.counted))
        for block in _blocks(records, compared):
            session = linker.training.estimate_parameters_using_expectation_maximisation(
                block.rule,
                max_pairs=_BLOCK_PAIRS if block.pair_count > _BLOCK_PAIRS else None,
                # Counts all pairs of the block first, where the default counts those of every hundredth record.
                record_sample_proportion=1.0,
            )
            learnt = session.core_model_settings
            true_pairs = learnt.probability_two_random_records_match * min(block.pair_count, _BLOCK_PAIRS)
            most_pairs = max(most_pairs, true_pairs)
            for comparison in learnt.comparisons:
                trained = comparison.as_dict()  # type: ignore[no-untyped-call]
                each = named[comparison.output_column_name]
                filled = _filled_fraction(records, each)
                kinds[each.kind].add(_shares(trained, "m_probability"), true_pairs * filled**2)
    if most_pairs < LEAST_PAIRS:
        raise UsageError(
            f"the records show about {most_pairs:.0f} pairs of one person, too few to refit the weights on: "
            f"at least {LEAST_PAIRS:,} are needed"
        )
    return kinds, round(most_pairs)


def _blocks(records: pl.DataFrame, compared: Sequence[Comparison]) -> Iterator[_Block]:
    """Yield the blocks that have enough pairs: of one name, one contact, one number or day of somebody."""
    keys = [(_NAMES_BLOCK, pl.concat_str("first_name", pl.lit(" "), "last_name"))]
    for each in compared:
        if each.name in _CONTACT_BLOCKS:
            keys.append((_CONTACT_BLOCKS[each.name], pl.col(f"{each.name}s").list.min()))
        elif each.kind in ("identifier", "date"):
            keys.append((_VALUE_BLOCK.format(column=each.name), pl.col(each.name)))
    for rule, key in keys:
        sizes = records.select(key=key).drop_nulls().group_by("key").len()["len"].cast(pl.Int64)
        pair_count = int((sizes * (sizes - 1) // 2).sum())
        if pair_count >= LEAST_PAIRS:
            yield _Block(rule, pair_count)


def _refitted(levels: Mapping[str, Level], with_u: Mapping[str, Level], found: _Shown) -> dict[str, Level]:
    """Return the levels of a comparison with the `m` that was found, and with their new `u`.

    A level that hardly any true pair shows keeps its weight: it is rarer here than the model has it, among true pairs
    and others alike, and how much it would say nobody has seen. Where true pairs do not agree more often than others
    do, the comparison was not learnt, and all of it stays as it was.
    """
    pairs_of = {label: found.pairs_of.get(label, 0.0) for label in levels}
    weighed = {label: pairs_of[label] + _MODEL_PAIRS * level.m for label, level in levels.items()}
    whole = sum(weighed.values())
    shares = {label: round(pairs / whole, 6) for label, pairs in weighed.items()}
    other = with_u["other"].u
    if not found.pair_count or (isinstance(other, float) and shares["other"] >= other):
        return dict(levels)
    most = max(shares, key=lambda label: shares[label])
    # The others were rounded.
    shares[most] = round(1 - sum(share for label, share in shares.items() if label != most), 6)
    return {
        label: (
            with_u[label].model_copy(update={"m": shares[label]})
            if pairs_of[label] >= _LEAST_SHOWN or label == "other"
            else _as_weighty(level, shares[label])
        )
        for label, level in levels.items()
    }


def _as_weighty(level: Level, m: float) -> Level:
    """Return a level with another `m` and the same weight."""
    u = level.u if isinstance(level.u, str) else float(f"{level.u * m / level.m:.6g}")
    return level.model_copy(update={"m": m, "u": u})
