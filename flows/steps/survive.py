"""Survive: conclude the leads from their records, the decisions that stand and the rules of survivorship.

A lead is a pure function of the three (sql/conclusions); `conclude_everything` proves it by concluding every
lead of the warehouse again.
"""

import polars as pl

from flows.warehouse import Warehouse


def conclude_newcomers(warehouse: Warehouse) -> None:
    """Conclude the leads that are new and have one row in the batch, from what is staged.

    Writes temporary tables only, so it runs before the transaction: what a transaction has just written
    itself DuckDB reads on one core. The others follow by `conclude_leads`.
    """
    warehouse.run("survive/create_concluded")
    warehouse.run("survive/find_newcomers")
    warehouse.run("survive/conclude_once")
    warehouse.run("survive/conclude_newcomer_contacts")


def conclude_leads(warehouse: Warehouse) -> tuple[str, ...]:
    """Conclude the other leads of staged_person from their records into `concluded`.

    Needs the batch's records in `record` and `record_lead`. Team, source and owner are those that the CRM or
    a trusted feed gives; `standing_assignment` holds what was decided for these leads before.
    Where the batch brings other rules than the one before, every lead that they may change is concluded again;
    returns in words which rules they are, if there were leads.
    """
    warehouse.run("survive/touch_people")
    changed = warehouse.frame("survive/changed_rules")
    if not changed.is_empty():
        warehouse.run("survive/keep_rules")
        warehouse.run("survive/touch_disputed")
    _conclude_touched(warehouse)
    warehouse.run("survive/standing_assignments")
    return tuple(
        f"{field} is chosen by {rule} now, before by {before}: its leads were concluded again"
        for field, before, rule, has_leads in changed.iter_rows()
        if has_leads
    )


def conclude_known(warehouse: Warehouse) -> None:
    """Conclude the leads of staged_person from their records, where no file brings any new ones."""
    warehouse.run("survive/create_concluded")
    conclude_leads(warehouse)


def complete_leads(warehouse: Warehouse) -> None:
    """Complete `concluded` with the decisions that stand, this batch's among them, and with all contacts."""
    warehouse.run("survive/standing_assignments")
    warehouse.run("survive/overlay_assignments")
    warehouse.run("survive/touch_contacts")
    warehouse.run("resolve/supersede_contacts")
    warehouse.run("survive/conclude_contacts")


def date_decided(warehouse: Warehouse) -> None:
    """Date the leads that a batch without a file changed; its audit row must be written."""
    warehouse.run("survive/date_decided")


def conclude_everything(warehouse: Warehouse) -> None:
    """Replace `lead` and `lead_contact` by what the records and decisions of the warehouse say.

    Changes nothing in a sound warehouse. The caller holds the transaction.
    """
    conclude_anew(warehouse)
    warehouse.run("survive/replace_leads")


def conclude_anew(warehouse: Warehouse) -> None:
    """Conclude every lead into `concluded` and `concluded_contact`. Writes temporary tables only."""
    warehouse.run("survive/touch_everyone")
    warehouse.run("survive/create_concluded")
    _conclude_touched(warehouse)
    complete_leads(warehouse)
    warehouse.run("survive/date_leads")


def field_provenance(warehouse: Warehouse, lead_id: int) -> pl.DataFrame:
    """Return where each field of a lead comes from: `field`, `value` (the lead's, as text), and whose word it is.

    That is `feed`, `batch_id`, `row_number`, `record_id`, `as_of` and the `rule` it was chosen by. A row per field in
    the order of the specification; of notes that are joined one per record that has a part in them. Team, source and
    owner that we decided on name the batch and the assignment's rule, and no record. Empty for an id that is no lead.
    """
    return warehouse.frame("survive/field_provenance", {"lead_id": lead_id})


def _conclude_touched(warehouse: Warehouse) -> None:
    warehouse.run("survive/find_standing")
    warehouse.run("survive/conclude_once")
    warehouse.run("survive/conclude_many")
