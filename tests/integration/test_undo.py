"""Undo: what a batch brought goes, what it changed returns, later batches stand."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flows.errors import UsageError
from flows.pipeline import ingest
from flows.run import Request
from flows.settings import Settings
from flows.steps import survive
from flows.undo import Undone, undo
from flows.warehouse import migrate, open_warehouse, read_warehouse
from tests.golden.test_golden import CASES, ORDER_OF
from tests.integration.test_regroup import elif_safak, leads, two_companies, world
from tests.integration.test_rules import World
from tests.properties.test_undo import REFERENCE

__all__ = ["leads", "world"]  # fixtures

EXAMPLE = CASES / "worked_example"
# What differs by when and in which order a lead came, and by whose turn it was.
LEAD = "SELECT * EXCLUDE (id, assignedTo, first_batch_id, last_batch_id, updatedAt) FROM lead ORDER BY ALL"
CONTACTS = "SELECT * EXCLUDE (lead_id) FROM lead_contact ORDER BY ALL"


def take_back(world: World, batch_id: int, **options: Any) -> Undone:
    """Undo a batch; lead and contacts are then what concluding everything again gives, and every id leads somewhere."""
    undone = undo(world.settings, batch_id, **options)
    assert_sound(world.settings)
    return undone


def assert_sound(settings: Settings) -> None:
    """Conclude everything again, which changes nothing; and follow every id that was told, every alias and record."""
    everything = "FROM lead ORDER BY id", "FROM lead_contact ORDER BY ALL"
    before = [rows(settings, query) for query in everything]
    with open_warehouse(settings.warehouse, wait_seconds=0) as warehouse:
        migrate(warehouse)
        with warehouse.transaction():
            survive.conclude_everything(warehouse)
    assert [rows(settings, query) for query in everything] == before
    known = "(SELECT id FROM lead UNION ALL SELECT alias_id FROM lead_alias)"
    for lost in (
        f"FROM batch_row WHERE lead_id IS NOT NULL AND lead_id NOT IN {known}",
        "FROM lead_alias WHERE lead_id IS NOT NULL AND lead_id NOT IN (SELECT id FROM lead)",
        "FROM record_lead WHERE lead_id NOT IN (SELECT id FROM lead)",
        "FROM lead WHERE id NOT IN (SELECT lead_id FROM record_lead)",
    ):
        assert rows(settings, lost) == []


@pytest.fixture
def example(tmp_path: Path) -> Settings:
    """The worked example after its three files."""
    settings = Settings(
        warehouse=tmp_path / "leads.duckdb", reference=EXAMPLE / "reference", archive=tmp_path / "archive"
    )
    for name in ORDER_OF["worked_example"]:
        load_example(settings, name)
    return settings


def load_example(settings: Settings, name: str) -> str:
    """Load a file of the example; return the status of its batch."""
    feed = "crm" if name.startswith("crm") else "webform"
    [summary] = ingest(settings, Request(paths=(str(EXAMPLE / "exports" / name),), feed=feed))
    return str(summary.columns["status"])


def rows(settings: Settings, query: str) -> list[tuple[Any, ...]]:
    """The rows of a query."""
    with read_warehouse(settings.warehouse, wait_seconds=0) as warehouse:
        return warehouse.connection.sql(query).fetchall()


def test_the_worked_example_is_undone_to_the_letter(example: Settings, tmp_path: Path) -> None:
    undone = undo(example, 1)
    assert_sound(example)
    assert (undone.summary.columns["kind"], undone.summary.columns["of_batch_id"]) == ("undo", 1)
    assert rows(example, "SELECT status FROM batch_status WHERE batch_id = 1") == [("undone",)]
    lead = "SELECT id, firstName, email, phone, jobTitle, assignedTo FROM lead ORDER BY id"
    assert rows(example, lead) == [
        (501, "Dana", "dana@reyes.io", None, "CEO", "bob@acme.io"),
        (1000000000002, "Eve", "eve@stone.dev", None, None, "ann@acme.io"),
    ]
    assert (1000000000001, None, "undone") in rows(example, "FROM lead_alias")
    assert (1000000000000, 501, "crm_id") in rows(example, "FROM lead_alias")

    # Of the standing turns only Eve's is left, so that the next one is Bob's; and no id is given twice.
    path = tmp_path / "web-2026-01-08.csv"
    path.write_text("First Name,Last Name,Email\nKim,Novak,kim@novak.dev\n", encoding="utf-8")
    ingest(example, Request(paths=(str(path),), feed="webform"))
    assert rows(example, "SELECT id, assignedTo FROM lead WHERE firstName = 'Kim'") == [(1000000000003, "bob@acme.io")]

    assert load_example(example, "web-2026-01-05.csv") == "loaded"
    assert rows(example, "SELECT phone, jobTitle FROM lead WHERE id = 501") == [("+12127365000", "CEO")]
    assert rows(example, "SELECT count(*) FROM lead WHERE firstName = 'Omar'") == [(1,)]
    assert load_example(example, "web-2026-01-05.csv") == "skipped"


@pytest.mark.parametrize("of_batch", [2, 3])
def test_the_other_batches_of_the_example_can_be_undone_too(example: Settings, of_batch: int) -> None:
    undo(example, of_batch)
    assert_sound(example)
    found = rows(example, "SELECT id, jobTitle, phone FROM lead WHERE firstName = 'Dana'")
    # Without the CRM the web form's newest word shows, under the id that it brought into being.
    assert found == {2: [(1000000000000, "Founder", "+12127365000")], 3: [(501, "CEO", "+12127365000")]}[of_batch]
    if of_batch == 2:
        assert rows(example, "FROM lead_alias") == [(501, 1000000000000, "merged")]


def vendor(world: World) -> None:
    """Batch A: three people as a vendor tells of them."""
    world.load(
        "web", [elif_safak(phone="2127365000", jobTitle="Owner"), person("Omar"), person("Kim", phone="2127365002")]
    )


def person(name: str, **cells: Any) -> dict[str, Any]:
    """Somebody else."""
    return {"firstName": name, "lastName": "Haddad", "email": f"{name.lower()}@haddad.example", **cells}


def crm(world: World) -> None:
    """Batch B: the CRM tells of two of them, and of somebody new."""
    world.load(
        "crm",
        [elif_safak(id=501, jobTitle="CEO"), person("Omar", id=502, company="Haddad & Sons"), person("Ida", id=503)],
    )


def test_without_the_first_batch_the_leads_are_what_the_second_alone_gives(world: World, tmp_path: Path) -> None:
    vendor(world)
    crm(world)
    before = world.rows(LEAD), world.rows(CONTACTS)
    take_back(world, 1)
    (tmp_path / "alone").mkdir()
    alone = World(tmp_path / "alone")
    crm(alone)
    assert (world.rows(LEAD), world.rows(CONTACTS)) == (alone.rows(LEAD), alone.rows(CONTACTS))
    vendor(world)
    assert (world.rows(LEAD), world.rows(CONTACTS)) == before


def test_without_the_second_batch_the_leads_are_what_they_were(world: World) -> None:
    vendor(world)
    before = world.rows(f"SELECT * FROM ({LEAD})"), world.rows(CONTACTS), world.rows("SELECT id FROM lead ORDER BY id")
    crm(world)
    take_back(world, 2)
    after = world.rows(f"SELECT * FROM ({LEAD})"), world.rows(CONTACTS), world.rows("SELECT id FROM lead ORDER BY id")
    assert after == before


def test_people_whom_only_the_undone_records_joined_are_parted(world: World) -> None:
    world.load("web", [elif_safak(phone="2127365000")])
    world.load("list", [elif_safak(email="elif@other.example", phone="2127365000")])
    world.load("partner", [elif_safak(email="elif@other.example")])
    assert world.rows("SELECT count(*) FROM lead") == [(1,)]
    take_back(world, 2)
    assert world.rows("SELECT email FROM lead ORDER BY email") == [("elif@other.example",), ("elif@safak.example",)]


def test_people_who_agree_without_the_undone_record_stay_one(world: World) -> None:
    world.load("web", [elif_safak(jobTitle="Owner")])
    world.load("list", [elif_safak(company="Northgate Dental")])
    world.load("partner", [elif_safak(branch="East")])
    take_back(world, 1)
    assert world.rows("SELECT id, company, jobTitle FROM lead") == [(1000000000000, "Northgate Dental", None)]


def test_people_whom_a_later_file_tells_of_in_the_same_way_stay_one(world: World) -> None:
    told = [
        elif_safak(phone="2127365000", externalId=7),
        elif_safak(email="e.safak@x.example", phone="2127365000", externalId=8),
    ]
    world.load("web", told)
    world.load("web", [*told, person("Omar")], "2026-01-02")
    assert world.rows("SELECT count(*) FROM lead") == [(2,)]
    take_back(world, 1)
    assert world.rows("SELECT count(*) FROM lead") == [(2,)]
    take_back(world, 2)
    assert world.rows("SELECT count(*) FROM lead") == [(0,)]


def test_a_merge_and_an_unmerge_by_hand_are_undone(world: World, leads: Callable[..., Any]) -> None:
    two_companies(world)
    apart = world.rows(LEAD), world.rows("SELECT id FROM lead ORDER BY id")
    [merged] = leads("review", "--merge", leads("review")[0]["pair"])
    joined = world.rows(LEAD), world.rows("SELECT id FROM lead ORDER BY id")
    leads("undo", str(merged["batch_id"]))
    assert (world.rows(LEAD), world.rows("SELECT id FROM lead ORDER BY id")) == apart
    assert world.rows("SELECT * FROM lead_alias") == []

    leads("review", "--merge", leads("review")[0]["pair"])
    [parted] = leads("unmerge", "1000000000001")
    leads("undo", str(parted["batch_id"]))
    assert (world.rows(LEAD), world.rows("SELECT id FROM lead ORDER BY id")) == joined


def test_a_dry_run_shows_what_would_be_done_and_changes_nothing(world: World, leads: Callable[..., Any]) -> None:
    vendor(world)
    crm(world)
    before = world.rows("FROM lead ORDER BY id"), world.rows("FROM lead_event ORDER BY id"), world.rows("FROM batch")
    told = leads("undo", "1", "--dry-run")
    assert (told["leads_removed"], told["leads_changed"], told["leads_unchanged"]) == (1, 1, 1)
    assert {"lead_id": 501, "field": "phone", "now": "+12127365000", "then": None} in told["samples"]
    after = world.rows("FROM lead ORDER BY id"), world.rows("FROM lead_event ORDER BY id"), world.rows("FROM batch")
    assert after == before


def test_each_lead_that_was_touched_tells_of_it(world: World) -> None:
    vendor(world)
    crm(world)
    take_back(world, 1)
    events = world.rows("SELECT lead_id, data FROM lead_event WHERE event = 'lead_reverted' ORDER BY lead_id")
    told = {lead_id: json.loads(data) for lead_id, data in events}
    assert told[501]["phone"] == {"before": "+12127365000", "after": None}
    assert told[1000000000002] == {"removed": True, "undone_batch_id": 1}


def test_what_cannot_be_undone_is_told(world: World) -> None:
    vendor(world)
    take_back(world, 1)
    for batch_id, message in ((1, "was undone already"), (2, "is itself an undo"), (9, "there is no batch 9")):
        with pytest.raises(UsageError, match=message):
            take_back(world, batch_id)


def test_rejected_rows_of_an_undone_batch_are_open_no_more_and_open_again_when_it_is_loaded_again(world: World) -> None:
    nameless = {"lastName": "Lopez", "email": "lopez@x.example"}
    world.load("web", [elif_safak(), nameless])
    take_back(world, 1)
    assert world.rows("SELECT count(*) FROM rejected_row WHERE status = 'open'") == [(0,)]
    world.load("web", [elif_safak(), nameless])
    assert world.rows("SELECT count(*) FROM rejected_row WHERE status = 'open'") == [(1,)]


def test_a_rejected_row_that_a_good_row_had_closed_is_open_again_without_that(world: World) -> None:
    nameless = {"Record ID": "k7", "lastName": "Lopez", "email": "lopez@x.example"}
    whole = {**nameless, "firstName": "Mia"}
    world.load("web", [elif_safak(), nameless])
    world.load("web", [whole], "2026-01-02")
    world.load("web", [{**whole, "phone": "2127365000"}], "2026-01-03")
    status = "SELECT status FROM rejected_row ORDER BY batch_id"
    assert world.rows(status) == [("superseded",)]
    take_back(world, 2)
    assert world.rows(status) == [("superseded",)]
    take_back(world, 3)
    assert world.rows(status) == [("open",)]
    world.load("web", [whole], "2026-01-02")
    assert world.rows(status) == [("superseded",)]


# --- a version that another batch confirms


V = {"Record ID": "k7", "firstName": "Mia", "lastName": "Lopez", "jobTitle": "V"}
W = {**V, "jobTitle": "W"}
MIA = "SELECT jobTitle, createdAt::DATE::VARCHAR FROM lead"


def test_what_another_batch_confirms_stands_as_of_its_own_time(world: World) -> None:
    world.load("web", [V], "2026-01-01")
    world.load("web", [V, person("Omar")], "2026-01-05")
    world.load("web", [V, person("Kim")], "2026-01-09")
    mia = f"{MIA} WHERE firstName = 'Mia'"
    assert world.rows(mia) == [("V", "2026-01-01")]
    take_back(world, 1)
    assert world.rows(mia) == [("V", "2026-01-05")]
    # Told late, and older than what stands: without the first batch, W was said before V.
    world.load("web", [W], "2026-01-03")
    assert world.rows(mia) == [("V", "2026-01-03")]
    take_back(world, 2)
    assert world.rows(mia) == [("V", "2026-01-03")]
    take_back(world, 5)
    assert world.rows(mia) == [("V", "2026-01-09")]
    take_back(world, 3)
    assert world.rows("SELECT count(*) FROM lead WHERE firstName = 'Mia'") == [(0,)]


def test_explain_names_the_batch_by_which_a_field_stands(world: World, leads: Callable[..., Any]) -> None:
    world.load("web", [V], "2026-01-01")
    world.load("web", [person("Omar"), V], "2026-01-05")
    take_back(world, 1)
    [(lead_id,)] = world.rows("SELECT id FROM lead WHERE firstName = 'Mia'")
    told = {row["field"]: row for row in leads("explain", str(lead_id))["fields"]}
    assert (told["jobTitle"]["batch_id"], told["jobTitle"]["row_number"]) == (2, 2)


# --- a file that is loaded again


# One member a team: whose turn it is says nothing here.
TEAMS = {**REFERENCE, "team_members.csv": "teamId,user\n1,ann@acme.example\n2,cat@acme.example\n"}


@pytest.mark.parametrize("feed", ["crm", "list"])
def test_a_file_that_is_loaded_again_founds_its_leads_as_before(world: World, feed: str) -> None:
    for name, text in TEAMS.items():
        world.write(name, text)
    founding = [elif_safak(processStage="new", branch="East", createdBy="form"), person("Omar")]
    later = [elif_safak(jobTitle="CEO"), person("Omar", company="Haddad & Sons")]
    world.load("web", founding)
    world.load(feed, [{**row, "id": 501 + i} if feed == "crm" else row for i, row in enumerate(later)], "2026-01-02")
    lead = f"SELECT * EXCLUDE (last_batch_id, updatedAt, first_batch_id) FROM ({LEAD_AND_OWNER})"
    before = world.rows(lead), world.rows(TURNS)
    take_back(world, 1)
    assert world.rows("SELECT DISTINCT teamId FROM lead") == [(None if feed == "crm" else 2,)]
    world.load("web", founding)
    assert (world.rows(lead), world.rows(TURNS)) == before
    # And the other way round again.
    take_back(world, 4)
    assert world.rows("SELECT DISTINCT teamId FROM lead") == [(None if feed == "crm" else 2,)]


LEAD_AND_OWNER = "SELECT * EXCLUDE (id) FROM lead ORDER BY ALL"
TURNS = "SELECT teamId, assignedTo, count(*) FROM standing_lead_assignment WHERE owner_rule = 'rotation' GROUP BY ALL"
