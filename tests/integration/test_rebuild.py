"""Rebuild: a history with every kind of batch, told again from archive, reference versions and decisions, is the same."""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import duckdb
import pytest

from flows import run
from flows.steps import load
from tests.integration.test_backup import flip_block_of
from tests.integration.test_cli import Leads, leads, one_line

__all__ = ["leads"]  # fixtures

WAREHOUSE = Path("data/warehouse/leads.duckdb")
REBUILT = Path("again.duckdb")

FEEDS = """
[feeds.crm]
origin = "crm"
account_id = "acme"
extent = "full"
as_of_pattern = "%Y-%m-%d"

[feeds.web]
account_id = "acme"
team_id = 1
as_of_pattern = "%Y-%m-%d"

[feeds.list]
account_id = "acme"
team_id = 1
as_of_pattern = "%Y-%m-%d"
max_reject_fraction = 0.1
"""
REFERENCE = {
    "feeds.toml": FEEDS,
    # Whose day is another than UTC's half of the time: caps are counted by it.
    "teams.csv": "teamId,accountId,name,timezone,fallback_owner\n1,acme,Inbound,Pacific/Auckland,zoe@acme.example\n",
    "users.csv": "user,name,accountId\n"
    + "".join(f"{name}@acme.example,{name.title()},acme\n" for name in ("ann", "bob", "cat", "zoe")),
    "team_members.csv": "teamId,user,weight,daily_cap\n1,ann@acme.example,1,2\n1,bob@acme.example,2,3\n",
    "absences.csv": "user,first_on,last_on\nann@acme.example,2026-01-06,2026-01-07\n",
    "stages.csv": "processStage,order,kind\nNew,1,open\nWon,2,won\n",
}
# Drawn anew or about the file itself; everything else is of meaning.
NOT_COMPARED = ("seal", "schema_migration")


class Stepping(datetime):
    """A clock that begins in January 2026 and goes on by hours each time it is looked at."""

    moment = datetime(2026, 1, 5, 8, tzinfo=UTC)

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Any:
        cls.moment += timedelta(hours=1, minutes=17)
        return cls.moment


@pytest.fixture
def history(leads: Leads, monkeypatch: pytest.MonkeyPatch) -> Iterator[Leads]:
    """The command in a folder with reference data; batches are weeks old when a test is over."""
    Path("data/reference").mkdir(parents=True)
    for name, text in REFERENCE.items():
        Path("data/reference", name).write_text(text)
    with monkeypatch.context() as patch:
        patch.setattr(Stepping, "moment", datetime(2026, 1, 5, 8, tzinfo=UTC))
        patch.setattr(run, "datetime", Stepping)
        yield leads


def people(numbers: Iterable[int], **cells: Any) -> list[dict[str, Any]]:
    """Leads of the CRM."""
    return [
        {"id": number, "firstName": f"First{number}", "lastName": f"Last{number}", "processStage": "New", **cells}
        for number in numbers
    ]


def rows(*names: str, company: str = "Harbour Foods") -> str:
    """A vendor's export: who has no last name is rejected."""
    lines = ["Record ID,First Name,Last Name,Email,Company"]
    for name in names:
        first, _, last = name.partition(" ")
        lines.append(
            f"{name.lower().replace(' ', '')},{first},{last},{first.lower()}@{first.lower()}.example,{company}"
        )
    return "\n".join(lines) + "\n"


def take(leads: Leads, name: str, content: str | list[dict[str, Any]], feed: str, expected: str = "loaded") -> int:
    """Ingest an export; return its batch."""
    Path(name).write_text(content if isinstance(content, str) else json.dumps(content))
    [batch] = leads.json("ingest", name, "--feed", feed)["batches"]
    assert batch["status"] == expected, batch["error"]
    return int(batch["batch_id"])


def mend(leads: Leads, batch: int, last_name: str) -> Path:
    """Write the sheet of a batch's rejected rows and mend the first of them."""
    sheet = Path(f"mended-{batch}.csv")
    assert leads("rejects", str(batch), "--csv", str(sheet)).returncode == 0
    with sheet.open(newline="", encoding="utf-8-sig") as file:
        lines = list(csv.DictReader(file))
    lines[0]["Last Name"] = last_name
    with sheet.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(lines[0]))
        writer.writeheader()
        writer.writerows(lines)
    return sheet


