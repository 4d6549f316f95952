"""`leads train`: weights refitted to a warehouse without labels, and what they then do to the files that come."""

import json
import random
import shutil
from math import log2
from pathlib import Path
from typing import Any

import pytest

from flows import cli
from flows.errors import UsageError
from flows.identity.model import MODEL_FILE, IdentityModel, load_model
from flows.training import kept_model, train
from flows.warehouse import read_warehouse
from tests.benchmarks.identity_ingest import LabelledWarehouse
from tests.benchmarks.identity_measures import measure
from tests.benchmarks.identity_sets import LABELLED_SETS, read_export
from tests.integration.test_rules import World

DATA = Path(__file__).parents[3] / "shared" / "data"

# How often the second record of a person differs from the first.
TYPO_IN_FIRST_NAME, TYPO_IN_LAST_NAME, OTHER_MAIL, OTHER_PHONE = 0.7, 0.05, 0.5, 0.1
PEOPLE = 520


def population() -> list[dict[str, str]]:
    """Two records of each of many people, with mistakes at the rates above; no two people are alike by chance."""
    draw = random.Random(5)
    syllables = [consonant + vowel for consonant in "bdfghklmnprstvz" for vowel in "aeiou"]

    def name(count: int) -> str:
        return "".join(draw.choices(syllables, k=count)).capitalize()

    def typo(word: str) -> str:
        place = draw.randrange(1, len(word))
        return word[:place] + draw.choice("qxyw") + word[place + 1 :]

    rows = []
    for number in range(PEOPLE):
        first, last, company = name(3), name(4), name(5)
        one = {
            "firstName": first,
            "lastName": last,
            "company": company,
            "email": f"{first}.{last}@{company}.example".lower(),
            "phone": f"+1212736{number:04}",
        }
        other = dict(one)
        if draw.random() < TYPO_IN_FIRST_NAME:
            other["firstName"] = typo(first)
        if draw.random() < TYPO_IN_LAST_NAME:
            other["lastName"] = typo(last)
        if draw.random() < OTHER_MAIL:
            other["email"] = f"{name(6)}@{name(4)}.example".lower()
        if draw.random() < OTHER_PHONE:
            other["phone"] = f"+1646736{number:04}"
        rows += [one, other]
    return [{"id": f"R{number}", **row} for number, row in enumerate(rows)]


