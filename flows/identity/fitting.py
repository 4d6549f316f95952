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

# Random pairs for u, and pairs of one block for m: more change no weight by a tenth of a bit.
_RANDOM_PAIRS: Final = 2_000_000
_BLOCK_PAIRS: Final = 300_000
_SEED: Final = 1
# What fewer random pairs show may be chance, or a person who was not recognised.
_LEAST_RANDOM_PAIRS: Final = 10
# The packaged shares count as much as so many true pairs: what a few hundred do not show is rare, not impossible.
_PACKAGED_PAIRS: Final = 100.0
# Where expectation maximisation begins: in blocks many pairs are true, in all pairs hardly any.
_STARTING_SHARE: Final = 0.3
# The mailbox of a pair's block is one, whichever the first that a record names.
_CONTACT_BLOCKS: Final[Mapping[str, str]] = {
    "email": "list_min(l.emails) = list_min(r.emails)",
    "phone": "list_min(l.phones) = list_min(r.phones)",
}
_NAMES_BLOCK: Final = "concat(l.first_name, ' ', l.last_name) = concat(r.first_name, ' ', r.last_name)"


@dataclass(frozen=True)
class Fit:
    """Refitted comparisons of a model, by kind and level, and about how many true pairs the richest block had."""

    comparisons: dict[str, dict[str, Level]]
    pair_count: int


@dataclass(frozen=True)
class _Block:
    """Pairs of records that agree on something: the rule that finds them, and how many there are."""

    rule: str
    pair_count: int


@dataclass
class _Shares:
    """What was found of the levels of one kind: how many pairs, over all comparisons and blocks, showed each."""

    pair_count: float = 0.0
    pairs_of: dict[str, float] = field(default_factory=dict)

    def add(self, shares: Mapping[str, float], pair_count: float) -> None:
        """Add the shares of the levels that `pair_count` pairs showed."""
        for label, share in shares.items():
            self.pairs_of[label] = self.pairs_of.get(label, 0.0) + share * pair_count
        self.pair_count += pair_count


def fit_weights(
    records: pl.DataFrame,
    leads: pl.DataFrame,
    frequencies: Mapping[str, pl.DataFrame],
    evidence: Mapping[str, str],
    model: IdentityModel,
    record_count: int,
) -> Fit:
    """Refit `m` and the fixed `u` of a model.

    `records`, `frequencies`, `evidence` and `record_count` as for `score_pairs`; `leads` has `source_id` and `lead_id`.
    A level that the records show nothing of keeps the model's value; a `u` that follows from the data stays so, and
    the `m` of a comparison that was refitted sum to 1.

    Raises UsageError where the records are too few to tell.
    """
    if records.height < LEAST_RECORDS:
        raise UsageError(
            f"{records.height:,} source records are too few to refit the weights on; "
            f"at least {LEAST_RECORDS:,} are needed"
        )
    compared = comparisons_of(records, evidence)
    with_u = _fit_u(_one_of_each_lead(records, leads), compared, model, record_count)
    return _fit_m(records, compared, frequencies, with_u, record_count)


def _one_of_each_lead(records: pl.DataFrame, leads: pl.DataFrame) -> pl.DataFrame:
    """Return one record of each lead: two records of one person are no pair of different people."""
    kept = leads.group_by("lead_id").agg(pl.col("source_id").min())
    return records.join(kept, left_on="unique_id", right_on="source_id", how="semi", maintain_order="left")


# --- u: how often records of different people agree


