"""Validate: typed leads against the contract of the specification and the reference data that exists.

A row is rejected only when a lead cannot be made from it; every reason is kept. A cell that points to
something the reference does not know is an issue: a vendor's is left out, the CRM's is believed and
kept (design 5.3, 5.9).
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, cast

import pandera.errors
import polars as pl

from schemas.lead import CONTACT_SCHEMA, ISSUE_SCHEMA, REQUIRED_CODES, typed_lead_schema
from schemas.reference import Feed
from schemas.rejected import REJECTED_COLUMNS, REJECTED_SCHEMA

_MESSAGES: Final = {
    "first_name_required": "a lead needs a first name; fill it in, or set placeholders.firstName for the feed",
    "last_name_required": "a lead needs a last name; fill it in, or set placeholders.lastName for the feed",
}


@dataclass(frozen=True)
class Known:
    """The ids and people that the reference data knows in one account; None where the file is not there to ask.

    `team_names` and `source_names` are by id. `team_of_source` maps a lead source to its team. `users` holds one row
    per spelling (e-mail, name or id in lower case): `spelling`, `user`, `is_active`, and `is_shared` where several
    users have it.
    """

    team_names: dict[int, str | None] | None
    team_of_source: dict[int, int] | None
    source_names: dict[int, str | None]
    users: pl.DataFrame | None


@dataclass(frozen=True)
class Validated:
    """What validation tells apart: leads with their contacts and issues, and the rejected rows."""

    leads: pl.DataFrame
    contacts: pl.DataFrame
    issues: pl.DataFrame
    rejected: pl.DataFrame


def gather_known(
    teams: pl.DataFrame | None, lead_sources: pl.DataFrame | None, users: pl.DataFrame | None, account_id: str
) -> Known:
    """Return what the reference frames know in an account, in the form that validation asks for it.

    Nothing crosses accounts: another account's teams, their lead sources and its users are unknown here. A user
    without an account is one of every account.
    """
    own_teams = None if teams is None else teams.filter(pl.col("accountId") == account_id)
    foreign = set[int]() if teams is None or own_teams is None else set(teams["teamId"]) - set(own_teams["teamId"])
    own_sources = None if lead_sources is None else lead_sources.filter(~pl.col("teamId").is_in(sorted(foreign)))
    return Known(
        team_names=None if own_teams is None else dict(own_teams.select("teamId", "name").iter_rows()),
        team_of_source=(
            None if own_sources is None else dict(own_sources.select("leadSourceId", "teamId").iter_rows())
        ),
        source_names={} if own_sources is None else dict(own_sources.select("leadSourceId", "name").iter_rows()),
        users=None if users is None else _spellings(users.filter(pl.col("accountId").eq(account_id).fill_null(True))),
    )


def validate_leads(
    leads: pl.DataFrame,
    contacts: pl.DataFrame,
    issues: pl.DataFrame,
    feed: Feed,
    known: Known,
    unknown_names: pl.DataFrame | None = None,
) -> Validated:
    """Tell valid leads from rejected ones, and settle what points into the reference data.

    Takes the typed frames of normalise (`schemas.lead`) and the cells that name no known team or source
    (`flows.reference_names`); gives the valid leads in the same shape and order, contacts and issues of those leads
    only, and the rejected rows (`schemas.rejected`, `raw` still null).
    """
    leads, found = _settle_references(leads, feed, known)
    reasons = [*_contract_reasons(leads, feed, known), *_source_team_reasons(leads, feed, known)]
    if unknown_names is not None and not unknown_names.is_empty():
        if feed.origin == "crm":
            found.append(unknown_names.with_columns(code=pl.lit("reference_unknown")).select(issues.columns))
        else:
            reasons.append(_name_reasons(unknown_names, known))
    rejected = _rejected_rows(leads, reasons)
    kept = leads.join(rejected.select("row_number"), on="row_number", how="anti", maintain_order="left")
    all_issues = pl.concat([issues, *found]) if found else issues
    if not rejected.is_empty():
        contacts = contacts.join(rejected.select("row_number"), on="row_number", how="anti", maintain_order="left")
        all_issues = all_issues.join(rejected.select("row_number"), on="row_number", how="anti", maintain_order="left")
    return Validated(
        leads=kept,
        contacts=CONTACT_SCHEMA.validate(contacts),
        issues=ISSUE_SCHEMA.validate(all_issues),
        rejected=REJECTED_SCHEMA.validate(rejected),
    )


def _spellings(users: pl.DataFrame) -> pl.DataFrame:
    """One row per way to name a user: the e-mail, the id, and the name; `is_shared` where it names several users."""
    spelled = [
        users.select(pl.col(column).str.strip_chars().str.to_lowercase().alias("spelling"), "user", is_active="active")
        for column in ("user", "id", "name")
    ]
    return (
        pl.concat(spelled)
        .drop_nulls("spelling")
        .unique(["spelling", "user"], keep="first", maintain_order=True)
        .with_columns(is_shared=pl.len().over("spelling") > 1)
        .unique("spelling", keep="first", maintain_order=True)
    )


def _settle_references(leads: pl.DataFrame, feed: Feed, known: Known) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """Name owners as `assignedTo` holds them, and find the cells that the reference does not know."""
    found: list[pl.DataFrame] = []
    is_crm = feed.origin == "crm"
    if is_crm and known.team_names is not None:
        found.append(_issues(leads, "teamId", _is_unknown("teamId", known.team_names), "reference_unknown"))
    if is_crm and known.team_of_source is not None:
        is_unknown = _is_unknown("leadSourceId", known.team_of_source)
        found.append(_issues(leads, "leadSourceId", is_unknown, "reference_unknown"))
    if known.users is None or leads["assignedTo"].null_count() == leads.height:
        return leads, found
    named = leads.with_columns(pl.col("assignedTo").str.strip_chars().str.to_lowercase().alias("spelling")).join(
        known.users, on="spelling", how="left", maintain_order="left"
    )
    is_unknown = pl.col("assignedTo").is_not_null() & pl.col("user").is_null()
    is_shared = pl.col("is_shared").fill_null(False)
    is_one = pl.col("user").is_not_null() & ~is_shared
    found.append(_issues(named, "assignedTo", is_unknown, "reference_unknown" if is_crm else "owner_unknown"))
    found.append(_issues(named, "assignedTo", is_shared, "owner_ambiguous"))
    if is_crm:
        owner = pl.when(is_one).then(pl.col("user")).otherwise(pl.col("assignedTo"))
    else:
        found.append(_issues(named, "assignedTo", is_one & ~pl.col("is_active"), "owner_inactive"))
        owner = pl.when(is_one & pl.col("is_active")).then(pl.col("user"))
    return named.with_columns(owner.alias("assignedTo")).select(leads.columns), found


def _is_unknown(column: str, known: Iterable[int]) -> pl.Expr:
    return pl.col(column).is_not_null() & ~pl.col(column).is_in(sorted(known))


def _issues(frame: pl.DataFrame, column: str, is_wrong: pl.Expr, code: str) -> pl.DataFrame:
    return frame.filter(is_wrong).select(
        "row_number",
        pl.lit(column).alias("column_name"),
        pl.lit(code).alias("code"),
        pl.col(column).cast(pl.String).alias("raw"),
    )


def _contract_reasons(leads: pl.DataFrame, feed: Feed, known: Known) -> list[pl.DataFrame]:
    """Return row_number, column, code and message of every broken rule of the contract."""
    schema = typed_lead_schema(feed.origin, known.team_names, known.team_of_source)
    try:
        schema.validate(leads, lazy=True)
    except pandera.errors.SchemaErrors as errors:
        cases = cast("pl.DataFrame", errors.failure_cases)
    else:
        return []
    is_ours = pl.col("check").is_in(["team_unknown", "lead_source_unknown"])
    is_missing_name = (pl.col("check") == "not_nullable") & pl.col("column").is_in(list(REQUIRED_CODES))
    unexpected = cases.filter(~(is_ours | is_missing_name))
    if not unexpected.is_empty():
        # Not the file's fault: an earlier step broke its hand-over.
        broken = unexpected.select("column", "check").unique().rows()
        raise AssertionError(f"typed leads break their contract: {sorted(map(str, broken))}")
    code = pl.coalesce(pl.col("column").replace_strict(REQUIRED_CODES, default=None), "check")
    return [
        cases.select(
            leads["row_number"].gather(cases["index"]).alias("row_number"),
            "column",
            code.alias("code"),
        ).with_columns(pl.col("code").replace_strict(_messages(known), default="").alias("message"))
    ]


def _messages(known: Known) -> dict[str, str]:
    return {
        **_MESSAGES,
        "team_unknown": f"teams.csv has no such team; known are {_listed(known.team_names or {})}",
        "lead_source_unknown": f"lead_sources.csv has no such source; known are {_listed(known.source_names)}",
    }


def _name_reasons(unknown_names: pl.DataFrame, known: Known) -> pl.DataFrame:
    """The reasons of rows that name a team or source which the reference does not have."""
    codes = {"teamId": "team_unknown", "leadSourceId": "lead_source_unknown"}
    return unknown_names.select(
        "row_number", column="column_name", code=pl.col("column_name").replace_strict(codes)
    ).with_columns(pl.col("code").replace_strict(_messages(known), default="").alias("message"))


def _listed(names: Mapping[int, str | None]) -> str:
    told = [f"{number} {name}" if name else str(number) for number, name in sorted(names.items())]
    return ", ".join(told[:10]) + (f" and {len(told) - 10} more" if len(told) > 10 else "")


def _source_team_reasons(leads: pl.DataFrame, feed: Feed, known: Known) -> list[pl.DataFrame]:
    """A vendor's lead source must be one of the team that the row names; of other teams assign asks, who know them."""
    if feed.origin == "crm" or known.team_of_source is None or leads["leadSourceId"].null_count() == leads.height:
        return []
    team_of_source = pl.col("leadSourceId").replace_strict(known.team_of_source, default=None, return_dtype=pl.Int64)
    return [
        leads.filter(team_of_source != pl.col("teamId")).select(
            "row_number",
            pl.lit("leadSourceId").alias("column"),
            pl.lit("lead_source_unknown").alias("code"),
            pl.format(
                "lead source {} belongs to team {}, the row to team {}", "leadSourceId", team_of_source, "teamId"
            ).alias("message"),
        )
    ]


def _digest(basis: str) -> str:
    return hashlib.md5(basis.encode(), usedforsecurity=False).hexdigest()


def _rejected_rows(leads: pl.DataFrame, reasons: list[pl.DataFrame]) -> pl.DataFrame:
    if not reasons:
        return pl.DataFrame(schema=REJECTED_COLUMNS)
    per_row = (
        pl.concat(reasons)
        .group_by("row_number", maintain_order=True)
        .agg(pl.struct("column", "code", "message").alias("reasons"))
    )
    return (
        leads.join(per_row, on="row_number", how="inner", maintain_order="left")
        .with_columns(
            pl.lit(None, dtype=pl.String).alias("raw"),
            # The key that the row will have once it loads (sql/stage/stage_leads.sql).
            pl.coalesce("source_key", pl.col("key_basis").map_elements(_digest, pl.String)).alias("source_key"),
        )
        .select(list(REJECTED_COLUMNS))
    )
