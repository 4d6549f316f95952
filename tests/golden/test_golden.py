"""Golden cases: files in, tables out. A folder per case, whose name says what it is about.

`exports/` holds the files in the order in which they come, `reference/` their reference data, and
`expected/` one JSON file per table with its rows when all are loaded,
`expected_after_undo/` when the first batch is undone, `expected_after_reload/` when its file is loaded again. `pytest --update-golden` writes
`expected/` anew; read the difference before you commit it.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from flows.pipeline import ingest
from flows.run import Request
from flows.settings import Settings
from flows.undo import undo
from flows.verify import verify
from flows.warehouse import read_warehouse

CASES = Path(__file__).parent
ORDER_OF = {"worked_example": ["web-2026-01-05.csv", "crm-2026-01-06.json", "web-2026-01-07.csv"]}

# Columns that differ from run to run, or from release to release.
VOLATILE = {
    *("started_at", "finished_at", "file_uri", "flow_run_id", "code_version", "reference_sha256", "created"),
    # Of these times, and of salts that are drawn anew; tests/integration/test_verify.py holds them to what they are of.
    *("previous_hash", "hash"),
    *("content_hash", "fingerprint", "turn_on"),
}
TABLES = {
    "batch": "batch_id",
    "batch_row": "batch_id, row_number",
    "record": "record_id",
    "record_lead": "source_id",
    "lead": "id",
    "lead_contact": "lead_id, kind, value",
    "lead_alias": "alias_id",
    "lead_event": "id",
    "rejected_row": "batch_id, row_number",
    "cell_issue": "batch_id, row_number, column_name",
    "match_decision": "batch_id, record_id, rule",
    "assignment": "batch_id, lead_id",
}


def dump(warehouse_path: Path) -> dict[str, list[dict[str, Any]]]:
    """All rows of the tables, without what differs from run to run and without nulls."""
    with read_warehouse(warehouse_path, wait_seconds=0) as warehouse:
        tables = {}
        for table, order in TABLES.items():
            relation = warehouse.connection.sql(f"SELECT * FROM {table} ORDER BY {order}")
            rows = [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]
            kept = [{k: v for k, v in row.items() if k not in VOLATILE and v is not None} for row in rows]
            tables[table] = json.loads(json.dumps(kept, default=str))
        return tables


@pytest.mark.parametrize("case", sorted(ORDER_OF))
def test_golden_case(case: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    folder = CASES / case
    settings = Settings(
        warehouse=tmp_path / "leads.duckdb", reference=folder / "reference", archive=tmp_path / "archive"
    )

    def load(name: str) -> None:
        feed = "crm" if name.startswith("crm") else "webform"
        ingest(settings, Request(paths=(str(folder / "exports" / name),), feed=feed))

    def check(step: str) -> None:
        tables, expected = dump(settings.warehouse), folder / step
        if request.config.getoption("--update-golden"):
            expected.mkdir(exist_ok=True)
            for table, rows in tables.items():
                text = json.dumps(rows, indent=1, ensure_ascii=False)
                (expected / f"{table}.json").write_text(text + "\n", encoding="utf-8")
            return
        for table, rows in tables.items():
            assert rows == json.loads((expected / f"{table}.json").read_text(encoding="utf-8")), (step, table)
        assert [finding for finding in verify(settings) if finding.status == "found"] == [], step

    for name in ORDER_OF[case]:
        load(name)
    check("expected")
    undo(settings, 1)
    check("expected_after_undo")
    load(ORDER_OF[case][0])
    check("expected_after_reload")
    if request.config.getoption("--update-golden"):
        pytest.skip("expected tables written anew")
