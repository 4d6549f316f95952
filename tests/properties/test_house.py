"""A house that lives: files come, are renamed, copied and mended; runs break; what was done is taken back and decided anew.

Whatever the order, nothing that was promised breaks: every record is accounted for once, every id leads somewhere, the
leads are what their records say, and running all files again changes nothing.
"""

import json
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, multiple, rule, run_state_machine_as_test

from flows import regroup
from flows.approve import approve
from flows.errors import UsageError
from flows.explain import list_open_pairs, pairs_of
from flows.fail_points import FAIL_POINTS, VARIABLE, InjectedFaultError
from flows.pipeline import ingest
from flows.reference import load_reference
from flows.replay import replay
from flows.review import Decisions, decide
from flows.run import Request, Run, open_run
from flows.settings import Settings
from flows.steps import survive
from flows.undo import undo
from flows.verify import verify
from flows.warehouse import Warehouse, migrate, open_warehouse, read_warehouse
from tests.faults.leads_process import Started

REFERENCE: Final = {
    "feeds.toml": """
[feeds.crm]
location = "EXPORTS/crm-*.json"
origin = "crm"
account_id = "acme"
extent = "full"
as_of_pattern = "%Y-%m-%d"

[feeds.web]
location = "EXPORTS/web-*.json"
account_id = "acme"
as_of_pattern = "%Y-%m-%d"
team_id = 1

[feeds.partner]
location = "EXPORTS/partner-*.json"
account_id = "acme"
as_of_pattern = "%Y-%m-%d"
team_id = 2
on_update = "overwrite"
""",
    "teams.csv": "teamId,accountId,name\n1,acme,East\n2,acme,West\n",
    "users.csv": "user,name\nann@acme.example,Ann\nbob@acme.example,Bob\ncat@acme.example,Cat\n",
    "team_members.csv": "teamId,user\n1,ann@acme.example\n1,bob@acme.example\n2,cat@acme.example\n2,bob@acme.example\n",
}
PEOPLE: Final = (("Dana", "Reyes"), ("Omar", "Haddad"), ("Elif", "Safak"))
COMPANIES: Final = ("Northgate Dental", "Harbour Foods")
FIELDS: Final = ("jobTitle", "processStage")
# Their process of its own tells more: `tests/faults`.
POINTS: Final = [point for point in FAIL_POINTS if "migration" not in point and "redact" not in point]

Rows = list[dict[str, Any]]


@st.composite
def rows(draw: st.DrawFn, feed: str) -> Rows:
    """A few rows about three people, by addresses and numbers that may tell records apart or join them."""
    return [draw(row(feed)) for _ in range(draw(st.integers(1, 3)))]


@st.composite
def row(draw: st.DrawFn, feed: str) -> dict[str, Any]:
    """One of three people as a feed may tell of them."""
    person = draw(st.integers(0, len(PEOPLE) - 1))
    first, last = PEOPLE[person]
    told: dict[str, Any] = {"firstName": first, "lastName": last}
    for name, values in (
        ("email", (f"{first}@one.example", f"{first}@two.example", None)),
        ("phone", (f"+1212736500{person}", f"+1646736010{person}", None)),
        ("company", (*COMPANIES, None)),
        *((field, ("a", "b", None)) for field in FIELDS),
    ):
        value = draw(st.sampled_from(values))
        if value is not None:
            told[name] = value
    if feed == "crm":
        told["id"] = 501 + person + 10 * draw(st.integers(0, 1))
        if draw(st.booleans()):
            told |= {"teamId": draw(st.sampled_from((1, 2))), "assignedTo": "cat@acme.example"}
        return told
    key = draw(st.sampled_from(("k1", "k2", None)))
    if key is not None:
        told["Record ID"] = f"{key}-{person}"
    if draw(st.integers(0, 5)) == 0:
        del told["lastName"]
    return told


