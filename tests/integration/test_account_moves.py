"""Leads that the CRM moves to another account, and what of them stays behind."""

import json
from pathlib import Path
from typing import Any

import pytest

from flows.pipeline import ingest
from flows.run import Request
from flows.settings import Settings
from flows.steps.survive import conclude_everything
from flows.warehouse import open_warehouse, read_warehouse

FEEDS = """
[feeds.crm]
origin = "crm"
account_id = "acme"
as_of_pattern = "%Y-%m-%d"

[feeds.second]
origin = "crm"
account_id = "acme"
as_of_pattern = "%Y-%m-%d"

[feeds.web]
account_id = "acme"
team_id = 1
as_of_pattern = "%Y-%m-%d"

[feeds.globex]
account_id = "globex"
as_of_pattern = "%Y-%m-%d"
"""

FIRST = 1_000_000_000_000


class World:
    """A warehouse of two accounts, and exports that come day by day."""

    def __init__(self, folder: Path) -> None:
        reference = folder / "reference"
        reference.mkdir()
        (reference / "feeds.toml").write_text(FEEDS, encoding="utf-8")
        (reference / "teams.csv").write_text("teamId,accountId,name\n1,acme,East\n", encoding="utf-8")
        (reference / "users.csv").write_text("user\nann@acme.example\nbob@acme.example\n", encoding="utf-8")
        (reference / "team_members.csv").write_text(
            "teamId,user\n1,ann@acme.example\n1,bob@acme.example\n", encoding="utf-8"
        )
        self.folder = folder
        self.settings = Settings(warehouse=folder / "leads.duckdb", reference=reference, archive=folder / "archive")

    def load(self, day: int, *rows: dict[str, Any], feed: str = "crm") -> dict[str, Any]:
        """Load the export of a day; return its batch."""
        path = self.folder / f"{feed}-2026-01-{day:02}.json"
        path.write_text(json.dumps(list(rows)), encoding="utf-8")
        [summary] = ingest(self.settings, Request(paths=(str(path),), feed=feed))
        assert summary.columns["status"] == "loaded", summary.columns["error"]
        with open_warehouse(self.settings.warehouse, wait_seconds=0) as warehouse, warehouse.rehearsal():
            before = warehouse.connection.sql("SELECT * FROM lead ORDER BY id").fetchall()
            warehouse.connection.execute("DELETE FROM lead")
            conclude_everything(warehouse)
            assert warehouse.connection.sql("SELECT * FROM lead ORDER BY id").fetchall() == before
        return summary.columns

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Ask the warehouse."""
        with read_warehouse(self.settings.warehouse, wait_seconds=0) as warehouse:
            return warehouse.connection.sql(query).fetchall()


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A warehouse before the first export."""
    return World(tmp_path)


def dana(**cells: Any) -> dict[str, Any]:
    """One person as a source may tell her."""
    return {"firstName": "Dana", "lastName": "Reyes", "email": "dana@reyes.example", **cells}


LEADS = "SELECT id, accountId, jobTitle, origin FROM lead ORDER BY id"


def test_a_lead_of_the_crm_alone_moves_with_all_it_has(world: World) -> None:
    world.load(1, dana(id=501, jobTitle="Owner"))
    batch = world.load(2, dana(id=501, jobTitle="Owner", accountId="globex"))
    assert batch["rows_updated"] == 1
    assert world.rows(LEADS) == [(501, "globex", "Owner", "crm")]
    moved = world.rows("SELECT lead_id, account_id, data FROM lead_event WHERE event = 'lead_moved'")
    assert [(lead, account, json.loads(data)) for lead, account, data in moved] == [
        (501, "globex", {"before": "acme", "after": "globex"})
    ]


