"""Scoring: how much the evidence says that two records are of one person, weighed by Splink.

Splink works in a database of its own in memory, on the few records that some blocking rule brought together; which
pairs those are is found in SQL (sql/resolve). Here is what is compared, and how: the levels of each comparison are
conditions, tried in order; their weights are the model's.
"""

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import duckdb
import polars as pl

from flows.identity.model import IdentityModel, Level

if TYPE_CHECKING:
    from splink import Linker

# The columns of a compared record; evidence columns of the feeds' `match_on` come behind.
COMPARED_COLUMNS: Final[Mapping[str, pl.DataType]] = {
    "unique_id": pl.Int64(),
    "first_name": pl.String(),
    "last_name": pl.String(),
    # Of the names: Ann 1 and Ann 2 are not one slip apart.
    "digits": pl.String(),
    "short_forms": pl.List(pl.String),
    "emails": pl.List(pl.String),
    "desk_emails": pl.List(pl.String),
    "phones": pl.List(pl.String),
    "desk_phones": pl.List(pl.String),
    "company": pl.String(),
    "location": pl.String(),
}

_FIRST_NAME: Final = (
    ("same", "first_name_l = first_name_r"),
    ("swapped", "first_name_l = last_name_r AND last_name_l = first_name_r"),
    ("short_form", "list_contains(short_forms_l, first_name_r) OR list_contains(short_forms_r, first_name_l)"),
    (
        "initial",
        "least(length(first_name_l), length(first_name_r)) = 1 AND left(first_name_l, 1) = left(first_name_r, 1)",
    ),
    ("half_swapped", "first_name_l = last_name_r OR last_name_l = first_name_r"),
    (
        "one_edit",
        "digits_l = digits_r AND least(length(first_name_l), length(first_name_r)) > 2"
        " AND damerau_levenshtein(first_name_l, first_name_r) <= 1",
    ),
    ("alike", "digits_l = digits_r AND jaro_winkler_similarity(first_name_l, first_name_r) >= 0.88"),
    ("similar", "digits_l = digits_r AND jaro_winkler_similarity(first_name_l, first_name_r) >= 0.75"),
)
_LAST_NAME: Final = (
    ("same", "last_name_l = last_name_r"),
    (
        "initial",
        "least(length(last_name_l), length(last_name_r)) = 1 AND left(last_name_l, 1) = left(last_name_r, 1)",
    ),
    ("half_swapped", "first_name_l = last_name_r OR last_name_l = first_name_r"),
    (
        "one_edit",
        "digits_l = digits_r AND least(length(last_name_l), length(last_name_r)) > 2"
        " AND damerau_levenshtein(last_name_l, last_name_r) <= 1",
    ),
    ("alike", "digits_l = digits_r AND jaro_winkler_similarity(last_name_l, last_name_r) >= 0.88"),
    ("similar", "digits_l = digits_r AND jaro_winkler_similarity(last_name_l, last_name_r) >= 0.75"),
)
# Swapped names are one piece of evidence, weighed with the first name.
_LAST_NAME_SAYS_NOTHING: Final = (
    "last_name_l IS NULL OR last_name_r IS NULL OR (first_name_l = last_name_r AND last_name_l = first_name_r"
    " AND first_name_l <> first_name_r)"
)
_EMAIL: Final = (
    ("same", "len(list_intersect(emails_l, emails_r)) > 0"),
    (
        "same_name_part",
        "len(list_intersect(list_transform(emails_l, lambda e: split_part(e, '@', 1)),"
        " list_transform(emails_r, lambda e: split_part(e, '@', 1)))) > 0",
    ),
    # Two slips in all, of longer names: ada@ and ida@ at one company are two people.
    (
        "alike",
        "digits_l = digits_r AND list_min(list_transform(list_filter(emails_l, lambda e: strpos(e, '@') > 6),"
        " lambda e: list_min(list_transform(list_filter(emails_r, lambda o: strpos(o, '@') > 6),"
        " lambda o: damerau_levenshtein(e, o))))) <= 2",
    ),
)
# Numbers one digit apart are those of neighbours and colleagues more often than slips.
_PHONE: Final = (("same", "len(list_intersect(phones_l, phones_r)) > 0"),)
_COMPANY: Final = (
    ("same", "company_l = company_r"),
    ("alike", "jaro_winkler_similarity(company_l, company_r) >= 0.88"),
)
_LOCATION: Final = (
    ("same", "location_l = location_r"),
    ("alike", "jaro_winkler_similarity(location_l, location_r) >= 0.88"),
)
# By kind of evidence; {l} and {r} are the two values.
_EVIDENCE: Final[Mapping[str, Sequence[tuple[str, str]]]] = {
    "date": (
        ("same", "{l} = {r}"),
        ("one_edit", "damerau_levenshtein({l}, {r}) <= 1"),
        ("two_edits", "damerau_levenshtein({l}, {r}) <= 2"),
        ("same_part", "left({l}, 4) = left({r}, 4) OR substr({l}, 5) = substr({r}, 5)"),
    ),
    "code": (
        ("same", "{l} = {r}"),
        ("one_edit", "length({l}) > 3 AND damerau_levenshtein({l}, {r}) <= 1"),
        ("same_beginning", "length({l}) > 3 AND left({l}, 4) = left({r}, 4)"),
    ),
    "identifier": (
        ("same", "{l} = {r}"),
        ("one_edit", "damerau_levenshtein({l}, {r}) <= 1"),
        ("two_edits", "damerau_levenshtein({l}, {r}) <= 2"),
    ),
    "text": (
        ("same", "{l} = {r}"),
        ("one_edit", "length({l}) > 3 AND damerau_levenshtein({l}, {r}) <= 1"),
        (
            "alike",
            "jaro_winkler_similarity({l}, {r}) >= 0.88 OR (length({r}) > 3 AND contains({l}, {r}))"
            " OR (length({l}) > 3 AND contains({r}, {l}))",
        ),
    ),
}
# What says something of the person, not only of where they live or work.
_PERSONAL_KINDS: Final = ("date", "identifier")
_NAMES: Final = ("first_name", "last_name")
_CONTACTS: Final = ("email", "phone")
_ONE_FIRST_NAME: Final = ("same", "swapped", "short_form")
# Less than a bit for it is no evidence that two people of one name are one person.
_LEAST_CORROBORATION: Final = 1.0


