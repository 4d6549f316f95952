"""The warehouse: one DuckDB file, the SQL that works on it, and the rule that one process writes at a time.

The only module that knows the `sql` folder. A statement is run by its name (`load/write_leads`); its
parameters are bound, never formatted into the text. DuckDB binds parameters in the last statement of
a script only, so a file that has parameters holds one statement.
"""

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import duckdb
import polars as pl
import pyarrow as pa

from flows.errors import UsageError, WarehouseBusyError, WarehouseError
from flows.fail_points import fail_point

SQL_FOLDER: Final = Path(__file__).resolve().parent.parent / "sql"

DuckDBConfig = dict[str, str | bool | int | float | list[str]]

# What follows from records, for the steps and for analysts; each after those that it asks.
_CONCLUSIONS: Final = (
    "conclusions/standing_versions",
    "conclusions/numbered_versions",
    "conclusions/source_said",
    "conclusions/lead_choice",
    "conclusions/standing_decisions",
    "conclusions/last_changes",
    "conclusions/missing_leads",
    "conclusions/lead_provenance",
    "conclusions/lead_documents",
    "conclusions/standing_preference",
    "conclusions/lead_preference",
    "conclusions/lead_at",
    "conclusions/without_secrets",
)

_POLL_SECONDS: Final = 0.2
_HOLDER_PID: Final = re.compile(r"\(PID (\d+)\)")


@cache
def statement(name: str) -> str:
    """Return the text of `sql/<name>.sql`; names are constants of the code, never outside text."""
    return (SQL_FOLDER / f"{name}.sql").read_text(encoding="utf-8")


class Warehouse:
    """An open warehouse. Use `open_warehouse`; leaving its `with` block closes file and lock."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, lock_file: int | None = None) -> None:
        self.connection = connection
        self._lock_file = lock_file
        self._is_rehearsal = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file and give up the lock."""
        self.connection.close()
        if self._lock_file is not None:
            os.close(self._lock_file)
            self._lock_file = None

    def close_file(self) -> None:
        """Write all that is committed into the file and close it; until `close` the lock keeps runs away."""
        self.connection.execute("CHECKPOINT")
        self.connection.close()

    def run(self, name: str, parameters: Mapping[str, object] | None = None) -> None:
        """Run the statements of a named SQL file."""
        if parameters is None:
            self.connection.execute(statement(name))
        else:
            self.connection.execute(statement(name), parameters)

    def frame(
        self, name: str, parameters: Mapping[str, object] | None = None, columns: Sequence[str] | None = None
    ) -> pl.DataFrame:
        """Run a named query and return its rows in the order it gives, with all columns or only those asked for."""
        rows = self.connection.sql(statement(name), params=parameters)
        if columns is not None:
            rows = rows.project(", ".join(f'"{column}"' for column in columns))
        return rows.pl()

    def narrowed(self, name: str, parameters: Mapping[str, object], condition: str | None, column: str) -> pl.Series:
        """Run a named query, keep the rows of which a condition holds, and return a column of them.

        The condition is SQL of the user's own, for a warehouse opened by `read_warehouse`: from there no other file can
        be touched. Raises UsageError where it is not one expression, or cannot be asked.
        """
        rows = self.connection.sql(statement(name), params=parameters)
        try:
            if condition is not None:
                # Both: a filter overlooks what stands behind an expression, parentheses may be closed by it.
                rows = rows.filter(condition)
                duckdb.extract_statements(f"SELECT 1 WHERE (\n{condition}\n)")
            return rows.project(column).pl()[column]
        except (duckdb.Error, RuntimeError) as error:
            if condition is None or isinstance(error, duckdb.InterruptException):
                raise
            # What fails on a value may quote it: a cell.
            is_of_value = isinstance(error, duckdb.DataError | duckdb.InvalidInputException)
            told = "it fails on some lead's value" if is_of_value else str(error).splitlines()[0]
            raise UsageError(f"the condition cannot be asked of lead: {told}") from error

    def stream(
        self, name: str, parameters: Mapping[str, object], rows: int, *, is_sorted: bool = False
    ) -> Iterator[pa.Table]:
        """Run a named query and yield what it gives some `rows` at a time, in its order or sorted by all columns.

        Nothing else can be asked until the last.
        """
        if is_sorted:
            found = self.connection.sql(statement(name), params=parameters).order("ALL").to_arrow_reader(rows)
        else:
            # Straight from the table: a relation would keep all of its rows first.
            found = self.connection.execute(statement(name), parameters).to_arrow_reader(rows)
        for batch in found:
            yield pa.Table.from_batches([batch])

    def append(self, table: str, frame: pl.DataFrame) -> None:
        """Append a frame to a table by column name; table and columns are constants of the code."""
        columns = ", ".join(f'"{column}"' for column in frame.columns)
        with self.incoming(frame):
            self.connection.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM incoming")

    @contextmanager
    def incoming(self, frame: pl.DataFrame) -> Iterator[None]:
        """Let the statements of the block read `frame` under the name `incoming`."""
        self.connection.register("incoming", frame)
        try:
            yield
        finally:
            self.connection.unregister("incoming")

    @contextmanager
    def transaction(self, keeps: str = "batch") -> Iterator[None]:
        """Commit what the block wrote, or nothing of it. In a rehearsal the outer transaction decides.

        `keeps` says what it is about, for the fail points around its commit (`flows.fail_points`).
        """
        if self._is_rehearsal:
            try:
                yield
            except BaseException:
                # Nothing can be rolled back in part: what was rehearsed before is forgotten too.
                self.connection.rollback()
                self.connection.begin()
                raise
            return
        self.connection.begin()
        try:
            yield
            fail_point(f"before {keeps} commit")
        except BaseException:
            self._roll_back()
            raise
        self.connection.commit()
        fail_point(f"after {keeps} commit")

    def _roll_back(self) -> None:
        # After some errors, as of a full disk, DuckDB has ended transaction and database itself: the first one tells.
        with contextlib.suppress(duckdb.Error):
            self.connection.rollback()

    @contextmanager
    def staging(self) -> Iterator[None]:
        """Let the block append chunks to temporary tables, and keep them all at its end, or none of them.

        In a transaction of its own each chunk would be copied once more as it is committed; those of one transaction
        are moved in place. With one thread the caller's does the work. With more, a worker would do it, while the
        caller's asks without a pause whether it is done: a core, and Python's lock, that whoever makes the next
        chunk needs.
        """
        if self._is_rehearsal:
            # One transaction already, in which nothing can be set once a statement failed. What a failure leaves is in
            # temporary tables, which are made anew.
            yield
            return
        ((threads,),) = self.connection.sql("SELECT current_setting('threads')").fetchall()
        self.connection.execute("SET threads = 1")
        try:
            with self.transaction("staging"):
                yield
        finally:
            self.connection.execute("SET threads = $threads", {"threads": threads})

    @contextmanager
    def rehearsal(self) -> Iterator[None]:
        """Run the block as a dry run: its transactions see each other, and all are rolled back at its end."""
        self.connection.begin()
        self._is_rehearsal = True
        try:
            yield
        finally:
            self._is_rehearsal = False
            self.connection.rollback()


