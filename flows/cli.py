"""The command `leads`: words and order only; what it does is in the pipeline and the steps.

Imports stand inside the commands: `leads --help` must answer at once.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import cyclopts
from cyclopts import App, Parameter

from flows import output, signals
from flows.errors import LeadmillError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flows.regroup import Outcome
    from flows.run import Run
    from flows.settings import Settings
    from flows.steps.publish import BatchSummary
    from flows.warehouse import Warehouse

app = App(
    name="leads",
    help="Turn CRM, form, ad and list exports into one trustworthy lead table in DuckDB.",
    help_epilogue=(
        "Exit codes: 0 done; 1 a batch failed or a check found something; 2 wrong usage or configuration; "
        "75 the warehouse is held by another process."
    ),
    version_flags=["--version"],
    suppress_keyboard_interrupt=False,
)


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


@app.command
def ingest(
    *paths: Annotated[str, Parameter(help="files, folders or globs; none: the location of each feed")],
    feed: Annotated[str | None, Parameter(help="name of the feed; else by location, else 'default'")] = None,
    dry_run: Annotated[bool, Parameter(help="do everything but the commit", negative="")] = False,
    force: Annotated[bool, Parameter(help="load files again that were loaded before", negative="")] = False,
    as_json: AsJson = False,
    places: Places = NOWHERE_SPECIAL,
) -> int:
    """Load exports into the warehouse: CSV, TSV, JSON, NDJSON, Excel (.xlsx) or Parquet.

    Packed as .gz, .zst or .zip with one file in it, or not; told by contents, not by name.

    Each file becomes one batch, loaded whole or not at all. A file that was loaded before is skipped.
    Rows that no lead can be made from are kept with their reason: leads rejects.

    Examples:

        leads ingest my-contacts.csv

        leads ingest data/exports --dry-run
    """
    summaries = _ingest(paths, feed, dry_run, force, places)
    output.end_progress()
    return _tell_batches(summaries, as_json=as_json, dry_run=dry_run)


def _tell_batches(summaries: list["BatchSummary"], *, as_json: bool, dry_run: bool) -> int:
    """Print what became of a run's batches; return the exit code."""
    if as_json:
        output.print_json({"batches": [summary.columns for summary in summaries]})
    else:
        output.print_summary(summaries)
        if dry_run:
            output.note("Dry run: nothing was written.")
        else:
            output.print_next_steps(summaries)
    return int(any(summary.is_failure for summary in summaries))


def _ingest(
    paths: tuple[str, ...], feed: str | None, dry_run: bool, force: bool, places: Places
) -> list["BatchSummary"]:
    settings = places.settings()
    if os.environ.get("PREFECT_API_URL"):
        from flows.ingest import IngestFailedError, IngestRequest, ingest_leads

        settings.export()
        try:
            return ingest_leads(IngestRequest(paths=list(paths), feed=feed, dry_run=dry_run, force=force))
        except IngestFailedError as error:
            return error.summaries
    from flows.pipeline import ingest as run_pipeline
    from flows.run import Request

    output.note("Running without Prefect: PREFECT_API_URL is not set.")
    request = Request(paths=paths, feed=feed, is_dry_run=dry_run, is_forced=force)
    return run_pipeline(settings, request, report=output.report_progress)


@app.command(name="map")
def map_file(
    file: Annotated[Path, Parameter(help="an export, packed or not")],
    feed: Annotated[str | None, Parameter(help="name of the feed; else by location, else 'default'")] = None,
    write: Annotated[
        bool, Parameter(help="write what is shown into feeds.toml, as `headers` of the feed", negative="")
    ] = False,
    as_json: AsJson = False,
    places: Places = NOWHERE_SPECIAL,
) -> None:
    """Show header by header which field ingest would take a file's columns for, by which rule, and how sure it is.

    Nothing is loaded. Sample values are masked: letters are x, digits 9. Below stands a block for feeds.toml
    that says the same, to be corrected where it is wrong; with --write it is put there, and a feed of that name
    is made if there is none.

    Examples:

        leads map my-contacts.csv

        leads map fair.csv --feed fair --write
    """
    from flows.feeds_editing import headers_block, write_headers
    from flows.forbidden_headers import load_forbidden_headers
    from flows.header_aliases import load_aliases
    from flows.header_preview import feed_of, overrides_of, preview_headers
    from flows.reference import FEEDS_FILE, load_reference

    settings = places.settings()
    reference = load_reference(settings.reference, must_exist="reference" in settings.model_fields_set and not write)
    chosen = feed_of(file, feed, reference, may_be_new=write)
    aliases = load_aliases(reference.folder if reference.header_aliases else None)
    previews = preview_headers(file, chosen, aliases, load_forbidden_headers(reference.forbidden_headers))
    if as_json:
        names = ("header", "field", "rule", "confidence")
        output.print_json([{name: getattr(preview.match, name) for name in names} for preview in previews])
    else:
        rows = [
            (*(each.match.header, each.match.field or "-", each.match.rule), each.confidence_shown, each.samples_shown)
            for each in previews
        ]
        output.print_table(("header", "field", "rule", "sure", "samples, masked"), rows)
    if not write:
        if not as_json:
            output.print_text("\n" + headers_block(chosen.name, overrides_of(previews)))
        return
    path = reference.folder / FEEDS_FILE
    write_headers(path, chosen.name, overrides_of(previews))
    output.note(f"{path}: headers of feed {chosen.name} written; correct them there where they are wrong")


