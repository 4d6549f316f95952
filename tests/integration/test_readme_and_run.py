"""The commands of the README do what it shows: `make run` with real Prefect, twice, and the queries to try.

Everything runs in a copy of the project's files, with a Prefect home of its own.
"""

import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
COPIED = (
    "flows",
    "schemas",
    "sql",
    "data/exports",
    "data/reference",
    "Makefile",
    "pyproject.toml",
    "requirements.lock",
)

# Every table whose rows a rerun must not touch.
KEPT_TABLES: tuple[str, ...] = (
    "record",
    "record_contact",
    "record_lead",
    "lead",
    "lead_contact",
    "lead_alias",
    "lead_event",
)
KEPT_TABLES += ("assignment", "match_decision", "rejected_row", "cell_issue", "batch_row")

pytestmark = [
    pytest.mark.prefect,
    pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed"),
    pytest.mark.skipif(not (BIN / "leads").exists(), reason="leadmill is not installed beside this Python"),
]


@dataclass
class Project:
    """A copy of the project, and what its runs said."""

    folder: Path
    prefect_home: Path
    first: subprocess.CompletedProcess[str]
    again: subprocess.CompletedProcess[str]
    dump_first: dict[str, list[tuple[object, ...]]]
    dump_again: dict[str, list[tuple[object, ...]]]


def run(command: list[str], folder: Path, prefect_home: Path) -> subprocess.CompletedProcess[str]:
    """Run a command as a user would, with nothing of this process's settings."""
    # `make test` is no part of the user's shell: a make within a make says which folder it enters.
    outer = {name: value for name, value in os.environ.items() if name not in ("MAKELEVEL", "MAKEFLAGS", "MFLAGS")}
    environment = {**outer, "PREFECT_HOME": str(prefect_home), "PYTHONPATH": str(folder)}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)


def make_run(folder: Path, prefect_home: Path) -> subprocess.CompletedProcess[str]:
    """Run `make run` with this environment as the one that `make setup` would have made."""
    return run(["make", "-o", "setup", "run", f"BIN={BIN}"], folder, prefect_home)


def dump(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    """All rows of the tables that a rerun must not touch."""
    with duckdb.connect(folder / "data/warehouse/leads.duckdb", read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        return {name: connection.sql(f"SELECT * FROM {name} ORDER BY ALL").fetchall() for name in KEPT_TABLES}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project after `make run` and `make run` again."""
    folder = tmp_path_factory.mktemp("project")
    prefect_home = tmp_path_factory.mktemp("prefect")
    for name in COPIED:
        source, target = ROOT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, target)
    first = make_run(folder, prefect_home)
    assert first.returncode == 0, first.stderr
    dump_first = dump(folder)
    again = make_run(folder, prefect_home)
    assert again.returncode == 0, again.stderr
    return Project(folder, prefect_home, first, again, dump_first, dump(folder))


def without_seconds(table: str) -> list[list[str]]:
    """The cells of a summary table, without what differs from run to run."""
    return [line.split()[:-1] for line in table.splitlines() if line.strip()]


def test_make_run_prints_the_table_that_the_readme_shows(project: Project) -> None:
    block = re.search(r"<!-- output of make run: begin -->\n```text\n(.*?)```", README, flags=re.S)
    assert block is not None
    assert without_seconds(project.first.stdout) == without_seconds(block.group(1))


def test_make_run_says_where_to_look_next(project: Project) -> None:
    assert "Look next: " in project.first.stderr
    assert "Traceback" not in project.first.stderr
    assert "Error" not in project.first.stderr


def test_running_again_changes_nothing_and_says_so(project: Project) -> None:
    assert "Every file was loaded before; nothing changed." in project.again.stderr
    assert project.dump_again == project.dump_first
    assert all(project.dump_first[name] for name in ("record", "lead", "lead_event", "assignment"))


def test_prefect_keeps_the_run_that_the_batches_name(project: Project) -> None:
    with duckdb.connect(project.folder / "data/warehouse/leads.duckdb", read_only=True) as connection:
        named = connection.sql("SELECT DISTINCT flow_run_id FROM batch ORDER BY 1").fetchall()
        triggers = connection.sql("SELECT DISTINCT trigger FROM batch").fetchall()
    database = sqlite3.connect(project.prefect_home / "prefect.db")
    try:
        runs = database.execute("SELECT id, state_type FROM flow_run ORDER BY 1").fetchall()
        artifacts = database.execute("SELECT data FROM artifact WHERE key = 'ingest-summary'").fetchall()
    finally:
        database.close()
    assert len(named) == 2
    assert runs == [(str(run_id), "COMPLETED") for (run_id,) in named]
    assert triggers == [("manual",)]
    assert len(artifacts) == 2
    assert "hubspot" in str(artifacts)


def test_no_process_is_left_behind(project: Project) -> None:
    left = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                environment = (process / "environ").read_bytes()
            except OSError:
                continue
            if f"PREFECT_HOME={project.prefect_home}".encode() in environment:
                left.append(process.name)
    assert left == []


def test_nothing_is_written_beside_the_ignored_folders(project: Project) -> None:
    written = {path.name for path in (project.folder / "data").iterdir()}
    assert written == {"exports", "reference", "warehouse", "archive"}


def readme_commands() -> list[str]:
    """The commands of the README's console blocks."""
    blocks = re.findall(r"```console\n(.*?)```", README, flags=re.S)
    return [line.removeprefix("$ ") for block in blocks for line in block.splitlines() if line.startswith("$ ")]


def test_the_readme_has_commands() -> None:
    assert len(readme_commands()) >= 6


@pytest.mark.parametrize("command", readme_commands())
def test_readme_command_works(project: Project, command: str) -> None:
    words = shlex.split(command)
    if words[0] == "make":
        # `make run` has run above; test and lint are what runs this.
        done = run(["make", "-n", "-o", "setup", *words[1:]], project.folder, project.prefect_home)
    else:
        (project.folder / "my-contacts.csv").write_text("Full Name,E-Mail\nEve Stone,eve@stone.example\n")
        assert words[0].startswith(".venv/bin/")
        done = run([str(BIN / words[0].removeprefix(".venv/bin/")), *words[1:]], project.folder, project.prefect_home)
    assert done.returncode == 0, done.stderr
    assert (done.stdout + done.stderr).strip()


def shown_queries() -> list[tuple[str, str]]:
    """The queries of the README whose output it shows."""
    return re.findall(r"```console\n\$ (\.venv/bin/leads sql [^\n]+)\n```\n\n```text\n(.*?)```", README, flags=re.S)


def test_the_readme_shows_the_real_output_of_its_reports(project: Project) -> None:
    assert len(shown_queries()) == 3
    fresh = project.folder / "again"
    shutil.copytree(project.folder / "data", fresh / "data", ignore=shutil.ignore_patterns("warehouse", "archive"))
    run([str(BIN / "leads"), "ingest", "data/exports"], fresh, project.prefect_home)
    for command, output in shown_queries():
        words = shlex.split(command)
        done = run([str(BIN / "leads"), *words[1:]], fresh, project.prefect_home)
        assert done.stdout.split() == output.split(), command


def test_links_of_the_readme_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target
