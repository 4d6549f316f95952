"""Who gets a lead and why, through files: team, source and owner, rule by rule."""

import json
from pathlib import Path
from typing import Any

import pytest

from flows.errors import UsageError
from flows.pipeline import ingest
from flows.run import Request
from tests.integration.test_rules import FEEDS, World

USERS = """user,name,active,working_days,accountId,id
ann@acme.example,Ann Lee,true,,acme,7
bob@acme.example,Bob Ray,true,,acme,
cat@acme.example,Cat Fox,true,,acme,
eve@globex.example,Eve Orr,true,,globex,
"""
WEB = "[feeds.web]\n"


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Accounts acme and globex, each with a team East; team 1 has sources, members ann and bob, fallback cat."""
    world = World(tmp_path)
    world.write(
        "teams.csv",
        "teamId,accountId,name,fallback_owner\n1,acme,East,cat@acme.example\n2,acme,West,\n5,globex,East,\n",
    )
    world.write("users.csv", USERS)
    world.write("team_members.csv", "teamId,user,weight\n1,ann@acme.example,1\n1,bob@acme.example,1\n")
    world.write(
        "lead_sources.csv", "leadSourceId,teamId,name,aliases\n10,1,Web,web form|site\n11,1,Fair,\n20,2,Fair,\n"
    )
    return world


def person(name: str, **cells: Any) -> dict[str, Any]:
    """A new person."""
    return {"firstName": name, "lastName": "Stone", "email": f"{name.lower()}@stone.example", **cells}


def decisions(world: World, columns: str) -> list[tuple[Any, ...]]:
    """Columns of all assignments, in the order of the leads."""
    return world.rows(f"SELECT {columns} FROM assignment ORDER BY batch_id, lead_id")


def candidates(world: World, lead: int = 0) -> list[tuple[str, str, str]]:
    """The candidates of one decision, counted in the order of the leads."""
    [told] = [text for place, (text,) in enumerate(decisions(world, "candidates")) if place == lead]
    return [(each["for"], each["candidate"], each["reason"]) for each in json.loads(told or "[]")]


def reasons(world: World) -> list[tuple[str, str]]:
    """Code and message of each rejected row, in order."""
    return world.rows("SELECT reasons[1].code, reasons[1].message FROM rejected_row ORDER BY batch_id, row_number")


# --- team


def test_the_first_rule_that_matches_gives_the_team(world: World) -> None:
    world.write(
        "routing.toml",
        """
        [[rules]]
        name = "big"
        team = "West"
        when = { field = "numberOfEmployees", at_least = 500 }
        [[rules]]
        name = "also big"
        team = 1
        when = { field = "numberOfEmployees", at_least = 100 }
        """,
    )
    rows = [
        person("Ada", numberOfEmployees=800, leadSourceId=20),
        person("Ida", numberOfEmployees=200, leadSourceId=10),
    ]
    world.load("web", rows)
    assert decisions(world, "teamId, team_rule") == [(2, "rule:big"), (1, "rule:also big")]
    world.write("feeds.toml", FEEDS.replace(WEB, WEB + "team_id = 1\nlead_source_id = 10\n"))
    world.load("web", [person("Uma", numberOfEmployees=20)])
    assert candidates(world, 2) == [("team", "big", "condition_false"), ("team", "also big", "condition_false")]


def test_every_kind_of_condition_decides(world: World) -> None:
    world.write("feeds.toml", FEEDS.replace(WEB, WEB + "team_id = 1\nlead_source_id = 10\n"))
    world.write(
        "routing.toml",
        """
        [[rules]]
        name = "all"
        team = 2
        when = [
            { field = "feed", equals = "web" },
            { field = "location", in = ["CA", "WA"] },
            { field = "jobTitle", prefix = "chief" },
            { field = "email", matches = "@stone\\\\.example$" },
            { field = "numberOfEmployees", at_least = 10, at_most = 20 },
            { field = "company", is_empty = true },
            { any = [{ field = "extra.Badge", equals = "gold" }, { field = "notes", equals = "vip" }] },
            { not = { field = "interestedInSwitching", equals = true } },
        ]
        """,
    )
    good = {"location": " ca ", "jobTitle": "Chief of all", "numberOfEmployees": 20, "leadSourceId": 20}
    gold = {"Badge": "Gold", **good}
    wrong = [
        {**gold, "location": "OR"},
        {**gold, "jobTitle": "Boss"},
        {**gold, "email": "x@other.example"},
        {**gold, "numberOfEmployees": 21},
        {**gold, "numberOfEmployees": None},
        {**gold, "company": "Stone Ltd"},
        {**good, "Badge": "silver"},
        {**gold, "interestedInSwitching": True},
    ]
    rows = [person("Ada", **gold), person("Ida", notes="VIP", **good)]
    rows += [
        person(f"N{letter}", **{**cells, "leadSourceId": 10}) for letter, cells in zip("abcdefgh", wrong, strict=True)
    ]
    world.load("web", rows)
    assert [team for (team,) in decisions(world, "team_rule")] == ["rule:all"] * 2 + ["feed"] * 8


def test_a_team_that_the_row_gives_goes_before_the_rules_and_the_leads_own_before_both(world: World) -> None:
    world.write("routing.toml", '[[rules]]\nname = "everybody"\nteam = 2\n')
    world.load("web", [person("Ada", teamId=1, leadSourceId=10)])
    world.load("list", [person("Ada", teamId=2, jobTitle="Boss")])
    assert world.rows("SELECT teamId, jobTitle FROM lead") == [(1, "Boss")]
    assert decisions(world, "team_rule") == [("given",)]


def test_teams_are_known_by_name_and_two_accounts_with_the_same_names_never_mix(world: World) -> None:
    world.load("web", [person("Ada", teamId=" EAST ", leadSourceId="Web")])
    world.load("other", [person("Ida", teamId="East")])
    world.load("crm", [person("Uma", id=7, accountId="globex", teamId="east")])
    assert world.rows("SELECT accountId, teamId FROM lead ORDER BY firstName") == [
        ("acme", 1),
        ("globex", 5),
        ("globex", 5),
    ]


def test_a_rule_that_names_a_team_means_the_one_of_the_leads_account(world: World) -> None:
    world.write("routing.toml", '[[rules]]\nname = "everybody"\nteam = "East"\n')
    world.load("web", [person("Ada", leadSourceId=10)])
    world.load("other", [person("Ida")])
    assert decisions(world, "teamId, team_rule") == [(1, "rule:everybody"), (5, "rule:everybody")]


@pytest.mark.parametrize("team", [9, "Eest", "5"])
def test_an_unknown_team_is_rejected_with_the_known_ones_named(world: World, team: object) -> None:
    world.load("web", [person("Ada", teamId=team)])
    assert reasons(world) == [("team_unknown", "teams.csv has no such team; known are 1 East, 2 West")]


def test_a_team_that_is_missing_is_told_with_the_known_ones(world: World) -> None:
    world.load("web", [person("Ada")])
    [(code, message)] = reasons(world)
    assert code == "team_required"
    assert "known are 1 East, 2 West;" in message


def test_a_name_that_the_crm_gives_and_nobody_knows_is_an_issue(world: World) -> None:
    world.load("crm", [person("Ada", id=7, teamId="Nord")])
    assert world.rows("SELECT column_name, code, raw FROM cell_issue") == [("teamId", "reference_unknown", "Nord")]
    assert world.rows("SELECT teamId FROM lead") == [(None,)]


# --- source


def test_the_text_of_the_source_gives_the_lead_source_by_its_aliases_and_stays(world: World) -> None:
    world.write("feeds.toml", FEEDS.replace(WEB, WEB + "team_id = 1\nlead_source_id = 11\n"))
    world.load(
        "web", [person("Ada", source="Web Form"), person("Ida", source="somewhere"), person("Uma", leadSourceId=10)]
    )
    assert decisions(world, "leadSourceId, source_rule") == [(10, "alias"), (11, "feed"), (10, "given")]
    world.load("partner", [person("Ada", source="Fair", jobTitle="Boss")], "2026-01-02")
    assert world.rows("SELECT source, leadSourceId, jobTitle FROM lead WHERE firstName = 'Ada'") == [
        ("Web Form", 10, "Boss")
    ]


def test_a_source_of_another_team_is_rejected_saying_whose_it_is(world: World) -> None:
    world.write("feeds.toml", FEEDS.replace(WEB, WEB + "team_id = 1\n"))
    world.load("web", [person("Ada", leadSourceId=20), person("Ida", teamId="West", leadSourceId="Web")])
    assert [code for code, _ in reasons(world)] == ["lead_source_unknown"] * 2
    assert (
        "lead source 20 Fair belongs to team 2 West, the lead to team 1 East, which has 10 Web, 11 Fair"
        in reasons(world)[0][1]
    )
    assert "lead source 10 belongs to team 1, the row to team 2" in reasons(world)[1][1]


def test_a_source_belongs_to_the_team_that_a_rule_gives_not_to_the_feeds(world: World) -> None:
    world.write("feeds.toml", FEEDS.replace(WEB, WEB + "team_id = 1\n"))
    world.write("routing.toml", '[[rules]]\nname = "everybody"\nteam = 2\n')
    world.load("web", [person("Ada", leadSourceId=20)])
    assert world.rows("SELECT teamId, leadSourceId FROM lead") == [(2, 20)]


def test_a_row_of_a_known_lead_is_not_held_to_the_team_of_its_feed(world: World) -> None:
    world.load("web", [person("Ada", teamId=2, leadSourceId=20)])
    world.write("feeds.toml", FEEDS.replace("[feeds.list]\n", "[feeds.list]\nteam_id = 1\n"))
    batch = world.load("list", [person("Ada", leadSourceId=20, jobTitle="Boss")])
    assert world.outcomes(batch) == ["updated"]


# --- owner

IN_EAST = {"teamId": 1, "leadSourceId": 10}


@pytest.mark.parametrize("owner", ["BOB@acme.example", "bob ray", "Bob Ray"])
def test_a_given_owner_is_known_by_address_or_name(world: World, owner: str) -> None:
    world.load("web", [person("Ada", assignedTo=owner, **IN_EAST)])
    assert decisions(world, "assignedTo, owner_rule") == [("bob@acme.example", "given")]


def test_a_given_owner_is_known_by_the_id_of_other_systems(world: World) -> None:
    world.load("web", [person("Ada", **IN_EAST), person("Ida", assignedTo=7, **IN_EAST)])
    assert decisions(world, "assignedTo, owner_rule")[1] == ("ann@acme.example", "given")


def test_an_ambiguous_owner_is_an_issue_and_somebodys_turn(world: World) -> None:
    world.write("users.csv", USERS + "bob2@acme.example,Bob Ray,true,,acme,\n")
    world.load("web", [person("Ada", assignedTo="Bob Ray", **IN_EAST)])
    assert decisions(world, "assignedTo, owner_rule") == [("ann@acme.example", "rotation")]
    assert world.rows("SELECT code, raw FROM cell_issue") == [("owner_ambiguous", "Bob Ray")]


def test_the_owner_of_the_companys_lead_gets_the_next_one_where_that_is_set(world: World) -> None:
    world.write("routing.toml", "company_owner = true\n")
    rows = [person("Ada", company="Stone, Inc."), person("Ida", company="Other"), person("Uma", company="STONE INC")]
    world.load("web", [{**row, **IN_EAST} for row in rows])
    world.load("list", [person("Pia", company="Stone Inc", **IN_EAST), person("Zoe", company="New", **IN_EAST)])
    assert decisions(world, "left(assignedTo, 3), owner_rule") == [
        *[("ann", "rotation"), ("bob", "rotation"), ("ann", "company")],
        *[("ann", "company"), ("ann", "rotation")],
    ]
    assert candidates(world, 3) == [("owner", "lead 1000000000000", "same_company")]


def test_the_owner_of_the_companys_lead_gets_none_while_absent_nor_in_another_team(world: World) -> None:
    world.write("routing.toml", "company_owner = true\n")
    world.load("web", [person("Ada", company="Stone", **IN_EAST)])
    world.write("absences.csv", "user,first_on\nann@acme.example,2000-01-01\n")
    world.load(
        "web", [person("Ida", company="Stone", **IN_EAST), person("Uma", company="Stone", teamId=2, leadSourceId=20)]
    )
    assert decisions(world, "left(assignedTo, 3), owner_rule")[1:] == [
        ("bob", "rotation"),
        (None, "unassigned_no_member"),
    ]


@pytest.mark.parametrize(
    ("cells", "rule"),
    [({"archived": True}, "unassigned_archived"), ({"processStage": "WON"}, "unassigned_closed")],
)
def test_archived_and_closed_leads_take_no_turn(world: World, cells: dict[str, Any], rule: str) -> None:
    world.write("stages.csv", "processStage,kind\nNew,open\nWon,won\n")
    world.load("web", [person("Ada", **cells, **IN_EAST), person("Ida", processStage="New", **IN_EAST)])
    assert decisions(world, "left(assignedTo, 3), owner_rule") == [(None, rule), ("ann", "rotation")]


def test_a_crm_feed_rotates_only_where_it_says_so(world: World) -> None:
    world.load("crm", [person("Ada", id=7, teamId=1)])
    world.write("feeds.toml", FEEDS.replace("[feeds.crm]\n", "[feeds.crm]\nrotate = true\n"))
    world.load("crm", [person("Ida", id=8, teamId=1)])
    assert decisions(world, "left(assignedTo, 3), owner_rule") == [
        (None, "unassigned_no_rotation"),
        ("ann", "rotation"),
    ]


# --- what is wrong in routing.toml


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '[[rules]]\nname = "a"\nteam = 1\n\n[[rules]]\nname = "b"\nteam = "Easst"\n',
            'line 7, rule b, team: "Easst" is no team in teams.csv; did you mean "East"?',
        ),
        (
            '[[rules]]\nname = "a"\nteam = 1\nwhen = { field = "locaton", equals = "x" }\n',
            'line 4, rule 1, when.field: "locaton" is no field of the spec, "feed" or "extra.Header" (did you mean "location"?)',
        ),
        (
            '[[rules]]\nname = "a"\nteam = 1\nwhen = { any = [{ field = "location", at_least = 3 }] }\n',
            'line 4, rule 1, when.0: "at_least" is not for location, which is a string; use equals, in, prefix, matches, is_empty',
        ),
        (
            '[[rules]]\nname = "a"\nteam = 1\nwhen = { field = "feed", equals = "wep" }\n',
            'line 4, rule a, when: "wep" is no feed of feeds.toml (did you mean "web"?)',
        ),
        (
            "company_ownr = true\n",
            'line 1, company_ownr: is no key here (did you mean "company_owner"?); there are company_owner, days_off, skip_opted_out, rules',
        ),
        ('days_off = "wat"\n', 'line 1, days_off: "wat" is none of wait, fallback (did you mean "wait"?)'),
        (
            '[[rules]]\nname = "a"\nteam = 1\naccount_id = "acne"\n',
            'line 4, rule a, account_id: "acne" has no team in teams.csv (did you mean "acme"?); it has acme, globex',
        ),
        (
            '[[rules]]\nname = "a"\nteam = 1\nwhen = { field = "email", matches = "(" }\n',
            'line 4, rule 1, when.matches: "(" is no regular expression',
        ),
    ],
)
def test_a_mistake_in_routing_is_told_with_line_and_key(world: World, text: str, message: str) -> None:
    world.write("routing.toml", text)
    with pytest.raises(UsageError) as caught:
        ingest(world.settings, Request(paths=("none.csv",)))
    assert str(caught.value) == f"{world.reference / 'routing.toml'}: {message}"