@app.command
def batches(as_json: AsJson = False, places: Places = NOWHERE_SPECIAL) -> None:
    """List all batches, the newest first: what was taken and what became of its rows."""
    from flows.steps.publish import list_batches

    with _reading(places) as warehouse:
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


@app.command
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
    from flows.steps.publish import count_issues, count_reject_reasons, summarise_batch

    with _reading(places) as warehouse:
        try:
            columns = summarise_batch(warehouse, batch).columns
        except KeyError:
            raise UsageError(f"there is no batch {batch}; see: leads batches") from None
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


@app.command
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
    with _reading(places) as warehouse:
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
    with _reading(places) as warehouse:
        sheet = make_sheet(warehouse, settings.archive, list_rejects(warehouse, batch), sealed)
    for path, write in ((csv, write_csv), (xlsx, write_xlsx)):
        if path:
            write(sheet, path)
            output.note(f"{sheet.height:,} rejected rows written to {path}; mend them, then: leads replay {path}")


@app.command
def replay(
    target: Annotated[str, Parameter(help="a sheet that `leads rejects --csv` or `--xlsx` wrote, or a batch id")],
    dry_run: Annotated[bool, Parameter(help="do everything but the commit", negative="")] = False,
    as_json: AsJson = False,
    places: Places = NOWHERE_SPECIAL,
) -> int:
    """Load rejected rows: as they were mended in a sheet, or as they are, under the rules of today.

    A batch that failed is taken again as a whole. What is replayed counts as old as its export, so it never
    overwrites what came later; replaying the same again changes nothing.

    Examples:

        leads replay to-mend.csv

        leads replay 12
    """
    from flows.replay import replay as replay_rows

    summaries = replay_rows(places.settings(), target, is_dry_run=dry_run, report=output.report_progress)
    output.end_progress()
    return _tell_batches(summaries, as_json=as_json, dry_run=dry_run)


@app.command
def explain(
    lead_id: Annotated[int, Parameter(help="id of a lead, or one that it gave up")],
    as_json: AsJson = False,
    places: Places = NOWHERE_SPECIAL,
) -> None:
    """Tell what a lead is made of: its records, who was joined to it and why, and where each field is from."""
    from flows.explain import explain_lead

    with _reading(places) as warehouse:
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


@app.command
def merges(
    batch: Annotated[int | None, Parameter(help="batch id; none: all that stand")] = None,
    as_json: AsJson = False,
    places: Places = NOWHERE_SPECIAL,
) -> None:
    """List who was joined to whom, by which rule or weight, the newest first; leads unmerge takes one back."""
    from flows.explain import list_merges

    with _reading(places) as warehouse:
        rows = list_merges(warehouse, batch)
    columns = ("batch_id", "lead_id", "source_id", "other_source_id", "feed", "other_feed", "weight", "why")
    output.print_records(rows, columns, as_json=as_json)


@app.command
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

    with _deciding(places) as run:
        outcome = take_apart(run, lead_id, record or ())
    _tell_regrouped([outcome], as_json=as_json)


@app.command
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
    with _reading(places) as warehouse:
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


@app.command
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

        with _deciding(places) as run:
            outcome = sweep_directly(run, is_full=full)
    output.end_progress()
    _tell_regrouped([outcome], as_json=as_json)


