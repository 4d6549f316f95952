"""The analytics views: tiny rows in, whole rows out; and their headers and docs/analytics.md tell the truth."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from flows.warehouse import SQL_FOLDER, Warehouse, migrate

VIEW_FILES = sorted((SQL_FOLDER / "analytics").glob("*.sql"))
VIEWS = [path.stem for path in VIEW_FILES]
DOCS = Path(__file__).parents[2] / "docs" / "analytics.md"

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
JANUARY = datetime(2026, 1, 5, 12, tzinfo=UTC)

# What a row says where a test does not care.
DEFAULTS: dict[str, dict[str, Any]] = {
    "batch": {
        "kind": "ingest",
        "feed": "web",
        "status": "loaded",
        "trigger": "manual",
        "started_at": JANUARY,
        "finished_at": JANUARY,
        "code_version": "0",
        **dict.fromkeys(
            (
                *("rows_read", "rows_inserted", "rows_updated", "rows_unchanged"),
                *("rows_merged", "rows_rejected", "rows_suppressed"),
            ),
            0,
        ),
    },
    "batch_row": {"batch_id": 1, "row_number": 1, "outcome": "inserted"},
    "record": {
        "batch_id": 1,
        "row_number": 1,
        "feed": "web",
        "source_key": "key",
        "as_of": JANUARY,
        "has_placeholder_name": False,
        "content_hash": 0,
    },
    "withdrawn_record": {},
    "record_lead": {"feed": "web", "source_key": "key"},
    "lead": {
        "accountId": "acme",
        "createdAt": JANUARY,
        "origin": "vendor",
        "first_batch_id": 1,
        "last_batch_id": 1,
    },
    "lead_alias": {"reason": "joined"},
    "lead_event": {"batch_id": 1, "user": "leadmill", "created": JANUARY},
    "rejected_row": {
        "batch_id": 1,
        "feed": "web",
        "status": "open",
        "first_batch_id": 1,
        "seen_count": 1,
        "fingerprint": "print",
    },
    "cell_issue": {"batch_id": 1, "row_number": 1},
    "match_decision": {"batch_id": 1, "rule": "email"},
    "lead_assignment": {"batch_id": 1, "team_rule": "feed", "source_rule": "feed"},
    "rotation_round": {"batch_id": 1, "round": 0},
    "team": {"accountId": "acme", "active": True},
    "team_member": {"weight": 1.0, "position": 1},
    "lead_source": {"active": True},
    "app_user": {"active": True},
    "stage": {},
}


class Rows:
    """A migrated warehouse in memory with the analytics views, to put rows into."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection

    def put(self, table: str, *rows: Mapping[str, Any]) -> None:
        """Insert rows, completed by what the table's rows say by default."""
        for row in rows:
            full = {**DEFAULTS[table], **row}
            columns = ", ".join(f'"{column}"' for column in full)
            places = ", ".join("?" for _ in full)
            self.connection.execute(f"INSERT INTO {table} ({columns}) VALUES ({places})", list(full.values()))

    def undo(self, batch_id: int, by: int) -> None:
        """Add the batch that undoes another."""
        self.put("batch", {"batch_id": by, "kind": "undo", "of_batch_id": batch_id})

    def of(self, view: str) -> list[dict[str, Any]]:
        """All rows of a view in the order of their columns, without nulls."""
        relation = self.connection.sql(f"SELECT * FROM {view} ORDER BY ALL NULLS LAST")
        rows = [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]
        return [{name: value for name, value in row.items() if value is not None} for row in rows]

    def columns(self, view: str) -> list[str]:
        """Names of a view's columns, in order."""
        return self.connection.sql(f"SELECT * FROM {view}").columns


@pytest.fixture
def rows() -> Iterator[Rows]:
    with Warehouse(duckdb.connect(":memory:")) as warehouse:
        warehouse.connection.execute("SET TimeZone = 'UTC'")
        migrate(warehouse)
        yield Rows(warehouse.connection)


STAGES = (
    {"processStage": "New", "order": 1, "kind": "open"},
    {"processStage": "Qualified", "order": 2, "kind": "open"},
    {"processStage": "Won", "order": 3, "kind": "won"},
    {"processStage": "Lost", "order": 4, "kind": "lost"},
)


# --- lead_funnel -------------------------------------------------------------------------------------------------


