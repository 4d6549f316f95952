"""Loads the reference folder: feeds, teams, users, sources, stages, each held to its contract.

Every file is optional, and a reference from one file to another is checked only where both exist
(design 4.5). A file that says something this version cannot follow is refused, never passed over:
who wrote a rule must not find out later that nobody read it.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import polars as pl

from flows.errors import UsageError
from flows.identity.model import MODEL_FILE
from flows.reference_files import (
    Mistake,
    TableRows,
    TomlText,
    read_feeds,
    read_identity_rules,
    read_retention,
    read_table,
    refuse_file,
)
from flows.routing_file import check_routing, read_routing
from flows.survivorship_file import read_survivorship
from schemas.reference import DEFAULT_FEED, Feed, IdentityRules, nearest
from schemas.reference_tables import REFERENCE_TABLES
from schemas.retention import Retention
from schemas.routing import Routing
from schemas.survivorship import DEFAULT_RULES

FEEDS_FILE: Final = "feeds.toml"
HEADER_ALIASES_FILE: Final = "header_aliases.csv"
IDENTITY_FILE: Final = "identity.toml"
RETENTION_FILE: Final = "retention.toml"
ROUTING_FILE: Final = "routing.toml"
SURVIVORSHIP_FILE: Final = "survivorship.toml"

_TABLE_FILES: Final = tuple(table.file_name for table in REFERENCE_TABLES)
_RULE_FILES: Final = (IDENTITY_FILE, MODEL_FILE, RETENTION_FILE, ROUTING_FILE, SURVIVORSHIP_FILE)
_USED_FILES: Final = (FEEDS_FILE, HEADER_ALIASES_FILE, *_RULE_FILES, *_TABLE_FILES)


@dataclass(frozen=True)
class Reference:
    """The reference folder as one batch uses it; a frame is None where its file does not exist.

    `feeds` always holds `default`. Frames have the columns and types of `schemas.reference_tables`,
    one row per row of the file, in file order; users are in lower case throughout. `survivorship` has a
    rule for each field of a lead. `sha256` covers names and bytes of the files used, so that equal hashes mean equal
    reference data; `contents` are those bytes.
    """

    folder: Path
    sha256: str
    feeds: dict[str, Feed]
    teams: pl.DataFrame | None = None
    users: pl.DataFrame | None = None
    absences: pl.DataFrame | None = None
    team_members: pl.DataFrame | None = None
    lead_sources: pl.DataFrame | None = None
    stages: pl.DataFrame | None = None
    do_not_load: pl.DataFrame | None = None
    forbidden_headers: pl.DataFrame | None = None
    header_aliases: Path | None = None
    identity: IdentityRules = field(default_factory=IdentityRules)
    survivorship: Mapping[str, str] = field(default_factory=lambda: DEFAULT_RULES)
    routing: Routing = field(default_factory=Routing)
    retention: Retention = field(default_factory=Retention)
    contents: Mapping[str, bytes] = field(default_factory=dict)

    def frame_of(self, file_name: str) -> pl.DataFrame | None:
        """Return the frame of a CSV file by its name, None where it does not exist or holds nothing to keep."""
        frame = getattr(self, file_name.removesuffix(".csv"), None)
        return frame if isinstance(frame, pl.DataFrame) else None


def load_reference(folder: Path, *, must_exist: bool = False) -> Reference:
    """Read and check the whole folder; a folder that does not exist is an empty one, unless it must.

    Raises `UsageError` in one line naming file, line and key of what is wrong, with the nearest
    right value where there is one.
    """
    contents = _read_folder(folder, must_exist=must_exist)
    feeds: dict[str, Feed] = {}
    toml: TomlText | None = None
    if FEEDS_FILE in contents:
        feeds, toml = read_feeds(folder / FEEDS_FILE, contents[FEEDS_FILE])
    tables = {
        table.file_name: read_table(folder / table.file_name, contents[table.file_name], table)
        for table in REFERENCE_TABLES
        if table.file_name in contents
    }
    _check_references(tables)
    if toml:
        _check_feed_references(feeds, toml, tables)
    feeds = {DEFAULT_FEED: Feed(name=DEFAULT_FEED), **feeds}
    routing = _load_routing(folder / ROUTING_FILE, contents, feeds, tables)

    survivorship = DEFAULT_RULES
    if SURVIVORSHIP_FILE in contents:
        survivorship = read_survivorship(folder / SURVIVORSHIP_FILE, contents[SURVIVORSHIP_FILE])

    def frame(file_name: str) -> pl.DataFrame | None:
        return tables[file_name].frame if file_name in tables else None

    return Reference(
        folder=folder,
        sha256=_hash_contents(contents),
        feeds=feeds,
        teams=frame("teams.csv"),
        users=frame("users.csv"),
        absences=frame("absences.csv"),
        team_members=frame("team_members.csv"),
        lead_sources=frame("lead_sources.csv"),
        stages=frame("stages.csv"),
        do_not_load=frame("do_not_load.csv"),
        forbidden_headers=frame("forbidden_headers.csv"),
        header_aliases=folder / HEADER_ALIASES_FILE if HEADER_ALIASES_FILE in contents else None,
        identity=(
            read_identity_rules(folder / IDENTITY_FILE, contents[IDENTITY_FILE])
            if IDENTITY_FILE in contents
            else IdentityRules()
        ),
        survivorship=survivorship,
        routing=routing,
        retention=(
            read_retention(folder / RETENTION_FILE, contents[RETENTION_FILE])
            if RETENTION_FILE in contents
            else Retention()
        ),
        contents=contents,
    )


def _load_routing(
    path: Path, contents: dict[str, bytes], feeds: dict[str, Feed], tables: dict[str, TableRows]
) -> Routing:
    if path.name not in contents:
        return Routing()
    routing, toml = read_routing(path, contents[path.name])
    check_routing(routing, toml, feeds, tables.get("teams.csv"), path)
    return routing


def _read_folder(folder: Path, *, must_exist: bool) -> dict[str, bytes]:
    """Return the bytes of the folder's files by name: read once, so that what is hashed is what is used."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder}: the reference folder is a file; name the folder that holds feeds.toml")
    if not folder.exists():
        if must_exist:
            raise UsageError(f"{folder}: there is no such reference folder")
        return {}
    try:
        names = sorted(path.name for path in folder.iterdir())
        _refuse_slips(folder, names)
        return {name: (folder / name).read_bytes() for name in names if name in _USED_FILES}
    except OSError as error:
        place = error.filename or folder
        raise UsageError(f"{place}: the reference data cannot be read ({error.strerror})") from None


