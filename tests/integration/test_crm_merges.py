"""Records that the CRM merged: their ids become aliases of the one that survived, and their people one lead."""

import json
from pathlib import Path
from typing import Any

import pytest

from flows.errors import UsageError
from flows.pipeline import ingest
from flows.reference import load_reference
from flows.regroup import unmerge
from flows.run import Request, open_run
from flows.settings import Settings
from flows.steps.survive import conclude_everything
from flows.warehouse import open_warehouse, read_warehouse

FEEDS = """
[feeds.crm]
origin = "crm"
account_id = "acme"
as_of_pattern = "%Y-%m-%d"

[feeds.nightly]
origin = "crm"
account_id = "acme"
extent = "full"
as_of_pattern = "%Y-%m-%d"

[feeds.web]
account_id = "acme"
as_of_pattern = "%Y-%m-%d"
"""


class World:
    """A warehouse, and exports that come day by day."""

    def __init__(self, folder: Path) -> None:
        (folder / "reference").mkdir()
        (folder / "reference/feeds.toml").write_text(FEEDS, encoding="utf-8")
        self.folder = folder
        self.settings = Settings(
            warehouse=folder / "leads.duckdb", reference=folder / "reference", archive=folder / "archive"
        )

    def load(self, day: int, *rows: dict[str, Any], feed: str = "crm") -> dict[str, Any]:
        """Load the export of a day; return its batch."""
        path = self.folder / f"{feed}-2026-01-{day:02}.json"
        path.write_text(json.dumps(list(rows)), encoding="utf-8")
        [summary] = ingest(self.settings, Request(paths=(str(path),), feed=feed))
        assert summary.columns["status"] == "loaded", summary.columns["error"]
        self.check_conclusion()
        return summary.columns

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Ask the warehouse."""
        with read_warehouse(self.settings.warehouse, wait_seconds=0) as warehouse:
            return warehouse.connection.sql(query).fetchall()

    def outcomes(self, batch: dict[str, Any]) -> list[tuple[str, int]]:
        """The outcome and lead of each row of a batch."""
        query = f"SELECT outcome, lead_id FROM batch_row WHERE batch_id = {batch['batch_id']} ORDER BY row_number"
        return [(str(outcome), int(lead)) for outcome, lead in self.rows(query)]

    def check_conclusion(self) -> None:
        """Hold the leads against what is concluded of nothing but records and decisions."""
        with open_warehouse(self.settings.warehouse, wait_seconds=0) as warehouse, warehouse.rehearsal():
            before = warehouse.connection.sql("SELECT * FROM lead ORDER BY id").fetchall()
            warehouse.connection.execute("DELETE FROM lead")
            conclude_everything(warehouse)
            assert warehouse.connection.sql("SELECT * FROM lead ORDER BY id").fetchall() == before


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A warehouse before the first export."""
    return World(tmp_path)


def lead(number: int, **cells: Any) -> dict[str, Any]:
    """A record of the CRM."""
    return {"id": number, "firstName": f"First{number}", "lastName": f"Last{number}", **cells}


MERGED = (
    pytest.param(
        [lead(1, company="One"), lead(2, company="Two", MasterRecordId=1)], id="the merged record says into what"
    ),
    pytest.param([lead(1, company="One", hs_merged_object_ids="2;9")], id="the survivor lists them, and they are gone"),
    pytest.param([lead(1, company="One", hs_calculated_merged_vids="2:1650000000000;9:1")], id="with times"),
    pytest.param([lead(1, company="One", merged_ids=[2, 9])], id="as a list"),
    pytest.param(
        [lead(1, company="One"), lead(2, company="Two", **{"Master ID": "1.0"})], id="as a spreadsheet has it"
    ),
)


