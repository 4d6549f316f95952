"""Commands about the people in the data: erase."""

from typing import Annotated

from cyclopts import Parameter

from flows import output
from flows.commands.places import NOWHERE_SPECIAL, AsJson, Places, reading
from flows.errors import UsageError

_PEOPLE = ("lead_id", "firstName", "lastName", "company", "record_count", "feeds")


def erase(
    lead_id: Annotated[
        list[int] | None, Parameter(name="--id", help="id of the lead; may be repeated", negative="")
    ] = None,
    email: Annotated[str | None, Parameter(help="show who has this e-mail address")] = None,
    phone: Annotated[str | None, Parameter(help="show who has this phone number")] = None,
    again: Annotated[
        bool, Parameter(help="erase once more who is there again, as after a copy was put back", negative="")
    ] = False,
    yes: Annotated[bool, Parameter(name="--yes", help="with --id: go ahead, for good", negative="")] = False,
    as_json: AsJson = False,
    places: Places = NOWHERE_SPECIAL,
) -> None:
    """Remove people from the warehouse and the archive, for good, so that they are known again and kept out.

    Without --yes, shows who and how much would go, and changes nothing. An address may be shared by many: it only
    shows its people; who goes is said by --id.

    Examples:

        leads erase --email dana@example.com

        leads erase --id 1000000000042 --yes
    """
    if sum(given is not None for given in (lead_id, email, phone, again or None)) != 1:
        raise UsageError("say who: --id ID, --email ADDRESS, or --phone NUMBER; or --again")
    if again:
        _erase_again(places, as_json=as_json)
        return
    if lead_id is None:
        _show_people(email, phone, places, is_sure=yes, as_json=as_json)
        return
    from flows.erase import erase as erase_people

    erased = erase_people(places.settings(), lead_id, is_dry_run=not yes, report=output.report_progress)
    batch_id = None if erased.summary is None else erased.summary.columns["batch_id"]
    if as_json:
        output.print_json({"batch_id": batch_id, "counts": erased.counts, "people": [] if yes else erased.people})
        return
    if not yes:
        output.print_records(erased.people, _PEOPLE, as_json=False)
    output.print_records([erased.counts], tuple(erased.counts), as_json=False)
    output.print_text(
        f"Erased by batch {batch_id}." if yes else "Nothing was erased. To erase them for good: add --yes"
    )


def _erase_again(places: Places, *, as_json: bool) -> None:
    from flows.erase import erase_again

    erased = erase_again(places.settings(), report=output.report_progress)
    counts = {} if erased is None else erased.counts
    batch_id = None if erased is None or erased.summary is None else erased.summary.columns["batch_id"]
    if as_json:
        output.print_json({"batch_id": batch_id, "counts": counts, "people": []})
        return
    output.print_text("Nobody who was erased is there." if erased is None else f"Erased again by batch {batch_id}.")


def _show_people(email: str | None, phone: str | None, places: Places, *, is_sure: bool, as_json: bool) -> None:
    from flows.erase import people_with

    if is_sure:
        raise UsageError("an address may be several people's; say who goes: leads erase --id ID --yes")
    with reading(places) as warehouse:
        people = people_with(warehouse, email=email, phone=phone)
    output.print_records(people, _PEOPLE, as_json=as_json)
    if not as_json:
        output.print_text("Nothing was erased. To erase one of them: leads erase --id ID")