@app.command
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
    with _reading(places) as warehouse:
        changes = refit(warehouse, places.settings(), is_dry_run=dry_run)
    columns = ("comparison", "level", "m_before", "m", "weight_before", "weight")
    output.print_records(changes, columns, as_json=as_json)
    if dry_run:
        output.note("Dry run: nothing was written.")
        return
    kept = f"; the model before it is {kept_model(folder)}" if was_there else ""
    output.note(f"{folder / MODEL_FILE} written, and used from now on: look it through{kept}.")


@app.command
def assign(
    file: Annotated[Path | None, Parameter(help="an export that is not loaded yet")] = None,
    simulate: Annotated[bool, Parameter(help="required: nothing is ever written", negative="")] = False,
    since: Annotated[
        datetime | None, Parameter(help="instead of a file: the leads that came since this day or moment (UTC)")
    ] = None,
    feed: Annotated[str | None, Parameter(help="name of the file's feed; else by location, else 'default'")] = None,
    by_lead: Annotated[bool, Parameter(name="--leads", help="list lead by lead", negative="")] = False,
    as_json: AsJson = False,
    places: Places = NOWHERE_SPECIAL,
) -> None:
    """Show what other rules would decide: who gets how many leads now and then, and who is left without and why.

    --reference names the folder with the other rules; "now" is what the present ones say (LEADS_REFERENCE).

    Examples:

        leads assign --simulate new-leads.csv --reference draft/

        leads assign --simulate --since 2026-01-01 --reference draft/
    """
    from dataclasses import replace
    from datetime import UTC

    from flows.simulation import simulate_file, simulate_since

    if not simulate:
        raise UsageError("leads are assigned when they are loaded; to try rules: leads assign --simulate FILE")
    settings = replace(places, reference=None).settings()
    if file is not None and since is None:
        found = simulate_file(settings, places.reference, str(file), feed)
    elif since is not None and file is None:
        found = simulate_since(settings, places.reference, since if since.tzinfo else since.replace(tzinfo=UTC))
    else:
        raise UsageError("say which leads: leads assign --simulate FILE, or leads assign --simulate --since DATE")
    if by_lead:
        columns = ("batch_id", "row_number", "lead_id", "team_id_now", "team_id_then", "owner_now", "owner_then")
        output.print_records(found.lead_rows(), (*columns, "rule_now", "rule_then"), as_json=as_json)
        return
    columns = ("teamId", "team_name", "assignedTo", "reason", "now", "then", "difference")
    output.print_records(found.owner_rows(), columns, as_json=as_json)


@app.command(name="check-reference")
def check_reference(
    diff: Annotated[Path | None, Parameter(help="instead: what the files of this folder would change")] = None,
    as_json: AsJson = False,
    places: Places = NOWHERE_SPECIAL,
) -> int:
    """Look for what is allowed in the reference folder and hardly meant; exit 1 if anything is found.

    Rules that never match or that rules before them shadow, teams without members, members in no team, sources
    without a team, stages without a kind. Where there is a warehouse, its leads say which rules hold of any (notes).
    """
    from contextlib import nullcontext
    from dataclasses import asdict

    from flows import reference_check, reference_diff
    from flows.reference import load_reference

    settings = places.settings()
    reference = load_reference(settings.reference, must_exist="reference" in settings.model_fields_set)
    if diff is not None:
        changes = reference_diff.compare_references(reference, load_reference(diff, must_exist=True))
        output.print_records([asdict(change) for change in changes], reference_diff.COLUMNS, as_json=as_json)
        return 0
    with _reading(places) if settings.warehouse.exists() else nullcontext() as warehouse:
        findings = reference_check.check_reference(reference, warehouse)
    output.print_records([asdict(finding) for finding in findings], reference_check.COLUMNS, as_json=as_json)
    return int(any(finding.status == "found" for finding in findings))


@app.command
def reassign(
    from_user: Annotated[str, Parameter(name="--from", help="e-mail of the user whose open leads are handed over")],
    dry_run: Annotated[bool, Parameter(help="only show what would be done", negative="")] = False,
    as_json: AsJson = False,
    places: Places = NOWHERE_SPECIAL,
) -> None:
    """Hand a user's open leads over to their teams: each to whose turn it is, else to the fallback owner.

    A batch of its own. Leads whose owner the CRM gives stay, and so do those that nobody can take.

    Examples:

        leads reassign --from ann@acme.example --dry-run
    """
    from flows.reassign import reassign as hand_over

    handover = hand_over(places.settings(), from_user, is_dry_run=dry_run)
    columns = ("lead_id", "teamId", "team_name", "owner", "new_owner", "rule")
    output.print_records(handover.leads, columns, as_json=as_json)
    told = f"{handover.handed_count:,} of {len(handover.leads):,} open leads"
    output.note(f"{told} would be handed over." if dry_run else f"{told} handed over (batch {handover.batch_id}).")