def live_through(leads: Leads) -> None:
    """Every kind of batch, and what stands beside batches: changed reference data, dismissed rows."""
    take(leads, "crm-2026-01-05.json", people(range(1, 101), assignedTo="cat@acme.example"), "crm")
    names = ("Elif Safak", "Ada Byron", "Grace", "Alan", "Edsger", "Mina Okafor", "Omar Haddad", "Noa Levi")
    web = take(leads, "web-2026-01-05.csv", rows(*names), "web")
    take(leads, "again-2026-01-05.csv", rows(*names), "web", "skipped")
    take(leads, "broken-2026-01-05.csv", "\x00\x01\x02\x03" * 100, "web", "failed")
    take(leads, "list-2026-01-05.csv", rows("Mina Okafor"), "list")
    list_rows = rows("Elif Safak", "Noa Levi", "Rosa Diaz", "Ruth Cohen", company="Northgate Dental")
    take(leads, "list-2026-01-06.csv", list_rows, "list")
    many = rows(*(f"Person{number}" if number % 4 == 0 else f"Person{number} Last" for number in range(60)))
    failed = take(leads, "list-2026-01-07.csv", many, "list", "failed")
    # Mended, put away, and tried again as they are.
    expect(leads, "replay", str(mend(leads, web, "Hopper")))
    expect(leads, "rejects", str(web), "--dismiss", "--row", "4")
    expect(leads, "replay", str(web))
    Path("data/reference/feeds.toml").write_text(FEEDS.replace("0.1", "0.9"))
    expect(leads, "replay", str(failed))
    expect(leads, "replay", str(failed))
    # Nights of the CRM: half an export, approved; leads that go, return, are merged there.
    held = take(leads, "crm-2026-01-06.json", people(range(1, 90)), "crm", "held")
    expect(leads, "approve", str(held))
    take(leads, "crm-2026-01-07.json", people(range(1, 90), branch="north"), "crm")
    take(leads, "crm-2026-01-08.json", people(range(1, 90), branch="north"), "crm", "skipped")
    merged = [*people(range(1, 88), notes="called"), {**people([88])[0], "merged_ids": "89"}, *people([95, 96])]
    take(leads, "crm-2026-01-09.json", merged, "crm")
    # Who is whom.
    expect(leads, "sweep")
    pairs = [row["pair"] for row in leads.json("review")]
    assert len(pairs) > 1
    expect(leads, "review", "--merge", pairs[0])
    for pair in pairs[1:]:
        expect(leads, "review", "--apart", pair)
    [(lead_id,)] = leads.rows("SELECT lead_id FROM lead_alias WHERE reason = 'merged' ORDER BY alias_id DESC LIMIT 1")
    merge = leads.rows("SELECT max(batch_id) FROM batch WHERE kind = 'merge'")[0][0]
    expect(leads, "unmerge", str(lead_id))
    expect(leads, "undo", str(merge))
    [(joined, record)] = leads.rows(
        "SELECT lead_id, max(source_id) FROM record_lead WHERE lead_id > 1000 GROUP BY lead_id HAVING count(*) > 1 LIMIT 1"
    )
    expect(leads, "unmerge", str(joined), "--record", str(record))
    # Owners, and a file that may not be kept as it came.
    Path("data/reference/team_members.csv").write_text(
        "teamId,user,weight,daily_cap\n1,bob@acme.example,1,2\n1,cat@acme.example,1,2\n"
    )
    expect(leads, "reassign", "--from", "ann@acme.example")
    card = "First Name,Last Name,Email,Card Number,Notes\nLina,Park,lina@park.example,4111111111111111,hello\n"
    take(leads, "web-2026-01-08.csv", card, "web")
    expect(leads, "undo", str(web))
    take(leads, "web-2026-01-05.csv", rows(*names), "web")
    expect(leads, "sweep", "--full")


def expect(leads: Leads, *arguments: str) -> None:
    done = leads(*arguments)
    assert done.returncode == 0, (arguments, done.stderr)


