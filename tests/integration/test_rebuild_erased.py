"""Rebuild after an erasure: the same warehouse as the erased one, number by number, and nobody is back."""

import json
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from flows.erase import erase
from flows.errors import UsageError
from flows.pipeline import ingest
from flows.preferences import Said, note_preference
from flows.rebuild import rebuild
from flows.reference import load_reference
from flows.regroup import sweep, unmerge
from flows.replay import replay
from flows.restore import restore
from flows.run import Request, open_run
from flows.undo import undo
from flows.verify import verify
from tests.integration.test_erasure import SPELLINGS, dana_id, kept_files, load_again, take, world
from tests.integration.test_rebuild import everything
from tests.integration.test_rules import FEEDS, World

__all__ = ["world"]  # fixtures


def rebuilt(world: World) -> Path:
    """Rebuild; the result must be the warehouse to the letter, and the archive what it was."""
    target = world.folder / "again.duckdb"
    archive = {path: path.read_bytes() for path in world.settings.archive.rglob("*") if path.is_file()}
    done = rebuild(world.settings, target)
    before, after = everything(world.settings.warehouse), everything(target)
    for table, content in before.items():
        assert after[table] == content, table
    assert done.differing_tables == []
    assert {path: path.read_bytes() for path in world.settings.archive.rglob("*") if path.is_file()} == archive
    return target


def assert_nobody_is_back(world: World) -> None:
    """No file has any spelling of Dana, and the warehouse is sound."""
    assert [path.name for path in kept_files(world) if SPELLINGS.search(path.read_bytes())] == []
    assert [finding for finding in verify(world.settings) if finding.status != "ok"] == []


def id_of(world: World, first_name: str) -> int:
    [(lead_id,)] = world.rows(f"SELECT id FROM lead WHERE firstName = '{first_name}'")
    return int(lead_id)


def test_three_files_a_merge_and_the_files_again(world: World) -> None:
    erase(world.settings, [dana_id(world)])
    load_again(world)
    target = rebuilt(world)
    assert_nobody_is_back(world)
    restore(world.settings, target, is_confirmed=True)
    assert_nobody_is_back(world)


def test_decisions_on_who_is_gone_are_told_of_those_who_are_left(world: World) -> None:
    """Opt-outs by list and by hand, a replay, an undo, a sweep and a second erasure."""
    world.write("feeds.toml", FEEDS + '\n[feeds.outs]\nkind = "preferences"\n')
    take(world, "outs", "outs.csv", b"Email,Note\ndana@reyes.example,stop\nann@lee.example,\nomar@haddad.example,\n")
    for contact in ("dana@reyes.example", "eve@stone.example"):
        note_preference(world.settings, Said("email", contact, is_out=True))
    replay(world.settings, "1")
    with open_run(world.settings, load_reference(world.reference), Request()) as run:
        sweep(run)
    undo(world.settings, 2)
    load_again(world)
    erase(world.settings, [dana_id(world)])
    load_again(world)
    take(world, "list", "later.json", json.dumps([{"firstName": "Ruth", "lastName": "Cohen", "id": "r"}]).encode())
    erase(world.settings, [id_of(world, "Omar")])
    undo(world.settings, 3)
    target = rebuilt(world)
    assert_nobody_is_back(world)
    restore(world.settings, target, is_confirmed=True)
    assert_nobody_is_back(world)


def test_a_mended_sheet_that_had_somebody_who_is_gone(world: World) -> None:
    """Two rows mended in one sheet: the number of the row that is gone is nobody else's."""
    rejected = "id,First Name,Last Name,E-mail\nx1,Pia,,pia@moss.example\nx2,Rhea,,rhea@dunn.example\nx3,Sol,Vale,\n"
    batch = take(world, "web", "web-2026-02-01.csv", rejected.encode())["batch_id"]
    sheet = world.folder / "exports" / "sheet.csv"
    sheet.write_text(
        "leadmill_batch,leadmill_row,id,First Name,Last Name,E-mail\n"
        f"{batch},2,x2,Rhea,Dunn,rhea@dunn.example\n{batch},1,x1,Pia,Moss,pia@moss.example\n"
    )
    replay(world.settings, str(sheet))
    erase(world.settings, [id_of(world, "Pia")])
    rebuilt(world)
    erase(world.settings, [id_of(world, "Rhea")])
    (world.folder / "again.duckdb").unlink()
    rebuilt(world)


