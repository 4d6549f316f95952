"""Outside text is data, what we write is its owner's, and neither secrets nor people get where they do not belong."""

import csv
import io
import json
import os
import re
import stat
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import duckdb
import pytest

from flows.errors import UsageError
from flows.ingest import IngestRequest
from flows.steps import load
from flows.warehouse import Warehouse
from tests.integration.test_cli import Leads, contacts, leads

__all__ = ["contacts", "leads"]

# What a terminal acts on, of which nothing may be printed that came from outside.
ACTED_ON: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]")

SQL: Final = '"; DROP TABLE lead; --'
NAMES: Final = (
    "a[1].csv",
    "*.csv",
    "-rf.csv",
    "'; DROP TABLE lead; --.csv",
    "%s {0} $batch_id.csv",
    "~.csv",
    "new\nline \x1b[31mred\x1b[0m \x9b2J \u202ecod.csv",
    os.fsdecode(b"caf\xe9.csv"),
)
HEADERS: Final = (
    SQL,
    "{0}",
    "%s",
    "$batch_id",
    "it's",
    'a""b',
    "new\nline",
    "\x1b[31mred",
    "x" * 10_000,
    "SELECT",
    "__index__",
    "row_number",
    "raw",
    "incoming",
)


def write_rows(path: Path, *rows: tuple[str, ...]) -> Path:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8", newline="")
    return path


def person(number: int) -> str:
    return f"Person{'abcdefghijklmnop'[number]}"


# --- outside text is data


def test_names_of_files_are_names(leads: Leads) -> None:
    for number, name in enumerate(NAMES):
        write_rows(leads.folder / name, ("First Name", "Last Name"), ("Ann", person(number)))
    for name in NAMES:
        done = leads("ingest", "--", name)
        assert done.returncode == 0, (name, done.stderr)
        assert not ACTED_ON.search(done.stdout + done.stderr), name
    found = leads.rows("SELECT file_uri, rows_read, rows_inserted FROM batch ORDER BY batch_id")
    assert found == [(name, 1, 1) for name in (*NAMES[:-1], "caf%E9.csv")]
    for listing in (leads("batches"), leads("batches", "--json"), leads("show", "7"), leads("show", "7", "--json")):
        assert listing.returncode == 0
        assert not ACTED_ON.search(listing.stdout + listing.stderr)


@pytest.mark.parametrize("name", ["no \x1b[31m such\nfile.csv", "[\x9b2J]", "none-{0}%s.csv"])
def test_names_of_files_that_are_not_there_are_told_on_one_line(leads: Leads, name: str) -> None:
    done = leads("ingest", name)
    assert done.returncode == 2
    [told] = [line for line in done.stderr.splitlines() if line.startswith("leads: ")]
    assert not ACTED_ON.search(done.stderr)
    assert "such file.csv" in told or "none-{0}%s.csv" in told or "2J" in told


def test_headers_and_cells_are_neither_sql_nor_formats(leads: Leads) -> None:
    cells = tuple(f"{SQL} {{0}} %s $batch_id {number}" for number in range(len(HEADERS)))
    rows = [("Hos'tile", f"Ti{SQL}le", *cells), ("", "NoFirst", *cells)]
    path = write_rows(leads.folder / "hostile.csv", ("First Name", "Last Name", *HEADERS), *rows)
    for header in ("First Name", "Column of before"):
        write_rows(leads.folder / f"{header}.csv", (header, "First Name (2)", "Last Name"), ("Ann", "Ann", header))
    assert leads("ingest", "Column of before.csv").returncode in (0, 1)
    done = leads("ingest", "hostile.csv")
    assert done.returncode == 0, done.stderr
    assert not ACTED_ON.search(done.stdout + done.stderr)
    assert "xxxxx" in done.stderr or "x" * 61 not in done.stderr
    assert max(map(len, done.stderr.splitlines())) < 400
    [(first, extra)] = leads.rows("SELECT firstName, extra FROM lead WHERE firstName LIKE 'Hos%'")
    assert first == "Hos'tile"
    kept = {" ".join(header.split()): header for header in HEADERS}
    assert set(cells) <= set(extra.values()), kept
    assert leads("map", "hostile.csv").returncode == 0
    sheet = leads("rejects", "--csv", "to-mend.csv")
    assert sheet.returncode == 0, sheet.stderr
    assert leads("replay", "to-mend.csv").returncode in (0, 1)
    assert leads("verify").returncode == 0
    assert path.is_file()


