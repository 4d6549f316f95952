"""Nothing is lost: what was rejected can be asked for, mended and replayed, and what nobody mends put away."""

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from flows import cli, reject_sheets
from flows.errors import UsageError
from flows.pipeline import ingest
from flows.reference import load_reference
from flows.reject_export import make_sheet, sealer
from flows.replay import replay
from flows.run import Request
from flows.settings import Settings
from flows.steps.publish import dismiss_rejects, list_rejects
from flows.warehouse import open_warehouse, read_warehouse

FEEDS = """
[feeds.web]
account_id = "acme"
as_of_pattern = "%Y-%m-%d"

[feeds.strict]
account_id = "acme"
as_of_pattern = "%Y-%m-%d"
max_reject_fraction = 0.01
"""

HEADER = "Record ID,First Name,Last Name,Email,Company\n"


class World:
    """A warehouse, its reference data, and exports that come one after the other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "reference").mkdir()
        (folder / "reference" / "feeds.toml").write_text(FEEDS, encoding="utf-8")
        self.settings = Settings(
            warehouse=folder / "leads.duckdb", reference=folder / "reference", archive=folder / "archive"
        )

    def load(self, text: str, day: str = "2026-01-01", feed: str = "web", suffix: str = "csv") -> dict[str, Any]:
        """Ingest an export of a day; return its batch."""
        path = self.folder / f"{feed}-{day}.{suffix}"
        path.write_text(text, encoding="utf-8")
        [summary] = ingest(self.settings, Request(paths=(str(path),), feed=feed))
        return summary.columns

    def replay(self, target: object) -> list[dict[str, Any]]:
        """Replay a sheet or batch; return the batches."""
        return [summary.columns for summary in replay(self.settings, str(target))]

    def sheet(self, batch: int | None = None, name: str = "sheet.csv") -> tuple[Path, list[dict[str, str]]]:
        """Write the sheet of rejected rows; return its path and its lines."""
        path = self.folder / name
        path.unlink(missing_ok=True)
        with read_warehouse(self.settings.warehouse, wait_seconds=0) as warehouse:
            sealed = sealer(load_reference(self.settings.reference))
            made = make_sheet(warehouse, self.settings.archive, list_rejects(warehouse, batch), sealed)
        reject_sheets.write_csv(made, path)
        with path.open(encoding="utf-8-sig", newline="") as file:
            return path, list(csv.DictReader(file))

    def mend(self, path: Path, lines: list[dict[str, str]]) -> Path:
        """Write the lines of a sheet back."""
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(lines[0]))
            writer.writeheader()
            writer.writerows(lines)
        return path

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Ask the warehouse."""
        with read_warehouse(self.settings.warehouse, wait_seconds=0) as warehouse:
            return warehouse.connection.sql(query).fetchall()

    def rejected(self) -> list[tuple[Any, ...]]:
        """All rejected rows by batch, row, status and how often they were seen."""
        return self.rows("SELECT batch_id, row_number, status, seen_count FROM rejected_row ORDER BY ALL")


@pytest.fixture
def world(tmp_path: Path) -> World:
    """An empty warehouse with the feeds above."""
    return World(tmp_path)


