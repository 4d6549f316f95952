"""Commands that give leads out: export."""

import sys
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from flows import output
from flows.commands.places import NOWHERE_SPECIAL, Places, reading
from flows.errors import UsageError


def export(
    form: Annotated[
        Literal["json", "ndjson", "csv", "parquet", "text"] | None,
        Parameter(name="--format", help="how to write them [default: by the file name, else json; of a person text]"),
    ] = None,
    to: Annotated[Path | None, Parameter(name="--output", help="the file to write; none: standard output")] = None,
    batch: Annotated[int | None, Parameter(help="only leads that this batch inserted or updated")] = None,
    where: Annotated[str | None, Parameter(help="only leads of which this holds: SQL over the columns of lead")] = None,
    since: Annotated[
        datetime | None, Parameter(help="only leads that changed in the warehouse since this day or moment (UTC)")
    ] = None,
    subject: Annotated[
        int | None, Parameter(help="instead: all that is held about the person of this lead, as text or json")
    ] = None,
    channel: Annotated[
        Literal["email", "phone", "sms"] | None,
        Parameter(name="--for", help="only leads that may be contacted this way; none: all, who say how they may be"),
    ] = None,
    masked: Annotated[
        bool, Parameter(help="for wider circles: contacts as hashes, no names, no free text, no log", negative="")
    ] = False,
    places: Places = NOWHERE_SPECIAL,
) -> None:
    """Write leads as JSON or NDJSON (the specification's documents), CSV or Parquet (its 30 columns), by id.

    Where one of them asked not to be contacted, all have may_email, may_call and may_sms besides; --for leaves those
    out who may not be. What is written can be loaded again without a change. In CSV, cells that a spreadsheet would
    run begin with an apostrophe, which is taken away when they are loaded.

    Examples:

        leads export --format csv --output leads.csv

        leads export --masked --output for-analysts.parquet

        leads export --where "processStage = 'New' AND assignedTo IS NULL" --format ndjson

        leads export --subject 1000000000042 --output for-dana.txt
    """
    if subject is not None:
        if batch is not None or since is not None or where is not None or form not in (None, "json", "text"):
            raise UsageError("--subject is of one person, as text or json; leave the other choices out")
        _export_subject(subject, to, "json" if form == "json" else "text", places)
        return
    if form == "text":
        raise UsageError("text is for one person: leads export --subject ID; leads are json, ndjson, csv or parquet")
    from flows.export import Wanted, write_leads
    from flows.steps.publish import batch_named
    from flows.whole_files import whole_file

    form = form or _format_of(to)
    _refuse_place(to, form, places)
    moment = since if since is None or since.tzinfo else since.replace(tzinfo=UTC)
    with reading(places) as warehouse:
        if batch is not None:
            batch_named(warehouse, batch)
        with whole_file(to) if to else nullcontext(sys.stdout.buffer) as file:
            written = write_leads(warehouse, Wanted(batch, moment, where, channel), file, form, is_masked=masked)
    sys.stdout.flush()
    output.note(f"{written.lead_count:,} leads written to {to or 'standard output'}.")
    if written.restricted_count:
        output.note(
            f"{written.restricted_count:,} of them asked not to be contacted in some way: see may_email, may_call and "
            "may_sms, or leave them out: --for email|phone|sms"
        )


def _export_subject(lead_id: int, to: Path | None, form: Literal["text", "json"], places: Places) -> None:
    from flows.subject import write_subject
    from flows.whole_files import whole_file

    _refuse_place(to, form, places)
    with reading(places) as warehouse, whole_file(to) if to else nullcontext(sys.stdout.buffer) as file:
        write_subject(warehouse, lead_id, file, form)
    sys.stdout.flush()


def _format_of(to: Path | None) -> Literal["json", "ndjson", "csv", "parquet"]:
    suffix = "" if to is None else to.suffix.lower()
    match suffix:
        case ".csv":
            return "csv"
        case ".parquet":
            return "parquet"
        case ".ndjson" | ".jsonl":
            return "ndjson"
        case _:
            return "json"


def _refuse_place(to: Path | None, form: str, places: Places) -> None:
    if to is None and form == "parquet" and sys.stdout.isatty():
        raise UsageError("Parquet is nothing to look at; name a file: --output leads.parquet")
    warehouse = places.settings().warehouse
    if to is not None and warehouse.exists() and to.exists() and to.samefile(warehouse):
        raise UsageError(f"{to} is the warehouse; name another file")
