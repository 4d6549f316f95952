"""The lead as it was: lead_at shows of every moment what `lead` showed then, whatever came and went since."""

import json
import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from flows.approve import approve
from flows.errors import UsageError
from flows.history import lead_then
from flows.pipeline import ingest
from flows.reassign import reassign
from flows.reference import load_reference
from flows.regroup import merge_pairs, sweep, unmerge
from flows.run import Request, open_run
from flows.settings import Settings
from flows.undo import undo
from flows.warehouse import open_warehouse, read_warehouse

FEEDS = """
[feeds.crm]
origin = "crm"
account_id = "acme"
extent = "full"
as_of_pattern = "%Y-%m-%d"

[feeds.web]
account_id = "acme"
team_id = 1
as_of_pattern = "%Y-%m-%d"

[feeds.list]
account_id = "acme"
team_id = 1
on_update = "overwrite"
as_of_pattern = "%Y-%m-%d"
"""
USERS = ("ann@acme.example", "bob@acme.example")
FIRST = 1_000_000_000_000


class Past:
    """A warehouse, what `lead` showed after each of its batches, and what can happen to it."""

    def __init__(self, folder: Path) -> None:
        reference = folder / "reference"
        reference.mkdir()
        (reference / "feeds.toml").write_text(FEEDS, encoding="utf-8")
        (reference / "teams.csv").write_text("teamId,accountId,name\n1,acme,East\n", encoding="utf-8")
        (reference / "users.csv").write_text("user\n" + "\n".join(USERS), encoding="utf-8")
        members = "".join(f"1,{user}\n" for user in USERS)
        (reference / "team_members.csv").write_text("teamId,user\n" + members, encoding="utf-8")
        self.folder = folder
        self.settings = Settings(warehouse=folder / "leads.duckdb", reference=reference, archive=folder / "archive")
        self.file_count = 0
        self.shown: list[tuple[datetime, str, list[tuple[Any, ...]]]] = []

    def load(self, feed: str, day: int, *leads: dict[str, Any]) -> dict[str, Any]:
        """Load the export of a day of January; one that is held is approved."""
        self.file_count += 1
        path = self.folder / f"{feed}-{self.file_count}-2026-01-{day:02}.json"
        path.write_text(json.dumps(list(leads)), encoding="utf-8")
        return self.take(path, feed)

    def take(self, path: Path, feed: str) -> dict[str, Any]:
        """Load a file, which may have been loaded before."""
        [summary] = ingest(self.settings, Request(paths=(str(path),), feed=feed))
        if summary.columns["status"] == "held":
            summary = approve(self.settings, summary.columns["batch_id"])
        assert summary.columns["status"] in ("loaded", "skipped"), summary.columns["error"]
        self.note(f"{path.name} {summary.columns['status']}")
        return summary.columns

    def decide(self, told: str, decision: Callable[..., Any], *arguments: Any) -> None:
        """Regroup leads."""
        with open_run(self.settings, load_reference(self.settings.reference), Request()) as run:
            decision(run, *arguments)
        self.note(f"{told} {arguments}")

    def undo(self, batch_id: int) -> None:
        """Take back a batch."""
        undo(self.settings, batch_id)
        self.note(f"undo {batch_id}")

    def reassign(self, user: str) -> None:
        """Hand the leads of a user over."""
        reassign(self.settings, user)
        self.note(f"reassign {user}")

    def note(self, told: str) -> None:
        """Remember what `lead` shows now."""
        [(finished_at,)] = self.rows("SELECT finished_at FROM batch ORDER BY batch_id DESC LIMIT 1")
        self.shown.append((finished_at, told, self.rows("FROM lead ORDER BY id")))

    def rows(self, query: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Ask the warehouse."""
        with read_warehouse(self.settings.warehouse, wait_seconds=0) as warehouse:
            return warehouse.connection.execute(query, parameters).fetchall()

    def check(self) -> None:
        """Hold lead_at against all that `lead` showed."""
        story = [told for _, told, _ in self.shown]
        with read_warehouse(self.settings.warehouse, wait_seconds=0) as warehouse:
            for number, (moment, told, leads) in enumerate(self.shown, start=1):
                found = warehouse.connection.execute("FROM lead_at($1) ORDER BY id", [moment]).fetchall()
                assert found == leads, f"after {number} ({told}) of {story}"


def person(name: str, **cells: Any) -> dict[str, Any]:
    """Somebody, as a source may tell of them."""
    return {"firstName": name, "lastName": "Haddad", "email": f"{name.lower()}@haddad.example", **cells}


@pytest.fixture
def past(tmp_path: Path) -> Past:
    """A warehouse before its first batch."""
    return Past(tmp_path)


def test_every_kind_of_batch_leaves_the_leads_as_they_were_before_it(past: Past) -> None:
    past.load("web", 1, person("Dana", phone="2127365000"), person("Omar"), person("Kim", company="Northgate"))
    past.load("crm", 2, person("Dana", id=501, jobTitle="CEO"), person("Ida", id=502), person("Lea", id=503))
    past.load("list", 3, person("Dana", company="Reyes & Co"), person("Kim", extra_column="of no field"))
    past.load("crm", 4, person("Dana", id=501, jobTitle="Owner"), person("Ida", id=502))
    past.load("crm", 5, person("Dana", id=501, jobTitle="Owner"), person("Ida", id=502, archived=True))
    assert past.rows("SELECT id FROM lead WHERE missing_since IS NOT NULL") == [(503,)]
    past.load("crm", 6, *(person(name, id=number) for name, number in (("Dana", 501), ("Ida", 502), ("Lea", 503))))
    assert past.rows("SELECT id FROM lead WHERE missing_since IS NOT NULL") == []
    past.reassign(USERS[0])
    past.decide("unmerge", unmerge, 501)
    assert past.rows("SELECT count(*) FROM lead WHERE firstName = 'Dana'") == [(2,)]
    past.decide("sweep", sweep)
    sources = [source for (source,) in past.rows("SELECT min(source_id) FROM record_lead GROUP BY lead_id ORDER BY 1")]
    past.decide("merge", merge_pairs, [(sources[0], sources[1])])
    for batch_id in (1, 5, 3):
        past.undo(batch_id)
    past.take(next(past.folder.glob("web-*.json")), "web")
    past.load("list", 7, person("Omar", company="Haddad & Sons"))
    past.check()


def test_a_first_load_keeps_no_versions_and_a_change_keeps_one(past: Past) -> None:
    past.load("web", 1, *(person(f"N{number}") for number in range(20)))
    assert past.rows("FROM lead_version") == []
    past.load("web", 2, *(person(f"N{number}", company="New" if number == 7 else None) for number in range(20)))
    assert past.rows("SELECT firstName, company, until_batch_id FROM lead_version") == [("N7", None, 2)]


def test_before_the_first_batch_there_was_no_lead_and_later_there_are_those_of_today(past: Past) -> None:
    past.load("web", 1, person("Dana"))
    assert past.rows("FROM lead_at('2020-01-01')") == []
    assert past.rows("FROM lead_at(now())") == past.rows("FROM lead")


def test_of_moments_before_versions_were_kept_nothing_is_told(past: Past) -> None:
    past.load("web", 1, person("Dana"))
    past.load("web", 2, person("Dana", company="New"))
    with open_warehouse(past.settings.warehouse, wait_seconds=0) as warehouse:
        # As it was before the migration, which the next run applies.
        warehouse.connection.execute("DROP TABLE lead_version")
        warehouse.connection.execute("DELETE FROM high_water WHERE name = 'version_batch_id'")
        warehouse.connection.execute("DELETE FROM schema_migration WHERE name = '0050_lead_version'")
    past.load("web", 3, person("Dana", company="Newest"))
    counts = [past.rows("SELECT count(*) FROM lead_at($1)", [moment]) for moment, _, _ in past.shown]
    assert counts == [[(0,)], [(1,)], [(1,)]]
    with (
        read_warehouse(past.settings.warehouse, wait_seconds=0) as warehouse,
        pytest.raises(UsageError, match=f"is known since {past.shown[1][0]:%Y-%m-%dT%H:%M:%S.%f}Z; name that moment"),
    ):
        lead_then(warehouse, FIRST, past.shown[0][0])


@pytest.mark.parametrize("seed", range(3))
def test_whatever_happens_lead_at_shows_what_was_shown(past: Past, seed: int) -> None:
    chance = random.Random(seed)
    files: list[tuple[Path, str]] = []
    for step in range(14):
        act(past, chance, step, files)
    past.check()


def act(past: Past, chance: random.Random, step: int, files: list[tuple[Path, str]]) -> None:
    """Let one thing happen, of what is possible."""
    action = chance.choice(("crm", "crm", "web", "list", "again", "merge", "unmerge", "undo", "undo", "sweep", "hand"))
    names = ("Dana", "Omar", "Kim", "Ida", "Lea")
    if step < 2 or action in ("crm", "web", "list"):
        feed = action if action in ("crm", "web", "list") else "web"
        told = [tell(chance, name, number, feed) for number, name in enumerate(names) if chance.random() < 0.7]
        past.load(feed, min(step + 1 + chance.choice((0, 0, 0, -1)), 28) or 1, *told)
        files.append((max(past.folder.glob("*.json"), key=lambda path: int(path.name.split("-")[1])), feed))
    elif action == "again":
        past.take(*chance.choice(files))
    elif action == "hand":
        past.reassign(chance.choice(USERS))
    elif action == "sweep":
        past.decide("sweep", sweep)
    else:
        try:
            regroup(past, chance, action)
        except UsageError:
            # Two leads of the CRM, or one record: nothing happens.
            return


def regroup(past: Past, chance: random.Random, action: str) -> None:
    """Merge, unmerge or undo what chance names. Raises UsageError where that is not allowed."""
    leads = [lead for (lead,) in past.rows("SELECT id FROM lead ORDER BY id")]
    sources = [source for (source,) in past.rows("SELECT source_id FROM record_lead ORDER BY source_id")]
    if action == "undo":
        standing = past.rows(
            "SELECT batch_id FROM batch_status WHERE is_standing AND kind <> 'undo' AND status = 'loaded' ORDER BY batch_id"
        )
        if standing:
            past.undo(chance.choice(standing)[0])
    elif action == "unmerge" and leads:
        past.decide("unmerge", unmerge, chance.choice(leads))
    elif action == "merge" and len(sources) > 1:
        past.decide("merge", merge_pairs, [tuple(chance.sample(sources, 2))])


def tell(chance: random.Random, name: str, number: int, feed: str) -> dict[str, Any]:
    """What a source may say of somebody that day."""
    cells: dict[str, Any] = {}
    if feed == "crm":
        cells |= {"id": 501 + number, "archived": chance.random() < 0.3, "assignedTo": chance.choice((*USERS, ""))}
        if chance.random() < 0.3:
            cells["updatedAt"] = datetime(2026, 1, chance.randint(1, 28), tzinfo=UTC).isoformat()
    if chance.random() < 0.5:
        cells["company"] = chance.choice(("Northgate", "Harbour", ""))
    if chance.random() < 0.3:
        cells["email"] = f"{name.lower()}@{chance.choice(('one', 'two'))}.example"
    if chance.random() < 0.3:
        cells["a column of no field"] = str(chance.randint(1, 3))
    return person(name, **cells)