def test_a_row_mended_in_its_sheet_is_a_lead_and_replaying_again_changes_nothing(world: World) -> None:
    world.load(HEADER + "7,Dana,,dana@reyes.example,Reyes Ltd\n8,Omar,Haddad,omar@haddad.example,Haddad\n")
    path, [line] = world.sheet()
    assert list(line)[:4] == ["leadmill_reason", "leadmill_batch", "leadmill_row", "leadmill_line"]
    assert line["leadmill_reason"].startswith("last_name_required: ")
    assert (line["leadmill_batch"], line["leadmill_row"], line["leadmill_line"]) == ("1", "1", "2")
    assert (line["Record ID"], line["Email"]) == ("7", "dana@reyes.example")
    world.mend(path, [{**line, "Last Name": "Reyes"}])

    replay(world.settings, str(path), is_dry_run=True)
    assert world.rejected() == [(1, 1, "open", 1)]

    [batch] = world.replay(path)

    assert (batch["kind"], batch["of_batch_id"], batch["status"]) == ("replay", 1, "loaded")
    assert (batch["rows_read"], batch["rows_inserted"]) == (1, 1)
    assert world.rows("SELECT firstName, lastName, company FROM lead ORDER BY id DESC LIMIT 1") == [
        ("Dana", "Reyes", "Reyes Ltd")
    ]
    assert world.rejected() == [(1, 1, "replayed", 1)]
    before = (
        world.rows("SELECT * FROM lead"),
        world.rows("SELECT * FROM record"),
        world.rows("SELECT * FROM lead_event"),
    )
    assert [batch["status"] for batch in world.replay(path)] == ["skipped"]
    assert before == (
        world.rows("SELECT * FROM lead"),
        world.rows("SELECT * FROM record"),
        world.rows("SELECT * FROM lead_event"),
    )


def test_the_same_bad_row_in_three_exports_is_one_seen_three_times(world: World) -> None:
    bad = HEADER + "7,Dana,,dana@reyes.example,Reyes Ltd\n"
    for day in ("2026-01-01", "2026-01-02", "2026-01-03"):
        world.load(f"{bad}9,Eve,Day{day[-1]},eve@day.example,Day\n", day)
    assert world.rejected() == [(1, 1, "open", 3)]
    with read_warehouse(world.settings.warehouse, wait_seconds=0) as warehouse:
        assert [list_rejects(warehouse, batch).height for batch in (1, 2, 3)] == [1, 1, 1]


def test_rows_load_under_the_rules_of_today(world: World) -> None:
    world.load("First Name,Last Name,Email,teamId\nDana,Reyes,dana@reyes.example,7\n")
    reference = world.settings.reference
    (reference / "teams.csv").write_text("teamId,accountId,name\n5,acme,Inbound\n", encoding="utf-8")
    world.load("First Name,Last Name,Email,teamId\nOmar,Haddad,omar@haddad.example,6\n", "2026-01-02")
    assert world.rejected() == [(2, 1, "open", 1)]
    (reference / "teams.csv").write_text("teamId,accountId,name\n5,acme,In\n6,acme,Out\n", encoding="utf-8")
    [batch] = world.replay(2)
    assert (batch["status"], batch["rows_inserted"], batch["as_of"].isoformat()[:10]) == ("loaded", 1, "2026-01-02")
    assert world.rejected() == [(2, 1, "replayed", 1)]
    assert [batch["status"] for batch in world.replay(2)] == ["skipped"]


def test_a_row_that_is_refused_again_stays_the_same_open_row(world: World) -> None:
    world.load(HEADER + "7,Dana,,dana@reyes.example,Reyes Ltd\n")
    [batch] = world.replay(1)
    assert (batch["rows_read"], batch["rows_rejected"]) == (1, 1)
    assert world.rejected() == [(1, 1, "open", 1)]


def test_a_row_mended_in_vain_has_a_successor_that_can_be_mended_again(world: World) -> None:
    world.load(HEADER + "7,Dana,,dana@reyes.example,Reyes Ltd\n")
    path, [line] = world.sheet()
    world.replay(world.mend(path, [{**line, "Company": "Reyes Inc"}]))
    assert world.rejected() == [(1, 1, "superseded", 1), (2, 1, "open", 1)]
    path, [line] = world.sheet(name="second.csv")
    assert (line["leadmill_batch"], line["Company"], line["Record ID"]) == ("2", "Reyes Inc", "7")
    world.replay(world.mend(path, [{**line, "Last Name": "Reyes"}]))
    assert world.rows("SELECT lastName, company FROM lead") == [("Reyes", "Reyes Inc")]
    assert world.rejected() == [(1, 1, "superseded", 1), (2, 1, "replayed", 1)]


