"""Over any small history of vendor and CRM files: an undone batch might never have been."""

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows.exports import Export
from flows.pipeline import ingest_file
from flows.reference import load_reference
from flows.run import Request, Run, open_run
from flows.settings import Settings
from flows.steps.survive import conclude_everything
from flows.undo import withdraw

REFERENCE = {
    "feeds.toml": """
[feeds.crm]
origin = "crm"
account_id = "acme"
as_of_pattern = "%Y-%m-%d"

[feeds.web]
account_id = "acme"
as_of_pattern = "%Y-%m-%d"
team_id = 1

[feeds.list]
account_id = "acme"
as_of_pattern = "%Y-%m-%d"
team_id = 2

[feeds.partner]
account_id = "acme"
as_of_pattern = "%Y-%m-%d"
team_id = 2
on_update = "overwrite"
""",
    "teams.csv": "teamId,accountId,name\n1,acme,East\n2,acme,West\n",
    "users.csv": "user,name\nann@acme.example,Ann\nbob@acme.example,Bob\ncat@acme.example,Cat\n",
    "team_members.csv": "teamId,user\n1,ann@acme.example\n1,bob@acme.example\n2,cat@acme.example\n2,bob@acme.example\n",
}
NAMES = (("Dana", "Reyes"), ("Omar", "Haddad"))
FIELDS = ("jobTitle", "location", "notes", "processStage")


@dataclass(frozen=True)
class File:
    """What a feed exports on a day."""

    feed: str
    day: int
    rows: tuple[tuple[tuple[str, Any], ...], ...]


@st.composite
def rows(draw: st.DrawFn, feed: str) -> dict[str, Any]:
    """One of two people, by one or both of two addresses and numbers, which may tell records apart or join them."""
    person = draw(st.integers(0, 1))
    first, last = NAMES[person]
    row: dict[str, Any] = {"firstName": first, "lastName": last}
    for name, values in (
        ("email", (f"{first}@one.example", f"{first}@two.example", None)),
        ("phone", (f"+1212736500{person}", f"+1646736010{person}", None)),
        *((field, ("a", "b", None)) for field in FIELDS),
    ):
        value = draw(st.sampled_from(values))
        if value is not None:
            row[name] = value
    if feed == "crm":
        # Two of the CRM's are never joined, and which of them a third is joined to depends on who was first.
        row["id"] = 501 + person
        row |= {name: "" for name in FIELDS if name not in row and draw(st.booleans())}
        if draw(st.booleans()):
            row |= {"teamId": draw(st.sampled_from((1, 2))), "assignedTo": "cat@acme.example"}
    else:
        key = draw(st.sampled_from(("k1", "k2", None)))
        if key is not None:
            row["Record ID"] = f"{key}-{person}"
    return row


@st.composite
def files(draw: st.DrawFn) -> File:
    """A file of one or two rows."""
    feed = draw(st.sampled_from(("web", "list", "partner", "crm")))
    drawn = draw(st.lists(rows(feed), min_size=1, max_size=2))
    return File(feed, draw(st.integers(1, 6)), tuple(tuple(row.items()) for row in drawn))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the reference data."""
    (tmp_path / "reference").mkdir()
    for name, text in REFERENCE.items():
        (tmp_path / "reference" / name).write_text(text, encoding="utf-8")
    return tmp_path


@contextmanager
def open_empty(folder: Path) -> Iterator[Run]:
    """A run in a warehouse of its own."""
    place = folder / "world"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    found = Settings(
        warehouse=place / "leads.duckdb", reference=folder / "reference", archive=place / "archive", wait_seconds=0
    )
    with open_run(found, load_reference(found.reference), Request(is_forced=True)) as run:
        yield run


def load(run: Run, folder: Path, number: int, file: File) -> int:
    """Load a file; return its batch."""
    path = folder / "world" / f"{number}-{file.feed}-2026-01-0{file.day}.json"
    path.write_text(json.dumps([dict(row) for row in file.rows]), encoding="utf-8")
    columns = ingest_file(Export(path, run.reference.feeds[file.feed]), run).columns
    assert columns["status"] == "loaded", columns["error"]
    return int(columns["batch_id"])


LEADS = """
SELECT
    list_sort(list({'feed': r.feed, 'key': r.source_key})) AS records,
    any_value(l) AS lead
