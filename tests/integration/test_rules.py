"""The rules of the domain, through files: who is believed, who is joined, who gets what, and what is refused."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from flows.pipeline import ingest
from flows.run import Request
from flows.settings import Settings
from flows.warehouse import read_warehouse

FEEDS = """
[feeds.crm]
origin = "crm"
account_id = "acme"
as_of_pattern = "%Y-%m-%d"

[feeds.nightly]
origin = "crm"
account_id = "acme"
extent = "full"

[feeds.web]
account_id = "acme"
as_of_pattern = "%Y-%m-%d"

[feeds.list]
account_id = "acme"
as_of_pattern = "%Y-%m-%d"

[feeds.partner]
account_id = "acme"
as_of_pattern = "%Y-%m-%d"
on_update = { default = "overwrite", notes = "fill" }
clear_token = "CLEAR"
trust = ["assignedTo"]

[feeds.other]
account_id = "globex"
"""


class World:
    """A warehouse, its reference data, and files that come one after the other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.reference = folder / "reference"
        self.reference.mkdir()
        self.write("feeds.toml", FEEDS)
        self.settings = Settings(
            warehouse=folder / "leads.duckdb", reference=self.reference, archive=folder / "archive"
        )
        self.file_count = 0

    def write(self, name: str, text: str) -> None:
        """Put a file into the reference folder."""
        (self.reference / name).write_text(text, encoding="utf-8")

    def load(self, feed: str, rows: Sequence[dict[str, Any]], day: str = "2026-01-01", **how: bool) -> dict[str, Any]:
        """Load rows as a JSON export of a day; return the batch."""
        self.file_count += 1
        path = self.folder / f"{feed}-{self.file_count}-{day}.json"
        path.write_text(json.dumps(list(rows)), encoding="utf-8")
        [summary] = ingest(self.settings, Request(paths=(str(path),), feed=feed, is_forced=how.get("force", False)))
        assert summary.columns["status"] in ("loaded", "skipped"), summary.columns["error"]
        return summary.columns

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Ask the warehouse."""
        with read_warehouse(self.settings.warehouse, wait_seconds=0) as warehouse:
            return warehouse.connection.sql(query).fetchall()

    def outcomes(self, batch: dict[str, Any]) -> list[str]:
        """The outcomes of a batch's rows in order."""
        query = f"SELECT outcome FROM batch_row WHERE batch_id = {batch['batch_id']} ORDER BY row_number"
        return [outcome for (outcome,) in self.rows(query)]


@pytest.fixture
def world(tmp_path: Path) -> World:
    """An empty warehouse with the feeds above."""
    return World(tmp_path)


def dana(**cells: Any) -> dict[str, Any]:
    """One person as a source may tell her."""
    return {"firstName": "Dana", "lastName": "Reyes", "email": "dana@reyes.example", **cells}


# --- survivorship


def test_a_blank_cell_of_the_crm_withdraws_its_value_and_the_vendors_shows(world: World) -> None:
    world.load("web", [dana(jobTitle="Owner")])
    world.load("crm", [dana(id=501, jobTitle="Founder")], "2026-01-02")
    assert world.rows("SELECT jobTitle FROM lead") == [("Founder",)]
    world.load("crm", [dana(id=501, jobTitle="")], "2026-01-03")
    assert world.rows("SELECT jobTitle FROM lead") == [("Owner",)]


def test_an_absent_or_unreadable_cell_of_the_crm_says_nothing(world: World) -> None:
    world.load("crm", [dana(id=501, numberOfEmployees=12, company="CRM Inc")])
    world.load("crm", [dana(id=501, numberOfEmployees="a dozen")], "2026-01-02")
    assert world.rows("SELECT numberOfEmployees, company FROM lead") == [(12, "CRM Inc")]


def test_zero_and_false_are_values(world: World) -> None:
    world.load("web", [dana(numberOfEmployees=5, archived=True)])
    world.load("crm", [dana(id=501, numberOfEmployees=0, archived=False)], "2026-01-02")
    assert world.rows("SELECT numberOfEmployees, archived FROM lead") == [(0, False)]