def open_warehouse(
    path: Path,
    *,
    wait_seconds: float,
    memory_limit: str | None = None,
    must_exist: bool = False,
) -> Warehouse:
    """Open the warehouse for writing, alone: an advisory lock beside the file, then DuckDB's own.

    Waits up to `wait_seconds` for whoever holds it, then raises WarehouseBusyError with their PID. Makes the
    file and its folder if they are missing, unless it `must_exist`. Raises WarehouseError for a file that is
    no warehouse.
    """
    if must_exist and not path.exists():
        raise WarehouseError(f"{path}: there is no warehouse yet; load a file first: leads ingest FILE")
    deadline = time.monotonic() + wait_seconds
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise WarehouseError(f"{path.parent}: cannot be made ({error.strerror}); set LEADS_WAREHOUSE") from error
    is_new = not path.exists()
    if not is_new and path.is_file() and path.stat().st_size == 0:
        # DuckDB would begin a new one in it; whoever had leads in it must hear that they are gone.
        raise WarehouseError(f"{path}: is empty, not a DuckDB file; run: leads doctor")
    lock_file = _take_lock(path, deadline, wait_seconds)
    try:
        connection = _connect(path, deadline, wait_seconds, read_only=False, config={})
        # Nobody else has the file open: what DuckDB moved out of memory is of a process that was killed.
        shutil.rmtree(path.with_name(path.name + ".tmp"), ignore_errors=True)
        if is_new:
            path.chmod(0o600)
        if memory_limit is not None:
            connection.execute("SET memory_limit = $limit", {"limit": memory_limit})
    except BaseException:
        os.close(lock_file)
        raise
    return Warehouse(connection, lock_file)


def rewrite_warehouse(path: Path, *, wait_seconds: float) -> None:
    """Write the file anew, with what is in it and nothing that was deleted from it; then it is no more due to be.

    DuckDB leaves deleted rows in the file until their place is needed. Raises WarehouseBusyError while somebody else
    holds the file past the wait.
    """
    fresh = path.with_name(f".{path.name}.rewriting")
    fresh.unlink(missing_ok=True)
    with open_warehouse(path, wait_seconds=wait_seconds, must_exist=True) as warehouse:
        warehouse.connection.execute("CHECKPOINT")
        warehouse.connection.close()
        try:
            with duckdb.connect() as connection:
                connection.execute(f"ATTACH {_quoted(path)} AS kept (READ_ONLY)")
                connection.execute(f"ATTACH {_quoted(fresh)} AS fresh")
                fresh.chmod(0o600)
                connection.execute("COPY FROM DATABASE kept TO fresh")
            with fresh.open("rb") as file:
                os.fsync(file.fileno())
            fresh.replace(path)
            due_for_rewriting(path).unlink(missing_ok=True)
        finally:
            fresh.unlink(missing_ok=True)