def test_a_workbook_and_an_export_of_another_encoding(tmp_path: Path) -> None:
    """Their redacted copies are of another format; what the batch said of the file stays."""
    world = World(tmp_path)
    people = "id;First Name;Last Name;E-mail;Card Number\na;José;Müller;jose@m.example;4111111111111111\nb;Ána;Süß;a@s.example;\n"
    take(world, "web", "web-2026-01-01.csv", people.encode("cp1252"))
    workbook = world.folder / "exports" / "list-2026-01-02.xlsx"
    cells = {"First Name": ["Kim", "Lou"], "Last Name": ["Ode", "Poe"], "E-mail": ["kim@o.example", "lou@p.example"]}
    pl.DataFrame(cells).write_excel(workbook)
    request = Request(paths=(str(workbook),), feed="list", is_forced=True)
    ingest(world.settings, request)
    erase(world.settings, [id_of(world, "José"), id_of(world, "Lou")])
    ingest(world.settings, request)
    rebuilt(world)


def test_a_file_that_failed_and_was_replayed_whole(tmp_path: Path) -> None:
    world = World(tmp_path)
    rows = "".join(f"r{n},P{n},{'' if n % 2 else 'L'},p{n}@x.example\n" for n in range(60))
    export = "id,First Name,Last Name,E-mail\n" + rows
    failed = take(world, "web", "web-2026-01-01.csv", export.encode())
    assert failed["status"] == "failed"
    world.write("feeds.toml", FEEDS.replace("[feeds.web]\n", "[feeds.web]\nmax_reject_fraction = 0.9\n"))
    for _ in range(2):
        replay(world.settings, str(failed["batch_id"]))
    erase(world.settings, [id_of(world, "P2"), id_of(world, "P30")])
    take(world, "web", "web-2026-01-02.csv", export.replace("p4@", "p44@").encode())
    erase(world.settings, [id_of(world, "P4")])
    replay(world.settings, str(failed["batch_id"]))
    rebuilt(world)


# --- turns

CLINIC = """
[feeds.web]
account_id = "acme"
team_id = 1
as_of_pattern = "%Y-%m-%d"
"""
TEAM = "teamId,user,weight,daily_cap,open_cap\n1,ann@x.example,1,,3\n1,bob@x.example,2,,\n1,cat@x.example,1,4,\n"


@pytest.fixture
def team(tmp_path: Path) -> World:
    """A team of three with caps, whom a vendor's people are dealt to."""
    world = World(tmp_path)
    world.write("feeds.toml", CLINIC)
    world.write("teams.csv", "teamId,accountId,name,fallback_owner\n1,acme,Inbound,zoe@x.example\n")
    world.write("users.csv", "user\n" + "".join(f"{name}@x.example\n" for name in ("ann", "bob", "cat", "zoe")))
    world.write("team_members.csv", TEAM)
    return world


def people(world: World, day: int, *names: str, **cells: Any) -> int:
    """Load people of a day; return the batch."""
    rows = [{"id": name, "firstName": name, "lastName": f"L{name}", "email": f"{name}@m.example"} for name in names]
    name = f"web-2026-01-{day:02}.json"
    return int(take(world, "web", name, json.dumps([{**row, **cells} for row in rows]).encode())["batch_id"])


def copy_of(world: World) -> World:
    """The same warehouse, archive and reference data elsewhere, as they are now."""
    folder = world.folder / "other"
    shutil.copytree(world.folder, folder, ignore=shutil.ignore_patterns("other", "again*"))
    copy = World.__new__(World)
    copy.folder, copy.reference = folder, folder / "reference"
    copy.settings = world.settings.model_copy(
        update={"warehouse": folder / "leads.duckdb", "archive": folder / "archive", "reference": copy.reference}
    )
    return copy


