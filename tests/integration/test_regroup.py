"""Merge, unmerge, review and sweep, through the command line: what is joined can be taken apart as it was."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from flows import cli
from tests.integration.test_rules import World

Run = Callable[..., Any]

LEAD = "SELECT * EXCLUDE (last_batch_id) FROM lead ORDER BY id"
CONTACTS = "SELECT * FROM lead_contact ORDER BY ALL"


@pytest.fixture
def world(tmp_path: Path) -> World:
    """An empty warehouse with the feeds of the rules' tests."""
    return World(tmp_path)


@pytest.fixture
def leads(world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command line on that warehouse; returns its JSON document."""

    def run(*arguments: str, fails: bool = False) -> Any:
        places = ("--warehouse", str(world.settings.warehouse), "--reference", str(world.settings.reference))
        as_json = () if fails else ("--json",)
        monkeypatch.setattr("sys.argv", ["leads", *arguments, *as_json, *places])
        monkeypatch.delenv("PREFECT_API_URL", raising=False)
        code = cli.main()
        told = capsys.readouterr()
        if fails:
            assert code == 2, told
            return told.err
        assert code == 0, told.err
        return json.loads(told.out) if told.out else None

    return run


def elif_safak(**cells: Any) -> dict[str, Any]:
    """One person as a source may tell her."""
    return {"firstName": "Elif", "lastName": "Safak", "email": "elif@safak.example", **cells}


def two_companies(world: World) -> None:
    """Two leads that may be one person: everything agrees but the company."""
    world.load("web", [elif_safak(company="Northgate Dental", phone="2127365000")])
    world.load("list", [elif_safak(company="Harbour Foods", jobTitle="CEO", phone="6467360100")])


def test_a_merge_by_hand_is_taken_back_as_it_was(world: World, leads: Run) -> None:
    two_companies(world)
    before = world.rows(LEAD), world.rows(CONTACTS)
    [pair] = leads("review")
    assert "their companies differ" in pair["why"]
    [merged] = leads("review", "--merge", pair["pair"])
    assert (merged["kind"], merged["leads_before"], merged["leads_after"]) == ("merge", 2, 1)
    [lead] = world.rows("SELECT id, company, jobTitle FROM lead")
    assert lead == (1000000000000, "Northgate Dental", "CEO")
    assert world.rows("SELECT * FROM lead_alias") == [(1000000000001, 1000000000000, "merged")]
    assert len(world.rows("SELECT * FROM lead_contact WHERE kind = 'phone'")) == 2

    [parted] = leads("unmerge", "1000000000001")
    assert (parted["kind"], parted["leads_after"]) == ("unmerge", 2)
    assert (world.rows(LEAD), world.rows(CONTACTS)) == before
    assert world.rows("SELECT * FROM lead_alias") == []
    events = world.rows("SELECT lead_id, event FROM lead_event WHERE event LIKE '%merged' ORDER BY id")
    assert events == [
        (1000000000000, "lead_merged"),
        (1000000000000, "lead_unmerged"),
        (1000000000001, "lead_unmerged"),
    ]


def test_what_was_parted_stays_apart_through_reruns_new_records_and_sweeps(world: World, leads: Run) -> None:
    two_companies(world)
    leads("review", "--merge", leads("review")[0]["pair"])
    leads("unmerge", "1000000000000")
    world.load("list", [elif_safak(company="Harbour Foods", jobTitle="CEO", phone="6467360100")], force=True)
    world.load("partner", [elif_safak(notes="met her again")], "2026-02-01")
    leads("sweep", "--full")
    assert world.rows("SELECT count(*) FROM lead") == [(2,)]
    assert leads("review") == []


def test_a_record_that_never_was_a_lead_of_its_own_gets_an_id_of_its_own(world: World, leads: Run) -> None:
    world.load("web", [elif_safak()])
    world.load("list", [elif_safak(jobTitle="CEO")])
    assert world.rows("SELECT id, jobTitle FROM lead") == [(1000000000000, "CEO")]
    leads("unmerge", "1000000000000")
    assert world.rows("SELECT id, jobTitle FROM lead ORDER BY id") == [(1000000000000, None), (1000000000001, "CEO")]
    [second] = world.rows("SELECT max(record_id) FROM record")
    world.load("list", [{"firstName": "Ada", "lastName": "Byron", "email": "ada@byron.example"}])
    assert world.rows("SELECT max(id) FROM lead") == [(1000000000002,)]
    assert second == (2,)


def test_a_crm_lead_and_a_form_are_parted_with_their_own_ids(world: World, leads: Run) -> None:
    world.load("web", [elif_safak(jobTitle="Owner")])
    before = world.rows(LEAD)
    world.load("crm", [elif_safak(id=501, jobTitle="CEO")], "2026-01-02")
    assert world.rows("SELECT id, jobTitle FROM lead") == [(501, "CEO")]
    leads("unmerge", "501")
    assert world.rows("SELECT id, jobTitle FROM lead ORDER BY id") == [(501, "CEO"), (1000000000000, "Owner")]
    assert world.rows(LEAD)[1:] == before


def test_two_leads_of_the_crm_are_merged_in_the_crm_only(world: World, leads: Run) -> None:
    world.load("crm", [elif_safak(id=501), elif_safak(id=502)])
    [pair] = leads("review")
    told = leads("review", "--merge", pair["pair"], fails=True)
    assert "merge them there" in told
    assert world.rows("SELECT count(*) FROM lead") == [(2,)]


def test_who_is_decided_to_be_two_is_not_asked_again(world: World, leads: Run) -> None:
    two_companies(world)
    leads("review", "--apart", leads("review")[0]["pair"])
    assert leads("review") == []
    assert world.rows("SELECT count(*) FROM lead") == [(2,)]


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_a_sheet_that_comes_back_is_carried_out(world: World, leads: Run, tmp_path: Path, suffix: str) -> None:
    two_companies(world)
    sheet = tmp_path / f"to-decide.{suffix}"
    leads("review", f"--{suffix}", str(sheet))
    rows = read_rows(sheet)
    assert [row["leadmill_decision"] for row in rows] == [""]
    mended = tmp_path / "decided.csv"
    with mended.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows([{**rows[0], "leadmill_decision": "Merge"}])
    [merged] = leads("review", str(mended))
    assert merged["leads_after"] == 1


def read_rows(sheet: Path) -> list[dict[str, str]]:
    """The rows of a sheet as text."""
    if sheet.suffix == ".csv":
        with sheet.open(newline="", encoding="utf-8-sig") as file:
            return list(csv.DictReader(file))
    from flows.steps.read import detect_format, read_records
    from schemas.reference import Feed

    chunks = read_records(sheet, detect_format(sheet, Feed(name="default")))
    frame = pl.concat([chunk.rows for chunk in chunks], how="diagonal").drop("row_number", "line_number")
    return [{name: cell or "" for name, cell in row.items()} for row in frame.iter_rows(named=True)]


def test_a_word_that_is_no_decision_is_refused_with_its_line(world: World, leads: Run, tmp_path: Path) -> None:
    two_companies(world)
    sheet = tmp_path / "decided.csv"
    sheet.write_text("leadmill_decision,leadmill_pair\nmrege,1-2\n", encoding="utf-8")
    told = leads("review", str(sheet), fails=True)
    assert 'line 2: "mrege" is no decision (did you mean "merge"?)' in told


def test_a_sweep_joins_who_could_not_be_recognised_then(world: World, leads: Run) -> None:
    """With a laxer profile than they came under, the two are one person."""
    world.write("identity.toml", "merge_from = 60.0\nreview_from = 50.0\n")
    world.load("web", [elif_safak(company="Northgate Dental")])
    world.load("list", [elif_safak(firstName="E", company="Northgate Dental", jobTitle="CEO")])
    assert world.rows("SELECT count(*) FROM lead") == [(2,)]
    world.write("identity.toml", 'profile = "balanced"\n')
    [swept] = leads("sweep")
    assert (swept["kind"], swept["leads_before"], swept["leads_after"]) == ("sweep", 2, 1)
    assert world.rows("SELECT id, jobTitle FROM lead") == [(1000000000000, "CEO")]
    [again] = leads("sweep")
    assert again["leads_before"] == 0


def test_explain_tells_records_reasons_and_where_each_field_is_from(world: World, leads: Run) -> None:
    world.load("web", [elif_safak(company="Northgate Dental")])
    world.load("list", [elif_safak(company="Northgate Dental Ltd", jobTitle="CEO")])
    document = leads("explain", "1000000000000")
    assert [record["feed"] for record in document["records"]] == ["web", "list"]
    assert [decision["why"] for decision in document["decisions"]] == ["same e-mail address, and the names agree"]
    assert any("owner" in line for line in document["assignment"])
    sources = {field["field"]: field["feed"] for field in document["fields"]}
    assert (sources["company"], sources["jobTitle"]) == ("web", "list")
    [merge] = leads("merges")
    assert (merge["rule"], merge["lead_id"]) == ("email_and_names", 1000000000000)


def test_an_id_that_was_never_given_is_told_in_one_line(world: World, leads: Run) -> None:
    world.load("web", [elif_safak()])
    assert "there is no lead 7" in leads("explain", "7", fails=True)
    assert "there is no lead 7" in leads("unmerge", "7", fails=True)
    assert "one source record" in leads("unmerge", "1000000000000", fails=True)
