"""The labelled sets: where they lie, which columns are the truth, and what a feed has to be told about the rest.

A feed is told `headers`, `match_on` and `placeholders` for names, and nothing else: no threshold, no weight and no
rule is made for a set. What is the truth, or would give it away, never reaches the export.
"""

import csv
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

import polars as pl
import tomlkit

from tests.benchmarks.identity_measures import Measures

FEED = "labelled"
# Some rows have no first or no last name. These words are never evidence (design 4.4).
_PLACEHOLDERS: Mapping[str, str] = {"firstName": "Unknown", "lastName": "Unknown"}
_FEBRL_KINDS: Mapping[str, str] = {
    "date_of_birth": "date",
    "Member No": "identifier",
    "postcode": "code",
    "suburb": "text",
    "address_1": "text",
    "address_2": "text",
    "state": "text",
}


@dataclass(frozen=True)
class Goal:
    """The least that profile `balanced` is to reach (issue 5, design 8)."""

    precision: float = 0.0
    recall: float = 0.0
    f1: float = 0.0
    b_cubed_f1: float = 0.0

    def is_reached(self, measures: Measures) -> bool:
        """Tell whether all measures are at least what they are to be."""
        return (
            measures.precision >= self.precision
            and measures.recall >= self.recall
            and measures.f1 >= self.f1
            and measures.b_cubed_f1 >= self.b_cubed_f1
        )

    def __str__(self) -> str:
        named = (("P", self.precision), ("R", self.recall), ("F1", self.f1), ("B3 F1", self.b_cubed_f1))
        return ", ".join(f"{name} >= {least}" for name, least in named if least)


@dataclass(frozen=True)
class LabelledSet:
    """One set: `truth` is its column of true clusters, `entity` what of such a cell names the person."""

    name: str
    path: str
    truth: str
    goal: Goal
    entity: str = "(.*)"
    left_out: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    match_on: Mapping[str, str] = field(default_factory=dict)
    placeholders: Mapping[str, str] = field(default_factory=dict)

    def feeds_toml(self) -> str:
        """Return the feeds.toml for the set: one vendor feed."""
        told = {"headers": self.headers, "match_on": self.match_on, "placeholders": self.placeholders}
        keys = {key: dict(table) for key, table in told.items() if table}
        return tomlkit.dumps({"feeds": {FEED: keys}})


@dataclass(frozen=True)
class Export:
    """The rows of a set as an export has them, and whose they truly are; `places` are those in the set's file."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    truth: tuple[str, ...]
    places: tuple[int, ...] = field(default=())

    def shuffled(self, seed: int) -> "Export":
        """Return the same rows in another order."""
        order = list(range(len(self.rows)))
        random.Random(seed).shuffle(order)
        return self._taken(order)

    def parts(self, count: int) -> list["Export"]:
        """Return the rows cut into `count` exports, in their order."""
        edges = [len(self.rows) * part // count for part in range(count + 1)]
        return [self._taken(range(low, high)) for low, high in pairwise(edges)]

    def _taken(self, order: Sequence[int]) -> "Export":
        return replace(
            self,
            rows=tuple(self.rows[place] for place in order),
            truth=tuple(self.truth[place] for place in order),
            places=tuple(self.places[place] for place in order),
        )

    def write(self, path: Path) -> None:
        """Write the CSV file that is ingested: without the truth."""
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([self.columns, *self.rows])


def read_export(labelled: LabelledSet, data: Path) -> Export:
    """Read a set from the folder of labelled data; raise FileNotFoundError where it is absent."""
    columns, rows = _read_table(data / labelled.path)
    truth_place = columns.index(labelled.truth)
    secret = {labelled.truth, *labelled.left_out}
    unknown = {*secret, *labelled.renamed} - {*columns}
    if unknown:
        raise ValueError(f"{labelled.path} has no columns {', '.join(sorted(unknown))}")
    kept = [place for place, column in enumerate(columns) if column not in secret]
    entity = re.compile(labelled.entity)
    return Export(
        columns=tuple(labelled.renamed.get(columns[place], columns[place]) for place in kept),
        rows=tuple(tuple(row[place] for place in kept) for row in rows),
        truth=tuple(_entity_of(entity, row[truth_place]) for row in rows),
        places=tuple(range(len(rows))),
    )


def _entity_of(entity: re.Pattern[str], cell: str) -> str:
    found = entity.fullmatch(cell)
    if found is None:
        raise ValueError(f"a cell of the truth is none of {entity.pattern}")
    return found[1]


def _read_table(path: Path) -> tuple[list[str], list[list[str]]]:
    if path.suffix == ".parquet":
        frame = pl.read_parquet(path).fill_null("")
        return frame.columns, [list(row) for row in frame.iter_rows()]
    with path.open(newline="", encoding="utf-8") as file:
        # Febrl writes a space after each comma.
        columns, *rows = csv.reader(file, skipinitialspace=True, strict=True)
    return columns, rows


LABELLED_SETS = (
    LabelledSet(
        name="leads-duplicates-1000",
        path="datablist/leads-duplicates-1000.csv",
        truth="Account Id",
        goal=Goal(precision=1.0, recall=1.0),
    ),
    LabelledSet(
        name="fake_1000",
        path="er/fake_1000.csv",
        truth="cluster",
        goal=Goal(precision=0.98, f1=0.93),
        left_out=("unique_id",),
        match_on={"dob": "date", "city": "text"},
        placeholders=_PLACEHOLDERS,
    ),
    LabelledSet(
        name="febrl1",
        path="er/febrl1.csv",
        truth="rec_id",
        goal=Goal(f1=0.999),
        entity=r"rec-(\d+)-(?:org|dup-\d+)",
        # A header of social-security numbers is sealed, so the number goes by another name.
        renamed={"soc_sec_id": "Member No"},
        match_on=_FEBRL_KINDS,
        placeholders=_PLACEHOLDERS,
    ),
    LabelledSet(
        name="febrl3",
        path="er/febrl3.csv",
        truth="rec_id",
        goal=Goal(f1=0.9994),
        entity=r"rec-(\d+)-(?:org|dup-\d+)",
        renamed={"soc_sec_id": "Member No"},
        match_on=_FEBRL_KINDS,
        placeholders=_PLACEHOLDERS,
    ),
    LabelledSet(
        name="historical_50k",
        path="er/historical_50k.parquet",
        truth="cluster",
        goal=Goal(f1=0.86, b_cubed_f1=0.88),
        # `unique_id` begins with the cluster. The names are there in parts: the whole ones say nothing that a lead
        # has a field for (`full_name` has titles too). `gender` stays in the file and is no evidence.
        left_out=("unique_id", "full_name", "first_and_surname"),
        match_on={"dob": "date", "postcode_fake": "code", "birth_place": "text", "occupation": "text"},
        placeholders=_PLACEHOLDERS,
    ),
)
