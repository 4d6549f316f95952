"""Names in the place of ids: a cell that calls a team or a lead source by its name becomes its id.

Row by row and before cells are read as numbers. A team is known by its name in the row's own account, a source by
its name or an alias in the row's own team; where the row says no team, in the account if no two sources share it.
"""

from dataclasses import dataclass
from typing import Final

import polars as pl

from flows.cells.text import fold_case, read_blanks
from schemas.reference import Feed

UNKNOWN_COLUMNS: Final = {"row_number": pl.Int64, "column_name": pl.String, "raw": pl.String}


@dataclass(frozen=True)
class Names:
    """The names that the reference data knows, folded; None where the file is not there to ask.

    `teams`: account_id, spelling, id. `sources`: account_id, team_id, spelling, id; the account is null where
    teams.csv does not say whose the team is.
    """

    teams: pl.DataFrame | None
    sources: pl.DataFrame | None


@dataclass(frozen=True)
class Named:
    """Mapped rows with ids for the names in them, and the cells that name nothing known (`UNKNOWN_COLUMNS`)."""

    frame: pl.DataFrame
    unknown: pl.DataFrame


def gather_names(teams: pl.DataFrame | None, lead_sources: pl.DataFrame | None) -> Names:
    """Return the names of the reference frames in the form that `name_ids` asks for."""
    team_names = None
    if teams is not None:
        team_names = teams.drop_nulls("name").select(
            account_id="accountId", spelling=_folded("name"), id=pl.col("teamId").cast(pl.String)
        )
    source_names = None
    if lead_sources is not None:
        account_of = {} if teams is None else dict(teams.select("teamId", "accountId").iter_rows())
        source_names = (
            lead_sources.select(
                account_id=pl.col("teamId").replace_strict(account_of, default=None, return_dtype=pl.String),
                team_id=pl.col("teamId").cast(pl.String),
                spelling=pl.concat_list(pl.concat_list("name"), "aliases"),
                id=pl.col("leadSourceId").cast(pl.String),
            )
            .explode("spelling", empty_as_null=False)
            .with_columns(_folded("spelling"))
            .unique(["team_id", "spelling"], keep="first", maintain_order=True)
        )
    return Names(team_names, source_names)


def name_ids(mapped: pl.DataFrame, feed: Feed, names: Names) -> Named:
    """Return the mapped text rows of a chunk with ids where `teamId` and `leadSourceId` hold names."""
    unknown = [pl.DataFrame(schema=UNKNOWN_COLUMNS)]
    if names.teams is not None and "teamId" in mapped.columns:
        mapped = _replace(mapped, "teamId", names.teams, _account(mapped, feed))
        mapped, missed = _blank_names(mapped, "teamId")
        unknown.append(missed)
    if names.sources is not None and "leadSourceId" in mapped.columns:
        team = pl.lit(None, pl.String) if "teamId" not in mapped.columns else _tidy("teamId")
        default = None if feed.team_id is None else str(feed.team_id)
        of_team = names.sources.select(account_id="team_id", spelling="spelling", id="id")
        of_account = names.sources.filter(pl.len().over("account_id", "spelling") == 1).select(of_team.columns)
        where = pl.coalesce(team, pl.lit(default, pl.String))
        mapped = _replace(mapped, "leadSourceId", of_team, where)
        mapped = _replace(mapped, "leadSourceId", of_account, _account(mapped, feed))
        mapped, missed = _blank_names(mapped, "leadSourceId")
        unknown.append(missed)
    return Named(mapped, pl.concat(unknown))


def _replace(mapped: pl.DataFrame, column: str, names: pl.DataFrame, where: pl.Expr) -> pl.DataFrame:
    """Return the rows with ids for those names in the column that are known at the row's place."""
    is_name = _is_name(mapped[column])
    if not is_name.any():
        return mapped
    told = mapped.filter(is_name).select(account_id=where, spelling=pl.col(column).map_batches(_spelling, pl.String))
    found = told.join(names, on=["account_id", "spelling"], how="left", maintain_order="left")["id"]
    cells = mapped[column].scatter(is_name.arg_true(), found.fill_null(mapped.filter(is_name)[column]))
    return mapped.with_columns(cells.alias(column))


def _blank_names(mapped: pl.DataFrame, column: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the rows without the names that are left in the column, and those that say anything."""
    is_name = _is_name(mapped[column])
    left = mapped.filter(is_name).select("row_number", pl.lit(column).alias("column_name"), raw=column)
    unknown = left.filter(_spelling(left["raw"]).is_not_null())
    is_unknown = is_name & mapped["row_number"].is_in(unknown["row_number"].implode())
    return mapped.with_columns(mapped[column].set(is_unknown, None)), unknown


def _is_name(cells: pl.Series) -> pl.Series:
    return cells.str.contains(r"\p{L}").fill_null(False)


def _spelling(cells: pl.Series) -> pl.Series:
    return fold_case(read_blanks(cells))


def _account(mapped: pl.DataFrame, feed: Feed) -> pl.Expr:
    """The account that a row is of: a vendor's is the feed's, the CRM's own goes first (design 5.3)."""
    if feed.origin == "crm" and "accountId" in mapped.columns:
        return pl.coalesce(_tidy("accountId"), pl.lit(feed.account_id))
    return pl.lit(feed.account_id)


def _tidy(column: str) -> pl.Expr:
    text = pl.col(column).str.strip_chars()
    return pl.when(text != "").then(text)


def _folded(column: str) -> pl.Expr:
    return pl.col(column).map_batches(fold_case, pl.String).alias(column)
