"""Erasure: who asked to be forgotten is in no file that we keep, and stays away whatever is done later."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from flows import cli
from flows.backup import back_up
from flows.doctor import examine
from flows.erase import erase, erase_again, people_with
from flows.errors import UsageError, WarehouseError
from flows.pipeline import ingest
from flows.preferences import Said, note_preference
from flows.reference import load_reference
from flows.regroup import merge_pairs, unmerge
from flows.replay import replay
from flows.restore import restore
from flows.retain import retain
from flows.run import Request, open_run
from flows.subject import write_subject
from flows.undo import undo
from flows.verify import verify
from flows.warehouse import read_warehouse
from tests.integration.test_rules import FEEDS, World, dana

# As people and files spell Dana: what must be found nowhere.
SPELLINGS = re.compile(rb"dana|reyes|d\.r@home|212.{0,3}736.{0,2}5000|founder of the moon", re.IGNORECASE)
OTHER = {"firstName": "Omar", "lastName": "Haddad", "phone": "(212) 736-5001", "email": "omar@haddad.example"}


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Dana in three vendors' files of three formats, under two addresses, once rejected, once broken, merged by hand."""
    world = World(tmp_path)
    world.write("feeds.toml", FEEDS)
    web = "id,First Name,Last Name,E-mail,Phone,Notes,Job Title\n" + "".join(
        [
            "w1,Dana,Reyes,Dana@Reyes.example,(212) 736-5000,founder of the moon,Owner\n",
            "w2,Omar,Haddad,omar@haddad.example,(212) 736-5001,,\n",
            "w3,Dana,,dana@reyes.example,212.736.5000,founder of the moon,\n",
            "w4,Dana,Reyes,dana@reyes.example,2127365000,too,many,cells\n",
            "w5,Eve,Stone,eve@stone.example,,,\n",
        ]
    )
    take(world, "web", "web-2026-01-01.csv", web.encode())
    listed = [dana(id="7", email="DANA@reyes.example", phone="+12127365000", numberOfEmployees="a dozen"), OTHER]
    take(world, "list", "list-2026-01-02.ndjson", "\n".join(map(json.dumps, listed)).encode())
    private = [{"firstName": "D.", "lastName": "Reyes", "email": "d.r@home.example", "id": "p9"}]
    take(world, "partner", "partner-2026-01-03.json", json.dumps(private).encode())
    sources = dict(world.rows("SELECT r.email, min(r.source_id) FROM record AS r GROUP BY ALL"))
    with open_run(world.settings, load_reference(world.reference), Request()) as run:
        merge_pairs(run, [(sources["dana@reyes.example"], sources["d.r@home.example"])])
    return world


def take(world: World, feed: str, name: str, content: bytes) -> dict[str, Any]:
    """Load a file; return the batch."""
    (world.folder / "exports").mkdir(exist_ok=True)
    path = world.folder / "exports" / name
    path.write_bytes(content)
    [summary] = ingest(world.settings, Request(paths=(str(path),), feed=feed))
    return summary.columns


def load_again(world: World) -> None:
    """Load the three files again, as the vendors send them, whatever is known of their content."""
    for feed in ("web", "list", "partner"):
        [path] = (world.folder / "exports").glob(f"{feed}-*")
        ingest(world.settings, Request(paths=(str(path),), feed=feed, is_forced=True))


def kept_files(world: World) -> Iterator[Path]:
    """All files that we keep: not the exports, which are the vendors'."""
    for path in world.folder.rglob("*"):
        if path.is_file() and path.parent.name != "exports":
            yield path


def assert_forgotten(world: World) -> None:
    """No file has any spelling of her, no table has, and the warehouse is sound."""
    assert [path.name for path in kept_files(world) if SPELLINGS.search(path.read_bytes())] == []
    with duckdb.connect(world.settings.warehouse, read_only=True) as connection:
        tables = connection.sql("SELECT table_name FROM duckdb_tables() WHERE NOT internal").fetchall()
        for (table,) in tables:
            text = connection.sql(f"SELECT string_agg(t::VARCHAR, ' ') FROM {table} AS t").fetchone()
            assert not SPELLINGS.search(str(text).encode()), table
    assert [finding for finding in verify(world.settings) if finding.status != "ok"] == []