exports = st.sampled_from(("web", "partner", "crm")).flatmap(
    lambda feed: st.tuples(st.just(feed), st.integers(1, 6), rows(feed))
)


class House(RuleBasedStateMachine):
    """A folder of exports, a warehouse, and what people do with both."""

    files = Bundle("files")

    def __init__(self, template: Path) -> None:
        super().__init__()
        self.folder = template.with_name(uuid.uuid4().hex)
        shutil.copytree(template, self.folder)
        self.exports = self.folder / "exports"
        feeds = REFERENCE["feeds.toml"].replace("EXPORTS", str(self.exports))
        (self.folder / "reference" / "feeds.toml").write_text(feeds)
        self.settings = Settings(
            warehouse=self.folder / "leads.duckdb",
            reference=self.folder / "reference",
            archive=self.folder / "archive",
            wait_seconds=60,
        )
        self.count = 0
        self.ids: set[int] = set()

    def teardown(self) -> None:
        """All files again, and once more: the second time nothing changes."""
        self._ingest()
        before = self._ask(f"FROM ({LEADS})")
        self._ingest()
        assert self._ask(f"FROM ({LEADS})") == before
        assert [finding for finding in verify(self.settings) if finding.status == "found"] == []
        shutil.rmtree(self.folder)

    # --- files

    @initialize(target=files, told=exports)
    def begin(self, told: tuple[str, int, Rows]) -> Any:
        """Two exports about the same people, and one that may be about any: a house in which things can be done."""
        everyone = [{"firstName": first, "lastName": last, "email": f"{first}@one.example"} for first, last in PEOPLE]
        listed = [{**each, "id": 501 + number} for number, each in enumerate(everyone[:2])]
        files = [
            self._write("crm-2026-01-01", listed),
            self._write("web-2026-01-02", [{**each, "company": COMPANIES[0]} for each in everyone]),
            self._write(f"{told[0]}-2026-01-0{told[1]}", told[2]),
        ]
        self._ingest()
        self._check()
        return multiple(*files)

    @rule(target=files, export=exports, way=st.sampled_from(("whole", "whole", "broken", "later")), data=st.data())
    def add(self, export: tuple[str, int, Rows], way: str, data: st.DataObject) -> Path:
        """A feed exports, and the export is taken, or is taken at the second try, or lies there."""
        feed, day, told = export
        file = self._write(f"{feed}-2026-01-0{day}", told)
        if way == "broken":
            with broken_at(data.draw(st.sampled_from(POINTS))):
                self._ingest()
            self._check()
        if way != "later":
            self._ingest()
            self._check()
        return file

    @rule(target=files, file=files)
    def rename(self, file: Path) -> Path:
        """Somebody calls a file otherwise; the day stays."""
        return file.rename(self._path(file.name[: -len("-000.json")])) if file.exists() else file

    @rule(target=files, file=files)
    def duplicate(self, file: Path) -> Any:
        """Somebody saves a file twice."""
        if not file.exists():
            return multiple()
        return Path(shutil.copyfile(file, self._path(file.name[: -len("-000.json")])))

    @rule(file=files, data=st.data())
    def fix(self, file: Path, data: st.DataObject) -> None:
        """Somebody mends a file in its place."""
        if file.exists():
            file.write_text(json.dumps(data.draw(rows(file.name.partition("-")[0]))))

    # --- runs

    @rule(ways=st.sampled_from(("alone", "alone", "alone", "alone", "two at once")))
    def run_all(self, ways: str) -> None:
        """Take all files, seldom by two processes at once."""
        if ways == "alone":
            self._ingest()
        elif any(self.exports.iterdir()):
            environment = {f"LEADS_{name.upper()}": str(getattr(self.settings, name)) for name in PLACES}
            both = [Started(self.folder, "ingest", "exports", environment=environment) for _ in range(2)]
            assert [each.ended().code in (0, 1) for each in both] == [True, True]
        self._check()

    # --- what people decide

    @rule(data=st.data())
    def undo(self, data: st.DataObject) -> None:
        """Take back a batch that stands."""
        standing = self._ask(STANDING)
        if standing:
            [batch_id] = data.draw(st.sampled_from(standing))
            undo(self.settings, batch_id)
            self._check()

    @rule(data=st.data())
    def decide(self, data: st.DataObject) -> None:
        """Do one of the things that there is to do."""
        do: dict[str, Callable[[Any], object]] = {
            "replay": lambda batch_id: replay(self.settings, str(batch_id)),
            "approve": lambda batch_id: approve(self.settings, batch_id),
            "merge": lambda pair: decide(self.settings, Decisions(merge=pairs_of([pair]))),
            "apart": lambda pair: decide(self.settings, Decisions(apart=pairs_of([pair]))),
            "unmerge": lambda lead_id: self._regroup(lambda run: regroup.unmerge(run, lead_id)),
            "sweep": lambda is_full: self._regroup(lambda run: regroup.sweep(run, is_full=is_full)),
        }
        choices = self._choices()
        what = data.draw(st.sampled_from([name for name in do if choices[name]]))
        try:
            do[what](data.draw(st.sampled_from(choices[what])))
        except UsageError:
            # Refused, with what to do instead: that is an answer too.
            return
        self._check()

    # ---

    def _choices(self) -> dict[str, list[Any]]:
        with read_warehouse(self.settings.warehouse, wait_seconds=0) as warehouse:
            pairs = sorted(pair["pair"] for pair in list_open_pairs(warehouse))
            found = {name: [first for (first,) in warehouse.connection.sql(query).fetchall()] for name, query in TO_DO}
        return {**found, "merge": pairs, "apart": pairs, "sweep": [True, False]}

    def _regroup(self, act: Callable[[Run], object]) -> None:
        with open_run(self.settings, load_reference(self.settings.reference), Request()) as run:
            act(run)

    def _path(self, stem: str) -> Path:
        self.count += 1
        return self.exports / f"{stem}-{self.count:03}.json"

    def _write(self, stem: str, told: Rows) -> Path:
        path = self._path(stem)
        path.write_text(json.dumps(told))
        return path

    def _ingest(self) -> None:
        if any(self.exports.iterdir()):
            ingest(self.settings, Request(paths=(str(self.exports),)))

    def _ask(self, query: str) -> list[Any]:
        with read_warehouse(self.settings.warehouse, wait_seconds=0) as warehouse:
            return warehouse.connection.sql(query).fetchall()

    def _check(self) -> None:
        with open_warehouse(self.settings.warehouse, wait_seconds=0) as warehouse, warehouse.rehearsal():
            ask = warehouse.connection.sql
            given = {lead_id for (lead_id,) in ask("SELECT id FROM lead").fetchall()}
            known = given | {alias_id for (alias_id,) in ask("SELECT alias_id FROM lead_alias").fetchall()}
            self.ids |= given
            assert self.ids <= known
            assert_accounted(warehouse)
            before = ask(LEADS).fetchall(), ask(CONTACTS).fetchall()
            with warehouse.transaction():
                survive.conclude_everything(warehouse)
            assert (ask(LEADS).fetchall(), ask(CONTACTS).fetchall()) == before


