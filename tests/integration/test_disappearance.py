"""The CRM's nights: who its exports list no more, who comes back, and exports that are held until somebody looked."""

import json
import os
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from flows.approve import approve
from flows.cli import app
from flows.errors import UsageError
from flows.pipeline import ingest
from flows.reference import load_reference
from flows.regroup import merge_pairs, unmerge
from flows.replay import replay
from flows.run import Request, open_run
from flows.settings import Settings
from flows.steps.survive import conclude_everything
from flows.warehouse import open_warehouse, read_warehouse

FEEDS = """
[feeds.crm]
origin = "crm"
account_id = "acme"
extent = "full"
as_of_pattern = "%Y-%m-%d"

[feeds.second]
origin = "crm"
account_id = "acme"
extent = "full"
as_of_pattern = "%Y-%m-%d"

[feeds.undated]
origin = "crm"
account_id = "acme"
extent = "full"

[feeds.web]
account_id = "acme"
as_of_pattern = "%Y-%m-%d"
"""

EVERYBODY = range(1, 101)


class Nights:
    """A warehouse, and the exports that come night by night."""

    def __init__(self, folder: Path) -> None:
        reference = folder / "reference"
        reference.mkdir()
        (reference / "feeds.toml").write_text(FEEDS, encoding="utf-8")
        self.exports = folder / "exports"
        self.exports.mkdir()
        self.settings = Settings(warehouse=folder / "leads.duckdb", reference=reference, archive=folder / "archive")

    def write(self, name: str, ids: Iterable[int], **cells: Any) -> Path:
        """Write an export that lists these ids."""
        path = self.exports / name
        path.write_text(json.dumps([lead(number, **cells) for number in ids]), encoding="utf-8")
        return path

    def take(self, *paths: Path, feed: str = "crm", force: bool = False) -> list[dict[str, Any]]:
        """Ingest files in one run; return their batches."""
        request = Request(paths=tuple(str(path) for path in paths), feed=feed, is_forced=force)
        return [summary.columns for summary in ingest(self.settings, request)]

    def night(self, day: int, ids: Iterable[int], feed: str = "crm", **cells: Any) -> dict[str, Any]:
        """Ingest the export of a night of January."""
        [batch] = self.take(self.write(f"{feed}-2026-01-{day:02}.json", ids, **cells), feed=feed)
        return batch

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Ask the warehouse."""
        with read_warehouse(self.settings.warehouse, wait_seconds=0) as warehouse:
            return warehouse.connection.sql(query).fetchall()

    def missing(self) -> dict[int, int]:
        """The missing leads with the day of January since when."""
        query = "SELECT id, day(missing_since) FROM lead WHERE missing_since IS NOT NULL ORDER BY id"
        self.check_conclusion()
        return dict(self.rows(query))

    def events(self) -> list[tuple[Any, ...]]:
        """Who went and returned, in order."""
        return self.rows(
            "SELECT lead_id, event, batch_id FROM lead_event WHERE event IN ('lead_missing', 'lead_returned') ORDER BY id"
        )

    def check_conclusion(self) -> None:
        """Hold the leads against what is concluded of nothing but records and decisions."""
        with open_warehouse(self.settings.warehouse, wait_seconds=0) as warehouse, warehouse.rehearsal():
            before = warehouse.connection.sql("SELECT * FROM lead ORDER BY id").fetchall()
            warehouse.connection.execute("DELETE FROM lead")
            conclude_everything(warehouse)
            assert warehouse.connection.sql("SELECT * FROM lead ORDER BY id").fetchall() == before


def lead(number: int, **cells: Any) -> dict[str, Any]:
    """A lead of the CRM."""
    return {"id": number, "firstName": f"First{number}", "lastName": f"Last{number}", **cells}


def without(*numbers: int) -> list[int]:
    """Everybody but these."""
    return [number for number in EVERYBODY if number not in numbers]


@pytest.fixture
def nights(tmp_path: Path) -> Nights:
    """A warehouse before its first night."""
    return Nights(tmp_path)


# --- who is missing


def test_a_lead_is_missing_with_the_second_export_that_does_not_list_it(nights: Nights) -> None:
    nights.night(1, EVERYBODY)
    nights.night(2, without(7))
    assert nights.missing() == {}
    batch = nights.night(3, without(7), company="Any")
    assert nights.missing() == {7: 3}
    assert nights.events() == [(7, "lead_missing", batch["batch_id"])]
    nights.night(4, without(7), company="Other")
    assert nights.missing() == {7: 3}
    assert len(nights.events()) == 1


def test_a_skipped_repeat_counts_as_an_export(nights: Nights) -> None:
    nights.night(1, EVERYBODY)
    nights.night(2, without(7))
    repeat = nights.night(3, without(7))
    assert repeat["status"] == "skipped"
    assert nights.missing() == {7: 3}
    assert nights.events() == [(7, "lead_missing", repeat["batch_id"])]


def test_the_same_file_again_is_the_same_export(nights: Nights) -> None:
    nights.night(1, EVERYBODY)
    nights.night(2, without(7))
    assert nights.night(2, without(7))["status"] == "skipped"
    assert nights.missing() == {}
    undated = nights.write("export.json", without(7))
    for _ in range(3):
        nights.take(undated, feed="undated")
    assert nights.missing() == {}


def test_a_rejected_row_counts_as_listed(nights: Nights) -> None:
    nights.night(1, EVERYBODY)
    # Another feed's lead holds the id in another account, so the row of this one is refused.
    nights.night(1, [500], feed="second")
    nights.night(2, [500], feed="second", accountId="acme")
    with_conflict = [*(lead(number) for number in without(7)), lead(500, accountId="globex")]
    for day in (2, 3):
        path = nights.exports / f"crm-2026-01-{day:02}.json"
        path.write_text(json.dumps([*with_conflict, lead(9000 + day)]), encoding="utf-8")
        [batch] = nights.take(path)
        assert batch["rows_rejected"] == 1
    assert nights.missing() == {7: 3}


def test_a_lead_whose_row_is_rejected_now_is_listed_all_the_same(nights: Nights) -> None:
    nights.night(1, EVERYBODY)
    # A record of the second CRM feed joins lead 7, so the first cannot move it to another account.
    nights.night(1, [7], feed="second")
    for day in (2, 3):
        path = nights.exports / f"crm-2026-01-{day:02}.json"
        rows = [lead(number, company=str(day)) for number in without(7)]
        path.write_text(json.dumps([*rows, lead(7, accountId="globex")]), encoding="utf-8")
        [batch] = nights.take(path)
        assert batch["rows_rejected"] == 1
        # The second feed does not list it any more either.
        other = nights.night(day, [1], feed="second", company=str(day))
        if other["status"] == "held":
            approve(nights.settings, other["batch_id"])
    assert nights.missing() == {}
    nights.night(4, without(7))
    nights.night(5, without(7), company="5")
    assert nights.missing() == {7: 5}


def test_who_comes_back_is_missing_no_more(nights: Nights) -> None:
    nights.night(1, EVERYBODY)
    nights.night(2, without(7))
    nights.night(3, without(7))
    back = nights.night(4, EVERYBODY)
    assert nights.missing() == {}
    assert nights.events()[1:] == [(7, "lead_returned", back["batch_id"])]
    nights.night(5, without(7))
    assert nights.missing() == {}
    again = nights.night(6, without(7))
    assert nights.missing() == {7: 6}
    assert nights.events()[2:] == [(7, "lead_missing", again["batch_id"])]


def test_who_comes_back_unchanged_is_missing_no_more(nights: Nights) -> None:
    nights.night(1, EVERYBODY)
    nights.night(2, without(7))
    nights.night(3, without(7))
    back = nights.night(4, [*EVERYBODY, 101])
    assert nights.rows(f"SELECT outcome FROM batch_row WHERE batch_id = {back['batch_id']} AND lead_id = 7") == [
        ("unchanged",)
    ]
    assert nights.missing() == {}


def test_a_delta_feed_speaks_for_its_leads(nights: Nights) -> None:
    nights.night(1, EVERYBODY, email=None)
    web = {"firstName": "First7", "lastName": "Last7", "email": "seven@acme.example"}
    path = nights.exports / "crm-2026-01-02.json"
    path.write_text(json.dumps([lead(number, email=f"{number}@acme.example") for number in EVERYBODY]), "utf-8")
    nights.take(path)
    form = nights.exports / "web-2026-01-02.json"
    form.write_text(json.dumps([{**web, "email": "7@acme.example"}]), encoding="utf-8")
    nights.take(form, feed="web")
    assert nights.rows("SELECT count(*) FROM record_lead WHERE lead_id = 7") == [(2,)]
    for day in (3, 4, 5):
        nights.night(day, without(7, 8))
    assert nights.missing() == {8: 4}


def test_a_form_that_a_missing_lead_fills_in_brings_it_back(nights: Nights) -> None:
    path = nights.exports / "crm-2026-01-01.json"
    path.write_text(json.dumps([lead(number, email=f"{number}@acme.example") for number in EVERYBODY]), "utf-8")
    nights.take(path)
    nights.night(2, without(7))
    nights.night(3, without(7))
    assert nights.missing() == {7: 3}
    form = nights.exports / "web-2026-01-03.json"
    form.write_text(json.dumps([{"firstName": "First7", "lastName": "Last7", "email": "7@acme.example"}]), "utf-8")
    nights.take(form, feed="web")
    assert nights.rows("SELECT count(*) FROM record_lead WHERE lead_id = 7") == [(2,)]
    assert nights.missing() == {}


def test_a_lead_of_two_full_feeds_is_missing_when_neither_lists_it(nights: Nights) -> None:
    nights.night(1, EVERYBODY)
    nights.night(1, EVERYBODY, feed="second")
    for day in (2, 3, 4):
        nights.night(day, without(7))
    assert nights.missing() == {}
    nights.night(5, without(7), feed="second")
    assert nights.missing() == {}
    nights.night(6, without(7), feed="second")
    assert nights.missing() == {7: 6}


def test_an_older_export_that_comes_late_makes_nobody_missing(nights: Nights) -> None:
    nights.night(3, EVERYBODY)
    nights.night(1, without(7))
    nights.night(2, without(7, 8))
    assert nights.missing() == {}


def test_what_was_exported_as_delta_before_is_listed_then(nights: Nights) -> None:
    feeds = nights.settings.reference / "feeds.toml"
    feeds.write_text(FEEDS.replace('extent = "full"', 'extent = "delta"'), encoding="utf-8")
    nights.night(1, EVERYBODY)
    for day in (2, 3, 4):
        nights.night(day, without(7), company=str(day))
    assert nights.missing() == {}
    feeds.write_text(FEEDS, encoding="utf-8")
    nights.night(5, without(7))
    assert nights.missing() == {}
    nights.night(6, without(7), company="6")
    assert nights.missing() == {7: 6}
    feeds.write_text(FEEDS.replace('extent = "full"', 'extent = "delta"'), encoding="utf-8")
    nights.night(7, [1], company="7")
    assert nights.missing() == {}


# --- exports that are held


def test_an_export_cut_in_half_is_held_at_first_sight(nights: Nights) -> None:
    nights.night(1, EVERYBODY)
    held = nights.night(2, range(1, 51), company="New")
    assert held["status"] == "held"
    assert held["error"].startswith("50 of 100 leads that the last export of feed crm lists would vanish (50.0%")
    assert f"leads approve {held['batch_id']}" in held["error"]
    for table in ("record", "batch_row", "rejected_row", "lead_event", "batch_listing"):
        assert nights.rows(f"SELECT count(*) FROM {table} WHERE batch_id = {held['batch_id']}") == [(0,)], table
    assert nights.rows("SELECT count(*) FROM lead WHERE company IS NOT NULL") == [(0,)]


def test_two_percent_may_vanish_and_no_more(nights: Nights) -> None:
    nights.night(1, EVERYBODY)
    assert nights.night(2, without(7, 8))["status"] == "loaded"
    assert nights.night(3, without(7, 8, 9))["status"] == "loaded"
    assert nights.night(4, without(7, 8, 9, 10, 11, 12))["status"] == "held"


def test_a_held_file_given_again_is_held_again(nights: Nights) -> None:
    nights.night(1, EVERYBODY)
    assert [nights.night(2, range(1, 51))["status"] for _ in range(2)] == ["held", "held"]


def test_approve_loads_the_held_file(nights: Nights) -> None:
    nights.night(1, EVERYBODY)
    held = nights.night(2, range(1, 51), company="New")
    loaded = approve(nights.settings, held["batch_id"]).columns
    assert (loaded["status"], loaded["kind"], loaded["of_batch_id"]) == ("loaded", "approve", held["batch_id"])
    assert (loaded["as_of"], loaded["file_sha256"]) == (held["as_of"], held["file_sha256"])
    assert nights.rows("SELECT count(*) FROM lead WHERE company = 'New'") == [(50,)]
    assert nights.rows(f"SELECT status FROM batch_status WHERE batch_id = {held['batch_id']}") == [("approved",)]
    assert nights.missing() == {}
    # Now it is known, and a repeat of it the second export that does not list the others.
    assert nights.night(2, range(1, 51), company="New")["status"] == "skipped"
    assert nights.missing() == {}
    assert nights.night(3, range(1, 51), company="New")["status"] == "skipped"
    assert nights.missing() == dict.fromkeys(range(51, 101), 3)


def test_only_what_is_held_can_be_approved(nights: Nights) -> None:
    loaded = nights.night(1, EVERYBODY)
    with pytest.raises(UsageError, match="batch 1 is loaded, not held: no batch is held"):
        approve(nights.settings, loaded["batch_id"])
    with pytest.raises(UsageError, match="there is no batch 9"):
        approve(nights.settings, 9)
    first = nights.night(2, range(1, 51))
    second = nights.night(2, range(1, 51))
    approve(nights.settings, first["batch_id"])
    with pytest.raises(UsageError, match="batch 2 is approved, not held: held are 3"):
        approve(nights.settings, first["batch_id"])
    assert approve(nights.settings, second["batch_id"]).columns["status"] == "skipped"


def test_leads_that_are_recognised_under_another_key_do_not_vanish(nights: Nights) -> None:
    (nights.settings.reference / "feeds.toml").write_text('[feeds.list]\nextent = "full"\n', encoding="utf-8")

    def rows(domain: str) -> list[dict[str, str]]:
        return [
            {"firstName": f"First{n}", "lastName": f"Last{n}", "email": f"{n}@{domain}", "phone": f"212736{n:04}"}
            for n in EVERYBODY
        ]

    for domain in ("old.example", "new.example"):
        path = nights.exports / f"{domain}.json"
        path.write_text(json.dumps(rows(domain)), encoding="utf-8")
        [batch] = nights.take(path, feed="list")
        assert batch["status"] == "loaded", batch["error"]
    assert nights.rows("SELECT count(*), count(missing_since) FROM lead") == [(100, 0)]


# --- exports of several files, and folders of all nights


def parts(nights: Nights, day: int, *ids: Sequence[int]) -> list[Path]:
    """The files of one export."""
    return [
        nights.write(f"crm-2026-01-{day:02}-part{place}.json", each, company=str(day))
        for place, each in enumerate(ids, start=1)
    ]


def test_files_of_one_day_in_a_run_are_one_export(nights: Nights) -> None:
    for day, first in ((1, EVERYBODY), (2, without(7)), (3, without(7))):
        batches = nights.take(*parts(nights, day, [n for n in first if n <= 50], [n for n in first if n > 50]))
        assert [batch["status"] for batch in batches] == ["loaded", "loaded"], batches
    assert nights.missing() == {7: 3}


def test_a_lead_that_moved_to_another_part_is_not_missing(nights: Nights) -> None:
    for day in range(1, 5):
        cut = 50 + day
        nights.take(*parts(nights, day, range(1, cut), range(cut, 101)))
    assert nights.missing() == {}


def test_a_part_that_is_as_it_was_is_skipped_and_lists_its_leads(nights: Nights) -> None:
    for day in range(1, 5):
        first = nights.write(f"crm-2026-01-{day:02}-part1.json", range(1, 51))
        second = nights.write(f"crm-2026-01-{day:02}-part2.json", range(51, 101), company=str(day))
        assert nights.take(first, second)[1]["status"] == "loaded"
    assert nights.missing() == {}


def test_an_export_of_which_a_part_failed_is_none(nights: Nights) -> None:
    nights.take(*parts(nights, 1, range(1, 51), range(51, 101)))
    for day in (2, 3):
        first, second = parts(nights, day, range(1, 51), range(51, 101))
        first.write_bytes(b"\x89PNG\r\n\x1a\n")
        batches = nights.take(first, second)
        assert [batch["status"] for batch in batches] == ["failed", "loaded"]
    assert nights.missing() == {}


def test_a_part_is_missing_from_an_export_that_is_held(nights: Nights) -> None:
    nights.take(*parts(nights, 1, range(1, 51), range(51, 101)))
    batches = nights.take(*parts(nights, 2, range(1, 26), range(51, 101)))
    assert [batch["status"] for batch in batches] == ["loaded", "held"]
    assert nights.missing() == {}


def test_a_folder_of_all_nights_given_again_changes_nothing(nights: Nights) -> None:
    paths = [
        nights.write("crm-2026-01-01.json", without(100)),
        nights.write("crm-2026-01-02.json", EVERYBODY),
        nights.write("crm-2026-01-03.json", without(7)),
    ]
    nights.take(*paths)
    before = nights.rows("FROM lead ORDER BY id"), nights.rows("FROM lead_event ORDER BY ALL")
    for _ in range(2):
        assert {batch["status"] for batch in nights.take(*paths)} == {"skipped"}
    assert (nights.rows("FROM lead ORDER BY id"), nights.rows("FROM lead_event ORDER BY ALL")) == before
    assert nights.missing() == {}


def test_a_b_a_ends_in_a(nights: Nights) -> None:
    first = nights.write("crm-2026-01-01.json", EVERYBODY, company="A")
    second = nights.write("crm-2026-01-02.json", without(7), company="B")
    for path in (first, second, first):
        [batch] = nights.take(path)
        assert batch["status"] == "loaded"
    assert nights.rows("SELECT DISTINCT company FROM lead") == [("A",)]
    assert nights.missing() == {}


def test_content_that_comes_back_under_a_later_day_has_that_day(nights: Nights) -> None:
    nights.night(1, EVERYBODY, company="A")
    nights.night(2, EVERYBODY, company="B")
    batch = nights.night(3, EVERYBODY, company="A")
    assert (batch["status"], batch["as_of"]) == ("loaded", datetime(2026, 1, 3, tzinfo=UTC))


def test_undated_exports_of_one_time_are_exports_in_their_order(nights: Nights) -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
    paths = [
        nights.write("1.json", EVERYBODY),
        nights.write("2.json", without(7)),
        nights.write("3.json", without(7, 8)),
    ]
    for path in paths:
        os.utime(path, (moment, moment))
    for path in paths:
        [batch] = nights.take(path, feed="undated")
        assert batch["status"] == "loaded", batch
    assert nights.missing() == {7: 1}
    before = nights.rows("FROM lead ORDER BY id")
    assert {batch["status"] for batch in nights.take(*paths, feed="undated")} == {"skipped"}
    assert nights.rows("FROM lead ORDER BY id") == before
    nights.take(nights.write("4.json", without(7, 8), company="New"), feed="undated")
    assert sorted(nights.missing()) == [7, 8]


def test_undated_exports_are_told_apart_by_the_time_of_their_files(nights: Nights) -> None:
    for day, ids in ((1, EVERYBODY), (2, without(7)), (3, without(7))):
        path = nights.write("export.json", ids)
        moment = datetime(2026, 1, day, tzinfo=UTC).timestamp()
        os.utime(path, (moment, moment))
        nights.take(path, feed="undated")
    assert nights.missing() == {7: 3}


def test_a_failed_export_that_is_replayed_is_an_export(nights: Nights) -> None:
    nights.night(1, EVERYBODY)
    nights.night(2, without(7))
    path = nights.write("crm-2026-01-03.json", without(7), company="New")
    feeds = nights.settings.reference / "feeds.toml"
    feeds.write_text(FEEDS.replace("[feeds.crm]", '[feeds.crm]\nformat = "parquet"'), encoding="utf-8")
    [failed] = nights.take(path)
    assert (failed["status"], nights.missing()) == ("failed", {})
    feeds.write_text(FEEDS, encoding="utf-8")
    [replayed] = replay(nights.settings, str(failed["batch_id"]))
    assert (replayed.columns["status"], nights.missing()) == ("loaded", {7: 3})


# --- merges by hand, and the commands


def test_missing_follows_a_merge_and_an_unmerge_by_hand(nights: Nights) -> None:
    nights.night(1, EVERYBODY)
    form = nights.exports / "web-2026-01-01.json"
    form.write_text(json.dumps([{"firstName": "Someone", "lastName": "Else"}]), encoding="utf-8")
    nights.take(form, feed="web")
    nights.night(2, without(7))
    nights.night(3, without(7))
    assert nights.missing() == {7: 3}
    sources = dict(nights.rows("SELECT lead_id, source_id FROM record_lead"))
    joined = (sources[7], sources[1_000_000_000_000])
    reference = load_reference(nights.settings.reference, must_exist=True)
    with open_run(nights.settings, reference, Request()) as run:
        merge_pairs(run, [joined])
    assert nights.missing() == {}
    with open_run(nights.settings, reference, Request()) as run:
        unmerge(run, 1_000_000_000_000)
    assert nights.missing() == {7: 3}
    assert [event for _, event, _ in nights.events()] == ["lead_missing", "lead_returned", "lead_missing"]


def run_leads(nights: Nights, *arguments: str) -> int:
    """Run a command; return its exit code."""
    places = ["--warehouse", str(nights.settings.warehouse), "--reference", str(nights.settings.reference)]
    command = [*arguments, *places, "--archive", str(nights.settings.archive)]
    return int(app(command, exit_on_error=False, print_error=False, result_action="return_value"))


def test_the_commands_say_what_is_held_and_load_it(nights: Nights, capsys: pytest.CaptureFixture[str]) -> None:
    nights.night(1, EVERYBODY)
    half = nights.write("crm-2026-01-02.json", range(1, 51))
    assert run_leads(nights, "ingest", str(half), "--feed", "crm") == 1
    assert "crm-2026-01-02.json: held: 50 of 100 leads" in capsys.readouterr().err
    assert run_leads(nights, "ingest", str(half), "--feed", "crm", "--dry-run", "--json") == 1
    [told] = json.loads(capsys.readouterr().out)["batches"]
    assert (told["status"], told["rows_read"]) == ("held", 0)
    assert run_leads(nights, "approve", "2", "--dry-run", "--json") == 0
    [told] = json.loads(capsys.readouterr().out)["batches"]
    assert (told["kind"], told["of_batch_id"], told["status"], told["rows_read"]) == ("approve", 2, "loaded", 50)
    assert nights.rows("SELECT max(batch_id) FROM batch") == [(2,)]
    assert run_leads(nights, "approve", "2") == 0
    assert nights.rows("SELECT status FROM batch_status ORDER BY batch_id") == [("loaded",), ("approved",), ("loaded",)]


def test_what_was_archived_is_needed_to_approve(nights: Nights) -> None:
    nights.night(1, EVERYBODY)
    held = nights.night(2, range(1, 51))
    for path in nights.settings.archive.rglob("*"):
        if path.is_file():
            path.unlink()
    with pytest.raises(UsageError, match="has no file of batch 2; set LEADS_ARCHIVE to where it is"):
        approve(nights.settings, held["batch_id"])


# --- who takes leads


def test_a_missing_lead_leaves_the_open_cap_of_its_owner(nights: Nights) -> None:
    reference = nights.settings.reference
    (reference / "teams.csv").write_text("teamId,accountId\n1,acme\n", encoding="utf-8")
    (reference / "users.csv").write_text("user\nann@acme.example\n", encoding="utf-8")
    (reference / "team_members.csv").write_text("teamId,user,open_cap\n1,ann@acme.example,100\n", encoding="utf-8")
    (reference / "feeds.toml").write_text(FEEDS + "team_id = 1\n", encoding="utf-8")
    owned: dict[str, Any] = {"teamId": 1, "assignedTo": "ann@acme.example"}
    form = nights.exports / "web-2026-01-04.json"

    def new_owner(name: str) -> str | None:
        form.write_text(json.dumps([{"firstName": name, "lastName": "Stone"}]), encoding="utf-8")
        nights.take(form, feed="web")
        [(owner,)] = nights.rows(f"SELECT assignedTo FROM lead WHERE firstName = '{name}'")
        return str(owner) if owner else None

    nights.night(1, EVERYBODY, **owned)
    nights.night(2, without(7), **owned)
    assert new_owner("Eve") is None
    nights.night(3, without(7), **owned)
    assert new_owner("Ada") == "ann@acme.example"