def test_funnel_counts_who_got_at_least_as_far_and_leaves_lost_leads_out(rows: Rows) -> None:
    rows.put("stage", *STAGES)
    stages = ["New", "New", "Qualified", "Won", "Lost", "Lost", "Lost", "Lost"]
    rows.put("lead", *({"id": number, "processStage": stage} for number, stage in enumerate(stages)))
    acme = {"accountId": "acme", "archived_count": 0, "missing_count": 0}
    new = {"processStage": "New", "stage_order": 1, "stage_kind": "open"}
    qualified = {"processStage": "Qualified", "stage_order": 2, "stage_kind": "open"}
    won = {"processStage": "Won", "stage_order": 3, "stage_kind": "won"}
    lost = {"processStage": "Lost", "stage_order": 4, "stage_kind": "lost"}
    assert rows.of("lead_funnel") == [
        {**acme, **lost, "lead_count": 4, "lead_fraction": 0.5},
        {**acme, **new, "lead_count": 2, "lead_fraction": 0.25, "reached_count": 4},
        {**acme, **qualified, "lead_count": 1, "lead_fraction": 0.125, "reached_count": 2},
        {**acme, **won, "lead_count": 1, "lead_fraction": 0.125, "reached_count": 1},
    ]


def test_funnel_shows_archived_and_missing_leads_apart(rows: Rows) -> None:
    rows.put(
        "lead",
        {"id": 1, "processStage": "New"},
        {"id": 2, "processStage": "New", "archived": True},
        {"id": 3, "processStage": "New", "archived": True, "missing_since": JANUARY},
        {"id": 4, "processStage": "New", "archived": False, "missing_since": JANUARY},
    )
    assert rows.of("lead_funnel") == [
        {
            "accountId": "acme",
            "processStage": "New",
            "lead_count": 1,
            "lead_fraction": 1.0,
            "archived_count": 1,
            "missing_count": 2,
        }
    ]


def test_funnel_takes_spellings_of_a_known_stage_for_one_and_keeps_accounts_apart(rows: Rows) -> None:
    rows.put("stage", *STAGES)
    rows.put(
        "lead",
        {"id": 1, "processStage": "new"},
        {"id": 2, "processStage": "NEW"},
        {"id": 3, "processStage": "odd"},
        {"id": 4},
        {"id": 5, "processStage": "New", "accountId": "other"},
    )
    found = [
        (row["accountId"], row.get("processStage"), row["lead_count"], row["lead_fraction"], row.get("reached_count"))
        for row in rows.of("lead_funnel")
    ]
    assert found == [
        ("acme", "New", 2, 0.5, 2),
        ("acme", "odd", 1, 0.25, None),
        ("acme", None, 1, 0.25, None),
        ("other", "New", 1, 1.0, 1),
    ]


# --- leads_by_source ---------------------------------------------------------------------------------------------


def test_source_text_counts_only_where_there_is_no_source_id(rows: Rows) -> None:
    rows.put("team", {"teamId": 1, "name": "Inbound"})
    rows.put("lead_source", {"leadSourceId": 10, "teamId": 1, "name": "Website"})
    rows.put(
        "lead",
        {"id": 1, "teamId": 1, "leadSourceId": 10, "source": "utm=a", "assignedTo": "ann@acme.example"},
        {"id": 2, "teamId": 1, "leadSourceId": 10, "source": "utm=b", "createdAt": JANUARY + DAY},
        {"id": 3, "teamId": 1, "source": "Fair", "origin": "crm"},
        {"id": 4},
    )
    none = {"won_count": 0, "lost_count": 0, "archived_count": 0, "missing_count": 0}
    inbound = {"accountId": "acme", "teamId": 1, "team_name": "Inbound"}
    assert rows.of("leads_by_source") == [
        {
            **inbound,
            **none,
            "leadSourceId": 10,
            "lead_source_name": "Website",
            "origin": "vendor",
            "lead_count": 2,
            "owned_count": 1,
            "last_created_at": JANUARY + DAY,
        },
        {
            **inbound,
            **none,
            "source": "Fair",
            "origin": "crm",
            "lead_count": 1,
            "owned_count": 0,
            "last_created_at": JANUARY,
        },
        {
            **none,
            "accountId": "acme",
            "origin": "vendor",
            "lead_count": 1,
            "owned_count": 0,
            "last_created_at": JANUARY,
        },
    ]


def test_sources_are_judged_by_leads_that_are_neither_archived_nor_missing(rows: Rows) -> None:
    rows.put("stage", *STAGES)
    rows.put(
        "lead",
        {"id": 1, "leadSourceId": 10, "processStage": "Won"},
        {"id": 2, "leadSourceId": 10, "processStage": "won"},
        {"id": 3, "leadSourceId": 10, "processStage": "Lost"},
        {"id": 4, "leadSourceId": 10, "processStage": "New"},
        {"id": 5, "leadSourceId": 10, "processStage": "Won", "archived": True},
        {
            "id": 6,
            "leadSourceId": 10,
            "processStage": "Won",
            "missing_since": JANUARY,
            "createdAt": JANUARY + DAY,
        },
    )
    assert rows.of("leads_by_source") == [
        {
            "accountId": "acme",
            "leadSourceId": 10,
            "origin": "vendor",
            "lead_count": 4,
            "owned_count": 0,
            "won_count": 2,
            "lost_count": 1,
            "archived_count": 1,
            "missing_count": 1,
            "last_created_at": JANUARY,
        }
    ]


