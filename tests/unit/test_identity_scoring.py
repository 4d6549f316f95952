"""What is compared of two records, level by level, and what the levels together say."""

import json
import re
from collections.abc import Mapping
from math import log2
from pathlib import Path
from typing import Any, Final

import polars as pl
import pytest

from flows.identity.model import load_model
from flows.identity.scoring import COMPARED_COLUMNS, comparisons_of, describe_pairs, score_pairs
from flows.identity.vocabulary import short_forms

MODEL: Final = load_model()
RECORD_COUNT: Final = 10_000
KINDS: Final = {"evidence_1": "date", "evidence_2": "code", "evidence_3": "identifier", "evidence_4": "text"}
NAME_FREQUENCY: Final = 0.004

Cells = Mapping[str, Any]


def record(number: int, cells: Cells) -> dict[str, Any]:
    """A compared record; who gives no names is Ann Bell."""
    first, last = cells.get("first_name", "ann"), cells.get("last_name", "bell")
    known = short_forms().filter(pl.col("first_name").is_in([first]))["short_forms"]
    lists = ("emails", "desk_emails", "phones", "desk_phones")
    return {
        **dict.fromkeys((*COMPARED_COLUMNS, *KINDS)),
        **{name: [] for name in lists},
        **cells,
        "unique_id": number,
        "first_name": first,
        "last_name": last,
        "digits": re.sub(r"[^0-9|]", "", f"{first or ''}|{last or ''}"),
        "short_forms": known[0].to_list() if len(known) else [],
    }


def score(pairs: list[tuple[Cells, Cells]]) -> list[dict[str, Any]]:
    """Weigh pairs of records, each pair by itself; return its levels and weights."""
    rows = [record(2 * place + side, cells) for place, pair in enumerate(pairs) for side, cells in enumerate(pair)]
    schema = {**COMPARED_COLUMNS, **dict.fromkeys(KINDS, pl.String())}
    records = pl.DataFrame(rows, schema=schema)
    asked = pl.DataFrame({"source_id": [2 * place for place in range(len(pairs))]}).with_columns(
        other_source_id=pl.col("source_id") + 1
    )
    frequencies = {
        column: records.select(pl.col(column).alias("value"), pl.lit(NAME_FREQUENCY).alias("frequency"))
        .drop_nulls()
        .unique()
        for column in ("first_name", "last_name", "company", *KINDS)
    }
    scored = score_pairs(records, asked, frequencies, KINDS, MODEL, RECORD_COUNT)
    return scored.sort("source_id").to_dicts()


def names(first: str | None, last: str | None, **cells: Any) -> Cells:
    """Cells of somebody with these names."""
    return {"first_name": first, "last_name": last, **cells}


