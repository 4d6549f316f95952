"""Commands that show what became of files and rows, and take it back: batches, show, rejects, reconcile, undo."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from flows import output
from flows.commands.places import NOWHERE_SPECIAL, AsJson, Places, reading
from flows.errors import UsageError


def batches(as_json: AsJson = False, places: Places = NOWHERE_SPECIAL) -> None:
    """List all batches, the newest first: what was taken and what became of its rows."""
    from flows.steps.publish import list_batches

    with reading(places) as warehouse:
        records = list_batches(warehouse).to_dicts()
    columns = [
        *(
            "batch_id",
            "kind",
            "feed",
            "status_today",
            "file_uri",
            "rows_read",
            "rows_inserted",
            "rows_updated",
        ),
        *("rows_unchanged", "rows_merged", "rows_rejected", "started_at"),
    ]
    output.print_records(records, columns, as_json=as_json)


def show(
    batch: Annotated[int, Parameter(help="batch id, as in `leads batches`")],
    write_reference: Annotated[
        Path | None, Parameter(help="write the reference files that it used into this new folder")
    ] = None,
    as_json: AsJson = False,
    places: Places = NOWHERE_SPECIAL,
) -> None:
    """Show one batch: its audit row, its cell issues and its rejected rows by code."""
    from flows.reference_versions import give_back
    from flows.steps.publish import batch_named, count_issues, count_reject_reasons

    with reading(places) as warehouse:
        columns = batch_named(warehouse, batch).columns
        if write_reference is not None:
            names = give_back(warehouse, batch, write_reference)
            output.note(f"{write_reference}: {', '.join(names)} as batch {batch} used them")
        issues = count_issues(warehouse, batch).to_dicts()
        reasons = count_reject_reasons(warehouse, batch).to_dicts()
    if as_json:
        output.print_json({**columns, "cell_issues": issues, "reject_reasons": reasons})
        return
    output.print_table(("column", "value"), [(name, value) for name, value in columns.items() if value is not None])
    if issues:
        output.print_table(("cells kept out", "code", "cells"), [list(issue.values()) for issue in issues])
    if reasons:
        output.print_table(("rows rejected for", "code", "rows"), [list(reason.values()) for reason in reasons])


def rejects(
    batch: Annotated[int | None, Parameter(help="batch id; none: the open rows of all batches")] = None,
    csv: Annotated[Path | None, Parameter(help="write them to this sheet, to be mended and replayed")] = None,
    xlsx: Annotated[Path | None, Parameter(help="the same as a workbook")] = None,
    dismiss: Annotated[bool, Parameter(help="put the batch's open rows away for good", negative="")] = False,
    row: Annotated[
        list[int] | None, Parameter(help="with --dismiss: only this row; may be repeated", negative="")
    ] = None,
    as_json: AsJson = False,
    places: Places = NOWHERE_SPECIAL,
) -> None:
    """List rejected rows with their reasons and raw text; or write them to a sheet; or put them away.

    A sheet has the reason in front and the cells of the export behind. Mend the cells, leave the columns
    leadmill_batch and leadmill_row as they are, and load what you mended: leads replay SHEET.

    Examples:

        leads rejects --csv to-mend.csv

        leads rejects 12 --dismiss --row 7
    """
    from flows.steps.publish import list_rejects

    if dismiss:
        return _dismiss(batch, row, places)
    if row:
        raise UsageError("--row goes with --dismiss")
    if csv or xlsx:
        return _write_sheet(batch, csv, xlsx, places)
    with reading(places) as warehouse:
        records = list_rejects(warehouse, batch).to_dicts()
    if as_json:
        output.print_json(records)
        return
    output.print_table(
        ("batch", "row", "line", "feed", "status", "seen", "code", "what to do", "raw"),
        [
            (
                *(record["batch_id"], record["row_number"], record["line_number"], record["feed"]),
                *(record["status"], record["seen_count"]),
                ", ".join(reason["code"] for reason in record["reasons"]),
                "; ".join(reason["message"] for reason in record["reasons"]),
                record["raw"],
            )
            for record in records
        ],
    )


def _dismiss(batch: int | None, rows: list[int] | None, places: Places) -> None:
    from flows.steps.publish import dismiss_rejects
    from flows.warehouse import migrate, open_warehouse

    if batch is None:
        raise UsageError("say of which batch: leads rejects BATCH --dismiss")
    settings = places.settings()
    with open_warehouse(settings.warehouse, wait_seconds=settings.wait_seconds, must_exist=True) as warehouse:
        migrate(warehouse)
        count = dismiss_rejects(warehouse, batch, rows)
    output.note(f"{count:,} rejected rows of batch {batch} dismissed.")


def _write_sheet(batch: int | None, csv: Path | None, xlsx: Path | None, places: Places) -> None:
    from flows.reference import load_reference
    from flows.reject_export import make_sheet, sealer
    from flows.reject_sheets import write_csv, write_xlsx
    from flows.steps.publish import list_rejects

    settings = places.settings()
    sealed = sealer(load_reference(settings.reference, must_exist="reference" in settings.model_fields_set))
    with reading(places) as warehouse:
        sheet = make_sheet(warehouse, settings.archive, list_rejects(warehouse, batch), sealed)
    for path, write in ((csv, write_csv), (xlsx, write_xlsx)):
        if path:
            write(sheet, path)
            output.note(f"{sheet.height:,} rejected rows written to {path}; mend them, then: leads replay {path}")


def reconcile(
    file: Annotated[
        str | None, Parameter(help="an export of a full feed; none: the newest one that was loaded")
    ] = None,
    *,
    feed: Annotated[str | None, Parameter(help='name of a feed with extent = "full"; none: all of them')] = None,
    as_json: AsJson = False,
    places: Places = NOWHERE_SPECIAL,
) -> int:
    """Hold the CRM's count of leads against ours, and name each difference; exit 1 if somebody should look.

    To be looked at: rows that were rejected, records that are not loaded, leads that are absent but not missing yet.
    What is missing, or kept because other feeds speak for it, is listed and is as it should be.

    Examples:

        leads reconcile --feed crm

        leads reconcile data/exports/crm-2026-01-06.json
    """
    from flows.reconcile import reconcile_exports, reconcile_file, told

    settings = places.settings()
    found = [reconcile_file(settings, file, feed)] if file is not None else reconcile_exports(settings, feed)
    differences = [row for each in found for row in each.differences]
    for line in told(found):
        output.note(line)
    if differences or as_json:
        columns = ("feed", "difference", "source_key", "lead_id", "row_number", "reason", "missing_since")
        output.print_records(differences, columns, as_json=as_json)
    return int(any(each.is_open for each in found))


def undo(
    batch: Annotated[int, Parameter(help="batch id, as in `leads batches`")],
    dry_run: Annotated[bool, Parameter(help="only show what would be done", negative="")] = False,
    as_json: AsJson = False,
    places: Places = NOWHERE_SPECIAL,
) -> None:
    """Take back a batch: what it brought goes, what it changed returns, later batches stand.

    Its records, its decisions on who is whom and its assignments count no more; the leads it touched are concluded
    again from what is left, and those that stay without an assignment are assigned anew. Turns come back. Ids of leads
    that go are never given again. The file can be loaded again afterwards.

    Examples:

        leads undo 12 --dry-run

        leads undo 12
    """
    from flows.undo import undo as take_back

    undone = take_back(places.settings(), batch, is_dry_run=dry_run, report=output.report_progress)
    output.end_progress()
    if as_json:
        output.print_json({**undone.summary.columns, **undone.counts, "samples": undone.samples})
        return
    output.print_table(("what", "how many"), list(undone.counts.items()))
    if undone.samples:
        output.print_records(undone.samples, ("lead_id", "field", "now", "then"), as_json=False)
    told = f"batch {batch} undone (batch {undone.summary.columns['batch_id']})."
    output.note("Dry run: nothing was written." if dry_run else told)