# --- owner_load --------------------------------------------------------------------------------------------------


def put_team(rows: Rows) -> None:
    """Team 1 with Ann, of weight 2, and Bob, of weight 1."""
    rows.put("team", {"teamId": 1, "name": "Inbound"})
    rows.put("team_member", {"teamId": 1, "user": "ann@acme.example", "weight": 2.0, "position": 1})
    rows.put("team_member", {"teamId": 1, "user": "bob@acme.example", "weight": 1.0, "position": 2})
    rows.put("app_user", {"user": "ann@acme.example", "name": "Ann"}, {"user": "bob@acme.example", "active": False})


ANN = {"accountId": "acme", "teamId": 1, "team_name": "Inbound", "assignedTo": "ann@acme.example"}
BOB = {"accountId": "acme", "teamId": 1, "team_name": "Inbound", "assignedTo": "bob@acme.example"}
ANN_AS_MEMBER = {**ANN, "owner_name": "Ann", "is_active": True, "weight": 2.0}
BOB_AS_MEMBER = {**BOB, "is_active": False, "weight": 1.0}
NO_LEADS = {"open_count": 0, "closed_count": 0, "assigned_7_days_count": 0, "assigned_30_days_count": 0}
NO_TURNS = {"turn_count": 0, "due_count": 0.0}


def test_open_leads_are_those_in_no_closing_stage_and_members_without_leads_are_shown(rows: Rows) -> None:
    put_team(rows)
    rows.put("stage", *STAGES)
    mine = {"teamId": 1, "assignedTo": "ann@acme.example"}
    rows.put(
        "lead",
        {"id": 1, **mine, "processStage": "New"},
        {"id": 2, **mine},
        {"id": 3, **mine, "processStage": "odd"},
        {"id": 4, **mine, "processStage": "Won"},
        {"id": 5, **mine, "processStage": "New", "archived": True},
        {"id": 6, **mine, "processStage": "New", "missing_since": JANUARY},
        {"id": 7, "teamId": 1, "processStage": "New"},
    )
    nobody = {"accountId": "acme", "teamId": 1, "team_name": "Inbound"}
    assert rows.of("owner_load") == [
        {**ANN_AS_MEMBER, **NO_LEADS, **NO_TURNS, "open_count": 3, "closed_count": 1},
        {**BOB_AS_MEMBER, **NO_LEADS, **NO_TURNS},
        {**nobody, **NO_LEADS, **NO_TURNS, "open_count": 1},
    ]


def test_turns_are_held_against_the_weights_of_their_time_and_undone_ones_do_not_count(rows: Rows) -> None:
    put_team(rows)
    # Bob joined after the first three turns; since then Ann has 2 of 3 shares.
    alone = '[{"user": "ann@acme.example", "weight": 2.0}]'
    both = '[{"user": "ann@acme.example", "weight": 2.0}, {"user": "bob@acme.example", "weight": 1.0}]'
    rows.put("batch", {"batch_id": 1}, {"batch_id": 2}, {"batch_id": 3})
    rows.undo(3, by=4)
    rows.put("rotation_round", {"pool": alone}, {"pool": both, "batch_id": 2}, {"pool": both, "batch_id": 3})
    turn = {"teamId": 1, "owner_rule": "rotation", "round": 0}
    rows.put(
        "lead_assignment",
        *({**turn, "lead_id": n, "assignedTo": "ann@acme.example"} for n in (1, 2, 3)),
        {**turn, "lead_id": 4, "assignedTo": "ann@acme.example", "batch_id": 2},
        *({**turn, "lead_id": n, "assignedTo": "bob@acme.example", "batch_id": 2} for n in (5, 6)),
        {**turn, "lead_id": 7, "assignedTo": "bob@acme.example", "batch_id": 3},
        {"teamId": 1, "lead_id": 8, "assignedTo": "bob@acme.example", "owner_rule": "fallback", "batch_id": 2},
    )
    assert rows.of("owner_load") == [
        {**ANN_AS_MEMBER, **NO_LEADS, "turn_count": 4, "due_count": 5.0, "turn_fraction": 4 / 6, "due_fraction": 5 / 6},
        {**BOB_AS_MEMBER, **NO_LEADS, "turn_count": 2, "due_count": 1.0, "turn_fraction": 2 / 6, "due_fraction": 1 / 6},
    ]


