"""`make bench`: what the main job costs, as a ratio to DuckDB's own raw load of the same file, and to dlt's merge.

Everything that is measured runs in a fresh process. First load and yardstick take turns, since a machine is not
equally fast all day; compared are the two of one round. Each load is checked to have done its job.
"""

import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from tests.benchmarks.child_process import Measured, run_measured
from tests.benchmarks.comparison import Comparison, Round, StepTime, as_markdown
from tests.benchmarks.dlt_environment import NoEnvironmentError, make_environment

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
RESULTS = HERE / "RESULTS.md"
REFERENCE = HERE / "reference"
FEED = "bench"

_INTRODUCTION = """# Benchmarks

Written by `make bench ARGS=--write`; `make bench QUICK=1` is a small run to try things with, in which starting
Python weighs more than it does in a real one. The leads are invented (`vendor_export.py`): 8% repeat people in
other spellings, 2% of the cells with a type cannot be read, 0.5% of the rows are rejected.

"""


class Bench:
    """One run: its files, and the processes that are measured on them."""

    def __init__(self, scratch: Path, row_count: int, seed: int) -> None:
        self.scratch = scratch
        self.row_count = row_count
        self.export = self._write_export("export.csv", row_count, seed)
        self.later_export = self._write_export("later-export.csv", row_count, seed, "--later")

    def _write_export(self, name: str, row_count: int, seed: int, *options: str) -> Path:
        path = self.scratch / name
        self._run_module("vendor_export", path, "--rows", row_count, "--seed", seed, *options)
        return path

    def measure_round(self, number: int) -> Round:
        """Measure first load and raw load, every other time the other way round, then what follows a first load."""
        with tempfile.TemporaryDirectory(prefix="round-", dir=self.scratch) as name:
            folder = Path(name)
            database = folder / "raw.duckdb"
            if number % 2:
                raw_load = self.load_raw(database)
                first_load = self.load_first(folder)
            else:
                first_load = self.load_first(folder)
                raw_load = self.load_raw(database)
            return Round(
                first_load=first_load,
                raw_load=raw_load,
                same_again=self.load_again(folder),
                later_export=self.load_later(folder),
                warehouse_bytes=(folder / "leads.duckdb").stat().st_size,
                raw_database_bytes=database.stat().st_size,
            )

    def load_raw(self, database: Path) -> Measured:
        """Measure DuckDB's own load of the file as text."""
        measured = self._run_module("load_raw", self.export, database)
        _expect("rows of the raw load", int(measured.output), self.row_count, self.row_count)
        return measured

    def load_first(self, folder: Path) -> Measured:
        """Measure `leads ingest` into a new warehouse."""
        measured, batch = self._ingest(self.export, folder)
        # A repeat whose e-mail and phone are both unreadable is a lead of its own; and of so many invented people a few
        # agree by chance in name, company and more.
        repeats = self.row_count * 2 // 25
        _expect("rows merged", batch["rows_merged"], round(repeats * 0.99), round(repeats * 1.001) + 2)
        _expect("rows rejected", batch["rows_rejected"], self.row_count // 200, self.row_count // 200 + 1)
        _expect("rows read", batch["rows_read"], self.row_count, self.row_count)
        return measured

    def load_again(self, folder: Path) -> Measured:
        """Measure the same file again."""
        measured, batch = self._ingest(self.export, folder, status="skipped")
        _expect("rows read of a skipped file", batch["rows_read"], 0, 0)
        return measured

    def load_later(self, folder: Path) -> Measured:
        """Measure the next export of the same leads."""
        measured, batch = self._ingest(self.later_export, folder)
        _expect("rows inserted by the later export", batch["rows_inserted"], 0, 0)
        # What a repeat says anew does not always change the lead.
        _expect("rows updated by the later export", batch["rows_updated"], self.row_count // 12, self.row_count // 10)
        return measured

    def _ingest(self, export: Path, folder: Path, status: str = "loaded") -> tuple[Measured, dict[str, int]]:
        command = [sys.executable, "-m", "flows.cli", "ingest", str(export), "--feed", FEED, "--json"]
        measured = run_measured(command, _environment(folder), self.scratch)
        (batch,) = json.loads(measured.output)["batches"]
        if batch["status"] != status:
            raise SystemExit(f"bench: the batch is {batch['status']} instead of {status}: {batch['error']}")
        return measured, batch

    def time_steps(self) -> list[StepTime]:
        """Return where the time of a first load goes."""
        with tempfile.TemporaryDirectory(prefix="steps-", dir=self.scratch) as name:
            measured = self._run_module("time_steps", self.export, FEED, environment=_environment(Path(name)))
        return [StepTime(**each) for each in json.loads(measured.output)]

    def load_with_dlt(self, python: Path) -> Measured:
        """Measure dlt's merge of the file into a new database."""
        with tempfile.TemporaryDirectory(prefix="dlt-", dir=self.scratch) as name:
            folder = Path(name)
            command = [python, HERE / "load_with_dlt.py", self.export, folder / "dlt.duckdb", folder / "state"]
            environment = {**os.environ, "RUNTIME__DLTHUB_TELEMETRY": "false"}
            measured = run_measured(command, environment, folder)
        # What dlt logs on its way stands before the count.
        _expect("rows of dlt's merge", int(measured.output.split()[-1]), self.row_count, self.row_count)
        return measured

    def _run_module(self, name: str, *arguments: object, environment: dict[str, str] | None = None) -> Measured:
        command = [sys.executable, "-m", f"tests.benchmarks.{name}", *map(str, arguments)]
        return run_measured(command, environment or _environment(self.scratch), self.scratch)


def _environment(folder: Path) -> dict[str, str]:
    """Return the environment of a child: places in `folder`, and nothing of the user's own settings or server."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LEADS_", "PREFECT_"))}
    return {
        **kept,
        "PYTHONPATH": str(ROOT),
        "LEADS_WAREHOUSE": str(folder / "leads.duckdb"),
        "LEADS_ARCHIVE": str(folder / "archive"),
        "LEADS_REFERENCE": str(REFERENCE),
    }


def _expect(what: str, found: int, least: int, most: int) -> None:
    """End the run where a load did not do its job: how fast it was means nothing then."""
    if not least <= found <= most:
        raise SystemExit(f"bench: {what}: {found:,} instead of {least:,} to {most:,}")


def compare(scratch: Path, row_count: int, round_count: int, seed: int, *, has_dlt: bool) -> Comparison:
    """Measure everything on one pair of files in `scratch`."""
    machine = _machine()
    _say(f"writing two exports of {row_count:,} leads")
    bench = Bench(scratch, row_count, seed)
    comparison = Comparison(machine, _versions(), row_count, bench.export.stat().st_size)
    for number in range(round_count):
        comparison.rounds.append(bench.measure_round(number))
        latest = comparison.rounds[-1]
        _say(
            f"round {number + 1} of {round_count}: first load {latest.first_load.wall_seconds:.2f} s, "
            f"raw load {latest.raw_load.wall_seconds:.2f} s"
        )
    _say("timing the steps")
    comparison.steps = bench.time_steps()
    if not has_dlt:
        comparison.dlt_absence = "dlt was left out (`--without-dlt`)."
        return comparison
    try:
        _say("making the environment of dlt")
        python = make_environment(scratch.parent / "dlt-venv")
    except NoEnvironmentError as error:
        _say(f"dlt is left out, since it cannot be installed here: {error}")
        comparison.dlt_absence = "dlt was left out: it could not be installed."
        return comparison
    for number in range(max(1, round_count // 2)):
        comparison.dlt_loads.append(bench.load_with_dlt(python))
        _say(f"dlt merge {number + 1}: {comparison.dlt_loads[-1].wall_seconds:.2f} s")
    return comparison


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    # More than about 0.5 says that others were at work too: then only ratios of one round mean anything.
    load = f"load {os.getloadavg()[0]:.1f} at the start"
    return f"{os.cpu_count()} cores ({platform.machine()}), {memory:.0f} GiB of memory, {platform.system()}, {load}"


def _versions() -> str:
    packages = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "polars"))
    return f"Python {platform.python_version()}, {packages}"


def _say(line: str) -> None:
    print(f"bench: {line}", file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmarks; print their page, and write it where asked to."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.run", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="100,000 leads and 3 rounds")
    parser.add_argument("--rows", type=int, help="how many leads [default: 1,000,000]")
    parser.add_argument("--rounds", type=int, help="how often everything is measured [default: 5]")
    parser.add_argument("--seed", type=int, default=1, help="another seed makes other leads")
    parser.add_argument("--without-dlt", action="store_true", help="leave out dlt, which is installed for it")
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name} too")
    parser.add_argument("--scratch", type=Path, default=ROOT / "build" / "bench", help="where files are made")
    given = parser.parse_args(arguments)
    row_count = given.rows or (100_000 if given.quick else 1_000_000)
    round_count = given.rounds or (3 if given.quick else 5)
    given.scratch.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix="run-", dir=given.scratch.resolve()))
    try:
        comparison = compare(scratch, row_count, round_count, given.seed, has_dlt=not given.without_dlt)
    finally:
        shutil.rmtree(scratch)
    page = _INTRODUCTION + as_markdown(comparison)
    print(page, end="")
    if given.write:
        RESULTS.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