@pytest.mark.parametrize("rows", MERGED)
def test_what_the_crm_merged_is_one_lead_under_the_surviving_id(world: World, rows: list[dict[str, Any]]) -> None:
    world.load(1, lead(1), lead(2, jobTitle="Owner", company="Newest"), lead(3))
    batch = world.load(2, *rows)
    assert world.rows("SELECT id, company, jobTitle FROM lead ORDER BY id") == [(1, "One", "Owner"), (3, None, None)]
    assert world.rows("SELECT * FROM lead_alias") == [(2, 1, "crm_merge")]
    assert world.rows("SELECT source_key, lead_id FROM record_lead ORDER BY ALL") == [("1", 1), ("2", 1), ("3", 3)]
    assert [lead_id for _, lead_id in world.outcomes(batch)] == [1] * len(rows)
    assert [outcome for outcome, _ in world.outcomes(batch)] == ["updated", "merged"][: len(rows)]
    events = "SELECT lead_id, data ->> 'merged_id', data ->> 'reason' FROM lead_event WHERE event = 'lead_merged'"
    assert world.rows(events) == [(1, "2", "crm_merge")]
    decided = world.rows("SELECT lead_id, other_lead_id, decision, rule, batch_id FROM match_decision")
    assert decided == [(2, 1, "merged", "crm_merge", batch["batch_id"])]


@pytest.mark.parametrize("rows", MERGED)
def test_a_merge_is_told_once(world: World, rows: list[dict[str, Any]]) -> None:
    world.load(1, lead(1), lead(2))
    world.load(2, *rows)
    before = world.rows("FROM lead"), world.rows("FROM lead_event ORDER BY id"), world.rows("FROM match_decision")
    batch = world.load(3, *rows, lead(4))
    assert [outcome for outcome, _ in world.outcomes(batch)] == [*["unchanged", "merged"][: len(rows)], "inserted"]
    after = world.rows("FROM lead WHERE id <> 4"), world.rows("FROM lead_event WHERE lead_id <> 4 ORDER BY id")
    assert (*after, world.rows("FROM match_decision")) == before


def test_the_smaller_id_may_be_given_up_to_the_larger(world: World) -> None:
    world.load(1, lead(1, company="One"), lead(2, company="Two"))
    batch = world.load(2, lead(1, company="Gone", MasterRecordId=2))
    assert world.rows("SELECT id, company FROM lead") == [(2, "Two")]
    assert world.outcomes(batch) == [("updated", 2)]


def test_the_surviving_record_is_believed_whatever_the_other_says_later(world: World) -> None:
    world.load(1, lead(1, company="One", jobTitle=""), lead(2, company="Two", jobTitle="Owner"))
    world.load(2, lead(1, company="One", jobTitle=""), lead(2, company="Later", jobTitle="Owner", MasterRecordId=1))
    world.load(3, lead(2, company="Latest", jobTitle="Chief", MasterRecordId=1))
    assert world.rows("SELECT id, firstName, company, jobTitle FROM lead") == [(1, "First1", "One", "Chief")]


def test_what_was_merged_before_it_came_is_no_lead_of_its_own(world: World) -> None:
    batch = world.load(1, lead(1), lead(2, jobTitle="Owner", MasterRecordId=1))
    assert world.outcomes(batch) == [("inserted", 1), ("merged", 1)]
    assert world.rows("SELECT id, firstName, jobTitle FROM lead") == [(1, "First1", "Owner")]
    assert world.rows("SELECT * FROM lead_alias") == [(2, 1, "crm_merge")]


def test_chains_end_in_the_last_survivor_and_circles_nowhere(world: World) -> None:
    world.load(1, *(lead(number) for number in range(1, 8)))
    world.load(
        2,
        *(lead(1, MasterRecordId=2), lead(2, MasterRecordId=3), lead(4, MasterRecordId=5), lead(5, MasterRecordId=4)),
        *(lead(6, MasterRecordId=6), lead(7)),
    )
    assert world.rows("SELECT id FROM lead ORDER BY id") == [(3,), (4,), (5,), (6,), (7,)]
    assert world.rows("SELECT alias_id, lead_id FROM lead_alias ORDER BY ALL") == [(1, 3), (2, 3)]
    world.load(3, lead(3, MasterRecordId=7))
    assert world.rows("SELECT alias_id, lead_id FROM lead_alias ORDER BY ALL") == [(1, 7), (2, 7), (3, 7)]
    world.load(4, lead(4, MasterRecordId=1))
    assert world.rows("SELECT alias_id, lead_id FROM lead_alias WHERE alias_id = 4") == [(4, 7)]