def test_assigned_of_late_counts_our_decisions_by_their_batch(rows: Rows) -> None:
    rows.put("team", {"teamId": 1, "name": "Inbound"})
    now = datetime.now(UTC)
    for batch_id, days in enumerate((3, 6, 8, 29, 31), start=1):
        rows.put("batch", {"batch_id": batch_id, "started_at": now - days * DAY})
        given = {"batch_id": batch_id, "lead_id": batch_id, "teamId": 1, "assignedTo": "ann@acme.example"}
        rows.put("lead_assignment", {**given, "owner_rule": "fallback"}, {**given, "owner_rule": "existing"})
    rows.undo(2, by=6)
    assert rows.of("owner_load") == [
        {**ANN, **NO_LEADS, **NO_TURNS, "assigned_7_days_count": 1, "assigned_30_days_count": 3}
    ]


def test_a_lead_that_came_with_its_owner_counts_from_its_creation_and_later_only_if_the_owner_changed(
    rows: Rows,
) -> None:
    rows.put("team", {"teamId": 1, "name": "Inbound"})
    now = datetime.now(UTC)
    rows.put("batch", {"batch_id": 1, "started_at": now - 2 * DAY}, {"batch_id": 2, "started_at": now - DAY})
    ours = {"teamId": 1, "assignedTo": "ann@acme.example", "archived": True, "origin": "crm"}
    rows.put(
        "lead",
        {"id": 1, **ours, "createdAt": now - 300 * DAY},
        {"id": 2, **ours, "createdAt": now - 3 * DAY},
        {"id": 3, **ours, "createdAt": now - 300 * DAY},
    )
    decided = {"teamId": 1, "assignedTo": "ann@acme.example", "owner_rule": "crm"}
    rows.put("lead_assignment", *({**decided, "lead_id": number} for number in (1, 2)))
    # Of lead 1 another source was decided, to lead 3 Ann was given.
    rows.put("lead_assignment", *({**decided, "lead_id": number, "batch_id": 2} for number in (1, 3)))
    rows.put("lead_event", {"lead_id": 3, "batch_id": 2, "event": "lead_assigned", "created": now - DAY})
    assert rows.of("owner_load") == [
        {**ANN, **NO_LEADS, **NO_TURNS, "assigned_7_days_count": 2, "assigned_30_days_count": 2}
    ]


def test_a_team_that_is_in_no_reference_is_of_the_account_of_its_leads(rows: Rows) -> None:
    rows.put("batch", {"batch_id": 1})
    rows.put("lead", {"id": 1, "teamId": 9, "assignedTo": "ann@acme.example"})
    pool = '[{"user": "ann@acme.example", "weight": 1.0}]'
    rows.put("rotation_round", {"pool": pool})
    turn = {"lead_id": 1, "teamId": 9, "assignedTo": "ann@acme.example", "owner_rule": "rotation", "round": 0}
    rows.put("lead_assignment", turn)
    ann = {"accountId": "acme", "teamId": 9, "assignedTo": "ann@acme.example"}
    even = {"turn_count": 1, "due_count": 1.0, "turn_fraction": 1.0, "due_fraction": 1.0}
    assert rows.of("owner_load") == [{**ann, **NO_LEADS, **even, "open_count": 1}]


# --- quality -----------------------------------------------------------------------------------------------------


def put_batches(rows: Rows) -> None:
    """Two batches of a feed that stand, one that failed, one undone, one skipped, and what was wrong with them."""
    counted = {"rows_read": 10, "rows_rejected": 1, "started_at": JANUARY, "file_uri": "a.csv"}
    rows.put(
        "batch",
        {"batch_id": 1, **counted},
        {"batch_id": 2, **counted, "rows_rejected": 5, "rows_suppressed": 1, "started_at": JANUARY + DAY},
        {"batch_id": 3, **counted, "status": "failed", "rows_read": 2, "rows_rejected": 2},
        {"batch_id": 4, **counted},
        {"batch_id": 5, "status": "skipped"},
    )
    rows.undo(4, by=6)
    rows.put(
        "cell_issue",
        {"row_number": 1, "column_name": "email", "code": "email_invalid"},
        {"row_number": 1, "column_name": "phone", "code": "phone_invalid"},
        {"row_number": 2, "column_name": "phone", "code": "phone_invalid"},
        {"batch_id": 4, "column_name": "phone", "code": "phone_invalid"},
    )
    name = {"column": "lastName", "code": "last_name_required", "message": "has no last name"}
    team = {"column": "teamId", "code": "team_required", "message": "has no team"}
    rows.put(
        "rejected_row",
        {"row_number": 10, "reasons": [name, team]},
        {"batch_id": 2, "row_number": 9, "reasons": [name], "status": "superseded"},
        {"batch_id": 3, "row_number": 1, "reasons": [name]},
        {"batch_id": 4, "row_number": 1, "reasons": [name]},
    )


