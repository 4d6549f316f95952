"""The warehouse file: one writer at a time, migrations that are applied once and whole, clear refusals."""

import subprocess
import sys
from pathlib import Path

import duckdb
import polars as pl
import pytest

from flows import warehouse as module
from flows.errors import WarehouseBusyError, WarehouseError
from flows.warehouse import Warehouse, check_migrations, migrate, open_warehouse, read_warehouse


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a warehouse may be made."""
    return tmp_path / "warehouse" / "leads.duckdb"


@pytest.fixture
def migrated(path: Path) -> Path:
    """A warehouse without batches."""
    with open_warehouse(path, wait_seconds=0) as warehouse:
        migrate(warehouse)
    return path


def holder(code: str, path: Path) -> subprocess.Popen[str]:
    """Another process that runs `code`, says `held`, and waits to be told to end."""
    script = f"import sys\npath = sys.argv[1]\n{code}\nprint('held', flush=True)\nsys.stdin.read()"
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def let_go(process: subprocess.Popen[str]) -> None:
    """End a holder."""
    process.communicate()


def test_migrations_are_applied_once(path: Path) -> None:
    with open_warehouse(path, wait_seconds=0) as warehouse:
        assert len(migrate(warehouse)) >= 3
        assert migrate(warehouse) == []
        assert check_migrations(warehouse) == 0


def test_the_file_is_for_its_owner_only(migrated: Path) -> None:
    assert migrated.stat().st_mode & 0o077 == 0


def test_an_edited_migration_is_refused(migrated: Path) -> None:
    with duckdb.connect(migrated) as connection:
        connection.execute("UPDATE schema_migration SET sha256 = 'other' WHERE version = 2")
    told = pytest.raises(WarehouseError, match="0002_views was edited after this warehouse applied it")
    with open_warehouse(migrated, wait_seconds=0) as warehouse, told:
        migrate(warehouse)


def test_a_warehouse_newer_than_the_code_is_refused(migrated: Path) -> None:
    with duckdb.connect(migrated) as connection:
        connection.execute("INSERT INTO schema_migration VALUES (9999, '9999_later', 'x', now())")
    told = pytest.raises(WarehouseError, match="newer than this leadmill: it has migration 9999")
    with open_warehouse(migrated, wait_seconds=0) as warehouse, told:
        migrate(warehouse)


def test_a_migration_that_fails_leaves_nothing_of_itself(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "sql"
    (folder / "migrations").mkdir(parents=True)
    (folder / "migrations" / "0001_good.sql").write_text("CREATE TABLE good (a BIGINT);")
    (folder / "migrations" / "0002_bad.sql").write_text("CREATE TABLE half (a BIGINT); SELECT nonsense;")
    monkeypatch.setattr(module, "SQL_FOLDER", folder)
    with open_warehouse(path, wait_seconds=0) as warehouse:
        with pytest.raises(duckdb.Error):
            migrate(warehouse)
        tables = warehouse.connection.sql("SELECT table_name FROM duckdb_tables() ORDER BY 1").fetchall()
        assert tables == [("good",), ("schema_migration",)]
        assert check_migrations(warehouse) == 1


def test_a_second_writer_is_told_who_holds_the_warehouse(migrated: Path) -> None:
    code = (
        "from pathlib import Path\nfrom flows.warehouse import open_warehouse\n"
        "warehouse = open_warehouse(Path(path), wait_seconds=0)"
    )
    process = holder(code, migrated)
    try:
        with pytest.raises(WarehouseBusyError, match=f"held by process {process.pid} ") as caught:
            open_warehouse(migrated, wait_seconds=0.3)
        assert caught.value.exit_code == 75
    finally:
        let_go(process)
    open_warehouse(migrated, wait_seconds=0).close()


def test_a_writer_is_told_which_reader_holds_the_file(migrated: Path) -> None:
    process = holder("import duckdb\nconnection = duckdb.connect(path, read_only=True)", migrated)
    try:
        with pytest.raises(WarehouseBusyError, match=f"held by process {process.pid} "):
            open_warehouse(migrated, wait_seconds=0.3)
    finally:
        let_go(process)


def test_a_writer_waits_for_the_one_before(migrated: Path) -> None:
    code = (
        "import threading, os\nfrom pathlib import Path\nfrom flows.warehouse import open_warehouse\n"
        "warehouse = open_warehouse(Path(path), wait_seconds=0)\nthreading.Timer(1.0, lambda: os._exit(0)).start()"
    )
    process = holder(code, migrated)
    try:
        open_warehouse(migrated, wait_seconds=20).close()
    finally:
        let_go(process)


@pytest.mark.parametrize("opener", [open_warehouse, read_warehouse])
def test_a_file_that_is_no_warehouse_is_refused_and_left_alone(tmp_path: Path, opener: object) -> None:
    path = tmp_path / "notes.duckdb"
    path.write_text("my notes " * 1000)
    with pytest.raises(WarehouseError, match="is not a DuckDB file"):
        opener(path, wait_seconds=0)  # type: ignore[operator]
    assert path.read_text() == "my notes " * 1000


def test_reading_where_there_is_no_warehouse_says_what_to_do(path: Path) -> None:
    with pytest.raises(WarehouseError, match="leads ingest FILE"):
        read_warehouse(path, wait_seconds=0)
    assert not path.exists()


def test_nothing_outside_the_file_can_be_reached_by_a_reader(migrated: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("a\n1\n")
    with read_warehouse(migrated, wait_seconds=0) as warehouse:
        for query in (
            f"SELECT * FROM '{tmp_path / 'secret.csv'}'",
            f"COPY (SELECT 1) TO '{tmp_path / 'out.csv'}'",
            f"ATTACH '{tmp_path / 'other.duckdb'}'",
            "SET enable_external_access = true",
            "DELETE FROM lead",
        ):
            with pytest.raises(duckdb.Error):
                warehouse.connection.execute(query)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["secret.csv", "warehouse"]


def test_a_rehearsal_leaves_nothing(migrated: Path) -> None:
    with open_warehouse(migrated, wait_seconds=0) as warehouse:
        with warehouse.rehearsal():
            with warehouse.transaction():
                warehouse.connection.execute("UPDATE high_water SET value = 7 WHERE name = 'batch_id'")
            assert next_id(warehouse) == 8
        assert next_id(warehouse) == 1


def test_a_transaction_that_fails_is_rolled_back(migrated: Path) -> None:
    with open_warehouse(migrated, wait_seconds=0) as warehouse:
        with pytest.raises(KeyboardInterrupt), warehouse.transaction():
            warehouse.connection.execute("UPDATE high_water SET value = 7 WHERE name = 'batch_id'")
            raise KeyboardInterrupt
        assert next_id(warehouse) == 1


def test_staging_keeps_its_rows_and_gives_the_threads_back(migrated: Path) -> None:
    with open_warehouse(migrated, wait_seconds=0) as warehouse:
        warehouse.connection.execute("SET threads = 3; CREATE TEMP TABLE staged (number BIGINT)")
        with warehouse.staging():
            warehouse.append("staged", pl.DataFrame({"number": [1, 2]}))
            warehouse.append("staged", pl.DataFrame({"number": [3]}))
        with pytest.raises(KeyboardInterrupt), warehouse.staging():
            warehouse.append("staged", pl.DataFrame({"number": [4]}))
            raise KeyboardInterrupt
        assert warehouse.connection.sql("SELECT sum(number) FROM staged").fetchall() == [(6,)]
        assert warehouse.connection.sql("SELECT current_setting('threads')").fetchall() == [(3,)]


def test_staging_that_fails_in_a_rehearsal_leaves_what_was_rehearsed_before(migrated: Path) -> None:
    with open_warehouse(migrated, wait_seconds=0) as warehouse, warehouse.rehearsal():
        warehouse.connection.execute("CREATE TEMP TABLE staged (number BIGINT)")
        warehouse.append("staged", pl.DataFrame({"number": [1]}))
        with pytest.raises(KeyboardInterrupt), warehouse.staging():
            raise KeyboardInterrupt
        assert warehouse.connection.sql("SELECT sum(number) FROM staged").fetchall() == [(1,)]


def next_id(warehouse: Warehouse) -> int:
    """The id that the next batch would have."""
    return int(warehouse.frame("load/next_batch_id").item())
