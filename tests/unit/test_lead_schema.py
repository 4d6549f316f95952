"""The lead schemas, in Pandera and in the warehouse, hold every field of the specification."""

import re
from pathlib import Path

import duckdb
import polars as pl
import pytest

from flows.warehouse import Warehouse, migrate
from schemas.lead import TYPED_LEAD_COLUMNS, typed_lead_schema
from schemas.spec import UTC_TIMESTAMP, SpecField, lead_fields, spec_fields

SPEC_TEXT = Path(__file__).parents[2].parent / "shared" / "lead-spec.txt"

POLARS_TYPES = {
    "string": pl.String(),
    "integer": pl.Int64(),
    "boolean": pl.Boolean(),
    "date-time": UTC_TIMESTAMP,
}
DUCKDB_TYPES = {
    "string": "VARCHAR",
    "integer": "BIGINT",
    "boolean": "BOOLEAN",
    "date-time": "TIMESTAMP WITH TIME ZONE",
}
# The specification requires these; a vendor's lead gets its id from us.
REQUIRED = {"firstName", "lastName", "id"}
READ_ONLY = {"id", "createdAt", "updatedAt", "auditLog"}


def test_the_specification_has_31_fields_of_which_30_are_columns() -> None:
    assert len(spec_fields()) == 31
    assert {field.name for field in spec_fields()} - {field.name for field in lead_fields()} == {"auditLog"}


def test_required_and_read_only_fields_are_those_of_the_specification() -> None:
    assert {field.name for field in spec_fields() if field.is_required} == REQUIRED
    assert {field.name for field in spec_fields() if field.is_read_only} == READ_ONLY


@pytest.mark.parametrize("origin", ["vendor", "crm"])
@pytest.mark.parametrize("field", lead_fields(), ids=lambda field: field.name)
def test_typed_lead_schema_has_the_field_with_its_type(origin: str, field: SpecField) -> None:
    column = typed_lead_schema(origin).columns[field.name]  # type: ignore[arg-type]
    assert column.dtype.type == POLARS_TYPES[field.type]
    assert column.nullable == (field.name not in {"firstName", "lastName", "accountId"})


def test_typed_lead_columns_are_in_the_order_of_the_specification() -> None:
    spec_order = [field.name for field in lead_fields()]
    assert [name for name in TYPED_LEAD_COLUMNS if name in spec_order] == spec_order


@pytest.mark.parametrize("table", ["lead", "record"])
def test_warehouse_tables_have_every_field_with_its_name_and_type(table: str) -> None:
    with Warehouse(duckdb.connect(":memory:")) as warehouse:
        warehouse.connection.execute("SET TimeZone = 'UTC'")
        migrate(warehouse)
        described = {row[0]: row[1] for row in warehouse.connection.sql(f"DESCRIBE {table}").fetchall()}
    for field in lead_fields():
        assert described[field.name] == DUCKDB_TYPES[field.type]


def test_lead_api_gives_the_fields_of_the_document_in_its_order() -> None:
    with Warehouse(duckdb.connect(":memory:")) as warehouse:
        warehouse.connection.execute("SET TimeZone = 'UTC'")
        migrate(warehouse)
        columns = [row[0] for row in warehouse.connection.sql("DESCRIBE lead_api").fetchall()]
    assert columns == [field.name for field in spec_fields()]


@pytest.mark.skipif(not SPEC_TEXT.exists(), reason="the published specification is not beside this checkout")
def test_the_copy_of_the_specification_agrees_with_the_published_text() -> None:
    text = SPEC_TEXT.read_text(encoding="utf-8")
    published = {}
    for block in re.split(r"^ {2}• ", text, flags=re.M)[1:]:
        name, _, rest = block.partition("\n")
        head = rest.split("\n\n")[0]
        published[name.strip()] = (
            "date-time" if "Format: date-time" in head else re.findall(r"Type: (\w+)", head)[0],
            bool(re.search(r"^\s+required$", head, flags=re.M)),
            bool(re.search(r"^\s+read-only$", head, flags=re.M)),
        )
    ours = {field.name: (field.type, field.is_required, field.is_read_only) for field in spec_fields()}
    assert ours == published
