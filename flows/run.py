"""A run: what was asked for, and what all of its batches share while warehouse and archive are open for it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal, ParamSpec, Protocol, TypeVar

from flows.archive import UNFINISHED
from flows.errors import LeadmillError, NoRoomError, is_out_of_room
from flows.fail_points import fail_point
from flows.forbidden_headers import ForbiddenHeaders, load_forbidden_headers
from flows.header_aliases import Aliases, load_aliases
from flows.heads import leave_heads
from flows.leftovers import remove_leftovers, scratch_folder
from flows.reference import Reference
from flows.settings import Settings
from flows.steps.resolve import Identity, identity_of
from flows.warehouse import Warehouse, migrate, open_warehouse

P = ParamSpec("P")
T = TypeVar("T")


class StepRunner(Protocol):
    """Runs one step; the flow's runner makes it a Prefect task."""

    def __call__(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what `function` returns for the arguments."""
        ...


def run_directly(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a step as a plain call."""
    return function(*args, **kwargs)


def _breakable(step: StepRunner) -> StepRunner:
    """Return a runner with a fail point before and after each step, by the name of its function."""

    def run(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        fail_point(f"before {function.__name__}")
        result = step(function, *args, **kwargs)
        fail_point(f"after {function.__name__}")
        return result

    return run


@dataclass(frozen=True)
class Request:
    """What the user asked for: which files, for which feed, and how."""

    paths: tuple[str, ...] = ()
    feed: str | None = None
    is_dry_run: bool = False
    is_forced: bool = False
    trigger: Literal["manual", "schedule", "event"] = "manual"
    flow_run_id: str | None = None


@dataclass(frozen=True)
class Progress:
    """How far a file is, for whoever shows it; `rows_read` grows chunk by chunk."""

    file: str
    step: str
    rows_read: int = 0


def now() -> datetime:
    """Return this moment, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Clock:
    """When a batch begins and ends: now, or for one that is told again, when it did."""

    begins: Callable[[], datetime] = now
    ends: Callable[[], datetime] = now


@dataclass(frozen=True)
class Run:
    """What all files of one run share. A dry run takes files into an archive of its own, beside the `kept_archive`."""

    settings: Settings
    warehouse: Warehouse
    archive: Path
    kept_archive: Path
    reference: Reference
    aliases: Aliases
    forbidden: ForbiddenHeaders
    identity: Identity
    request: Request
    step: StepRunner
    report: Callable[[Progress], None]
    code_version: str
    clock: Clock = Clock()


@contextmanager
def open_run(
    settings: Settings,
    reference: Reference,
    request: Request,
    *,
    step: StepRunner = run_directly,
    report: Callable[[Progress], None] = lambda progress: None,
    must_exist: bool = False,
) -> Iterator[Run]:
    """Open warehouse and archive for the batches of a request; for a dry run so that nothing of them stays.

    Raises WarehouseError where there is no warehouse and it `must_exist`, NoRoomError when a disk is full.
    """
    opened = _opened(settings, is_dry_run=request.is_dry_run, must_exist=must_exist)
    with _told_when_full(settings), opened as (warehouse, archive):
        yield run_of(warehouse, archive, settings, reference, request, step=_breakable(step), report=report)


def run_of(
    warehouse: Warehouse,
    archive: Path,
    settings: Settings,
    reference: Reference,
    request: Request,
    *,
    step: StepRunner = run_directly,
    report: Callable[[Progress], None] = lambda progress: None,
) -> Run:
    """Return a run over a warehouse that is open."""
    return Run(
        settings=settings,
        warehouse=warehouse,
        archive=archive,
        kept_archive=settings.archive,
        reference=reference,
        aliases=load_aliases(reference.folder if reference.header_aliases else None),
        forbidden=load_forbidden_headers(reference.forbidden_headers),
        identity=identity_of(reference.folder, reference.identity),
        request=request,
        step=step,
        report=report,
        code_version=code_version(),
    )


@contextmanager
def _told_when_full(settings: Settings) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        if isinstance(error, LeadmillError) or not is_out_of_room(error):
            # What is told already is told better.
            raise
        raise NoRoomError(
            f"no room left for the warehouse {settings.warehouse}, the archive {settings.archive} or temporary files; "
            "nothing of what was at hand is loaded: make room, and run the command again"
        ) from error


@contextmanager
def _opened(settings: Settings, *, is_dry_run: bool, must_exist: bool) -> Iterator[tuple[Warehouse, Path]]:
    """Open warehouse and archive; for a dry run so that nothing of it stays."""
    with ExitStack() as stack:
        path, archive = settings.warehouse, settings.archive
        if is_dry_run:
            scratch = stack.enter_context(scratch_folder())
            archive = scratch / "archive"
            path = path if path.exists() else scratch / "leads.duckdb"
        warehouse = stack.enter_context(
            open_warehouse(
                path,
                wait_seconds=settings.wait_seconds,
                memory_limit=settings.memory_limit,
                must_exist=must_exist,
            )
        )
        if is_dry_run and path == settings.warehouse:
            stack.enter_context(warehouse.rehearsal())
            migrate(warehouse)
        else:
            migrate(warehouse)
            remove_leftovers(archive, UNFINISHED)
            if is_dry_run:
                stack.enter_context(warehouse.rehearsal())
        try:
            yield warehouse, archive
        except BaseException:
            # What was committed before is in the warehouse; what went wrong is the news, not this.
            with suppress(Exception):
                leave_heads(warehouse, archive)
            raise
        leave_heads(warehouse, archive)


def code_version() -> str:
    """Return the version of Leadmill that runs."""
    try:
        return version("leadmill")
    except PackageNotFoundError:
        return "unknown"