def _fit_u(
    records: pl.DataFrame, compared: Sequence[Comparison], model: IdentityModel, record_count: int
) -> IdentityModel:
    """Return the model with the fixed `u` that random pairs of the records show."""
    settings = splink_settings(compared, model, record_count)
    for level in _levels_of(settings):
        # What is there afterwards was seen.
        level.pop("u_probability", None)
    with duckdb.connect(":memory:") as connection:
        linker = make_linker(connection, records, settings)
        linker.training.estimate_u_using_random_sampling(
            max_pairs=_RANDOM_PAIRS, seed=_SEED, min_count_per_level=None, num_chunks=1
        )
        found = linker.misc.save_model_to_json()
    pair_count = min(_RANDOM_PAIRS, records.height * (records.height - 1) // 2)
    kinds: dict[str, _Shares] = defaultdict(_Shares)
    for comparison, trained in zip(compared, found["comparisons"], strict=True):
        shares = {
            level["label_for_charts"]: level["u_probability"]
            for level in trained["comparison_levels"]
            if "u_probability" in level
        }
        kinds[comparison.kind].add(shares, pair_count * _filled_fraction(records, comparison) ** 2)
    return model.model_copy(
        update={
            "comparisons": {
                kind: {label: _with_u(level, label, kinds[kind]) for label, level in levels.items()}
                for kind, levels in model.comparisons.items()
            }
        }
    )


def _levels_of(settings: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for comparison in settings["comparisons"]:
        yield from comparison["comparison_levels"]


def _with_u(level: Level, label: str, found: _Shares) -> Level:
    if isinstance(level.u, str) or not found.pair_count:
        return level
    pairs = found.pairs_of.get(label, 0.0)
    u = pairs / found.pair_count if pairs >= _LEAST_RANDOM_PAIRS else _LEAST_RANDOM_PAIRS / found.pair_count
    if pairs < _LEAST_RANDOM_PAIRS and u > level.u:
        return level
    return level.model_copy(update={"u": min(1.0, float(f"{u:.3g}"))})


def _filled_fraction(records: pl.DataFrame, comparison: Comparison) -> float:
    """Return of how many of the records something is compared."""
    if comparison.name in ("email", "phone"):
        own = f"{comparison.name}s"
        filled = (records[own].list.len() > 0) | (records[f"desk_{own}"].list.len() > 0)
        return int(filled.sum()) / max(records.height, 1)
    return 1 - records[comparison.name].null_count() / records.height


# --- m: how often records of one person agree


def _fit_m(
    records: pl.DataFrame,
    compared: Sequence[Comparison],
    frequencies: Mapping[str, pl.DataFrame],
    model: IdentityModel,
    record_count: int,
) -> Fit:
    settings = splink_settings(compared, model, record_count)
    settings["probability_two_random_records_match"] = _STARTING_SHARE
    kind_of = {comparison.name: comparison.kind for comparison in compared}
    filled = {comparison.name: _filled_fraction(records, comparison) for comparison in compared}
    kinds: dict[str, _Shares] = defaultdict(_Shares)
    true_pairs = 0.0
    with duckdb.connect(":memory:") as connection:
        linker = make_linker(connection, records, settings)
        for comparison in compared:
            if comparison.counted is not None:
                register_frequencies(linker, comparison.counted, frequencies.get(comparison.counted))
        for block in _blocks(records, compared):
            session = linker.training.estimate_parameters_using_expectation_maximisation(
                block.rule,
                max_pairs=_BLOCK_PAIRS if block.pair_count > _BLOCK_PAIRS else None,
                # Counts the pairs as they are, where the default counts those of a hundredth of the records.
                record_sample_proportion=1.0,
            )
            learnt = session.core_model_settings
            found_pairs = learnt.probability_two_random_records_match * min(block.pair_count, _BLOCK_PAIRS)
            true_pairs = max(true_pairs, found_pairs)
            for trained in learnt.comparisons:
                name = trained.output_column_name
                shares = _shown(trained.as_dict())  # type: ignore[no-untyped-call]
                kinds[kind_of[name]].add(shares, found_pairs * filled[name] ** 2)
    if true_pairs < LEAST_PAIRS:
        raise UsageError(
            f"the records show about {true_pairs:.0f} pairs of one person, too few to refit the weights on; "
            f"at least {LEAST_PAIRS:,} are needed"
        )
    fitted = {
        kind: _refitted(levels, kinds[kind]) if kind in kinds else levels for kind, levels in model.comparisons.items()
    }
    return Fit(fitted, round(true_pairs))


def _shown(trained: Mapping[str, Any]) -> dict[str, float]:
    """Return the trained shares by level; a level that no pair showed has none."""
    return {
        level["label_for_charts"]: level["m_probability"]
        for level in trained["comparison_levels"]
        if "m_probability" in level
    }


def _blocks(records: pl.DataFrame, compared: Sequence[Comparison]) -> Iterator[_Block]:
    """Yield the blocks with enough pairs: of one name, of one contact, of one number or day of somebody."""
    names = pl.concat_str("first_name", pl.lit(" "), "last_name")
    keys = [(_NAMES_BLOCK, names)]
    for comparison in compared:
        if comparison.name in _CONTACT_BLOCKS:
            keys.append((_CONTACT_BLOCKS[comparison.name], pl.col(f"{comparison.name}s").list.min()))
        elif comparison.kind in ("identifier", "date"):
            keys.append((f"l.{comparison.name} = r.{comparison.name}", pl.col(comparison.name)))
    for rule, key in keys:
        sizes = records.select(key=key).drop_nulls().group_by("key").len()["len"].cast(pl.Int64)
        pair_count = int((sizes * (sizes - 1) // 2).sum())
        if pair_count >= LEAST_PAIRS:
            yield _Block(rule, pair_count)


def _refitted(levels: Mapping[str, Level], found: _Shares) -> dict[str, Level]:
    """Return the levels of a comparison with the `m` that was found.

    A level that no pair showed keeps its own. Where true pairs do not agree more often than others, the comparison
    was not learnt, and all of it stays as it was.
    """
    seen = found.pairs_of
    kept = sum(level.m for label, level in levels.items() if label not in seen)
    weighed = {label: seen[label] + _PACKAGED_PAIRS * level.m for label, level in levels.items() if label in seen}
    total = sum(weighed.values())
    shares = {label: round(weight / total * (1 - kept), 6) for label, weight in weighed.items()}
    if not shares or shares.get("other", 0.0) >= _u_of(levels["other"]):
        return dict(levels)
    most = max(shares, key=lambda label: shares[label])
    shares[most] = round(1 - kept - sum(share for label, share in shares.items() if label != most), 6)
    return {
        label: level.model_copy(update={"m": shares[label]}) if label in shares else level
        for label, level in levels.items()
    }


def _u_of(level: Level) -> float:
    return level.u if isinstance(level.u, float) else level.least_u
