"""The checks of `leads check-reference`: what in the reference folder is allowed and yet hardly meant.

What is wrong outright is refused wherever the folder is read (`flows/reference.py`). Where there is a warehouse, its
leads tell which rules hold of any; that is a note, since tomorrow's leads may be others.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final, Literal

import polars as pl

from flows.reference import Reference
from flows.reference_files import read_table
from flows.routing import TeamRow, columns_of, holds, with_extra
from flows.routing_file import team_ids_of
from flows.routing_logic import implies, is_impossible, shared_values
from flows.steps.suppress import gather_unwanted
from flows.warehouse import Warehouse
from schemas.reference_tables import STAGES
from schemas.routing import TeamRule

Code = Literal[
    "rule_never_matches",
    "rule_shadowed",
    "rule_overlapped",
    "team_without_members",
    "member_without_team",
    "source_without_team",
    "stage_without_kind",
    "unwanted_people_kept",
]

_MOST_NAMED: Final = 20


@dataclass(frozen=True)
class Finding:
    """One thing found: in which file, of what, and what to do. A `note` is no fault by itself."""

    status: Literal["found", "note"]
    code: Code
    file: str
    subject: str
    detail: str


def check_reference(reference: Reference, warehouse: Warehouse | None) -> list[Finding]:
    """Return what the checks find, file by file; with a warehouse also what its leads say of the rules and stages."""
    found = [
        *_rules(reference),
        *_teams(reference),
        *_users(reference),
        *_sources(reference),
        *_stages(reference),
    ]
    if warehouse is not None:
        found += [*_rules_in_use(reference, warehouse, found), *_stages_in_use(reference, warehouse)]
        found += _unwanted_people(reference, warehouse)
    return found


def _rules(reference: Reference) -> Iterator[Finding]:
    rules, accounts = reference.routing.rules, _accounts_of(reference)
    for place, rule in enumerate(rules):
        if reference.teams is not None and not accounts[rule.name]:
            yield _rule(
                "rule_never_matches", rule, "its team takes no leads: it is not active; activate it in teams.csv"
            )
            continue
        if is_impossible(rule.when):
            yield _rule("rule_never_matches", rule, "its conditions exclude each other; take one of them out")
            continue
        for earlier in rules[:place]:
            if accounts[rule.name] <= accounts[earlier.name] and implies(rule.when, earlier.when):
                yield _rule(
                    "rule_shadowed", rule, f'wherever it holds, rule "{earlier.name}" before it does; move it up'
                )
                break
            shared = shared_values(earlier.when, rule.when)
            if shared and accounts[rule.name] & accounts[earlier.name] and earlier.team != rule.team:
                told = ", ".join(str(value) for value in shared[:5])
                yield replace(
                    _rule("rule_overlapped", rule, f'of its values rule "{earlier.name}" before it takes {told}'),
                    status="note",
                )


def _rule(code: Code, rule: TeamRule, detail: str) -> Finding:
    return Finding("found", code, "routing.toml", f'rule "{rule.name}"', detail)


def _accounts_of(reference: Reference) -> dict[str, set[str]]:
    """Return by rule the accounts in which it can hold; without teams.csv all are one."""
    teams = _active_teams(reference)
    if reference.teams is None:
        return {rule.name: {rule.account_id or ""} for rule in reference.routing.rules}
    return {rule.name: set(team_ids_of(rule, teams)) for rule in reference.routing.rules}


def _active_teams(reference: Reference) -> list[TeamRow]:
    if reference.teams is None:
        return []
    return list(reference.teams.filter("active").select("teamId", "accountId", "name").iter_rows())


def _teams(reference: Reference) -> Iterator[Finding]:
    if reference.team_members is None:
        return
    members = reference.team_members.filter(pl.col("weight") > 0)
    if reference.users is not None:
        members = members.join(reference.users.filter("active").select("user"), on="user", how="semi")
    able = set(members["teamId"])
    for team_id, _, name in _active_teams(reference):
        if team_id not in able:
            has_any = team_id in set(reference.team_members["teamId"])
            told = "no member who is active and has a weight" if has_any else "no members"
            detail = f"{told}, so its leads go to the fallback owner or to nobody; add some to team_members.csv"
            yield Finding("found", "team_without_members", "teams.csv", _called("team", team_id, name), detail)


def _users(reference: Reference) -> Iterator[Finding]:
    if reference.users is None or reference.team_members is None:
        return
    for user in reference.users.filter("active").join(reference.team_members, on="user", how="anti")["user"]:
        detail = "is active and in no team; add the user to team_members.csv, or set active to false"
        yield Finding("found", "member_without_team", "users.csv", user, detail)


def _sources(reference: Reference) -> Iterator[Finding]:
    if reference.lead_sources is None:
        return
    active = {team_id for team_id, _, _ in _active_teams(reference)}
    why = "there is no teams.csv" if reference.teams is None else "is not active"
    for source_id, team_id, name in reference.lead_sources.select("leadSourceId", "teamId", "name").iter_rows():
        if team_id not in active:
            detail = f"its team {team_id} {why}, so no lead gets it" if reference.teams is not None else why
            yield Finding(
                "found", "source_without_team", "lead_sources.csv", _called("source", source_id, name), detail
            )


def _stages(reference: Reference) -> Iterator[Finding]:
    if STAGES.file_name not in reference.contents:
        return
    # A blank kind means open; here it must show that nobody said so.
    columns = {**STAGES.columns, "kind": replace(STAGES.columns["kind"], blank=None)}
    path = reference.folder / STAGES.file_name
    stages = read_table(path, reference.contents[path.name], replace(STAGES, columns=columns)).frame
    for stage in stages.filter(pl.col("kind").is_null())["processStage"]:
        detail = "has no kind, so its leads count as open; say open, won or lost"
        yield Finding("found", "stage_without_kind", STAGES.file_name, f'stage "{stage}"', detail)


def _rules_in_use(reference: Reference, warehouse: Warehouse, found: Iterable[Finding]) -> Iterator[Finding]:
    """Say of which leads of the warehouse the rules hold, but for rules of which something is found anyway."""
    told = {finding.subject for finding in found if finding.status == "found"}
    rules, accounts = reference.routing.rules, _accounts_of(reference)
    if not rules:
        return
    leads = warehouse.frame("audit/leads_for_rules", columns=sorted({"account_id", *columns_of(reference.routing)}))
    held = with_extra(leads, reference.routing).select(
        (holds(rule.when) & _is_in(accounts[rule.name], reference)).alias(rule.name) for rule in rules
    )
    for place, rule in enumerate(rules):
        own = held[rule.name]
        earlier = [(other.name, int((own & held[other.name]).sum())) for other in rules[:place]]
        taken = int(
            (own & held.select(pl.any_horizontal(pl.lit(False), *(name for name, _ in earlier))).to_series()).sum()
        )
        if f'rule "{rule.name}"' in told or not leads.height:
            continue
        if not own.any():
            detail = f"holds of none of the {leads.height:,} leads in the warehouse"
            yield replace(_rule("rule_never_matches", rule, detail), status="note")
        elif taken:
            name, _ = max(earlier, key=lambda item: item[1])
            detail = (
                f'of {int(own.sum()):,} leads that it holds of, rules before it take {taken:,}, "{name}" most of them'
            )
            yield replace(_rule("rule_overlapped", rule, detail), status="note")


def _is_in(accounts: set[str], reference: Reference) -> pl.Expr:
    return pl.lit(True) if reference.teams is None else pl.col("account_id").is_in(sorted(accounts))


def _stages_in_use(reference: Reference, warehouse: Warehouse) -> Iterator[Finding]:
    if reference.stages is None:
        return
    known = set(reference.stages["processStage"].str.to_lowercase())
    for stage, lead_count in warehouse.frame("audit/stages_in_use").iter_rows():
        if stage.lower() not in known:
            detail = f"is not there, though {lead_count:,} leads are in it; they count as open"
            yield Finding("note", "stage_without_kind", STAGES.file_name, f'stage "{stage}"', detail)


def _unwanted_people(reference: Reference, warehouse: Warehouse) -> Iterator[Finding]:
    """Say which leads of people in do_not_load.csv came before it named them: it only keeps out who comes later."""
    # A number without a calling code is of the region of whoever exports it.
    regions = sorted({feed.region for feed in reference.feeds.values()})
    contacts = pl.concat([gather_unwanted(reference.do_not_load, region).contacts for region in regions]).unique()
    if contacts.is_empty():
        return
    with warehouse.incoming(contacts):
        lead_ids = warehouse.frame("audit/unwanted_leads")["lead_id"].to_list()
    if lead_ids:
        told = ", ".join(map(str, lead_ids[:_MOST_NAMED])) + (", ..." if len(lead_ids) > _MOST_NAMED else "")
        detail = f"stand in it and are in the warehouse, since they came before: {told}; run: leads erase --id ID"
        yield Finding("found", "unwanted_people_kept", "do_not_load.csv", f"{len(lead_ids):,} leads", detail)


def _called(what: str, number: int, name: str | None) -> str:
    return f"{what} {number}" + (f" {name}" if name else "")


COLUMNS: Final = ("status", "code", "file", "subject", "detail")
