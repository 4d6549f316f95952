"""Handing over the open leads of somebody who is away, and giving back the reference data of a batch."""

from pathlib import Path

import pytest

from flows.cli import app
from flows.errors import UsageError
from flows.preferences import Said, note_preference
from flows.reassign import reassign
from flows.reference import load_reference
from flows.reference_versions import give_back
from flows.steps.survive import conclude_everything
from flows.warehouse import open_warehouse, read_warehouse
from tests.integration.test_rotation_of_owners import absent, load, members, owners, teams, undo, users
from tests.integration.test_rules import FEEDS, World

ANN = "ann@acme.example"


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Team 1 of acme with ann, bob and cat; six leads, two of each."""
    world = World(tmp_path)
    world.write("feeds.toml", FEEDS.replace("[feeds.web]\n", "[feeds.web]\nteam_id = 1\n"))
    world.write("stages.csv", "processStage,kind\nNew,open\nWon,won\n")
    teams(world)
    users(world)
    members(world, "ann", "bob", "cat")
    load(world, 6, processStage="New")
    return world


def lead_owners(world: World) -> str:
    """The first letters of the leads' owners."""
    return "".join(
        letter for (letter,) in world.rows("SELECT coalesce(left(assignedTo, 1), '-') FROM lead ORDER BY id")
    )


def test_open_leads_go_to_the_others_in_turn_and_the_rotation_goes_on(world: World) -> None:
    handover = reassign(world.settings, "ANN@acme.example")
    assert [(lead["owner"], lead["new_owner"], lead["rule"]) for lead in handover.leads] == [
        (ANN, "bob@acme.example", "rotation"),
        (ANN, "cat@acme.example", "rotation"),
    ]
    assert lead_owners(world) == "bbccbc"
    assert world.rows("SELECT kind, feed, status, rows_read FROM batch WHERE batch_id = 2") == [
        ("reassign", None, "loaded", 0)
    ]
    assert world.rows("SELECT event FROM lead_event WHERE batch_id = 2 ORDER BY id") == [
        *[("lead_updated",), ("lead_assigned",)] * 2
    ]
    members(world, "bob", "cat")
    assert owners(world, load(world, 2)) == "bc"


def test_a_preview_shows_it_and_changes_nothing(world: World) -> None:
    assert reassign(world.settings, ANN, is_dry_run=True).handed_count == 2
    assert lead_owners(world) == "abcabc"
    assert world.rows("SELECT count(*) FROM batch") == [(1,)]


def test_an_undone_handover_gives_the_turns_back_and_concludes_to_what_was(world: World) -> None:
    reassign(world.settings, ANN)
    with open_warehouse(world.settings.warehouse, wait_seconds=0) as warehouse, warehouse.transaction():
        before = warehouse.connection.sql("SELECT * FROM lead ORDER BY id").pl()
        conclude_everything(warehouse)
        assert warehouse.connection.sql("SELECT * FROM lead ORDER BY id").pl().equals(before)
    undo(world, {"batch_id": 2})
    with open_warehouse(world.settings.warehouse, wait_seconds=0) as warehouse, warehouse.transaction():
        conclude_everything(warehouse)
    assert lead_owners(world) == "abcabc"


def test_what_the_crm_says_of_the_owner_stays_and_closed_leads_are_not_touched(world: World) -> None:
    world.load("crm", [{"firstName": "Ada", "lastName": "Fox", "id": 7, "teamId": 1, "assignedTo": ANN}])
    load(world, 1, assignedTo=ANN, processStage="Won")
    leads = reassign(world.settings, ANN).leads
    assert sorted((lead["lead_id"] == 7, lead["rule"], lead["new_owner"] is None) for lead in leads) == [
        *[(False, "rotation", False)] * 2,
        (True, "crm", True),
    ]


def test_leads_that_nobody_can_take_go_to_the_fallback_owner_else_they_stay(world: World) -> None:
    absent(world, "bob", "cat")
    assert [lead["rule"] for lead in reassign(world.settings, ANN).leads] == ["no_member"] * 2
    assert lead_owners(world) == "abcabc"
    teams(world, fallback="dan")
    assert [lead["rule"] for lead in reassign(world.settings, ANN).leads] == ["fallback"] * 2
    assert lead_owners(world) == "dbcdbc"


def test_leads_that_opted_out_of_everything_take_no_turn_where_rotation_skips_them(world: World) -> None:
    load(world, 1, processStage="New", email="out@acme.example", assignedTo=ANN)
    note_preference(world.settings, Said("email", "out@acme.example", is_out=True))
    teams(world, fallback="dan")
    world.write("routing.toml", "skip_opted_out = true\n")
    assert [(lead["rule"], lead["new_owner"]) for lead in reassign(world.settings, ANN).leads] == [
        ("rotation", "bob@acme.example"),
        ("rotation", "cat@acme.example"),
        ("opted_out", None),
    ]
    assert lead_owners(world) == "bbccbca"
    assert world.rows("SELECT count(*) FROM assignment WHERE batch_id = 4") == [(2,)]
    world.write("routing.toml", "skip_opted_out = false\n")
    assert [lead["rule"] for lead in reassign(world.settings, ANN).leads] == ["rotation"]


def test_a_user_whom_nobody_knows_is_told(world: World) -> None:
    with pytest.raises(UsageError, match=r"neither users\.csv nor an open lead knows this user"):
        reassign(world.settings, "zoe@acme.example")
    assert reassign(world.settings, "dan@acme.example").leads == []


def test_the_reference_data_that_a_batch_used_is_given_back_to_the_byte(world: World, tmp_path: Path) -> None:
    used = load_reference(world.reference)
    members(world, "ann")
    load(world, 1)
    with read_warehouse(world.settings.warehouse, wait_seconds=0) as warehouse:
        names = give_back(warehouse, 1, tmp_path / "old")
    assert names == ["feeds.toml", "stages.csv", "team_members.csv", "teams.csv", "users.csv"]
    assert load_reference(tmp_path / "old").sha256 == used.sha256
    assert world.rows("SELECT reference_sha256 FROM batch WHERE batch_id = 1") == [(used.sha256,)]
    assert world.rows("SELECT count(DISTINCT reference_sha256) FROM reference_version") == [(2,)]
    with (
        read_warehouse(world.settings.warehouse, wait_seconds=0) as warehouse,
        pytest.raises(UsageError, match="is there already; name a folder that is new or empty"),
    ):
        give_back(warehouse, 1, tmp_path / "old")


def test_the_commands_do_both(world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["--warehouse", str(world.settings.warehouse), "--reference", str(world.reference)]
    app(["reassign", "--from", ANN, "--dry-run", *where], result_action="return_value")
    assert capsys.readouterr().err == "2 of 2 open leads would be handed over.\n"
    app(["show", "1", "--write-reference", str(tmp_path / "old"), *where], result_action="return_value")
    assert (tmp_path / "old" / "teams.csv").read_bytes() == (world.reference / "teams.csv").read_bytes()