def test_every_batch_that_took_rows_is_judged_and_says_what_stands_of_it(rows: Rows) -> None:
    put_batches(rows)
    web = {"feed": "web", "file_uri": "a.csv", "started_at": JANUARY, "rows_read": 10, "rows_rejected": 1}
    clean = {"rows_suppressed": 0, "issue_count": 0, "issue_row_count": 0}
    assert rows.of("batch_quality") == [
        {
            **web,
            "batch_id": 1,
            "status": "loaded",
            "is_standing": True,
            "rows_suppressed": 0,
            "reject_fraction": 0.1,
            "issue_count": 3,
            "issue_row_count": 2,
            "issue_row_fraction": 0.2,
        },
        {
            **web,
            **clean,
            "batch_id": 2,
            "status": "loaded",
            "is_standing": True,
            "started_at": JANUARY + DAY,
            "rows_rejected": 5,
            "rows_suppressed": 1,
            "reject_fraction": 0.5,
            "issue_row_fraction": 0.0,
        },
        {
            **web,
            **clean,
            "batch_id": 3,
            "status": "failed",
            "is_standing": False,
            "rows_read": 2,
            "rows_rejected": 2,
        },
        {
            **web,
            "batch_id": 4,
            "status": "undone",
            "is_standing": False,
            "rows_suppressed": 0,
            "reject_fraction": 0.1,
            "issue_count": 1,
            "issue_row_count": 1,
            "issue_row_fraction": 0.1,
        },
    ]


def test_a_feed_is_judged_by_the_batches_that_stand(rows: Rows) -> None:
    put_batches(rows)
    rows.put("batch", {"batch_id": 7, "feed": "new", "status": "failed"})
    assert rows.of("feed_quality") == [
        {
            "feed": "new",
            "loaded_batch_count": 0,
            "failed_batch_count": 1,
            "undone_batch_count": 0,
            "rows_read": 0,
            "rows_rejected": 0,
            "rows_suppressed": 0,
            "issue_count": 0,
            "open_rejected_count": 0,
        },
        {
            "feed": "web",
            "loaded_batch_count": 2,
            "failed_batch_count": 1,
            "undone_batch_count": 1,
            "last_loaded_at": JANUARY + DAY,
            "rows_read": 20,
            "rows_rejected": 6,
            "rows_suppressed": 1,
            "reject_fraction": 0.3,
            "last_reject_fraction": 0.5,
            "issue_count": 3,
            "issue_row_fraction": 0.1,
            "open_rejected_count": 2,
        },
    ]


def test_issues_are_counted_by_code_for_cells_and_for_rejected_rows(rows: Rows) -> None:
    put_batches(rows)
    cell = {"feed": "web", "effect": "cell_issue"}
    row = {"feed": "web", "effect": "row_rejected", "column_name": "lastName", "code": "last_name_required"}
    email = {"column_name": "email", "code": "email_invalid"}
    phone = {"column_name": "phone", "code": "phone_invalid"}
    team = {"column_name": "teamId", "code": "team_required"}
    assert rows.of("issues_by_code") == [
        {**cell, **email, "batch_id": 1, "status": "loaded", "issue_count": 1, "row_fraction": 0.1},
        {**cell, **phone, "batch_id": 1, "status": "loaded", "issue_count": 2, "row_fraction": 0.2},
        {**row, "batch_id": 1, "status": "loaded", "issue_count": 1, "row_fraction": 0.1},
        {**row, **team, "batch_id": 1, "status": "loaded", "issue_count": 1, "row_fraction": 0.1},
        {**row, "batch_id": 2, "status": "loaded", "issue_count": 1, "row_fraction": 0.1},
        {**row, "batch_id": 3, "status": "failed", "issue_count": 1},
        {**cell, **phone, "batch_id": 4, "status": "undone", "issue_count": 1, "row_fraction": 0.1},
        {**row, "batch_id": 4, "status": "undone", "issue_count": 1, "row_fraction": 0.1},
    ]


def test_fill_rate_is_of_all_rows_of_the_file_also_of_those_that_say_nothing_new(rows: Rows) -> None:
    rows.put("batch", {"batch_id": 1}, {"batch_id": 2})
    rows.put(
        "record",
        {"record_id": 1, "source_id": 1, "firstName": "Ann", "lastName": "", "phone": "+12127365000", "teamId": 1},
        {"record_id": 2, "source_id": 2, "firstName": "Bob", "lastName": "Lobo"},
        {"record_id": 3, "source_id": 2, "firstName": "Bob", "batch_id": 2},
    )
    rows.put(
        "batch_row",
        {"row_number": 1, "record_id": 1},
        {"row_number": 2, "record_id": 2},
        {"row_number": 3, "outcome": "rejected"},
        {"batch_id": 2, "row_number": 1, "record_id": 1, "outcome": "unchanged"},
        {"batch_id": 2, "row_number": 2, "record_id": 3, "outcome": "updated"},
    )
    rows.undo(2, by=3)
    found = rows.of("field_fill")
    assert len(found) == 60
    assert {row["row_count"] for row in found} == {2}
    assert [
        (row["batch_id"], row["status"], row["field"], row["filled_count"]) for row in found if row["filled_count"]
    ] == [
        (1, "loaded", "firstName", 2),
        (1, "loaded", "lastName", 1),
        (1, "loaded", "phone", 1),
        (1, "loaded", "teamId", 1),
        (2, "undone", "firstName", 2),
        (2, "undone", "phone", 1),
        (2, "undone", "teamId", 1),
    ]
    assert found[0] == {
        "feed": "web",
        "batch_id": 1,
        "status": "loaded",
        "field": "accountId",
        "row_count": 2,
        "filled_count": 0,
        "fill_fraction": 0.0,
    }