def test_a_replay_never_overwrites_what_came_later(world: World) -> None:
    world.load(HEADER + "7,Dana,,dana@reyes.example,Old Ltd\n")
    path, [line] = world.sheet()
    world.load(HEADER + "7,Dana,Reyes,dana@reyes.example,New Ltd\n", "2026-01-02")
    assert world.rejected() == [(1, 1, "superseded", 1)]
    world.replay(world.mend(path, [{**line, "Last Name": "Reyes"}]))
    assert world.rows("SELECT company FROM lead") == [("New Ltd",)]


def failing_export() -> str:
    good = "".join(f"{n},Ann{n},Bell,ann{n}@bell.example,Bell\n" for n in range(1, 60))
    return HEADER + good + "60,Dana,,dana@reyes.example,Reyes Ltd\n"


def test_a_failed_batch_replays_whole(world: World) -> None:
    failed = world.load(failing_export(), feed="strict")
    assert (failed["status"], world.rejected()) == ("failed", [(1, 60, "open", 1)])
    feeds = world.settings.reference / "feeds.toml"
    feeds.write_text(FEEDS.replace("0.01", "0.1"), encoding="utf-8")
    [batch] = world.replay(1)
    assert (batch["status"], batch["rows_read"], batch["rows_inserted"]) == ("loaded", 60, 59)
    assert batch["file_sha256"] == failed["file_sha256"]
    assert world.rejected() == [(1, 60, "open", 1)]
    assert [batch["status"] for batch in world.replay(1)] == ["skipped"]
    assert world.load(failing_export(), feed="strict")["status"] == "skipped"


def test_a_failed_batch_replays_whole_with_its_rows_mended(world: World) -> None:
    world.load(failing_export(), feed="strict")
    path, [line] = world.sheet()
    [batch] = world.replay(world.mend(path, [{**line, "Last Name": "Reyes"}]))
    assert (batch["status"], batch["rows_read"], batch["rows_inserted"]) == ("loaded", 60, 60)
    assert world.rejected() == [(1, 60, "replayed", 1)]


def test_a_broken_record_stands_in_the_sheet_as_text_and_is_mended_cell_by_cell(world: World) -> None:
    world.load(HEADER + "7,Dana,Reyes,dana@reyes.example,Reyes, Ltd\n8,Omar,Haddad,omar@haddad.example,Haddad\n")
    path, [line] = world.sheet()
    assert line["leadmill_raw"] == "7,Dana,Reyes,dana@reyes.example,Reyes, Ltd"
    assert line["Email"] == ""
    mended = {"Record ID": "7", "First Name": "Dana", "Last Name": "Reyes", "Company": "Reyes, Ltd"}
    world.replay(world.mend(path, [{**line, **mended}]))
    assert ("Dana", "Reyes, Ltd") in world.rows("SELECT firstName, company FROM lead")
    assert world.rejected() == [(1, 1, "replayed", 1)]


def test_lines_that_nobody_mended_stay_open(world: World) -> None:
    world.load(HEADER + "7,Dana,Reyes,dana@reyes.example,Reyes, Ltd\n8,Omar,,omar@haddad.example,Haddad\n")
    path, [broken, incomplete] = world.sheet()
    world.replay(world.mend(path, [broken, {**incomplete, "Last Name": "Haddad"}]))
    assert world.rejected() == [(1, 1, "open", 1), (1, 2, "replayed", 1)]


def test_formulas_are_text_in_the_sheet_and_themselves_again_in_the_lead(world: World) -> None:
    world.load("First Name,Last Name,Phone,Notes\nDana,,+12127365000,=1+1\nOmar,,,'=2\n")
    path, lines = world.sheet()
    assert [(line["Phone"], line["Notes"]) for line in lines] == [("'+12127365000", "'=1+1"), ("", "''=2")]
    world.replay(world.mend(path, [{**line, "Last Name": "Reyes"} for line in lines]))
    assert world.rows("SELECT phone, notes FROM lead ORDER BY id") == [("+12127365000", "=1+1"), (None, "'=2")]


