"""`leads up`: the flows, served: one deployment per scheduled feed, one for loads by hand, one for sweeps.

Where there is a `retention.toml`, one more removes by its schedule what was kept for long enough.

Runs of one deployment queue behind each other; that two runs never write at once is the warehouse's
own lock, not Prefect's.
"""

import logging
import signal
from contextlib import ExitStack
from typing import Any, Final, cast

from prefect import Flow, serve
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.deployments.runner import RunnerDeployment
from prefect.schedules import Cron, Schedule
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.types.entrypoint import EntrypointType

from flows import output
from flows.ingest import ingest_leads
from flows.plain_text import without_password
from flows.prefect_server import own_prefect_server
from flows.reference import RETENTION_FILE, load_reference
from flows.retention import retain_data
from flows.settings import Settings
from flows.sweep import sweep_duplicates
from schemas.reference import Feed
from schemas.retention import Retention

BY_HAND: Final = "by-hand"
BY_SCHEDULE: Final = "by-schedule"


def serve_deployments(settings: Settings) -> None:
    """Serve until interrupted; a server that was started for it ends with it.

    Raises UsageError for broken reference files before anything is started.
    """
    reference = load_reference(settings.reference, must_exist="reference" in settings.model_fields_set)
    scheduled = [feed for feed in reference.feeds.values() if feed.schedule is not None]
    settings.export()
    with ExitStack() as stack:
        if not PREFECT_API_URL.value():
            api_url = stack.enter_context(own_prefect_server(with_schedules=True))
            stack.enter_context(temporary_settings({PREFECT_API_URL: api_url}))
        deployments = [deployment_of(feed) for feed in scheduled] + [deployment_by_hand(), deployment_of_sweeps()]
        if RETENTION_FILE in reference.contents:
            deployments.append(deployment_of_retention(reference.retention))
        output.note(f"Prefect: {without_password(str(PREFECT_API_URL.value())).removesuffix('/api')}")
        for feed in scheduled:
            output.note(f"feed {feed.name}: {feed.schedule} ({feed.timezone})")
        if RETENTION_FILE in reference.contents:
            output.note(f"{RETENTION_FILE}: {reference.retention.schedule} (UTC)")
        output.note(
            f"by hand: prefect deployment run ingest-leads/{BY_HAND} (or sweep-duplicates/{BY_HAND}), or the UI."
        )
        output.note("Ctrl-C ends it all.")
        logging.getLogger("prefect.task_runs").setLevel(logging.WARNING)
        # Prefect's runner has its own way to end on signals.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        serve(*deployments, print_starting_message=False)


def deployment_of(feed: Feed) -> RunnerDeployment:
    """Return the deployment that runs a scheduled feed."""
    return _deployment(
        feed.name,
        f"Loads the exports of feed {feed.name} from its location.",
        schedule=Cron(str(feed.schedule), timezone=feed.timezone),
        parameters={"request": {"feed": feed.name}},
    )


def deployment_by_hand() -> RunnerDeployment:
    """Return the deployment for runs that someone starts."""
    return _deployment(BY_HAND, "Loads the files or the feed that you name.")


def deployment_of_sweeps() -> RunnerDeployment:
    """Return the deployment for sweeps that someone starts."""
    return _deployment(BY_HAND, "Joins leads that turn out to be one person.", of=sweep_duplicates)


def deployment_of_retention(retention: Retention) -> RunnerDeployment:
    """Return the deployment that removes what was kept for long enough."""
    return _deployment(
        BY_SCHEDULE,
        f"Removes what was kept for longer than {RETENTION_FILE} says.",
        schedule=Cron(retention.schedule, timezone="UTC"),
        of=retain_data,
    )


def _deployment(
    name: str,
    description: str,
    schedule: Schedule | None = None,
    parameters: dict[str, Any] | None = None,
    of: Flow[..., Any] = ingest_leads,
) -> RunnerDeployment:
    deployment = of.to_deployment(
        name,
        description=description,
        schedule=schedule,
        parameters=parameters,
        tags=["leadmill"],
        # The second run of a deployment waits for the first instead of being dropped.
        concurrency_limit=ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.ENQUEUE),
        entrypoint_type=EntrypointType.MODULE_PATH,
        enforce_parameter_schema=True,
    )
    # Outside an event loop it is no coroutine, though its type says that it may be one.
    return cast("RunnerDeployment", deployment)
