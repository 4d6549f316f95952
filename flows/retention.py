"""The Prefect flow `retain-data`: removes what was kept for long enough, by `retention.toml`."""

from datetime import UTC, datetime

from prefect import flow
from prefect.artifacts import create_markdown_artifact
from pydantic import BaseModel, ConfigDict, Field

from flows import output
from flows.errors import told_by_kind
from flows.owner_only import write_for_owner_only
from flows.retain import WHAT, retain
from flows.settings import load_settings


class RetainRequest(BaseModel):
    """What a run may do; Prefect's form asks for it, and refuses what does not fit."""

    model_config = ConfigDict(extra="forbid")

    dry_run: bool = Field(default=False, description="Only tell what would be removed.")


WHAT_IS_DUE = RetainRequest()


@flow(name="retain-data", persist_result=False, validate_parameters=True)
def retain_data(request: RetainRequest = WHAT_IS_DUE) -> int:
    """Remove files, texts and backups whose time is over; return of how many batches or files."""
    write_for_owner_only()
    with told_by_kind():
        removals = retain(
            load_settings(), now=datetime.now(UTC), is_dry_run=request.dry_run, report=output.report_progress
        )
    counts = {what: sum(each.item_count for each in removals if each.what == what) for what in WHAT}
    told = ", ".join(f"{count:,} x {what}" for what, count in counts.items())
    told += " would be removed" if request.dry_run else " removed"
    create_markdown_artifact(key="retain-summary", markdown=told, description="What was kept for long enough")
    return len(removals)