def test_json_rows_are_mended_under_their_keys(world: World) -> None:
    rows = [
        {"id": 7, "firstName": "Dana", "contact": {"email": "dana@reyes.example"}},
        {"id": 8, "firstName": "Omar", "lastName": "Haddad", "company": "Haddad"},
    ]
    world.load(json.dumps(rows), suffix="json")
    path, [line] = world.sheet()
    assert line["contact.email"] == "dana@reyes.example"
    world.replay(world.mend(path, [{**line, "lastName": "Reyes"}]))
    assert world.rows("SELECT lastName, email FROM lead ORDER BY id DESC LIMIT 1") == [("Reyes", "dana@reyes.example")]


def test_what_is_sealed_is_in_no_sheet_and_the_row_stays_the_same(world: World) -> None:
    world.load("First Name,Last Name,SSN,Notes\nDana,,078-05-1120,pays with 4111 1111 1111 1111\n")
    path, [line] = world.sheet()
    assert "SSN" not in line
    assert line["Notes"] == "pays with [card number removed]"
    world.replay(path)
    assert world.rejected() == [(1, 1, "open", 1)]
    world.replay(world.mend(path, [{**line, "Last Name": "Reyes"}]))
    assert world.rows("SELECT lastName, notes FROM lead") == [("Reyes", "pays with [card number removed]")]


def test_one_sheet_holds_the_rows_of_several_exports(world: World) -> None:
    world.load(HEADER + "7,Dana,,dana@reyes.example,Reyes Ltd\n")
    world.load("Name;Mail\n;omar@haddad.example\n", "2026-01-02")
    path, lines = world.sheet()
    lines[0]["Last Name"], lines[1]["Name"] = "Reyes", "Omar Haddad"
    batches = world.replay(world.mend(path, lines))
    assert [(batch["of_batch_id"], batch["rows_inserted"]) for batch in batches] == [(1, 1), (2, 1)]
    assert world.rows("SELECT lastName, email FROM lead ORDER BY id") == [
        ("Reyes", "dana@reyes.example"),
        ("Haddad", "omar@haddad.example"),
    ]


def test_the_whole_column_tells_the_order_of_day_and_month_of_a_mended_row(world: World) -> None:
    rows = "".join(f"Ann{n},Bell,ann{n}@bell.example,{n}/1/2026\n" for n in range(13, 20))
    world.load("First Name,Last Name,Email,Last Contacted\nDana,,dana@reyes.example,3/4/2026\n" + rows)
    path, [line] = world.sheet()
    world.replay(world.mend(path, [{**line, "Last Name": "Reyes"}]))
    assert world.rows("SELECT lastContacted::DATE::VARCHAR FROM lead WHERE lastName = 'Reyes'") == [("2026-04-03",)]


def test_dismissed_rows_are_put_away_and_stay_so_when_they_come_again(world: World) -> None:
    bad = HEADER + "7,Dana,,dana@reyes.example,Reyes Ltd\n8,Omar,,omar@haddad.example,Haddad\n"
    world.load(bad)
    with open_warehouse(world.settings.warehouse, wait_seconds=0) as warehouse:
        assert dismiss_rejects(warehouse, 1, [2]) == 1
        assert dismiss_rejects(warehouse, 1, [2]) == 0
    world.load(bad + "9,Eve,Day,eve@day.example,Day\n", "2026-01-02")
    assert world.rejected() == [(1, 1, "open", 2), (1, 2, "dismissed", 2)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"leadmill_row": "99"}, "line 2: batch 1 rejected no row 99"),
        ({"leadmill_batch": "one"}, "line 2: leadmill_batch and leadmill_row must be the numbers"),
        ({"leadmill_batch": "5"}, "batch 5"),
    ],
)
def test_a_sheet_that_does_not_say_which_row_a_line_is_is_refused(
    world: World, change: dict[str, str], message: str
) -> None:
    world.load(HEADER + "7,Dana,,dana@reyes.example,Reyes Ltd\n")
    path, [line] = world.sheet()
    world.mend(path, [{**line, **change}])
    with pytest.raises(UsageError, match=message):
        world.replay(path)
    assert world.rows("SELECT count(*) FROM batch") == [(1,)]