LEVELS: Final[list[tuple[str, str, Cells, Cells]]] = [
    ("first_name", "same", names("ann", "bell"), names("ann", "dahl")),
    ("first_name", "swapped", names("ann", "bell"), names("bell", "ann")),
    ("first_name", "short_form", names("robert", "okri"), names("bob", "okri")),
    ("first_name", "initial", names("robert", "okri"), names("r", "okri")),
    ("first_name", "other", names("robert", "okri"), names("b", "okri")),
    ("first_name", "half_swapped", names("ann", "bell"), names("bell", "dahl")),
    ("first_name", "one_edit", names("katrin", "okri"), names("kartin", "okri")),
    ("first_name", "alike", names("christina", "okri"), names("christiane", "okri")),
    ("first_name", "similar", names("marianne", "okri"), names("mariola", "okri")),
    ("first_name", "other", names("ann", "bell"), names("ralph", "bell")),
    ("first_name", "other", names("al", "bell"), names("el", "bell")),
    ("first_name", "missing", names(None, "bell"), names("ann", "bell")),
    ("first_name", "other", names("ann1", "bell"), names("ann2", "bell")),
    ("first_name", "other", names("katrin", "bell1"), names("kartin", "bell2")),
    ("last_name", "same", names("ann", "bell"), names("bob", "bell")),
    ("last_name", "missing", names("ann", "bell"), names("bell", "ann")),
    ("last_name", "same", names("thomas", "thomas"), names("thomas", "thomas")),
    ("last_name", "initial", names("ann", "bell"), names("ann", "b")),
    ("last_name", "half_swapped", names("ann", "bell"), names("bell", "dahl")),
    ("last_name", "one_edit", names("ann", "marsch"), names("ann", "marsh")),
    ("last_name", "alike", names("ann", "steinberger"), names("ann", "steinbrecher")),
    ("last_name", "similar", names("ann", "petersen"), names("ann", "pederssson")),
    ("last_name", "other", names("ann", "bell"), names("ann", "okri")),
    ("last_name", "other", names("ann", "bell 1"), names("ann", "bell 2")),
    ("email", "same", {"emails": ["a@x.example", "b@x.example"]}, {"emails": ["c@x.example", "b@x.example"]}),
    ("email", "same_name_part", {"emails": ["ann.bell@x.example"]}, {"emails": ["ann.bell@y.example"]}),
    ("email", "alike", {"emails": ["ann.bell@x.example"]}, {"emails": ["ann.bel@x.exmple"]}),
    ("email", "other", {"emails": ["jane@x.example"]}, {"emails": ["john@x.example"]}),
    ("email", "other", {"emails": ["ada@x.example"]}, {"emails": ["ida@x.example"]}),
    ("email", "other", names("ann1", "b", emails=["n1@x.example"]), names("ann2", "b", emails=["n2@x.example"])),
    ("email", "missing", {"emails": ["ann@x.example"]}, {}),
    ("email", "missing", {"desk_emails": ["info@x.example"]}, {"desk_emails": ["info@y.example"]}),
    ("email", "desk", {"desk_emails": ["info@x.example"]}, {"desk_emails": ["info@x.example"]}),
    (
        "email",
        "same",
        {"emails": ["ann@x.example"], "desk_emails": ["info@x.example"]},
        {"emails": ["ann@x.example"], "desk_emails": ["info@x.example"]},
    ),
    ("phone", "same", {"phones": ["+12127365000", "+16467360100"]}, {"phones": ["+16467360100"]}),
    ("phone", "other", {"phones": ["+12127365000"]}, {"phones": ["+12127365001"]}),
    ("phone", "desk", {"desk_phones": ["+12127365000"]}, {"desk_phones": ["+12127365000"]}),
    ("phone", "missing", {"phones": ["+12127365000"]}, {}),
    ("company", "same", {"company": "north gate"}, {"company": "north gate"}),
    ("company", "alike", {"company": "northgate dental"}, {"company": "nortgate dental"}),
    ("company", "other", {"company": "northgate dental"}, {"company": "harbour foods"}),
    ("location", "same", {"location": "12 high street ware"}, {"location": "12 high street ware"}),
    ("location", "alike", {"location": "12 high street ware"}, {"location": "12 high st ware"}),
    ("location", "other", {"location": "12 high street ware"}, {"location": "oslo"}),
    ("evidence_1", "same", {"evidence_1": "19620311"}, {"evidence_1": "19620311"}),
    ("evidence_1", "one_edit", {"evidence_1": "19620311"}, {"evidence_1": "19620331"}),
    ("evidence_1", "one_edit", {"evidence_1": "19620312"}, {"evidence_1": "19620321"}),
    ("evidence_1", "two_edits", {"evidence_1": "19620311"}, {"evidence_1": "19640331"}),
    ("evidence_1", "same_part", {"evidence_1": "19620311"}, {"evidence_1": "19621127"}),
    ("evidence_1", "same_part", {"evidence_1": "19620311"}, {"evidence_1": "18850311"}),
    ("evidence_1", "other", {"evidence_1": "19620311"}, {"evidence_1": "18851127"}),
    ("evidence_1", "missing", {"evidence_1": "19620311"}, {}),
    ("evidence_2", "same", {"evidence_2": "sw1a1aa"}, {"evidence_2": "sw1a1aa"}),
    ("evidence_2", "one_edit", {"evidence_2": "sw1a1aa"}, {"evidence_2": "sw1a1ab"}),
    ("evidence_2", "same_beginning", {"evidence_2": "sw1a1aa"}, {"evidence_2": "sw1a9zz"}),
    ("evidence_2", "other", {"evidence_2": "m13"}, {"evidence_2": "m14"}),
    ("evidence_3", "same", {"evidence_3": "7131954"}, {"evidence_3": "7131954"}),
    ("evidence_3", "one_edit", {"evidence_3": "7131954"}, {"evidence_3": "7131945"}),
    ("evidence_3", "two_edits", {"evidence_3": "7131954"}, {"evidence_3": "7130964"}),
    ("evidence_3", "other", {"evidence_3": "7131954"}, {"evidence_3": "9000000"}),
    ("evidence_4", "same", {"evidence_4": "brighton"}, {"evidence_4": "brighton"}),
    ("evidence_4", "one_edit", {"evidence_4": "brighton"}, {"evidence_4": "brigthon"}),
    ("evidence_4", "alike", {"evidence_4": "brighton"}, {"evidence_4": "brightonandhove"}),
    ("evidence_4", "other", {"evidence_4": "nsw"}, {"evidence_4": "nsx"}),
    ("evidence_4", "other", {"evidence_4": "brighton"}, {"evidence_4": "carlisle"}),
]