def test_fill_rate_knows_every_field_of_the_specification_but_the_audit_log(rows: Rows) -> None:
    rows.put("batch", {"batch_id": 1})
    rows.put("record", {"record_id": 1, "source_id": 1})
    rows.put("batch_row", {"record_id": 1})
    fields = rows.connection.sql("SELECT * EXCLUDE (auditLog) FROM lead_api").columns
    assert {row["field"] for row in rows.of("field_fill")} == set(fields)


# --- duplicates_by_feed ------------------------------------------------------------------------------------------


def test_duplicates_within_a_feed_and_leads_that_another_feed_gave_first(rows: Rows) -> None:
    rows.put(
        "batch", {"batch_id": 1, "rows_read": 5, "rows_merged": 2}, {"batch_id": 2, "feed": "list", "rows_read": 3}
    )
    rows.put("lead", {"id": 1}, {"id": 2}, {"id": 3, "first_batch_id": 2}, {"id": 4, "missing_since": JANUARY})
    # Lead 1 is in web twice and in list, lead 2 in web only, lead 3 in list only, lead 4 is missing.
    rows.put("record_lead", *({"source_id": n, "lead_id": lead} for n, lead in ((1, 1), (2, 1), (3, 2), (4, 4))))
    rows.put("record_lead", *({"source_id": n, "lead_id": lead, "feed": "list"} for n, lead in ((5, 1), (6, 3))))
    rows.put("match_decision", {"decision": "review", "batch_id": 2}, {"decision": "merged", "batch_id": 2})
    assert rows.of("duplicates_by_feed") == [
        {
            "feed": "list",
            "rows_read": 3,
            "rows_merged": 0,
            "record_count": 2,
            "lead_count": 2,
            "duplicate_record_count": 0,
            "duplicate_fraction": 0.0,
            "shared_lead_count": 1,
            "known_lead_count": 1,
            "known_fraction": 0.5,
            "open_review_count": 1,
        },
        {
            "feed": "web",
            "rows_read": 5,
            "rows_merged": 2,
            "record_count": 3,
            "lead_count": 2,
            "duplicate_record_count": 1,
            "duplicate_fraction": 1 / 3,
            "shared_lead_count": 1,
            "known_lead_count": 0,
            "known_fraction": 0.0,
            "open_review_count": 0,
        },
    ]


def test_duplicates_forget_what_an_undone_batch_brought_but_not_what_another_batch_confirms(rows: Rows) -> None:
    rows.put("batch", *({"batch_id": number, "rows_read": 2} for number in (1, 2, 3)))
    rows.undo(2, by=4)
    rows.put("lead", {"id": 1})
    rows.put("record_lead", *({"source_id": number, "lead_id": 1} for number in (1, 2, 3)))
    rows.put(
        "record",
        {"record_id": 1, "source_id": 1},
        {"record_id": 2, "source_id": 2, "batch_id": 2},
        {"record_id": 3, "source_id": 3, "batch_id": 2},
        {"record_id": 4, "source_id": 1, "batch_id": 2},
    )
    # The third source record came again in batch 3, which stands; the second did not.
    rows.put(
        "batch_row",
        {"record_id": 1},
        *({"batch_id": 2, "row_number": record_id, "record_id": record_id} for record_id in (2, 3, 4)),
        {"batch_id": 3, "record_id": 3},
    )
    # As the undo keeps it.
    rows.put("withdrawn_record", {"record_id": 2}, {"record_id": 4})
    rows.put("match_decision", {"decision": "review", "batch_id": 2})
    assert rows.of("duplicates_by_feed") == [
        {
            "feed": "web",
            "rows_read": 4,
            "rows_merged": 0,
            "record_count": 2,
            "lead_count": 1,
            "duplicate_record_count": 1,
            "duplicate_fraction": 0.5,
            "shared_lead_count": 0,
            "known_lead_count": 0,
            "known_fraction": 0.0,
            "open_review_count": 0,
        }
    ]


# --- time_to_assignment ------------------------------------------------------------------------------------------


