"""Whose turn it is, through files: batches that go on, caps, days off, absences, tiers, and turns given back."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.warehouse import open_warehouse
from tests.integration.test_rules import FEEDS, World

# In UTC, as the teams' days are here.
TODAY = datetime.now(UTC)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
USERS = ("ann", "bob", "cat", "dan")


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Team 1 of acme with ann, bob and cat, to which the feed web's leads go; no fallback owner."""
    world = World(tmp_path)
    world.write("feeds.toml", FEEDS.replace("[feeds.web]\n", "[feeds.web]\nteam_id = 1\n"))
    teams(world)
    users(world)
    members(world, "ann", "bob", "cat")
    return world


def teams(world: World, fallback: str = "", reentry: str = "") -> None:
    """Write teams.csv with team 1."""
    owner = f"{fallback}@acme.example" if fallback else ""
    world.write("teams.csv", f"teamId,accountId,name,fallback_owner,reentry\n1,acme,East,{owner},{reentry}\n")


def users(world: World, **working_days: str) -> None:
    """Write users.csv with all users; a keyword names the working days of one, or `inactive`."""
    rows = []
    for user in USERS:
        days = working_days.get(user, "")
        rows.append(f"{user}@acme.example,{user},{days != 'inactive'},{days if days != 'inactive' else ''}")
    world.write("users.csv", "user,name,active,working_days\n" + "\n".join(rows) + "\n")


def members(world: World, *rows: str) -> None:
    """Write team_members.csv: each row a user, or `user,weight,daily_cap,open_cap,tier`."""
    cells = [row.split(",", 1) for row in rows]
    lines = ["1," + ",".join([f"{cell[0]}@acme.example", *cell[1:]]) for cell in cells]
    world.write("team_members.csv", "teamId,user,weight,daily_cap,open_cap,tier\n" + "\n".join(lines) + "\n")


def absent(world: World, *people: str) -> None:
    """Write absences.csv with people who are away until further notice."""
    world.write("absences.csv", "user,first_on\n" + "".join(f"{each}@acme.example,2000-01-01\n" for each in people))


def load(world: World, count: int, **cells: Any) -> dict[str, Any]:
    """Load new people of team 1, named by how many there were before."""
    known = world.file_count * 1000
    rows = [{"firstName": f"P{known + place}", "lastName": "Stone", **cells} for place in range(count)]
    return world.load("web", rows)


def owners(world: World, batch: dict[str, Any] | None = None) -> str:
    """The first letters of the owners in the order of the leads, `-` for nobody."""
    where = "" if batch is None else f"WHERE batch_id = {batch['batch_id']}"
    found = world.rows(f"SELECT coalesce(left(assignedTo, 1), '-') FROM assignment {where} ORDER BY lead_id")
    return "".join(letter for (letter,) in found)


def undo(world: World, batch: dict[str, Any]) -> None:
    """Add the batch that undoes another, as far as the views know of undoing."""
    with open_warehouse(world.settings.warehouse, wait_seconds=0) as warehouse:
        warehouse.connection.execute(
            "INSERT INTO batch SELECT * REPLACE (batch_id + 1000 AS batch_id, 'undo' AS kind, batch_id AS of_batch_id)"
            f" FROM batch WHERE batch_id = {batch['batch_id']}"
        )


def why(world: World, place: int) -> dict[str, str]:
    """Reason by candidate of one decision, counted in the order of the leads."""
    found = world.rows("SELECT candidates FROM assignment ORDER BY lead_id")
    return {each["candidate"].partition("@")[0]: each["reason"] for each in json.loads(found[place][0] or "[]")}


# --- turns


def test_six_leads_go_round_and_the_next_batch_goes_on_with_the_next(world: World) -> None:
    assert owners(world, load(world, 6)) == "abcabc"
    assert owners(world, load(world, 1)) == "a"
    assert owners(world, load(world, 2)) == "bc"
    assert world.rows("SELECT DISTINCT owner_rule, candidates FROM assignment") == [("rotation", None)]


def test_the_same_people_again_assign_nobody(world: World) -> None:
    rows = [{"firstName": name, "lastName": "Stone", "email": f"{name}@stone.example"} for name in ("Ada", "Ida")]
    world.load("web", rows)
    world.load("web", [{**row, "jobTitle": "Boss"} for row in rows])
    world.load("list", [{**row, "company": "Stone"} for row in rows])
    assert owners(world) == "ab"


def test_a_member_who_is_removed_leaves_the_rest_to_go_on(world: World) -> None:
    load(world, 4)
    members(world, "ann", "cat")
    assert owners(world, load(world, 4)) == "caca"


def test_a_member_who_is_added_starts_even_and_resets_nobody(world: World) -> None:
    load(world, 4)
    members(world, "ann", "bob", "cat", "dan")
    assert owners(world, load(world, 4)) == "bcda"


def test_weights_of_one_and_two_share_thirty_leads_as_ten_and_twenty(world: World) -> None:
    members(world, "ann,1", "bob,2")
    dealt = owners(world, load(world, 30))
    assert (dealt.count("a"), dealt.count("b")) == (10, 20)


