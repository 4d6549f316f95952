"""What is exported says all that it needs: read back as the CRM's it changes nothing, whatever is in it."""

import csv
import json
import stat
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from schemas.spec import lead_columns, spec_fields
from tests.integration.test_cli import Leads
from tests.integration.test_rules import World

FORMATS = ("json", "ndjson", "csv", "parquet")

HOSTILE = (
    '=HYPERLINK("http://evil.example","x")',
    "+1+1|cmd",
    "-2+3",
    "@SUM(A1)",
    "'=quoted already",
    "''=twice",
    "'plain apostrophe",
    "comma, semicolon; pipe| tab",
    'he said "no"',
    "\uff1dfullwidth",
    "Ünïcödé \u4e2d\u6587 \U0001f600",
    "0",
    "false",
    "NULL and void",
    "1e5",
    "007",
    "a\\nb \\\\ c",
    '{"json": [1]}',
    "<b>&amp;</b>",
    "=",
)

CRM_ROWS: list[dict[str, Any]] = [
    {
        "id": 9_007_199_254_740_993 + number,
        "firstName": "Ann" if number % 2 else text,
        "lastName": f"Lee{chr(97 + number)}",
        "company": text,
        "email": f"ann{number}@lee.example",
        "phone": f"+1415555{2600 + number}",
        "notes": f"{text}\nsecond line\n\n{text}",
        "jobTitle": text,
        "source": text,
        "archived": number % 2 == 0,
        "interestedInSwitching": number % 3 == 0,
        "numberOfEmployees": number % 2,
        "monthlyTransactionVolume": 0 if number % 2 else 922337203685477,
        "createdAt": f"2025-03-0{number % 9 + 1}T10:20:30.{number:06d}Z",
        "updatedAt": "2025-12-31T23:59:59.999999Z",
        "lastContacted": "2025-06-01T00:00:00Z",
        "processStage": text,
        "assignedTo": "ann@acme.example",
        "teamId": 7,
        "leadSourceId": 0,
        "Odd Column": text,
        "auditLog": [
            {"id": 5 + number, "event": "lead_viewed", "created": "2025-03-01T00:00:00Z", "data": {"by": text}}
        ],
    }
    for number, text in enumerate(HOSTILE)
]
VENDOR_ROWS: list[dict[str, Any]] = [
    {
        "First Name": "Zoe",
        "Last Name": "Adams",
        "Email": "zoe@adams.example, z2@adams.example",
        "Phone": "415 555 0199",
    },
    {"First Name": "Bo", "Last Name": "Chan", "Email": "no address", "Phone": " (call)  12 ", "Notes": "-"},
    {"First Name": "Cy", "Last Name": "Dorn", "Company": "+Plus Ltd", "Notes": "@here"},
]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.fixture
def leads(world: World, monkeypatch: pytest.MonkeyPatch) -> "Exporting":
    return Exporting(world, monkeypatch)


