"""The CRM's count against ours: every difference is named, and what somebody should look at is an exit code."""

import json
from pathlib import Path
from typing import Any

import pytest

from flows.cli import app
from flows.pipeline import ingest
from flows.run import Request
from flows.settings import Settings

FEEDS = """
[feeds.crm]
origin = "crm"
account_id = "acme"
extent = "full"
as_of_pattern = "%Y-%m-%d"

[feeds.other]
origin = "crm"
account_id = "globex"

[feeds.web]
account_id = "acme"
"""


class Crm:
    """A warehouse, and the command."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capsys = folder, capsys
        (folder / "reference").mkdir()
        (folder / "reference/feeds.toml").write_text(FEEDS, encoding="utf-8")
        self.settings = Settings(
            warehouse=folder / "leads.duckdb", reference=folder / "reference", archive=folder / "archive"
        )

    def write(self, name: str, *rows: dict[str, Any]) -> Path:
        """Write an export."""
        path = self.folder / name
        path.write_text(json.dumps(list(rows)), encoding="utf-8")
        return path

    def load(self, name: str, *rows: dict[str, Any], feed: str = "crm") -> None:
        """Load an export."""
        [summary] = ingest(self.settings, Request(paths=(str(self.write(name, *rows)),), feed=feed))
        assert summary.columns["status"] in ("loaded", "skipped"), summary.columns["error"]

    def reconcile(self, *arguments: str) -> tuple[int, list[dict[str, Any]], str]:
        """Run the command; return its exit code, the differences, and what it noted."""
        places = ["--warehouse", str(self.settings.warehouse), "--reference", str(self.settings.reference)]
        self.capsys.readouterr()
        command = ["reconcile", *arguments, "--json", *places, "--archive", str(self.settings.archive)]
        code = app(command, exit_on_error=False, print_error=False, result_action="return_value")
        said = self.capsys.readouterr()
        return code, json.loads(said.out), said.err

    def named(self, *arguments: str) -> list[tuple[str, str | None, int | None, str | None]]:
        """The differences in short."""
        _, rows, _ = self.reconcile(*arguments)
        return [(row["difference"], row["source_key"], row["lead_id"], row["reason"]) for row in rows]


@pytest.fixture
def crm(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Crm:
    """A hundred leads of the CRM."""
    crm = Crm(tmp_path, capsys)
    crm.load("crm-2026-01-01.json", *(lead(number) for number in range(1, 101)))
    return crm


def lead(number: int, **cells: Any) -> dict[str, Any]:
    """A lead of the CRM."""
    return {
        "id": number,
        "firstName": f"First{number}",
        "lastName": f"Last{number}",
        "email": f"{number}@a.example",
    } | cells


def all_but(*numbers: int, **cells: Any) -> list[dict[str, Any]]:
    """The leads of the CRM but these."""
    return [lead(number, **cells) for number in range(1, 101) if number not in numbers]


def test_an_export_of_what_we_have_differs_in_nothing(crm: Crm) -> None:
    code, differences, noted = crm.reconcile()
    assert (code, differences) == (0, [])
    assert "feed crm, export of 2026-01-01 00:00 (batch 1): 100 listed, 100 leads here, 0 differences" in noted


def test_a_lead_that_is_not_listed_is_absent_and_then_missing(crm: Crm) -> None:
    crm.load("crm-2026-01-02.json", *all_but(7))
    code, _, _ = crm.reconcile()
    assert (code, crm.named()) == (1, [("absent", "7", 7, None)])
    crm.load("crm-2026-01-03.json", *all_but(7))
    code, differences, noted = crm.reconcile("--feed", "crm")
    assert (code, crm.named()) == (0, [("missing", "7", 7, None)])
    assert differences[0]["missing_since"] == "2026-01-03T00:00:00Z"
    assert "99 listed, 99 leads here" in noted


def test_a_lead_that_another_feed_speaks_for_is_kept(crm: Crm) -> None:
    form = {"firstName": "First7", "lastName": "Last7", "email": "7@a.example"}
    crm.load("web.json", form, feed="web")
    crm.load("crm-2026-01-02.json", *all_but(7))
    assert crm.named() == [("kept", "7", 7, "also of web")]
    assert crm.reconcile()[0] == 0


def test_a_rejected_row_is_named_with_its_reasons(crm: Crm) -> None:
    crm.load("other.json", lead(500), feed="other")
    crm.load("crm-2026-01-02.json", *all_but(), lead(500))
    code, [difference], noted = crm.reconcile()
    assert code == 1
    assert difference == {
        "feed": "crm",
        "difference": "rejected",
        "source_key": "500",
        "lead_id": None,
        "row_number": 101,
        "reason": "id_conflict",
        "missing_since": None,
    }
    assert "101 listed, 100 leads here, 1 differences" in noted


def test_a_file_is_compared_without_being_loaded(crm: Crm) -> None:
    crm.load("other.json", lead(500), feed="other")
    path = crm.write("crm-2026-01-02.json", *all_but(7, 8), lead(101), lead(500))
    code, _, noted = crm.reconcile(str(path), "--feed", "crm")
    assert code == 1
    assert crm.named(str(path), "--feed", "crm") == [
        ("absent", "7", 7, None),
        ("absent", "8", 8, None),
        ("not_loaded", "101", None, None),
        ("rejected", "500", None, "id_conflict"),
    ]
    assert "feed crm, crm-2026-01-02.json: 100 listed, 100 leads here, 4 differences" in noted
    assert crm.reconcile()[0] == 0
    assert not list(crm.settings.archive.rglob(".taking*"))


def test_files_of_one_export_are_one(crm: Crm) -> None:
    rows = all_but(company="New")
    parts = [crm.write("crm-2026-01-02-a.json", *rows[:40]), crm.write("crm-2026-01-02-b.json", *rows[40:])]
    ingest(crm.settings, Request(paths=tuple(map(str, parts)), feed="crm"))
    assert crm.reconcile()[:2] == (0, [])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--feed", "web"], 'feed web has no whole export with extent = "full"; feeds that have: crm'),
        (["crm-2026-01-01.json"], "exports of feed default do not list all leads"),
        (["--feed", "crm", "nowhere.json"], "nowhere.json does not exist"),
    ],
)
def test_what_cannot_be_compared_is_said(
    crm: Crm, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(crm.folder)
    with pytest.raises(Exception, match=message):
        crm.reconcile(*arguments)
