"""`make bench-identity`: how well people are told apart on labelled data, beside Splink alone on the same columns.

Ours is measured through `leads ingest`: a fresh process loads the set into a new warehouse, and the people are read from
`batch_row`. The yardstick has what no user has, the best threshold by the labels (`splink_alone.py`).
"""

import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import ParamSpec, TypeVar

from tests.benchmarks.child_process import ChildFailedError, run_measured
from tests.benchmarks.identity_ingest import ROOT, ContractError, LabelledWarehouse, People
from tests.benchmarks.identity_measures import Measures, measure
from tests.benchmarks.identity_page import Findings, Repeat, Result, as_markdown
from tests.benchmarks.identity_sets import LABELLED_SETS, Export, LabelledSet, read_export

RESULTS = Path(__file__).with_name("IDENTITY.md")
DATA = ROOT.parent / "shared" / "data"
PROFILES = ("balanced", "careful")
# Who is measured where no profile is written: what the version does by itself.
UNPROFILED = "as it comes"

Given = ParamSpec("Given")
Found = TypeVar("Found")


class IdentityBench:
    """One labelled set: the processes that are measured on it, and what was found."""

    def __init__(self, labelled: LabelledSet, export: Export, scratch: Path, findings: Findings) -> None:
        self.labelled = labelled
        self.export = export
        self.scratch = scratch
        self.findings = findings

    def describe(self) -> None:
        """Note what `leads map` takes each header for."""
        with self._warehouse(None) as warehouse:
            self.findings.columns[self.labelled.name] = warehouse.map_headers(self.export)

    def measure_ours(self, profile: str | None) -> People:
        """Load the set as it is."""
        people, seconds = self._load(profile, self.export)
        measures = measure(self.export.truth, people.clusters)
        self._note(profile or UNPROFILED, measures, seconds, rejected_count=people.rejected_count)
        return people

    def shuffle(self, profile: str | None, people: People, count: int) -> None:
        """Load the rows in other orders: are the people the same?"""
        found = []
        for seed in range(1, count + 1):
            again, _ = self._load(profile, self.export.shuffled(seed))
            found.append(measure(people.clusters, again.clusters))
        self._note_repeat(profile, "shuffled", found)

    def cut_up(self, profile: str | None, people: People, part_count: int, *, has_sweep: bool) -> None:
        """Load the rows dealt at random into files, and sweep: are the people the same?"""
        parts = self.export.shuffled(part_count).parts(part_count)
        with self._warehouse(profile) as warehouse:
            for number, part in enumerate(parts, start=1):
                warehouse.ingest(part, f"{self.labelled.name}-{number}.csv")
            before = measure(people.clusters, warehouse.people().clusters)
            self._note_repeat(profile, f"{part_count} files, no sweep", [before])
            if has_sweep:
                warehouse.sweep()
                after = measure(people.clusters, warehouse.people().clusters)
                self._note_repeat(profile, f"{part_count} files, sweep", [after])

    def measure_splink(self) -> None:
        """Run Splink alone on the same export."""
        with tempfile.TemporaryDirectory(dir=self.scratch) as name:
            folder = Path(name)
            export, truth = folder / "export.csv", folder / "truth.json"
            self.export.write(export)
            truth.write_text(json.dumps(self.export.truth), encoding="utf-8")
            module = "tests.benchmarks.splink_alone"
            command = [sys.executable, "-m", module, self.labelled.name, str(export), str(truth)]
            measured = run_measured(command, {**os.environ, "PYTHONPATH": str(ROOT)}, folder)
        run = json.loads(measured.output.splitlines()[-1])
        seconds = measured.wall_seconds - run["choosing_seconds"]
        for choice in run["choices"]:
            who = f"Splink alone, {choice['chosen_for']}"
            self._note(who, Measures(**choice["measures"]), seconds, threshold=choice["weight"])

    def attempt(self, work: Callable[Given, Found], *arguments: Given.args, **options: Given.kwargs) -> Found | None:
        """Do one of the works above; note its failure instead of ending the others."""
        try:
            return work(*arguments, **options)
        except (ChildFailedError, ContractError) as error:
            what = " ".join([work.__name__, *(each for each in arguments if isinstance(each, str))])
            self.findings.failures.append(f"{self.labelled.name}: {what}: {error}")
            _say(f"{self.labelled.name}: {what} failed: {error}")
            return None

    @contextmanager
    def _warehouse(self, profile: str | None) -> Iterator[LabelledWarehouse]:
        with tempfile.TemporaryDirectory(dir=self.scratch) as folder:
            yield LabelledWarehouse(Path(folder), self.labelled, profile)

    def _load(self, profile: str | None, export: Export) -> tuple[People, float]:
        with self._warehouse(profile) as warehouse:
            warehouse.ingest(export, f"{self.labelled.name}.csv")
            return warehouse.people(), warehouse.seconds

    def _note(
        self,
        who: str,
        measures: Measures,
        seconds: float,
        *,
        rejected_count: int | None = None,
        threshold: float | None = None,
    ) -> None:
        self.findings.results.append(Result(self.labelled, who, measures, seconds, rejected_count, threshold))
        _say(f"{self.labelled.name}: {who}: P {measures.precision:.4f}, R {measures.recall:.4f}, F1 {measures.f1:.4f}")

    def _note_repeat(self, profile: str | None, what: str, found: list[Measures]) -> None:
        repeat = Repeat(self.labelled, profile or UNPROFILED, what, found)
        self.findings.repeats.append(repeat)
        _say(f"{self.labelled.name}: {repeat.who}: {what}: {repeat.same_count} of {len(found)} the same")