class Exporting:
    """Exports from a world, by the command itself."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self.world = world
        monkeypatch.setenv("LEADS_WAREHOUSE", str(world.settings.warehouse))
        monkeypatch.setenv("LEADS_REFERENCE", str(world.settings.reference))
        monkeypatch.setenv("LEADS_ARCHIVE", str(world.settings.archive))

    def __call__(self, name: str, *arguments: str) -> Path:
        """Export to a file of this name; return its path."""
        from flows.cli import app

        path = self.world.folder / name
        app(["export", "--output", str(path), *arguments], exit_on_error=False, result_action="return_value")
        return path


def load_back(world: World, path: Path, **how: bool) -> dict[str, Any]:
    from flows.pipeline import ingest
    from flows.run import Request

    [summary] = ingest(world.settings, Request(paths=(str(path),), feed="crm", is_forced=how.get("force", False)))
    assert summary.columns["status"] == "loaded", summary.columns["error"]
    return summary.columns


def whole(world: World) -> list[tuple[Any, ...]]:
    return world.rows(f"SELECT {', '.join(lead_columns())} FROM lead ORDER BY id")


@pytest.mark.parametrize("form", FORMATS)
def test_reading_an_export_back_is_no_change(world: World, leads: Exporting, form: str) -> None:
    world.load("crm", CRM_ROWS)
    world.load("web", VENDOR_ROWS)
    before, events = whole(world), world.rows("SELECT count(*) FROM lead_event")
    path = leads(f"all-2026-02-0{FORMATS.index(form) + 1}.{form}")
    batch = load_back(world, path)
    assert (batch["rows_read"], batch["rows_unchanged"]) == (len(before), len(before)), batch
    assert whole(world) == before
    assert world.rows("SELECT count(*) FROM lead_event") == events
    assert leads(f"again.{form}").read_bytes() == path.read_bytes()


def test_documents_are_those_of_the_specification(world: World, leads: Exporting) -> None:
    world.load("crm", CRM_ROWS)
    documents = json.loads(leads("all.json").read_bytes())
    assert [list(document) for document in documents] == [[field.name for field in spec_fields()]] * len(CRM_ROWS)
    assert documents == [json.loads(line) for line in leads("all.ndjson").read_bytes().splitlines()]
    assert [document["id"] for document in documents] == sorted(row["id"] for row in CRM_ROWS)
    assert documents[0]["createdAt"] == "2025-03-01T10:20:30.000000Z"
    assert documents[3]["createdAt"] == "2025-03-04T10:20:30.000003Z"
    assert documents[0]["archived"] is True
    viewed = [entry for entry in documents[0]["auditLog"] if entry["event"] == "lead_viewed"]
    assert viewed[0]["data"] == {"by": HOSTILE[0]}
    assert documents == [
        json.loads(row) for (row,) in world.rows("SELECT to_json(d)::VARCHAR FROM lead_api AS d ORDER BY d.id")
    ]


def test_no_cell_of_a_csv_is_a_formula_and_parquet_is_typed(world: World, leads: Exporting) -> None:
    world.load("crm", CRM_ROWS)
    with leads("all.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert tuple(rows[0]) == lead_columns()
    assert [cell for row in rows[1:] for cell in row if cell[:1] in "=+-@\t\r\uff1d" and cell] == []
    table = pq.read_table(leads("all.parquet"))
    assert tuple(table.column_names) == lead_columns()
    assert table.column("id").to_pylist() == sorted(row["id"] for row in CRM_ROWS)
    assert str(table.schema.field("createdAt").type) == "timestamp[us, tz=UTC]"
    assert str(table.schema.field("archived").type) == "bool"


def test_an_export_is_narrowed_by_batch_condition_and_time(world: World, leads: Exporting) -> None:
    first = world.load("crm", CRM_ROWS[:3])
    second = world.load("crm", [{**CRM_ROWS[0], "company": "New Co"}, CRM_ROWS[1], CRM_ROWS[5]], "2026-01-02")

    def ids(*arguments: str) -> list[int]:
        return [document["id"] for document in json.loads(leads("some.json", *arguments).read_bytes())]

    known = [row["id"] for row in CRM_ROWS]
    assert ids("--batch", str(first["batch_id"])) == known[:3]
    assert ids("--batch", str(second["batch_id"])) == [known[0], known[5]]
    assert ids("--where", "company = 'New Co'") == [known[0]]
    assert ids("--where", "origin = 'crm' AND NOT archived") == [known[1], known[5]]
    assert ids("--since", second["started_at"].strftime("%Y-%m-%dT%H:%M:%S.%f")) == [known[0], known[5]]
    assert ids("--since", "2999-01-01") == []
    assert (
        leads("none.csv", "--where", "FALSE").read_bytes()
        == b"\xef\xbb\xbf" + ",".join(lead_columns()).encode() + b"\n"
    )
    assert pq.read_table(leads("none.parquet", "--where", "FALSE")).num_rows == 0


@pytest.mark.parametrize(
    "condition",
    [
        "id > 0; DROP TABLE lead",
        "id > 0) OR (TRUE",
        "id > 0, id",
        "id > 0 FROM batch",
        "nosuch = 1",
        "",
        "id IN (SELECT id FROM read_csv('secret.csv'))",
        "id IN (SELECT id FROM 'secret.csv')",
    ],
)
def test_a_condition_is_one_expression_and_touches_no_file(world: World, leads: Exporting, condition: str) -> None:
    from flows.errors import UsageError

    world.load("crm", CRM_ROWS[:1])
    (world.folder / "secret.csv").write_text("id\n1\n", encoding="utf-8")
    with pytest.raises(UsageError, match="the condition cannot be asked of lead"):
        leads("some.json", "--where", condition)
    assert not (world.folder / "some.json").exists()
    assert [path.name for path in world.folder.iterdir() if path.name.startswith(".some")] == []


def test_files_are_their_owners_only_and_whole_or_not_there(world: World, leads: Exporting) -> None:
    from flows.errors import UsageError

    world.load("crm", CRM_ROWS[:1])
    path = leads("all.csv")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for place in (str(world.settings.warehouse), ".", "no/such/folder.csv"):
        with pytest.raises(UsageError):
            leads(place)
    assert world.rows("SELECT count(*) FROM lead") == [(1,)]


def test_standard_output_has_the_leads_and_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    leads = Leads(tmp_path, capsys, monkeypatch)
    (tmp_path / "some.csv").write_text("First Name,Last Name,Email\nDana,Reyes,dana@reyes.example\n", encoding="utf-8")
    assert leads("ingest", "some.csv").returncode == 0
    done = leads.process("export", "--format", "ndjson")
    assert (done.returncode, json.loads(done.stdout)["email"]) == (0, "dana@reyes.example")
    assert done.stderr.strip() == "1 leads written to standard output."
    assert leads("export", "--batch", "99").returncode == 2


CELL = st.text(
    alphabet=st.one_of(st.sampled_from("=+-@'\"\t\r\n,;| \\aZ0\uff1d\u00e9\u200b"), st.characters(codec="utf-8")),
    max_size=12,
)
TEXTS = ("firstName", "lastName", "company", "notes", "jobTitle", "location", "processStage")


# Many leads in a few files: what costs is the file.
@settings(max_examples=5, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(rows=st.lists(st.fixed_dictionaries(dict.fromkeys(TEXTS, CELL)), min_size=20, max_size=40))
def test_any_text_comes_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, str]]) -> None:
    from flows.export import Wanted, write_leads
    from flows.warehouse import read_warehouse

    folder = tmp_path_factory.mktemp("any")
    world = World(folder)
    world.load("crm", [{"id": number, **row} for number, row in enumerate(rows, start=1)])
    before = whole(world)
    for day, form in enumerate(FORMATS, start=1):
        path = folder / f"all-2026-02-0{day}.{form}"
        with path.open("wb") as file, read_warehouse(world.settings.warehouse, wait_seconds=0) as warehouse:
            write_leads(warehouse, Wanted(), file, form)  # type: ignore[arg-type]
        batch = load_back(world, path)
        assert whole(world) == before, form
        assert batch["rows_unchanged"] == len(rows), form


# --- masked

MASKED_COLUMNS = (
    *("id", "accountId", "teamId", "leadSourceId", "source", "processStage", "archived", "interestedInSwitching"),
    *("monthlyTransactionVolume", "numberOfEmployees", "createdAt", "updatedAt", "lastContacted"),
    *("email_hash", "phone_hash", "company_hash", "assigned_to_hash", "created_by_hash"),
)
PERSON: dict[str, Any] = {
    "firstName": "Canaryfirst",
    "lastName": "Canarylast",
    "email": "canary@x.example",
    "phone": "+14155550142",
    "company": "Canary Foods",
    "location": "Canary Row",
    "notes": "canary note",
    "jobTitle": "canary title",
    "position": "canary position",
    "branch": "canary branch",
    "buyingRole": "canary role",
    "imgSrc": "https://img.example/canary.png",
    "applicationId": "canary-77",
    "currentPaymentProcessor": "canary pay",
    "productsServicesSold": "canary goods",
    "assignedTo": "canary@acme.example",
    "createdBy": "canary@acme.example",
    "processStage": "New",
    "source": "Fair",
    "teamId": 7,
    "numberOfEmployees": 12,
    "createdAt": "2025-03-01T10:20:30.000001Z",
    "Odd Column": "canary extra",
    "auditLog": [{"id": 5, "event": "lead_viewed", "created": "2025-03-01T00:00:00Z", "data": {"by": "canary"}}],
}


def masked_rows(path: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]]
    match path.suffix:
        case ".csv":
            rows = list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))
        case ".parquet":
            rows = pq.read_table(path).to_pylist()
        case ".json":
            rows = json.loads(path.read_bytes())
        case _:
            rows = [json.loads(line) for line in path.read_bytes().splitlines()]
    return rows


@pytest.mark.parametrize("form", FORMATS)
def test_a_masked_export_has_nobody_in_it_and_says_who_is_the_same(world: World, leads: Exporting, form: str) -> None:
    other = {**PERSON, "id": 502, "firstName": "Zoe", "lastName": "Adams", "applicationId": "other", "teamId": 8}
    kin = [
        {"id": 600 + place, "firstName": "Kin", "lastName": f"Kin{place}", "source": "Fair", "processStage": "New"}
        for place in range(3)
    ]
    told = {"source": "Told by Canarylast", "processStage": "ask canary"}
    marks = ["by canary@x.example", "+1 415 555 0142"] * 5
    crowd = [
        {"id": 700 + place, "firstName": "Mo", "lastName": f"Mo{place}", "source": mark}
        for place, mark in enumerate(marks)
    ]
    world.load(
        "crm", [{"id": 501, **PERSON}, other, {"id": 503, "firstName": "Bo", "lastName": "Chan", **told}, *kin, *crowd]
    )
    path = leads(f"masked.{form}", "--masked", "--where", "id < 600 OR id >= 700")
    rows = masked_rows(path)
    assert [tuple(row) for row in rows] == [MASKED_COLUMNS] * 13
    first, second, third = rows[:3]
    assert {row["source"] for row in rows[2:]} == {"other"}
    assert third["processStage"] == "other"
    assert not rows[-1]["processStage"]
    everything = repr(rows).lower() + path.read_bytes().decode("latin-1").lower()
    assert "canary" not in everything
    assert "0142" not in everything
    assert [str(row["id"]) for row in rows[:3]] == ["501", "502", "503"]
    assert (first["source"], first["processStage"], str(first["numberOfEmployees"])) == ("Fair", "New", "12")
    assert str(first["createdAt"]).startswith("2025-03-01") and ".000001" in str(first["createdAt"])
    hashes = [name for name in MASKED_COLUMNS if name.endswith("_hash")]
    assert all(first[name] == second[name] and len(first[name]) == 32 for name in hashes)
    assert len({first[name] for name in hashes} - {first["assigned_to_hash"]}) == len(hashes) - 2
    assert [third["email_hash"] or None, third["company_hash"] or None] == [None, None]
    again = masked_rows(leads(f"again.{form}", "--masked"))
    assert {row["email_hash"] for row in again}.isdisjoint({first["email_hash"]})


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("feed", ["crm", "web"])
def test_a_masked_export_is_no_export_to_load(world: World, leads: Exporting, form: str, feed: str) -> None:
    from flows.pipeline import ingest
    from flows.run import Request

    world.load("crm", [{"id": 501, **PERSON}])
    before = whole(world)
    path = leads(f"masked.{form}", "--masked")
    [summary] = ingest(world.settings, Request(paths=(str(path),), feed=feed))
    assert summary.columns["status"] == "failed"
    assert "masked export" in summary.columns["error"]
    assert whole(world) == before


def test_a_masked_export_of_nobody_has_its_columns(world: World, leads: Exporting) -> None:
    world.load("crm", [{"id": 501, **PERSON}])
    assert masked_rows(leads("none.json", "--masked", "--where", "id = 0")) == []
    text = leads("none.csv", "--masked", "--where", "id = 0").read_text(encoding="utf-8-sig")
    assert text == ",".join(MASKED_COLUMNS) + "\n"