@dataclass(frozen=True)
class Comparison:
    """One thing that is compared: its levels in the order they are tried, and where values are counted."""

    name: str
    kind: str
    says_nothing: str
    levels: tuple[tuple[str, str], ...]
    counted: str | None = None


def comparisons_of(records: pl.DataFrame, evidence: Mapping[str, str]) -> list[Comparison]:
    """Return what is compared of records: names, and whatever else any of them has.

    `evidence` gives the kind of each evidence column. Their names are numbers, never headers: they become SQL.
    """
    found = [
        Comparison("first_name", "first_name", _missing("first_name"), _FIRST_NAME, "first_name"),
        Comparison("last_name", "last_name", _LAST_NAME_SAYS_NOTHING, _LAST_NAME, "last_name"),
    ]
    if _is_filled(records, "emails", "desk_emails"):
        found.append(Comparison("email", "email", _none_given("emails", "desk_emails"), _at_desk("emails", _EMAIL)))
    if _is_filled(records, "phones", "desk_phones"):
        found.append(Comparison("phone", "phone", _none_given("phones", "desk_phones"), _at_desk("phones", _PHONE)))
    for name, levels, counted in (("company", _COMPANY, "company"), ("location", _LOCATION, None)):
        if records[name].null_count() < records.height:
            found.append(Comparison(name, name, _missing(name), levels, counted))
    return found + [
        Comparison(name, kind, _missing(name), _evidence_levels(name, kind), name) for name, kind in evidence.items()
    ]


def _is_filled(records: pl.DataFrame, *columns: str) -> bool:
    return any(records[column].list.len().sum() > 0 for column in columns)


def _evidence_levels(column: str, kind: str) -> tuple[tuple[str, str], ...]:
    return tuple((label, condition.format(l=f"{column}_l", r=f"{column}_r")) for label, condition in _EVIDENCE[kind])


def _missing(column: str) -> str:
    return f"{column}_l IS NULL OR {column}_r IS NULL"


def _none_given(own: str, desk: str) -> str:
    """Return when contacts say nothing: a side has none of its own, and no desk is shared."""
    return f"(len({own}_l) = 0 OR len({own}_r) = 0) AND len(list_intersect({desk}_l, {desk}_r)) = 0"