STANDING: Final = "SELECT batch_id FROM batch_status WHERE status = 'loaded' AND kind <> 'undo' ORDER BY ALL"
TO_DO: Final = (
    (
        "replay",
        "SELECT batch_id FROM rejected_row WHERE status = 'open' "
        "UNION SELECT batch_id FROM batch WHERE status = 'failed' ORDER BY ALL",
    ),
    ("approve", "SELECT batch_id FROM batch_status WHERE status = 'held' ORDER BY ALL"),
    ("unmerge", "SELECT lead_id FROM record_lead GROUP BY ALL HAVING count(*) > 1 ORDER BY ALL"),
)
PLACES: Final = ("warehouse", "reference", "archive")
LEADS: Final = "SELECT * FROM lead ORDER BY id"
CONTACTS: Final = "SELECT * FROM lead_contact ORDER BY ALL"
_KNOWN: Final = "(SELECT id FROM lead UNION ALL SELECT alias_id FROM lead_alias)"
# Each of them is to find nothing.
LOST: Final = (
    f"FROM batch_row WHERE lead_id IS NOT NULL AND lead_id NOT IN {_KNOWN}",
    "FROM lead_alias WHERE lead_id IS NOT NULL AND lead_id NOT IN (SELECT id FROM lead)",
    "FROM lead_alias WHERE alias_id IN (SELECT id FROM lead)",
    "FROM record_lead WHERE lead_id NOT IN (SELECT id FROM lead)",
    "FROM lead WHERE id NOT IN (SELECT lead_id FROM record_lead)",
    "SELECT id FROM lead GROUP BY id HAVING count(*) > 1",
    "SELECT batch_id FROM batch GROUP BY batch_id HAVING count(*) > 1",
    "SELECT feed, source_key FROM record_lead GROUP BY ALL HAVING count(*) > 1",
    "FROM record WHERE batch_id NOT IN (SELECT batch_id FROM batch WHERE status = 'loaded')",
    "FROM lead_event WHERE batch_id NOT IN (SELECT batch_id FROM batch WHERE status IN ('loaded', 'skipped'))",
    "FROM lead_assignment WHERE batch_id NOT IN (SELECT batch_id FROM batch WHERE status = 'loaded')",
)