@app.command
def sql(
    query: Annotated[str, Parameter(help='a query, as in "SELECT count(*) FROM lead"')],
    as_json: AsJson = False,
    places: Places = NOWHERE_SPECIAL,
) -> None:
    """Ask the warehouse in SQL, read-only: no other file can be read or written from it."""
    import duckdb

    with _reading(places) as warehouse:
        try:
            if len(duckdb.extract_statements(query)) != 1:
                raise UsageError("sql: give one statement, such as SELECT count(*) FROM lead")
            relation = warehouse.connection.sql(query)
            if relation is None:
                raise UsageError("the statement gives no rows; leads sql answers queries, such as SELECT")
            columns, rows = list(relation.columns), relation.fetchall()
            types = relation.types
        except (duckdb.Error, RuntimeError) as error:
            signals.raise_if_stopped(error)
            raise UsageError(f"sql: {str(error).splitlines()[0]}") from error
    if as_json:
        names = output.unique_names(columns)
        decoded = [[output.with_documents(*cell) for cell in zip(row, types, strict=True)] for row in rows]
        output.print_json([dict(zip(names, row, strict=True)) for row in decoded])
    else:
        output.print_table(columns, rows)


@app.command
def doctor(as_json: AsJson = False, places: Places = NOWHERE_SPECIAL) -> int:
    """Check the set-up: versions, settings, reference files, warehouse and archive; exit 1 if something is wrong."""
    from flows.doctor import examine

    findings = examine(places.settings)
    records = [{"check": f.check, "status": f.status, "detail": f.detail, "fix": f.fix} for f in findings]
    output.print_records(records, ("check", "status", "detail", "fix"), as_json=as_json)
    return int(any(finding.status == "wrong" for finding in findings))


@app.command
def up(places: Places = NOWHERE_SPECIAL) -> None:
    """Serve the flow until Ctrl-C: the schedules of feeds.toml, and runs by hand from Prefect's UI or API.

    Uses the Prefect server that PREFECT_API_URL names, else one that it starts and ends itself.
    """
    from flows.serve import serve_deployments

    serve_deployments(places.settings())


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


@contextmanager
def _deciding(places: Places) -> Iterator["Run"]:
    """Open the warehouse for a batch that takes no file."""
    from flows.reference import load_reference
    from flows.run import Request, open_run

    settings = places.settings()
    reference = load_reference(settings.reference, must_exist="reference" in settings.model_fields_set)
    with open_run(settings, reference, Request(), report=output.report_progress, must_exist=True) as run:
        yield run


@contextmanager
def _reading(places: Places) -> Iterator["Warehouse"]:
    from flows.warehouse import read_warehouse

    settings = places.settings()
    with read_warehouse(settings.warehouse, wait_seconds=settings.wait_seconds) as warehouse:
        yield warehouse


def main() -> int:
    """Run the command line; return its exit code."""
    signals.stop_cleanly_on_signals()
    arguments = sys.argv[1:]
    debug = "--debug" in arguments
    try:
        result = app(arguments, exit_on_error=False, print_error=False, result_action="return_value")
    except cyclopts.CycloptsError as error:
        output.print_error(error, debug=debug)
        return UsageError.exit_code
    except LeadmillError as error:
        output.end_progress()
        output.print_error(error, debug=debug)
        return error.exit_code
    except signals.Stopped as stopped:
        return _tell_stop(stopped)
    except BrokenPipeError:
        # Whoever read our output has stopped, as in `leads batches | head`.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        try:
            signals.raise_if_stopped(error)
        except signals.Stopped as stopped:
            return _tell_stop(stopped)
        if debug:
            raise
        # Its text may hold cells of a file: only its kind is shown.
        output.note(f"leads: internal error ({type(error).__name__}); run again with --debug and report it")
        return 1
    return result if isinstance(result, int) else 0


def _tell_stop(stopped: signals.Stopped) -> int:
    output.end_progress()
    output.print_error(stopped)
    return stopped.exit_code


if __name__ == "__main__":
    sys.exit(main())
