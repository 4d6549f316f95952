"""The identity benchmark: its measures on cases worked by hand, its exports, and its verdicts."""

import csv
import tomllib
from pathlib import Path

import polars as pl
import pytest

from flows.reference import load_reference
from tests.benchmarks.identity_ingest import LabelledWarehouse
from tests.benchmarks.identity_measures import Link, Measures, measure, sweep_thresholds
from tests.benchmarks.identity_page import Findings, Repeat, Result, as_markdown
from tests.benchmarks.identity_sets import FEED, LABELLED_SETS, Export, Goal, LabelledSet, read_export

PEOPLE = LabelledSet(name="people", path="people.csv", truth="entity", goal=Goal(precision=0.9, f1=0.5))


def test_measures_of_a_case_worked_by_hand() -> None:
    # True: {0 1 2} {3 4} {5}. Found: {0 1} {2 3 4} {5}. Pairs: 01 02 12 34 are true, 01 23 24 34 are found,
    # and 01 34 are both.
    found = measure("aaabbc", "xxyyyz")
    assert (found.true_pairs, found.found_pairs, found.shared_pairs) == (4, 4, 2)
    assert (found.precision, found.recall, found.f1) == (0.5, 0.5, 0.5)
    assert (found.row_count, found.true_entities, found.found_entities) == (6, 3, 3)
    # Row by row the share of the found cluster that is the row's own: 1, 1, 1/3, 2/3, 2/3, 1.
    assert found.b_cubed_precision == pytest.approx((1 + 1 + 1 / 3 + 2 / 3 + 2 / 3 + 1) / 6)
    # And of the person that the found cluster has: 2/3, 2/3, 1/3, 1, 1, 1.
    assert found.b_cubed_recall == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1 + 1 + 1) / 6)
    assert found.b_cubed_f1 == pytest.approx(14 / 18)


def test_everybody_alone_is_precise_and_recalls_nothing() -> None:
    found = measure("aabb", "wxyz")
    assert (found.precision, found.recall, found.f1) == (1.0, 0.0, 0.0)
    assert (found.b_cubed_precision, found.b_cubed_recall) == (1.0, 0.5)


def test_all_in_one_recalls_everything_imprecisely() -> None:
    found = measure("aabb", "xxxx")
    assert (found.precision, found.recall, found.f1) == (2 / 6, 1.0, 0.5)
    assert (found.b_cubed_precision, found.b_cubed_recall) == (0.5, 1.0)


def test_other_names_of_the_same_clusters_are_the_same() -> None:
    assert measure("aab", "yyx").is_same
    assert not measure("aab", "yxx").is_same
    assert measure("", "").f1 == measure("ab", "xy").f1 == 1.0


def test_thresholds_of_a_case_worked_by_hand() -> None:
    # 0 1 2 are one person, 3 another. A link inside a component that is there adds no threshold.
    links = [Link(0, 1, 9.0), Link(1, 2, 5.0), Link(0, 2, 4.0), Link(2, 3, 1.0)]
    found = [(each.weight, each.precision, each.f1) for each in sweep_thresholds(links, "aaab")]
    assert found == [(9.0, 1.0, 2 * 1 / (3 + 1)), (5.0, 1.0, 1.0), (1.0, 3 / 6, 2 * 3 / (3 + 6))]


def test_links_of_one_weight_are_taken_together() -> None:
    (found,) = sweep_thresholds([Link(0, 1, 2.0), Link(1, 2, 2.0)], "aab")
    assert (found.precision, found.f1) == (1 / 3, 2 * 1 / (1 + 3))