def test_what_cannot_be_replayed_says_why(world: World) -> None:
    world.load(HEADER + "7,Dana,,dana@reyes.example,Reyes Ltd\n")
    other = world.folder / "other.csv"
    other.write_text(HEADER, encoding="utf-8")
    for target, message in (
        ("99", "no batch 99"),
        ("missing.csv", "does not exist"),
        (other, "no sheet of rejected rows"),
    ):
        with pytest.raises(UsageError, match=message):
            world.replay(target)
    shutil.rmtree(world.settings.archive)
    with pytest.raises(UsageError, match="has no file of batch 1"):
        world.replay(1)


def test_a_sheet_is_no_export(world: World) -> None:
    world.load(HEADER + "7,Dana,,dana@reyes.example,Reyes Ltd\n")
    path, _ = world.sheet()
    [summary] = ingest(world.settings, Request(paths=(str(path),)))
    assert summary.columns["status"] == "failed"
    assert "leads replay" in summary.columns["error"]


def test_a_workbook_of_rejects_is_mended_and_replayed_too(world: World) -> None:
    world.load(HEADER + "0000000000000000007,Dana,,dana@reyes.example,=Reyes\n")
    path = world.folder / "mend.xlsx"
    with read_warehouse(world.settings.warehouse, wait_seconds=0) as warehouse:
        sealed = sealer(load_reference(world.settings.reference))
        sheet = make_sheet(warehouse, world.settings.archive, list_rejects(warehouse, 1), sealed)
    mended = sheet.with_columns(pl.lit("Reyes").alias("Last Name"))
    reject_sheets.write_xlsx(mended, path)
    [batch] = world.replay(path)
    assert (batch["status"], batch["rows_inserted"]) == ("loaded", 1)
    assert world.rows("SELECT lastName, company FROM lead") == [("Reyes", "=Reyes")]
    assert world.rows("SELECT source_key FROM record") == [("0000000000000000007",)]


def test_rows_of_a_workbook_are_mended_under_its_headers(world: World) -> None:
    path = world.folder / "export.xlsx"
    rows = pl.DataFrame({"First Name": ["Dana", "Omar"], "Last Name": ["", "Haddad"], "Company": ["Reyes", "Haddad"]})
    reject_sheets.write_xlsx(rows, path)
    ingest(world.settings, Request(paths=(str(path),), feed="web"))
    sheet, [line] = world.sheet()
    assert (line["leadmill_line"], line["Company"]) == ("2", "Reyes")
    world.replay(world.mend(sheet, [{**line, "Last Name": "Reyes"}]))
    assert world.rows("SELECT lastName FROM lead ORDER BY id") == [("Haddad",), ("Reyes",)]


def test_the_commands_write_mend_and_replay(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world.load(HEADER + "7,Dana,,dana@reyes.example,Reyes Ltd\n8,Omar,,omar@haddad.example,Haddad\n")
    for name in ("warehouse", "reference", "archive"):
        monkeypatch.setenv(f"LEADS_{name.upper()}", str(getattr(world.settings, name)))

    def leads(*arguments: object) -> int:
        monkeypatch.setattr("sys.argv", ["leads", *map(str, arguments)])
        return cli.main()

    sheet, workbook = world.folder / "mend.csv", world.folder / "mend.xlsx"
    assert leads("rejects", "--csv", sheet, "--xlsx", workbook) == 0
    assert leads("rejects", "--csv", sheet) == 2
    assert "already" in capsys.readouterr().err
    assert leads("rejects", 1, "--dismiss", "--row", 2) == 0
    assert "1 rejected rows of batch 1 dismissed" in capsys.readouterr().err
    text = sheet.read_text(encoding="utf-8-sig").replace(",Dana,,", ",Dana,Reyes,")
    sheet.write_text(text, encoding="utf-8")
    assert leads("replay", sheet, "--json") == 0
    [batch] = json.loads(capsys.readouterr().out)["batches"]
    assert (batch["kind"], batch["rows_inserted"], batch["rows_rejected"]) == ("replay", 1, 1)
