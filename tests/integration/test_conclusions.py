"""What is concluded can be concluded again; what is exported reads back without a change; all is accounted for."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from flows.pipeline import ingest
from flows.run import Request
from flows.settings import Settings
from flows.steps.survive import conclude_everything
from flows.warehouse import Warehouse, open_warehouse
from schemas.audit import BATCH_ROW_SCHEMA, BATCH_SCHEMA, OUTCOME_WORDS

ROOT = Path(__file__).parents[2]
EXPORTS = sorted(str(path) for path in (ROOT / "data/exports").iterdir() if not path.name.startswith("."))


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The sample exports, loaded in two orders would differ: here in the order of their dates."""
    folder = tmp_path_factory.mktemp("loaded")
    settings = Settings(
        warehouse=folder / "leads.duckdb", reference=ROOT / "data/reference", archive=folder / "archive"
    )
    for path in sorted(EXPORTS, key=lambda path: path.rsplit("2026-", 1)[1]):
        feed = next(name for name in ("crm", "hubspot", "facebook", "messe", "webform") if f"/{name}" in path)
        ingest(settings, Request(paths=(path,), feed="events" if feed == "messe" else feed))
    return settings


@pytest.fixture
def warehouse(settings: Settings) -> Iterator[Warehouse]:
    """The loaded warehouse; what a test writes is rolled back."""
    with open_warehouse(settings.warehouse, wait_seconds=0) as warehouse, warehouse.rehearsal():
        yield warehouse


def table(warehouse: Warehouse, query: str) -> pl.DataFrame:
    """Rows of a query."""
    return warehouse.connection.sql(query).pl()


def test_deleting_leads_and_concluding_again_gives_the_same_leads(warehouse: Warehouse) -> None:
    leads = table(warehouse, "SELECT * FROM lead ORDER BY id")
    contacts = table(warehouse, "SELECT * FROM lead_contact ORDER BY ALL")
    assert leads.height > 100
    warehouse.connection.execute("DELETE FROM lead; DELETE FROM lead_contact")
    conclude_everything(warehouse)
    assert table(warehouse, "SELECT * FROM lead ORDER BY id").equals(leads)
    assert table(warehouse, "SELECT * FROM lead_contact ORDER BY ALL").equals(contacts)


def test_every_batch_balances_and_its_rows_agree(warehouse: Warehouse) -> None:
    batches = table(warehouse, "SELECT * FROM batch ORDER BY batch_id")
    rows = table(warehouse, "SELECT * FROM batch_row ORDER BY batch_id, row_number")
    BATCH_SCHEMA.validate(batches)
    BATCH_ROW_SCHEMA.validate(rows)
    for batch in batches.iter_rows(named=True):
        of_batch = rows.filter(pl.col("batch_id") == batch["batch_id"])
        assert of_batch.height == batch["rows_read"]
        for outcome in OUTCOME_WORDS:
            assert of_batch.filter(pl.col("outcome") == outcome).height == batch[f"rows_{outcome}"]


def test_the_sample_exports_show_every_outcome_that_they_are_for(warehouse: Warehouse) -> None:
    outcomes = set(table(warehouse, "SELECT DISTINCT outcome FROM batch_row")["outcome"])
    assert outcomes == set(OUTCOME_WORDS) - {"suppressed"}


def test_every_id_ever_given_out_is_a_lead_or_an_alias(warehouse: Warehouse) -> None:
    lost = table(
        warehouse,
        "SELECT DISTINCT lead_id FROM batch_row WHERE lead_id IS NOT NULL"
        " AND lead_id NOT IN (SELECT id FROM lead) AND lead_id NOT IN (SELECT alias_id FROM lead_alias)",
    )
    assert lost.is_empty()


def test_every_lead_with_an_owner_has_a_decision_or_the_crm_behind_it(warehouse: Warehouse) -> None:
    unexplained = table(
        warehouse,
        "SELECT id FROM lead WHERE id NOT IN"
        " (SELECT coalesce(n.lead_id, a.lead_id) FROM assignment AS a"
        " LEFT JOIN lead_alias AS n ON n.alias_id = a.lead_id)",
    )
    assert unexplained.is_empty()


def test_a_crm_export_of_our_leads_reads_back_without_a_change(settings: Settings, tmp_path: Path) -> None:
    with open_warehouse(settings.warehouse, wait_seconds=0) as warehouse:
        documents = [
            json.loads(text) for (text,) in warehouse.connection.sql("SELECT to_json(d) FROM lead_api AS d").fetchall()
        ]
        before = state(warehouse)
    export = tmp_path / "crm-2026-02-01.json"
    export.write_text(json.dumps(documents), encoding="utf-8")
    [summary] = ingest(settings, Request(paths=(str(export),), feed="crm"))
    batch = summary.columns
    assert batch["status"] == "loaded", batch["error"]
    assert (batch["rows_read"], batch["rows_unchanged"]) == (len(documents), len(documents)), batch
    with open_warehouse(settings.warehouse, wait_seconds=0) as warehouse:
        assert state(warehouse) == before


def state(warehouse: Warehouse) -> dict[str, list[tuple[Any, ...]]]:
    """What users see of the leads: fields, contacts and the log."""
    return {
        "lead": warehouse.connection.sql("SELECT * EXCLUDE (origin, extra) FROM lead ORDER BY id").fetchall(),
        "lead_contact": warehouse.connection.sql(
            "SELECT lead_id, kind, value FROM lead_contact ORDER BY ALL"
        ).fetchall(),
        "lead_event": warehouse.connection.sql("SELECT id, lead_id, event FROM lead_event ORDER BY ALL").fetchall(),
    }