def test_what_vendors_told_stays_in_the_old_account_under_its_first_id(world: World) -> None:
    world.load(1, dana(notes="called"), feed="web")
    [(owner,)] = world.rows("SELECT assignedTo FROM lead")
    world.load(2, dana(id=501, jobTitle="Owner"))
    assert world.rows("SELECT id FROM lead") == [(501,)]
    batch = world.load(3, dana(id=501, jobTitle="Owner", accountId="globex"))
    assert world.rows(LEADS) == [(501, "globex", "Owner", "crm"), (FIRST, "acme", None, "vendor")]
    assert world.rows(f"SELECT notes, teamId, assignedTo FROM lead WHERE id = {FIRST}") == [("called", 1, owner)]
    assert world.rows("SELECT notes FROM lead WHERE id = 501") == [(None,)]
    assert world.rows("SELECT count(*) FROM lead_alias") == [(0,)]
    events = f"SELECT lead_id, event FROM lead_event WHERE batch_id = {batch['batch_id']} ORDER BY id"
    assert (501, "lead_moved") in world.rows(events)
    assert (501, "lead_unmerged") in world.rows(events)
    assert (FIRST, "lead_unmerged") in world.rows(events)
    contacts = world.rows("SELECT lead_id, value FROM lead_contact ORDER BY lead_id")
    assert contacts == [(501, "dana@reyes.example"), (FIRST, "dana@reyes.example")]


def test_what_never_had_an_id_of_its_own_gets_one_and_keeps_its_owner(world: World) -> None:
    world.load(1, dana(id=501, teamId=1, assignedTo="bob@acme.example"))
    world.load(2, dana(notes="called"), feed="web")
    world.load(2, dana(id="w2", notes="again"), feed="web")
    world.load(3, dana(id=501, accountId="globex"))
    assert world.rows(LEADS) == [(501, "globex", None, "crm"), (FIRST, "acme", None, "vendor")]
    assert world.rows(f"SELECT teamId, assignedTo FROM lead WHERE id = {FIRST}") == [(1, "bob@acme.example")]
    assert world.rows("SELECT DISTINCT born_id FROM record_lead ORDER BY 1") == [(501,), (FIRST,), (None,)]
    world.load(4, {"firstName": "Eve", "lastName": "Stone"}, feed="globex")
    assert world.rows("SELECT max(id) FROM lead") == [(FIRST + 1,)]


def test_vendors_of_both_accounts_find_their_own_lead_after_a_move(world: World) -> None:
    world.load(1, dana(notes="called"), feed="web")
    world.load(2, dana(id=501))
    world.load(3, dana(id=501, accountId="globex"))
    world.load(4, dana(jobTitle="Chief"), feed="web")
    world.load(4, dana(jobTitle="Founder"), feed="globex")
    assert world.rows(LEADS) == [(501, "globex", "Founder", "crm"), (FIRST, "acme", "Chief", "vendor")]


def test_a_lead_that_comes_back_finds_what_it_left_behind(world: World) -> None:
    world.load(1, dana(notes="called"), feed="web")
    world.load(2, dana(id=501))
    world.load(3, dana(id=501, accountId="globex"))
    world.load(4, dana(id=501, accountId="acme", jobTitle="Owner"))
    assert world.rows("SELECT id, accountId, notes FROM lead") == [(501, "acme", "called")]
    assert world.rows("SELECT alias_id, lead_id FROM lead_alias") == [(FIRST, 501)]


def test_another_feed_cannot_move_a_lead(world: World) -> None:
    world.load(1, dana(id=501))
    batch = world.load(2, dana(id=501, accountId="globex"), feed="second")
    assert batch["rows_rejected"] == 1
    assert world.rows("SELECT id, accountId FROM lead") == [(501, "acme")]


def test_a_lead_of_which_two_crm_feeds_tell_is_not_moved_by_one(world: World) -> None:
    world.load(1, dana(id=501))
    world.load(1, dana(id=501), feed="second")
    assert world.load(2, dana(id=501, accountId="globex"))["rows_rejected"] == 1
    assert world.rows("SELECT reasons[1].code FROM rejected_row") == [("id_conflict",)]


def test_an_older_export_moves_nobody(world: World) -> None:
    world.load(1, dana(notes="called"), feed="web")
    world.load(3, dana(id=501))
    world.load(2, dana(id=501, accountId="globex"))
    assert world.rows("SELECT id, accountId, notes FROM lead") == [(501, "acme", "called")]


def test_rows_that_contradict_each_other_move_by_the_last(world: World) -> None:
    world.load(1, dana(notes="called"), feed="web")
    world.load(2, dana(id=501))
    world.load(3, dana(id=501, accountId="globex"), dana(id=501, accountId="acme"))
    assert world.rows("SELECT id, accountId, notes FROM lead") == [(501, "acme", "called")]
    world.load(4, dana(id=501, accountId="acme", notes="x"), dana(id=501, accountId="globex"))
    assert world.rows("SELECT id, accountId FROM lead ORDER BY id") == [(501, "globex"), (FIRST, "acme")]
