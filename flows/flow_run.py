"""Which run of Prefect this is, for the batches that it makes to name; none outside a flow."""

from typing import Literal

from prefect.context import FlowRunContext


def flow_run_id() -> str | None:
    """Return the id of the flow run, or None."""
    context = FlowRunContext.get()
    return None if context is None or context.flow_run is None else str(context.flow_run.id)


def flow_run_trigger() -> Literal["manual", "schedule"]:
    """Return what started the flow run: a schedule, or somebody."""
    context = FlowRunContext.get()
    if context is None or context.flow_run is None or not context.flow_run.auto_scheduled:
        return "manual"
    return "schedule"