def _refuse_slips(folder: Path, names: list[str]) -> None:
    """Refuse names that would be passed over in silence although somebody meant them to count."""
    for name in names:
        stem, dot, suffix = name.rpartition(".")
        if name in _USED_FILES or suffix.lower() not in ("csv", "toml", "xlsx", "xls"):
            continue
        is_sheet = suffix.lower() in ("xlsx", "xls")
        meant = f"{stem}{dot}csv" if is_sheet else nearest(name, _USED_FILES, cutoff=0.85)
        if meant in names or meant not in _USED_FILES:
            continue
        told = 'is a workbook and not read; in Excel save it as "CSV UTF-8":' if is_sheet else "is not read; call it"
        raise UsageError(f"{folder / name}: {told} {meant}, or move it out of the folder")


def _hash_contents(contents: dict[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name in sorted(contents):
        # The length keeps one file's end and the next one's name apart.
        digest.update(f"{name}\0{len(contents[name])}\0".encode())
        digest.update(contents[name])
    return digest.hexdigest()


# --- references from file to file


def _check_references(tables: dict[str, TableRows]) -> None:
    for file_name, column, target_file, target in (
        ("teams.csv", "fallback_owner", "users.csv", "user"),
        ("absences.csv", "user", "users.csv", "user"),
        ("team_members.csv", "teamId", "teams.csv", "teamId"),
        ("team_members.csv", "user", "users.csv", "user"),
        ("lead_sources.csv", "teamId", "teams.csv", "teamId"),
    ):
        if file_name in tables and target_file in tables:
            _check_column(tables[file_name], column, tables[target_file], target)
    if all(name in tables for name in ("teams.csv", "users.csv", "team_members.csv")):
        _check_member_accounts(tables["team_members.csv"], tables["teams.csv"], tables["users.csv"])


def _check_column(rows: TableRows, column: str, target: TableRows, target_column: str) -> None:
    known = set(target.frame[target_column])
    mistakes = [
        Mistake(line, column, _unknown(value, target.path.name, known))
        for line, value in zip(rows.lines, rows.frame[column], strict=True)
        if value is not None and value not in known
    ]
    if mistakes:
        refuse_file(rows.path, mistakes)


def _unknown(value: object, file_name: str, known: set[object]) -> str:
    if not isinstance(value, int):
        # A user: people's addresses stay out of messages, so the line has to do.
        return f"this user is not in {file_name}"
    ids = sorted(str(each) for each in known)
    close = nearest(str(value), ids)
    hint = f" (it has {', '.join(ids[:10])}{', ...' if len(ids) > 10 else ''})" if ids else ""
    return f"{value} is not in {file_name}" + (f" (did you mean {close}?)" if close else hint)


def _check_member_accounts(members: TableRows, teams: TableRows, users: TableRows) -> None:
    """Refuse members of another account than their team's: nothing crosses accounts."""
    account_of_team = dict(teams.frame.select("teamId", "accountId").iter_rows())
    account_of_user = dict(users.frame.select("user", "accountId").iter_rows())
    mistakes = [
        Mistake(
            line,
            "user",
            f'this user is of account "{account_of_user[user]}", team {team} of "{account_of_team[team]}"',
        )
        for line, (team, user) in zip(members.lines, members.frame.select("teamId", "user").iter_rows(), strict=True)
        if account_of_user[user] not in (None, account_of_team[team])
    ]
    if mistakes:
        refuse_file(members.path, mistakes)


def _check_feed_references(feeds: dict[str, Feed], toml: TomlText, tables: dict[str, TableRows]) -> None:
    """Refuse feeds whose team or source is unknown, or of another account or team than the feed."""
    mistakes = [
        Mistake(toml.line_of(("feeds", name, key)), f"feeds.{name}.{key}", message)
        for name, feed in feeds.items()
        for key, message in (
            ("team_id", _team_mistake(feed, tables.get("teams.csv"))),
            ("lead_source_id", _source_mistake(feed, tables.get("lead_sources.csv"))),
        )
        if message
    ]
    if mistakes:
        refuse_file(toml.path, mistakes)


def _team_mistake(feed: Feed, teams: TableRows | None) -> str | None:
    if teams is None or feed.team_id is None:
        return None
    account_of = dict(teams.frame.select("teamId", "accountId").iter_rows())
    account = account_of.get(feed.team_id)
    if account is None:
        return _unknown(feed.team_id, teams.path.name, set(account_of))
    # A CRM's rows name their own account, so its feed may stand for several.
    if feed.origin == "vendor" and account != feed.account_id:
        return (
            f'team {feed.team_id} is of account "{account}" ({teams.path.name}), '
            f'the feed of account_id "{feed.account_id}"'
        )
    return None


def _source_mistake(feed: Feed, sources: TableRows | None) -> str | None:
    if sources is None or feed.lead_source_id is None:
        return None
    team_of = dict(sources.frame.select("leadSourceId", "teamId").iter_rows())
    team = team_of.get(feed.lead_source_id)
    if team is None:
        return _unknown(feed.lead_source_id, sources.path.name, set(team_of))
    if feed.team_id not in (None, team):
        return (
            f"source {feed.lead_source_id} is of team {team} ({sources.path.name}), the feed of team_id {feed.team_id}"
        )
    return None
