"""What other rules would decide: the same as a real run under them then does, and nothing of it stays."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from flows.cli import app
from flows.errors import BatchFailedError, UsageError
from flows.pipeline import ingest
from flows.run import Request
from flows.settings import Settings
from flows.simulation import simulate_file, simulate_since
from flows.warehouse import read_warehouse
from tests.integration.test_rules import FEEDS, World

PAST = datetime(2000, 1, 1, tzinfo=UTC)
BIG_GO_WEST = '[[rules]]\nname = "big"\nteam = "West"\nwhen = { field = "numberOfEmployees", at_least = 50 }\n'


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Two teams: East with ann and bob, of which all leads of the feed web are, and West with cat."""
    world = World(tmp_path)
    world.write("feeds.toml", FEEDS.replace("[feeds.web]\n", "[feeds.web]\nteam_id = 1\n"))
    world.write("teams.csv", "teamId,accountId,name\n1,acme,East\n2,acme,West\n")
    world.write("users.csv", "user\nann@acme.example\nbob@acme.example\ncat@acme.example\n")
    world.write(
        "team_members.csv", "teamId,user,weight\n1,ann@acme.example,1\n1,bob@acme.example,1\n2,cat@acme.example,1\n"
    )
    return world


@pytest.fixture
def draft(world: World) -> Path:
    """Other rules: big leads go west, where cat takes only two a day, and bob has left the East."""
    folder = world.folder / "draft"
    shutil.copytree(world.reference, folder)
    (folder / "routing.toml").write_text(BIG_GO_WEST)
    (folder / "team_members.csv").write_text(
        "teamId,user,weight,daily_cap\n1,ann@acme.example,1,\n2,cat@acme.example,1,2\n"
    )
    return folder


def export(world: World, count: int, name: str = "new") -> Path:
    """A file of the feed web with people, every second of them big, the last without a last name."""
    rows: list[dict[str, Any]] = [
        {"firstName": f"{name}{place}", "lastName": "Stone", "numberOfEmployees": 100 * (place % 2)}
        for place in range(count)
    ]
    path = world.folder / f"{name}.json"
    path.write_text(json.dumps([*rows, {"firstName": "nobody"}]))
    return path


def decided(settings: Settings) -> list[tuple[Any, ...]]:
    """Row, lead, team, owner and rule of all decisions of the last batch, and its rejected rows."""
    with read_warehouse(settings.warehouse, wait_seconds=0) as warehouse:
        return warehouse.connection.sql(
            "SELECT r.row_number, r.lead_id, a.teamId, a.assignedTo, coalesce(a.owner_rule, 'rejected: last_name_required')"
            " FROM batch_row AS r LEFT JOIN assignment AS a USING (batch_id, lead_id)"
            " WHERE r.batch_id = (SELECT max(batch_id) FROM batch) ORDER BY r.row_number"
        ).fetchall()


def state(world: World) -> list[tuple[Any, ...]]:
    """What a simulation must leave as it is."""
    return world.rows(
        "SELECT (SELECT count(*) FROM batch), (SELECT count(*) FROM record), hash(list(a ORDER BY a.batch_id, a.lead_id)),"
        " (SELECT hash(list(l ORDER BY l.id)) FROM lead AS l) FROM assignment AS a"
    )


def test_a_simulated_file_gets_lead_by_lead_what_the_real_run_then_decides(world: World, draft: Path) -> None:
    ingest(world.settings, Request(paths=(str(export(world, 5, "old")),), feed="web"))
    before = state(world)
    found = simulate_file(world.settings, draft, str(export(world, 9)), "web")
    assert state(world) == before
    then = [
        (lead["row_number"], lead["lead_id"], lead["team_id_then"], lead["owner_then"], lead["rule_then"])
        for lead in found.lead_rows()
    ]
    assert {rule for *_, rule in then} == {"rotation", "unassigned_no_member", "rejected: last_name_required"}
    now = [(lead["row_number"], lead["team_id_now"], lead["owner_now"]) for lead in found.lead_rows()]
    assert now[:2] == [(1, 1, "bob@acme.example"), (2, 1, "ann@acme.example")]
    ingest(
        world.settings.model_copy(update={"reference": draft}),
        Request(paths=(str(world.folder / "new.json"),), feed="web"),
    )
    assert decided(world.settings) == then


