"""Commands about who gets a lead: assign, check-reference, reassign."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from flows import output
from flows.commands.places import NOWHERE_SPECIAL, AsJson, Places, reading
from flows.errors import UsageError


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


def check_reference(
    diff: Annotated[Path | None, Parameter(help="instead: what the files of this folder would change")] = None,
    as_json: AsJson = False,
    places: Places = NOWHERE_SPECIAL,
) -> int:
    """Look for what is allowed in the reference folder and hardly meant; exit 1 if anything is found.

    Rules that never match or that rules before them shadow, teams without members, members in no team, sources
    without a team, stages without a kind. Where there is a warehouse, its leads say which rules hold of any (notes),
    and which of them are of people in do_not_load.csv.
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
    with reading(places) if settings.warehouse.exists() else nullcontext() as warehouse:
        findings = reference_check.check_reference(reference, warehouse)
    output.print_records([asdict(finding) for finding in findings], reference_check.COLUMNS, as_json=as_json)
    return int(any(finding.status == "found" for finding in findings))


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
