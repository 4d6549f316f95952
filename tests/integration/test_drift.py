"""A feed remembers the columns of its exports: what changes is told, what must be there is asked for."""

from pathlib import Path
from typing import Any

import pytest

from flows.pipeline import ingest
from flows.replay import replay
from flows.run import Request
from flows.settings import Settings
from flows.steps.publish import BatchSummary
from flows.warehouse import read_warehouse


class World:
    """A warehouse and a feed whose exports change."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "reference").mkdir()
        self.feed("")
        self.settings = Settings(
            warehouse=folder / "leads.duckdb", reference=folder / "reference", archive=folder / "archive"
        )

    def feed(self, keys: str) -> None:
        """Define the feed."""
        (self.folder / "reference" / "feeds.toml").write_text(f"[feeds.web]\n{keys}\n", encoding="utf-8")

    def load(self, name: str, text: str) -> BatchSummary:
        """Ingest an export."""
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        [summary] = ingest(self.settings, Request(paths=(str(path),), feed="web"))
        return summary

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Ask the warehouse."""
        with read_warehouse(self.settings.warehouse, wait_seconds=0) as warehouse:
            return warehouse.connection.sql(query).fetchall()


@pytest.fixture
def world(tmp_path: Path) -> World:
    """An empty warehouse."""
    return World(tmp_path)


def export(header: str, cells: str) -> str:
    return header + "\n" + "".join(f"Ann{n},Bell{n},ann{n}@bell.example,{cells}\n" for n in range(30))


def test_columns_that_come_go_change_their_name_or_run_dry_are_warnings(world: World) -> None:
    first = world.load("one.csv", export("First Name,Last Name,Email,Company,Fax,Score", "Bell Ltd,555,7"))
    assert (first.columns["warnings"], first.drift["new"]) == ([], 0)
    second = world.load("two.csv", export("First Name,Last Name,Email,Company,Scores,Plan", ",7,Gold"))
    assert second.columns["status"] == "loaded"
    assert second.columns["warnings"] == [
        "new column 'Plan', kept in extra",
        "column 'Fax' is missing; it was kept in extra",
        "column 'Score' is now called 'Scores', kept in extra",
        "column 'Company' is suddenly empty; it was taken for company",
    ]
    assert world.rows("SELECT header, field, filled_count FROM batch_column WHERE batch_id = 2 ORDER BY position")[
        3:
    ] == [
        ("Company", "company", 0),
        ("Scores", None, 30),
        ("Plan", None, 30),
    ]


def test_a_file_that_lacks_a_name_column_fails_and_replays_once_the_feed_says_which_it_is(world: World) -> None:
    text = "First Name,Whatsit,Email\nDana,Reyes,dana@reyes.example\n"
    failed = world.load("one.csv", text)
    assert failed.columns["status"] == "failed"
    assert "no column is taken for lastName" in failed.columns["error"]
    assert (failed.columns["rows_read"], failed.columns["rows_rejected"]) == (1, 1)
    assert world.rows("SELECT count(*) FROM lead") == [(0,)]
    world.feed('headers = { Whatsit = "lastName" }')
    [replayed] = replay(world.settings, "1")
    assert (replayed.columns["status"], replayed.columns["rows_inserted"]) == ("loaded", 1)
    assert world.rows("SELECT firstName, lastName FROM lead") == [("Dana", "Reyes")]
    assert world.rows("SELECT status FROM rejected_row") == [("replayed",)]
