"""A small house with something for every command to do, and what its warehouse says, to compare it by."""

import fcntl
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import duckdb

from flows.settings import Settings
from flows.verify import verify
from tests.faults.leads_process import leads

REFERENCE: Final = {
    "feeds.toml": """
[feeds.crm]
location = "exports/crm-*.json"
origin = "crm"
account_id = "acme"
extent = "full"
as_of_pattern = "crm-%Y-%m-%d"

[feeds.web]
location = "exports/web-*.csv"
account_id = "acme"
as_of_pattern = "web-%Y-%m-%d"
team_id = 1
lead_source_id = 10

[feeds.list]
location = "exports/list-*.csv"
account_id = "acme"
as_of_pattern = "list-%Y-%m-%d"
team_id = 1
lead_source_id = 10
""",
    "teams.csv": "teamId,accountId,name\n1,acme,East\n",
    "lead_sources.csv": "leadSourceId,teamId,name\n10,1,Web\n",
    "users.csv": "user,name\nann@acme.example,Ann\nbob@acme.example,Bob\ncat@acme.example,Cat\n",
    "team_members.csv": "teamId,user,weight\n1,ann@acme.example,1\n1,bob@acme.example,1\n1,cat@acme.example,2\n",
}
WEB: Final = "First Name,Last Name,Email,Phone,Company,Job Title,SSN\n"


def _crm(day: str, *ids: int, **cells: Any) -> str:
    people = {501: ("Dana", "Reyes"), 502: ("Omar", "Haddad"), 503: ("Ida", "Lund")}
    rows = [
        {
            "id": crm_id,
            "firstName": people[crm_id][0],
            "lastName": people[crm_id][1],
            "email": f"{people[crm_id][0].lower()}@crm.example",
            "assignedTo": "cat@acme.example" if crm_id == 502 else "",
            "updatedAt": f"{day}T02:00:00Z",
            **cells,
        }
        for crm_id in ids
    ]
    return json.dumps(rows)


EXPORTS: Final = {
    "crm-2026-01-01.json": _crm("2026-01-01", 501, 502, 503),
    "web-2026-01-02.csv": WEB
    + "Dana,Reyes,dana@crm.example,212-736-5001,,Owner,\nKim,Novak,kim@web.example,,,,\nkim,NOVAK,kim@web.example,,,CEO,\n"
    + ",Lopez,lopez@web.example,,,,\nElif,Safak,elif@web.example,212-736-5000,Northgate Dental,,\n",
    "crm-2026-01-03.json": _crm("2026-01-03", 501, 502),
    "list-2026-01-04.csv": WEB + "Elif,Safak,elif@web.example,646-736-0100,Harbour Foods,CEO,\n",
    "crm-2026-01-06.json": _crm("2026-01-06", 501, 502, 503, jobTitle="Chief"),
    "web-2026-01-07.csv": WEB
    + "Dana,Reyes,dana@crm.example,,,Founder,123-45-6789\nEve,Stone,eve@web.example,not a number,,,123-45-6780\n"
    + ",Ruiz,ruiz@web.example,,,,\nKim,Novak,kim@web.example,646-736-0101,,,\n",
}
HELD: Final = 3
COMMANDS: Final = {
    "ingest": ("ingest", *(f"exports/{name}" for name in list(EXPORTS)[-2:])),
    "ingest again": ("ingest", "exports/web-2026-01-02.csv"),
    "first ingest": ("ingest", *(f"exports/{name}" for name in list(EXPORTS)[-2:])),
    "undo": ("undo", "2"),
    "approve": ("approve", str(HELD)),
    "replay": ("replay", "sheet.csv"),
    "merge": ("review", "--merge", "PAIR"),
    "unmerge": ("unmerge", "501"),
    "sweep": ("sweep", "--full"),
    "reassign": ("reassign", "--from", "ann@acme.example"),
}