def test_the_owners_are_counted_now_and_then_and_the_unassigned_by_reason(world: World, draft: Path) -> None:
    found = simulate_file(world.settings, draft, str(export(world, 8)), "web")
    rows = [tuple(row.values()) for row in found.owner_rows()]
    assert rows == [
        (1, "East", "ann@acme.example", None, 4, 4, 0),
        (1, "East", "bob@acme.example", None, 4, 0, -4),
        (2, "West", "cat@acme.example", None, 0, 2, 2),
        (2, "West", None, "unassigned_no_member", 0, 2, 2),
        (None, None, None, "rejected: last_name_required", 1, 1, 0),
    ]


def test_past_leads_are_decided_on_again_as_they_came(world: World, draft: Path) -> None:
    for name in ("one", "two"):
        ingest(world.settings, Request(paths=(str(export(world, 6, name)),), feed="web"))
    before = state(world)
    found = simulate_since(world.settings, draft, PAST)
    assert state(world) == before
    fresh = world.settings.model_copy(update={"reference": draft, "warehouse": world.folder / "fresh.duckdb"})
    real = []
    for name in ("one", "two"):
        ingest(fresh, Request(paths=(str(world.folder / f"{name}.json"),), feed="web"))
        real += [row[:4] for row in decided(fresh) if row[1] is not None]
    leads = found.lead_rows()
    assert [(lead["row_number"], lead["lead_id"], lead["team_id_then"], lead["owner_then"]) for lead in leads] == real
    assert [lead["owner_now"] for lead in leads] == [
        owner for (owner,) in world.rows("SELECT assignedTo FROM lead ORDER BY id")
    ]


def test_past_leads_under_the_same_rules_get_what_they_have(world: World) -> None:
    world.write("routing.toml", "company_owner = true\n")
    for name in ("one", "two"):
        ingest(world.settings, Request(paths=(str(export(world, 7, name)),), feed="web"))
    world.load("crm", [{"firstName": "one0", "lastName": "Stone", "id": 7, "assignedTo": "cat@acme.example"}])
    found = simulate_since(world.settings, None, PAST)
    assert all(row["difference"] == 0 for row in found.owner_rows())
    assert [lead["owner_then"] for lead in found.lead_rows()] == [lead["owner_now"] for lead in found.lead_rows()]


def test_leads_from_before_the_day_stay_and_their_turns_count(world: World) -> None:
    ingest(world.settings, Request(paths=(str(export(world, 1, "one")),), feed="web"))
    cut = datetime.now(UTC)
    ingest(world.settings, Request(paths=(str(export(world, 2, "two")),), feed="web"))
    leads = simulate_since(world.settings, None, cut).lead_rows()
    assert [lead["owner_then"] for lead in leads] == ["bob@acme.example", "ann@acme.example"]


def test_what_cannot_be_simulated_is_told(world: World, draft: Path) -> None:
    path = export(world, 60)
    ingest(world.settings, Request(paths=(str(path),), feed="web"))
    with pytest.raises(
        UsageError, match="was loaded before; see what its leads would get: leads assign --simulate --since"
    ):
        simulate_file(world.settings, draft, str(path), "web")
    (draft / "feeds.toml").write_text('[feeds.other]\naccount_id = "acme"\n')
    with pytest.raises(UsageError, match=r"feeds\.toml does not define web, the feed of batch 1"):
        simulate_since(world.settings, draft, PAST)
    (draft / "feeds.toml").write_text('[feeds.web]\naccount_id = "acme"\n')
    (draft / "routing.toml").unlink()
    with pytest.raises(BatchFailedError, match="61 of 61 rows rejected"):
        simulate_file(world.settings, draft, str(export(world, 60, "more")), "web")


def test_the_command_prints_one_document_and_says_what_is_missing(
    world: World, draft: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADS_REFERENCE", str(world.reference))
    where = ["--warehouse", str(world.settings.warehouse), "--reference", str(draft)]
    path = str(export(world, 4))
    app(["assign", "--simulate", path, "--feed", "web", "--json", *where], result_action="return_value")
    rows = json.loads(capsys.readouterr().out)
    assert [(row["assignedTo"], row["now"], row["then"]) for row in rows][:2] == [
        ("ann@acme.example", 2, 2),
        ("bob@acme.example", 2, 0),
    ]
    app(["assign", "--simulate", path, "--feed", "web", "--leads", "--json", *where], result_action="return_value")
    assert len(json.loads(capsys.readouterr().out)) == 5
    for arguments in (
        ["assign", path],
        ["assign", "--simulate"],
        ["assign", "--simulate", path, "--since", "2026-01-01"],
    ):
        with pytest.raises(UsageError, match="--simulate"):
            app([*arguments, *where], result_action="return_value", exit_on_error=False)
