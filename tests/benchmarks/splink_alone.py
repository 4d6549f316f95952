"""Splink 5 alone on the columns of a labelled set: the yardstick of `make bench-identity`.

Comparisons and blocking are chosen by hand for each set, after Splink's own examples. Weights are learnt without
labels; only the threshold is chosen by them, at its very best, which nobody has who has no labels. Clusters are
connected components. Run as a program, so that each set is measured in a fresh process.
"""

import json
import logging
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType

import duckdb
import splink.comparison_library as compare
from splink import Linker, SettingsCreator, block_on
from splink.backends.duckdb import DuckDBAPI
from splink.internals.blocking_rule_creator import BlockingRuleCreator
from splink.internals.comparison_creator import ComparisonCreator

from tests.benchmarks.identity_measures import Link, Measures, Threshold, measure, sweep_thresholds

# What profile `careful` has to reach; the threshold for it is chosen by the labels too.
CAREFUL_PRECISION = 0.995

# More pairs than this are sampled; the smaller sets are compared whole.
_SAMPLED_PAIRS = 2e6
_SEED = 1


@dataclass(frozen=True)
class Model:
    """What is chosen by hand: `columns` are SQL over the export's text columns, blanks being NULL.

    `certain` are the rules that find `certain_recall` of the matches and little else, which says how many matches
    there are; `training` are the blocks that weights are learnt in, one after the other.
    """

    columns: Mapping[str, str]
    comparisons: Sequence[ComparisonCreator]
    blocking: Sequence[BlockingRuleCreator]
    certain: Sequence[BlockingRuleCreator]
    certain_recall: float
    training: Sequence[BlockingRuleCreator]


def _names(*columns: str) -> list[ComparisonCreator]:
    """Compare first and last names each by itself, common names counting for less.

    Splink's examples compare them as one. With historical_50k that reaches F1 0.834, this 0.863, all else equal.
    """
    return [compare.NameComparison(column).configure(term_frequency_adjustments=True) for column in columns]


def _leads_duplicates() -> Model:
    return Model(
        columns={
            "first_name": '"First Name"',
            "last_name": '"Last Name"',
            "company": '"Company"',
            "emails": 'list_distinct(["Email 1", "Email 2"])',
            "phones": 'list_distinct(["Phone 1", "Phone 2"])',
        },
        comparisons=[
            *_names("first_name", "last_name"),
            compare.JaroWinklerAtThresholds("company", [0.95, 0.85]),
            compare.ArrayIntersectAtSizes("emails", [2, 1]),
            compare.ArrayIntersectAtSizes("phones", [2, 1]),
        ],
        blocking=[
            block_on("emails", arrays_to_explode=["emails"]),
            block_on("phones", arrays_to_explode=["phones"]),
            block_on("first_name", "last_name"),
            block_on("last_name", "company"),
        ],
        certain=[block_on("first_name", "last_name", "company")],
        certain_recall=0.7,
        # Splink cannot learn in blocks of list elements.
        training=[block_on("first_name", "last_name"), block_on("company")],
    )


def _fake_1000() -> Model:
    return Model(
        columns={name: name for name in ("first_name", "surname", "dob", "city", "email")},
        comparisons=[
            *_names("first_name", "surname"),
            compare.DateOfBirthComparison("dob", input_is_string=True),
            compare.JaroWinklerAtThresholds("city", [0.9, 0.8]).configure(term_frequency_adjustments=True),
            compare.EmailComparison("email"),
        ],
        blocking=[
            block_on("first_name"),
            block_on("surname"),
            block_on("dob"),
            block_on("email"),
            block_on("substr(email, 1, 5)"),
            block_on("first_name", "substr(dob, 1, 4)"),
        ],
        certain=[block_on("first_name", "surname", "dob"), block_on("email")],
        certain_recall=0.7,
        training=[block_on("first_name", "surname"), block_on("dob"), block_on("email")],
    )


def _febrl() -> Model:
    return Model(
        columns={
            "given_name": "given_name",
            "surname": "surname",
            "dob": "date_of_birth",
            "member_no": '"Member No"',
            "postcode": "postcode",
            "suburb": "suburb",
            "address_1": "address_1",
            "address_2": "address_2",
            "state": "state",
        },
        comparisons=[
            *_names("given_name", "surname"),
            compare.DamerauLevenshteinAtThresholds("dob", [1, 2]),
            compare.DamerauLevenshteinAtThresholds("member_no", [1, 2]),
            compare.DamerauLevenshteinAtThresholds("postcode", [1, 2]),
            compare.JaroWinklerAtThresholds("suburb", [0.9, 0.8]),
            compare.JaroWinklerAtThresholds("address_1", [0.9, 0.8]),
            compare.JaroWinklerAtThresholds("address_2", [0.9, 0.8]),
            compare.ExactMatch("state"),
        ],
        blocking=[
            block_on("member_no"),
            block_on("dob"),
            block_on("given_name", "surname"),
            block_on("address_1"),
            block_on("postcode", "suburb"),
            block_on("surname", "postcode"),
            block_on("given_name", "postcode"),
            block_on("suburb", "surname"),
            block_on("suburb", "given_name"),
        ],
        certain=[block_on("member_no"), block_on("given_name", "surname", "dob")],
        certain_recall=0.9,
        training=[block_on("dob"), block_on("member_no"), block_on("postcode", "suburb")],
    )


