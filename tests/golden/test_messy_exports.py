"""Golden cases of mapping and reading cells: one messy export each, as ingest takes it without any configuration.

`messy_exports/exports` holds the files, `messy_exports/expected` for each what every header was taken for,
what was kept of every row, what was rejected and which cells leave an issue. The people are invented.
`pytest --update-golden` writes `expected` anew; read the difference before you commit it.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from flows.forbidden_headers import load_forbidden_headers
from flows.header_aliases import load_aliases
from flows.header_preview import preview_headers
from flows.pipeline import ingest
from flows.run import Request
from flows.settings import Settings
from flows.warehouse import read_warehouse
from schemas.reference import Feed
from schemas.spec import lead_columns

FOLDER = Path(__file__).parent / "messy_exports"
EXPORTS = sorted((FOLDER / "exports").iterdir())

FIELDS = ", ".join(name for name in lead_columns() if name not in ("id", "accountId", "createdAt", "updatedAt"))
QUERIES = {
    "kept": f"SELECT row_number, {FIELDS}, source_created_at, extra FROM record WHERE batch_id = $batch ORDER BY ALL",
    "contacts": """
        SELECT DISTINCT firstName, kind, value, is_valid FROM lead_contact JOIN lead ON lead.id = lead_contact.lead_id
        WHERE last_batch_id = $batch ORDER BY ALL""",
    "rejected": """
        SELECT row_number, line_number, raw, list_transform(reasons, lambda r: r.code) AS codes FROM rejected_row
        WHERE batch_id = $batch ORDER BY ALL""",
    "issues": "SELECT row_number, column_name, code, raw FROM cell_issue WHERE batch_id = $batch ORDER BY ALL",
}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A warehouse into which all exports were loaded, each as the batch of its place in the list."""
    folder = tmp_path_factory.mktemp("messy")
    (folder / "reference").mkdir()
    settings = Settings(warehouse=folder / "leads.duckdb", reference=folder / "reference", archive=folder / "archive")
    ingest(settings, Request(paths=tuple(map(str, EXPORTS))))
    return settings


def told_of(path: Path, settings: Settings) -> dict[str, Any]:
    """What is said of one export: each header's field, and its rows in all tables, without nulls."""
    previews = preview_headers(path, Feed(name="default"), load_aliases(None), load_forbidden_headers(None))
    told: dict[str, Any] = {"headers": {each.match.header: each.match.field for each in previews}}
    with read_warehouse(settings.warehouse, wait_seconds=0) as warehouse:
        for name, query in QUERIES.items():
            found = warehouse.connection.sql(query, params={"batch": EXPORTS.index(path) + 1})
            rows = [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]
            told[name] = [{key: value for key, value in row.items() if value is not None} for row in rows]
    document: dict[str, Any] = json.loads(json.dumps(told, default=str))
    return document


@pytest.mark.parametrize("path", EXPORTS, ids=lambda path: path.stem)
def test_messy_export(path: Path, settings: Settings, request: pytest.FixtureRequest) -> None:
    told = told_of(path, settings)
    expected = FOLDER / "expected" / f"{path.stem}.json"
    if request.config.getoption("--update-golden"):
        expected.parent.mkdir(exist_ok=True)
        expected.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        pytest.skip("written anew")
    assert told == json.loads(expected.read_text(encoding="utf-8"))
