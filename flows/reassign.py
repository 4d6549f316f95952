"""Reassign: hand the open leads of somebody who is away, or has left, over to their teams.

A batch of its own, of kind `reassign`: its decisions stand beside those before, and the leads are concluded again.
"""

from dataclasses import dataclass
from typing import Any

from flows.batches import begin_staging, close_decided, new_batch
from flows.errors import UsageError
from flows.reference import load_reference
from flows.run import Request, Run, open_run
from flows.settings import Settings
from flows.steps import assign, load, survive
from schemas.reference import DEFAULT_FEED, Feed


@dataclass(frozen=True)
class Handover:
    """What became of each open lead of the user (`leads`, as sql/assign/handover.sql gives them)."""

    batch_id: int
    leads: list[dict[str, Any]]

    @property
    def handed_count(self) -> int:
        """How many leads have a new owner."""
        return sum(lead["new_owner"] is not None for lead in self.leads)


def reassign(settings: Settings, user: str, *, is_dry_run: bool = False) -> Handover:
    """Hand over the open leads of a user, each to whose turn it is in its team, else to the team's fallback owner.

    Raises UsageError for a user that neither users.csv nor any lead knows.
    """
    reference = load_reference(settings.reference, must_exist="reference" in settings.model_fields_set)
    with open_run(settings, reference, Request(is_dry_run=is_dry_run)) as run:
        return hand_over(run, user.strip().lower())


def hand_over(run: Run, user: str) -> Handover:
    """Hand over the open leads of a user, given as users.csv has it, in a batch of a run."""
    batch = new_batch(run, "reassign", Feed(name=DEFAULT_FEED))
    begin_staging(run, batch)
    assign.stage_handover(run.warehouse, user)
    with run.warehouse.transaction():
        survive.conclude_known(run.warehouse)
        leads = assign.hand_over(run.warehouse, run.reference.routing)
        survive.complete_leads(run.warehouse)
        load.write_decided(run.warehouse)
        close_decided(run, batch, {"user": user})
        if not leads and (run.reference.users is None or user not in run.reference.users["user"]):
            raise UsageError(
                "--from: neither users.csv nor an open lead knows this user; the view owner_load lists all owners"
            )
    return Handover(batch.batch_id, leads)