FROM record_lead AS r
INNER JOIN (
    SELECT
        l.id AS lead_id,
        l.* EXCLUDE (id, assignedTo, updatedAt, first_batch_id, last_batch_id),
        l.assignedTo IS NOT NULL AS is_owned,
        (
            SELECT list_sort(list({'kind': c.kind, 'value': c.value, 'primary': c.is_primary}))
            FROM lead_contact AS c
            WHERE c.lead_id = l.id
        ) AS contacts
    FROM lead AS l
) AS l ON l.lead_id = r.lead_id
GROUP BY r.lead_id
"""


def leads(run: Run) -> list[Any]:
    """The leads with their records and contacts, but for ids, owners, batches, and times that follow from these."""
    found = run.warehouse.connection.sql(LEADS).fetchall()
    told = [(records, {name: value for name, value in lead.items() if name != "lead_id"}) for records, lead in found]
    return sorted(told, key=repr)


def turns_of_nobody(run: Run) -> list[Any]:
    """The turns that stand though their lead is gone."""
    return run.warehouse.connection.sql(
        "SELECT s.lead_id FROM standing_lead_assignment AS s LEFT JOIN lead_alias AS a ON a.alias_id = s.lead_id"
        " WHERE s.owner_rule = 'rotation' AND coalesce(a.lead_id, s.lead_id) NOT IN (SELECT id FROM lead)"
    ).fetchall()


def is_sound(run: Run) -> None:
    """What is concluded can be concluded again, and every id is a lead or an alias."""
    ask = run.warehouse.connection.sql
    kept = [ask(f"SELECT * FROM {table} ORDER BY ALL").fetchall() for table in ("lead", "lead_contact")]
    lost = ask(
        "SELECT lead_id FROM batch_row WHERE lead_id IS NOT NULL"
        " AND (lead_id IN (SELECT id FROM lead)) = (lead_id IN (SELECT alias_id FROM lead_alias))"
    ).fetchall()
    assert lost == []
    assert turns_of_nobody(run) == []
    with run.warehouse.transaction():
        conclude_everything(run.warehouse)
    assert [ask(f"SELECT * FROM {table} ORDER BY ALL").fetchall() for table in ("lead", "lead_contact")] == kept


def without(folder: Path, history: Sequence[File], gone: set[int]) -> list[Any]:
    """The leads of a history that lacks some files."""
    with open_empty(folder) as run:
        for number, file in enumerate(history, start=1):
            if number not in gone:
                load(run, folder, number, file)
        return leads(run)


# An example is a dozen loads and undos, each held against a history without them.
few_examples = settings(max_examples=5, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))


@few_examples
@given(st.lists(files(), min_size=2, max_size=5), st.data())
def test_what_is_undone_might_never_have_been(folder: Path, history: list[File], data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(1, len(history) + 1)))
    order = order[: data.draw(st.integers(1, len(history)))]
    with open_empty(folder) as run:
        for number, file in enumerate(history, start=1):
            assert load(run, folder, number, file) == number
        told = []
        for number in order:
            withdraw(run, number)
            is_sound(run)
            told.append(leads(run))
    for count, concluded in enumerate(told, start=1):
        assert concluded == without(folder, history, set(order[:count]))


@few_examples
@given(st.lists(files(), min_size=2, max_size=4, unique=True), st.data())
def test_what_is_loaded_again_is_as_it_was_before_its_undo(
    folder: Path, history: list[File], data: st.DataObject
) -> None:
    number = data.draw(st.integers(1, len(history)))
    with open_empty(folder) as run:
        for place, file in enumerate(history, start=1):
            load(run, folder, place, file)
        before = leads(run)
        withdraw(run, number)
        load(run, folder, len(history) + 1, history[number - 1])
        assert leads(run) == before
        is_sound(run)
