"""The findings of an identity run: as Markdown with its goals, and as JSON."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from tests.benchmarks.identity_measures import Measures
from tests.benchmarks.identity_sets import LabelledSet

# The profile that the goals are for, and what `careful` has to reach on every set (issue 5).
_JUDGED = "balanced"
_CAREFUL, _CAREFUL_PRECISION = "careful", 0.995
# A set cut into files may differ by this share of its pairs.
_CUT_FRACTION = 0.01

_INTRODUCTION = """# Who is the same person: measured on labelled data

Written by `make bench-identity ARGS=--write`. Ours are measured through `leads ingest`: a fresh process, a new
warehouse, a vendor feed that is told what stands below and nothing else, the people read from `batch_row.lead_id`.
A rejected row is a person of its own. `Splink alone` has comparisons and blocks chosen by hand for each set, and the
best threshold by the labels, which nobody has who has no labels; its clusters are connected components.

P, R and F1 are of pairs of rows; B3 is B-cubed, of rows. Seconds are of whole processes, without the choice of a
threshold.
"""


@dataclass(frozen=True)
class Result:
    """What one way of resolving made of a set; `threshold` is that of Splink alone, in match weight."""

    labelled: LabelledSet
    who: str
    measures: Measures
    seconds: float
    rejected_count: int | None = None
    threshold: float | None = None

    @property
    def verdict(self) -> str:
        """Say whether the goal of this way is reached; nothing where there is no goal."""
        if self.who == _JUDGED:
            is_reached = self.labelled.goal.is_reached(self.measures)
            return f"{self.labelled.goal}: {'reached' if is_reached else 'MISSED'}"
        if self.who == _CAREFUL:
            is_reached = self.measures.precision >= _CAREFUL_PRECISION
            return f"P >= {_CAREFUL_PRECISION}: {'reached' if is_reached else 'MISSED'}"
        return ""


@dataclass(frozen=True)
class Repeat:
    """The same rows in other orders or files; `found` are measured against the set loaded as it is."""

    labelled: LabelledSet
    who: str
    what: str
    found: Sequence[Measures]

    @property
    def same_count(self) -> int:
        """How many have the very same people."""
        return sum(each.is_same for each in self.found)

    @property
    def largest_difference(self) -> float:
        """The largest share of pairs that only one of the two has, of the pairs of the set loaded as it is."""
        return max(
            (each.true_pairs + each.found_pairs - 2 * each.shared_pairs) / (each.true_pairs or 1) for each in self.found
        )

    @property
    def verdict(self) -> str:
        """Say whether it is as the same as it has to be."""
        if "no sweep" in self.what:
            return ""
        is_cut = "files" in self.what
        is_reached = self.largest_difference <= _CUT_FRACTION if is_cut else self.same_count == len(self.found)
        goal = f"within {_CUT_FRACTION:.0%}" if is_cut else "the same"
        return f"{goal}: {'reached' if is_reached else 'MISSED'}"


@dataclass
class Findings:
    """All that a run found."""

    machine: str
    versions: str
    results: list[Result] = field(default_factory=list)
    repeats: list[Repeat] = field(default_factory=list)
    columns: dict[str, list[dict[str, str | None]]] = field(default_factory=dict)
    absent: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, object]:
        """Return everything as what JSON can hold."""
        return {
            "machine": self.machine,
            "versions": self.versions,
            "results": [
                {
                    "set": each.labelled.name,
                    "who": each.who,
                    **_measures_as_json(each.measures),
                    "rejected_count": each.rejected_count,
                    "threshold": each.threshold,
                    "seconds": round(each.seconds, 3),
                    "goal": each.verdict or None,
                }
                for each in self.results
            ],
            "repeats": [
                {
                    "set": each.labelled.name,
                    "who": each.who,
                    "what": each.what,
                    "same_count": each.same_count,
                    "largest_difference": each.largest_difference,
                    "goal": each.verdict or None,
                    "found": [_measures_as_json(one) for one in each.found],
                }
                for each in self.repeats
            ],
            "absent": self.absent,
            "failures": self.failures,
        }


def _measures_as_json(measures: Measures) -> dict[str, object]:
    return {
        "precision": measures.precision,
        "recall": measures.recall,
        "f1": measures.f1,
        "b_cubed_f1": measures.b_cubed_f1,
        **asdict(measures),
    }


def as_markdown(findings: Findings) -> str:
    """Return the page: measures, repeats where there are any, and what each feed was told."""
    page = [_INTRODUCTION, f"{findings.machine}. {findings.versions}.", "", "## Measures", ""]
    page += _results(findings.results)
    if findings.repeats:
        page += ["", "## Other orders, other files", "", *_repeats(findings.repeats)]
    if findings.absent or findings.failures:
        page += ["", "## Not measured", ""]
        page += [f"* {name}: the data is not here" for name in findings.absent]
        page += [f"* {' '.join(failure.split())}" for failure in findings.failures]
    page += ["", "## What the feeds are told", *_feeds(findings)]
    return "\n".join(page) + "\n"


def _results(results: Sequence[Result]) -> list[str]:
    head = ("set", "who", "P", "R", "F1", "B3 P", "B3 R", "B3 F1", "people", "found", "rejected", "seconds", "goal")
    rows = [
        (
            each.labelled.name,
            each.who + (f" (from weight {each.threshold:.2f})" if each.threshold is not None else ""),
            *_shares(each.measures),
            f"{each.measures.true_entities:,}",
            f"{each.measures.found_entities:,}",
            "" if each.rejected_count is None else f"{each.rejected_count:,}",
            f"{each.seconds:.1f}",
            each.verdict,
        )
        for each in _without_repeated_thresholds(results)
    ]
    return _table(head, rows)


def _without_repeated_thresholds(results: Sequence[Result]) -> list[Result]:
    """Put together Splink's rows of one set and threshold: its best for one measure is often that for another."""
    together: dict[tuple[str, object], Result] = {}
    for each in results:
        key = (each.labelled.name, each.who if each.threshold is None else each.threshold)
        if key in together:
            who = f"{together[key].who}, {each.who.partition(', ')[2]}"
            each = Result(each.labelled, who, each.measures, each.seconds, each.rejected_count, each.threshold)
        together[key] = each
    return list(together.values())