@pytest.fixture(scope="module")
def scored() -> list[dict[str, Any]]:
    """All pairs of LEVELS, weighed in one go."""
    return score([(one, other) for _, _, one, other in LEVELS])


@pytest.mark.parametrize("place", range(len(LEVELS)), ids=[f"{name} {label}" for name, label, _, _ in LEVELS])
def test_level(scored: list[dict[str, Any]], place: int) -> None:
    name, label, one, other = LEVELS[place]
    assert scored[place][f"level_{name}"] == label, (one, other)


def test_every_level_of_the_model_is_tried() -> None:
    tried = {(KINDS.get(name, name), label) for name, label, _, _ in LEVELS}
    assert {(kind, label) for kind, levels in MODEL.comparisons.items() for label in levels} <= tried


def test_it_does_not_matter_which_record_comes_first(scored: list[dict[str, Any]]) -> None:
    turned = score([(other, one) for _, _, one, other in LEVELS])
    ids = ("source_id", "other_source_id")
    for one, other in zip(scored, turned, strict=True):
        assert {k: v for k, v in one.items() if k not in ids} == pytest.approx(
            {k: v for k, v in other.items() if k not in ids}
        )


def test_a_weight_is_the_sum_of_what_is_compared_and_the_odds_before() -> None:
    [row] = score([({"phones": ["+12127365000"]}, names("ann", "b", phones=["+12127365000"]))])
    compared = {name.removeprefix("weight_"): bits for name, bits in row.items() if name.startswith("weight_")}
    level = MODEL.comparisons
    assert compared["first_name"] == pytest.approx(log2(level["first_name"]["same"].m / NAME_FREQUENCY))
    assert compared["last_name"] == pytest.approx(log2(0.04 / 0.01))
    assert compared["phone"] == pytest.approx(
        log2(level["phone"]["same"].m * (RECORD_COUNT + MODEL.imagined_records) / 2)
    )
    assert row["weight"] == pytest.approx(sum(compared.values()) - log2(RECORD_COUNT + MODEL.imagined_records))


def test_a_rare_name_says_more() -> None:
    rows = [record(number, {}) for number in range(2)] + [record(number, names("zoe", "bell")) for number in (2, 3)]
    records = pl.DataFrame(rows, schema={**COMPARED_COLUMNS, **dict.fromkeys(KINDS, pl.String())})
    asked = pl.DataFrame({"source_id": [0, 2], "other_source_id": [1, 3]})
    counted = pl.DataFrame({"value": ["ann", "zoe"], "frequency": [0.02, 0.0005]})
    common, rare = score_pairs(records, asked, {"first_name": counted}, {}, MODEL, RECORD_COUNT).sort("source_id")[
        "weight_first_name"
    ]
    assert rare - common == pytest.approx(log2(40))


HOME: Final = {
    "emails": ["the.bells@x.example"],
    "phones": ["+12127365000"],
    "company": "bell optics",
    "location": "12 high street",
}


def test_a_household_shares_little_of_a_person() -> None:
    couple, person = score(
        [
            (names("ann", "bell", **HOME), names("ralph", "bell", **HOME)),
            (names("ann", "bell", **HOME), names("ann", "bell", **HOME)),
        ]
    )
    for name in ("email", "phone", "company", "location"):
        assert couple[f"weight_{name}"] == MODEL.household_weights[name] < person[f"weight_{name}"]
    assert couple["weight"] < MODEL.profiles["balanced"].merge_from
    assert person["weight"] > MODEL.profiles["careful"].merge_from


def test_a_day_of_birth_is_of_a_person_and_not_of_a_household() -> None:
    born = {**HOME, "evidence_1": "19620311"}
    [row] = score([(names("ann", "bell", **born), names("ralph", "bell", **born))])
    assert row["weight_email"] > MODEL.household_weights["email"]


def test_a_desk_says_little() -> None:
    [desk, own] = score(
        [
            ({"desk_emails": ["info@x.example"]}, {"desk_emails": ["info@x.example"]}),
            ({"emails": ["ann@x.example"]}, {"emails": ["ann@x.example"]}),
        ]
    )
    assert desk["weight_email"] == pytest.approx(2.0)
    assert own["weight_email"] > 10


