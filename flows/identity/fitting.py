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
_RANDOM_PAIRS: Final = 500_000
_BLOCK_PAIRS: Final = 300_000
_SEED: Final = 1
# What fewer pairs show may be chance, or people who were not recognised.
_LEAST_SHOWN: Final = 10
# The shares of the model count as much as so many true pairs: what a few hundred do not show is rare, not impossible.
_MODEL_PAIRS: Final = 100.0
# True pairs of a block that differ more often in their names, or in everything, are not what they were taken for.
_MOST_DIFFERING: Final = 0.5
# Where expectation maximisation begins: in a block many pairs are true, among all pairs hardly any.
_STARTING_SHARE: Final = 0.3
# To each block come random pairs, at most so many: where all pairs are true, there is else nothing to tell them from.
_MOST_STRANGE_PAIRS: Final = 2_000
# What more records say is everybody's (the 1st of January): among so many few pairs are true, and where few are,
# expectation maximisation takes the many others for the true ones.
_MOST_IN_BLOCK: Final = 30
_NAMES: Final = ("first_name", "last_name")


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
    of_people, pair_count = _pairs_of_people(records, apart, compared, frequencies, started, record_count)
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
    """Records that say the same of something (`block`), what that leaves nothing to learn of, and their pairs."""

    records: pl.DataFrame
    chosen_by: tuple[str, ...]
    pair_count: int


def _pairs_of_people(
    records: pl.DataFrame,
    strangers: pl.DataFrame,
    compared: Sequence[Comparison],
    frequencies: Mapping[str, pl.DataFrame],
    model: IdentityModel,
    record_count: int,
) -> tuple[dict[str, _Shown], int]:
    """Return by kind how many true pairs agree in each way; and how many there were in the richest block."""
    kinds: dict[str, _Shown] = defaultdict(_Shown)
    most_pairs = 0.0
    for block in _blocks(records, strangers, compared):
        learnt_of = [each for each in compared if each.name not in block.chosen_by]
        true_share, found = _learn(block, learnt_of, frequencies, model, record_count)
        if not _is_learnt(found):
            continue
        true_pairs = true_share * min(block.pair_count, _BLOCK_PAIRS)
        most_pairs = max(most_pairs, true_pairs)
        for each in learnt_of:
            kinds[each.kind].add(found[each.name], true_pairs * _filled_fraction(records, each) ** 2)
    if most_pairs < LEAST_PAIRS:
        raise UsageError(
            f"the records show about {most_pairs:.0f} pairs of one person, too few to refit the weights on: "
            f"at least {LEAST_PAIRS:,} are needed"
        )
    return kinds, round(most_pairs)


def _blocks(records: pl.DataFrame, strangers: pl.DataFrame, compared: Sequence[Comparison]) -> Iterator[_Block]:
    """Yield the blocks that have enough pairs: of one name, one contact, one number or day of somebody."""
    keys: list[tuple[tuple[str, ...], pl.Expr]] = [(_NAMES, pl.concat_str("first_name", pl.lit(" "), "last_name"))]
    for each in compared:
        if each.name in ("email", "phone"):
            keys.append(((each.name,), pl.col(f"{each.name}s").list.min()))
        elif each.kind in ("identifier", "date"):
            keys.append(((each.name,), pl.col(each.name)))
    strange_pairs = _strange_pairs(strangers)
    for chosen_by, key in keys:
        said = records.with_columns(block=key).filter(pl.col("block").is_not_null())
        size = pl.len().over("block")
        alike = said.with_columns(size=size).filter(pl.col("size").is_between(2, _MOST_IN_BLOCK))
        # Each of a group of n has n - 1 others.
        alike_pairs = int((alike["size"] - 1).sum()) // 2
        if alike_pairs >= LEAST_PAIRS:
            members = pl.concat([alike.drop("size"), strange_pairs])
            yield _Block(members, chosen_by, alike_pairs + strange_pairs.height // 2)


def _strange_pairs(strangers: pl.DataFrame) -> pl.DataFrame:
    """Return records two by two, drawn at random, as blocks of their own, under other ids."""
    count = min(strangers.height // 2, _MOST_STRANGE_PAIRS) * 2
    drawn = strangers.sample(count, shuffle=True, seed=_SEED).with_row_index("place")
    return drawn.with_columns(
        unique_id=-1 - pl.col("place").cast(pl.Int64), block=pl.format("strangers {}", pl.col("place") // 2)
    ).drop("place")


def _learn(
    block: _Block,
    learnt_of: Sequence[Comparison],
    frequencies: Mapping[str, pl.DataFrame],
    model: IdentityModel,
    record_count: int,
) -> tuple[float, dict[str, dict[str, float]]]:
    """Return of a block the share of pairs that are true, and by comparison how often these agree in each way."""
    settings = splink_settings(learnt_of, model, record_count)
    settings["probability_two_random_records_match"] = _STARTING_SHARE
    with duckdb.connect(":memory:") as connection:
        linker = make_linker(connection, block.records, settings)
        for each in learnt_of:
            if each.counted is not None:
                register_frequencies(linker, each.counted, frequencies.get(each.counted))
        session = linker.training.estimate_parameters_using_expectation_maximisation(
            "l.block = r.block",
            max_pairs=_BLOCK_PAIRS if block.pair_count > _BLOCK_PAIRS else None,
            # Counts all pairs of the block first, where the default counts those of every hundredth record.
            record_sample_proportion=1.0,
        )
        learnt = session.core_model_settings
    found = {
        each.output_column_name: _shares(each.as_dict(), "m_probability")  # type: ignore[no-untyped-call]
        for each in learnt.comparisons
    }
    return learnt.probability_two_random_records_match, found


def _is_learnt(found: Mapping[str, Mapping[str, float]]) -> bool:
    """Return whether a block's true pairs agree on something, and on names: else they are hardly the true ones."""
    differ = {name: shares.get("other", 0.0) > _MOST_DIFFERING for name, shares in found.items()}
    return not all(differ.values()) and not any(differ.get(name, False) for name in _NAMES)


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
