"""Backup and restore: a copy that is whole, put back so that nothing is lost that is not told."""

import hashlib
import shutil
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import duckdb
import pytest

from flows.backup import back_up
from flows.settings import load_settings
from tests.integration.test_cli import Leads, contacts, leads, one_line

__all__ = ["contacts", "leads"]  # fixtures

WAREHOUSE = "data/warehouse/leads.duckdb"
LATER = "First Name,Last Name,Email\nMina,Okafor,mina@okafor.example\n"


@pytest.fixture
def backed_up(leads: Leads, contacts: Path) -> Path:
    """A backup of a warehouse with one batch, after which a second one came."""
    assert leads("ingest", "contacts.csv").returncode == 0
    document = leads.json("backup", "safe/leads.duckdb")
    assert document["batch_count"] == 1
    assert document["lead_count"] == 2
    (leads.folder / "later.csv").write_text(LATER)
    assert leads("ingest", "later.csv").returncode == 0
    return leads.folder / "safe/leads.duckdb"


def test_a_backup_is_the_warehouse_with_its_checksum_for_its_owner_only(leads: Leads, contacts: Path) -> None:
    leads("ingest", "contacts.csv")
    done = leads("backup")
    assert done.returncode == 0, done.stderr
    [path] = Path("data/warehouse/backups").glob("*.duckdb")
    assert str(path) in done.stdout
    assert f"1 batches, 2 leads, {path.stat().st_size:,} bytes" in done.stdout
    assert path.read_bytes() == Path(WAREHOUSE).read_bytes()
    checksum = path.with_name(path.name + ".sha256")
    assert checksum.read_text() == f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n"
    assert {file.stat().st_mode & 0o777 for file in (path, checksum)} == {0o600}
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert sorted(path.parent.iterdir()) == [path, checksum]


def test_what_stood_in_the_log_only_is_in_the_backup(leads: Leads, contacts: Path) -> None:
    leads("ingest", "contacts.csv")
    killed = (
        "import duckdb, os, sys\nc = duckdb.connect(sys.argv[1])\nc.execute('PRAGMA disable_checkpoint_on_shutdown')\n"
        "c.execute(\"UPDATE lead SET notes = 'in the log'\")\nos._exit(1)"
    )
    subprocess.run([sys.executable, "-c", killed, WAREHOUSE], check=False)
    assert Path(WAREHOUSE + ".wal").stat().st_size > 0
    leads("backup", "copy.duckdb")
    with duckdb.connect("copy.duckdb", read_only=True) as connection:
        assert connection.sql("SELECT DISTINCT notes FROM lead").fetchall() == [("in the log",)]


def test_a_file_that_is_there_is_replaced_only_if_that_is_wanted(leads: Leads, backed_up: Path) -> None:
    before = backed_up.read_bytes()
    done = leads("backup", str(backed_up))
    assert done.returncode == 2
    assert "--yes" in one_line(done)
    assert backed_up.read_bytes() == before
    assert leads.json("backup", str(backed_up), "--yes")["batch_count"] == 2
    assert leads("backup", WAREHOUSE, "--yes").returncode == 2


def test_a_replacement_that_is_killed_leaves_no_backup_with_the_checksum_of_another(
    leads: Leads, backed_up: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = Path.replace

    def die(path: Path, target: Path) -> Path:
        if target == backed_up:
            raise KeyboardInterrupt
        return replace(path, target)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Path, "replace", die)
        back_up(load_settings(), backed_up, may_replace=True)
    assert leads("restore", str(backed_up), "--yes").returncode == 0


