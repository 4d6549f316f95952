"""Whatever sources say in whatever order: a lead says what its records say, and can name the one for each field."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows.steps.survive import field_provenance
from flows.warehouse import Warehouse
from schemas.spec import CRM_OWNED_FIELDS, lead_columns, lead_fields
from schemas.survivorship import RULES_OF_FIELD
from tests.record_histories import Version, conclude, empty_warehouse, on_day

# A field of each type, owned by the CRM's people and not; the others are told by the same lines.
TOLD = (
    *("firstName", "email", "jobTitle", "location", "notes", "numberOfEmployees", "interestedInSwitching"),
    *("assignedTo", "teamId", "processStage", "archived", "lastContacted"),
)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "string": st.sampled_from(["a", "b", "cc", "a\n\nb", "dddd"]),
    "integer": st.sampled_from([0, 1, 2, 7]),
    "boolean": st.booleans(),
    "date-time": st.integers(1, 5).map(on_day),
}
TYPES = {field.name: VALUES[field.type] for field in lead_fields()}
# Several that are believed alike, or else the CRM would nearly always decide.
FEEDS_DRAWN = ("web", "list", "partner", "second", "crm", "web", "list")

few_examples = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def versions(draw: st.DrawFn) -> Version:
    """What some source may say on some day; only the CRM says when leads were created and changed."""
    feed = draw(st.sampled_from(FEEDS_DRAWN))
    is_crm = feed == "crm"
    names = (*TOLD, "createdAt", "updatedAt") if is_crm else TOLD
    cells = draw(st.fixed_dictionaries({name: TYPES[name] | st.none() for name in names}))
    says = {name: value for name, value in cells.items() if value is not None}
    blank = [name for name in TOLD if name not in says]
    may_clear = is_crm and bool(blank)
    return Version(
        feed,
        draw(st.integers(1, 8)),
        {**says, "id": 501} if is_crm else says,
        key="501" if is_crm else draw(st.sampled_from("12")),
        cleared=tuple(draw(st.lists(st.sampled_from(blank), max_size=3, unique=True))) if may_clear else (),
        own_day=draw(st.none() | st.integers(1, 8)),
        created_day=draw(st.none() | st.integers(1, 8)),
    )


rules = st.fixed_dictionaries(
    {name: st.sampled_from(RULES_OF_FIELD[name]) for name in (*TOLD, "createdAt", "updatedAt")}
)
histories = st.lists(versions(), min_size=2, max_size=6)


@pytest.fixture(scope="module")
def warehouse() -> Iterator[Warehouse]:
    """One for all: each example writes its records anew."""
    with empty_warehouse() as warehouse:
        yield warehouse


@few_examples
@given(histories, rules)
def test_every_field_is_the_word_of_the_record_that_provenance_names(
    warehouse: Warehouse, history: list[Version], chosen: dict[str, str]
) -> None:
    lead = conclude(warehouse, history, **chosen)
    said = warehouse.connection.sql("SELECT * FROM record").pl()
    provenance = field_provenance(warehouse, lead["id"])
    texts = warehouse.connection.sql("SELECT * FROM lead").pl().select(_as_text(name) for name in lead_columns())
    assert list(dict.fromkeys(provenance["field"])) == list(lead_columns())
    for row in provenance.iter_rows(named=True):
        name, value = row["field"], texts[row["field"]][0]
        assert row["value"] == value, name
        if row["record_id"] is None:
            assert name == "updatedAt" or value in (None, ""), name
            continue
        word = said.row(by_predicate=pl.col("record_id") == row["record_id"], named=True)
        assert (word["feed"], word["batch_id"], word["as_of"]) == (row["feed"], row["batch_id"], row["as_of"])
        if name == "createdAt":
            assert lead[name] in (word["createdAt"], word["source_created_at"], word["as_of"])
        elif name not in ("id",) and row["rule"] != "union":
            assert word[name] == lead[name], name
        elif name == "notes":
            assert word[name] and set(word[name].split("\n\n")) <= set(lead[name].split("\n\n"))


@few_examples
@given(histories, rules, st.data())
def test_the_order_of_files_does_not_matter_where_their_time_says_it(
    warehouse: Warehouse, history: list[Version], chosen: dict[str, str], data: st.DataObject
) -> None:
    history = [replace(version, day=day, own_day=None) for day, version in enumerate(history, start=1)]
    shuffled = data.draw(st.permutations(history))
    # What the CRM's people own a vendor gives only with the file that brings the lead into being: with the first read.
    names = [name for name in lead_columns() if name not in CRM_OWNED_FIELDS and name != "updatedAt"]
    one, other = conclude(warehouse, history, **chosen), conclude(warehouse, shuffled, **chosen)
    assert {name: one[name] for name in names} == {name: other[name] for name in names}


@few_examples
@given(histories, histories, rules)
def test_what_an_undo_withdrew_might_never_have_been_said(
    warehouse: Warehouse, history: list[Version], undone: list[Version], chosen: dict[str, str]
) -> None:
    without = conclude(warehouse, history, **chosen)
    withdrawn = [replace(version, is_undone=True) for version in undone]
    assert conclude(warehouse, [*history, *withdrawn], **chosen) == {**without, "id": _id_of([*history, *undone])}


def _id_of(history: list[Version]) -> int:
    # The records' lead is the CRM's where the CRM has ever told of it: who is whom is not what is tested here.
    return next((version.says["id"] for version in history if "id" in version.says), 1_000_000_000_000)


def _as_text(name: str) -> pl.Expr:
    column = pl.col(name)
    types = {field.name: field.type for field in lead_fields()}
    return column.dt.strftime("%Y-%m-%d %H:%M:%S+00") if types[name] == "date-time" else column.cast(pl.String)