def build_house(folder: Path) -> None:
    """Make the house: four files loaded, one of them held, a pair open for review, a rejected row mended in a sheet."""
    for where, files in (("data/reference", REFERENCE), ("exports", EXPORTS)):
        (folder / where).mkdir(parents=True)
        for name, text in files.items():
            (folder / where / name).write_text(text, encoding="utf-8")
    for name in list(EXPORTS)[:4]:
        done = leads(folder, "ingest", f"exports/{name}")
        assert done.code == (name == list(EXPORTS)[HELD - 1]), done
    assert leads(folder, "rejects", "2", "--csv", "sheet.csv").code == 0
    sheet = folder / "sheet.csv"
    sheet.write_text(sheet.read_text("utf-8").replace(",,Lopez", ",Rita,Lopez"), encoding="utf-8")
    [pair] = json.loads(leads(folder, "review", "--json").out)
    (folder / "pair").write_text(pair["pair"])


def house(template: Path, folder: Path, command: str) -> tuple[str, ...]:
    """Copy the house to a folder; return the arguments of a command in it."""
    shutil.copytree(template, folder)
    if command == "first ingest":
        shutil.rmtree(folder / "data/warehouse")
        shutil.rmtree(folder / "data/archive")
    pair = (folder / "pair").read_text()
    return tuple(pair if argument == "PAIR" else argument for argument in COMMANDS[command])


# When something was written, and in which order among what failed, is no part of what is said.
_TIMES: Final = {"started_at", "finished_at", "applied_at", "created", "updatedAt"}
_CHAIN: Final = {"hash", "previous_hash"}
_REJECTED: Final = ("row_number", "line_number", "feed", "raw", "reasons", "status", "source_key")


def said(folder: Path) -> dict[str, list[str]]:
    """What the warehouse says, table by table: all rows but those about batches of which nothing is loaded.

    Batches are named by their place among those that are loaded or held.
    """
    with duckdb.connect(folder / "data/warehouse/leads.duckdb", read_only=True) as connection:
        kept = connection.sql("SELECT batch_id FROM batch WHERE status IN ('loaded', 'held') ORDER BY ALL").fetchall()
        place_of = {None: 0, **{batch_id: place for place, (batch_id,) in enumerate(kept, start=1)}}
        # Seals are salted: that they fit is what `verify` says.
        tables = connection.sql(
            "SELECT table_name FROM duckdb_tables() WHERE NOT temporary AND table_name <> 'seal' ORDER BY ALL"
        ).fetchall()
        return {table: sorted(_rows(connection, table, place_of)) for (table,) in tables}


def _rows(connection: duckdb.DuckDBPyConnection, table: str, place_of: dict[int | None, int]) -> Iterator[str]:
    if table == "rejected_row":
        # One that a failed batch saw first, the next saw once more.
        asked = f"SELECT DISTINCT {', '.join(_REJECTED)} FROM rejected_row"
    elif table == "rejected_sighting":
        asked = "SELECT batch_id, row_number FROM rejected_sighting"
    elif table == "high_water":
        asked = "FROM high_water WHERE name NOT LIKE '%batch%'"
    else:
        asked = f"FROM {table}"
    found = connection.sql(asked)
    for row in found.fetchall():
        cells = dict(zip(found.columns, row, strict=True))
        if cells.get("batch_id") is not None and cells["batch_id"] not in place_of:
            continue
        told = {
            name: place_of.get(cell, "none") if name.endswith("batch_id") else cell
            for name, cell in cells.items()
            if name not in _CHAIN and (name not in _TIMES or table == "record")
        }
        yield repr(told)


def unfinished(folder: Path) -> list[str]:
    """The temporary files and folders in a house."""
    return [
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.name.startswith(".") or path.name.endswith((".tmp", ".wal"))
    ]


def unfinished_but_log(folder: Path) -> list[str]:
    """Those of them that are not DuckDB's log, which is part of the warehouse until the next run takes it in."""
    return [path for path in unfinished(folder) if not path.endswith(".wal")]


def assert_verified(folder: Path) -> None:
    """Hold the warehouse to its chain, its heads outside, all its invariants, and its archive."""
    data = folder / "data"
    settings = Settings(
        warehouse=data / "warehouse/leads.duckdb", reference=data / "reference", archive=data / "archive"
    )
    assert [finding for finding in verify(settings) if finding.status == "found"] == []


def is_lock_free(folder: Path) -> bool:
    """Whether nobody holds the warehouse."""
    with (folder / "data/warehouse/leads.duckdb.lock").open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True