def _historical_50k() -> Model:
    return Model(
        columns={name: name for name in ("first_name", "surname", "dob", "postcode_fake", "birth_place", "occupation")},
        comparisons=[
            *_names("first_name", "surname"),
            # A third of the birthdays are the 1st of January, which says the year alone.
            compare.DamerauLevenshteinAtThresholds("dob", [1, 2]).configure(term_frequency_adjustments=True),
            compare.DamerauLevenshteinAtThresholds("postcode_fake", [1, 2]).configure(term_frequency_adjustments=True),
            compare.ExactMatch("birth_place").configure(term_frequency_adjustments=True),
            compare.ExactMatch("occupation").configure(term_frequency_adjustments=True),
        ],
        blocking=[
            block_on("first_name", "surname"),
            block_on("surname", "dob"),
            block_on("first_name", "dob"),
            block_on("postcode_fake", "first_name"),
            block_on("postcode_fake", "surname"),
            block_on("substr(first_name, 1, 3)", "substr(surname, 1, 4)"),
            block_on("dob", "postcode_fake"),
            block_on("dob", "birth_place"),
            block_on("substr(first_name, 1, 2)", "substr(surname, 1, 3)", "substr(dob, 1, 4)"),
            block_on("substr(postcode_fake, 1, 3)", "surname"),
            block_on("substr(postcode_fake, 1, 3)", "first_name"),
            block_on("substr(postcode_fake, 1, 4)", "substr(dob, 1, 4)"),
        ],
        certain=[
            block_on("first_name", "surname", "dob"),
            block_on("substr(first_name, 1, 2)", "surname", "substr(postcode_fake, 1, 2)"),
            block_on("dob", "postcode_fake"),
        ],
        certain_recall=0.6,
        training=[block_on("first_name", "surname"), block_on("dob")],
    )


_MODELS = MappingProxyType(
    {
        "leads-duplicates-1000": _leads_duplicates,
        "fake_1000": _fake_1000,
        "febrl1": _febrl,
        "febrl3": _febrl,
        "historical_50k": _historical_50k,
    }
)


@dataclass(frozen=True)
class Choice:
    """Splink's clusters at one threshold, and what the threshold was chosen for."""

    chosen_for: str
    weight: float
    measures: Measures


@dataclass(frozen=True)
class SplinkRun:
    """The choices on one set, and the seconds that only choosing took: sweep, measures, further clusterings."""

    choices: Sequence[Choice]
    choosing_seconds: float


def run_splink(name: str, export: Path, truth: Sequence[str]) -> SplinkRun:
    """Train, predict and cluster; `truth` is whose each row of the export is, for the choice of thresholds."""
    model = _MODELS[name]()
    connection = duckdb.connect()
    read_rows(connection, model, export)
    backend = DuckDBAPI(connection)
    linker = Linker(
        backend.register("person", table_name="person_in"),
        SettingsCreator(
            link_type="dedupe_only",
            comparisons=[*model.comparisons],
            blocking_rules_to_generate_predictions=[*model.blocking],
            retain_matching_columns=False,
        ),
        log_level=logging.ERROR,
    )
    train(linker, model)
    predicted = linker.inference.predict()
    began = time.perf_counter()
    pairs = connection.execute(
        f"SELECT unique_id_l, unique_id_r, match_weight FROM {predicted.physical_name}"
    ).fetchall()
    thresholds = sweep_thresholds((Link(*pair) for pair in pairs), truth)
    best = choose(thresholds)
    choosing_seconds = time.perf_counter() - began
    choices = []
    clustering_seconds = []
    for chosen_for, threshold in best.items():
        clustering_began = time.perf_counter()
        clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(
            predicted, threshold_match_weight=threshold.weight
        )
        clustering_seconds.append(time.perf_counter() - clustering_began)
        found = connection.execute(f"SELECT unique_id, cluster_id FROM {clusters.physical_name}").fetchall()
        ordered = [cluster for _, cluster in sorted(found)]
        choices.append(Choice(chosen_for, threshold.weight, measure(truth, ordered)))
        choosing_seconds += time.perf_counter() - clustering_began
    # One clustering belongs to the job; the others are there to compare.
    return SplinkRun(choices, choosing_seconds - clustering_seconds[0])


def read_rows(connection: duckdb.DuckDBPyConnection, model: Model, export: Path) -> None:
    """Make table `person` of the export: unique_id is the place of the row, from 0."""
    columns = ", ".join(f"{expression} AS {column}" for column, expression in model.columns.items())
    connection.execute(
        "CREATE TABLE person AS"
        " WITH numbered AS (SELECT row_number() OVER () - 1 AS unique_id, * FROM read_csv($path, all_varchar = true,"
        " header = true, parallel = false))"
        f" SELECT unique_id, {columns} FROM numbered",
        {"path": str(export)},
    )


def train(linker: Linker, model: Model) -> None:
    """Learn the weights without labels."""
    training = linker.training
    training.estimate_probability_two_random_records_match([*model.certain], recall=model.certain_recall)
    training.estimate_u_using_random_sampling(max_pairs=_SAMPLED_PAIRS, seed=_SEED)
    for block in model.training:
        training.estimate_parameters_using_expectation_maximisation(block)


def choose(thresholds: Sequence[Threshold]) -> dict[str, Threshold]:
    """Return the best threshold for F1, for B-cubed F1, and for F1 at the precision of profile `careful`."""
    careful = [each for each in thresholds if each.precision >= CAREFUL_PRECISION]
    best = {
        "best F1": max(thresholds, key=lambda each: each.f1),
        "best B3 F1": max(thresholds, key=lambda each: each.b_cubed_f1),
    }
    if careful:
        best[f"P >= {CAREFUL_PRECISION}"] = max(careful, key=lambda each: each.f1)
    return best


def main() -> None:
    """Run Splink on the set of the first argument, its export and the JSON list of whose its rows are."""
    name, export, truth = sys.argv[1:]
    run = run_splink(name, Path(export), json.loads(Path(truth).read_text(encoding="utf-8")))
    print(json.dumps(asdict(run)))


if __name__ == "__main__":
    main()
