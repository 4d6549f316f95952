"""The command line as users meet it: real processes, exit codes, one clear line per error."""

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from flows.cli import main

CSV = "First Name,Last Name,Email\nDana,Reyes,dana@reyes.example\nOmar,Haddad,omar@haddad.example\n"


class Leads:
    """Runs `leads` in a folder of its own: in this process, where a new one would only cost time."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.capsys = capsys
        self.monkeypatch = monkeypatch
        monkeypatch.chdir(folder)

    def __call__(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run the command as `main` does; signal handlers are put back."""
        with self.monkeypatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["leads", *arguments])
            handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
            self.capsys.readouterr()
            try:
                code = main()
            finally:
                for number, handler in handlers.items():
                    signal.signal(number, handler)
            out, err = self.capsys.readouterr()
        return subprocess.CompletedProcess(arguments, code, out, err)

    def process(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run the command as a process of its own; never from a shell, so arguments are what they are."""
        return subprocess.run(
            [sys.executable, "-m", "flows.cli", *arguments],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), **environment},
            capture_output=True,
            text=True,
            timeout=120,
        )

    def json(self, *arguments: str) -> Any:
        """Run the command with --json and return the document."""
        done = self(*arguments, "--json")
        assert done.stdout, done.stderr
        return json.loads(done.stdout)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Ask the warehouse in SQL."""
        return [tuple(row.values()) for row in self.json("sql", query)]


@pytest.fixture
def leads(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Leads:
    """The command in an empty folder: no configuration at all."""
    return Leads(tmp_path, capsys, monkeypatch)


@pytest.fixture
def contacts(tmp_path: Path) -> Path:
    """A small export."""
    path = tmp_path / "contacts.csv"
    path.write_text(CSV)
    return path


def one_line(done: subprocess.CompletedProcess[str]) -> str:
    """The only line of stderr that is an error; there is no traceback and nothing on stdout."""
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    told = [line for line in done.stderr.splitlines() if line.startswith("leads: ")]
    assert len(told) == 1, done.stderr
    return told[0]


# --- loading


def test_a_file_loads_without_any_configuration(leads: Leads, contacts: Path) -> None:
    done = leads.process("ingest", "contacts.csv")
    assert done.returncode == 0, done.stderr
    assert "contacts.csv" in done.stdout
    assert leads.rows("SELECT firstName, accountId, id FROM lead ORDER BY id") == [
        ("Dana", "default", 1_000_000_000_000),
        ("Omar", "default", 1_000_000_000_001),
    ]


def test_ingest_gives_its_batches_as_one_json_document(leads: Leads, contacts: Path) -> None:
    document = leads.json("ingest", "contacts.csv")
    [batch] = document["batches"]
    assert (batch["status"], batch["rows_read"], batch["rows_inserted"]) == ("loaded", 2, 2)
    assert batch["trigger"] == "manual"
    assert json.loads(batch["file_format"])["delimiter"] == ","


def test_the_same_content_is_skipped_under_any_name_and_gzipped(leads: Leads, contacts: Path, tmp_path: Path) -> None:
    leads("ingest", "contacts.csv")
    (tmp_path / "other.csv").write_text(CSV)
    (tmp_path / "packed.csv.gz").write_bytes(gzip.compress(CSV.encode()))
    before = leads.rows("SELECT * FROM lead ORDER BY id")
    statuses = [
        batch["status"] for batch in leads.json("ingest", "contacts.csv", "other.csv", "packed.csv.gz")["batches"]
    ]
    assert statuses == ["skipped"] * 3
    assert leads.rows("SELECT * FROM lead ORDER BY id") == before


def test_forced_loading_says_nothing_new(leads: Leads, contacts: Path) -> None:
    leads("ingest", "contacts.csv")
    [batch] = leads.json("ingest", "contacts.csv", "--force")["batches"]
    assert (batch["status"], batch["rows_unchanged"]) == ("loaded", 2)
    assert leads.rows("SELECT count(*) FROM record") == [(2,)]


def test_a_dry_run_tells_the_same_and_leaves_nothing(leads: Leads, contacts: Path, tmp_path: Path) -> None:
    rehearsed = leads.json("ingest", "contacts.csv", "--dry-run")["batches"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["contacts.csv"]
    loaded = leads.json("ingest", "contacts.csv")["batches"]
    # Salts are drawn anew each time, and the hash is of the times too.
    volatile = {"started_at", "finished_at", "hash"}
    assert [{k: v for k, v in batch.items() if k not in volatile} for batch in rehearsed] == [
        {k: v for k, v in batch.items() if k not in volatile} for batch in loaded
    ]


def test_a_dry_run_on_a_warehouse_changes_nothing_in_it(leads: Leads, contacts: Path, tmp_path: Path) -> None:
    leads("ingest", "contacts.csv")
    (tmp_path / "more.csv").write_text(CSV + "Eve,Stone,eve@stone.example\n")
    archive = tmp_path / "data/archive"
    kept = {path: path.read_bytes() for path in archive.rglob("*") if path.is_file()}
    assert len(kept) == 2, "the file, and the head of the chain"
    [batch] = leads.json("ingest", "more.csv", "--dry-run")["batches"]
    assert (batch["rows_inserted"], batch["rows_unchanged"]) == (1, 2)
    assert leads.rows("SELECT count(*), max(batch_id) FROM batch") == [(1, 1)]
    assert {path: path.read_bytes() for path in archive.rglob("*") if path.is_file()} == kept


def test_files_of_a_dry_run_see_each_other(leads: Leads, contacts: Path, tmp_path: Path) -> None:
    (tmp_path / "again.csv").write_text(CSV + "Eve,Stone,eve@stone.example\n")
    batches = leads.json("ingest", "contacts.csv", "again.csv", "--dry-run")["batches"]
    assert [batch["rows_inserted"] for batch in batches] == [2, 1]


def test_one_bad_file_does_not_stop_the_others(leads: Leads, contacts: Path, tmp_path: Path) -> None:
    (tmp_path / "picture.csv").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 10)
    done = leads("ingest", "picture.csv", "contacts.csv", "--json")
    assert done.returncode == 1
    assert [batch["status"] for batch in json.loads(done.stdout)["batches"]] == ["failed", "loaded"]
    assert leads.rows("SELECT count(*) FROM lead") == [(2,)]


# --- bad input: one clear line, the right code, an audit row where a file was taken


def test_a_missing_path_is_wrong_usage(leads: Leads) -> None:
    done = leads.process("ingest", "nowhere.csv")
    assert done.returncode == 2
    assert "nowhere.csv" in one_line(done)


def test_a_folder_without_exports_is_wrong_usage(leads: Leads, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = leads("ingest", "empty")
    assert done.returncode == 2
    assert "empty" in one_line(done)


def test_a_url_is_not_supported_yet(leads: Leads) -> None:
    done = leads("ingest", "https://vendor.example/export.csv")
    assert done.returncode == 2
    assert "URL" in one_line(done)


def test_an_unknown_feed_is_refused_with_the_known_ones(leads: Leads, contacts: Path) -> None:
    done = leads("ingest", "contacts.csv", "--feed", "hubsopt")
    assert done.returncode == 2
    assert "hubsopt" in one_line(done)
    assert "default" in one_line(done)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[feeds.web\n", "feeds.toml"),
        ('[feeds.web]\nregoin = "US"\n', "region"),
        ('[feeds.web]\nextent = "all"\n', "extent"),
    ],
)
def test_a_broken_feeds_file_names_file_and_key(
    leads: Leads, contacts: Path, tmp_path: Path, text: str, told: str
) -> None:
    (tmp_path / "data/reference").mkdir(parents=True)
    (tmp_path / "data/reference/feeds.toml").write_text(text)
    done = leads("ingest", "contacts.csv")
    assert done.returncode == 2
    assert "feeds.toml" in one_line(done)
    assert told in one_line(done)
    assert not (tmp_path / "data/warehouse").exists()


def test_two_feeds_for_one_file_is_wrong_configuration(leads: Leads, contacts: Path, tmp_path: Path) -> None:
    (tmp_path / "data/reference").mkdir(parents=True)
    (tmp_path / "data/reference/feeds.toml").write_text(
        '[feeds.a]\nlocation = "*.csv"\n[feeds.b]\nlocation = "contacts.*"\n'
    )
    done = leads("ingest", "contacts.csv")
    assert done.returncode == 2
    assert "a" in one_line(done)
    assert "b" in one_line(done)


def test_an_unknown_setting_is_refused_with_the_nearest(leads: Leads, contacts: Path) -> None:
    done = leads("ingest", "contacts.csv", LEADS_WAREHOSUE="x.duckdb")
    assert done.returncode == 2
    assert "LEADS_WAREHOUSE" in one_line(done)


def test_an_unreadable_warehouse_is_refused(leads: Leads, contacts: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no warehouse " * 500)
    done = leads("ingest", "contacts.csv", "--warehouse", "notes.txt")
    assert done.returncode == 2
    assert "not a DuckDB file" in one_line(done)
    assert (tmp_path / "notes.txt").read_text() == "no warehouse " * 500


def test_a_held_warehouse_is_75_and_names_its_holder(leads: Leads, contacts: Path, tmp_path: Path) -> None:
    leads("ingest", "contacts.csv")
    code = "import duckdb, sys\nc = duckdb.connect(sys.argv[1])\nprint('held', flush=True)\nsys.stdin.read()"
    warehouse = str(tmp_path / "data/warehouse/leads.duckdb")
    holder = subprocess.Popen(
        [sys.executable, "-c", code, warehouse], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout is not None
        holder.stdout.readline()
        for arguments in (("ingest", "contacts.csv"), ("batches",)):
            done = leads(*arguments, LEADS_WAIT_SECONDS="0.3")
            assert done.returncode == 75
            assert f"process {holder.pid}" in one_line(done)
    finally:
        holder.communicate()
    assert leads("ingest", "contacts.csv").returncode == 0


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("empty.csv", b"", "empty"),
        ("blank.csv", b"\n \n\n", "empty"),
        ("picture.csv", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 10, "PNG"),
        ("broken.json", b'[{"firstName": "Dana"', "line"),
        ("broken.csv.gz", gzip.compress(CSV.encode())[:-9], "gzip"),
    ],
    ids=["empty", "blank", "picture", "broken-json", "broken-gzip"],
)
def test_a_file_that_is_no_export_fails_with_an_audit_row(
    leads: Leads, tmp_path: Path, name: str, content: bytes, told: str
) -> None:
    (tmp_path / name).write_bytes(content)
    done = leads("ingest", name)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert told in done.stderr
    assert leads.rows("SELECT status, rows_read, rows_rejected FROM batch") == [("failed", 0, 0)]
    [(error, uri)] = leads.rows("SELECT error, file_uri FROM batch")
    assert told in error
    assert uri.endswith(name)
    assert leads.rows("SELECT count(*) FROM lead") == [(0,)]


@pytest.mark.parametrize(("name", "content"), [("header.csv", "First Name,Last Name,Email\n"), ("none.json", "[]")])
def test_a_file_without_records_is_loaded(leads: Leads, tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    assert leads("ingest", name).returncode == 0
    assert leads.rows("SELECT status, rows_read FROM batch") == [("loaded", 0)]


def test_too_many_rejected_rows_fail_the_batch_and_are_kept(leads: Leads, tmp_path: Path) -> None:
    good = "".join(f"Dana{n},Reyes,dana{n}@reyes.example\n" for n in range(40))
    (tmp_path / "poor.csv").write_text("First Name,Last Name,Email\n" + good + ",Reyes,\n" * 20)
    done = leads("ingest", "poor.csv")
    assert done.returncode == 1
    assert "20 of 60 rows rejected" in done.stderr
    assert leads.rows("SELECT status, rows_read, rows_rejected FROM batch") == [("failed", 20, 20)]
    assert leads.rows("SELECT count(*) FROM lead") == [(0,)]
    assert leads.rows("SELECT count(*), count(DISTINCT raw), min(status) FROM rejected_row") == [(20, 1, "open")]


def test_few_rejected_rows_never_fail_a_batch(leads: Leads, tmp_path: Path) -> None:
    (tmp_path / "small.csv").write_text("First Name,Last Name\nDana,Reyes\n,Reyes\n,Stone\n")
    assert leads("ingest", "small.csv").returncode == 0
    assert leads.rows("SELECT rows_read, rows_inserted, rows_rejected FROM batch") == [(3, 1, 2)]


# --- asking


def test_listings_are_lists_of_row_objects(leads: Leads, tmp_path: Path) -> None:
    (tmp_path / "small.csv").write_text("First Name,Last Name\nDana,Reyes\n,Stone\n")
    leads("ingest", "small.csv")
    [batch] = leads.json("batches")
    assert (batch["batch_id"], batch["status"]) == (1, "loaded")
    [rejected] = leads.json("rejects")
    assert rejected["raw"] == ",Stone"
    assert rejected["line_number"] == 3
    assert rejected["reasons"][0]["code"] == "first_name_required"
    assert leads.json("rejects", "1") == [rejected]
    assert leads.json("show", "1")["reject_reasons"] == [
        {"column_name": "firstName", "code": "first_name_required", "row_count": 1}
    ]


def test_listings_are_tables_for_people(leads: Leads, tmp_path: Path) -> None:
    (tmp_path / "small.csv").write_text("First Name,Last Name\nDana,Reyes\n,Stone\n")
    leads("ingest", "small.csv")
    for arguments in (("batches",), ("show", "1"), ("rejects",), ("sql", "SELECT firstName FROM lead")):
        done = leads(*arguments)
        assert done.returncode == 0, done.stderr
        assert len(done.stdout.splitlines()) >= 2


def test_an_unknown_batch_is_wrong_usage(leads: Leads, contacts: Path) -> None:
    leads("ingest", "contacts.csv")
    done = leads("show", "7")
    assert done.returncode == 2
    assert "no batch 7" in one_line(done)


def test_sql_cannot_write_or_touch_files(leads: Leads, contacts: Path, tmp_path: Path) -> None:
    leads("ingest", "contacts.csv")
    for query in (
        "DELETE FROM lead",
        "SELECT * FROM read_csv('contacts.csv')",
        "COPY lead TO 'stolen.csv'",
        "ATTACH 'other.duckdb'",
        "SET enable_external_access = true",
        "SELECT nonsense",
        "",
    ):
        done = leads("sql", query)
        assert done.returncode == 2, query
        one_line(done)
    assert not (tmp_path / "stolen.csv").exists()


def test_asking_before_anything_is_loaded_says_what_to_do(leads: Leads) -> None:
    done = leads("batches")
    assert done.returncode == 2
    assert "leads ingest" in one_line(done)


def test_doctor_finds_a_healthy_set_up_healthy(leads: Leads, contacts: Path) -> None:
    leads("ingest", "contacts.csv")
    findings = {finding["check"]: finding["status"] for finding in leads.json("doctor")}
    assert findings["warehouse"] == "ok"
    assert "wrong" not in findings.values()


def test_doctor_finds_a_broken_reference_file(leads: Leads, tmp_path: Path) -> None:
    (tmp_path / "data/reference").mkdir(parents=True)
    (tmp_path / "data/reference/teams.csv").write_text("teamId,accountId\none,acme\n")
    done = leads("doctor", "--json")
    assert done.returncode == 1
    [wrong] = [finding for finding in json.loads(done.stdout) if finding["status"] == "wrong"]
    assert "teams.csv" in wrong["detail"]


def test_help_teaches_and_needs_no_warehouse(leads: Leads) -> None:
    done = leads.process("--help")
    assert done.returncode == 0
    for command in ("ingest", "batches", "show", "rejects", "sql", "doctor"):
        assert command in done.stdout


@pytest.mark.parametrize("arguments", [("ingst",), ("ingest", "--fed", "x"), ("show",), ("show", "one")])
def test_wrong_usage_is_2_and_one_line(leads: Leads, arguments: tuple[str, ...]) -> None:
    done = leads(*arguments)
    assert done.returncode == 2
    one_line(done)


# --- outside text is data


def test_hostile_names_and_cells_are_only_text(leads: Leads, tmp_path: Path) -> None:
    hostile = "a[1]'; DROP TABLE lead; --.csv"
    (tmp_path / hostile).write_text(
        'First Name,Last Name,Email,"x\'; DROP TABLE lead; --",[bold]\n'
        "Robert'); DROP TABLE lead;--,{0} %s $batch_id,r@x.example,'; ATTACH 'y',\x1b[31mred\n"
    )
    done = leads("ingest", hostile)
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout + leads("sql", "SELECT * FROM lead").stdout
    [(first, last, extra)] = leads.rows("SELECT firstName, lastName, extra FROM lead")
    assert first == "Robert'); DROP TABLE lead;--"
    assert last == "{0} %s $batch_id"
    assert extra["x'; DROP TABLE lead; --"] == "'; ATTACH 'y'"


def test_errors_and_progress_hold_no_cells(leads: Leads, tmp_path: Path) -> None:
    (tmp_path / "private.csv").write_text(
        "First Name,Last Name,Email,Phone\nCanarius,Secretson,canarius@secret.example,555\n,Secretson,canarius@,12\n"
    )
    done = leads("ingest", "private.csv")
    assert "anarius" not in done.stderr + done.stdout
    assert "ecretson" not in done.stderr + done.stdout


def test_json_columns_are_documents_also_inside_lists(leads: Leads, tmp_path: Path) -> None:
    (tmp_path / "notes.csv").write_text("First Name,Last Name,Favourite\nDana,Reyes,tea\n")
    leads("ingest", "notes.csv")
    [document] = leads.json("sql", "SELECT extra, auditLog FROM lead JOIN lead_api USING (id)")
    assert document["extra"] == {"Favourite": "tea"}
    assert document["auditLog"][0]["data"] == {"feed": "default"}


def test_sql_rows_lose_no_column_and_are_valid_json(leads: Leads, contacts: Path) -> None:
    leads("ingest", "contacts.csv")
    assert leads.json("sql", "SELECT 1 AS a, 2 AS a, 'nan'::DOUBLE AS b") == [{"a": 1, "a_2": 2, "b": None}]


@pytest.mark.parametrize("arguments", [("--warehouse", "contacts.csv/w.duckdb"), ("--archive", "contacts.csv/a")])
def test_places_that_cannot_be_made_are_told(leads: Leads, contacts: Path, arguments: tuple[str, str]) -> None:
    done = leads("ingest", "contacts.csv", *arguments)
    assert done.returncode in (1, 2)
    assert "contacts.csv" in done.stderr
    assert "internal error" not in done.stderr


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_in_mid_query_ends_cleanly(tmp_path: Path, number: signal.Signals, code: int) -> None:
    (tmp_path / "one.csv").write_text(CSV)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-m", "flows.cli"]
    subprocess.run([*command, "ingest", "one.csv"], cwd=tmp_path, env=environment, capture_output=True, check=True)
    query = "SELECT count(*) FROM range(1000000000) AS a, range(1000) AS b WHERE a.range % 7 = b.range % 5"
    process = subprocess.Popen(
        [*command, "sql", query],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    time.sleep(4)
    process.send_signal(number)
    _, told = process.communicate(timeout=20)
    assert process.returncode == code, told
    assert told.count("\n") == 1


# --- map

FAIR = "Vorname,Nachname,Client Email,SSN,Company Name for Emails\nDana,Reyes,dana@reyes.example,123-45-6789,Acme\n"


def test_map_tells_each_header_with_rule_and_confidence_and_no_value(leads: Leads) -> None:
    (leads.folder / "fair.csv.gz").write_bytes(gzip.compress(FAIR.encode()))

    told = leads.json("map", "fair.csv.gz")
    shown = leads("map", "fair.csv.gz")

    assert [set(row) for row in told] == [{"header", "field", "rule", "confidence"}] * 5
    assert [(row["header"], row["field"], row["rule"]) for row in told] == [
        ("Vorname", "firstName", "alias"),
        ("Nachname", "lastName", "alias"),
        ("Client Email", "email", "alias"),
        ("SSN", None, "forbidden"),
        ("Company Name for Emails", None, "alias"),
    ]
    assert all(0 < row["confidence"] <= 1 for row in told)
    assert shown.returncode == 0
    assert "xxxx@xxxxx.xxxxxxx" in shown.stdout
    assert "reyes" not in shown.stdout.lower()
    assert sorted(path.name for path in leads.folder.iterdir()) == ["fair.csv.gz"]


def test_map_writes_overrides_that_ingest_follows(leads: Leads) -> None:
    (leads.folder / "fair.csv").write_text(FAIR)

    written = leads("map", "fair.csv", "--feed", "fair", "--write")
    feeds = leads.folder / "data/reference/feeds.toml"
    feeds.write_text(
        feeds.read_text().replace('"Company Name for Emails" = ""', '"Company Name for Emails" = "company"')
    )
    told = leads.json("map", "fair.csv", "--feed", "fair")
    leads("ingest", "fair.csv", "--feed", "fair")

    assert written.returncode == 0
    assert str(Path("data/reference/feeds.toml")) in written.stderr
    assert [row["rule"] for row in told] == ["override", "override", "override", "forbidden", "override"]
    assert leads.json("sql", "SELECT email, company, extra FROM lead") == [
        {"email": "dana@reyes.example", "company": "Acme", "extra": None}
    ]


def test_map_needs_a_file_and_a_known_feed(leads: Leads) -> None:
    (leads.folder / "fair.csv").write_text(FAIR)

    assert (
        leads("map", "fare.csv").stderr == "leads: fare.csv is no file; give an export, as in: leads map contacts.csv\n"
    )
    unknown = leads("map", "fair.csv", "--feed", "fare")
    assert unknown.returncode == 2
    assert "unknown feed 'fare'; known are default; --write adds it" in unknown.stderr


# --- what is never stored


def test_sealed_cells_are_in_no_table(leads: Leads) -> None:
    (leads.folder / "a.csv").write_text(
        "First Name,Last Name,Email,SSN,Card Number,Notes,Wish\n"
        "Dana,Reyes,dana@reyes.example,123-45-6789,4111111111111111,paid by 5555 5555 5555 4444,378282246310005\n"
        "Omar,,omar@haddad.example,123-45-6789,4111111111111111,paid by 5555 5555 5555 4444,378282246310005\n"
        "Torn,Row,x@y.example,123-45-6789,4111111111111111,paid by 5555 5555 5555 4444,378282246310005,x\n"
    )

    leads("ingest", "a.csv")

    stored = b"".join(path.read_bytes() for path in (leads.folder / "data/warehouse").iterdir())
    for secret in (b"123-45-6789", b"4111111111111111", b"5555 5555 5555 4444", b"378282246310005"):
        assert secret not in stored
    assert leads.json("sql", "SELECT column_name, code, raw FROM cell_issue ORDER BY ALL") == [
        {"column_name": "Card Number", "code": "forbidden_column", "raw": None},
        {"column_name": "SSN", "code": "forbidden_column", "raw": None},
        {"column_name": "Wish", "code": "card_number", "raw": None},
        {"column_name": "notes", "code": "card_number", "raw": None},
    ]
    assert [row["raw"] for row in leads.json("rejects")] == [
        "Omar,,omar@haddad.example,[removed],[removed],paid by [card number removed],[card number removed]",
        "Torn,Row,x@y.example,[removed],[removed],[removed],[card number removed],x",
    ]