def test_waits_are_from_creation_to_the_first_owner(rows: Rows) -> None:
    rows.put("team", {"teamId": 1, "name": "Inbound"})
    rows.put("batch", {"batch_id": 1})
    owned = {"teamId": 1, "assignedTo": "ann@acme.example"}
    rows.put(
        "lead",
        {"id": 1, **owned},
        {"id": 2, **owned},
        {"id": 3, **owned},
        {"id": 4, "teamId": 1},
        {"id": 5, **owned, "missing_since": JANUARY},
    )
    rows.put("lead_alias", {"alias_id": 30, "lead_id": 3})
    waits = [(1, 60 * 30), (1, 9_000), (2, 7_200), (30, 172_800), (5, 1)]
    rows.put(
        "lead_event",
        *(
            {"lead_id": lead, "event": "lead_assigned", "created": JANUARY + timedelta(seconds=seconds)}
            for lead, seconds in waits
        ),
    )
    rows.put("lead_assignment", *({"lead_id": lead, "owner_rule": "rotation", **owned} for lead in (1, 2, 30, 5)))
    assert rows.of("time_to_assignment") == [
        {
            "accountId": "acme",
            "teamId": 1,
            "team_name": "Inbound",
            "origin": "vendor",
            "created_month": date(2026, 1, 1),
            "lead_count": 4,
            "timed_count": 3,
            "untimed_count": 0,
            "unassigned_count": 1,
            "median_seconds": 7_200,
            "p90_seconds": 172_800,
            "within_hour_count": 1,
            "within_day_count": 2,
        }
    ]


CRM_JANUARY = {"accountId": "acme", "origin": "crm", "created_month": date(2026, 1, 1)}


def test_an_owner_that_came_along_is_timed_only_by_the_crms_own_log(rows: Rows) -> None:
    rows.put("batch", {"batch_id": 1})
    owned = {"assignedTo": "ann@acme.example", "origin": "crm"}
    rows.put("lead", {"id": 1, **owned}, {"id": 2, **owned}, {"id": 3, **owned})
    rows.put("lead_assignment", *({"lead_id": lead, "owner_rule": "crm", "assignedTo": "x"} for lead in (1, 2, 3)))
    rows.put(
        "lead_event",
        *({"lead_id": lead, "event": "lead_assigned", "created": JANUARY + 90 * DAY} for lead in (1, 2, 3)),
        {
            "lead_id": 2,
            "event": "lead_updated",
            "user": "bob@acme.example",
            "created": JANUARY + HOUR,
            "data": '{"assignedTo": {"before": null, "after": "ann@acme.example"}}',
        },
        {
            "lead_id": 3,
            "event": "lead_updated",
            "user": "bob@acme.example",
            "created": JANUARY + HOUR,
            "data": '{"assignedTo": {"before": "cyd@acme.example", "after": "ann@acme.example"}}',
        },
    )
    assert rows.of("time_to_assignment") == [
        {
            **CRM_JANUARY,
            "lead_count": 3,
            "timed_count": 1,
            "untimed_count": 2,
            "unassigned_count": 0,
            "median_seconds": 3_600,
            "p90_seconds": 3_600,
            "within_hour_count": 1,
            "within_day_count": 1,
        }
    ]


def test_an_owner_whom_the_crm_gives_later_is_timed_and_one_before_the_creation_is_not(rows: Rows) -> None:
    rows.put("batch", {"batch_id": 1}, {"batch_id": 2}, {"batch_id": 3})
    rows.undo(3, by=4)
    owned = {"assignedTo": "ann@acme.example", "origin": "crm"}
    rows.put("lead", {"id": 1, **owned}, {"id": 2, **owned}, {"id": 3, "origin": "crm"})
    rows.put(
        "lead_assignment",
        {"lead_id": 1, "batch_id": 2, "owner_rule": "crm", **{"assignedTo": "ann@acme.example"}},
        {"lead_id": 2, "owner_rule": "rotation", "assignedTo": "ann@acme.example"},
    )
    rows.put(
        "lead_event",
        {"lead_id": 1, "batch_id": 2, "event": "lead_assigned", "created": JANUARY + 2 * DAY},
        {"lead_id": 2, "event": "lead_assigned", "created": JANUARY - DAY},
        {"lead_id": 3, "batch_id": 3, "event": "lead_assigned", "created": JANUARY + DAY},
    )
    assert rows.of("time_to_assignment") == [
        {
            **CRM_JANUARY,
            "lead_count": 3,
            "timed_count": 1,
            "untimed_count": 1,
            "unassigned_count": 1,
            "median_seconds": 172_800,
            "p90_seconds": 172_800,
            "within_hour_count": 0,
            "within_day_count": 0,
        }
    ]


# --- time_to_stage_change ----------------------------------------------------------------------------------------