def test_values_of_feeds_are_neither_sql_nor_patterns_of_other_files(leads: Leads) -> None:
    folder = leads.folder / "in 'a' [1]; DROP TABLE lead; --"
    folder.mkdir()
    write_rows(folder / "x.csv", ("First Name", "Last Name"), ("Ann", "Lee"))
    reference = leads.folder / "data/reference"
    reference.mkdir(parents=True)
    hostile = json.dumps(SQL)
    (reference / "feeds.toml").write_text(
        f"[feeds.web]\nlocation = {json.dumps(str(folder))}\naccount_id = {hostile}\ncreated_by = {hostile}\n"
        f"clear_token = {hostile}\nplaceholders = {{ lastName = {hostile} }}\ndefaults = {{ source = {hostile} }}\n"
        f'headers = {{ {hostile} = "notes" }}\nmatch_on = {{ {hostile} = "code" }}\n'
    )
    done = leads("ingest")
    assert done.returncode == 0, done.stderr
    assert leads.rows("SELECT accountId, createdBy, source FROM lead") == [(SQL, SQL, SQL)]


@pytest.mark.parametrize("name", ["/outside.csv", "../../outside.csv", "..\\outside.csv", "a/\x1b[31m.csv", "-rf"])
def test_members_of_zips_are_read_and_never_placed(leads: Leads, name: str) -> None:
    inner = leads.folder / "inner"
    inner.mkdir()
    with zipfile.ZipFile(inner / "export.zip", "w") as packed:
        packed.writestr(name, "First Name,Last Name\nAnn,Lee\n")
    before = set(leads.folder.rglob("*"))
    done = leads("ingest", "inner/export.zip", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert not ACTED_ON.search(done.stdout + done.stderr)
    assert set(leads.folder.rglob("*")) == before


def test_a_link_in_a_zip_is_its_text_and_leads_nowhere(leads: Leads) -> None:
    secret = write_rows(leads.folder / "secret.txt", ("First Name", "Last Name"), ("Ann", "Canary"))
    member = zipfile.ZipInfo("link.csv")
    member.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(leads.folder / "export.zip", "w") as packed:
        packed.writestr(member, str(secret))
    leads("ingest", "export.zip")
    assert leads.rows("SELECT count(*) FROM lead") == [(0,)]


# --- what is asked in SQL stays in the warehouse

ESCAPES: Final = (
    "COPY lead TO 'out.csv'",
    "COPY (SELECT 1) TO 'out.parquet'",
    "EXPORT DATABASE 'out'",
    "ATTACH 'out.duckdb' AS out",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SELECT * FROM read_csv('secret.csv')",
    "SELECT * FROM read_text('secret.csv')",
    "SELECT * FROM read_blob('secret.csv')",
    "SELECT * FROM 'secret.csv'",
    "SELECT * FROM glob('*')",
    "SELECT * FROM sniff_csv('secret.csv')",
    "SET enable_external_access = true",
    "SET lock_configuration = false",
    "DELETE FROM lead",
    "UPDATE batch SET error = 'x'",
    "DROP TABLE lead",
    "CREATE TABLE mine AS SELECT 1",
    "SELECT 1; DROP TABLE lead",
    "CREATE SECRET s (TYPE s3)",
    "PRAGMA enable_profiling",
    "PRAGMA profiling_output = 'out.json'",
    "CALL enable_logging(storage = 'file', storage_path = 'out')",
    "EXPLAIN ANALYZE COPY (SELECT 1) TO 'out.csv'",
)


@pytest.fixture
def loaded(leads: Leads) -> Leads:
    write_rows(leads.folder / "c.csv", ("First Name", "Last Name", "Email"), ("Ann", "Lee", "ann@lee.example"))
    write_rows(leads.folder / "secret.csv", ("secret",), ("canary-of-a-file",))
    assert leads("ingest", "c.csv").returncode == 0
    return leads


def test_sql_reads_the_warehouse_and_nothing_else(loaded: Leads) -> None:
    before = {path: path.read_bytes() for path in loaded.folder.rglob("*") if path.is_file()}
    for query in ESCAPES:
        done = loaded("sql", query)
        assert (done.returncode, done.stdout) == (2, ""), query
        assert "canary-of-a-file" not in done.stderr
        condition = loaded("export", "--where", f"id IN ({query.rstrip(';')})")
        assert (condition.returncode, condition.stdout) == (2, ""), query
    assert {path: path.read_bytes() for path in loaded.folder.rglob("*") if path.is_file()} == before


def test_a_condition_that_fails_on_a_value_does_not_quote_it(loaded: Leads) -> None:
    for condition in ("email::BIGINT > 0", "strptime(email, '%Y') IS NULL", "error(email) IS NULL"):
        done = loaded("export", "--where", condition)
        assert done.returncode == 2
        assert "lee.example" not in done.stderr, condition
    assert "emial" in loaded("export", "--where", "emial IS NULL").stderr


def test_an_export_takes_the_place_of_a_link_and_not_of_what_it_leads_to(loaded: Leads) -> None:
    other = loaded.folder / "other.csv"
    other.write_text("mine")
    (loaded.folder / "link.csv").symlink_to(other)
    (loaded.folder / "nowhere.csv").symlink_to(loaded.folder / "made.csv")
    assert loaded("export", "--output", "link.csv").returncode == 0
    assert loaded("rejects", "--csv", "nowhere.csv").returncode == 2
    assert loaded("rejects", "--xlsx", "nowhere.csv").returncode == 2
    assert other.read_text() == "mine"
    assert not (loaded.folder / "link.csv").is_symlink()
    assert not (loaded.folder / "made.csv").exists()
    for place in (".", "data", "data/warehouse/leads.duckdb", "no/such/folder.csv"):
        assert loaded("export", "--output", place).returncode == 2, place


def test_ids_are_numbers(loaded: Leads) -> None:
    for command in ("show", "explain", "undo", "replay", "approve", "unmerge"):
        for given in (SQL, "1 OR 1=1", "{0}", "../x", "9" * 40):
            done = loaded(command, given)
            assert done.returncode == 2, (command, given, done.stderr)
            assert "Traceback" not in done.stderr
    assert loaded.rows("SELECT count(*) FROM batch") == [(1,)]


# --- secrets and people stay where they belong

SECRET: Final = "canary-s3cret"
PEOPLE: Final = ("canaryfirst", "canarylast", "canary.mail", "4155550142", "canarynote", "canaryraw", "canaryhead")
CANARY: Final = re.compile("|".join(("canary", "4155550142", "415.?555.?0142")), re.IGNORECASE)


def plant(folder: Path) -> list[str]:
    """Write files of all kinds of trouble, with people in them; return their names."""
    head = ("First Name", "Last Name", "Email", "Phone", "Notes", "Created At")
    row = ("Canaryfirst", "Canarylast", "canary.mail@x.example", "4155550142", "canarynote", "canarydate")
    write_rows(folder / "good.csv", head, row)
    write_rows(folder / "rejected.csv", head, ("", *row[1:]), (*row, "canaryraw", "more"))
    write_rows(folder / "no-header.csv", row, row)
    write_rows(folder / "no-header-2.csv", row[:2], row[:2])
    write_rows(folder / "odd-header.csv", (*head, "canary.head@x.example", "Canaryhead 415 555 0142"), (*row, "1", "2"))
    (folder / "broken.json").write_text('[{"First Name": "Canaryfirst", "Email" "canary.mail@x.example"}]')
    (folder / "broken.ndjson").write_text('{"First Name": "Canaryfirst", "Last Name": canarylast}\n')
    (folder / "bytes.csv").write_bytes(b"First Name,Last Name,Notes\nCanaryfirst,\x81\x8d\xff,canarynote\n")
    (folder / "quote.csv").write_text('First Name,Last Name\nCanaryfirst,"canarylast\n')
    (folder / "broken.parquet").write_bytes(b"PAR1canaryraw" + bytes(40) + b"PAR1")
    with zipfile.ZipFile(folder / "canary.tmp", "w") as packed:
        packed.writestr("canary-member.csv", "First Name,Last Name\nAnn,Lee\n")
    broken = (folder / "canary.tmp").read_bytes().replace(b"canary-member.csv", b"canary-mangle.csv", 1)
    (folder / "broken.zip").write_bytes(broken)
    (folder / "canary.tmp").unlink()
    with zipfile.ZipFile(folder / "broken.xlsx", "w") as packed:
        packed.writestr("[Content_Types].xml", "<x>&canaryraw;</x>")
        packed.writestr("xl/workbook.xml", "<x>&canaryraw;</x>")
    return sorted(path.name for path in folder.iterdir() if path.is_file())


def told(done: subprocess.CompletedProcess[str]) -> str:
    return done.stdout + done.stderr


def test_what_is_told_of_a_load_names_nobody(leads: Leads) -> None:
    names = plant(leads.folder)
    for name in names:
        for how in (("--dry-run",), ("--debug", "--json")):
            done = leads("ingest", name, *how)
            assert not CANARY.search(told(done)), (name, how)
    for command in (("batches",), ("batches", "--json"), ("doctor",), ("verify",), ("check-reference",)):
        assert not CANARY.search(told(leads(*command))), command
    for (batch,) in leads.rows("SELECT batch_id FROM batch"):
        assert not CANARY.search(told(leads("show", str(batch)))), batch
        assert not CANARY.search(told(leads("undo", str(batch), "--debug"))) or batch
    kept = leads.json("sql", "SELECT error, warnings, file_format FROM batch")
    assert not CANARY.search(json.dumps(kept))
    assert leads.rows("SELECT count(*) > 3 FROM batch WHERE status = 'failed'") == [(True,)]


def fail_on_a_cell(warehouse: Warehouse, *rest: Any) -> None:
    """Fail as DuckDB does when it cannot read a cell, whose error quotes it."""
    warehouse.connection.execute("SELECT firstName::BIGINT FROM staged_lead").fetchall()


@pytest.mark.parametrize("how", [(), ("--debug",), ("--dry-run", "--debug")])
def test_errors_of_the_database_are_told_by_their_kind(
    leads: Leads, monkeypatch: pytest.MonkeyPatch, how: tuple[str, ...]
) -> None:
    plant(leads.folder)
    with pytest.raises(duckdb.ConversionException, match="Canaryfirst"):
        duckdb.sql("SELECT 'Canaryfirst'::BIGINT").fetchall()
    monkeypatch.setattr(load, "write_records", fail_on_a_cell)
    done = leads("ingest", "good.csv", *how)
    assert done.returncode == 1
    assert "ConversionException" in done.stderr
    assert ("Traceback" in done.stderr) == ("--debug" in how)
    assert not CANARY.search(told(done))


def test_settings_are_told_by_their_keys(leads: Leads) -> None:
    path = leads.folder / "leads.toml"
    feeds = leads.folder / "data/reference/feeds.toml"
    feeds.parent.mkdir(parents=True)
    for name, text in (
        (path, f'password = "{SECRET}"'),
        (path, f'wait_seconds = "{SECRET}"'),
        (path, f'memory_limit = "{SECRET}"'),
        (path, f'wait_seconds = "{SECRET}'),
        (feeds, f'[feeds.web]\npassword = "{SECRET}"'),
        (feeds, f'[feeds.web]\nlocation = "sftp://ann:{SECRET}@host/in"'),
        (feeds, f'[feeds.web]\nlocation = "{SECRET}'),
    ):
        name.write_text(text + "\n")
        for command in (("ingest", "x.csv"), ("doctor",), ("check-reference",), ("ingest", "x.csv", "--debug")):
            assert SECRET not in told(leads(*command)), (text, command)
        name.unlink()
    assert SECRET not in told(leads("doctor", LEADS_PASSWORD=SECRET))
    assert SECRET not in told(leads("doctor", PREFECT_API_KEY=SECRET, PREFECT_API_URL=f"http://a:{SECRET}@host/api"))
    assert SECRET not in told(leads("ingest", f"https://ann:{SECRET}@host/x.csv", "--debug"))
    with pytest.raises(ValueError, match="no user name or password"):
        IngestRequest(paths=[f"https://ann:{SECRET}@host/x.csv"])


# --- what we write is for its owner only


def modes_of(folder: Path, *left_out: Path) -> Iterator[tuple[Path, int]]:
    for path in folder.rglob("*"):
        if path not in left_out and not path.is_symlink():
            yield path, stat.S_IMODE(path.stat().st_mode)


def assert_for_owner_only(folder: Path, *left_out: Path) -> None:
    open_to_others = [(str(path), oct(mode)) for path, mode in modes_of(folder, *left_out) if mode & 0o077]
    assert open_to_others == []


def test_whatever_a_command_writes_is_for_its_owner_only(leads: Leads) -> None:
    names = plant(leads.folder)
    (leads.folder / "tmp").mkdir()
    (leads.folder / "data/reference").mkdir(parents=True)
    (leads.folder / "data/reference/stages.csv").write_text("processStage,order,kind\nNew,1,open\n")
    given = [*leads.folder.rglob("*")]
    before = os.umask(0o000)
    try:
        for arguments in (
            ("ingest", "good.csv"),
            ("ingest", *names),
            ("rejects", "--csv", "rejects.csv"),
            ("rejects", "--xlsx", "rejects.xlsx"),
            ("replay", "rejects.csv"),
            ("review", "--csv", "review.csv"),
            ("export", "--output", "leads.json"),
            ("export", "--output", "leads.csv"),
            ("export", "--output", "leads.parquet"),
            ("map", "good.csv", "--write"),
            ("show", "1", "--write-reference", "reference-of-1"),
            ("undo", "1"),
            ("retain",),
        ):
            done = leads.process(*arguments, TMPDIR=str(leads.folder / "tmp"))
            assert done.returncode in (0, 1), (arguments, done.stderr)
            assert_for_owner_only(leads.folder, *given)
    finally:
        os.umask(before)
    assert list((leads.folder / "tmp").iterdir()) == []
    assert (leads.folder / "leads.parquet").is_file()
    assert (leads.folder / "data/warehouse/leads.duckdb").is_file()


# --- the same through Prefect

FAULTY_FLOW: Final = """
import sys
from flows import ingest
from flows.steps import load
from tests.integration.test_security import fail_on_a_cell
if "fail" in sys.argv:
    sys.argv.remove("fail")
    load.write_records = fail_on_a_cell
sys.exit(ingest.main())
"""


@pytest.mark.prefect
@pytest.mark.slow
def test_prefect_is_told_of_nobody_and_keeps_its_files_to_the_owner(leads: Leads) -> None:
    names = plant(leads.folder)
    home, temporary = leads.folder / "prefect", leads.folder / "tmp"
    temporary.mkdir()
    given = [*leads.folder.rglob("*")]
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "PREFECT_HOME": str(home),
        "TMPDIR": str(temporary),
        "CANARY_SECRET": SECRET,
        "PREFECT_LOGGING_LEVEL": "DEBUG",
    }
    before = os.umask(0o000)
    try:
        for arguments, kind in (((*names,), "failed"), (("fail", "good.csv"), "ConversionException")):
            done = subprocess.run(
                [sys.executable, "-c", FAULTY_FLOW, *arguments],
                cwd=leads.folder,
                env=environment,
                capture_output=True,
                text=True,
                timeout=300,
            )
            assert done.returncode == 1, done.stderr
            assert kind in told(done)
            assert not CANARY.search(told(done)), CANARY.search(told(done))
            (leads.folder / "good.csv").write_text((leads.folder / "good.csv").read_text() + "Canaryfirst,Two,,,,\n")
    finally:
        os.umask(before)
    kept = [path for path in home.rglob("*") if path.is_file()]
    assert any(path.suffix == ".db" for path in kept)
    for path in [*kept, *temporary.rglob("*")]:
        if path.is_file():
            assert not CANARY.search(path.read_bytes().decode("latin-1")), path
    assert_for_owner_only(leads.folder, *given)


def test_a_message_is_one_line_whatever_is_in_it() -> None:
    assert str(UsageError("a\x1b[31m\nb\x9bc\u202ed")) == "a [31m b c d"
