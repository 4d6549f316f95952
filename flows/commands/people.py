"""Commands about who is whom, and since when: explain, history, merges, unmerge, review, sweep, train."""

import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from flows import output
from flows.commands.places import NOWHERE_SPECIAL, AsJson, Places, deciding, reading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flows.history import Past
    from flows.regroup import Outcome


def explain(
    lead_id: Annotated[int, Parameter(help="id of a lead, or one that it gave up")],
    at: Annotated[
        datetime | None, Parameter(help="show the lead as it was at this moment, or at the begin of this day (UTC)")
    ] = None,
    as_json: AsJson = False,
    places: Places = NOWHERE_SPECIAL,
) -> None:
    """Tell what a lead is made of: its records, who was joined to it and why, and where each field is from.

    With --at, its fields as the table `lead` showed them then, whatever was undone, merged or told since.

    Examples:

        leads explain 1000000000042

        leads explain 1000000000042 --at 2026-01-05T18:00
    """
    from flows.explain import explain_lead
    from flows.history import lead_then

    if at is not None:
        with reading(places) as warehouse:
            past = lead_then(warehouse, lead_id, at)
        return _tell_past(past, as_json=as_json)
    with reading(places) as warehouse:
        explanation = explain_lead(warehouse, lead_id)
    document = explanation.document()
    if as_json:
        output.print_json(document)
        return
    if explanation.lead_id != lead_id:
        output.print_text(f"{lead_id} is lead {explanation.lead_id} now.")
    records = ("record_id", "feed", "source_key", "batch_id", "row_number", "as_of", "firstName", "lastName", "email")
    output.print_records(document["records"], records, as_json=False)
    if document["decisions"]:
        decisions = ("decision", "why", "weight", "batch_id", "source_id", "other_source_id", "other_lead_id")
        output.print_records(document["decisions"], decisions, as_json=False)
    fields = [field for field in document["fields"] if field["value"] is not None]
    columns = ("field", "value", "feed", "batch_id", "row_number", "record_id", "as_of", "rule")
    output.print_records(fields, columns, as_json=False)
    output.print_text("\n".join(document["assignment"]))
    if document["preferences"]:
        output.print_records([explanation.may], tuple(explanation.may), as_json=False)
        told = ("channel", "status", "source", "evidence", "noted_at", "last_noted_at", "batch_id", "is_standing")
        output.print_records(document["preferences"], told, as_json=False)


def history(
    lead_id: Annotated[int, Parameter(help="id of a lead, or one that it gave up")],
    as_json: AsJson = False,
    places: Places = NOWHERE_SPECIAL,
) -> None:
    """Tell what happened to a lead, the oldest first, under all ids that it ever had."""
    from flows.history import lead_history

    with reading(places) as warehouse:
        events = lead_history(warehouse, lead_id)
    output.print_records(events, ("created", "event", "user", "batch_id", "told"), as_json=as_json)


def merges(
    batch: Annotated[int | None, Parameter(help="batch id; none: all that stand")] = None,
    as_json: AsJson = False,
    places: Places = NOWHERE_SPECIAL,
) -> None:
    """List who was joined to whom, by which rule or weight, the newest first; leads unmerge takes one back."""
    from flows.explain import list_merges

    with reading(places) as warehouse:
        rows = list_merges(warehouse, batch)
    columns = ("batch_id", "lead_id", "source_id", "other_source_id", "feed", "other_feed", "weight", "why")
    output.print_records(rows, columns, as_json=as_json)


def unmerge(
    lead_id: Annotated[int, Parameter(help="a lead, or an id that was given up to it")],
    record: Annotated[
        list[int] | None, Parameter(help="only this record (leads explain) leaves; may be repeated", negative="")
    ] = None,
    as_json: AsJson = False,
    places: Places = NOWHERE_SPECIAL,
) -> None:
    """Take apart what was joined to a lead, with ids, contacts and events; no rerun and no sweep joins it again.

    An id that was given up lives again. Given such an id, only what came with it is set apart.

    Examples:

        leads unmerge 1000000000042

        leads unmerge 501 --record 77
    """
    from flows.regroup import unmerge as take_apart

    with deciding(places) as run:
        outcome = take_apart(run, lead_id, record or ())
    _tell_regrouped([outcome], as_json=as_json)