def test_fill_feeds_give_only_what_nobody_gave_the_earliest_first(world: World) -> None:
    world.load("web", [dana(jobTitle="Owner")], "2026-01-02")
    world.load("list", [dana(jobTitle="Founder", company="List Ltd")], "2026-01-03")
    assert world.rows("SELECT jobTitle, company FROM lead") == [("Owner", "List Ltd")]


def test_a_newer_version_of_a_record_replaces_its_older_one(world: World) -> None:
    world.load("web", [dana(jobTitle="Owner")], "2026-01-02")
    batch = world.load("web", [dana(jobTitle="Founder")], "2026-01-03")
    assert world.outcomes(batch) == ["updated"]
    assert world.rows("SELECT jobTitle FROM lead") == [("Founder",)]


def test_an_older_export_that_comes_later_does_not_overwrite(world: World) -> None:
    world.load("web", [dana(jobTitle="Founder")], "2026-01-03")
    world.load("web", [dana(jobTitle="Owner")], "2026-01-02")
    assert world.rows("SELECT jobTitle, createdAt::DATE::VARCHAR FROM lead") == [("Founder", "2026-01-02")]
    assert world.rows("SELECT count(*) FROM record") == [(2,)]


def test_overwrite_feeds_go_before_fill_feeds_but_field_by_field(world: World) -> None:
    world.load("web", [dana(jobTitle="Owner", notes="first")], "2026-01-02")
    world.load("partner", [dana(jobTitle="Founder", notes="second")], "2026-01-03")
    assert world.rows("SELECT jobTitle, notes FROM lead") == [("Founder", "first")]


def test_a_clear_token_clears_what_the_source_said(world: World) -> None:
    world.load("partner", [dana(id="p1", jobTitle="Owner", company="Reyes")], "2026-01-02")
    world.load("partner", [dana(id="p1", jobTitle="CLEAR", company="")], "2026-01-03")
    assert world.rows("SELECT jobTitle, company FROM lead") == [(None, "Reyes")]


def test_vendors_never_change_what_the_crms_people_own(world: World) -> None:
    world.load("web", [dana(processStage="new", branch="East", archived=False)], "2026-01-02")
    batch = world.load(
        "web", [dana(processStage="won", branch="West", archived=True, applicationId=None)], "2026-01-03"
    )
    assert world.outcomes(batch) == ["unchanged"]
    assert world.rows("SELECT processStage, branch, archived FROM lead") == [("new", "East", False)]


def test_dates_of_a_lead_are_the_crms_else_those_of_its_records(world: World) -> None:
    world.load("web", [dana(createdAt="2025-12-24T10:00:00Z", updatedAt="2025-12-25T10:00:00Z")], "2026-01-02")
    query = "SELECT createdAt::VARCHAR, updatedAt::VARCHAR FROM lead"
    assert world.rows(query) == [("2025-12-24 10:00:00+00", "2026-01-02 00:00:00+00")]
    world.load("crm", [dana(id=501, createdAt="2025-11-01T00:00:00Z", updatedAt="2026-01-03T08:00:00Z")], "2026-01-04")
    assert world.rows(query) == [("2025-11-01 00:00:00+00", "2026-01-03 08:00:00+00")]


def test_a_version_is_ordered_by_its_own_time_where_it_has_one(world: World) -> None:
    world.load("crm", [dana(id=501, company="Newer", updatedAt="2026-01-05T00:00:00Z")], "2026-01-06")
    world.load("crm", [dana(id=501, company="Older", updatedAt="2026-01-04T00:00:00Z")], "2026-01-07")
    assert world.rows("SELECT company FROM lead") == [("Newer",)]


# --- versions and repeats


def test_the_same_rows_in_another_file_are_confirmed_not_stored_again(world: World) -> None:
    world.load("web", [dana()], "2026-01-02")
    batch = world.load("web", [dana(), {"firstName": "Eve", "lastName": "Stone"}], "2026-01-03")
    assert world.outcomes(batch) == ["unchanged", "inserted"]
    assert world.rows("SELECT count(*) FROM record WHERE firstName = 'Dana'") == [(1,)]