def test_the_first_change_from_one_stage_to_another_counts_ours_and_the_crms(rows: Rows) -> None:
    rows.put("batch", {"batch_id": 1}, {"batch_id": 2})
    rows.undo(2, by=3)
    rows.put("lead", *({"id": number, "processStage": "Won", "origin": "crm"} for number in range(1, 6)))
    rows.put("lead", {"id": 6, "origin": "crm"}, {"id": 7, "origin": "crm", "missing_since": JANUARY})
    rows.put("lead_alias", {"alias_id": 20, "lead_id": 2})
    moved = '{"processStage":{"before":"New","after":"Won"}}'
    spaced = '{"phone": {"before": null, "after": "1"}, "processStage": {"before": "New", "after": "Qualified"}}'
    rows.put(
        "lead_event",
        {"lead_id": 1, "event": "lead_updated", "created": JANUARY + 2 * DAY, "data": moved},
        {"lead_id": 1, "event": "lead_updated", "created": JANUARY + DAY, "data": spaced, "user": "bob@acme.example"},
        {"lead_id": 20, "event": "lead_updated", "created": JANUARY + 9 * DAY, "data": moved},
        # A first stage is no change, nor is a stage that was taken away.
        {"lead_id": 3, "event": "lead_updated", "data": '{"processStage":{"before":null,"after":"New"}}'},
        {"lead_id": 3, "event": "lead_updated", "data": '{"processStage":{"before":"New","after":null}}'},
        {"lead_id": 4, "event": "lead_updated", "data": moved, "batch_id": 2},
        {"lead_id": 5, "event": "lead_updated", "data": moved, "created": JANUARY - DAY},
        {"lead_id": 6, "event": "lead_created", "data": '{"feed":"web"}'},
        {"lead_id": 7, "event": "lead_updated", "data": moved},
    )
    assert rows.of("time_to_stage_change") == [
        {
            **CRM_JANUARY,
            "lead_count": 6,
            "changed_count": 2,
            "unstaged_count": 1,
            "median_seconds": 86_400,
            "p90_seconds": 9 * 86_400,
            "within_day_count": 1,
            "within_week_count": 1,
        }
    ]


def test_months_are_those_of_utc_whatever_the_time_zone_of_the_session(rows: Rows) -> None:
    rows.put("lead", {"id": 1, "createdAt": datetime(2026, 2, 1, 0, 30, tzinfo=UTC)})
    rows.connection.execute("SET TimeZone = 'America/New_York'")
    for view in ("time_to_assignment", "time_to_stage_change"):
        assert rows.of(view)[0]["created_month"] == date(2026, 2, 1)


# --- files, headers, docs ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", VIEW_FILES, ids=VIEWS)
def test_a_file_is_one_view_of_its_name(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    code = "\n".join(line for line in text.splitlines() if not line.startswith("--")).strip()
    assert code.startswith(f"CREATE OR REPLACE VIEW {path.stem} AS\n")
    assert len(duckdb.extract_statements(text)) == 1
    assert "*" not in re.sub(r"count\(\*\)| \* ", "", code), "columns are named"


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_of_nothing_is_empty(rows: Rows, view: str) -> None:
    assert rows.of(view) == []


@pytest.mark.parametrize("path", VIEW_FILES, ids=VIEWS)
def test_the_header_lists_the_columns_and_its_example_runs(rows: Rows, path: Path) -> None:
    header = [
        line.removeprefix("--") for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("--")
    ]
    listed = [found.group(1) for line in header if (found := re.match(r"   (\w+)  +\S", line))]
    assert listed == rows.columns(path.stem)
    example = re.search(r"Example: (SELECT .*?) shows? ", " ".join(line.strip() for line in header))
    assert example is not None
    rows.connection.execute(example.group(1)).fetchall()


@pytest.mark.parametrize("view", VIEWS)
def test_the_docs_list_the_columns_of_each_view(rows: Rows, view: str) -> None:
    section = re.search(rf"^## `{view}`.*?\n(.*?)(?=^## |\Z)", DOCS.read_text(encoding="utf-8"), re.S | re.M)
    assert section is not None, f"docs/analytics.md has no section on {view}"
    listed = [
        name
        for names in re.findall(r"^\| (`.*?`) \|", section.group(1), re.M)
        for name in re.findall(r"`(\w+)`", names)
    ]
    assert listed == rows.columns(view)


def test_the_docs_know_no_view_that_is_not_there() -> None:
    assert sorted(re.findall(r"^## `(\w+)`", DOCS.read_text(encoding="utf-8"), re.M)) == VIEWS


def test_the_examples_of_the_docs_run(rows: Rows) -> None:
    examples = re.findall(r"^```sql\n(.*?)^```", DOCS.read_text(encoding="utf-8"), re.S | re.M)
    assert len(examples) >= len(VIEWS)
    for example in examples:
        rows.connection.execute(example).fetchall()