def _shares(measures: Measures) -> tuple[str, ...]:
    shares = (
        measures.precision,
        measures.recall,
        measures.f1,
        measures.b_cubed_precision,
        measures.b_cubed_recall,
        measures.b_cubed_f1,
    )
    return tuple(f"{share:.4f}" for share in shares)


def _repeats(repeats: Sequence[Repeat]) -> list[str]:
    head = ("set", "who", "what", "runs", "the same people", "most pairs that differ", "goal")
    rows = [
        (
            each.labelled.name,
            each.who,
            each.what,
            str(len(each.found)),
            str(each.same_count),
            f"{each.largest_difference:.3%}",
            each.verdict,
        )
        for each in repeats
    ]
    return _table(head, rows)


def _feeds(findings: Findings) -> list[str]:
    lines = []
    for labelled in dict.fromkeys(each.labelled.name for each in findings.results):
        one = next(each.labelled for each in findings.results if each.labelled.name == labelled)
        left_out = ", ".join(f"`{column}`" for column in (one.truth, *one.left_out))
        lines += ["", f"### {one.name}", "", f"Not in the export: {left_out}."]
        lines += [f"Column `{column}` is exported as `{header}`." for column, header in one.renamed.items()]
        if one.name in findings.columns:
            taken = [
                f"`{column['header']}` as {column['field'] or 'nothing of ours'}"
                for column in findings.columns[one.name]
            ]
            lines += [f"`leads map` takes {', '.join(taken)}."]
        lines += ["", "```toml", one.feeds_toml().strip(), "```"]
    return lines


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return a Markdown table whose columns also line up where it is read as text."""
    widths = [max(len(row[place]) for row in (head, *rows)) for place in range(len(head))]
    rule = ["-" * max(3, width) for width in widths]
    return [
        f"| {' | '.join(cell.ljust(max(3, width)) for cell, width in zip(row, widths, strict=True))} |"
        for row in (head, rule, *rows)
    ]