def test_rows_of_one_person_in_a_file_are_repeats_of_the_first(world: World) -> None:
    batch = world.load("web", [dana(), dana(jobTitle="Owner"), dana(jobTitle="Owner")])
    assert world.outcomes(batch) == ["inserted", "merged", "merged"]
    assert world.rows("SELECT count(*), max(jobTitle) FROM record") == [(2, "Owner")]
    assert world.rows("SELECT DISTINCT record_id FROM batch_row WHERE row_number > 1") == [(2,)]


def test_a_full_feed_that_goes_back_to_an_old_export_ends_in_it(world: World) -> None:
    first, second = [dana(id=501, company="A")], [dana(id=501, company="B")]
    world.load("nightly", first)
    world.load("nightly", second)
    batch = world.load("nightly", first)
    assert batch["status"] == "loaded"
    assert world.load("nightly", first)["status"] == "skipped"


def test_a_delta_feed_skips_any_content_it_has_loaded(world: World) -> None:
    world.load("web", [dana(company="A")])
    world.load("web", [dana(company="B")])
    assert world.load("web", [dana(company="A")])["status"] == "skipped"


def test_the_same_content_is_loaded_once_per_feed(world: World) -> None:
    world.load("web", [dana()])
    assert world.load("list", [dana()])["status"] == "loaded"


# --- identity


@pytest.mark.parametrize(
    ("phone", "lead_count"),
    [("ask reception", 2), ("12345", 2), ("(212) 555-01", 1)],
    ids=["no number", "too short to be one", "no plan knows it"],
)
def test_a_phone_that_is_no_number_tells_nothing_of_who_somebody_is(world: World, phone: str, lead_count: int) -> None:
    world.load("web", [{"firstName": "Dana", "lastName": "Reyes", "phone": phone}])
    world.load("list", [{"firstName": "Dana", "lastName": "Reyes", "phone": phone}])
    assert world.rows("SELECT count(*) FROM lead") == [(lead_count,)]


def test_a_phone_and_agreeing_names_are_one_person(world: World) -> None:
    world.load("web", [{"firstName": "José", "lastName": "O'Neil", "phone": "(212) 736-5000"}])
    batch = world.load("list", [{"firstName": "JOSE", "lastName": "ONEIL", "phone": "+1 212 736 5000"}])
    assert world.outcomes(batch) == ["unchanged"]
    assert world.rows("SELECT rule, decision FROM match_decision") == [("phone_and_names", "merged")]


def test_an_address_that_people_share_does_not_join_them(world: World) -> None:
    people = [{"firstName": name, "lastName": "Stone", "email": "info@stone.example"} for name in ("Eve", "Ada", "Max")]
    world.load("web", people)
    world.load("list", people)
    assert world.rows("SELECT count(*) FROM lead") == [(3,)]


def test_nothing_crosses_accounts(world: World) -> None:
    world.load("web", [dana()])
    world.load("other", [dana()])
    assert world.rows("SELECT accountId FROM lead ORDER BY id") == [("acme",), ("globex",)]


def test_the_crms_id_becomes_the_leads_and_the_assigned_one_an_alias(world: World) -> None:
    world.load("web", [dana()])
    world.load("crm", [dana(id=501)], "2026-01-02")
    assert world.rows("SELECT id FROM lead") == [(501,)]
    assert world.rows("SELECT * FROM lead_alias") == [(1_000_000_000_000, 501, "crm_id")]
    assert world.rows("SELECT DISTINCT lead_id FROM record_lead") == [(501,)]


def test_two_crm_ids_are_never_joined_but_listed(world: World) -> None:
    world.load("crm", [dana(id=501), dana(id=502)])
    assert world.rows("SELECT id FROM lead ORDER BY id") == [(501,), (502,)]
    assert world.rows("SELECT decision, evidence ->> 'against' FROM match_decision") == [("review", "two_crm_ids")]


def test_different_application_ids_are_reviewed(world: World) -> None:
    world.load("web", [dana(applicationId="A1")])
    world.load("list", [dana(applicationId="A2")])
    assert world.rows("SELECT count(*) FROM lead") == [(2,)]
    assert world.rows("SELECT decision FROM match_decision") == [("review",)]


