"""Every SQL file compiles against a migrated warehouse, and its header tells the truth about it."""

import re
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest

from flows.warehouse import SQL_FOLDER, Warehouse, migrate
from schemas.lead import TYPED_LEAD_COLUMNS

# The files that make the temporary tables, in the order in which a batch runs them; the others follow.
BATCH_ORDER = (
    "rebuild/create_told",
    "stage/create_staging",
    "stage/stage_leads",
    "resolve/find_foreign_rows",
    "resolve/reject_id_conflicts",
    "stage/drop_rejected",
    "resolve/identify_versions",
    "rebuild/number_records",
    "resolve/follow_crm_merges",
    "resolve/create_identity",
    "resolve/identify_records",
    "resolve/gather_evidence",
    "resolve/block_records",
    "resolve/share_contacts",
    "resolve/supersede_contacts",
    "resolve/find_matches",
    "resolve/pair_records",
    "resolve/face_records",
    "resolve/pair_faces",
    "resolve/create_clusters",
    "resolve/join_crm_merges",
    "resolve/gather_people",
    "resolve/part_moved",
    "disappear/count_vanishing",
    "assign/find_reinstated",
    "assign/gather_newcomers",
    "assign/require_team_and_source",
    "rebuild/number_leads",
    "resolve/number_people",
    "survive/create_concluded",
    "survive/find_newcomers",
    "survive/conclude_newcomer_contacts",
    "load/write_reference",
    "load/write_records",
    "preferences/gather_said",
    "survive/touch_people",
    "survive/changed_rules",
    "survive/keep_rules",
    "survive/touch_disputed",
    "survive/find_standing",
    "survive/conclude_once",
    "survive/conclude_many",
    "survive/standing_assignments",
    "assign/decide_team_and_source",
    "assign/skip_opted_out",
    "assign/create_turns",
    "assign/find_company_owners",
    "assign/write_assignments",
    "survive/overlay_assignments",
    "survive/touch_contacts",
    "survive/conclude_contacts",
    "load/compare_leads",
    "load/write_leads",
    "load/write_rows",
    "load/write_decisions",
    "load/write_events",
    "load/write_revisions",
    "load/write_rejected",
    "disappear/watch_leads",
    "disappear/settle_missing",
    "reconcile/list_staged",
    "regroup/create_regroup",
    "regroup/touch_decided",
    "regroup/note_parted",
    "regroup/apply_groups",
    "undo/withdraw_records",
    "undo/touch_undone",
    "undo/withdraw_sources",
    "undo/carry_decisions",
    "undo/remove_leads",
    "undo/find_unassigned",
    "erase/create_erased",
    "erase/find_content",
)

INCOMING = {
    "resolve/pair_bridged": pl.DataFrame(schema={"node": pl.Int64, "other_node": pl.Int64}),
    "verify/hashes": pl.DataFrame(schema={"batch_id": pl.Int64, "hash": pl.String}),
    "stage/stage_leads": pl.DataFrame(schema=TYPED_LEAD_COLUMNS),
    "stage/fill_raw_text": pl.DataFrame(schema={"row_number": pl.Int64, "raw": pl.String}),
    "assign/gather_past": pl.DataFrame(schema={"since": pl.Datetime("us", "UTC")}),
    "assign/stage_handover": pl.DataFrame(schema={"user": pl.String}),
    "audit/unwanted_leads": pl.DataFrame(schema={"kind": pl.String, "value": pl.String}),
    "export/documents": pl.DataFrame(schema={"lead_id": pl.Int64}),
    "export/leads": pl.DataFrame(schema={"lead_id": pl.Int64}),
    "rebuild/dismiss": pl.DataFrame(schema={"batch_id": pl.Int64, "row_number": pl.Int64}),
    "export/masked": pl.DataFrame(schema={"lead_id": pl.Int64}),
    "retain/forget_rejected_text": pl.DataFrame(schema={"batch_id": pl.Int64}),
    "retain/forget_text_salts": pl.DataFrame(schema={"batch_id": pl.Int64}),
    "load/keep_reference": pl.DataFrame(
        schema={"reference_sha256": pl.String, "file_name": pl.String, "content": pl.Binary}
    ),
}


def all_statements() -> list[str]:
    """Names of all SQL files but the migrations, those of a batch first and in its order."""
    names = {str(path.relative_to(SQL_FOLDER).with_suffix("")) for path in SQL_FOLDER.rglob("*.sql")}
    rest = sorted(name for name in names - set(BATCH_ORDER) if not name.startswith("migrations/"))
    return [*BATCH_ORDER, *rest]


def header_of(text: str) -> str:
    """The comment block that a file opens with, as one line."""
    lines = []
    for line in text.splitlines():
        if not line.startswith("--"):
            break
        lines.append(line.removeprefix("--").strip())
    return " ".join(lines)


def section(header: str, name: str) -> str:
    """What a header says under `name`, up to the next section."""
    found = re.search(rf"{name}: (.*?)(?=(?: (?:Grain|Parameters|Reads|Writes|Caller):)|$)", header)
    return "" if found is None else found.group(1)


def parameters_of(text: str) -> set[str]:
    """The $named parameters of a statement; '$[*]' and the like in JSON paths are none."""
    code = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
    return set(re.findall(r"(?<!['\w])\$(\w+)", code))


