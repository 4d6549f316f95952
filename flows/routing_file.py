"""Reads `routing.toml` into its contract, holds it to the other files, and says where each mistake stands."""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from flows.reference_files import Mistake, TableRows, TomlText, read_toml, refuse_file
from schemas.reference import Feed, did_you_mean, nearest
from schemas.routing import FEED, FieldTest, Routing, TeamRule, tests_of

# Words that pydantic puts into a place to say which kind of condition it read.
_KINDS = ("test", "all", "any", "not", "list[any]", "tuple")


def read_routing(path: Path, content: bytes) -> tuple[Routing, TomlText]:
    """Read `routing.toml`. Raises `UsageError` naming file, line and key of what is wrong."""
    document, toml = read_toml(path, content)
    try:
        return Routing.model_validate(document), toml
    except ValidationError as error:
        # A condition that is wrong inside makes the group around it wrong too: the innermost says it.
        problems = [details for details in error.errors() if details["type"] != "too_short"] or error.errors()
        refuse_file(path, [_mistake(details, toml) for details in problems])


def check_routing(
    routing: Routing, toml: TomlText, feeds: Mapping[str, Feed], teams: TableRows | None, path: Path
) -> None:
    """Refuse rules that name a team, an account or a feed which the other files do not have."""
    mistakes = [
        Mistake(toml.line_of(("rules", str(place), key)), f"rule {rule.name}, {key}", message)
        for place, rule in enumerate(routing.rules)
        for key, message in (*_team_mistakes(rule, teams), *_feed_mistakes(rule, feeds))
    ]
    if mistakes:
        refuse_file(path, mistakes)


def team_ids_of(rule: TeamRule, teams: Iterable[tuple[int, str, str | None]]) -> dict[str, int]:
    """Return by account the team that a rule means; `teams` are (teamId, accountId, name) of teams that take leads."""
    return {
        account: team_id
        for team_id, account, name in teams
        if rule.account_id in (None, account) and (team_id == rule.team or _is_called(name, rule.team))
    }


def _is_called(name: str | None, team: int | str) -> bool:
    return name is not None and isinstance(team, str) and name.strip().lower() == team.strip().lower()


def _mistake(details: ErrorDetails, toml: TomlText) -> Mistake:
    key = tuple(str(part) for part in details["loc"] if part not in _KINDS)
    rule_place = f"rule {int(key[1]) + 1}, " if key[0] == "rules" and len(key) > 1 else ""
    where = rule_place + ".".join(key[2:] if rule_place else key)
    return Mistake(toml.line_of(key), where.rstrip(", "), _message(details, key))


def _message(details: ErrorDetails, key: tuple[str, ...]) -> str:
    if details["type"] == "extra_forbidden":
        model: type[BaseModel] = Routing if len(key) == 1 else TeamRule if len(key) == 3 else FieldTest
        names = [field.alias or name for name, field in model.model_fields.items()]
        return f"is no key here{did_you_mean(key[-1], names)}; there are {', '.join(names)}"
    if details["type"] == "reference":
        return details["msg"]
    if details["type"] == "missing":
        return "is missing"
    if details["type"] == "literal_error":
        choices = re.findall(r"'([^']*)'", details["ctx"]["expected"])
        return f'"{details["input"]}" is none of {", ".join(choices)}{did_you_mean(str(details["input"]), choices)}'
    return details["msg"].replace("Input should", "should")


def _team_mistakes(rule: TeamRule, teams: TableRows | None) -> Iterator[tuple[str, str]]:
    if teams is None:
        if isinstance(rule.team, str):
            yield "team", f'"{rule.team}" is a name, and there is no teams.csv to look it up in; give the id'
        return
    known = list(teams.frame.select("teamId", "accountId", "name").iter_rows())
    accounts = sorted({account for _, account, _ in known})
    if rule.account_id is not None and rule.account_id not in accounts:
        yield (
            "account_id",
            f'"{rule.account_id}" has no team in teams.csv{did_you_mean(rule.account_id, accounts)}; '
            f"it has {', '.join(accounts)}",
        )
    elif not team_ids_of(rule, known):
        where = "" if rule.account_id is None else f' of account "{rule.account_id}"'
        close = nearest(str(rule.team), [name for _, _, name in known if name])
        told = ", ".join(f"{team_id} {name or ''}".strip() for team_id, _, name in known[:10])
        yield (
            "team",
            f'"{rule.team}" is no team{where} in teams.csv; '
            + (f'did you mean "{close}"?' if close else f"it has {told}"),
        )


def _feed_mistakes(rule: TeamRule, feeds: Mapping[str, Feed]) -> Iterator[tuple[str, str]]:
    known = {name.lower() for name in feeds}
    for test in tests_of(rule.when):
        for feed in test.choices or () if test.field == FEED else ():
            if feed not in known:
                yield "when", f'"{feed}" is no feed of feeds.toml{did_you_mean(str(feed), feeds)}'
