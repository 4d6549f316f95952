"""The log that a CRM's export brings along: each entry once, without what it would let its reader do."""

import json
from pathlib import Path
from typing import Any

import pytest

from flows.pipeline import ingest
from flows.run import Request
from flows.settings import Settings
from flows.warehouse import read_warehouse

FEEDS = '[feeds.crm]\norigin = "crm"\naccount_id = "acme"\nas_of_pattern = "%Y-%m-%d"\n'

# Every member of an entry as the specification has it, each with a canary where a secret may stand.
ENTRY: dict[str, Any] = {
    "account_id": "acme",
    "apiKey": "canary-key-0123456789wxyz",
    "created": "2026-01-05T10:00:00Z",
    "data": {
        "before": {"company": "Old"},
        "after": {"company": "New"},
        "apiKey": {"before": "canary-one", "after": "canary-two"},
        "integration": {"accessToken": 'canary "quoted" \\ token', "scopes": ["read"], "API-Keys": ["canary-list"]},
        "note": "the token was rotated",
    },
    "event": "lead_updated",
    "id": 77,
    "requestHeaders": {
        "Authorization": "Bearer canary-bearer",
        "COOKIE": "session=canary-cookie",
        "Set-Cookie": ["sid=canary-set-cookie"],
        "x-api-key": "canary-x-api-key",
        "X-CSRF-Token": "canary-csrf",
        "Referer": "https://crm.example/leads?access_token=canary-referer&page=2",
        "X-Forwarded": "bearer canary-forwarded",
        "User-Agent": "Mozilla/5.0",
    },
    "requestIpAddress": "192.0.2.7",
    "requestMethod": "PATCH",
    "requestPath": "/leads/501?api_key=canary-path&fields=all",
    "user": "ann@acme.example",
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A warehouse of one CRM."""
    (tmp_path / "reference").mkdir()
    (tmp_path / "reference/feeds.toml").write_text(FEEDS, encoding="utf-8")
    return Settings(warehouse=tmp_path / "leads.duckdb", reference=tmp_path / "reference", archive=tmp_path / "archive")


def load(settings: Settings, day: int, *entries: Any, **cells: Any) -> int:
    """Load lead 501 with a log; return the batch."""
    path = settings.warehouse.with_name(f"crm-2026-01-{day:02}.json")
    lead = {"id": 501, "firstName": "Dana", "lastName": "Reyes", **cells, "auditLog": list(entries)}
    path.write_text(json.dumps([lead]), encoding="utf-8")
    [summary] = ingest(settings, Request(paths=(str(path),), feed="crm"))
    assert summary.columns["status"] == "loaded", summary.columns["error"]
    return int(summary.columns["batch_id"])


def imported(settings: Settings) -> list[dict[str, Any]]:
    """The entries that did not come from us, as the specification's document has them."""
    with read_warehouse(settings.warehouse, wait_seconds=0) as warehouse:
        [(text,)] = warehouse.connection.sql("SELECT to_json(auditLog) FROM lead_api").fetchall()
    return [entry for entry in json.loads(text) if entry["user"] != "leadmill"]


def test_an_entry_keeps_all_that_is_no_secret(settings: Settings) -> None:
    load(settings, 5, ENTRY)
    [entry] = imported(settings)
    headers = dict.fromkeys(("Authorization", "COOKIE", "Set-Cookie", "x-api-key", "X-CSRF-Token"), "***")
    assert entry == {
        **ENTRY,
        "created": "2026-01-05T10:00:00.000000Z",
        "apiKey": "***wxyz",
        "data": {
            **ENTRY["data"],
            "apiKey": "***",
            "integration": {"accessToken": "***", "scopes": ["read"], "API-Keys": "***"},
        },
        "requestHeaders": {
            **ENTRY["requestHeaders"],
            **headers,
            "Referer": "https://crm.example/leads?access_token=***&page=2",
            "X-Forwarded": "bearer ***",
        },
        "requestPath": "/leads/501?api_key=***&fields=all",
    }


def test_no_secret_is_anywhere_in_the_warehouse(settings: Settings) -> None:
    load(settings, 5, ENTRY, {**ENTRY, "id": 78, "requestHeaders": json.dumps(ENTRY["requestHeaders"])})
    assert len(imported(settings)) == 2
    with read_warehouse(settings.warehouse, wait_seconds=0) as warehouse:
        warehouse.connection.execute("CREATE TEMP TABLE told (text VARCHAR)")
        tables = warehouse.connection.sql("SELECT table_name FROM duckdb_tables() WHERE NOT temporary").fetchall()
        for (table,) in tables:
            warehouse.connection.execute(f"INSERT INTO told SELECT to_json(t)::VARCHAR FROM {table} AS t")
        found = warehouse.connection.sql("SELECT text FROM told WHERE contains(text, 'canary')").fetchall()
    assert found == []
    assert b"canary" not in settings.warehouse.read_bytes()


def test_an_entry_is_kept_once_whatever_repeats_it(settings: Settings) -> None:
    first = load(settings, 5, ENTRY, ENTRY)
    load(settings, 6, ENTRY, {**ENTRY, "id": 78}, company="New")
    load(settings, 7, {**ENTRY, "data": {"told": "otherwise"}}, {**ENTRY, "id": 78}, company="Newer")
    with read_warehouse(settings.warehouse, wait_seconds=0) as warehouse:
        kept = warehouse.connection.sql("SELECT id, batch_id FROM lead_event WHERE id < 1000 ORDER BY id").fetchall()
    assert kept == [(77, first), (78, first + 1)]


@pytest.mark.parametrize("key", [None, "", "short", "***wxyz"])
def test_a_key_that_is_short_or_masked_already_shows_nothing(settings: Settings, key: str | None) -> None:
    load(settings, 5, {**ENTRY, "apiKey": key})
    [entry] = imported(settings)
    assert entry["apiKey"] == {"short": "***", "***wxyz": "***wxyz"}.get(key or "")


@pytest.mark.parametrize("headers", ["no document", "[1]", [{"name": "Cookie", "value": "canary"}], 7, None])
def test_headers_that_are_no_object_are_not_kept(settings: Settings, headers: Any) -> None:
    load(settings, 5, {**ENTRY, "requestHeaders": headers})
    [entry] = imported(settings)
    assert entry["requestHeaders"] is None


@pytest.mark.parametrize(
    ("data", "kept"),
    [
        ({"apiKey": {"before": {"v": "canary"}, "after": ["canary", {"v": "canary"}]}}, {"apiKey": "***"}),
        ({"apiKey": {"before": "a}canary", "after": "]canary"}, "n": "}{]["}, {"apiKey": "***", "n": "}{]["}),
        ({"pin": 1, "password": 9182736455, "pwd": "canary"}, {"pin": 1, "password": "***", "pwd": "***"}),
        ({"a": {"private_key": 'canary " canary'}}, {"a": {"private_key": "***"}}),
        (
            [
                {"field": "apiKey", "before": "canary", "after": "canary"},
                {"field": "company", "before": "A", "after": "B"},
            ],
            [{"***": "***"}, {"field": "company", "before": "A", "after": "B"}],
        ),
        ({"headers": [{"name": "Cookie", "value": ["canary"]}]}, {"headers": [{"***": "***"}]}),
        ({"body": '{"token": "canary", "stage": "New"}'}, {"body": '{"token": "***", "stage": "New"}'}),
        (
            {"url": "https://ann:canary@crm.example/x?sig=canary&a=1"},
            {"url": "https://ann:***@crm.example/x?sig=***&a=1"},
        ),
        ({"token": [[[[[[[["canary"]]]]]]]]}, "***"),
        ({"note": 'she said "token": no', "name": "The Token Company"}, None),
    ],
)
def test_secrets_of_data_go_however_they_are_told(settings: Settings, data: Any, kept: Any) -> None:
    load(settings, 5, {**ENTRY, "data": data}, {**ENTRY, "id": 78, "data": json.dumps(data)})
    assert [entry["data"] for entry in imported(settings)] == [kept or data] * 2
    assert b"canary" not in settings.warehouse.read_bytes()
    assert b"9182736455" not in settings.warehouse.read_bytes()


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/leads?token=canary", "/leads?token=***"),
        ("/leads#access_token=canary&x=1", "/leads#access_token=***&x=1"),
        ("/leads;sessionid=canary?q=a", "/leads;sessionid=***?q=a"),
        ("/leads?X-Amz-Signature=canary&X-Amz-Date=1", "/leads?X-Amz-Signature=***&X-Amz-Date=1"),
        ("https://ann:canary@crm.example/leads?otp=canary", "https://ann:***@crm.example/leads?otp=***"),
        ("/leads?company=Token&monkey_business=", "/leads?company=Token&monkey_business=***"),
    ],
)
def test_secrets_of_an_address_go(settings: Settings, path: str, kept: str) -> None:
    load(settings, 5, {**ENTRY, "requestPath": path})
    assert [entry["requestPath"] for entry in imported(settings)] == [kept]
    assert b"canary" not in settings.warehouse.read_bytes()
