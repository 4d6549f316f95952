"""What was kept for long enough is removed, and nothing else; who looks for it is told, and the chain holds."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from flows.archive import archived_file, is_removed, note_of, place_in, removal_note_of, remove_file
from flows.backup import back_up, checksum_file
from flows.doctor import examine
from flows.errors import UsageError
from flows.pipeline import ingest
from flows.reference import load_reference
from flows.replay import replay
from flows.restore import restore
from flows.retain import Removal, retain
from flows.run import Request
from flows.steps.publish import BatchSummary
from flows.undo import undo
from flows.verify import verify
from schemas.retention import Retention
from tests.integration.test_cli import Leads, leads
from tests.integration.test_rules import World, world

__all__ = ["leads", "world"]

RAW = "raw of nobody"
GOOD = "First Name,Last Name,SSN\nDana,Reyes,\n"
BAD = f"First Name,Last Name\nDana,Reyes\n,{RAW}\n"


def after(**time: float) -> datetime:
    return datetime.now(UTC) + timedelta(**time)


def load(world: World, name: str, text: str, feed: str = "web") -> BatchSummary:
    path = world.folder / name
    path.write_text(text, encoding="utf-8")
    [summary] = ingest(world.settings, Request(paths=(str(path),), feed=feed))
    return summary


def kept(world: World, batch: BatchSummary) -> Path | None:
    return archived_file(world.settings.archive, batch.columns["file_sha256"])


def told(removals: list[Removal]) -> list[tuple[str, int | None, int]]:
    return [(each.what, each.batch_id, each.item_count) for each in removals]


def faults(world: World) -> list[str]:
    return [f"{each.check}: {each.detail}" for each in verify(world.settings) if each.status == "found"]


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_nothing_is_removed_before_its_time(world: World) -> None:
    batch = load(world, "bad.csv", BAD)
    before = everything(world.settings.archive)
    assert retain(world.settings, now=after(days=89)) == []
    assert everything(world.settings.archive) == before
    assert kept(world, batch) is not None
    assert world.rows("SELECT raw FROM rejected_row") == [(f",{RAW}",)]


def test_the_text_of_rejected_rows_goes_and_the_rows_stay(world: World) -> None:
    batch = load(world, "bad.csv", BAD)
    columns = "batch_id, row_number, line_number, feed, reasons, status, seen_count, fingerprint"
    before = world.rows(f"SELECT {columns} FROM rejected_row")
    assert told(retain(world.settings, now=after(days=91))) == [("text of rejected rows", 1, 1)]
    assert world.rows(f"SELECT {columns} FROM rejected_row") == before
    assert world.rows("SELECT raw FROM rejected_row") == [(None,)]
    assert world.rows("SELECT count(salt) FROM seal WHERE part = 'rejected_text'") == [(0,)]
    assert faults(world) == []
    assert kept(world, batch) is not None
    # The same bad row in a later export is still the same one, seen once more.
    load(world, "bad-2.csv", BAD.replace("Dana", "Omar"))
    assert world.rows("SELECT batch_id, seen_count, raw FROM rejected_row") == [(1, 2, None)]
    # And it can be replayed, as long as the file is there.
    [summary] = replay(world.settings, "1")
    assert summary.columns["status"] == "loaded"
    assert faults(world) == []


def test_a_text_that_goes_too_early_shows(world: World) -> None:
    load(world, "bad.csv", BAD)
    retain(world.settings, now=after(days=91))
    load(world, "bad-2.csv", BAD.replace(RAW, "other"))
    from flows.warehouse import open_warehouse

    with open_warehouse(world.settings.warehouse, wait_seconds=0) as warehouse:
        warehouse.connection.execute("UPDATE rejected_row SET raw = NULL")
    assert len(faults(world)) == 1


def test_a_file_goes_with_a_note_and_is_not_taken_for_lost(world: World) -> None:
    batch = load(world, "good.csv", GOOD)
    leads_before = world.rows("SELECT * FROM lead")
    assert told(retain(world.settings, now=after(days=390))) == []
    assert told(retain(world.settings, now=after(days=399))) == [("archived file", 1, 1)]
    sha256 = batch.columns["file_sha256"]
    assert kept(world, batch) is None
    assert is_removed(world.settings.archive, sha256)
    assert not note_of(place_in(world.settings.archive, sha256)).exists()
    note = removal_note_of(place_in(world.settings.archive, sha256))
    assert note.stat().st_mode & 0o077 == 0
    assert faults(world) == []
    assert [each.detail for each in verify(world.settings) if each.check == "archive"] == [
        "0 file(s) are there, as they were taken",
        "1 file(s) were removed when their time was over; their notes say when",
    ]
    assert world.rows("SELECT * FROM lead") == leads_before
    with pytest.raises(UsageError, match="removed when its time was over"):
        replay(world.settings, "1")
    assert retain(world.settings, now=after(days=399)) == []
    # Without the note it is lost.
    note.unlink()
    assert len(faults(world)) == 1


def test_a_batch_is_undone_though_its_file_is_gone(world: World) -> None:
    load(world, "good.csv", GOOD)
    retain(world.settings, now=after(days=399))
    undo(world.settings, 1)
    assert world.rows("SELECT count(*) FROM lead") == [(0,)]
    assert faults(world) == []


def test_a_file_that_came_again_is_as_young_as_that(world: World) -> None:
    batch = load(world, "good.csv", GOOD)
    retain(world.settings, now=after(days=399))
    again = load(world, "good.csv", GOOD)
    assert again.columns["status"] == "skipped"
    assert kept(world, batch) is not None
    place = place_in(world.settings.archive, batch.columns["file_sha256"])
    assert not removal_note_of(place).exists()
    # Gone now, it is lost.
    place.unlink()
    assert len(faults(world)) == 1


def test_a_redacted_file_that_comes_again_is_redacted_again(world: World) -> None:
    text = GOOD.replace("Reyes,", "Reyes,078-05-1120")
    batch = load(world, "ssn.csv", text)
    place = place_in(world.settings.archive, batch.columns["file_sha256"])
    assert note_of(place).is_file()
    retain(world.settings, now=after(days=399))
    assert sorted(path.name for path in place.parent.iterdir()) == [removal_note_of(place).name]
    [summary] = ingest(world.settings, Request(paths=(str(world.folder / "ssn.csv"),), feed="web", is_forced=True))
    assert summary.columns["status"] == "loaded"
    assert "078-05-1120" not in place.read_text("utf-8")
    assert faults(world) == []


def test_what_a_killed_run_left_goes_when_it_is_as_old(world: World) -> None:
    load(world, "good.csv", GOOD)
    orphan = place_in(world.settings.archive, "ab" * 32)
    orphan.parent.mkdir(exist_ok=True)
    orphan.write_text("of nobody")
    (world.settings.archive / "heads.jsonl").touch()
    now = after(days=300)
    assert retain(world.settings, now=now) == []
    aged = (now - timedelta(days=500)).timestamp()
    os.utime(orphan, (aged, aged))
    assert told(retain(world.settings, now=now)) == [("archived file", None, 1)]
    assert not orphan.exists()
    assert (world.settings.archive / "heads.jsonl").is_file()


def test_a_removal_that_was_cut_off_is_finished_by_the_next(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = load(world, "good.csv", GOOD)
    archive, sha256 = world.settings.archive, batch.columns["file_sha256"]

    def die(path: Path, **how: bool) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Path, "unlink", die)
        remove_file(archive, sha256, after(days=399))
    assert kept(world, batch) is not None
    assert faults(world) == []
    assert told(retain(world.settings, now=after(days=399))) == [("archived file", 1, 1)]
    assert is_removed(archive, sha256)


def test_texts_linger_nowhere_though_the_run_was_killed_after_it_forgot_them(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(world, "bad.csv", BAD)

    def die(path: Path, **how: float) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("flows.retain.rewrite_warehouse", die)
        retain(world.settings, now=after(days=91))
    assert world.rows("SELECT raw FROM rejected_row") == [(None,)]
    assert RAW.encode() in world.settings.warehouse.read_bytes()
    assert [each.fix for each in examine(lambda: world.settings) if each.check == "rewriting"] == ["run: leads retain"]
    assert retain(world.settings, now=after(days=91)) == []
    assert RAW.encode() not in world.settings.warehouse.read_bytes()
    assert [path.name for path in world.settings.warehouse.parent.glob("*due*")] == []


def test_a_dry_run_tells_the_same_and_removes_nothing(world: World) -> None:
    batch = load(world, "bad.csv", BAD)
    before = everything(world.settings.archive)
    shown = retain(world.settings, now=after(days=399), is_dry_run=True)
    assert everything(world.settings.archive) == before
    assert world.rows("SELECT count(raw) FROM rejected_row") == [(1,)]
    assert kept(world, batch) is not None
    assert shown == retain(world.settings, now=after(days=399))
    assert told(shown) == [("archived file", 1, 1), ("text of rejected rows", 1, 1)]


def test_the_file_says_how_long(world: World) -> None:
    load(world, "bad.csv", BAD)
    world.write("retention.toml", "archive_months = 1\nrejected_raw_days = 7\n")
    assert told(retain(world.settings, now=after(days=6))) == []
    assert told(retain(world.settings, now=after(days=8))) == [("text of rejected rows", 1, 1)]
    assert told(retain(world.settings, now=after(days=32))) == [("archived file", 1, 1)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("archive_month = 1\n", "line 1, archive_month: is no key of retention.toml (did you mean"),
        ("\nrejected_raw_days = -1\n", "line 2, rejected_raw_days: "),
        ('archive_months = "1"\n', "line 1, archive_months: "),
        ("archive_months = true\n", "line 1, archive_months: "),
        ("archive_months = 99999\n", "line 1, archive_months: "),
        ("archive_months =\n", "line 1"),
        ("snapshot_days = 3\n", "known are archive_months, rejected_raw_days"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "retention.toml").write_text(text)
    with pytest.raises(UsageError) as refused:
        load_reference(tmp_path)
    assert message in str(refused.value)


def test_a_schedule_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "retention.toml").write_text('archive_months = 3\nschedule = "daily"\n')
    with pytest.raises(UsageError, match=r"retention\.toml: line 2, schedule: .*five: minute hour day month weekday"):
        load_reference(tmp_path)


def test_zero_and_nothing_are_the_default(tmp_path: Path) -> None:
    (tmp_path / "retention.toml").write_text("archive_months = 0\n")
    assert load_reference(tmp_path).retention == Retention(archive_months=13, rejected_raw_days=90) == Retention()


def test_a_sheet_of_a_sheet_whose_texts_are_gone_is_written_without_them(world: World) -> None:
    load(world, "bad.csv", BAD)
    from flows.reject_export import make_sheet, sealer
    from flows.reject_sheets import write_csv
    from flows.steps import publish
    from flows.warehouse import read_warehouse

    def sheet(batch_id: int) -> Any:
        reference = load_reference(world.settings.reference)
        with read_warehouse(world.settings.warehouse, wait_seconds=0) as warehouse:
            rejects = publish.list_rejects(warehouse, batch_id)
            return make_sheet(warehouse, world.settings.archive, rejects, sealer(reference))

    path = world.folder / "mend.csv"
    write_csv(sheet(1).with_columns(pl.lit("still bad").alias("Extra")), path)
    [summary] = replay(world.settings, str(path))
    assert summary.columns["rows_rejected"] == 1
    retain(world.settings, now=after(days=399))
    for batch_id in (1, summary.columns["batch_id"]):
        assert RAW not in sheet(batch_id).write_csv()


def test_backups_go_where_it_is_said_for_how_long_they_are_kept(world: World) -> None:
    load(world, "a.csv", GOOD)
    made = back_up(world.settings, None)
    elsewhere = back_up(world.settings, world.folder / "safe" / "mine.duckdb")
    aside = restore(world.settings, made.path, is_confirmed=True).kept
    assert aside is not None
    world.write("retention.toml", "archive_months = 1200\nrejected_raw_days = 36500\nbackup_days = 30\n")
    assert retain(world.settings, now=after(days=29)) == []
    shown = retain(world.settings, now=after(days=31), is_dry_run=True)
    assert [each.what for each in shown] == ["backup", "backup"]
    assert made.path.exists() and aside.exists()
    assert retain(world.settings, now=after(days=31)) == shown
    assert not made.path.exists() and not checksum_file(made.path).exists() and not aside.exists()
    # What somebody put elsewhere is theirs to remove.
    assert elsewhere.path.exists()
    assert retain(world.settings, now=after(days=31)) == []


def test_the_command_lists_row_objects(leads: Leads) -> None:
    (leads.folder / "c.csv").write_text(BAD)
    assert leads("retain").returncode == 2
    assert leads("ingest", "c.csv").returncode == 0
    assert leads.json("retain", "--dry-run") == []
    done = leads("retain")
    assert (done.returncode, done.stderr.strip()) == (0, "Nothing is older than it may be.")
    assert json.loads(leads("retain", "--json").stdout) == []
