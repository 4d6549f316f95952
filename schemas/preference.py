"""The contract of what rows say about how people may be contacted: one row per contact, channel and cell."""

from typing import Final

import polars as pl

from schemas.spec import UTC_TIMESTAMP

CHANNELS: Final = ("email", "phone", "sms", "all")

# How a lead may be contacted, as exports and views tell it.
MAY_COLUMNS: Final = ("may_email", "may_call", "may_sms")

PREFERENCE_COLUMNS: Final[dict[str, pl.DataType]] = {
    "row_number": pl.Int64(),
    "kind": pl.String(),
    "value": pl.String(),
    "channel": pl.String(),
    "status": pl.String(),
    "source": pl.String(),
    "evidence": pl.String(),
    "said_at": UTC_TIMESTAMP,
}