def test_a_record_that_knows_two_leads_joins_them_to_the_older(world: World) -> None:
    world.load("web", [dana()])
    world.load("list", [{"firstName": "Dana", "lastName": "Reyes", "phone": "(212) 736-5000"}])
    assert world.rows("SELECT count(*) FROM lead") == [(2,)]
    batch = world.load("partner", [dana(phone="(212) 736-5000")])
    assert world.outcomes(batch) == ["updated"]
    assert world.rows("SELECT id, phone FROM lead") == [(1_000_000_000_000, "+12127365000")]
    assert world.rows("SELECT * FROM lead_alias") == [(1_000_000_000_001, 1_000_000_000_000, "merged")]
    merged = [event for (event,) in world.rows("SELECT event FROM lead_event WHERE batch_id = 3")]
    assert "lead_merged" in merged


def test_ids_given_up_are_followed_through_later_joins(world: World) -> None:
    test_a_record_that_knows_two_leads_joins_them_to_the_older(world)
    world.load("crm", [dana(id=501)], "2026-02-01")
    assert world.rows("SELECT alias_id, lead_id FROM lead_alias ORDER BY 1") == [
        (1_000_000_000_000, 501),
        (1_000_000_000_001, 501),
    ]


def test_a_crm_id_of_another_account_is_a_conflict(world: World) -> None:
    world.load("crm", [dana(id=501)])
    world.load("web", [dana()], "2026-01-02")
    batch = world.load(
        "nightly", [dana(id=501, accountId="globex"), {"id": 7, "firstName": "Eve", "lastName": "Stone"}]
    )
    assert world.outcomes(batch) == ["rejected", "inserted"]
    [(code, raw)] = world.rows("SELECT reasons[1].code, raw FROM rejected_row")
    assert code == "id_conflict"
    assert json.loads(raw)["accountId"] == "globex"


def test_assigned_ids_pass_over_ids_that_the_crm_uses(world: World) -> None:
    world.load("crm", [dana(id=1_000_000_000_000)])
    world.load("web", [{"firstName": "Eve", "lastName": "Stone"}])
    assert world.rows("SELECT id FROM lead ORDER BY id") == [(1_000_000_000_000,), (1_000_000_000_001,)]


# --- rejected rows


def test_the_same_bad_row_is_one_rejected_row_seen_again(world: World) -> None:
    bad = {"id": "x9", "lastName": "Lopez"}
    for day in ("2026-01-01", "2026-01-02", "2026-01-03"):
        world.load("web", [dana(notes=day), bad], day)
    assert world.rows("SELECT batch_id, seen_count, status FROM rejected_row") == [(1, 3, "open")]
    assert world.rows("SELECT sum(rows_rejected) FROM batch") == [(3,)]
    world.load("web", [{**bad, "firstName": "Ana"}], "2026-01-04")
    assert world.rows("SELECT status FROM rejected_row") == [("superseded",)]


def test_two_equal_bad_rows_in_a_file_are_two(world: World) -> None:
    world.load("web", [{"lastName": "Lopez"}, {"lastName": "Lopez"}])
    world.load("web", [{"lastName": "Lopez"}, {"lastName": "Lopez"}, dana()])
    assert world.rows("SELECT row_number, seen_count FROM rejected_row ORDER BY 1") == [(1, 2), (2, 2)]


def test_the_crm_is_never_rejected_for_a_missing_name(world: World) -> None:
    world.load("crm", [{"id": 501, "lastName": "", "firstName": None}])
    assert world.rows("SELECT firstName, lastName FROM lead") == [("", "")]
    assert world.rows("SELECT column_name, code FROM cell_issue ORDER BY 1") == [
        ("firstName", "name_missing"),
        ("lastName", "name_missing"),
    ]


# --- team, source, owner


