"""survivorship.toml through files: rules that change conclude again what they may change, and nothing is lost by it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from flows.errors import UsageError
from flows.pipeline import ingest
from flows.run import Request
from flows.settings import Settings
from flows.steps.survive import conclude_everything, field_provenance
from flows.warehouse import Warehouse, open_warehouse, read_warehouse
from schemas.spec import lead_columns
from tests.integration.test_rules import World, dana

ROOT = Path(__file__).parents[2]
RULES = """
notes = "union"
jobTitle = "longest"
createdAt = "min"
lastContacted = "max"
numberOfEmployees = "max"
monthlyTransactionVolume = "min"
company = "newest"
source = "first_seen"
processStage = "first_seen"
"""


@pytest.fixture
def world(tmp_path: Path) -> World:
    """An empty warehouse with the feeds of test_rules."""
    return World(tmp_path)


def told(world: World) -> None:
    """One person by two vendors and the CRM, by default rules, and another whom one source tells."""
    world.load("web", [dana(notes="A", jobTitle="Owner of it all"), {"firstName": "Eve", "lastName": "Stone"}])
    world.load("list", [dana(notes="B", company="List Ltd")], "2026-01-02")
    world.load("crm", [dana(id=501, notes="C", jobTitle="CEO")], "2026-01-03")


def test_other_rules_conclude_again_what_the_batch_says_nothing_of(world: World) -> None:
    told(world)
    world.write("survivorship.toml", 'notes = "union"\njobTitle = "longest"\n')
    batch = world.load("web", [{"firstName": "Ada", "lastName": "Lane"}], "2026-01-04")
    assert (batch["rows_read"], batch["rows_inserted"], batch["rows_updated"]) == (1, 1, 0)
    assert batch["warnings"] == [
        "jobTitle is chosen by longest now, before by authority: its leads were concluded again",
        "notes is chosen by union now, before by authority: its leads were concluded again",
    ]
    assert world.rows("SELECT notes, jobTitle, last_batch_id, updatedAt::DATE::VARCHAR FROM lead WHERE id = 501") == [
        ("A\n\nB\n\nC", "Owner of it all", 4, "2026-01-04")
    ]
    assert world.rows("SELECT event, data->>'$.jobTitle.after' FROM lead_event WHERE batch_id = 4 ORDER BY id") == [
        ("lead_created", None),
        ("lead_updated", "Owner of it all"),
    ]
    assert world.rows("SELECT last_batch_id FROM lead WHERE firstName = 'Eve'") == [(1,)]


def test_the_same_rules_again_conclude_nothing_again(world: World) -> None:
    told(world)
    world.write("survivorship.toml", 'notes = "union"\n')
    world.load("web", [{"firstName": "Ada", "lastName": "Lane"}], "2026-01-04")
    batch = world.load("web", [{"firstName": "Max", "lastName": "Lane"}], "2026-01-05")
    assert batch["warnings"] == []
    assert world.rows("SELECT event FROM lead_event WHERE batch_id = 5") == [("lead_created",)]


def test_without_the_file_rules_are_the_default_again(world: World) -> None:
    told(world)
    before = world.rows("SELECT * EXCLUDE (last_batch_id, updatedAt) FROM lead WHERE id = 501")
    world.write("survivorship.toml", RULES)
    world.load("web", [{"firstName": "Ada", "lastName": "Lane"}], "2026-01-04")
    assert world.rows("SELECT notes FROM lead WHERE id = 501") == [("A\n\nB\n\nC",)]
    (world.reference / "survivorship.toml").unlink()
    world.load("web", [{"firstName": "Max", "lastName": "Lane"}], "2026-01-05")
    assert world.rows("SELECT * EXCLUDE (last_batch_id, updatedAt) FROM lead WHERE id = 501") == before
    assert world.rows("SELECT notes FROM survivorship") == [("authority",)]


def test_a_dry_run_with_other_rules_leaves_them_as_they_were(world: World) -> None:
    told(world)
    world.write("survivorship.toml", 'notes = "union"\n')
    path = world.folder / "dry-2026-01-04.json"
    path.write_text('[{"firstName": "Ada", "lastName": "Lane"}]')
    ingest(world.settings, Request(paths=(str(path),), feed="web", is_dry_run=True))
    assert world.rows("SELECT notes FROM survivorship") == [("authority",)]
    assert world.rows("SELECT notes FROM lead WHERE id = 501") == [("C",)]


def test_a_rule_that_does_not_fit_stops_the_run_before_any_file(world: World) -> None:
    world.write("survivorship.toml", 'archived = "longest"\n')
    with pytest.raises(UsageError, match="archived"):
        ingest(world.settings, Request(paths=("nothing.csv",), feed="web"))


def test_analysts_can_ask_where_a_lead_comes_from(world: World) -> None:
    told(world)
    query = "SELECT value, feed, batch_id, row_number, rule FROM lead_provenance(501) WHERE field = 'company'"
    assert world.rows(query) == [("List Ltd", "list", 2, 1, "authority")]


# --- the sample exports, by other rules than the default ones


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The sample exports: the rules come after the third, and so meet leads that are there."""
    folder = tmp_path_factory.mktemp("loaded")
    reference = folder / "reference"
    reference.mkdir()
    for path in (ROOT / "data/reference").iterdir():
        (reference / path.name).write_bytes(path.read_bytes())
    settings = Settings(warehouse=folder / "leads.duckdb", reference=reference, archive=folder / "archive")
    exports = sorted((ROOT / "data/exports").iterdir(), key=lambda path: path.name.partition("2026-")[2])
    for place, path in enumerate(exports):
        if place == 3:
            (reference / "survivorship.toml").write_text(RULES)
        feed = next(name for name in ("crm", "hubspot", "facebook", "messe", "webform") if path.name.startswith(name))
        ingest(settings, Request(paths=(str(path),), feed="events" if feed == "messe" else feed))
    return settings


