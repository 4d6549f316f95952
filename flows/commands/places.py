"""What every command takes: where things are, and how a warehouse is opened to be read or decided in."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from flows import output

if TYPE_CHECKING:
    from flows.run import Run
    from flows.settings import Settings
    from flows.warehouse import Warehouse


@Parameter(name="*")
@dataclass(frozen=True)
class Places:
    """Where things are; each wins over its LEADS_ variable and leads.toml."""

    warehouse: Annotated[Path | None, Parameter(help="DuckDB file [default: data/warehouse/leads.duckdb]")] = None
    reference: Annotated[Path | None, Parameter(help="folder of feeds.toml [default: data/reference]")] = None
    archive: Annotated[Path | None, Parameter(help="where files taken are kept [default: data/archive]")] = None
    debug: Annotated[bool, Parameter(help="show tracebacks", negative="")] = False

    def settings(self) -> "Settings":
        """Return the settings with these flags applied."""
        from flows.settings import load_settings

        return load_settings(warehouse=self.warehouse, reference=self.reference, archive=self.archive)


NOWHERE_SPECIAL = Places()
AsJson = Annotated[bool, Parameter(name="--json", help="print one JSON document and nothing else", negative="")]


@contextmanager
def deciding(places: Places) -> Iterator["Run"]:
    """Open the warehouse for a batch that takes no file."""
    from flows.reference import load_reference
    from flows.run import Request, open_run

    settings = places.settings()
    reference = load_reference(settings.reference, must_exist="reference" in settings.model_fields_set)
    with open_run(settings, reference, Request(), report=output.report_progress, must_exist=True) as run:
        yield run


@contextmanager
def reading(places: Places) -> Iterator["Warehouse"]:
    """Open the warehouse to be read."""
    from flows.warehouse import read_warehouse

    settings = places.settings()
    with read_warehouse(settings.warehouse, wait_seconds=settings.wait_seconds) as warehouse:
        yield warehouse