def due_for_rewriting(path: Path) -> Path:
    """Return the mark of a warehouse that is to be written anew; left before anything is deleted: a kill may follow."""
    return path.with_name(path.name + ".rewrite-due")


def _quoted(path: Path) -> str:
    # ATTACH takes no parameters.
    return "'" + str(path).replace("'", "''") + "'"


def lock_of(path: Path) -> Path:
    """Return where the run lock of a warehouse lies."""
    return path.with_name(path.name + ".lock")


def log_of(path: Path) -> Path:
    """Return where DuckDB keeps what is committed and not in the file of a warehouse yet."""
    return path.with_name(path.name + ".wal")


@contextmanager
def hold_warehouse(path: Path, *, wait_seconds: float) -> Iterator[None]:
    """Keep every run away from a warehouse, there or not, whatever is the matter with its file. Does not open it."""
    lock_file = _take_lock(path, time.monotonic() + wait_seconds, wait_seconds)
    try:
        yield
    finally:
        os.close(lock_file)


def read_warehouse(path: Path, *, wait_seconds: float) -> Warehouse:
    """Open the warehouse for reading only; nothing outside the file can be touched from it.

    Raises WarehouseError where there is none, WarehouseBusyError while a run holds it past the wait.
    """
    if not path.exists():
        raise WarehouseError(f"{path}: there is no warehouse yet; load a file first: leads ingest FILE")
    deadline = time.monotonic() + wait_seconds
    connection = _connect(
        path,
        deadline,
        wait_seconds,
        read_only=True,
        config={"enable_external_access": False, "autoinstall_known_extensions": False},
    )
    connection.execute("SET lock_configuration = true")
    return Warehouse(connection)