@pytest.fixture
def warehouse(loaded: Settings) -> Iterator[Warehouse]:
    """The loaded warehouse; what a test writes is rolled back."""
    with open_warehouse(loaded.warehouse, wait_seconds=0) as warehouse, warehouse.rehearsal():
        yield warehouse


def rows(warehouse: Warehouse, query: str) -> pl.DataFrame:
    """Rows of a query."""
    return warehouse.connection.sql(query).pl()


def test_deleting_leads_and_concluding_again_gives_the_same_leads(warehouse: Warehouse) -> None:
    leads = rows(warehouse, "SELECT * FROM lead ORDER BY id")
    contacts = rows(warehouse, "SELECT * FROM lead_contact ORDER BY ALL")
    revised = rows(warehouse, "SELECT DISTINCT batch_id FROM lead_revision")
    assert leads.height > 100 and revised.height == 1
    warehouse.connection.execute("DELETE FROM lead_contact")
    conclude_everything(warehouse)
    assert rows(warehouse, "SELECT * FROM lead ORDER BY id").equals(leads)
    assert rows(warehouse, "SELECT * FROM lead_contact ORDER BY ALL").equals(contacts)


def test_provenance_says_what_every_lead_says(loaded: Settings) -> None:
    with read_warehouse(loaded.warehouse, wait_seconds=0) as warehouse:
        names = ", ".join(f"{name}::VARCHAR AS {name}" for name in lead_columns())
        said: list[dict[str, Any]] = rows(warehouse, f"SELECT {names} FROM lead ORDER BY id").to_dicts()
        for lead in said[::7]:
            provenance = field_provenance(warehouse, int(lead["id"]))
            assert {row["field"]: row["value"] for row in provenance.iter_rows(named=True)} == lead
            unsourced = provenance.filter(pl.col("value").is_not_null() & pl.col("batch_id").is_null())
            assert set(unsourced["value"]) <= {""}