def review(
    sheet: Annotated[Path | None, Parameter(help="a sheet of --csv or --xlsx that was filled in: carry it out")] = None,
    merge: Annotated[list[str] | None, Parameter(help="pairs that are one person", negative="")] = None,
    apart: Annotated[list[str] | None, Parameter(help="pairs that are two, for good", negative="")] = None,
    ask: Annotated[bool, Parameter(help="show them one by one and ask", negative="")] = False,
    csv: Annotated[Path | None, Parameter(help="write them to this sheet, to be decided and given back")] = None,
    xlsx: Annotated[Path | None, Parameter(help="the same as a workbook")] = None,
    as_json: AsJson = False,
    places: Places = NOWHERE_SPECIAL,
) -> None:
    """List pairs of leads that may be one person and wait for somebody to decide; or decide them.

    Examples:

        leads review --merge 12-57 --apart 12-90

        leads review --csv to-decide.csv

        leads review to-decide.csv
    """
    from flows.explain import list_open_pairs, pairs_of
    from flows.reject_sheets import write_csv, write_xlsx
    from flows.review import Decisions, ask_one_by_one, decide, read_decisions, review_sheet

    if sheet or merge or apart:
        decisions = read_decisions(sheet) if sheet else Decisions(pairs_of(merge or ()), pairs_of(apart or ()))
        return _tell_regrouped(decide(places.settings(), decisions), as_json=as_json)
    with reading(places) as warehouse:
        pairs = list_open_pairs(warehouse)
    if ask:
        decisions = ask_one_by_one(pairs, output.print_pair, lambda: input("m(erge), a(part), s(kip), q(uit)? "))
        return _tell_regrouped(decide(places.settings(), decisions), as_json=as_json)
    for path, write in ((csv, write_csv), (xlsx, write_xlsx)):
        if path:
            write(review_sheet(pairs), path)
            output.note(f"{len(pairs):,} open pairs written to {path}; decide them, then: leads review {path}")
    if not (csv or xlsx):
        columns = ("pair", "lead_id", "name", "other_lead_id", "other_name", "weight", "why")
        output.print_records(pairs, columns, as_json=as_json)


def sweep(
    full: Annotated[
        bool, Parameter(help="compare all with all, not only what is new since the last sweep", negative="")
    ] = False,
    as_json: AsJson = False,
    places: Places = NOWHERE_SPECIAL,
) -> None:
    """Look through the warehouse for people who were not recognised when they came, and join them.

    What is not sure waits in: leads review. Nobody is taken apart.
    """
    if os.environ.get("PREFECT_API_URL"):
        from flows.sweep import SweepRequest, sweep_duplicates

        places.settings().export()
        outcome = sweep_duplicates(SweepRequest(full=full))
    else:
        from flows.regroup import sweep as sweep_directly

        with deciding(places) as run:
            outcome = sweep_directly(run, is_full=full)
    output.end_progress()
    _tell_regrouped([outcome], as_json=as_json)


def train(
    dry_run: Annotated[bool, Parameter(help="show the weights, write nothing", negative="")] = False,
    as_json: AsJson = False,
    places: Places = NOWHERE_SPECIAL,
) -> None:
    """Refit the weights by which people are recognised on this warehouse, without labels, and write them for review.

    The file is identity_model.json of the reference folder; from then on it is used. Take it away to go back. One that
    was there before is kept beside it, as identity_model.json.bak.
    """
    from flows.identity.model import MODEL_FILE
    from flows.training import kept_model
    from flows.training import train as refit

    folder = places.settings().reference
    was_there = (folder / MODEL_FILE).exists()
    with reading(places) as warehouse:
        changes = refit(warehouse, places.settings(), is_dry_run=dry_run)
    columns = ("comparison", "level", "m_before", "m", "weight_before", "weight")
    output.print_records(changes, columns, as_json=as_json)
    if dry_run:
        output.note("Dry run: nothing was written.")
        return
    kept = f"; the model before it is {kept_model(folder)}" if was_there else ""
    output.note(f"{folder / MODEL_FILE} written, and used from now on: look it through{kept}.")


def _tell_past(past: "Past", *, as_json: bool) -> None:
    if as_json:
        output.print_json(past.document())
        return
    for lead in past.leads:
        output.print_text(
            f"Lead {lead['id']} as it was at {past.moment:%Y-%m-%dT%H:%M:%SZ}, after batch {past.batch_id}:"
        )
        output.print_table(
            ("field", "value"), [(name, output.plain(value)) for name, value in lead.items() if value is not None]
        )


def _tell_regrouped(outcomes: "Sequence[Outcome]", *, as_json: bool) -> None:
    if as_json:
        output.print_json(
            [
                {**each.summary.columns, "leads_before": each.leads_before, "leads_after": each.leads_after}
                for each in outcomes
            ]
        )
        return
    for each in outcomes:
        columns = each.summary.columns
        output.note(
            f"batch {columns['batch_id']} ({columns['kind']}): {each.leads_before:,} leads are {each.leads_after:,} now"
        )
    if not outcomes:
        output.note("Nothing was decided.")