@pytest.fixture
def staffed(world: World) -> World:
    """Two teams of acme, lead sources of the first, and three users."""
    world.write("teams.csv", "teamId,accountId,name,fallback_owner\n1,acme,East,cat@acme.example\n2,acme,West,\n")
    world.write(
        "users.csv",
        "user,name,active\nann@acme.example,Ann,true\nbob@acme.example,Bob,true\ncat@acme.example,Cat,true\n",
    )
    world.write("team_members.csv", "teamId,user,weight\n1,ann@acme.example,1\n1,bob@acme.example,1\n")
    world.write("lead_sources.csv", "leadSourceId,teamId,name\n10,1,Web\n20,1,Fair\n")
    return world


def person(name: str, **cells: Any) -> dict[str, Any]:
    """A new person."""
    return {"firstName": name, "lastName": "Stone", "email": f"{name.lower()}@stone.example", **cells}


def test_a_team_is_required_where_the_account_has_teams(staffed: World) -> None:
    batch = staffed.load("web", [person("Eve"), person("Ada", teamId=2)])
    assert staffed.outcomes(batch) == ["rejected", "inserted"]
    [(code, raw)] = staffed.rows("SELECT reasons[1].code, raw FROM rejected_row")
    assert (code, json.loads(raw)["firstName"]) == ("team_required", "Eve")


def test_a_lead_source_is_required_where_the_team_has_sources(staffed: World) -> None:
    batch = staffed.load("web", [person("Eve", teamId=1), person("Ada", teamId=1, leadSourceId=20)])
    assert staffed.outcomes(batch) == ["rejected", "inserted"]
    assert staffed.rows("SELECT reasons[1].code FROM rejected_row") == [("lead_source_required",)]


def test_an_account_without_teams_needs_none(staffed: World) -> None:
    assert staffed.outcomes(staffed.load("other", [person("Eve")])) == ["inserted"]


def test_a_row_of_an_existing_lead_needs_no_team(staffed: World) -> None:
    staffed.load("crm", [person("Eve", id=501, teamId=2)])
    assert staffed.outcomes(staffed.load("web", [person("Eve", jobTitle="Owner")])) == ["updated"]
    assert staffed.rows("SELECT teamId FROM lead") == [(2,)]


def test_a_requirement_can_be_skipped(staffed: World) -> None:
    staffed.write("feeds.toml", FEEDS.replace("[feeds.web]", "[feeds.web]\nskip_team_and_source_requirement = true"))
    assert staffed.outcomes(staffed.load("web", [person("Eve")])) == ["inserted"]
    assert staffed.rows("SELECT assignedTo, owner_rule FROM assignment") == [(None, "unassigned_no_team")]


def test_owners_take_turns_over_batches_and_repeats_take_none(staffed: World) -> None:
    where = {"teamId": 1, "leadSourceId": 10}
    staffed.load("web", [person("Eve", **where), person("Ada", **where), person("Max", **where)])
    staffed.load("list", [person("Eve", **where), person("Ida", **where)])
    owners = staffed.rows("SELECT firstName, left(assignedTo, 3) FROM lead ORDER BY id")
    assert owners == [("Eve", "ann"), ("Ada", "bob"), ("Max", "ann"), ("Ida", "bob")]


def test_a_given_and_known_owner_is_kept_and_takes_no_turn(staffed: World) -> None:
    where = {"teamId": 1, "leadSourceId": 10}
    staffed.load("web", [person("Eve", assignedTo="Bob", **where), person("Ada", assignedTo="nobody", **where)])
    assert staffed.rows("SELECT assignedTo, owner_rule FROM assignment ORDER BY lead_id") == [
        ("bob@acme.example", "given"),
        ("ann@acme.example", "rotation"),
    ]
    assert staffed.rows("SELECT code, raw FROM cell_issue") == [("owner_unknown", "nobody")]


def test_a_vendor_does_not_take_a_lead_from_its_owner_but_a_trusted_one_does(staffed: World) -> None:
    where = {"teamId": 1, "leadSourceId": 10}
    staffed.load("web", [person("Eve", **where)], "2026-01-01")
    staffed.load("list", [person("Eve", assignedTo="bob@acme.example", **where)], "2026-01-02")
    assert staffed.rows("SELECT assignedTo FROM lead") == [("ann@acme.example",)]
    staffed.load("partner", [person("Eve", assignedTo="bob@acme.example", **where)], "2026-01-03")
    assert staffed.rows("SELECT assignedTo FROM lead") == [("bob@acme.example",)]