def refit(world: World, **how: Any) -> list[dict[str, Any]]:
    """Train on a world's warehouse."""
    with read_warehouse(world.settings.warehouse, wait_seconds=0) as warehouse:
        return train(warehouse, world.settings, **how)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A warehouse of the population, not trained."""
    world = World(tmp_path_factory.mktemp("population"))
    world.load("web", population())
    return world


@pytest.fixture(scope="module")
def trained(loaded: World) -> IdentityModel:
    """The model that was trained on it, as any run reads it."""
    refit(loaded)
    return load_model(loaded.reference)


@pytest.mark.parametrize(
    ("comparison", "level", "rate"),
    [
        ("first_name", "one_edit", TYPO_IN_FIRST_NAME),
        ("first_name", "same", 1 - TYPO_IN_FIRST_NAME),
        ("last_name", "one_edit", TYPO_IN_LAST_NAME),
        ("email", "same", 1 - OTHER_MAIL),
        ("email", "other", OTHER_MAIL),
        ("phone", "other", OTHER_PHONE),
    ],
)
def test_shares_move_towards_what_is_so(trained: IdentityModel, comparison: str, level: str, rate: float) -> None:
    packaged = load_model().comparisons[comparison][level].m
    fitted = trained.comparisons[comparison][level].m
    assert abs(fitted - rate) < abs(packaged - rate) / 2, (packaged, fitted)


def test_shares_of_a_refitted_comparison_sum_to_one(trained: IdentityModel) -> None:
    packaged = load_model()
    refitted = [kind for kind, levels in trained.comparisons.items() if levels != packaged.comparisons[kind]]
    assert {"first_name", "last_name", "email", "phone"} <= set(refitted)
    for kind in refitted:
        assert sum(level.m for level in trained.comparisons[kind].values()) == pytest.approx(1.0, abs=1e-9), kind


def test_what_the_records_do_not_show_keeps_its_weight(trained: IdentityModel) -> None:
    packaged = load_model().comparisons
    for kind, label in (("email", "desk"), ("phone", "desk"), ("first_name", "initial"), ("first_name", "short_form")):
        before, after = packaged[kind][label], trained.comparisons[kind][label]
        assert isinstance(before.u, float) and isinstance(after.u, float)
        assert log2(after.m / after.u) == pytest.approx(log2(before.m / before.u), abs=0.01), (kind, label)
        assert after.m < before.m / 3
    for kind in ("date", "code", "identifier", "text", "location"):
        assert trained.comparisons[kind] == packaged[kind], kind


def test_rarity_still_follows_from_the_data_at_hand(trained: IdentityModel) -> None:
    packaged = load_model().comparisons
    follows = {(kind, label): level.u for kind, each in packaged.items() for label, level in each.items()}
    for (kind, label), u in follows.items():
        if isinstance(u, str):
            assert trained.comparisons[kind][label].u == u


def test_the_file_is_of_levels_and_holds_nothing_of_anybody(loaded: World, trained: IdentityModel) -> None:
    def texts(value: Any) -> set[str]:
        if isinstance(value, dict):
            return set(value).union(*map(texts, value.values()))
        return {value} if isinstance(value, str) else set()

    written = json.loads((loaded.reference / MODEL_FILE).read_bytes())
    assert written.pop("name") == trained.name
    assert f"{PEOPLE * 2:,} distinct records" in written.pop("source")
    assert texts(written) <= texts(json.loads(load_model().model_dump_json()))


def test_thresholds_stay_those_of_the_model_in_use(tmp_path: Path, loaded: World) -> None:
    own = load_model().model_copy(update={"missing_pair_weight": -3.5})
    (tmp_path / MODEL_FILE).write_text(own.model_dump_json(), encoding="utf-8")
    with read_warehouse(loaded.settings.warehouse, wait_seconds=0) as warehouse:
        train(warehouse, loaded.settings.model_copy(update={"reference": tmp_path}))
    assert load_model(tmp_path).missing_pair_weight == -3.5
    assert kept_model(tmp_path).read_text(encoding="utf-8") == own.model_dump_json()


def test_training_again_is_the_same(loaded: World, trained: IdentityModel) -> None:
    changes = refit(loaded, is_dry_run=True)
    assert {row["m"] - row["m_before"] for row in changes} == {0.0}
    assert {row["weight"] - row["weight_before"] for row in changes} == {0.0}


def test_a_dry_run_says_what_it_would_do_and_writes_nothing(
    tmp_path: Path, loaded: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    places = ("--warehouse", str(loaded.settings.warehouse), "--reference", str(tmp_path))
    monkeypatch.setattr("sys.argv", ["leads", "train", "--dry-run", "--json", *places])
    assert cli.main() == 0
    told = capsys.readouterr()
    rows = {(row["comparison"], row["level"]): row for row in json.loads(told.out)}
    row = rows["first_name", "one_edit"]
    assert set(row) == {"comparison", "level", "m_before", "m", "weight_before", "weight"}
    assert row["m_before"] == 0.12 < row["m"]
    assert row["weight_before"] < row["weight"]
    assert list(tmp_path.iterdir()) == []
    assert "nothing was written" in told.err


def test_a_sample_holds_the_pairs_of_those_it_holds(loaded: World) -> None:
    with read_warehouse(loaded.settings.warehouse, wait_seconds=0) as warehouse:
        warehouse.run("train/sample_sources", {"most": PEOPLE})
        counts = warehouse.connection.sql(
            "SELECT count(*) FROM compared_source JOIN record_lead USING (source_id) GROUP BY lead_id"
        ).fetchall()
    sizes = [count for (count,) in counts]
    assert sum(sizes) == PEOPLE
    # Half of the records at random would hold both records of a quarter of the people.
    assert sizes.count(2) > PEOPLE * 0.35


def test_too_few_records_are_refused_with_how_many_are_needed(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.load("web", population()[:40])
    with pytest.raises(UsageError, match=r"40 source records are too few.*at least 500"):
        refit(world)
    assert not (world.reference / MODEL_FILE).exists()


def test_records_without_repeats_are_refused(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.load("web", population()[::2])
    with pytest.raises(UsageError, match=r"0 pairs of one person.*at least 100"):
        refit(world)


def test_ingest_with_a_trained_model_still_knows_who_is_who(tmp_path: Path, trained: IdentityModel) -> None:
    world = World(tmp_path)
    world.write(MODEL_FILE, trained.model_dump_json(exclude_defaults=True))
    one = [
        {"firstName": "Robert", "lastName": "Okri", "email": "r.okri@road.example", "phone": "2127365000"},
        {"firstName": "Robbert", "lastName": "Okri", "email": "r.okri@road.example", "phone": "2127365000"},
        {"firstName": "Bob", "lastName": "Okri", "email": "r.okri@road.example"},
    ]
    others = [
        {"firstName": "Dev", "lastName": "Patel", "email": "dev@one.example", "phone": "2127365001"},
        {"firstName": "Dev", "lastName": "Patel", "email": "patel@two.example", "phone": "2127365002"},
        {"firstName": "Ada", "lastName": "Byron", "phone": "2127365003"},
        {"firstName": "Ralph", "lastName": "Byron", "phone": "2127365003"},
        {"firstName": "Gro", "lastName": "Dahle", "email": "info@firm.example"},
        {"firstName": "Hal", "lastName": "Hartley", "email": "info@firm.example"},
    ]
    world.load("web", [*one, *others])
    sizes = world.rows("SELECT count(*) FROM record_lead GROUP BY lead_id ORDER BY 1")
    assert [count for (count,) in sizes] == [1] * len(others) + [len(one)]


@pytest.mark.slow
@pytest.mark.skipif(not (DATA / "er" / "febrl3.csv").exists(), reason="the labelled data is not beside the repository")
def test_a_model_trained_on_febrl3_tells_its_people_apart(tmp_path: Path) -> None:
    [labelled] = [each for each in LABELLED_SETS if each.name == "febrl3"]
    export = read_export(labelled, DATA)
    before = LabelledWarehouse(tmp_path / "before", labelled, "balanced")
    before.ingest(export, "febrl3.csv")
    model = before.train()
    after = LabelledWarehouse(tmp_path / "after", labelled, "balanced")
    shutil.copy(model, tmp_path / "after" / "reference")
    after.ingest(export, "febrl3.csv")
    assert load_model(tmp_path / "after" / "reference").name.startswith("trained-")
    assert measure(export.truth, after.people().clusters).f1 >= 0.99
