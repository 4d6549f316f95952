"""Why a lead has its team, source and owner, told in plain words: routine decisions included."""

import re
from pathlib import Path

import pytest

from flows.assignment_words import _REASONS, _UNASSIGNED, assignment_lines
from flows.warehouse import SQL_FOLDER, read_warehouse
from tests.integration.test_rules import FEEDS, World

FIRST = 1_000_000_000_000


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Team 1 East of acme, with ann and bob and a source; leads of the feed web go there."""
    world = World(tmp_path)
    world.write("feeds.toml", FEEDS.replace("[feeds.web]\n", "[feeds.web]\nteam_id = 1\nlead_source_id = 10\n"))
    world.write("teams.csv", "teamId,accountId,name\n1,acme,East\n2,acme,West\n")
    world.write("users.csv", "user,name\nann@acme.example,Ann\nbob@acme.example,Bob\n")
    world.write("team_members.csv", "teamId,user,weight,daily_cap\n1,ann@acme.example,2,1\n1,bob@acme.example,1,\n")
    world.write("lead_sources.csv", "leadSourceId,teamId,name,aliases\n10,1,Web,site\n")
    return world


def lines(world: World, lead_id: int) -> list[str]:
    """What is told of a lead, without the times."""
    with read_warehouse(world.settings.warehouse, wait_seconds=0) as warehouse:
        told = assignment_lines(warehouse, lead_id)
    return [line if line.startswith(" ") else line.split(", ", 1)[1] for line in told]


def test_a_routine_decision_is_told_in_whole(world: World) -> None:
    world.load("web", [{"firstName": "Ada", "lastName": "Stone", "source": "Site"}])
    assert lines(world, FIRST) == [
        "batch 1 (ingest of feed web):",
        "  team 1 East: the feed's leads go there",
        "  source 10 Web: that is what the lead's text of its source means",
        "  owner ann@acme.example: whose turn it was, among ann@acme.example (weight 2), bob@acme.example (weight 1)",
    ]


def test_what_was_not_routine_is_told_with_each_candidates_reason(world: World) -> None:
    world.write(
        "routing.toml", '[[rules]]\nname = "big"\nteam = 2\nwhen = { field = "numberOfEmployees", at_least = 9 }\n'
    )
    world.load("web", [{"firstName": name, "lastName": "Stone"} for name in ("Ada", "Ida")])
    assert lines(world, FIRST + 1)[1:] == [
        "  team 1 East: the feed's leads go there",
        "  source 10 Web: the feed's leads go there",
        "  owner bob@acme.example: whose turn it was, among bob@acme.example (weight 1)",
        "    rule big did not hold",
        "    bob@acme.example was next in turn",
        "    ann@acme.example had as many leads that day as they may",
    ]


def test_decisions_are_told_under_every_id_that_the_lead_had(world: World) -> None:
    ada = {"firstName": "Ada", "lastName": "Stone", "email": "ada@stone.example"}
    world.load("web", [ada])
    world.load("crm", [{**ada, "id": 7, "teamId": 2, "assignedTo": "bob@acme.example"}])
    told = lines(world, FIRST)
    assert told == lines(world, 7)
    assert told[0].startswith("batch 1 ")
    assert told[4:] == [
        "batch 2 (ingest of feed crm):",
        "  team 2 West: the CRM says so",
        "  source 10 Web: the lead had it before",
        "  owner bob@acme.example: the CRM says so",
    ]


def test_a_lead_without_an_owner_is_told_why(world: World) -> None:
    world.load("web", [{"firstName": "Ada", "lastName": "Stone", "archived": True}])
    assert lines(world, FIRST)[3] == "  owner none: it is archived, and archived leads take no turn"


def test_nothing_is_told_of_a_lead_that_is_not_there(world: World) -> None:
    world.load("web", [])
    assert lines(world, 5) == []


def test_there_are_words_for_every_rule_and_reason_and_the_page_explains_them() -> None:
    written = "".join(path.read_text(encoding="utf-8") for path in (SQL_FOLDER / "assign").glob("*.sql"))
    page = (SQL_FOLDER.parent / "docs" / "assignment.md").read_text(encoding="utf-8")
    assert set(re.findall(r"'(unassigned_\w+)'", written)) == set(_UNASSIGNED)
    assert set(_UNASSIGNED) == set(re.findall(r"unassigned_\w+", page))
    reasons = page.partition("| for | reason | means |")[2].partition("\n## ")[0]
    assert set(_REASONS) == set(re.findall(r"`(\w+_?\w*)`", reasons))
