"""Tamper evidence: what leads does leaves the warehouse sound; what anybody else changes in it is found, and where."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

from flows import cli
from flows.approve import approve
from flows.chain import hash_batches
from flows.heads import heads_file, read_heads
from flows.pipeline import ingest
from flows.reassign import reassign
from flows.reference import load_reference
from flows.regroup import merge_pairs, sweep, unmerge
from flows.replay import replay
from flows.run import Request, open_run
from flows.steps.publish import dismiss_rejects
from flows.undo import undo
from flows.verify import Finding, verify
from flows.warehouse import open_warehouse
from tests.integration.test_rotation_of_owners import members, teams, users
from tests.integration.test_rules import FEEDS, World, dana

BAD = {"firstName": "Nobody", "lastName": "", "email": "nobody@home.example"}


def make_world(folder: Path) -> World:
    """Four batches: a vendor's, another one's, the CRM's, and the vendor's again; with something in each audit table."""
    world = World(folder)
    world.write(
        "feeds.toml",
        FEEDS.replace("[feeds.web]\n", "[feeds.web]\nteam_id = 1\n").replace(
            "[feeds.list]\n", "[feeds.list]\nteam_id = 1\n"
        ),
    )
    teams(world)
    users(world)
    members(world, "ann", "bob", "cat")
    omar = {"firstName": "Omar", "lastName": "Haddad", "phone": "2127365000", "email": "omar@haddad.example"}
    eve = {"firstName": "Eve", "lastName": "Stone", "email": "eve@stone.example"}
    world.load("web", [dana(numberOfEmployees="a dozen", extra_cell="x"), omar, BAD])
    world.load("list", [dana(jobTitle="Owner"), eve], "2026-01-02")
    world.load("crm", [dana(id=501, jobTitle="Founder")], "2026-01-03")
    world.load("web", [dana(jobTitle="Baker"), BAD, {**omar, "company": "Haddad Ltd"}], "2026-01-04")
    return world


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> World:
    """That warehouse, as no test changes it."""
    return make_world(tmp_path_factory.mktemp("sound"))


@pytest.fixture
def world(sound: World, tmp_path: Path) -> World:
    """A copy of that warehouse, to be changed."""
    shutil.copytree(sound.folder, tmp_path / "world")
    world = World.__new__(World)
    world.folder = tmp_path / "world"
    world.reference = world.folder / "reference"
    world.file_count = sound.file_count
    world.settings = sound.settings.model_copy(
        update={
            "warehouse": world.folder / "leads.duckdb",
            "reference": world.reference,
            "archive": world.folder / "archive",
        }
    )
    return world


def found(world: World) -> list[Finding]:
    """What verify finds."""
    return [finding for finding in verify(world.settings) if finding.status == "found"]


def tamper(world: World, *statements: str) -> None:
    """Change the warehouse behind the back of leadmill."""
    with duckdb.connect(world.settings.warehouse) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for statement in statements:
            assert connection.execute(statement).fetchall() != [(0,)], f"nothing changed: {statement}"


def assert_clean(world: World) -> None:
    """Nothing is found, and nothing is passed over with a note."""
    assert [finding for finding in verify(world.settings) if finding.status != "ok"] == []


# --- what leads does itself


def test_ingest_leaves_a_sound_warehouse_and_heads(world: World) -> None:
    assert_clean(world)
    assert world.rows("SELECT batch_id, hash FROM batch ORDER BY batch_id") == [
        (head.batch_id, head.hash) for head in read_heads(world.settings.archive)
    ]
    assert heads_file(world.settings.archive).stat().st_mode & 0o777 == 0o600
    [(first,)] = world.rows("SELECT previous_hash FROM batch WHERE batch_id = 1")
    assert first is None
    for table in ("cell_issue", "rejected_row", "match_decision", "lead_assignment", "rotation_round"):
        assert world.rows(f"SELECT count(*) > 0 FROM {table}") == [(True,)], table


def test_a_skipped_and_a_failed_batch_are_links_too(world: World) -> None:
    path = next(world.folder.glob("crm-*.json"))
    [skipped] = ingest(world.settings, Request(paths=(str(path),), feed="crm"))
    broken = world.folder / "broken.csv"
    broken.write_text("colour\nred\n", encoding="utf-8")
    [failed] = ingest(world.settings, Request(paths=(str(broken),), feed="web"))
    assert (skipped.columns["status"], failed.columns["status"]) == ("skipped", "failed")
    assert_clean(world)
    assert len(read_heads(world.settings.archive)) == 6
    tamper(world, "UPDATE batch SET error = NULL WHERE batch_id = 6")
    assert {(finding.check, finding.first_batch) for finding in found(world)} == {("chain", 6)}


def test_rejected_rows_that_are_seen_again_dismissed_or_replayed(world: World) -> None:
    [(seen,)] = world.rows("SELECT seen_count FROM rejected_row")
    assert seen == 2
    replay(world.settings, "1")
    assert_clean(world)
    with open_warehouse(world.settings.warehouse, wait_seconds=0) as warehouse:
        assert dismiss_rejects(warehouse, 1, None) == 1
    assert_clean(world)


def test_a_dry_run_leaves_no_head(world: World) -> None:
    before = heads_file(world.settings.archive).read_bytes()
    path = world.folder / "web-2026-01-05.json"
    path.write_text(json.dumps([dana(jobTitle="Miller")]), encoding="utf-8")
    ingest(world.settings, Request(paths=(str(path),), feed="web", is_dry_run=True))
    assert heads_file(world.settings.archive).read_bytes() == before
    assert_clean(world)


def test_merge_unmerge_sweep_and_reassign(world: World) -> None:
    sources = dict(world.rows("SELECT r.lastName, min(r.source_id) FROM record AS r GROUP BY ALL"))
    with open_run(world.settings, load_reference(world.reference), Request()) as run:
        merge_pairs(run, [(sources["Haddad"], sources["Stone"])])
    assert_clean(world)
    [(lead_id,)] = world.rows("SELECT lead_id FROM lead_alias WHERE reason = 'merged'")
    with open_run(world.settings, load_reference(world.reference), Request()) as run:
        unmerge(run, lead_id)
        sweep(run, is_full=True)
    assert_clean(world)
    assert reassign(world.settings, "bob@acme.example").batch_id == 8
    assert_clean(world)
    assert len(read_heads(world.settings.archive)) == 8


@pytest.mark.parametrize("batch_id", [1, 2, 3, 4])
def test_an_undo_and_the_file_loaded_again(world: World, batch_id: int) -> None:
    [(path, feed)] = world.rows(f"SELECT file_uri, feed FROM batch WHERE batch_id = {batch_id}")
    undo(world.settings, batch_id)
    assert_clean(world)
    [again] = ingest(world.settings, Request(paths=(path,), feed=feed))
    assert again.columns["status"] == "loaded"
    assert_clean(world)
    assert len(read_heads(world.settings.archive)) == 6


def test_an_export_that_is_held_and_approved(tmp_path: Path) -> None:
    world = World(tmp_path)
    people = [{"firstName": f"P{number}", "lastName": "Stone", "id": number} for number in range(1, 61)]
    world.load("nightly", people, "2026-01-01")
    path = world.folder / "half.json"
    path.write_text(json.dumps(people[:30]), encoding="utf-8")
    [held] = ingest(world.settings, Request(paths=(str(path),), feed="nightly"))
    assert held.columns["status"] == "held"
    assert_clean(world)
    assert approve(world.settings, 2).columns["status"] == "loaded"
    assert_clean(world)


def test_the_order_in_which_a_table_is_stored_says_nothing(world: World) -> None:
    for table, order in (("record", "record_id"), ("lead_event", "id"), ("record_contact", "record_id")):
        tamper(world, f"CREATE TABLE turned AS FROM {table} ORDER BY {order} DESC", f"DELETE FROM {table}")
        tamper(world, f"INSERT INTO {table} FROM turned", "DROP TABLE turned")
    assert_clean(world)
    world.load("list", [dana(jobTitle="Owner", company="Bakery")], "2026-01-06")
    assert_clean(world)


# --- what others change

CHANGES: Sequence[tuple[str, str, int, str]] = (
    # what was done, the check that finds it, the first batch that does not fit, the statement
    ("edited error", "chain", 2, "UPDATE batch SET error = 'x' WHERE batch_id = 2"),
    ("edited count", "chain", 2, "UPDATE batch SET rows_read = 7 WHERE batch_id = 2"),
    ("edited hash", "chain", 3, "UPDATE batch SET hash = 'f' WHERE batch_id = 3"),
    ("hash taken away", "chain", 3, "UPDATE batch SET hash = NULL WHERE batch_id = 3"),
    ("edited lead_id of a row", "rows", 2, "UPDATE batch_row SET lead_id = lead_id + 1 WHERE batch_id = 2"),
    ("edited line", "rows", 1, "UPDATE batch_row SET line_number = 9 WHERE batch_id = 1 AND row_number = 1"),
    ("edited record", "rows", 2, "UPDATE record SET jobTitle = 'CEO' WHERE batch_id = 2 AND row_number = 1"),
    ("emptied for NULL", "rows", 1, "UPDATE record SET notes = '' WHERE batch_id = 1 AND row_number = 2"),
    (
        "edited extra",
        "rows",
        1,
        'UPDATE record SET extra = \'{"extra_cell":"y"}\' WHERE batch_id = 1 AND extra IS NOT NULL',
    ),
    ("edited contact", "rows", 1, "UPDATE record_contact SET raw = '1' WHERE kind = 'phone'"),
    ("edited reason", "rows", 1, "UPDATE rejected_row SET reasons = [] WHERE batch_id = 1"),
    ("edited event", "rows", 1, "UPDATE lead_event SET data = '{}' WHERE batch_id = 1"),
    (
        "edited update",
        "rows",
        2,
        "UPDATE lead_event SET data = '{}' WHERE batch_id = 2 AND event = 'lead_updated'",
    ),
    (
        "renamed event",
        "rows",
        2,
        "UPDATE lead_event SET event = 'lead_assigned' WHERE batch_id = 2 AND event = 'lead_updated'",
    ),
    ("edited owner", "rows", 1, "UPDATE lead_assignment SET assignedTo = 'x' WHERE batch_id = 1"),
    ("edited decision", "rows", 2, "UPDATE match_decision SET decision = 'never' WHERE batch_id = 2"),
    ("edited belief", "rows", 2, "UPDATE batch_belief SET email = 0 WHERE batch_id = 2"),
    ("edited turn", "rows", 1, "UPDATE rotation_round SET pool = '[]' WHERE batch_id = 1"),
    ("deleted row", "rows", 1, "DELETE FROM batch_row WHERE batch_id = 1 AND row_number = 2"),
    ("deleted record", "rows", 2, "DELETE FROM record WHERE batch_id = 2 AND row_number = 1"),
    ("deleted contact", "rows", 1, "DELETE FROM record_contact WHERE kind = 'phone'"),
    ("deleted issue", "rows", 1, "DELETE FROM cell_issue WHERE batch_id = 1"),
    ("deleted rejected row", "rows", 1, "DELETE FROM rejected_row"),
    ("deleted sighting", "rows", 4, "DELETE FROM rejected_sighting WHERE batch_id = 4"),
    ("deleted event", "rows", 3, "DELETE FROM lead_event WHERE batch_id = 3"),
    ("deleted assignment", "rows", 1, "DELETE FROM lead_assignment WHERE batch_id = 1"),
    ("deleted decision", "rows", 2, "DELETE FROM match_decision WHERE batch_id = 2"),
    ("deleted listing", "rows", 3, "DELETE FROM batch_listing WHERE batch_id = 3"),
    ("deleted columns", "rows", 2, "DELETE FROM batch_column WHERE batch_id = 2"),
    ("deleted seal", "chain", 2, "DELETE FROM seal WHERE batch_id = 2"),
    ("deleted salt", "rows", 2, "UPDATE seal SET salt = NULL WHERE batch_id = 2 AND part = 'record'"),
    ("edited digest", "chain", 2, "UPDATE seal SET digest = salt WHERE batch_id = 2 AND part = 'record'"),
    (
        "sealed anew",
        "chain",
        4,
        "INSERT INTO seal SELECT * REPLACE (4 AS sealed_by) FROM seal WHERE batch_id = 2 AND part = 'record'",
    ),
    ("deleted middle batch", "batches", 2, "DELETE FROM batch WHERE batch_id = 2"),
    ("deleted newest batch", "heads", 4, "DELETE FROM batch WHERE batch_id = 4"),
    (
        "deleted newest batch and mark",
        "heads",
        4,
        "UPDATE high_water SET value = 3 WHERE name = 'batch_id'; DELETE FROM batch WHERE batch_id = 4",
    ),
    (
        "inserted row",
        "rows",
        2,
        "INSERT INTO batch_row SELECT * REPLACE (9 AS row_number) FROM batch_row WHERE batch_id = 2 LIMIT 1",
    ),
    ("doubled row", "counts", 2, "INSERT INTO batch_row FROM batch_row WHERE batch_id = 2"),
    ("doubled record", "records", 2, "INSERT INTO record FROM record WHERE batch_id = 2"),
    (
        "inserted record",
        "rows",
        2,
        "INSERT INTO record SELECT * REPLACE (99 AS record_id, 9 AS row_number) FROM record WHERE batch_id = 2 LIMIT 1",
    ),
    ("row of no batch", "counts", 9, "INSERT INTO batch_row VALUES (9, 1, 1, 'rejected', NULL, NULL)"),
    (
        "inserted event",
        "rows",
        3,
        "INSERT INTO lead_event SELECT * REPLACE (1 AS id, 'x' AS event) FROM lead_event WHERE batch_id = 3 LIMIT 1",
    ),
    (
        "swapped row numbers",
        "rows",
        1,
        "UPDATE batch_row SET row_number = 3 - row_number WHERE batch_id = 1 AND row_number < 3",
    ),
    ("swapped batches", "chain", 2, "UPDATE batch SET batch_id = 5 - batch_id WHERE batch_id IN (2, 3)"),
    ("edited lead", "leads", 3, "UPDATE lead SET jobTitle = 'Duke' WHERE id = 501"),
    ("deleted lead", "lead ids", 3, "DELETE FROM lead WHERE id = 501"),
    ("doubled lead", "lead ids", 1, "INSERT INTO lead FROM lead WHERE id = 501"),
    (
        "invented lead",
        "leads",
        3,
        "INSERT INTO lead SELECT * REPLACE (7 AS id, 3 AS last_batch_id) FROM lead WHERE id = 501",
    ),
    ("lead of another account", "records", 2, "UPDATE lead SET accountId = 'globex' WHERE id = 501"),
    ("deleted contact of a lead", "leads", 3, "DELETE FROM lead_contact WHERE lead_id = 501"),
    ("record of no lead", "records", 1, "DELETE FROM record_lead WHERE lead_id = 501"),
)


@pytest.mark.parametrize(
    ("check", "first_batch", "statement"), [pytest.param(*rest, id=name) for name, *rest in CHANGES]
)
def test_a_change_is_found_and_the_batch_named(world: World, check: str, first_batch: int, statement: str) -> None:
    tamper(world, *statement.split("; "))
    findings = found(world)
    assert (check, first_batch) in {(finding.check, finding.first_batch) for finding in findings}, findings


def test_an_alias_that_leads_nowhere_is_found(world: World) -> None:
    tamper(world, "INSERT INTO lead_alias VALUES (77, 78, 'merged')")
    assert [finding.detail for finding in found(world)] == ["1 alias(es) lead to no lead"]


def test_the_last_batch_rewritten_with_its_hashes_shows_in_the_heads(world: World) -> None:
    with open_warehouse(world.settings.warehouse, wait_seconds=0) as warehouse, warehouse.transaction():
        warehouse.connection.execute("UPDATE batch SET warnings = ['nothing'] WHERE batch_id = 4")
        [found_hash] = hash_batches(warehouse, 4, 4)["hash"]
        warehouse.run("chain/write_hash", {"batch_id": 4, "hash": found_hash})
    assert [(finding.check, finding.first_batch) for finding in found(world)] == [("heads", 4)]


def test_a_rewritten_batch_in_the_middle_shows_in_the_one_after_it(world: World) -> None:
    with open_warehouse(world.settings.warehouse, wait_seconds=0) as warehouse, warehouse.transaction():
        warehouse.connection.execute("UPDATE batch SET error = 'x' WHERE batch_id = 2")
        [found_hash] = hash_batches(warehouse, 2, 2)["hash"]
        warehouse.run("chain/write_hash", {"batch_id": 2, "hash": found_hash})
    assert {(finding.check, finding.first_batch) for finding in found(world)} == {("heads", 2), ("chain", 3)}


def archived(world: World, batch_id: int) -> Path:
    """Where the archive has the file of a batch."""
    [(sha256,)] = world.rows(f"SELECT file_sha256 FROM batch WHERE batch_id = {batch_id}")
    return world.settings.archive / str(sha256)[:2] / str(sha256)


def test_an_altered_file_of_the_archive_is_found(world: World) -> None:
    path = archived(world, 2)
    path.write_bytes(path.read_bytes().replace(b"Dana", b"Dora"))
    assert [(finding.check, finding.first_batch) for finding in found(world)] == [("archive", 2)]


def test_a_missing_file_of_the_archive_is_found(world: World) -> None:
    archived(world, 3).unlink()
    assert [(finding.check, finding.first_batch) for finding in found(world)] == [("archive", 3)]


def test_a_redacted_file_is_held_to_what_was_kept_of_it(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.load("web", [dana(SSN="078-05-1120")])
    assert_clean(world)
    path = archived(world, 1)
    path.write_bytes(path.read_bytes() + b" ")
    assert [(finding.check, finding.first_batch) for finding in found(world)] == [("archive", 1)]


def test_missing_heads_are_a_note_and_half_a_line_is_passed_over(world: World) -> None:
    path = heads_file(world.settings.archive)
    with path.open("ab") as file:
        file.write(b'{"batch_id": 5, "ha')
    assert_clean(world)
    world.load("list", [dana(jobTitle="Owner", company="Bakery")], "2026-01-06")
    assert [head.batch_id for head in read_heads(world.settings.archive)] == [1, 2, 3, 4, 5]
    assert_clean(world)
    path.unlink()
    [note] = [finding for finding in verify(world.settings) if finding.status != "ok"]
    assert (note.check, note.status) == ("heads", "note")


def test_the_head_of_a_run_that_was_killed_comes_with_the_next(world: World) -> None:
    path = heads_file(world.settings.archive)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:-1]))
    assert_clean(world)
    world.load("list", [dana(jobTitle="Owner", company="Bakery")], "2026-01-06")
    assert [head.batch_id for head in read_heads(world.settings.archive)] == [1, 2, 3, 4, 5]


def test_the_chain_begins_with_the_first_batch_that_has_a_hash(world: World) -> None:
    tamper(
        world,
        "DELETE FROM seal",
        "UPDATE batch SET hash = NULL, previous_hash = NULL",
    )
    heads_file(world.settings.archive).unlink()
    notes = {finding.check: finding.detail for finding in verify(world.settings) if finding.status != "ok"}
    assert notes["chain"] == "none of 4 batches has a hash: the chain begins with the next"
    world.load("list", [dana(jobTitle="Owner", company="Bakery")], "2026-01-06")
    told = {finding.check: finding for finding in verify(world.settings) if finding.status != "ok"}
    assert [(check, finding.status) for check, finding in told.items()] == [("chain", "note")]
    assert "begins with batch 5" in told["chain"].detail
    tamper(world, "UPDATE record SET jobTitle = 'CEO' WHERE batch_id = 5")
    assert ("rows", 5) in {(finding.check, finding.first_batch) for finding in found(world)}


# --- the command


def run_verify(world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> tuple[int, Any]:
    """`leads verify --json`: its exit code and its document."""
    places = ("--warehouse", str(world.settings.warehouse), "--archive", str(world.settings.archive))
    monkeypatch.setattr("sys.argv", ["leads", "verify", "--json", *places])
    capsys.readouterr()
    code = cli.main()
    return code, json.loads(capsys.readouterr().out)


def test_the_command_names_the_batch_and_exits_1(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, rows = run_verify(world, monkeypatch, capsys)
    assert (code, {row["status"] for row in rows}) == (0, {"ok"})
    tamper(world, "UPDATE batch SET error = 'x' WHERE batch_id = 2")
    code, rows = run_verify(world, monkeypatch, capsys)
    assert code == 1
    [row] = [row for row in rows if row["status"] == "found"]
    assert (row["check"], row["first_batch"]) == ("chain", 2)
    assert set(row) == {"check", "status", "detail", "first_batch"}