def dana_id(world: World) -> int:
    """The lead of Dana."""
    [(lead_id,)] = world.rows(
        "SELECT DISTINCT lead_id FROM record_contact JOIN record_lead USING (source_id) WHERE value = 'dana@reyes.example'"
    )
    return int(lead_id)


def test_who_is_erased_is_in_no_file_and_the_chain_is_whole(world: World) -> None:
    assert sum(bool(SPELLINGS.search(path.read_bytes())) for path in kept_files(world)) > 3, "the test would see her"
    others = world.rows("SELECT * FROM lead WHERE lastName <> 'Reyes' ORDER BY id")
    erased = erase(world.settings, [dana_id(world)])
    assert (erased.counts["leads"], erased.counts["source_records"], erased.counts["rejected_rows"]) == (1, 3, 2)
    assert_forgotten(world)
    assert world.rows("SELECT * FROM lead ORDER BY id") == others
    assert world.rows("SELECT kind, status, rows_read FROM batch ORDER BY batch_id DESC LIMIT 1") == [
        ("erase", "loaded", 0)
    ]
    assert world.rows("SELECT count(*) FROM batch_row WHERE batch_id = 1") == [(5,)], "her rows are counted still"


def test_retention_finishes_an_erasure_that_was_killed_before_the_file_was_written_anew(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(path: Path, **how: float) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("flows.erase.rewrite_warehouse", die)
        erase(world.settings, [dana_id(world)])
    [finding] = [each for each in examine(lambda: world.settings) if each.check == "rewriting"]
    assert finding.fix == "run: leads retain"
    assert SPELLINGS.search(world.settings.warehouse.read_bytes())
    retain(world.settings, now=datetime.now(UTC))
    assert_forgotten(world)


def test_nobody_comes_back_with_the_files(world: World) -> None:
    erase(world.settings, [dana_id(world)])
    load_again(world)
    assert_forgotten(world)
    assert world.rows("SELECT firstName FROM lead ORDER BY firstName") == [("Eve",), ("Omar",)]
    later = [{"firstName": "DANA", "lastName": "Réyes", "email": "dana@reyes.example", "id": "new", "notes": "hi"}]
    batch = take(world, "other", "other.json", json.dumps(later).encode())
    assert (batch["rows_read"], batch["rows_suppressed"]) == (1, 1)
    broken = b"id,First Name,Last Name,E-mail\nx1,Dana,Reyes,dana@reyes.example,and,more\nx2,Ann,Lee,ann@lee.example\n"
    batch = take(world, "other", "broken.csv", broken)
    assert (batch["rows_suppressed"], batch["rows_rejected"], batch["rows_inserted"]) == (1, 0, 1)
    assert_forgotten(world)


@pytest.mark.parametrize("batch_id", [1, 2, 3, 4])
def test_undo_finds_them_erased(world: World, batch_id: int) -> None:
    erase(world.settings, [dana_id(world)])
    undo(world.settings, batch_id)
    assert_forgotten(world)
    load_again(world)
    assert_forgotten(world)
    assert world.rows("SELECT count(*) FROM lead WHERE firstName = 'Omar'") == [(1,)]


def test_a_replay_finds_them_erased(world: World) -> None:
    erase(world.settings, [dana_id(world)])
    replay(world.settings, "1")
    assert_forgotten(world)


def test_an_erasure_after_an_undo_finds_what_was_withdrawn(world: World) -> None:
    lead_id = dana_id(world)
    undo(world.settings, 2)
    erase(world.settings, [lead_id])
    assert_forgotten(world)


def test_who_was_withdrawn_and_came_again_under_another_id_is_gone_under_both(world: World) -> None:
    before = dana_id(world)
    for batch_id in (4, 3, 2, 1):
        undo(world.settings, batch_id)
    load_again(world)
    assert dana_id(world) != before
    people = [lead_id for (lead_id,) in world.rows("SELECT id FROM lead WHERE lastName = 'Reyes'")]
    erase(world.settings, people)
    assert_forgotten(world)
    assert world.rows(f"SELECT lead_id, reason FROM lead_alias WHERE alias_id = {before}") == [(None, "erased")]


def test_an_id_that_was_given_up_names_its_lead(world: World) -> None:
    [(alias_id,)] = world.rows("SELECT alias_id FROM lead_alias")
    erase(world.settings, [alias_id])
    assert_forgotten(world)
    assert world.rows("SELECT DISTINCT lead_id, reason FROM lead_alias") == [(None, "erased")]


def test_one_of_two_who_were_parted_goes_alone(world: World) -> None:
    lead_id = dana_id(world)
    with open_run(world.settings, load_reference(world.reference), Request()) as run:
        unmerge(run, lead_id)
    erase(world.settings, [dana_id(world)])
    assert world.rows("SELECT email FROM lead WHERE lastName = 'Reyes'") == [("d.r@home.example",)]
    assert [finding for finding in verify(world.settings) if finding.status != "ok"] == []


def test_the_log_of_somebody_who_was_one_with_them_for_a_while_tells_nothing_of_them(tmp_path: Path) -> None:
    world = World(tmp_path)
    ida = {"firstName": "Ida", "lastName": "Stone", "phone": "+16467360100"}
    take(world, "list", "list-2026-01-01.json", json.dumps([ida]).encode())
    take(world, "web", "web-2026-01-02.json", json.dumps([dana(jobTitle="Zookeeper")]).encode())
    [(ida_id,)] = world.rows("SELECT id FROM lead WHERE firstName = 'Ida'")
    pair = world.rows("SELECT source_id FROM record_lead ORDER BY source_id")
    with open_run(world.settings, load_reference(world.reference), Request()) as run:
        merge_pairs(run, [(pair[0][0], pair[1][0])])
    take(world, "list", "list-2026-01-03.json", json.dumps([{**ida, "company": "Stone Ltd"}]).encode())
    [(joint_id,)] = world.rows("SELECT id FROM lead")
    with open_run(world.settings, load_reference(world.reference), Request()) as run:
        unmerge(run, joint_id)
    there = [lead_id for (lead_id,) in world.rows("SELECT id FROM lead WHERE firstName = 'Dana'")]
    before = world.rows("SELECT * FROM lead WHERE firstName = 'Ida'")
    erase(world.settings, there)
    spelling = re.compile(rb"(?i)dana|reyes|zookeeper")
    assert [path.name for path in kept_files(world) if spelling.search(path.read_bytes())] == []
    assert world.rows("SELECT * FROM lead") == before
    assert world.rows(f"SELECT event FROM lead_event WHERE lead_id = {ida_id} ORDER BY id")[:2] == [
        ("lead_created",),
        ("lead_merged",),
    ]
    assert [finding for finding in verify(world.settings) if finding.status != "ok"] == []


def test_who_came_as_one_with_them_and_was_parted_stays_in_the_file(tmp_path: Path) -> None:
    world = World(tmp_path)
    same = [dana(id="a"), dana(id="b", notes="the other one")]
    take(world, "web", "web-2026-01-01.json", json.dumps(same).encode())
    [(lead_id, record_id)] = world.rows("SELECT lead_id, max(source_id) FROM record_lead GROUP BY ALL")
    with open_run(world.settings, load_reference(world.reference), Request()) as run:
        unmerge(run, lead_id, [record_id])
    erase(world.settings, [lead_id])
    assert world.rows("SELECT notes FROM lead") == [("the other one",)]
    [path] = [path for path in world.settings.archive.glob("??/*") if "." not in path.name]
    assert (path.read_text().count("the other one"), path.read_text().count("Dana")) == (1, 1)


def test_a_mended_sheet_is_rid_of_them_and_of_nobody_else(tmp_path: Path) -> None:
    """The export is JSON, the sheet CSV; its lines are in another order than the rows of its replay."""
    world = World(tmp_path)
    people = [
        {"id": "o", **OTHER, "lastName": ""},
        {"id": "d", **dana(), "lastName": None},
        {"id": "e", "firstName": "Eve"},
    ]
    batch = take(world, "web", "web-2026-01-01.json", json.dumps(people).encode())["batch_id"]
    sheet = world.folder / "exports" / "sheet.csv"
    sheet.write_text(
        "leadmill_batch,leadmill_row,id,firstName,lastName,email\n"
        f"{batch},3,e,Eve,Stone,\n{batch},2,d,Dana,Reyes,dana@reyes.example\n{batch},1,o,Omar,Haddad,omar@haddad.example\n"
    )
    [replayed] = replay(world.settings, str(sheet))
    assert replayed.columns["rows_inserted"] == 3
    erase(world.settings, [dana_id(world)])
    assert_forgotten(world)
    kept = [path.read_text() for path in world.settings.archive.glob("??/*") if "." not in path.name]
    assert [text.count("Omar") + text.count("Eve") for text in kept] == [2, 2]


def test_a_shared_mailbox_shows_all_its_people_and_one_goes(tmp_path: Path) -> None:
    world = World(tmp_path)
    people = [
        {"firstName": f"Person{n}", "lastName": f"Number{n}", "email": "info@clinic.example", "id": f"c{n}"}
        for n in range(21)
    ]
    take(world, "web", "web-2026-01-01.json", json.dumps(people).encode())
    with read_warehouse(world.settings.warehouse, wait_seconds=0) as warehouse:
        found = people_with(warehouse, email="Info@Clinic.example")
    assert len(found) == 21
    assert len(world.rows("SELECT id FROM lead")) == 21, "nobody is erased by an address"
    erase(world.settings, [found[3]["lead_id"]])
    assert len(world.rows("SELECT id FROM lead")) == 20
    [again] = ingest(
        world.settings,
        Request(paths=(str(world.folder / "exports" / "web-2026-01-01.json"),), feed="web", is_forced=True),
    )
    assert again.columns["rows_suppressed"] == 1
    renamed = [{**people[3], "id": "other", "firstName": "person3", "lastName": "NUMBER-3"}, {**people[4], "id": "x"}]
    batch = take(world, "list", "list-2026-01-02.json", json.dumps(renamed).encode())
    assert (batch["rows_suppressed"], batch["rows_read"]) == (1, 2)
    assert len(world.rows("SELECT id FROM lead")) == 20


def test_a_person_of_a_held_or_failed_file_is_taken_out_of_it(tmp_path: Path) -> None:
    world = World(tmp_path)
    people = [{"firstName": f"P{n}", "lastName": "Stone", "id": n} for n in range(1, 61)]
    people[0] = {**dana(), "id": 1}
    take(world, "nightly", "one.json", json.dumps(people).encode())
    held = take(world, "nightly", "two.json", json.dumps([*people[:30], {"firstName": "x", "id": 99}]).encode())
    assert held["status"] == "held"
    erase(world.settings, [dana_id(world)])
    assert_forgotten(world)


def test_what_somebody_changed_is_not_sealed_anew(world: World) -> None:
    with duckdb.connect(world.settings.warehouse) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("UPDATE record SET notes = 'forged' WHERE batch_id = 2")
    with pytest.raises(WarehouseError, match="batch 2 wrote in record was changed by somebody"):
        erase(world.settings, [dana_id(world)])
    assert sum(bool(SPELLINGS.search(path.read_bytes())) for path in kept_files(world)) > 3, (
        "nothing of her was touched"
    )


def test_a_backup_that_is_put_back_is_rid_of_them_again(world: World) -> None:
    kept = world.folder / "exports" / "backup.duckdb"
    back_up(world.settings, kept)
    erase(world.settings, [dana_id(world)])
    assert erase_again(world.settings) is None, "nobody is there any more"
    restored = restore(world.settings, kept, is_confirmed=True)
    assert restored.erased_again == 1
    assert restored.kept is not None
    restored.kept.unlink()
    assert_forgotten(world)
    load_again(world)
    assert_forgotten(world)


def test_a_copy_that_somebody_put_back_by_hand_is_found_by_the_doctor(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = world.folder / "copy"
    back_up(world.settings, copy)
    erase(world.settings, [dana_id(world)])
    assert [each.status for each in examine(lambda: world.settings) if each.check == "erasures"] == ["ok"]
    world.settings.warehouse.write_bytes(copy.read_bytes())
    copy.unlink()
    copy.with_name("copy.sha256").unlink()

    [found] = [each for each in examine(lambda: world.settings) if each.check == "erasures"]
    assert (found.status, found.fix) == ("wrong", "run: leads erase --again")
    places = ["--warehouse", str(world.settings.warehouse), "--archive", str(world.settings.archive)]
    for told in ("Erased again by batch", "Nobody who was erased is there."):
        monkeypatch.setattr("sys.argv", ["leads", "erase", "--again", *places, "--reference", str(world.reference)])
        assert cli.main() == 0
        assert told in capsys.readouterr().out
    assert [each.status for each in examine(lambda: world.settings) if each.check == "erasures"] == ["ok"]
    assert [path.name for path in kept_files(world) if SPELLINGS.search(path.read_bytes())] == []


def test_a_backup_is_not_put_back_where_nobody_can_tell_who_was_erased(world: World) -> None:
    kept = world.folder / "exports" / "backup.duckdb"
    back_up(world.settings, kept)
    erase(world.settings, [dana_id(world)])
    (world.folder / "leads.key").unlink()
    with pytest.raises(UsageError, match="the key of this warehouse is not there"):
        restore(world.settings, kept, is_confirmed=True)


def test_a_list_of_opt_outs_says_nothing_of_them_any_more(world: World) -> None:
    world.write("feeds.toml", FEEDS + '\n[feeds.outs]\nkind = "preferences"\n')
    for name in ("outs-1.csv", "outs-2.csv"):
        take(world, "outs", name, f"Email,Note\ndana@reyes.example,{name}\nann@lee.example,\n".encode())
    erase(world.settings, [dana_id(world)])
    assert_forgotten(world)
    assert world.rows("SELECT count(*), count(value) FROM contact_preference") == [(2, 1)]


def test_what_a_person_is_told_says_how_they_may_be_contacted_and_which_consent_was_taken_back(
    world: World, tmp_path: Path
) -> None:
    for is_out in (True, False):
        note_preference(world.settings, Said("email", "dana@reyes.example", is_out, "email", evidence="letter"))
    [(consent,)] = world.rows("SELECT max(batch_id) FROM batch")
    undo(world.settings, consent)
    lead_id = dana_id(world)
    with (tmp_path / "told").open("wb") as file, read_warehouse(world.settings.warehouse, wait_seconds=0) as warehouse:
        write_subject(warehouse, lead_id, file, "json")
    told = json.loads((tmp_path / "told").read_bytes())
    assert told["may_contact"] == [{"may_email": False, "may_call": True, "may_sms": True}]
    assert [(each["status"], each["is_standing"]) for each in told["preferences"]] == [("out", True), ("in", False)]


def test_the_commands(world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    where = [
        *("--warehouse", str(world.settings.warehouse), "--archive", str(world.settings.archive)),
        *("--reference", str(world.reference)),
    ]

    def run(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr("sys.argv", ["leads", *arguments, *where])
        capsys.readouterr()
        code = cli.main()
        captured = capsys.readouterr()
        return code, captured.out + captured.err

    lead_id = str(dana_id(world))
    code, told = run("erase", "--phone", "212-736-5000")
    assert (code, lead_id in told, "Nothing was erased" in told) == (0, True, True)
    code, told = run("erase", "--email", "dana@reyes.example", "--yes")
    assert (code, "leads erase --id ID --yes" in told) == (2, True)
    code, told = run("erase", "--id", lead_id)
    assert (code, "add --yes" in told) == (0, True)
    code, told = run("export", "--subject", lead_id)
    assert code == 0
    for said in ("dana@reyes.example", "d.r@home.example", "founder of the moon", "list-2026-01-02.ndjson", "a dozen"):
        assert said in told
    code, told = run("export", "--subject", lead_id, "--format", "json")
    document = json.loads(told)
    assert (len(document["records"]), len(document["rejected"])) == (3, 2)
    assert run("export", "--subject", lead_id, "--format", "csv")[0] == 2
    code, told = run("erase", "--id", lead_id, "--yes")
    assert (code, "Erased by batch" in told) == (0, True)
    code, told = run("erase", "--id", lead_id, "--yes")
    assert (code, "is no lead" in told) == (2, True)
    with pytest.raises(UsageError), read_warehouse(world.settings.warehouse, wait_seconds=0) as warehouse:
        people_with(warehouse, phone="123")