def _take_lock(path: Path, deadline: float, wait_seconds: float) -> int:
    lock_path = lock_of(path)
    try:
        lock_file = os.open(lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise WarehouseError(f"{lock_path}: cannot be written ({error.strerror}); check the folder") from error
    while True:
        try:
            fcntl.flock(lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                holder = os.read(lock_file, 32).decode("ascii", "replace").strip() or "unknown"
                os.close(lock_file)
                raise _busy(path, holder, wait_seconds) from None
            time.sleep(_POLL_SECONDS)
        else:
            os.ftruncate(lock_file, 0)
            os.pwrite(lock_file, f"{os.getpid()}\n".encode(), 0)
            return lock_file


def _connect(
    path: Path,
    deadline: float,
    wait_seconds: float,
    *,
    read_only: bool,
    config: DuckDBConfig,
) -> duckdb.DuckDBPyConnection:
    while True:
        try:
            connection = duckdb.connect(path, read_only=read_only, config=config)
        except duckdb.IOException as error:
            text = str(error)
            if "Could not set lock" not in text:
                raise WarehouseError(_unreadable(path, text)) from error
            if time.monotonic() >= deadline:
                holder = _HOLDER_PID.search(text)
                raise _busy(path, holder.group(1) if holder else "unknown", wait_seconds) from error
            time.sleep(_POLL_SECONDS)
        except duckdb.Error as error:
            raise WarehouseError(_unreadable(path, str(error))) from error
        else:
            connection.execute("SET TimeZone = 'UTC'")
            return connection


def _busy(path: Path, holder: str, wait_seconds: float) -> WarehouseBusyError:
    return WarehouseBusyError(
        f"{path}: held by process {holder} for more than {wait_seconds:g} s; "
        "close it, or wait for it to end, and run the command again"
    )


def _unreadable(path: Path, reason: str) -> str:
    if path.is_dir():
        return f"{path}: is a folder, not a warehouse file; set LEADS_WAREHOUSE to a file"
    if "not a valid DuckDB database file" in reason:
        return f"{path}: is not a DuckDB file; run: leads doctor"
    return f"{path}: DuckDB cannot open it ({reason.splitlines()[0]}); run: leads doctor"


def migrate(warehouse: Warehouse) -> list[str]:
    """Bring the warehouse to this version of the code; return the names of the migrations applied.

    Each migration runs in a transaction of its own: one that fails leaves the warehouse as the one before
    it did. Raises WarehouseError when the warehouse is newer than the code, or when a migration that was
    applied reads differently now.
    """
    warehouse.connection.execute(
        "CREATE TABLE IF NOT EXISTS schema_migration"
        " (version BIGINT NOT NULL, name VARCHAR NOT NULL, sha256 VARCHAR NOT NULL, applied_at TIMESTAMPTZ NOT NULL)"
    )
    check_migrations(warehouse)
    done = _applied(warehouse)
    fresh = [m for m in _migrations() if m.version not in done]
    for migration in fresh:
        with warehouse.transaction("migration"):
            warehouse.connection.execute(migration.text)
            warehouse.connection.execute(
                "INSERT INTO schema_migration VALUES ($version, $name, $sha256, $applied_at)",
                {
                    "version": migration.version,
                    "name": migration.name,
                    "sha256": migration.sha256,
                    "applied_at": datetime.now(UTC),
                },
            )
    _refresh_views(warehouse)
    return [migration.name for migration in fresh]


def _refresh_views(warehouse: Warehouse) -> None:
    """Make the macros and views as this version of the code has them: a file for each that is asked, of its name."""
    # Replaced each time: cheap, and no second record of what is current.
    with warehouse.transaction("views"):
        for name in _CONCLUSIONS:
            warehouse.run(name)
        for path in sorted((SQL_FOLDER / "analytics").glob("*.sql")):
            warehouse.connection.execute(path.read_text(encoding="utf-8"))


def read_all_tables(warehouse: Warehouse) -> None:
    """Read every block of every table, which DuckDB holds against its checksum; raise WarehouseError for a bad one."""
    tables = warehouse.connection.sql(
        "SELECT schema_name, table_name FROM duckdb_tables() WHERE NOT temporary ORDER BY 1, 2"
    ).fetchall()
    for schema, table in tables:
        named = ".".join('"' + name.replace('"', '""') + '"' for name in (schema, table))
        try:
            # Asks for every cell, and keeps nothing.
            warehouse.connection.sql(f"SELECT bit_xor(hash(t)) FROM {named} AS t").fetchall()
        except duckdb.Error as error:
            raise WarehouseError(f"table {table} cannot be read whole ({_kind_of_damage(error)})") from error


def damage_in(error: BaseException) -> WarehouseError | None:
    """Return what to tell of an error that comes from a file which DuckDB cannot read or write, None for any other."""
    if not isinstance(error, duckdb.IOException | duckdb.FatalException | duckdb.SerializationException):
        return None
    return WarehouseError(f"DuckDB cannot go on with this warehouse ({_kind_of_damage(error)}); run: leads doctor")


def _kind_of_damage(error: duckdb.Error) -> str:
    # The text of others than these may hold cells.
    return str(error).splitlines()[0] if isinstance(error, duckdb.IOException) else type(error).__name__


def is_warehouse(warehouse: Warehouse) -> bool:
    """Whether a DuckDB file is one of ours, of whatever version."""
    return bool(_applied(warehouse))


def define_anew(warehouse: Warehouse) -> None:
    """Make the macros and views for this connection alone, as the code has them: those of the warehouse may be others.

    Works where the warehouse is open for reading only. Raises WarehouseError where it is of another version.
    """
    if check_migrations(warehouse):
        raise WarehouseError("the warehouse is older than this leadmill; the next run that loads brings it up to date")
    for name in _CONCLUSIONS:
        warehouse.connection.execute(statement(name).replace("CREATE OR REPLACE ", "CREATE OR REPLACE TEMP "))


def check_migrations(warehouse: Warehouse) -> int:
    """Return how many migrations are still to be applied; raise WarehouseError where they cannot be."""
    known = {migration.version: migration for migration in _migrations()}
    applied = _applied(warehouse)
    for version, (name, sha256) in applied.items():
        if version not in known:
            raise WarehouseError(
                f"the warehouse is newer than this leadmill: it has migration {version} ({name}), "
                f"this code ends at {max(known)}; upgrade leadmill"
            )
        if known[version].sha256 != sha256:
            raise WarehouseError(
                f"migration {known[version].name} was edited after this warehouse applied it; "
                "restore the file, and put the change into a new migration"
            )
    return len(known) - len(applied)


class _Migration:
    def __init__(self, path: Path) -> None:
        self.name = path.stem
        self.version = int(path.stem.split("_", 1)[0])
        self.text = path.read_text(encoding="utf-8")
        self.sha256 = hashlib.sha256(self.text.encode()).hexdigest()


def _migrations() -> list[_Migration]:
    return [_Migration(path) for path in sorted((SQL_FOLDER / "migrations").glob("*.sql"))]


def _applied(warehouse: Warehouse) -> dict[int, tuple[str, str]]:
    has_table = warehouse.connection.sql(
        "SELECT count(*) FROM duckdb_tables() WHERE table_name = 'schema_migration'"
    ).fetchall()[0][0]
    if not has_table:
        return {}
    rows = warehouse.connection.sql("SELECT version, name, sha256 FROM schema_migration ORDER BY version").fetchall()
    return {version: (name, sha256) for version, name, sha256 in rows}