def test_an_owner_change_in_the_crm_wins_and_is_told(staffed: World) -> None:
    staffed.load("web", [person("Eve", teamId=1, leadSourceId=10)])
    staffed.load("crm", [person("Eve", id=501, teamId=2, assignedTo="cat@acme.example")], "2026-01-02")
    assert staffed.rows("SELECT teamId, assignedTo FROM lead") == [(2, "cat@acme.example")]
    [(data,)] = staffed.rows("SELECT data FROM lead_event WHERE batch_id = 2 AND event = 'lead_assigned'")
    assert json.loads(data) == {"before": "ann@acme.example", "after": "cat@acme.example"}


def test_crm_rows_take_no_turn(staffed: World) -> None:
    staffed.load("crm", [person("Eve", id=501, teamId=1)])
    assert staffed.rows("SELECT assignedTo, owner_rule FROM assignment") == [(None, "unassigned_no_rotation")]


def test_absent_and_inactive_members_take_no_turn_and_the_fallback_steps_in(staffed: World) -> None:
    staffed.write("absences.csv", "user,first_on,last_on\nann@acme.example,2000-01-01,\n")
    staffed.load("web", [person("Eve", teamId=1, leadSourceId=10)])
    assert staffed.rows("SELECT assignedTo FROM lead") == [("bob@acme.example",)]
    staffed.write(
        "users.csv",
        "user,name,active\nann@acme.example,Ann,true\nbob@acme.example,Bob,false\ncat@acme.example,Cat,true\n",
    )
    staffed.load("web", [person("Ada", teamId=1, leadSourceId=10)])
    assert staffed.rows("SELECT assignedTo, owner_rule FROM assignment WHERE batch_id = 2") == [
        ("cat@acme.example", "fallback")
    ]


def test_a_team_without_members_leaves_the_lead_unassigned_with_the_reason(staffed: World) -> None:
    staffed.load("web", [person("Eve", teamId=2)])
    assert staffed.rows("SELECT assignedTo, owner_rule FROM assignment") == [(None, "unassigned_no_member")]


# --- the lead's log


def test_the_log_of_a_crm_export_is_kept_once_without_its_secrets(world: World) -> None:
    entry = {
        "id": 3,
        "event": "lead_converted",
        "created": "2026-01-01T00:00:00Z",
        "data": {"stage": "won"},
        "requestHeaders": {"Authorization": "Bearer s3cret", "Accept": "*/*", 'we"ird': "$x"},
    }
    world.load("crm", [dana(id=501, auditLog=[entry, 1])])
    world.load("crm", [dana(id=501, company="Reyes", auditLog=[entry])], "2026-01-02")
    [(headers, data)] = world.rows("SELECT requestHeaders, data FROM lead_event WHERE event = 'lead_converted'")
    assert json.loads(headers) == {"Authorization": "***", "Accept": "*/*", 'we"ird': "$x"}
    assert json.loads(data) == {"stage": "won"}


def test_an_update_tells_what_was_before_and_after(world: World) -> None:
    world.load("web", [dana(jobTitle="Owner")], "2026-01-02")
    world.load("web", [dana(jobTitle="Founder")], "2026-01-03")
    [(data,)] = world.rows("SELECT data FROM lead_event WHERE event = 'lead_updated'")
    assert json.loads(data) == {"jobTitle": {"before": "Owner", "after": "Founder"}}


# --- found by looking hard


def test_a_vendors_blank_does_not_make_its_older_value_look_newer(world: World) -> None:
    world.write(
        "feeds.toml",
        FEEDS + '[feeds.second]\naccount_id = "acme"\nas_of_pattern = "%Y-%m-%d"\non_update = "overwrite"\n',
    )
    world.load("partner", [dana(jobTitle="Owner")], "2026-01-02")
    world.load("second", [dana(jobTitle="Founder")], "2026-01-03")
    batch = world.load("partner", [dana(jobTitle="", notes="called")], "2026-01-06")
    assert world.rows("SELECT jobTitle, notes FROM lead") == [("Founder", "called")]
    assert world.outcomes(batch) == ["updated"]


