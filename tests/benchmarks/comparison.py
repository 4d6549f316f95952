"""The measurements of a benchmark run as Markdown: what was compared, on which machine, against which goals."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from tests.benchmarks.child_process import Measured

_MEBIBYTE = 2**20
# Parts of a step that take less than this share of the whole are not listed.
_SMALLEST_LISTED_FRACTION = 0.01


@dataclass(frozen=True)
class Round:
    """One round: the first load and the yardstick, then what follows in the warehouse that the first load made."""

    first_load: Measured
    raw_load: Measured
    same_again: Measured
    later_export: Measured
    warehouse_bytes: int
    raw_database_bytes: int


@dataclass(frozen=True)
class StepTime:
    """Seconds of one part of a step; the part "" is what the step does besides."""

    step: str
    part: str
    seconds: float


@dataclass
class Comparison:
    """All that a run measured."""

    machine: str
    versions: str
    row_count: int
    export_bytes: int
    rounds: list[Round] = field(default_factory=list)
    dlt_loads: list[Measured] = field(default_factory=list)
    dlt_absence: str = ""
    steps: list[StepTime] = field(default_factory=list)


def as_markdown(comparison: Comparison) -> str:
    """Return the page: the goals, every run, and where the time of a first load goes."""
    page = [
        f"{comparison.row_count:,} leads in a CSV file of 30 columns and {comparison.export_bytes / _MEBIBYTE:,.0f} MiB.",
        f"{comparison.machine}. {comparison.versions}.",
        "",
        "## Goals",
        "",
        *_goals(comparison),
        "",
        "## Runs",
        "",
        "A fresh process each, in the order of the table; `first load` and `raw load` take turns in being first.",
        "",
        *_runs(comparison),
        "",
        "## Steps of a first load",
        "",
        "One run of its own, with clocks in it.",
        "",
        *_steps(comparison.steps),
    ]
    return "\n".join(page) + "\n"


def _goals(comparison: Comparison) -> list[str]:
    rounds = comparison.rounds
    first = median(each.first_load.wall_seconds for each in rounds)
    to_raw = [each.first_load.wall_seconds / each.raw_load.wall_seconds for each in rounds]
    again = [each.same_again.wall_seconds / each.first_load.wall_seconds for each in rounds]
    later = [each.later_export.wall_seconds / each.first_load.wall_seconds for each in rounds]
    rows = [
        ("first load to DuckDB's raw load", to_raw, "at most 3.0"),
        ("the same file again to the first load", again, "at most 0.2"),
        ("a new export, 10% changed, to the first load", later, "at most 1.2"),
    ]
    if comparison.dlt_loads:
        to_dlt = [load.wall_seconds / first for load in comparison.dlt_loads]
        rows.append(("dlt's Arrow merge to the first load", to_dlt, "at least 4.0"))
    lines = _table(
        ("ratio of wall times", "median", "each", "goal at 1,000,000 leads"),
        [
            (name, f"{median(ratios):.2f}", ", ".join(f"{ratio:.2f}" for ratio in ratios), goal)
            for name, ratios, goal in rows
        ],
    )
    return lines if not comparison.dlt_absence else [*lines, "", comparison.dlt_absence]


def _runs(comparison: Comparison) -> list[str]:
    rounds = comparison.rounds
    kinds = {
        "first load": [each.first_load for each in rounds],
        "raw load": [each.raw_load for each in rounds],
        "same file again": [each.same_again for each in rounds],
        "later export": [each.later_export for each in rounds],
        "dlt merge": comparison.dlt_loads,
    }
    files = [("warehouse", each.warehouse_bytes, each.raw_database_bytes) for each in rounds]
    rows: list[tuple[str, ...]] = []
    for name, runs in kinds.items():
        for number, run in enumerate(runs, start=1):
            rows.append((name, str(number), *_costs(run.wall_seconds, run.cpu_seconds, run.peak_bytes)))
        if runs:
            middle = _costs(
                median(run.wall_seconds for run in runs),
                median(run.cpu_seconds for run in runs),
                median(run.peak_bytes for run in runs),
            )
            rows.append((f"**{name}**", "**median**", *(f"**{cost}**" for cost in middle)))
    _, warehouse_bytes, raw_bytes = files[-1]
    sizes = (
        f"After the last round the warehouse file has {warehouse_bytes / _MEBIBYTE:,.0f} MiB (two loads), "
        f"the raw one {raw_bytes / _MEBIBYTE:,.0f} MiB."
    )
    return [*_table(("what", "run", "wall s", "cpu s", "peak MiB"), rows), "", sizes]


def _costs(wall_seconds: float, cpu_seconds: float, peak_bytes: float) -> tuple[str, str, str]:
    return f"{wall_seconds:.2f}", f"{cpu_seconds:.2f}", f"{peak_bytes / _MEBIBYTE:,.0f}"


def _steps(times: Sequence[StepTime]) -> list[str]:
    total = sum(each.seconds for each in times)
    rows = []
    for step in dict.fromkeys(each.step for each in times):
        parts = sorted((each for each in times if each.step == step), key=lambda each: -each.seconds)
        seconds = sum(each.seconds for each in parts)
        if step.startswith("after ") and seconds < total * _SMALLEST_LISTED_FRACTION:
            continue
        rows.append((f"**{step}**", "", f"**{seconds:.2f}**", f"**{seconds / total:.0%}**"))
        listed = [each for each in parts if each.part and each.seconds >= total * _SMALLEST_LISTED_FRACTION]
        rows += [("", f"`{each.part}`", f"{each.seconds:.2f}", f"{each.seconds / total:.0%}") for each in listed]
    rows.append(("**all**", "", f"**{total:.2f}**", "**100%**"))
    return _table(("step", "part of it", "seconds", "share"), rows)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)]
