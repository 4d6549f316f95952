"""The Lead specification as data: the one place that knows its fields, their order and their types.

`lead_spec.json` is the machine-readable copy of the published specification. Everything that
lists lead fields (Pandera schemas, staged frames, tests of the SQL files) reads it through here,
so a field is added in one file and whatever forgets it fails a test.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, cast

import polars as pl

FieldType = Literal["string", "integer", "boolean", "date-time", "array"]

UTC_TIMESTAMP: Final = pl.Datetime("us", "UTC")

_POLARS_TYPES: Final[dict[str, pl.DataType]] = {
    "string": pl.String(),
    "integer": pl.Int64(),
    "boolean": pl.Boolean(),
    "date-time": UTC_TIMESTAMP,
}


@dataclass(frozen=True)
class SpecField:
    """One field of the specification, as published."""

    name: str
    type: FieldType
    is_required: bool
    is_read_only: bool
    description: str

    @property
    def polars_type(self) -> pl.DataType:
        """The column type of this field in a typed frame."""
        return _POLARS_TYPES[self.type]


@cache
def _document() -> dict[str, object]:
    path = Path(__file__).with_name("lead_spec.json")
    return cast("dict[str, object]", json.loads(path.read_text(encoding="utf-8")))


@cache
def spec_fields() -> tuple[SpecField, ...]:
    """Return all 31 fields in the order of the specification, `auditLog` among them."""
    return tuple(
        SpecField(
            name=field["name"],
            type=cast("FieldType", field.get("format", field["type"])),
            is_required=field["required"],
            is_read_only=field["readOnly"],
            description=field["description"],
        )
        for field in cast("list[dict[str, Any]]", _document()["fields"])
    )


@cache
def lead_fields() -> tuple[SpecField, ...]:
    """Return the 30 fields that are columns of a lead: all but `auditLog`, in spec order."""
    return tuple(field for field in spec_fields() if field.name != "auditLog")


@cache
def lead_columns() -> tuple[str, ...]:
    """Return the names of the 30 lead columns in spec order."""
    return tuple(field.name for field in lead_fields())


# What the CRM's people own on a lead that exists; a vendor gives these only where its feed is
# trusted for them, or to a lead that its batch brings into being (design 5.4).
CRM_OWNED_FIELDS: Final = (
    "accountId",
    "teamId",
    "assignedTo",
    "processStage",
    "archived",
    "applicationId",
    "branch",
    "createdBy",
    "lastContacted",
)