def assert_accounted(warehouse: Warehouse) -> None:
    """Hold every loaded batch to the checks of its load, and follow all ids."""
    for query in LOST:
        assert warehouse.connection.sql(query).fetchall() == [], query
    loaded = "SELECT batch_id, rows_read FROM batch WHERE status = 'loaded'"
    for batch_id, rows_read in warehouse.connection.sql(loaded).fetchall():
        balance = warehouse.frame("checks/rows_balance", {"batch_id": batch_id, "rows_read": rows_read})
        assert balance.is_empty(), balance
        assert warehouse.frame("checks/one_row_per_lead", {"batch_id": batch_id}).is_empty()


@contextmanager
def broken_at(point: str) -> Iterator[None]:
    """Let a run break at a place: what an exception leaves is what a kill leaves, and the audit row of the batch."""
    os.environ[VARIABLE] = f"{point}:raise"
    try:
        yield
    except InjectedFaultError:
        pass
    finally:
        del os.environ[VARIABLE]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty house."""
    folder = tmp_path_factory.mktemp("houses") / "template"
    (folder / "exports").mkdir(parents=True)
    (folder / "reference").mkdir()
    for name, text in REFERENCE.items():
        (folder / "reference" / name).write_text(text)
    with open_warehouse(folder / "leads.duckdb", wait_seconds=0) as warehouse:
        migrate(warehouse)
    return folder


# Shares, for no test may take longer than ten minutes, and processes share them out. The suite takes a few small ones.
SHARES: Final = 50
SHARES_OF_SUITE: Final = 4


@pytest.mark.slow
@pytest.mark.parametrize(
    "share",
    [*range(SHARES_OF_SUITE), *(pytest.param(n, marks=pytest.mark.all_faults) for n in range(SHARES_OF_SUITE, SHARES))],
)
def test_no_sequence_breaks_what_is_promised(template: Path, share: int) -> None:
    examples = 500 // SHARES if settings.get_current_profile_name() == "all-faults" else 4

    class InTemplate(House):
        def __init__(self) -> None:
            super().__init__(template)

    run_state_machine_as_test(
        InTemplate,
        settings=settings(max_examples=examples, stateful_step_count=5, suppress_health_check=list(HealthCheck)),
    )
