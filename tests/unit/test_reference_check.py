"""What is allowed in the reference folder and hardly meant, and what an edit of it would change."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flows.cli import app
from flows.pipeline import ingest
from flows.reference import load_reference
from flows.reference_check import Finding, check_reference
from flows.reference_diff import Change, compare_references
from flows.run import Request
from flows.settings import Settings
from flows.warehouse import read_warehouse

ROOT = Path(__file__).parents[2]
FILES = {
    "feeds.toml": '[feeds.web]\naccount_id = "acme"\n',
    "teams.csv": "teamId,accountId,name,active\n1,acme,East,\n2,acme,West,\n3,globex,East,\n",
    "users.csv": "user,active\nann@acme.example,true\nbob@acme.example,true\n",
    "team_members.csv": "teamId,user,weight\n1,ann@acme.example,1\n2,bob@acme.example,1\n3,bob@acme.example,1\n",
    "lead_sources.csv": "leadSourceId,teamId,name\n10,1,Web\n",
    "stages.csv": "processStage,kind\nNew,open\nWon,won\n",
}


def folder_of(folder: Path, **files: str) -> Path:
    """A folder without findings, but for files given as `teams_csv`."""
    folder.mkdir(exist_ok=True)
    for name, text in {
        **FILES,
        **{name[::-1].replace("_", ".", 1)[::-1]: text for name, text in files.items()},
    }.items():
        (folder / name).write_text(text)
    return folder


def findings(folder: Path, **files: str) -> list[tuple[str, str, str]]:
    """Status, code and subject of what is found in such a folder."""
    found = check_reference(load_reference(folder_of(folder, **files)), None)
    return [(each.status, each.code, each.subject) for each in found]


def rule(name: str, when: str = "", team: str = "1", more: str = "") -> str:
    """One rule as TOML."""
    return f'[[rules]]\nname = "{name}"\nteam = {team}\n{more}' + (f"when = {when}\n" if when else "")


def test_a_folder_without_faults_has_no_findings(tmp_path: Path) -> None:
    assert findings(tmp_path / "reference") == []


def test_the_sample_folder_has_no_findings() -> None:
    assert check_reference(load_reference(ROOT / "data/reference"), None) == []


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ('{ field = "location", in = ["CA", "WA"] }', '{ field = "location", equals = "ca" }'),
        ('{ field = "company", prefix = "a" }', '{ field = "company", prefix = "Acme" }'),
        ('{ field = "company", prefix = "a" }', '{ field = "company", in = ["Acme", "Alto"] }'),
        ('{ field = "numberOfEmployees", at_least = 10 }', '{ field = "numberOfEmployees", at_least = 20, at_most = 30 }'),
        ('{ field = "email", is_empty = false }', '{ field = "email", matches = "@x" }'),
        ('{ field = "notes", matches = "vip" }', '[{ field = "notes", matches = "vip" }, { field = "feed", equals = "web" }]'),
        ('{ not = { field = "location", equals = "CA" } }', '{ field = "location", equals = "WA" }'),
        ('{ any = [{ field = "location", equals = "CA" }, { field = "feed", equals = "web" }] }', '{ field = "feed", equals = "web" }'),
        ("", '{ field = "location", equals = "CA" }'),
    ],
)  # fmt: skip
def test_a_rule_that_holds_only_where_an_earlier_one_does_is_shadowed(tmp_path: Path, first: str, second: str) -> None:
    text = rule("first", first) + rule("second", second, team="2")
    [finding] = check_reference(load_reference(folder_of(tmp_path / "reference", routing_toml=text)), None)
    assert (finding.status, finding.code, finding.subject) == ("found", "rule_shadowed", 'rule "second"')
    assert finding.detail == 'wherever it holds, rule "first" before it does; move it up'


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ('{ field = "location", equals = "CA" }', '{ field = "location", matches = "CA" }'),
        ('{ field = "company", prefix = "acme" }', '{ field = "company", prefix = "a" }'),
        ('{ field = "numberOfEmployees", at_most = 30 }', '{ field = "numberOfEmployees", at_least = 20 }'),
        ('{ not = { field = "location", equals = "CA" } }', '{ field = "location", is_empty = false }'),
    ],
)
def test_a_rule_that_may_hold_elsewhere_is_not_shadowed(tmp_path: Path, first: str, second: str) -> None:
    assert findings(tmp_path / "reference", routing_toml=rule("first", first) + rule("second", second, team="2")) == []


def test_a_rule_of_another_account_shadows_nothing(tmp_path: Path) -> None:
    text = rule("globex", team='"East"', more='account_id = "globex"\n') + rule("all", team='"East"')
    assert findings(tmp_path / "reference", routing_toml=text) == []


def test_two_rules_that_share_some_values_are_told_as_a_note(tmp_path: Path) -> None:
    text = rule("first", '{ field = "location", in = ["CA", "WA"] }') + rule(
        "second", '{ field = "location", in = ["OR", "WA"] }', team="2"
    )
    [finding] = check_reference(load_reference(folder_of(tmp_path / "reference", routing_toml=text)), None)
    assert (finding.status, finding.code, finding.subject) == ("note", "rule_overlapped", 'rule "second"')
    assert finding.detail == 'of its values rule "first" before it takes wa'


@pytest.mark.parametrize(
    "when",
    [
        '[{ field = "location", equals = "CA" }, { field = "location", equals = "WA" }]',
        '[{ field = "company", prefix = "a" }, { field = "company", equals = "Beta" }]',
        '[{ field = "email", is_empty = true }, { field = "email", matches = "@" }]',
        '{ field = "numberOfEmployees", at_least = 30, at_most = 20 }',
        '[{ field = "location", equals = "CA" }, { not = { field = "location", prefix = "c" } }]',
    ],
)
def test_a_rule_whose_conditions_exclude_each_other_never_matches(tmp_path: Path, when: str) -> None:
    assert findings(tmp_path / "reference", routing_toml=rule("no", when)) == [
        ("found", "rule_never_matches", 'rule "no"')
    ]


def test_teams_users_sources_and_stages_that_lead_nowhere_are_found(tmp_path: Path) -> None:
    found = findings(
        tmp_path / "reference",
        teams_csv="teamId,accountId,name,active\n1,acme,East,\n2,acme,West,\n3,globex,East,false\n",
        users_csv="user,active\nann@acme.example,true\nbob@acme.example,false\ncat@acme.example,true\n",
        lead_sources_csv="leadSourceId,teamId,name\n10,1,Web\n30,3,Fair\n",
        stages_csv="processStage,kind\nNew,open\nOld,\n",
        routing_toml=rule("far", team="3"),
    )
    assert found == [
        ("found", "rule_never_matches", 'rule "far"'),
        ("found", "team_without_members", "team 2 West"),
        ("found", "member_without_team", "cat@acme.example"),
        ("found", "source_without_team", "source 30 Fair"),
        ("found", "stage_without_kind", 'stage "Old"'),
    ]


# --- with a warehouse


@pytest.fixture
def loaded(tmp_path: Path) -> Callable[[str], list[Finding]]:
    """Checks rules against three leads: two in CA, of which one is big, and one elsewhere."""
    folder = folder_of(tmp_path / "reference")
    settings = Settings(warehouse=tmp_path / "leads.duckdb", reference=folder, archive=tmp_path / "archive")
    rows: list[dict[str, Any]] = [
        {"firstName": "A", "lastName": "S", "location": "CA", "numberOfEmployees": 99, "processStage": "Odd"},
        {"firstName": "B", "lastName": "S", "location": "CA", "Badge": "gold"},
        {"firstName": "C", "lastName": "S", "location": "TX", "processStage": "new"},
    ]
    export = tmp_path / "leads.json"
    export.write_text(json.dumps([{**row, "teamId": 1, "leadSourceId": 10} for row in rows]))
    [summary] = ingest(settings, Request(paths=(str(export),), feed="web"))
    assert summary.columns["status"] == "loaded"

    def check(routing: str) -> list[Finding]:
        with read_warehouse(settings.warehouse, wait_seconds=0) as warehouse:
            return check_reference(load_reference(folder_of(folder, routing_toml=routing)), warehouse)

    return check


def test_the_leads_of_the_warehouse_tell_which_rules_hold_and_which_come_too_late(
    loaded: Callable[[str], list[Finding]],
) -> None:
    found = loaded(
        rule("west", '{ field = "location", equals = "CA" }')
        + rule("big", '{ field = "numberOfEmployees", at_least = 50 }', team="2")
        + rule("gold", '{ field = "extra.Badge", equals = "gold" }', team="2")
        + rule("none", '{ field = "feed", equals = "default" }')
    )
    assert [(each.status, each.code, each.subject, each.detail) for each in found] == [
        ("note", "rule_overlapped", 'rule "big"', 'of 1 leads that it holds of, rules before it take 1, "west" most of them'),
        ("note", "rule_overlapped", 'rule "gold"', 'of 1 leads that it holds of, rules before it take 1, "west" most of them'),
        ("note", "rule_never_matches", 'rule "none"', "holds of none of the 3 leads in the warehouse"),
        ("note", "stage_without_kind", 'stage "Odd"', "is not there, though 1 leads are in it; they count as open"),
    ]  # fmt: skip


# --- what an edit would change


def test_a_diff_says_row_by_row_what_an_edit_changes(tmp_path: Path) -> None:
    before = folder_of(tmp_path / "before", routing_toml=rule("a") + rule("b", '{ field = "location", equals = "CA" }'))
    after = folder_of(
        tmp_path / "after",
        routing_toml="company_owner = true\n"
        + rule("b", '{ field = "location", equals = "WA" }')
        + rule("a", team="2"),
        team_members_csv="teamId,user,weight\n1,ann@acme.example,2\n2,ann@acme.example,1\n3,bob@acme.example,1\n",
        feeds_toml='[feeds.web]\naccount_id = "acme"\nteam_id = 2\n',
        header_aliases_csv="vendor,header,field\n,Visitor,full_name\n",
    )
    changes = compare_references(load_reference(before), load_reference(after))
    location = "{'field': 'location', 'equals': '%s'}"
    assert changes == [
        Change("feeds.toml", "changed", "web", "team_id", None, "2"),
        Change("routing.toml", "changed", "settings", "company_owner", "False", "True"),
        Change("routing.toml", "changed", "rule a", "place", "1", "2"),
        Change("routing.toml", "changed", "rule a", "team", "1", "2"),
        Change("routing.toml", "changed", "rule b", "place", "2", "1"),
        Change("routing.toml", "changed", "rule b", "when", location % "CA", location % "WA"),
        Change("team_members.csv", "changed", "1, ann@acme.example", "weight", "1.0", "2.0"),
        Change("team_members.csv", "removed", "2, bob@acme.example"),
        Change("team_members.csv", "added", "2, ann@acme.example"),
        Change("header_aliases.csv", "added", "the file"),
    ]
    assert compare_references(load_reference(before), load_reference(before)) == []


def test_the_command_ends_with_one_where_something_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = folder_of(tmp_path / "reference", routing_toml=rule("all") + rule("second", team="2"))
    where = ["--warehouse", str(tmp_path / "none.duckdb"), "--reference", str(folder)]
    assert app(["check-reference", "--json", *where], result_action="return_value") == 1
    [found] = json.loads(capsys.readouterr().out)
    assert (found["subject"], found["detail"]) == (
        'rule "second"',
        'wherever it holds, rule "all" before it does; move it up',
    )
    shutil.copytree(folder, tmp_path / "edit")
    (tmp_path / "edit" / "routing.toml").unlink()
    assert (
        app(["check-reference", "--diff", str(tmp_path / "edit"), "--json", *where], result_action="return_value") == 0
    )
    assert [change["change"] for change in json.loads(capsys.readouterr().out)] == ["removed", "removed"]
    shutil.move(tmp_path / "edit" / "teams.csv", folder / "teams.csv")
    (folder / "routing.toml").unlink()
    assert app(["check-reference", *where], result_action="return_value") == 0
