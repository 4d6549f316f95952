"""Why a lead has its team, source and owner, in plain words: what the table `assignment` says of it."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from flows.warehouse import Warehouse

_GIVEN: Final = {
    "crm": "the CRM says so",
    "trusted": "a feed that is trusted with it says so",
    "existing": "the lead had it before",
    "given": "the row of the lead said so",
    "feed": "the feed's leads go there",
    "alias": "that is what the lead's text of its source means",
}
_OWNER: Final = {
    "company": "who owns another lead of the company",
    "fallback": "the team's fallback owner, since nobody of the team could take it",
    "rotation": "whose turn it was",
}
_UNASSIGNED: Final = {
    "unassigned_no_team": "it has no team",
    "unassigned_no_rotation": "leads of this feed take no turn in the team's rotation",
    "unassigned_archived": "it is archived, and archived leads take no turn",
    "unassigned_missing": "the CRM no longer lists it, and such leads take no turn",
    "unassigned_closed": "it is in a stage that is won or lost, and such leads take no turn",
    "unassigned_opted_out": "it may be contacted by no channel, and such leads take no turn",
    "unassigned_no_member": "nobody of the team could take it, and the team has no fallback owner",
}
_REASONS: Final = {
    "condition_false": "did not hold",
    "in_turn": "was next in turn",
    "behind_in_turn": "was behind in turn",
    "absent": "was absent",
    "day_off": "had a day off",
    "inactive": "is not active",
    "no_weight": "has weight 0",
    "later_tier": "is of a later tier",
    "team_inactive": "is of a team that is not active",
    "over_daily_cap": "had as many leads that day as they may",
    "over_open_cap": "had as many open leads as they may",
    "same_company": "is of the same company",
}


def assignment_lines(warehouse: Warehouse, lead_id: int) -> list[str]:
    """Return what was decided on a lead's team, source and owner and why, decision by decision, the first one first.

    Takes an id that the lead has or had. Each decision is a line that says when, and lines set in by two blanks.
    """
    lines: list[str] = []
    for decision in warehouse.frame("audit/assignments_of_lead", {"lead_id": lead_id}).iter_rows(named=True):
        lines += _decision_lines(decision)
    return lines


def _decision_lines(decision: Mapping[str, Any]) -> Iterator[str]:
    what = "handed over by hand" if decision["kind"] == "reassign" else f"{decision['kind']} of feed {decision['feed']}"
    undone = ", undone since" if decision["is_undone"] else ""
    yield f"{decision['started_at']:%Y-%m-%d %H:%M}, batch {decision['batch_id']} ({what}{undone}):"
    yield f"  team {decision['team'] or 'none'}: {_team_reason(decision['team_rule'])}"
    yield f"  source {decision['source'] or 'none'}: {_GIVEN.get(decision['source_rule'], 'nothing named one')}"
    yield f"  owner {decision['owner'] or 'none'}: {_owner_reason(decision)}"
    for candidate in json.loads(decision["candidates"] or "[]"):
        subject = f"rule {candidate['candidate']}" if candidate["for"] == "team" else candidate["candidate"]
        yield f"    {subject} {_REASONS.get(candidate['reason'], candidate['reason'])}"


def _team_reason(rule: str) -> str:
    if rule.startswith("rule:"):
        return f'"{rule.removeprefix("rule:")}" was the first rule of routing.toml that held'
    return _GIVEN.get(rule, "neither the row, a rule nor the feed named one")


def _owner_reason(decision: Mapping[str, Any]) -> str:
    rule = decision["owner_rule"]
    if rule != "rotation" or not decision["pool"]:
        return _UNASSIGNED.get(rule) or _OWNER.get(rule) or _GIVEN.get(rule, rule)
    shared = [member for member in json.loads(decision["pool"]) if not member.get("away")]
    among = ", ".join(f"{member['user']} (weight {member['weight']:g})" for member in shared)
    return f"{_OWNER[rule]}, among {among}"