def _at_desk(own: str, levels: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return the levels of a kind of contact, where one that is only a front desk's says little."""
    desk = f"len(list_intersect({own}_l, {own}_r)) = 0 AND len(list_intersect(desk_{own}_l, desk_{own}_r)) > 0"
    return (("desk", desk), *levels)


def score_pairs(
    records: pl.DataFrame,
    pairs: pl.DataFrame,
    frequencies: Mapping[str, pl.DataFrame],
    evidence: Mapping[str, str],
    model: IdentityModel,
    record_count: int,
) -> pl.DataFrame:
    """Weigh pairs of records.

    `records` has COMPARED_COLUMNS and a column for each name of `evidence`; `pairs` has `source_id` and
    `other_source_id`; `frequencies` gives for a counted column its values and how common each is among the
    `record_count` records (`value`, `frequency`).

    Returns one row per pair: both ids, `weight` (log2 of the odds that they are one person), `is_corroborated`
    (anything but the names speaks for it), and of each comparison `level_` and `weight_` (`describe_pairs` tells).
    """
    compared = comparisons_of(records, evidence)
    with duckdb.connect(":memory:") as connection:
        linker = make_linker(connection, records, splink_settings(compared, model, record_count))
        for comparison in compared:
            if comparison.counted is not None:
                register_frequencies(linker, comparison.counted, frequencies.get(comparison.counted))
        _register_pairs(linker, pairs)
        wanted = ["unique_id_l", "unique_id_r", *(f"gamma_{each.name}" for each in compared)]
        weights = [
            f"{' + '.join(part.format(each.name) for part in _weight_parts(each))} AS weight_{each.name}"
            for each in compared
        ]
        predicted = linker.inference.predict(warning_mode="never").as_duckdbpyrelation()
        scored = predicted.project(", ".join(wanted + weights)).pl()
    return _weigh(scored, compared, model, record_count)


def _weight_parts(comparison: Comparison) -> tuple[str, ...]:
    return ("mw_{}",) if comparison.counted is None else ("mw_{}", "mw_tf_adj_{}")


def _weigh(
    scored: pl.DataFrame, compared: Sequence[Comparison], model: IdentityModel, record_count: int
) -> pl.DataFrame:
    """Add up the weights; what people of one household, or one office, share says little of two first names."""
    personal = [each for each in compared if each.kind in _PERSONAL_KINDS]
    is_personal = pl.any_horizontal(pl.lit(False), *(pl.col(f"weight_{each.name}") > 0 for each in personal))
    is_household = (pl.col("gamma_first_name") == 0) & ~is_personal
    weighed = scored.with_columns(
        pl.when(is_household)
        .then(pl.col(f"weight_{each.name}").clip(upper_bound=model.household_weights[each.kind]))
        .otherwise(f"weight_{each.name}")
        .alias(f"weight_{each.name}")
        for each in compared
        if each.kind in model.household_weights
    )
    return weighed.select(
        pl.col("unique_id_l").alias("source_id"),
        pl.col("unique_id_r").alias("other_source_id"),
        (pl.sum_horizontal(f"weight_{each.name}" for each in compared) + model.prior_weight(record_count)).alias(
            "weight"
        ),
        _is_corroborated(compared).alias("is_corroborated"),
        *(
            pl.col(f"gamma_{each.name}")
            .replace_strict(_labels(each), return_dtype=pl.String)
            .alias(f"level_{each.name}")
            for each in compared
        ),
        *(f"weight_{each.name}" for each in compared),
    )


def _is_corroborated(compared: Sequence[Comparison]) -> pl.Expr:
    """Return whether more than names and a place speaks for a pair, and where contacts differ, enough of it.

    People of other names and other contacts are two, be they of one company; of the same names one.
    """
    says = {each.name: pl.col(f"weight_{each.name}") > _LEAST_CORROBORATION for each in compared}
    none = pl.lit(False)
    own = [says[each.name] for each in compared if each.name not in (*_NAMES, "location")]
    personal = [says[each.name] for each in compared if each.kind in _PERSONAL_KINDS]
    contacts = [each.name for each in compared if each.name in _CONTACTS]
    differ = pl.any_horizontal(none, *(pl.col(f"gamma_{name}") == 0 for name in contacts))
    agree = pl.any_horizontal(none, *(says[name] for name in contacts), *personal)
    first = [number for number, label in _labels_of("first_name", compared) if label in _ONE_FIRST_NAME]
    last = [number for number, label in _labels_of("last_name", compared) if label in ("same", "missing")]
    is_one_name = pl.col("gamma_first_name").is_in(first) & pl.col("gamma_last_name").is_in(last)
    return pl.any_horizontal(none, *own) & (~differ | agree | is_one_name)


def _labels_of(name: str, compared: Sequence[Comparison]) -> Iterable[tuple[int, str]]:
    return next(_labels(each).items() for each in compared if each.name == name)


def _labels(comparison: Comparison) -> dict[int, str]:
    """Return the levels as Splink numbers them: the last is 0, saying nothing is -1."""
    labels = [label for label, _ in comparison.levels]
    return {-1: "missing", 0: "other", **{len(labels) - place: label for place, label in enumerate(labels)}}


def describe_pairs(scored: pl.DataFrame, headers: Mapping[str, str]) -> pl.Series:
    """Return for each scored pair its evidence as JSON: level and weight of what was compared, and no value of it.

    `headers` gives the header behind each evidence column.
    """
    names = [name.removeprefix("level_") for name in scored.columns if name.startswith("level_")]
    told = []
    for row in scored.iter_rows(named=True):
        said = {
            headers.get(name, name): {"level": row[f"level_{name}"], "weight": round(row[f"weight_{name}"], 2)}
            for name in names
            if row[f"level_{name}"] != "missing"
        }
        told.append(json.dumps({"rule": "weighed", "compared": said}))
    return pl.Series("evidence", told, dtype=pl.String)


def make_linker(connection: duckdb.DuckDBPyConnection, records: pl.DataFrame, settings: Mapping[str, Any]) -> "Linker":
    """Return Splink's linker over the records, by settings such as `splink_settings` returns."""
    # Imported here: only runs that find pairs to compare need it.
    from splink import DuckDBAPI, Linker

    # It warns of levels that no pair shows: most files have some.
    logging.getLogger("splink").setLevel(logging.ERROR)
    api = DuckDBAPI(connection)
    return Linker(api.register(records.to_arrow()), dict(settings), log_level=None)


def splink_settings(compared: Sequence[Comparison], model: IdentityModel, record_count: int) -> dict[str, Any]:
    """Return the settings of Splink for these comparisons, with the weights of the model."""
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "unique_id",
        "probability_two_random_records_match": 1 / (record_count + model.imagined_records + 1),
        "blocking_rules_to_generate_predictions": [],
        "retain_intermediate_calculation_columns": True,
        "retain_matching_columns": True,
        "comparisons": [_splink_comparison(comparison, model, record_count) for comparison in compared],
    }


