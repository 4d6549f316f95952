"""Commands that bring exports in: ingest, map, replay, approve."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from flows import output
from flows.commands.places import NOWHERE_SPECIAL, AsJson, Places

if TYPE_CHECKING:
    from flows.steps.publish import BatchSummary


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


def approve(
    batch: Annotated[int, Parameter(help="id of a held batch, as in `leads batches`")],
    dry_run: Annotated[bool, Parameter(help="do everything but the commit", negative="")] = False,
    as_json: AsJson = False,
    places: Places = NOWHERE_SPECIAL,
) -> int:
    """Load an export that was held because more than 2% of the leads would vanish by it.

    Look at the file first: half an export is held too. It is loaded from the archive, with the time of the held
    batch, as a batch of its own.

    Examples:

        leads approve 12 --dry-run
    """
    from flows.approve import approve as approve_batch

    summary = approve_batch(places.settings(), batch, is_dry_run=dry_run, report=output.report_progress)
    output.end_progress()
    return _tell_batches([summary], as_json=as_json, dry_run=dry_run)