def test_a_change_of_weights_counts_from_then_on(world: World) -> None:
    load(world, 30)
    members(world, "ann,3", "bob,1", "cat,0")
    dealt = owners(world, load(world, 8))
    assert (dealt.count("a"), dealt.count("b"), dealt.count("c")) == (6, 2, 0)


def test_a_batch_that_is_undone_gives_its_turns_back(world: World) -> None:
    first = load(world, 1)
    second = load(world, 2)
    assert owners(world, first) + owners(world, second) == "abc"
    undo(world, first)
    assert owners(world, load(world, 4)) == "aabc"


# --- caps


def test_caps_of_two_one_and_one_leave_two_of_six_leads_with_the_reason(world: World) -> None:
    members(world, "ann,1,2", "bob,1,1", "cat,1,1")
    load(world, 6)
    assert owners(world) == "abca--"
    assert world.rows("SELECT owner_rule FROM assignment ORDER BY lead_id")[4:] == [("unassigned_no_member",)] * 2
    assert why(world, 5) == dict.fromkeys(("ann", "bob", "cat"), "over_daily_cap")
    assert why(world, 3) == {"ann": "in_turn", "bob": "over_daily_cap", "cat": "over_daily_cap"}


def test_what_is_over_the_caps_goes_to_the_fallback_owner(world: World) -> None:
    teams(world, fallback="dan")
    members(world, "ann,1,2", "bob,1,1", "cat,1,1")
    load(world, 6)
    assert owners(world) == "abcadd"


def test_a_daily_cap_counts_the_leads_of_the_day_and_an_undone_batch_gives_room_back(world: World) -> None:
    members(world, "ann,1,2", "bob")
    first = load(world, 2)
    assert owners(world, load(world, 4)) == "abbb"
    undo(world, first)
    assert owners(world, load(world, 2)).count("a") == 1


def test_an_open_cap_counts_open_leads_of_the_team_only(world: World) -> None:
    world.write("stages.csv", "processStage,kind\nNew,open\nWon,won\n")
    members(world, "ann,1,,2", "bob")
    load(world, 1, assignedTo="ann", processStage="Won")
    load(world, 1, assignedTo="ann", processStage="New", archived=True)
    load(world, 1, assignedTo="ann", processStage="New")
    assert owners(world, load(world, 3, processStage="New")) == "abb"
    assert why(world, 5) == {"ann": "over_open_cap", "bob": "in_turn"}


def test_a_lead_that_the_same_file_gives_to_somebody_counts_for_their_open_cap(world: World) -> None:
    members(world, "ann,1,,1", "bob")
    rows = [{"firstName": "Ada", "lastName": "Stone"}, {"firstName": "Ida", "lastName": "Stone", "assignedTo": "ann"}]
    world.load("web", rows)
    assert owners(world) == "ba"


def test_tier_two_takes_what_tier_one_cannot(world: World) -> None:
    members(world, "ann,1,1,,1", "bob,1,1,,1", "cat,1,,,2")
    assert owners(world, load(world, 4)) == "abcc"


# --- days


def test_inactive_and_absent_members_take_none(world: World) -> None:
    users(world, bob="inactive")
    absent(world, "cat")
    assert owners(world, load(world, 2)) == "aa"
    assert why(world, 0) == {"ann": "in_turn", "bob": "inactive", "cat": "absent"}


def test_where_all_are_absent_the_fallback_owner_steps_in(world: World) -> None:
    teams(world, fallback="dan")
    absent(world, "ann", "bob", "cat")
    load(world, 1)
    assert world.rows("SELECT left(assignedTo, 3), owner_rule FROM assignment") == [("dan", "fallback")]
    assert why(world, 0) == dict.fromkeys(("ann", "bob", "cat"), "absent")


def test_leads_go_to_those_who_work_today(world: World) -> None:
    today, other = DAYS[TODAY.weekday()], DAYS[(TODAY.weekday() + 1) % 7]
    users(world, ann=other, bob=today, cat=today)
    assert owners(world, load(world, 2)) == "bc"
    assert why(world, 0)["ann"] == "day_off"


def test_where_nobody_works_today_the_leads_wait_for_the_next_working_day(world: World) -> None:
    next_day, later = DAYS[(TODAY.weekday() + 1) % 7], DAYS[(TODAY.weekday() + 3) % 7]
    users(world, ann=later, bob=next_day, cat=later)
    assert owners(world, load(world, 2)) == "bb"
    assert world.rows("SELECT DISTINCT turn_on FROM assignment") == [((TODAY + timedelta(days=1)).date(),)]


def test_where_nobody_works_today_the_fallback_takes_them_if_that_is_set(world: World) -> None:
    world.write("routing.toml", 'days_off = "fallback"\n')
    teams(world, fallback="dan")
    next_day = DAYS[(TODAY.weekday() + 1) % 7]
    users(world, ann=next_day, bob=next_day, cat=next_day)
    assert owners(world, load(world, 1)) == "d"


@pytest.mark.parametrize(("reentry", "dealt"), [("resume", "abcabc"), ("catch_up", "aaaabc")])
def test_a_member_who_was_absent_comes_back_by_the_teams_rule(world: World, reentry: str, dealt: str) -> None:
    teams(world, reentry=reentry)
    absent(world, "ann")
    assert owners(world, load(world, 6)) == "bcbcbc"
    absent(world)
    assert owners(world, load(world, 6)) == dealt