def _splink_comparison(comparison: Comparison, model: IdentityModel, record_count: int) -> dict[str, Any]:
    weights = model.comparisons[comparison.kind]

    def level(label: str, condition: str) -> dict[str, Any]:
        said = {"sql_condition": condition, "label_for_charts": label}
        return {**said, **_probabilities(weights[label], comparison.counted, model, record_count)}

    return {
        "output_column_name": comparison.name,
        "comparison_levels": [
            {"sql_condition": comparison.says_nothing, "label_for_charts": "missing", "is_null_level": True},
            *(level(label, condition) for label, condition in comparison.levels),
            level("other", "ELSE"),
        ],
    }


def _probabilities(level: Level, counted: str | None, model: IdentityModel, record_count: int) -> dict[str, Any]:
    if level.u == "frequency":
        return {
            "m_probability": level.m,
            # Cancels out: the frequency of the value itself takes its place.
            "u_probability": level.least_u or 2e-6,
            "tf_adjustment_column": counted,
            "tf_minimum_u_value": level.least_u,
            "disable_tf_exact_match_detection": True,
        }
    u = max(model.pair_u(record_count), level.least_u) if level.u == "pair" else level.u
    return {"m_probability": level.m, "u_probability": u}


def register_frequencies(linker: "Linker", column: str, found: pl.DataFrame | None) -> None:
    """Tell the linker how common the values of a column are (`value`, `frequency`); those of None are unknown."""
    values = pl.DataFrame(schema={"value": pl.String, "frequency": pl.Float64}) if found is None else found
    table = values.select(pl.col("value").alias(column), pl.col("frequency").alias(f"tf_{column}"))
    registered = linker._db_api.register(table.to_arrow())
    linker.table_management.register_term_frequency_lookup(registered, column)


def _register_pairs(linker: "Linker", pairs: pl.DataFrame) -> None:
    table = pairs.select(
        pl.lit("0").alias("match_key"),
        pl.col("source_id").alias("join_key_l"),
        pl.col("other_source_id").alias("join_key_r"),
    )
    registered = linker._db_api.register(table.to_arrow())
    linker.table_management.register_blocked_pairs_for_predict(registered)
