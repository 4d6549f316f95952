"""The contract of a typed lead, the hand-over from normalise and validate to staging.

The 30 columns of the Lead specification with its types, in its order, and what we carry beside them.
A rule that costs a row its place is a check whose error text is the reject code (design 5.9); `isin`
checks appear only where the reference that they ask exists.
"""

from collections.abc import Collection
from typing import Final, Literal

import pandera.polars as pa
import polars as pl

from schemas.spec import UTC_TIMESTAMP, lead_fields

# One row per record: where it stands in the file, and whose record it is.
LEADING_COLUMNS: Final[dict[str, pl.DataType]] = {
    "row_number": pl.Int64(),
    "line_number": pl.Int64(),
    "source_key": pl.String(),
    "key_basis": pl.String(),
    "has_placeholder_name": pl.Boolean(),
}

TRAILING_COLUMNS: Final[dict[str, pl.DataType]] = {
    "extra": pl.String(),
    "cleared": pl.List(pl.String()),
    "source_created_at": UTC_TIMESTAMP,
    "source_updated_at": UTC_TIMESTAMP,
    "audit_log": pl.String(),
}

TYPED_LEAD_COLUMNS: Final[dict[str, pl.DataType]] = {
    **LEADING_COLUMNS,
    **{field.name: field.polars_type for field in lead_fields()},
    **TRAILING_COLUMNS,
}

CONTACT_COLUMNS: Final[dict[str, pl.DataType]] = {
    "row_number": pl.Int64(),
    "position": pl.Int64(),
    "kind": pl.String(),
    "value": pl.String(),
    "raw": pl.String(),
    "is_valid": pl.Boolean(),
}

ISSUE_COLUMNS: Final[dict[str, pl.DataType]] = {
    "row_number": pl.Int64(),
    "column_name": pl.String(),
    "code": pl.String(),
    "raw": pl.String(),
}

# What a row says in a column of `match_on`: who somebody is, beside names and contacts.
EVIDENCE_COLUMNS: Final[dict[str, pl.DataType]] = {
    "row_number": pl.Int64(),
    "key": pl.String(),
    "kind": pl.String(),
    "value": pl.String(),
}

# Which of its records the CRM says it has merged: the id that is given up, and the one that survives.
CRM_MERGE_COLUMNS: Final[dict[str, pl.DataType]] = {
    "row_number": pl.Int64(),
    "given_up_id": pl.Int64(),
    "master_id": pl.Int64(),
}

# A row that makes no lead and is no fault, and what is said of it: it is `suppressed`, or of a list of opt-outs.
APART_COLUMNS: Final[dict[str, pl.DataType]] = {
    "row_number": pl.Int64(),
    "line_number": pl.Int64(),
    "outcome": pl.String(),
}

# Pandera's own word for a null in a column that must have a value, and ours.
REQUIRED_CODES: Final = {"firstName": "first_name_required", "lastName": "last_name_required"}

_NEVER_NULL: Final = ("row_number", "line_number", "key_basis", "has_placeholder_name", "accountId")


def typed_lead_schema(
    origin: Literal["vendor", "crm"],
    team_ids: Collection[int] | None = None,
    lead_source_ids: Collection[int] | None = None,
) -> pa.DataFrameSchema:
    """Return the schema of typed leads of one origin; None for a reference that is not there to ask.

    A CRM is believed: nothing of it is refused for a gap in reference data (design 5.3), and its names
    may be empty text but never null.
    """
    checks: dict[str, list[pa.Check]] = {"row_number": [pa.Check.ge(1)]}
    if origin == "vendor":
        if team_ids is not None:
            checks["teamId"] = [pa.Check.isin(sorted(team_ids), error="team_unknown")]
        if lead_source_ids is not None:
            checks["leadSourceId"] = [pa.Check.isin(sorted(lead_source_ids), error="lead_source_unknown")]
    else:
        checks["id"] = [pa.Check.ge(1)]
    return pa.DataFrameSchema(
        {
            name: pa.Column(
                dtype,
                checks=checks.get(name, []),
                nullable=name not in REQUIRED_CODES and name not in _NEVER_NULL,
            )
            for name, dtype in TYPED_LEAD_COLUMNS.items()
        },
        strict=True,
        ordered=True,
        name=f"typed lead of a {origin} feed",
    )


CONTACT_SCHEMA: Final = pa.DataFrameSchema(
    {
        "row_number": pa.Column(pl.Int64, pa.Check.ge(1)),
        "position": pa.Column(pl.Int64, pa.Check.ge(0)),
        "kind": pa.Column(pl.String, pa.Check.isin(["email", "phone"])),
        "value": pa.Column(pl.String, pa.Check.str_length(min_value=1)),
        "raw": pa.Column(pl.String, nullable=True),
        "is_valid": pa.Column(pl.Boolean),
    },
    strict=True,
    ordered=True,
    name="contacts of typed leads",
)

ISSUE_SCHEMA: Final = pa.DataFrameSchema(
    {
        "row_number": pa.Column(pl.Int64, pa.Check.ge(1)),
        "column_name": pa.Column(pl.String),
        "code": pa.Column(pl.String, pa.Check.str_matches(r"^[a-z_]+$")),
        "raw": pa.Column(pl.String, nullable=True),
    },
    strict=True,
    ordered=True,
    name="cell issues of typed leads",
)