def everything(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables of meaning, in order."""
    with duckdb.connect(path, read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        tables = connection.sql("SELECT table_name FROM duckdb_tables() ORDER BY 1").fetchall()
        return {
            name: connection.sql(
                f"SELECT {'* EXCLUDE (hash, previous_hash)' if name == 'batch' else '*'} FROM {name} ORDER BY ALL"
            ).fetchall()
            for (name,) in tables
            if name not in NOT_COMPARED
        }


def archive() -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in Path("data/archive").rglob("*") if path.is_file()}


def test_a_history_of_every_kind_is_rebuilt_to_the_letter(history: Leads, monkeypatch: pytest.MonkeyPatch) -> None:
    live_through(history)
    kinds = {(kind, status) for kind, status in history.rows("SELECT DISTINCT kind, status FROM batch")}
    assert kinds == {
        *(("ingest", status) for status in ("loaded", "failed", "skipped", "held")),
        *((kind, "loaded") for kind in ("replay", "approve", "undo", "merge", "unmerge", "sweep", "reassign")),
        ("replay", "skipped"),
    }
    monkeypatch.undo()
    monkeypatch.chdir(history.folder)
    # What the folders say today is of no matter.
    shutil.rmtree("data/reference")
    before, kept = everything(WAREHOUSE), archive()
    done = history("rebuild", "--to", str(REBUILT))
    assert done.returncode == 0, done.stderr
    after = everything(REBUILT)
    assert after.keys() == before.keys()
    for table, content in before.items():
        assert after[table] == content, table
    assert "Every table is as in the warehouse." in done.stderr
    assert archive() == kept
    assert REBUILT.stat().st_mode & 0o077 == 0
    # It takes the warehouse's place, and its chain and leads hold.
    assert history("restore", str(REBUILT), "--yes").returncode == 0
    assert history("verify").returncode == 0, history("verify").stdout
    assert everything(WAREHOUSE) == before


@pytest.fixture
def short(history: Leads) -> Leads:
    """A warehouse of two batches."""
    take(history, "web-2026-01-05.csv", rows("Elif Safak", "Ada Byron", "Grace"), "web")
    take(history, "list-2026-01-06.csv", rows("Rosa Diaz"), "list")
    return history


def refused(leads: Leads) -> str:
    """The one line of a rebuild that is not made; nothing of it is left."""
    files = sorted(Path().iterdir())
    done = leads("rebuild", "--to", str(REBUILT))
    assert done.returncode == 1
    assert sorted(Path().iterdir()) == files
    return one_line(done)


def archived(name: str) -> Path:
    [path] = [
        path
        for path in Path("data/archive").rglob("*")
        if path.is_file() and path.read_bytes() == Path(name).read_bytes()
    ]
    return path


def test_a_file_that_is_gone_or_altered_stops_it(short: Leads) -> None:
    path = archived("list-2026-01-06.csv")
    content = path.read_bytes()
    path.write_bytes(content.replace(b"Rosa", b"Rita"))
    told = refused(short)
    assert "batch 2 (ingest) cannot be rebuilt: its file is not as it was taken" in told
    path.unlink()
    told = refused(short)
    assert "batch 2 (ingest) cannot be rebuilt: the archive data/archive has no file of batch 2" in told


def test_reference_data_that_is_not_kept_stops_it(short: Leads) -> None:
    with duckdb.connect(WAREHOUSE) as connection:
        connection.execute("DELETE FROM reference_version")
    assert "batch 1 (ingest) cannot be rebuilt: batch 1: no reference files are kept of it" in refused(short)


def test_what_comes_out_otherwise_stops_it(short: Leads) -> None:
    with duckdb.connect(WAREHOUSE) as connection:
        connection.execute("UPDATE batch SET rows_inserted = 7 WHERE batch_id = 1")
    told = refused(short)
    assert "batch 1 (ingest) cannot be rebuilt: it came out otherwise (rows_inserted is 2, was 7)" in told


def test_a_decision_that_is_not_kept_stops_it(short: Leads) -> None:
    expect(short, "sweep")
    with duckdb.connect(WAREHOUSE) as connection:
        connection.execute("DELETE FROM batch_request")
    assert "batch 3 (sweep) cannot be rebuilt: what it was asked is not kept" in refused(short)


def test_a_file_that_is_there_is_not_touched(short: Leads) -> None:
    REBUILT.write_text("mine")
    done = short("rebuild", "--to", str(REBUILT))
    assert done.returncode == 2
    assert "is there already" in one_line(done)
    assert REBUILT.read_text() == "mine"


def test_leads_that_somebody_changed_by_hand_are_what_the_files_say_and_that_is_told(short: Leads) -> None:
    before = short.rows("SELECT firstName FROM lead ORDER BY id")
    with duckdb.connect(WAREHOUSE) as connection:
        connection.execute("UPDATE lead SET firstName = 'Mallory'")
    done = short("rebuild", "--to", str(REBUILT))
    assert done.returncode == 1
    assert "Not as in the warehouse: lead." in done.stderr
    with duckdb.connect(REBUILT, read_only=True) as connection:
        assert connection.sql("SELECT firstName FROM lead ORDER BY id").fetchall() == before


def test_a_failure_that_does_not_come_again_is_told_as_it_was(short: Leads, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(*_: object) -> None:
        raise OSError("no room")

    Path("web-2026-01-07.csv").write_text(rows("Noa Levi", "Edsger"))
    with monkeypatch.context() as patch:
        patch.setattr(load, "check_invariants", no_room)
        assert short("ingest", "web-2026-01-07.csv", "--feed", "web").returncode == 1
    assert short.rows("SELECT status, rows_read, rows_rejected FROM batch WHERE batch_id = 3") == [("failed", 1, 1)]
    take(short, "web-2026-01-08.csv", rows("Edsger", "Omar Haddad"), "web")
    before = everything(WAREHOUSE)
    assert short("rebuild", "--to", str(REBUILT)).returncode == 0
    assert everything(REBUILT) == before


def test_a_rebuild_that_is_ended_leaves_nothing(short: Leads) -> None:
    files = sorted(Path().iterdir())
    with subprocess.Popen(
        [sys.executable, "-m", "flows.cli", "rebuild", "--to", str(REBUILT)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "batch 1: ingest\n"
        assert any(path.name.startswith(".rebuilding-") for path in Path().iterdir())
        process.send_signal(signal.SIGTERM)
        told = process.stderr.read()
    assert process.returncode == 143
    assert "Traceback" not in told
    assert sorted(Path().iterdir()) == files


def test_a_table_that_can_be_concluded_again_may_be_damaged(short: Leads) -> None:
    flip_block_of(WAREHOUSE, "lead_contact")
    done = short("rebuild", "--to", str(REBUILT))
    assert done.returncode == 0
    assert "The warehouse is damaged" in done.stderr
    with duckdb.connect(REBUILT, read_only=True) as connection:
        assert connection.sql("SELECT count(*) FROM lead_contact").fetchall() == [(3,)]