CORROBORATED: Final[list[tuple[str, bool, Cells, Cells]]] = [
    ("names alone", False, {}, {}),
    ("names and a place", False, {"location": "oslo"}, {"location": "oslo"}),
    ("a mailbox", True, {"emails": ["a@x.example"]}, {"emails": ["a@x.example"]}),
    ("a company", True, {"company": "firm"}, {"company": "firm"}),
    ("a date", True, {"evidence_1": "19620311"}, {"evidence_1": "19620311"}),
    ("one name, other contacts", False, {"emails": ["ann@x.example"]}, {"emails": ["bell@y.example"]}),
    (
        "one name and company, other contacts",
        True,
        {"emails": ["ann@x.example"], "company": "firm"},
        {"emails": ["bell@y.example"], "company": "firm"},
    ),
    (
        "a short form, company, other contacts",
        True,
        names("robert", "okri", emails=["r@x.example"], company="firm"),
        names("bob", "okri", emails=["office2@y.example"], company="firm"),
    ),
    (
        "alike names of one company, other contacts",
        False,
        names("katrin", "bell", emails=["anna@x.example"], company="firm"),
        names("kartin", "bell", emails=["bells@y.example"], company="firm"),
    ),
    (
        "alike names, other mailbox, same phone",
        True,
        names("katrin", "bell", emails=["anna@x.example"], phones=["+12127365000"]),
        names("kartin", "bell", emails=["bells@y.example"], phones=["+12127365000"]),
    ),
    (
        "alike names, other contacts, same day of birth",
        True,
        names("katrin", "bell", emails=["anna@x.example"], evidence_1="19620311"),
        names("kartin", "bell", emails=["bells@y.example"], evidence_1="19620311"),
    ),
]


def test_what_corroborates_names() -> None:
    found = score([(one, other) for _, _, one, other in CORROBORATED])
    told = {what: row["is_corroborated"] for (what, *_), row in zip(CORROBORATED, found, strict=True)}
    assert told == {what: expected for what, expected, _, _ in CORROBORATED}


def test_what_no_record_has_is_not_compared() -> None:
    rows = [record(0, {"desk_phones": ["+12127365000"]}), record(1, {"company": "firm"})]
    records = pl.DataFrame(rows, schema={**COMPARED_COLUMNS, **dict.fromkeys(KINDS, pl.String())})
    compared = {each.name for each in comparisons_of(records, {"evidence_1": "date"})}
    assert compared == {"first_name", "last_name", "phone", "company", "evidence_1"}


def test_evidence_is_told_by_header_level_and_weight_and_without_a_value() -> None:
    cells = {"evidence_1": "19620311", "emails": ["ann@x.example"]}
    [row] = score([(names("ann", "bell", **cells), names("ann", "bell", evidence_1="19620331"))])
    [told] = describe_pairs(pl.DataFrame([row]), {"evidence_1": "born|date"})
    assert json.loads(told) == {
        "rule": "weighed",
        "compared": {
            "first_name": {"level": "same", "weight": 7.1},
            "last_name": {"level": "same", "weight": 7.23},
            "born|date": {"level": "one_edit", "weight": 6.32},
        },
    }


def test_the_example_of_the_documentation_is_of_the_shipped_model() -> None:
    page = (Path(__file__).parents[2] / "docs" / "identity.md").read_text(encoding="utf-8")
    shown = re.findall(r"^\| (before|first name|last name|phone|company).*\| ([+-]\d+\.\d) \|$", page, flags=re.M)
    total = re.search(r"^\| \*\*in all\*\*.*\| \*\*([+-]\d+\.\d)\*\* \|$", page, flags=re.M)
    levels = MODEL.comparisons
    expected = {
        "before": MODEL.prior_weight(RECORD_COUNT),
        "first name": log2(0.03 / 0.004),
        "last name": log2(levels["last_name"]["same"].m / 0.006),
        "phone": log2(levels["phone"]["same"].m / MODEL.pair_u(RECORD_COUNT)),
        "company": log2(0.15 / 0.99),
    }
    assert {name: float(bits) for name, bits in shown} == {name: round(bits, 1) for name, bits in expected.items()}
    assert total is not None
    assert float(total[1]) == round(sum(expected.values()), 1)
    for kind, label, m, u in (("first_name", "initial", 0.03, 0.004), ("company", "other", 0.15, 0.99)):
        assert (levels[kind][label].m, levels[kind][label].u) == (m, u)
