"""Commands about who may be contacted: preference, preferences."""

from typing import Annotated, Literal

from cyclopts import Parameter

from flows import output
from flows.commands.places import NOWHERE_SPECIAL, AsJson, Places, reading
from flows.errors import UsageError


def preference(
    *,
    email: Annotated[str | None, Parameter(help="the e-mail address of whom it is about")] = None,
    phone: Annotated[str | None, Parameter(help="the phone number of whom it is about")] = None,
    out: Annotated[bool, Parameter(help="they are not to be contacted", negative="")] = False,
    is_in: Annotated[
        bool, Parameter(name="--in", help="they may be contacted again; needs --evidence", negative="")
    ] = False,
    channel: Annotated[
        Literal["email", "phone", "sms", "all"], Parameter(help="which way of contact it is about")
    ] = "all",
    evidence: Annotated[str | None, Parameter(help="how it is known, as in 'letter of 3 March'")] = None,
    dry_run: Annotated[bool, Parameter(help="do everything but the commit", negative="")] = False,
    as_json: AsJson = False,
    places: Places = NOWHERE_SPECIAL,
) -> None:
    """Note that somebody opted out, or in again, of being contacted.

    It holds for every lead with that address or number, now and later, whatever is loaded, merged or undone. The most
    restrictive stands: only consent that is newer, with evidence, lifts an opt-out.

    Examples:

        leads preference --email dana@reyes.example --out --evidence "call of 3 March"

        leads preference --phone "+1 212 736 5000" --out --channel phone
    """
    from flows.preferences import Said, note_preference

    if (email is None) == (phone is None):
        raise UsageError("say of whom: either --email ADDRESS or --phone NUMBER")
    if out == is_in:
        raise UsageError("say what they want: either --out or --in")
    said = Said("email" if email is not None else "phone", email or phone or "", out, channel, evidence)
    noted = note_preference(places.settings(), said, is_dry_run=dry_run)
    if as_json:
        output.print_json({**noted.summary.columns, "leads": noted.leads})
        return
    if noted.leads:
        output.print_records(noted.leads, ("lead_id", "may_email", "may_call", "may_sms"), as_json=False)
    told = f"Noted (batch {noted.summary.columns['batch_id']}); {len(noted.leads):,} leads have this contact."
    output.note("Dry run: nothing was written." if dry_run else told)


def preferences(
    lead: Annotated[int | None, Parameter(help="only what holds for this lead")] = None,
    as_json: AsJson = False,
    places: Places = NOWHERE_SPECIAL,
) -> None:
    """List who opted out or in, by what evidence, the newest first: by hash and leads, never by address."""
    from flows.preferences import list_preferences

    with reading(places) as warehouse:
        rows = list_preferences(warehouse, lead)
    columns = (
        "value_hash",
        "kind",
        "channel",
        "status",
        "source",
        "evidence",
        "last_noted_at",
        "is_standing",
        "lead_ids",
    )
    output.print_records(rows, columns, as_json=as_json)
