"""The Prefect flow `sweep-duplicates`: a sweep of the warehouse for people who were not recognised when they came."""

from prefect import flow
from prefect.artifacts import create_markdown_artifact
from pydantic import BaseModel, ConfigDict, Field

from flows import output, regroup
from flows.errors import told_by_kind
from flows.flow_run import flow_run_id, flow_run_trigger
from flows.owner_only import write_for_owner_only
from flows.reference import load_reference
from flows.run import Request, open_run
from flows.settings import load_settings


class SweepRequest(BaseModel):
    """What a sweep compares; Prefect's form asks for it, and refuses what does not fit."""

    model_config = ConfigDict(extra="forbid")

    full: bool = Field(default=False, description="Compare all with all, not only what is new since the last sweep.")


NEW_AND_CHANGED = SweepRequest()


@flow(name="sweep-duplicates", persist_result=False, validate_parameters=True)
def sweep_duplicates(request: SweepRequest = NEW_AND_CHANGED) -> regroup.Outcome:
    """Join the leads that are surely one person; leave the others for `leads review`."""
    write_for_owner_only()
    with told_by_kind():
        settings = load_settings()
        reference = load_reference(settings.reference, must_exist="reference" in settings.model_fields_set)
        asked = Request(trigger=flow_run_trigger(), flow_run_id=flow_run_id())
        with open_run(settings, reference, asked, report=output.report_progress, must_exist=True) as run:
            outcome = regroup.sweep(run, is_full=request.full)
    batch_id = outcome.summary.columns["batch_id"]
    told = f"{outcome.leads_before:,} leads are {outcome.leads_after:,} now (batch {batch_id})"
    create_markdown_artifact(key="sweep-summary", markdown=told, description="What the sweep joined")
    return outcome
