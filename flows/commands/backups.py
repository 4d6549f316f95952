"""Commands by which nothing is lost when a machine breaks: backup, restore, rebuild."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from flows import output
from flows.commands.places import NOWHERE_SPECIAL, AsJson, Places


def backup(
    file: Annotated[
        Path | None, Parameter(help="where to [default: the folder backups beside the warehouse, named for the moment]")
    ] = None,
    *,
    yes: Annotated[bool, Parameter(help="replace a file that is there", negative="")] = False,
    as_json: AsJson = False,
    places: Places = NOWHERE_SPECIAL,
) -> None:
    """Copy the warehouse to a file, read the copy once, and write its checksum beside it.

    Waits for a run that is going on, and runs wait for it. The archive and the reference folder are folders of plain
    files: copy them too, a warehouse can be built anew from all three.

    Examples:

        leads backup

        leads backup /media/safe/leads.duckdb --yes
    """
    from flows.backup import back_up

    made = back_up(places.settings(), file, may_replace=yes)
    if as_json:
        output.print_json({"file": made.path, **asdict(made.contents), "bytes": made.bytes, "sha256": made.sha256})
        return
    held = f"{made.contents.batch_count:,} batches, {made.contents.lead_count:,} leads, {made.bytes:,} bytes"
    output.print_text(f"{made.path}: {held}")
    output.note(f"To have it back: leads restore {made.path}")


def restore(
    file: Annotated[Path, Parameter(help="a file that leads backup wrote")],
    *,
    yes: Annotated[
        bool, Parameter(help="go on where there is a warehouse, or no checksum beside the backup", negative="")
    ] = False,
    as_json: AsJson = False,
    places: Places = NOWHERE_SPECIAL,
) -> None:
    """Put a backup in the place of the warehouse; the one of before is kept beside it.

    Without --yes it says which batches came after the backup and would be lost. Their files are loaded again by
    leads ingest, as if for the first time.

    Examples:

        leads restore data/warehouse/backups/leads-20260105T020000Z.duckdb
    """
    from flows.restore import restore as put_back

    done = put_back(places.settings(), file, is_confirmed=yes)
    if as_json:
        output.print_json(
            {
                **asdict(done.contents),
                "kept": done.kept,
                "heads": done.heads,
                "erased_again": done.erased_again,
                "lost_batches": done.lost,
            }
        )
        return
    output.print_text(f"restored: {done.contents.batch_count:,} batches, {done.contents.lead_count:,} leads")
    if done.lost:
        output.note("In the warehouse no more; load the files again with leads ingest, decide the others again:")
        output.print_records(done.lost, ("batch_id", "kind", "file_uri", "started_at"), as_json=False)
    if done.erased_again:
        output.note(f"{done.erased_again:,} leads had been erased since, and were erased again.")
    if done.kept is not None:
        output.note(f"The warehouse of before is {done.kept}; take it away when all is well.")
    if done.heads is not None:
        output.note(f"The heads of its chain are {done.heads}; the next run leaves those of the restored warehouse.")


def rebuild(
    to: Annotated[Path, Parameter(help="a new file for the new warehouse")],
    *,
    as_json: AsJson = False,
    places: Places = NOWHERE_SPECIAL,
) -> int:
    """Build the warehouse anew in another file: from the archive, the reference data of each batch, and all decisions.

    The warehouse itself is only read, and runs wait until the new one is ready. Says which tables are not the same:
    none, where nobody changed them by hand; exit 1 if there are any. Then: leads restore FILE.

    Examples:

        leads rebuild --to data/warehouse/again.duckdb
    """
    from flows.rebuild import rebuild as build_again

    done = build_again(places.settings(), to, report=output.report_progress)
    output.end_progress()
    if as_json:
        output.print_json({"file": to, **asdict(done.contents), "differing_tables": done.differing_tables})
    else:
        output.print_text(f"{to}: {done.contents.batch_count:,} batches, {done.contents.lead_count:,} leads")
        output.note(_compared(done.differing_tables))
        output.note(f"To put it in the place of the warehouse: leads restore {to}")
    return int(bool(done.differing_tables))


def _compared(differing_tables: list[str] | None) -> str:
    if differing_tables is None:
        return "The warehouse is damaged, so that the two cannot be compared."
    if differing_tables:
        return f"Not as in the warehouse: {', '.join(differing_tables)}."
    return "Every table is as in the warehouse."
