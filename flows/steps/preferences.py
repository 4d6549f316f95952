"""Preferences: keeps what was said about how people may be contacted, one row per contact, channel and evidence."""

import polars as pl

from flows.person_key import person_key, value_hashes
from flows.settings import Settings
from flows.warehouse import Warehouse


def stage_preferences(warehouse: Warehouse, said: pl.DataFrame) -> None:
    """Append what is said of contacts (`schemas.preference`) to the staging table."""
    if not said.is_empty():
        warehouse.append("staged_preference", said)


def write_preferences(warehouse: Warehouse, settings: Settings, *, is_dry_run: bool) -> None:
    """Keep what is staged: what is new, and of opt-outs that are known when they were last said.

    Raises UsageError where the key of the hashes is not there.
    """
    if not warehouse.frame("preferences/is_staged").item():
        return
    warehouse.run("preferences/gather_said")
    warehouse.run("preferences/see_again")
    new = warehouse.frame("preferences/new_preferences")
    if new.is_empty():
        return
    key = person_key(settings, warehouse, is_dry_run=is_dry_run)
    warehouse.append("contact_preference", new.with_columns(value_hashes(key, new["kind"], new["value"])))