def bench_set(bench: IdentityBench, profiles: Sequence[str | None], given: argparse.Namespace) -> None:
    """Measure all that was asked for on one set."""
    bench.attempt(bench.describe)
    if not given.without_splink:
        bench.attempt(bench.measure_splink)
    for profile in profiles:
        people = bench.attempt(bench.measure_ours, profile)
        if people is None:
            continue
        if given.shuffle:
            bench.attempt(bench.shuffle, profile, people, given.shuffle)
        if given.parts:
            bench.attempt(bench.cut_up, profile, people, given.parts, has_sweep=not given.without_sweep)


def run_bench(given: argparse.Namespace, scratch: Path) -> Findings:
    """Measure the sets that were asked for, in `scratch`; what fails is noted, and so is what is absent."""
    findings = Findings(_machine(), _versions())
    profiles = (None,) if given.without_profiles else PROFILES
    for labelled in LABELLED_SETS:
        if given.set and labelled.name not in given.set:
            continue
        try:
            export = read_export(labelled, given.data)
        except FileNotFoundError:
            findings.absent.append(labelled.name)
            _say(f"{labelled.name}: left out, since {labelled.path} is not below the folder of labelled data (--data)")
            continue
        bench_set(IdentityBench(labelled, export, scratch, findings), profiles, given)
    return findings


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = f"load {os.getloadavg()[0]:.1f} at the start"
    return f"{os.cpu_count()} cores ({platform.machine()}), {memory:.0f} GiB of memory, {platform.system()}, {load}"


def _versions() -> str:
    packages = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "polars", "splink"))
    return f"Python {platform.python_version()}, {packages}"


def _say(line: str) -> None:
    print(f"bench-identity: {line}", file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print; exit with 1 where something failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.identity", description=__doc__)
    names = [labelled.name for labelled in LABELLED_SETS]
    parser.add_argument("--set", action="append", choices=names, help="only this set; may be given again")
    parser.add_argument("--shuffle", type=int, default=0, metavar="N", help="also load each set in N other orders")
    parser.add_argument(
        "--parts", type=int, default=0, metavar="N", help="also load each set cut into N files, and sweep"
    )
    parser.add_argument("--without-splink", action="store_true", help="leave out the yardstick")
    parser.add_argument("--without-profiles", action="store_true", help="write no identity.toml")
    parser.add_argument("--without-sweep", action="store_true", help="do not sweep after --parts")
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of the page")
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name} too")
    parser.add_argument("--data", type=Path, default=DATA, help="folder of labelled data [default: ../shared/data]")
    parser.add_argument("--scratch", type=Path, default=ROOT / "build" / "bench", help="where files are made")
    given = parser.parse_args(arguments)
    if given.write and given.set:
        parser.error("--write needs all sets; leave out --set")
    given.scratch.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix="identity-", dir=given.scratch.resolve()))
    try:
        findings = run_bench(given, scratch)
    finally:
        shutil.rmtree(scratch)
    page = as_markdown(findings)
    print(json.dumps(findings.as_json(), indent=1) if given.json else page, end="\n" if given.json else "")
    if findings.failures:
        # Not written either: the page would be half of one.
        sys.exit(1)
    if given.write:
        RESULTS.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
