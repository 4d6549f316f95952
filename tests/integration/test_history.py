"""The lead's own log, through the command line: each event is written where it should be, and told in words."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from flows import cli
from tests.integration.test_regroup import elif_safak, leads, two_companies, world
from tests.integration.test_rules import World

__all__ = ["leads", "world"]  # fixtures

Run = Callable[..., Any]
FIRST = 1_000_000_000_000


def told(leads: Run, lead_id: int) -> list[tuple[int, str, str]]:
    """The log of a lead as `leads history` tells it: batch, event, words."""
    return [(event["batch_id"], event["event"], event["told"]) for event in leads("history", str(lead_id))]


def staffed(world: World) -> None:
    """One team of one."""
    world.write("teams.csv", "teamId,accountId,name\n1,acme,East\n2,globex,West\n")
    world.write("users.csv", "user\nann@acme.io\nbob@acme.io\n")
    world.write("team_members.csv", "teamId,user\n1,ann@acme.io\n")


# --- each event


def test_a_new_lead_is_created_and_assigned(world: World, leads: Run) -> None:
    staffed(world)
    world.load("web", [elif_safak(teamId=1)])
    assert told(leads, FIRST) == [
        (1, "lead_created", "new, from feed web"),
        (1, "lead_assigned", "owner: (none) -> ann@acme.io"),
    ]


def test_an_update_tells_field_before_and_after(world: World, leads: Run) -> None:
    world.load("web", [elif_safak(jobTitle="Owner")])
    world.load("web", [elif_safak(jobTitle="Founder", buyingRole="Buyer")], "2026-01-02")
    world.load("web", [elif_safak(jobTitle="Founder", buyingRole="Buyer")], "2026-01-03", force=True)
    assert told(leads, FIRST)[1:] == [(2, "lead_updated", "buyingRole: (none) -> Buyer; jobTitle: Owner -> Founder")]


def test_a_lead_of_the_crms_takes_its_id_and_the_owner_changes(world: World, leads: Run) -> None:
    staffed(world)
    world.load("web", [elif_safak(teamId=1)])
    world.load("crm", [elif_safak(id=501, teamId=1, assignedTo="bob@acme.io")], "2026-01-02")
    log = told(leads, 501)
    assert (2, "lead_merged", f"lead {FIRST} became part of it: it turned out to be this lead of the CRM") in log
    assert (2, "lead_assigned", "owner: ann@acme.io -> bob@acme.io") in log
    assert log[0] == (1, "lead_created", "new, from feed web")
    assert told(leads, FIRST) == log


def test_a_merge_and_an_unmerge_by_hand_are_told_on_both_sides(world: World, leads: Run) -> None:
    two_companies(world)
    leads("review", "--merge", leads("review")[0]["pair"])
    joined = told(leads, FIRST + 1)
    assert joined == told(leads, FIRST)
    assert [event for _, event, _ in joined][:2] == ["lead_created", "lead_created"]
    assert (3, "lead_merged", f"lead {FIRST + 1} became part of it: they are one person") in joined
    leads("unmerge", str(FIRST + 1))
    assert told(leads, FIRST)[-2:] == [
        (4, "lead_unmerged", f"lead {FIRST + 1} is no part of it any more"),
        (4, "lead_updated", "jobTitle: CEO -> (none)"),
    ]
    assert (4, "lead_unmerged", "a lead of its own again") in told(leads, FIRST + 1)


def test_a_move_to_another_account_is_told(world: World, leads: Run) -> None:
    world.load("crm", [elif_safak(id=501)])
    world.load("crm", [elif_safak(id=501, accountId="globex")], "2026-01-02")
    assert (2, "lead_moved", "account: acme -> globex") in told(leads, 501)


def test_a_lead_that_is_listed_no_more_is_missing_and_returns(world: World, leads: Run) -> None:
    everybody = [
        {"id": number, "firstName": f"F{number}", "lastName": "Haddad", "email": f"f{number}@haddad.example"}
        for number in range(1, 61)
    ]
    for listed in (everybody, everybody[1:], [{**each, "company": "New"} for each in everybody[1:]], everybody):
        world.load("nightly", listed)
    events = leads("history", "1")
    assert [(event["batch_id"], event["event"]) for event in events[-2:]] == [(3, "lead_missing"), (4, "lead_returned")]
    since = events[-1]["data"]["missing_since"]
    assert [event["told"] for event in events[-2:]] == [
        f"its exports list it no more, since {since}",
        f"listed again; it was missing since {since}",
    ]


def test_an_undo_is_told_on_leads_that_change_and_on_those_that_go(world: World, leads: Run) -> None:
    world.load("web", [elif_safak(jobTitle="Owner")])
    world.load("list", [elif_safak(company="Northgate"), elif_safak(firstName="Omar", email="omar@haddad.example")])
    leads("undo", "2")
    assert told(leads, FIRST)[-1] == (3, "lead_reverted", "company: Northgate -> (none)")
    assert told(leads, FIRST + 1)[-1] == (3, "lead_reverted", "gone: batch 2 was undone")


def test_a_lead_is_archived_when_it_becomes_so_and_not_when_it_came_so(world: World, leads: Run) -> None:
    world.load(
        "crm", [elif_safak(id=501), elif_safak(id=502, firstName="Omar", email="o@haddad.example", archived=True)]
    )
    world.load("crm", [elif_safak(id=501, archived=True)], "2026-01-02")
    world.load("crm", [elif_safak(id=501, archived=True, company="Northgate")], "2026-01-03")
    world.load("crm", [elif_safak(id=501, archived=False)], "2026-01-04")
    world.load("crm", [elif_safak(id=501, archived=True, jobTitle="CEO")], "2026-01-05")
    assert [entry[:2] for entry in told(leads, 501) if entry[1] == "lead_archived"] == [
        (2, "lead_archived"),
        (5, "lead_archived"),
    ]
    assert (2, "lead_updated", "archived: (none) -> true") in told(leads, 501)
    assert "lead_archived" not in [event for _, event, _ in told(leads, 502)]


def test_a_lead_is_converted_when_it_reaches_a_stage_that_is_won(world: World, leads: Run) -> None:
    world.write("stages.csv", "processStage,order,kind\nNew,1,open\nWon,2,won\nLive,3,won\nLost,4,lost\n")
    world.load(
        "crm", [elif_safak(id=501, processStage="New"), elif_safak(id=502, email="x@y.example", processStage="Won")]
    )
    for day, stage in enumerate(("Lost", "WON", "Live", "New", "live"), start=2):
        world.load("crm", [elif_safak(id=501, processStage=stage)], f"2026-01-{day:02}")
    converted = [(batch_id, words) for batch_id, event, words in told(leads, 501) if event == "lead_converted"]
    assert converted == [(3, "won: Lost -> WON"), (6, "won: New -> live")]
    assert "lead_converted" not in [event for _, event, _ in told(leads, 502)]


def test_without_stages_nothing_is_converted(world: World, leads: Run) -> None:
    world.load("crm", [elif_safak(id=501, processStage="New")])
    world.load("crm", [elif_safak(id=501, processStage="Won")], "2026-01-02")
    assert [event for _, event, _ in told(leads, 501)][-1] == "lead_updated"


def test_what_an_undo_takes_back_is_neither_archived_nor_converted(world: World, leads: Run) -> None:
    world.write("stages.csv", "processStage,order,kind\nNew,1,open\nWon,2,won\n")
    world.load("crm", [elif_safak(id=501, processStage="Won", archived=True)])
    world.load("crm", [elif_safak(id=501, processStage="New", archived=False)], "2026-01-02")
    leads("undo", "2")
    assert [entry[1] for entry in told(leads, 501) if entry[0] == 3] == ["lead_reverted"]


# --- the log


def test_entries_of_an_export_stand_in_the_log_by_their_own_time(world: World, leads: Run) -> None:
    entry = {
        "id": 7,
        "event": "lead_called",
        "created": "2025-06-01T10:00:00Z",
        "user": "ann@acme.io",
        "data": {"m": 3},
    }
    odd = {"id": 8, "event": "lead_moved", "created": "2025-06-02T10:00:00Z", "user": "leadmill", "data": {"to": "x"}}
    world.load("crm", [elif_safak(id=501, auditLog=[odd, entry, {"id": 9, "event": "timeless"}])])
    assert [(event["event"], event["told"]) for event in leads("history", "501")] == [
        ("lead_called", '{"m": 3}'),
        ("lead_moved", '{"to": "x"}'),
        ("timeless", ""),
        ("lead_created", "new, from feed crm"),
    ]


def test_an_id_that_never_was_a_leads_is_told_in_one_line(world: World, leads: Run) -> None:
    world.load("web", [elif_safak()])
    assert leads("history", "7", fails=True).strip() == (
        'leads: there is no lead 7; look for it: leads sql "SELECT * FROM lead"'
    )


def test_the_log_is_a_readable_table(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world.load("web", [elif_safak(notes="line\n" * 100)])
    world.load("web", [elif_safak(notes="short")], "2026-01-02")
    capsys.readouterr()
    monkeypatch.setattr("sys.argv", ["leads", "history", str(FIRST), "--warehouse", str(world.settings.warehouse)])
    assert cli.main() == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["created", "event", "user", "batch_id", "told"]
    assert len(lines) == 3
    assert "lead_updated  leadmill         2  notes: line line" in lines[2]
    assert lines[2].rstrip().endswith("... -> short")


# --- the lead as it was


def at(world: World, batch_id: int) -> str:
    """The moment at which a batch was finished, as one may write it."""
    [(moment,)] = world.rows(f"SELECT finished_at FROM batch WHERE batch_id = {batch_id}")
    return str(moment.isoformat().replace("+00:00", "Z"))


def test_explain_shows_a_lead_as_it_was_under_the_id_it_had(world: World, leads: Run) -> None:
    world.load("web", [elif_safak(jobTitle="Owner")])
    world.load("crm", [elif_safak(id=501, jobTitle="CEO")], "2026-01-02")
    leads("undo", "2")
    past = [leads("explain", str(FIRST), "--at", at(world, batch_id)) for batch_id in (1, 2, 3)]
    assert [(each["batch_id"], *((lead["id"], lead["jobTitle"]) for lead in each["leads"])) for each in past] == [
        (1, (FIRST, "Owner")),
        (2, (501, "CEO")),
        (3, (FIRST, "Owner")),
    ]
    assert list(past[0]["leads"][0]) == [name for (name, *_) in world.rows("DESCRIBE lead")]


def test_explain_shows_all_that_became_one_lead_when_none_had_its_id(world: World, leads: Run) -> None:
    two_companies(world)
    world.load("crm", [elif_safak(id=501, company="Northgate Dental", phone="2127365000")], "2026-01-02")
    leads("review", "--merge", leads("review")[0]["pair"])
    past = leads("explain", "501", "--at", at(world, 2))
    assert [lead["id"] for lead in past["leads"]] == [FIRST, FIRST + 1]


@pytest.mark.parametrize(
    "moment", ["2020-01-01", "2020-01-01T10:00", "2020-01-01T10:00:00Z", "2020-01-01T10:00:00+02:00"]
)
def test_a_lead_that_was_not_there_yet_is_told_in_one_line(world: World, leads: Run, moment: str) -> None:
    world.load("web", [elif_safak()])
    message = leads("explain", str(FIRST), "--at", moment, fails=True)
    assert message.startswith(f"leads: lead {FIRST} was not there at 2020-01-01T")
    assert message.count("\n") == 1


def test_a_moment_that_is_none_is_told(world: World, leads: Run) -> None:
    world.load("web", [elif_safak()])
    assert "--at" in leads("explain", str(FIRST), "--at", "yesterday", fails=True)


def test_the_macro_shows_all_leads_at_a_moment(world: World, leads: Run) -> None:
    world.load("web", [elif_safak(jobTitle="Owner")])
    world.load("web", [elif_safak(jobTitle="Founder")], "2026-01-02")
    query = f"SELECT id, jobTitle FROM lead_at('{at(world, 1)}') WHERE id = {FIRST}"
    assert leads("sql", query) == [{"id": FIRST, "jobTitle": "Owner"}]
    assert json.dumps(leads("explain", str(FIRST), "--at", "2999-01-01")["leads"][0]["jobTitle"]) == '"Founder"'