def test_a_backup_waits_for_a_run_and_says_who_holds_the_warehouse(leads: Leads, backed_up: Path) -> None:
    hold = (
        "import sys\nfrom pathlib import Path\nfrom flows.warehouse import open_warehouse\n"
        "held = open_warehouse(Path(sys.argv[1]), wait_seconds=0)\nprint('held', flush=True)\nsys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold, WAREHOUSE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        done = leads("backup", "other.duckdb", LEADS_WAIT_SECONDS="0.2")
        assert done.returncode == 75
        assert f"held by process {holder.pid}" in one_line(done)
        done = leads("restore", str(backed_up), "--yes", LEADS_WAIT_SECONDS="0.2")
        assert done.returncode == 75
        holder.communicate()
    assert not Path("other.duckdb").exists()


def test_without_room_nothing_is_written(leads: Leads, backed_up: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", ("total", "used", "free"))
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage(10, 0, 10))
    for arguments in (("backup", "other.duckdb"), ("restore", str(backed_up), "--yes")):
        done = leads(*arguments)
        assert done.returncode == 2
        assert "10 are free; make room" in one_line(done)
    assert not Path("other.duckdb").exists()
    assert leads.rows("SELECT count(*) FROM batch") == [(2,)]


def test_a_place_that_cannot_be_written_is_told_in_one_line(leads: Leads, backed_up: Path) -> None:
    Path("a-file").write_text("mine")
    for arguments in (
        ("backup", "a-file/leads.duckdb"),
        ("rebuild", "--to", "a-file/leads.duckdb"),
        ("restore", str(backed_up), "--yes", "--warehouse", "a-file/leads.duckdb"),
    ):
        done = leads(*arguments)
        assert done.returncode == 2, arguments
        assert "a-file: cannot be made" in one_line(done)


def test_a_damaged_warehouse_gives_no_backup(leads: Leads, backed_up: Path) -> None:
    flip_block_of(Path(WAREHOUSE), "lead")
    done = leads("backup", "other.duckdb")
    assert done.returncode == 2
    assert "leads doctor" in one_line(done)
    assert not Path("other.duckdb").exists()
    assert not Path("other.duckdb.sha256").exists()


def test_restoring_over_a_warehouse_says_first_what_would_be_lost(leads: Leads, backed_up: Path) -> None:
    before = Path(WAREHOUSE).read_bytes()
    done = leads("restore", str(backed_up))
    assert done.returncode == 2
    told = one_line(done)
    assert "batch 2, which the backup lacks, would be lost" in told
    assert f"leads restore {backed_up} --yes" in told
    assert Path(WAREHOUSE).read_bytes() == before


def test_the_files_of_lost_batches_bring_them_again(leads: Leads, backed_up: Path) -> None:
    state = "SELECT * EXCLUDE (createdAt, updatedAt) FROM lead ORDER BY id"
    before = leads.rows(state)
    restored = leads.json("restore", str(backed_up), "--yes")
    assert restored["batch_count"] == 1
    assert [(batch["batch_id"], batch["file_uri"]) for batch in restored["lost_batches"]] == [(2, "later.csv")]
    assert leads.rows("SELECT count(*) FROM lead") == [(2,)]
    assert leads("ingest", "later.csv").returncode == 0
    assert leads.rows(state) == before
    # The heads of the lost batch are kept, and not held against the one that has its number now.
    assert leads("verify").returncode == 0
    assert '"batch_id": 2' in Path(restored["heads"]).read_text()


def test_the_warehouse_of_before_is_kept_with_its_log(leads: Leads, backed_up: Path) -> None:
    killed = (
        "import duckdb, os, sys\nc = duckdb.connect(sys.argv[1])\nc.execute('PRAGMA disable_checkpoint_on_shutdown')\n"
        "c.execute(\"UPDATE lead SET notes = 'in the log'\")\nos._exit(1)"
    )
    subprocess.run([sys.executable, "-c", killed, WAREHOUSE], check=False)
    kept = Path(leads.json("restore", str(backed_up), "--yes")["kept"])
    assert kept.stat().st_mode & 0o777 == 0o600
    assert not Path(WAREHOUSE + ".wal").exists()
    assert leads.rows("SELECT DISTINCT notes FROM lead") == [(None,)]
    with duckdb.connect(kept) as connection:
        assert connection.sql("SELECT DISTINCT notes FROM lead").fetchall() == [("in the log",)]
        assert connection.sql("SELECT count(*) FROM batch").fetchall() == [(2,)]


def test_a_log_that_lost_its_warehouse_is_not_applied_to_the_new_one(leads: Leads, backed_up: Path) -> None:
    Path(WAREHOUSE).unlink()
    Path(WAREHOUSE + ".wal").write_bytes(b"what a crash left")
    assert leads("restore", str(backed_up)).returncode == 0
    assert not Path(WAREHOUSE + ".wal").exists()
    assert leads.rows("SELECT count(*) FROM batch") == [(1,)]


def test_a_warehouse_that_cannot_be_read_is_no_hindrance(leads: Leads, backed_up: Path) -> None:
    Path(WAREHOUSE).write_bytes(b"rubbish " * 100)
    done = leads("restore", str(backed_up))
    assert done.returncode == 2
    assert "cannot be told" in one_line(done)
    assert leads("restore", str(backed_up), "--yes").returncode == 0
    assert leads.rows("SELECT count(*) FROM batch") == [(1,)]


def test_a_backup_that_changed_is_refused_even_when_confirmed(leads: Leads, backed_up: Path) -> None:
    content = bytearray(backed_up.read_bytes())
    content[-5000] ^= 1
    backed_up.write_bytes(content)
    for arguments in ((), ("--yes",)):
        done = leads("restore", str(backed_up), *arguments)
        assert done.returncode == 2
        assert "has another checksum" in one_line(done)
    assert leads.rows("SELECT count(*) FROM batch") == [(2,)]


def test_a_backup_without_checksum_is_taken_only_when_confirmed(leads: Leads, backed_up: Path) -> None:
    Path(WAREHOUSE).unlink()
    (backed_up.parent / "leads.duckdb.sha256").unlink()
    done = leads("restore", str(backed_up))
    assert done.returncode == 2
    assert "leads.duckdb.sha256: is not there" in one_line(done)
    assert leads("restore", str(backed_up), "--yes").returncode == 0
    flip_block_of(backed_up, "lead")
    done = leads("restore", str(backed_up), "--yes")
    assert done.returncode == 2
    assert "cannot be restored: table lead cannot be read whole" in one_line(done)


def test_a_backup_newer_than_the_code_or_of_something_else_is_refused(leads: Leads, backed_up: Path) -> None:
    shutil.copy(backed_up, "newer.duckdb")
    with duckdb.connect("newer.duckdb") as connection:
        connection.execute("INSERT INTO schema_migration VALUES (9999, '9999_later', 'x', now())")
    with duckdb.connect("other.duckdb") as connection:
        connection.execute("CREATE TABLE t (a BIGINT)")
    Path("notes.duckdb").write_text("my notes")
    for name, told in (
        ("newer.duckdb", "is newer than this leadmill"),
        ("other.duckdb", "no warehouse of leadmill"),
        ("notes.duckdb", "is not a DuckDB file"),
        ("absent.duckdb", "there is no such file"),
        (WAREHOUSE, "is the warehouse itself"),
    ):
        done = leads("restore", name, "--yes")
        assert done.returncode == 2, name
        assert told in one_line(done)
    assert leads.rows("SELECT count(*) FROM batch") == [(2,)]


def flip_block_of(path: Path, table: str) -> None:
    """Change one byte in a block of a table's rows, as a bad disk would."""
    with duckdb.connect(path, read_only=True) as connection:
        [(block,)] = connection.sql(
            f"SELECT max(block_id) FROM pragma_storage_info('{table}') WHERE persistent AND block_id >= 0"
        ).fetchall()
        [(size,)] = connection.sql("SELECT block_size FROM pragma_database_size()").fetchall()
    content = bytearray(path.read_bytes())
    # Three headers of 4096 bytes, then the blocks.
    content[3 * 4096 + block * size + 100] ^= 0xFF
    path.write_bytes(content)
