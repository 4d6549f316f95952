"""Survive: conclude the leads from their records and the decisions that stand.

A lead is a pure function of both (sql/survive); `conclude_everything` proves it by concluding every
lead of the warehouse again.
"""

from flows.warehouse import Warehouse


def conclude_leads(warehouse: Warehouse) -> None:
    """Conclude the leads of staged_person from their records into `concluded`.

    Needs the batch's records in `record` and `record_lead`. Team, source and owner are those that the CRM or
    a trusted feed gives; `standing_assignment` holds what was decided for these leads before.
    """
    warehouse.run("survive/touch_people")
    warehouse.run("survive/conclude_leads")
    warehouse.run("survive/standing_assignments")


def complete_leads(warehouse: Warehouse) -> None:
    """Complete `concluded` with the decisions that stand, this batch's among them, and with all contacts."""
    warehouse.run("survive/standing_assignments")
    warehouse.run("survive/overlay_assignments")
    warehouse.run("survive/touch_contacts")
    warehouse.run("resolve/supersede_contacts")
    warehouse.run("survive/conclude_contacts")


def conclude_everything(warehouse: Warehouse) -> None:
    """Replace `lead` and `lead_contact` by what the records and decisions of the warehouse say.

    Changes nothing in a sound warehouse. The caller holds the transaction.
    """
    warehouse.run("survive/touch_everyone")
    warehouse.run("survive/conclude_leads")
    complete_leads(warehouse)
    warehouse.run("survive/replace_leads")