def test_a_full_feed_that_goes_back_ends_in_what_the_old_export_says(world: World) -> None:
    first, second = [dana(id=501, company="A")], [dana(id=501, company="B")]
    for export, company in ((first, "A"), (second, "B"), (first, "A")):
        world.load("nightly", export)
        assert world.rows("SELECT company FROM lead") == [(company,)]
    assert world.load("nightly", first)["status"] == "skipped"


def test_a_crm_record_without_an_id_gives_way_to_the_one_that_has_it(world: World) -> None:
    world.load("crm", [dana()])
    world.load("crm", [dana(id=7)], "2026-01-02")
    assert world.rows("SELECT id FROM lead") == [(7,)]


def test_an_account_move_in_the_crm_is_told(world: World) -> None:
    world.load("crm", [dana(id=5, accountId="x")])
    world.load("crm", [dana(id=5, accountId="y")], "2026-01-02")
    assert world.rows("SELECT accountId FROM lead") == [("y",)]
    assert ("lead_moved",) in world.rows("SELECT event FROM lead_event WHERE batch_id = 2")


def test_what_a_source_said_in_another_account_does_not_find_people_there(world: World) -> None:
    world.load("crm", [dana(id=5, accountId="globex")])
    world.load("crm", [dana(id=5, accountId="acme")], "2026-01-02")
    batch = world.load("other", [dana()])
    assert world.outcomes(batch) == ["inserted"]
    assert world.rows("SELECT count(*) FROM lead") == [(2,)]


def test_an_address_that_the_source_has_replaced_is_no_contact_and_no_evidence(world: World) -> None:
    world.load("crm", [dana(id=7, email="old@reyes.example")])
    world.load("crm", [dana(id=7, email="")], "2026-01-02")
    assert world.rows("SELECT value FROM lead_contact") == []
    world.load("web", [dana(email="old@reyes.example")])
    assert world.rows("SELECT count(*) FROM lead") == [(2,)]


def test_a_rejected_row_without_a_key_is_superseded_when_it_loads(staffed: World) -> None:
    staffed.load("web", [person("Eve", teamId=99)])
    staffed.load("web", [person("Eve", teamId=2)], "2026-01-02")
    assert staffed.rows("SELECT reasons[1].code, status FROM rejected_row") == [("team_unknown", "superseded")]


def test_teams_sources_and_users_of_another_account_are_unknown(staffed: World) -> None:
    staffed.write("teams.csv", "teamId,accountId,name\n1,acme,East\n2,acme,West\n5,globex,Far\n")
    staffed.write(
        "users.csv",
        "user,name,active,working_days,accountId\nann@acme.example,Ann,true,,\nbob@acme.example,Bob,true,,\noz@globex.example,Oz,true,,globex\n",
    )
    staffed.write("lead_sources.csv", "leadSourceId,teamId,name\n10,1,Web\n50,5,Far\n")
    batch = staffed.load(
        "web",
        [
            person("Eve", teamId=5),
            person("Ada", teamId=1, leadSourceId=50),
            person("Max", teamId=1, leadSourceId=10, assignedTo="oz@globex.example"),
        ],
    )
    assert staffed.outcomes(batch) == ["rejected", "rejected", "inserted"]
    assert staffed.rows("SELECT assignedTo FROM lead") == [("ann@acme.example",)]
    assert staffed.rows("SELECT code FROM cell_issue") == [("owner_unknown",)]
    staffed.load("crm", [person("Ida", id=8, teamId=5, assignedTo="Oz")])
    assert staffed.rows("SELECT column_name, code FROM cell_issue WHERE batch_id = 2 ORDER BY 1") == [
        ("assignedTo", "reference_unknown"),
        ("teamId", "reference_unknown"),
    ]


def test_a_given_lead_source_is_kept_where_no_team_is_known(staffed: World) -> None:
    staffed.write("feeds.toml", FEEDS.replace("[feeds.web]", "[feeds.web]\nskip_team_and_source_requirement = true"))
    staffed.load("web", [person("Eve", leadSourceId=10)])
    assert staffed.rows("SELECT leadSourceId FROM lead") == [(10,)]