def test_every_statement_compiles_and_runs_on_an_empty_batch() -> None:
    with Warehouse(duckdb.connect(":memory:")) as warehouse:
        warehouse.connection.execute("SET TimeZone = 'UTC'")
        migrate(warehouse)
        for name in all_statements():
            text = (SQL_FOLDER / f"{name}.sql").read_text(encoding="utf-8")
            parameters = dict.fromkeys(parameters_of(text)) or None
            if "$batch_id" in text and name.startswith("load/write_batch"):
                continue  # an audit row of NULLs is refused, as it should be: covered by the golden cases
            with warehouse.incoming(INCOMING.get(name, pl.DataFrame({"row_number": [1]}))):
                try:
                    warehouse.run(name, parameters)
                except duckdb.ConstraintException:
                    assert parameters is not None, name
                except duckdb.Error as error:
                    raise AssertionError(f"{name}: {error}") from error


@pytest.mark.parametrize("name", all_statements())
def test_header_says_purpose_grain_reads_writes_and_caller(name: str) -> None:
    header = header_of((SQL_FOLDER / f"{name}.sql").read_text(encoding="utf-8"))
    for part in ("Purpose", "Grain", "Reads", "Writes", "Caller"):
        assert f"{part}: " in header, f"{name} has no {part}"


@pytest.mark.parametrize("name", all_statements())
def test_header_names_the_parameters(name: str) -> None:
    text = (SQL_FOLDER / f"{name}.sql").read_text(encoding="utf-8")
    told = set(re.findall(r"\$(\w+)", section(header_of(text), "Parameters")))
    assert told == parameters_of(text)


@pytest.mark.parametrize("name", all_statements())
def test_caller_runs_the_statement(name: str) -> None:
    if name.startswith("analytics/"):
        pytest.skip("views are made by folder")
    told = section(header_of((SQL_FOLDER / f"{name}.sql").read_text(encoding="utf-8")), "Caller")
    for caller in re.findall(r"flows/[a-z_/]+\.py", told):
        code = (SQL_FOLDER.parent / caller).read_text(encoding="utf-8")
        assert f'"{name}"' in code, f"{caller} does not run {name}"


@pytest.mark.parametrize("name", all_statements())
def test_tables_of_the_header_are_in_the_statement(name: str) -> None:
    text = (SQL_FOLDER / f"{name}.sql").read_text(encoding="utf-8")
    header = header_of(text)
    code = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
    for part in ("Reads", "Writes"):
        told = re.sub(r"\(.*?\)", "", section(header, part)).rstrip(". ")
        for table in re.findall(r"[a-z_]+", told) if told not in ("nothing", "the temporary tables") else []:
            assert re.search(rf"\b{table}\b", code), f"{name}: {part} names {table}, the statement does not"


def test_a_statement_with_parameters_is_one_statement() -> None:
    for path in SQL_FOLDER.rglob("*.sql"):
        text = path.read_text(encoding="utf-8")
        if parameters_of(text):
            assert len(duckdb.extract_statements(text)) == 1, path.relative_to(SQL_FOLDER)


def test_sql_stands_in_sql_files_only() -> None:
    """Python holds no statements but the ones that are built from constants in the warehouse module."""
    allowed = {Path("flows/warehouse.py"), Path("flows/steps/resolve.py")}
    statement = re.compile(r"""["'](SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE) \w""")
    root = SQL_FOLDER.parent
    for path in [*root.glob("flows/**/*.py"), *root.glob("schemas/*.py")]:
        if path.relative_to(root) not in allowed:
            found = statement.search(re.sub(r"SELECT (\*|count\(\*\)) FROM lead", "", path.read_text(encoding="utf-8")))
            assert found is None, path


def test_the_pools_of_older_warehouses_become_rounds_and_read_as_before() -> None:
    ann, both = '[{"user": "ann", "weight": 1.0}]', '[{"user": "ann", "weight": 1.0}, {"user": "bob", "weight": 2.0}]'
    rows = [
        (1, 10, 1, "ann", "rotation", ann, None, date(2026, 1, 5)),
        (1, 11, 1, "bob", "rotation", both, None, date(2026, 1, 5)),
        (1, 12, 1, "ann", "rotation", both, '[{"for": "owner"}]', date(2026, 1, 5)),
        (1, 13, 2, "ann", "rotation", both, None, date(2026, 1, 5)),
        (1, 14, 1, None, "unassigned_no_member", None, None, None),
        (2, 10, 1, "bob", "rotation", both, None, None),
    ]
    columns = "batch_id, lead_id, teamId, assignedTo, owner_rule, pool, candidates, turn_on"
    migrations = sorted((SQL_FOLDER / "migrations").glob("*.sql"))
    with duckdb.connect(":memory:") as connection:
        for path in migrations:
            if path.stem == "0022_rotation_rounds":
                break
            connection.execute(path.read_text(encoding="utf-8"))
        connection.executemany(
            f"INSERT INTO assignment ({columns}, team_rule, source_rule) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'feed', 'feed')",
            rows,
        )
        connection.execute(path.read_text(encoding="utf-8"))
        assert connection.sql(f"SELECT {columns} FROM assignment ORDER BY batch_id, lead_id").fetchall() == rows
        assert connection.sql("SELECT count(*) FROM rotation_round").fetchall() == [(4,)]
