"""A damaged warehouse: `leads doctor` says what is the matter and what to do, and no command shows a traceback."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import namedtuple
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from flows.settings import load_settings
from flows.warehouse_checks import examine_warehouse
from tests.integration.test_backup import flip_block_of
from tests.integration.test_cli import Leads, contacts, leads, one_line

__all__ = ["contacts", "leads"]  # fixtures

WAREHOUSE = "data/warehouse/leads.duckdb"
# Three headers of this size stand in front of the blocks.
HEADER_BYTES = 4096


@pytest.fixture
def loaded(leads: Leads, contacts: Path) -> Path:
    """A warehouse with a batch, and an export that was not loaded yet."""
    assert leads("ingest", "contacts.csv").returncode == 0
    (leads.folder / "later.csv").write_text("First Name,Last Name,Email\nMina,Okafor,mina@okafor.example\n")
    return leads.folder / WAREHOUSE


def findings(leads: Leads, check: str) -> list[dict[str, Any]]:
    """What the doctor finds of one check; its exit code says whether anything is wrong."""
    done = leads("doctor", "--json")
    assert "Traceback" not in done.stderr
    found = json.loads(done.stdout)
    assert done.returncode == int(any(finding["status"] == "wrong" for finding in found))
    return [finding for finding in found if finding["check"] == check]


def write_notes(path: Path) -> None:
    path.write_text("my notes " * 1000)


def cut(path: Path, kept: float) -> None:
    os.truncate(path, int(path.stat().st_size * kept))


def flip(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 0xFF
    path.write_bytes(content)


def migration(statement: str) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        with duckdb.connect(path) as connection:
            connection.execute(statement)

    return change


DAMAGES: dict[str, tuple[Callable[[Path], None], str]] = {
    "no DuckDB file": (write_notes, "is not a DuckDB file"),
    "empty": (lambda path: cut(path, 0), "is not a DuckDB file"),
    "cut in its header": (lambda path: os.truncate(path, 100), "Could not read enough bytes"),
    "cut in half": (lambda path: cut(path, 0.5), "Could not read enough bytes"),
    "flipped in its header": (lambda path: flip(path, 40), "Corrupt database file"),
    "flipped in its later headers": (lambda path: flip(path, HEADER_BYTES + 20), "Corrupt database file"),
    "flipped in the rows of lead": (lambda path: flip_block_of(path, "lead"), "table lead cannot be read whole"),
    "flipped in the rows of batch": (lambda path: flip_block_of(path, "batch"), "table batch cannot be read whole"),
    "flipped in the rows of high_water": (
        lambda path: flip_block_of(path, "high_water"),
        "table high_water cannot be read whole",
    ),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_is_found_and_the_newest_backup_named(leads: Leads, loaded: Path, name: str) -> None:
    damage, told = DAMAGES[name]
    backups = loaded.parent / "backups"
    shutil.copytree(loaded.parent, backups, ignore=shutil.ignore_patterns("*.lock"))
    for day in ("20260104", "20260105"):
        shutil.copy(backups / "leads.duckdb", backups / f"leads-{day}T020000Z.duckdb")
    damage(loaded)
    [finding] = findings(leads, "warehouse")
    assert finding["status"] == "wrong"
    assert told in finding["detail"]
    assert "leads restore data/warehouse/backups/leads-20260105T020000Z.duckdb --yes" in finding["fix"]
    assert "leads doctor" not in finding["detail"]


@pytest.mark.parametrize("name", DAMAGES)
def test_no_command_shows_a_traceback(leads: Leads, loaded: Path, name: str) -> None:
    DAMAGES[name][0](loaded)
    damaged = loaded.read_bytes()
    commands = (("batches",), ("sql", "SELECT * FROM lead"), ("sql", "FROM high_water"), ("ingest", "later.csv"))
    refused = 0
    for command in commands:
        done = leads(*command)
        if done.returncode == 0:
            # It asked for nothing that is damaged.
            assert name.startswith("flipped in the rows")
            continue
        refused += 1
        assert done.returncode == 2, command
        told = one_line(done)
        assert "leads doctor" in told, command
        assert "internal error" not in told
    assert refused
    if refused == len(commands):
        assert loaded.read_bytes() == damaged


def test_without_a_backup_it_says_what_is_left_to_do(leads: Leads, loaded: Path) -> None:
    flip_block_of(loaded, "lead")
    [finding] = findings(leads, "warehouse")
    assert "no backup is in data/warehouse/backups" in finding["fix"]
    assert "leads rebuild --to FILE" in finding["fix"]


@pytest.mark.parametrize(
    ("statement", "told", "fix"),
    [
        ("INSERT INTO schema_migration VALUES (9999, '9999_later', 'x', now())", "is newer", "upgrade leadmill"),
        ("UPDATE schema_migration SET sha256 = 'other' WHERE version = 2", "0002_views was edited", "restore the file"),
        ("DROP TABLE schema_migration", "no warehouse of leadmill", "set LEADS_WAREHOUSE"),
    ],
)
def test_another_version_of_the_tables_is_found(
    leads: Leads, loaded: Path, statement: str, told: str, fix: str
) -> None:
    migration(statement)(loaded)
    [finding] = findings(leads, "warehouse")
    assert finding["status"] == "wrong"
    assert told in finding["detail"]
    assert fix in finding["fix"]


def test_a_log_that_was_left_is_harmless_and_one_without_warehouse_is_not(leads: Leads, loaded: Path) -> None:
    killed = (
        "import duckdb, os, sys\nc = duckdb.connect(sys.argv[1])\nc.execute('PRAGMA disable_checkpoint_on_shutdown')\n"
        "c.execute(\"UPDATE lead SET notes = 'in the log'\")\nos._exit(1)"
    )
    subprocess.run([sys.executable, "-c", killed, str(loaded)], check=False)
    [finding] = findings(leads, "log")
    assert finding["status"] == "note"
    assert "harmless" in finding["detail"]
    assert [each["status"] for each in findings(leads, "warehouse")] == ["ok"]
    assert leads.rows("SELECT DISTINCT notes FROM lead") == [("in the log",)]
    loaded.unlink()
    [finding] = findings(leads, "warehouse")
    assert finding["status"] == "wrong"
    assert "a log of it is (leads.duckdb.wal)" in finding["detail"]


def test_the_lock_of_a_run_is_told_from_one_that_was_left(leads: Leads, loaded: Path) -> None:
    hold = (
        "import sys\nfrom pathlib import Path\nfrom flows.warehouse import open_warehouse\n"
        "held = open_warehouse(Path(sys.argv[1]), wait_seconds=0)\nprint('held', flush=True)\nsys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(loaded)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        [finding] = findings(leads, "lock")
        assert (finding["status"], finding["detail"]) == ("note", f"held by process {holder.pid}")
        [finding] = findings(leads, "warehouse")
        assert finding["status"] == "note"
        holder.communicate()
    [finding] = findings(leads, "lock")
    assert (finding["status"], finding["detail"]) == ("ok", f"free; process {holder.pid} had it last")
    assert leads("ingest", "later.csv").returncode == 0


@pytest.fixture
def open_place() -> Iterator[Path]:
    """A folder that other users may look into, unlike those of pytest."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.mark.parametrize(
    ("file_mode", "folder_mode", "told"),
    [(0o000, 0o777, "may not read and write it"), (0o666, 0o555, "may not write into the folder")],
)
def test_what_this_user_may_not_do_is_found(
    loaded: Path, open_place: Path, file_mode: int, folder_mode: int, told: str
) -> None:
    folder = open_place / "warehouse"
    folder.mkdir()
    path = Path(shutil.copy(loaded, folder / "leads.duckdb"))
    path.chmod(file_mode)
    folder.chmod(folder_mode)
    # Root may do everything: then as nobody, with all that it needs imported before.
    asked = (
        "import os, sys\nfrom pathlib import Path\nfrom flows.settings import load_settings\n"
        "from flows.warehouse_checks import examine_warehouse\nsettings = load_settings(warehouse=Path(sys.argv[1]))\n"
        "if os.getuid() == 0:\n    os.setuid(65534)\n"
        "for finding in examine_warehouse(settings):\n    print(finding.check, finding.status, finding.detail)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", asked, str(path)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    folder.chmod(0o700)
    assert done.stdout.startswith("warehouse wrong ")
    assert told in done.stdout


@pytest.mark.parametrize(("free", "status"), [(1_000, "wrong"), (300_000_000, "note")])
def test_little_room_is_found(loaded: Path, monkeypatch: pytest.MonkeyPatch, free: int, status: str) -> None:
    os.truncate(loaded, 400_000_000)
    usage = namedtuple("usage", ("total", "used", "free"))
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage(free, 0, free))
    found = [finding for finding in examine_warehouse(load_settings(warehouse=loaded)) if finding.check == "disk"]
    assert [finding.status for finding in found] == [status]