def test_the_records_of_vendors_join_the_survivor(world: World) -> None:
    world.load(1, lead(1, email="one@acme.example"), lead(2, email="two@acme.example"))
    for number, word in ((1, "one"), (2, "two")):
        form = {"firstName": f"First{number}", "lastName": f"Last{number}", "email": f"{word}@acme.example"}
        world.load(number, {**form, "notes": word}, feed="web")
    world.load(3, lead(1, email="one@acme.example", merged_ids="2"))
    assert world.rows("SELECT id, email, notes FROM lead") == [(1, "one@acme.example", "one")]
    contacts = world.rows("SELECT value, is_primary FROM lead_contact ORDER BY value")
    assert contacts == [("one@acme.example", True), ("two@acme.example", False)]
    world.load(
        4, {"firstName": "First2", "lastName": "Last2", "email": "two@acme.example", "jobTitle": "Late"}, feed="web"
    )
    assert world.rows("SELECT id, jobTitle FROM lead") == [(1, "Late")]


def test_a_survivor_that_nobody_knows_merges_nothing_until_it_comes(world: World) -> None:
    world.load(1, lead(2))
    batch = world.load(2, lead(2, MasterRecordId=1))
    assert world.outcomes(batch) == [("unchanged", 2)]
    assert world.rows("SELECT column_name, code, raw FROM cell_issue") == [("merged_into", "master_unknown", "1")]
    world.load(3, lead(1), lead(2, MasterRecordId=1))
    assert world.rows("SELECT id FROM lead") == [(1,)]
    assert world.rows("SELECT alias_id, lead_id FROM lead_alias") == [(2, 1)]


def test_nothing_is_merged_across_accounts(world: World) -> None:
    world.load(1, lead(1, accountId="globex"), lead(2))
    world.load(2, lead(2, MasterRecordId=1))
    assert world.rows("SELECT id, accountId FROM lead ORDER BY id") == [(1, "globex"), (2, "acme")]
    assert world.rows("SELECT code FROM cell_issue") == [("master_in_other_account",)]


def test_a_vendor_cannot_merge_records_of_the_crm(world: World) -> None:
    world.load(1, lead(1), lead(2))
    world.load(2, lead(2, merged_into=1, MasterRecordId=1), feed="web")
    assert world.rows("SELECT count(*) FROM lead") == [(3,)]
    assert world.rows("SELECT count(*) FROM lead_alias") == [(0,)]


def test_only_the_crm_takes_apart_what_it_merged(world: World) -> None:
    world.load(1, lead(1), lead(2))
    world.load(2, lead(1, merged_ids="2"))
    with (
        open_run(world.settings, load_reference(world.settings.reference, must_exist=True), Request()) as run,
        pytest.raises(UsageError, match="one lead, 1, in the CRM: take them apart there"),
    ):
        unmerge(run, 2)
    world.check_conclusion()


def test_merged_records_have_not_vanished(world: World) -> None:
    everybody = [lead(number) for number in range(1, 11)]
    world.load(1, *everybody, feed="nightly")
    survivor = lead(1, merged_ids=[2, 3, 4, 5])
    for day in (2, 3, 4):
        world.load(day, survivor, *everybody[5:], lead(100, company=str(day)), feed="nightly")
    assert world.rows("SELECT count(missing_since) FROM lead") == [(0,)]
    assert world.rows("SELECT count(*) FROM lead_alias WHERE lead_id = 1") == [(4,)]