def test_export_has_neither_the_truth_nor_what_gives_it_away(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("entity, key, name, ssn\nrec-7-org, 1, , 5\nrec-7-dup-0, 2, ann, 6\n")
    labelled = LabelledSet(
        name="people",
        path="people.csv",
        truth="entity",
        goal=Goal(),
        entity=r"rec-(\d+)-(?:org|dup-\d+)",
        left_out=("key",),
        renamed={"ssn": "Member No"},
    )
    export = read_export(labelled, tmp_path)
    export.write(tmp_path / "export.csv")
    with (tmp_path / "export.csv").open(newline="", encoding="utf-8") as file:
        assert list(csv.reader(file)) == [["name", "Member No"], ["", "5"], ["ann", "6"]]
    assert export.truth == ("7", "7")


def test_nulls_of_parquet_are_blank_cells(tmp_path: Path) -> None:
    pl.DataFrame({"entity": ["a", "b"], "name": ["ann", None]}).write_parquet(tmp_path / "people.parquet")
    labelled = LabelledSet(name="people", path="people.parquet", truth="entity", goal=Goal())
    assert read_export(labelled, tmp_path).rows == (("ann",), ("",))


def test_cell_that_names_no_entity_is_refused(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("entity,name\nnobody,ann\n")
    labelled = LabelledSet(name="people", path="people.csv", truth="entity", goal=Goal(), entity=r"rec-(\d+)")
    with pytest.raises(ValueError, match="truth"):
        read_export(labelled, tmp_path)


def test_rows_keep_their_truth_and_place_in_every_order_and_part() -> None:
    export = Export(
        columns=("name",),
        rows=tuple((str(place),) for place in range(11)),
        truth=tuple(str(place % 3) for place in range(11)),
        places=tuple(range(11)),
    )
    parts = export.shuffled(1).parts(3)
    taken = [each for part in parts for each in zip(part.rows, part.truth, part.places, strict=True)]
    assert [len(part.rows) for part in parts] == [3, 4, 4]
    assert taken != sorted(taken, key=lambda each: each[2])
    assert all(row == (str(place),) and truth == str(place % 3) for row, truth, place in taken)
    assert sorted(place for *_, place in taken) == list(range(11))


@pytest.mark.parametrize("labelled", LABELLED_SETS, ids=lambda labelled: labelled.name)
def test_feed_of_a_set_is_told_headers_evidence_and_placeholders_alone(labelled: LabelledSet, tmp_path: Path) -> None:
    (tmp_path / "feeds.toml").write_text(labelled.feeds_toml(), encoding="utf-8")
    feed = load_reference(tmp_path, must_exist=True).feeds[FEED]
    assert (feed.origin, feed.match_on) == ("vendor", labelled.match_on)
    told = tomllib.loads(labelled.feeds_toml())["feeds"][FEED]
    assert told.keys() <= {"headers", "match_on", "placeholders"}


def test_people_are_read_back_to_the_rows_of_the_export(tmp_path: Path) -> None:
    export = Export(
        columns=("First Name", "Last Name", "Email"),
        rows=(
            ("Ann", "Archer", "ann@acme.example"),
            ("", "Berg", "bob@acme.example"),
            ("Ann", "Archer", "ann@acme.example"),
            ("Cid", "Crane", "cid@acme.example"),
        ),
        truth=("a", "b", "a", "c"),
        places=(0, 1, 2, 3),
    )
    warehouse = LabelledWarehouse(tmp_path / "warehouse", PEOPLE, None)
    for number, part in enumerate(export.shuffled(2).parts(2)):
        warehouse.ingest(part, f"part-{number}.csv")
    people = warehouse.people()
    assert measure(export.truth, people.clusters).is_same
    assert people.rejected_count == 1
    assert people.clusters[1] == "row 1"


def made(precision: float) -> Measures:
    """Measures of 100 found pairs."""
    return Measures(10, 5, 5, 100, 100, round(precision * 100), 1.0, 1.0)


def test_page_says_which_goals_are_reached() -> None:
    findings = Findings(
        "one machine",
        "these versions",
        results=[
            Result(PEOPLE, "balanced", made(0.95), 1.5, rejected_count=2),
            Result(PEOPLE, "careful", made(0.95), 1.5, rejected_count=2),
            Result(PEOPLE, "Splink alone, best F1", made(0.8), 2.0, threshold=3.25),
            Result(PEOPLE, "Splink alone, best B3 F1", made(0.8), 2.0, threshold=3.25),
        ],
        repeats=[
            Repeat(PEOPLE, "balanced", "shuffled", [made(1.0), made(1.0)]),
            Repeat(PEOPLE, "balanced", "5 files, no sweep", [made(0.9)]),
            Repeat(PEOPLE, "balanced", "5 files, sweep", [made(0.99)]),
        ],
        failures=["people: measure_splink: a program\nended"],
        absent=["others"],
    )
    page = as_markdown(findings)
    assert "P >= 0.9, F1 >= 0.5: reached" in page
    assert "P >= 0.995: MISSED" in page
    assert "Splink alone, best F1, best B3 F1 (from weight 3.25)" in page
    assert [each.verdict for each in findings.repeats] == ["the same: reached", "", "within 1%: MISSED"]
    assert "* people: measure_splink: a program ended" in page
    assert "* others: the data is not here" in page
    assert [each["goal"] for each in findings.as_json()["results"]] == [  # type: ignore[attr-defined]
        "P >= 0.9, F1 >= 0.5: reached",
        "P >= 0.995: MISSED",
        None,
        None,
    ]
