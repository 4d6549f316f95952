"""The Prefect flow `ingest-leads`: the pipeline's steps as tasks, its summary as an artifact.

Order and logic are in `flows.pipeline`; nothing that is promised rests on Prefect. Frames and connections
go from task to task in this process only, so no task caches or persists a result.
"""

import argparse
import logging
import re
import sys
from collections.abc import Callable
from typing import Annotated, ParamSpec, TypeVar

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.events import emit_event
from prefect.logging.handlers import APILogHandler
from prefect.settings import PREFECT_API_URL, temporary_settings
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from flows import output, pipeline, signals
from flows.errors import BatchFailedError, InternalError, LeadmillError, told_by_kind
from flows.flow_run import flow_run_id, flow_run_trigger
from flows.owner_only import write_for_owner_only
from flows.prefect_server import own_prefect_server
from flows.run import Request
from flows.settings import load_settings
from flows.steps import publish

P = ParamSpec("P")
T = TypeVar("T")


class IngestFailedError(BatchFailedError):
    """At least one file of the run failed; the others stand."""

    def __init__(self, summaries: list[publish.BatchSummary]) -> None:
        failed = sum(summary.is_failure for summary in summaries)
        super().__init__(f"{failed} of {len(summaries)} files failed; see: leads batches")
        self.summaries = summaries


def refuse_password(path: str) -> str:
    """Return a path; refuse a URL with a user name or password, for Prefect keeps the parameters of a run."""
    if re.search(r"://[^/@]*@", path):
        raise PydanticCustomError("password", "a URL may hold no user name or password")
    return path


class IngestRequest(BaseModel):
    """What a run is to load; Prefect's form asks for it, and refuses what does not fit."""

    model_config = ConfigDict(extra="forbid")

    feed: str | None = Field(
        default=None, description="Name of a feed in feeds.toml; empty: the one whose location matches each file."
    )
    paths: list[Annotated[str, AfterValidator(refuse_password)]] = Field(
        default=[], description="Files, folders or globs on the worker's machine; none: the location of each feed."
    )
    dry_run: bool = Field(default=False, description="Do everything but the commit.")
    force: bool = Field(default=False, description="Load files again that were loaded before.")


NOTHING_SPECIAL = IngestRequest()


@flow(name="ingest-leads", persist_result=False, validate_parameters=True)
def ingest_leads(request: IngestRequest = NOTHING_SPECIAL) -> list[publish.BatchSummary]:
    """Load exports into the warehouse: pull, read, map, normalise, validate, resolve, survive, assign, load."""
    write_for_owner_only()
    with told_by_kind():
        summaries = pipeline.ingest(
            load_settings(),
            Request(
                paths=tuple(request.paths),
                feed=request.feed,
                is_dry_run=request.dry_run,
                is_forced=request.force,
                trigger=flow_run_trigger(),
                flow_run_id=flow_run_id(),
            ),
            step=run_as_task,
            report=output.report_progress,
        )
    for summary in summaries:
        _tell_drift(summary)
    create_markdown_artifact(
        key="ingest-summary", markdown=publish.markdown_summary(summaries), description="What became of each file"
    )
    if any(summary.is_failure for summary in summaries):
        raise IngestFailedError(summaries)
    return summaries


def run_as_task(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a step as a Prefect task of its own name. Prefect keeps the texts of errors: they quote nothing of a file."""

    def step(*args: P.args, **kwargs: P.kwargs) -> T:
        with told_by_kind():
            return function(*args, **kwargs)

    name = function.__name__.replace("_", "-")
    as_task = task(name=name, cache_policy=NO_CACHE, persist_result=False)(step)
    return as_task(*args, **kwargs)


def _tell_drift(summary: publish.BatchSummary) -> None:
    """Emit a Prefect event where the columns of a feed changed; what they are called stands in the batch's warnings."""
    if any(summary.drift.values()):
        emit_event(
            event="leadmill.feed.columns-changed",
            resource={"prefect.resource.id": f"leadmill.feed.{summary.columns['feed']}"},
            payload={"batch_id": summary.columns["batch_id"], **summary.drift},
        )


def run_with_server(request: IngestRequest) -> list[publish.BatchSummary]:
    """Run the flow against the configured Prefect server, or one that is started for it and ended after it."""
    if PREFECT_API_URL.value():
        return ingest_leads(request)
    with own_prefect_server() as api_url, temporary_settings({PREFECT_API_URL: api_url}):
        try:
            return ingest_leads(request)
        finally:
            # The run's last log lines are sent by a thread: before its server ends.
            APILogHandler().flush()


def main() -> int:
    """Run the flow over files named on the command line; print its summary and where to look next."""
    parser = argparse.ArgumentParser(prog="python -m flows.ingest", description="Load exports as a Prefect flow run.")
    parser.add_argument("paths", nargs="*", help="files, folders or globs")
    parser.add_argument("--feed", help="name of the feed")
    arguments = parser.parse_args()
    signals.stop_cleanly_on_signals()
    write_for_owner_only()
    # One line per task and file says nothing that the server does not keep.
    logging.getLogger("prefect.task_runs").setLevel(logging.WARNING)
    try:
        summaries = run_with_server(IngestRequest(paths=arguments.paths, feed=arguments.feed))
    except IngestFailedError as error:
        output.print_summary(error.summaries)
        return error.exit_code
    except (LeadmillError, signals.Stopped) as error:
        output.print_error(error)
        return error.exit_code
    except InternalError as error:
        output.print_error(error)
        return 1
    output.print_summary(summaries)
    output.print_next_steps(summaries)
    return 0


if __name__ == "__main__":
    sys.exit(main())