def test_turns_and_ids_of_the_others_are_those_of_before(team: World) -> None:
    first = people(team, 1, "Abe", "Bea", "Cal", "Dot", "Eli")
    people(team, 2, "Flo", "Gus", "Hal", "Cal", "Ida", "Jon", jobTitle="Owner")
    erase(team.settings, [id_of(team, "Cal")])
    people(team, 3, "Kim", "Cal", "Lou", "Max", "Ned", "Ola")
    erase(team.settings, [id_of(team, "Ned"), id_of(team, "Bea"), id_of(team, "Jon")])
    people(team, 4, "Ned", "Pam", "Quin")
    undo(team.settings, first)
    people(team, 5, "Rob", "Abe", "Bea", "Sue")
    target = rebuilt(team)
    # The next load gives the ids and turns that it would have given.
    other = copy_of(team)
    restore(team.settings, target, is_confirmed=True)
    for each in (team, other):
        people(each, 6, "Tom", "Uma", "Bea", "Val", "Wes")
    said = "SELECT id, firstName, assignedTo FROM lead ORDER BY id"
    assert team.rows(said) == other.rows(said)
    assert team.rows("SELECT count(*) FROM lead WHERE firstName IN ('Bea', 'Cal', 'Ned', 'Jon')") == [(0,)]
    assert [finding for finding in verify(team.settings) if finding.status != "ok"] == []


def test_turns_that_an_undo_dealt_anew(team: World) -> None:
    """Who is erased had stood by another file after an undo, and the file of before came again."""
    first = people(team, 1, "Abe", "Cal", "Dot", "Eli")
    people(team, 2, "Cal", "Dot", "Flo", jobTitle="Owner")
    undo(team.settings, first)
    people(team, 3, "Gus", "Hal")
    people(team, 1, "Abe", "Cal", "Dot", "Eli")
    erase(team.settings, [id_of(team, "Cal"), id_of(team, "Gus")])
    people(team, 4, "Ida", "Jon", "Kim")
    undo(team.settings, people(team, 5, "Lou", "Cal", "Dot"))
    people(team, 6, "Max", "Ned")
    rebuilt(team)


def test_nights_of_the_crm_and_owners_by_company(team: World) -> None:
    """Leads go missing, 2% of those who are left would be held, and whose owner a company's leads have is gone."""
    crm = '\n[feeds.crm]\norigin = "crm"\naccount_id = "acme"\nextent = "full"\nas_of_pattern = "%Y-%m-%d"\n'
    team.write("feeds.toml", CLINIC + crm)
    team.write("routing.toml", "company_owner = true\n")

    def night(day: int, ids: range, notes: str) -> None:
        rows = [{"id": n, "firstName": f"F{n}", "lastName": f"L{n}", "email": f"f{n}@c.example"} for n in ids]
        export = json.dumps([{**row, "notes": notes} for row in rows]).encode()
        assert take(team, "crm", f"crm-2026-01-{day:02}.json", export)["status"] == "loaded"

    night(1, range(1, 101), "a")
    people(team, 1, "Ann", "Ben", "Cy", "Di", company="Moss Dental")
    night(2, range(3, 101), "b")
    night(3, range(3, 101), "c")
    erase(team.settings, [5, 1])
    night(4, range(3, 101), "d")
    erase(team.settings, [9, id_of(team, "Ann")])
    people(team, 5, "Ann", "Ed", company="Moss Dental")
    night(6, range(1, 101), "e")
    rebuilt(team)


def test_without_the_key_it_stops_and_says_so(team: World) -> None:
    people(team, 1, "Abe", "Bea")
    erase(team.settings, [id_of(team, "Abe")])
    people(team, 2, "Cal")
    (team.folder / "leads.key").unlink()
    with pytest.raises(UsageError, match="the key of this warehouse is not there"):
        rebuild(team.settings, team.folder / "again.duckdb")
    assert not (team.folder / "leads.key").exists(), "no other key is made"
    assert not (team.folder / "again.duckdb").exists()


def test_who_was_one_with_the_erased_for_a_while_is_told_to_differ(world: World) -> None:
    lead_id = dana_id(world)
    with open_run(world.settings, load_reference(world.reference), Request()) as run:
        unmerge(run, lead_id)
    erase(world.settings, [dana_id(world)])
    done = rebuild(world.settings, world.folder / "again.duckdb")
    # When she last changed, what she was in between, and what her log says of it.
    assert done.differing_tables == ["lead", "lead_event", "lead_version"]
    said = "SELECT id, firstName, email FROM lead ORDER BY id"
    before = world.rows(said)
    restore(world.settings, world.folder / "again.duckdb", is_confirmed=True)
    assert world.rows(said) == before
    assert [finding for finding in verify(world.settings) if finding.status != "ok"] == []
