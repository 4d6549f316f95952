"""One text of an address out of its columns: street, city, state, postcode, country, in that order."""

from collections.abc import Sequence
from typing import Final

import polars as pl

from flows.cells.alternatives import choose_first
from flows.cells.parsed import put

# An address that stands in one column as a whole comes after a street and before the rest.
WHOLE: Final = ""
_ORDER: Final = ("street", WHOLE, "city", "state", "postcode", "country")

_LINE_BREAKS: Final = r"\s*[,;]?\s*[\r\n]+\s*"
_AROUND: Final = " \t\r\n\u00a0,;"


def compose_addresses(parts: Sequence[tuple[str, pl.Series]]) -> tuple[pl.Series, list[pl.Series | None]]:
    """Return the address of each row, and per column what it says that found no place in it.

    `parts` are columns with their role (see `flows.header_aliases`), in the order in which they are
    asked. Several columns of streets follow one another; of other columns of one role the first
    that says anything counts. A city or country that the whole address ends with is not repeated.
    A single column comes as it is. Blank is not absent: a row without any of the cells has no
    address, one with blank cells a blank one.
    """
    if len(parts) == 1:
        return parts[0][1], [None]
    left_over: list[pl.Series | None] = [None] * len(parts)
    chosen: list[pl.Series] = []
    for role in _ORDER:
        places = [place for place, (part_role, _) in enumerate(parts) if part_role == role]
        columns = [parts[place][1] for place in places]
        if role == "street":
            chosen += [cells.alias(f"street {place}") for place, cells in enumerate(columns)]
        elif columns:
            first, others = choose_first(columns)
            chosen.append(first.alias(role or "whole"))
            for place, other in zip(places, others, strict=False):
                left_over[place] = other
    frame = pl.DataFrame(chosen)
    breaks_lines = frame.select(pl.all().str.contains(r"[\r\n]").any())
    frame = frame.with_columns(_on_one_line(cells) for cells in chosen if breaks_lines[cells.name].item())
    said = frame.select(_text_or_null(name) for name in frame.columns)
    if "whole" in said.columns:
        said = _without_repeats(said)
    address = said.select(pl.concat_str(pl.all(), separator=", ", ignore_nulls=True).alias("address"))
    if any(cells.null_count() == 0 for cells in chosen):
        return address["address"], left_over
    is_absent = frame.select(pl.all_horizontal(pl.all().is_null()).alias("is_absent"))["is_absent"]
    return address["address"].set(is_absent, None), left_over


def _on_one_line(cells: pl.Series) -> pl.Series:
    places = cells.str.contains(r"[\r\n]").fill_null(False).arg_true()
    return put(cells, places, cells.gather(places).str.strip_chars().str.replace_all(_LINE_BREAKS, ", "))


def _text_or_null(name: str) -> pl.Expr:
    text = pl.col(name).str.strip_chars(_AROUND)
    return pl.when(text != "").then(text).alias(name)


def _without_repeats(said: pl.DataFrame) -> pl.DataFrame:
    """Drop what the whole address says already: its street, and parts that stand behind its first comma.

    Not before it: `Austin Road 5` holds no city.
    """
    whole = pl.col("whole").str.to_lowercase()
    behind_comma = pl.lit(", ") + whole.str.extract(r"(?s),\s*(.*)") + pl.lit(",")
    compared = said.with_columns(whole.alias("whole, folded"), behind_comma.alias("behind comma"))
    return compared.select(
        pl.col(name) if name == "whole" else pl.when(~_is_repeat(name)).then(pl.col(name)).alias(name)
        for name in said.columns
    )


def _is_repeat(name: str) -> pl.Expr:
    part = pl.col(name).str.to_lowercase()
    whole, behind_comma = pl.col("whole, folded"), pl.col("behind comma")
    if name.startswith("street"):
        return whole.str.starts_with(part).fill_null(False)
    places = (f"{before}{{}}{after}" for before, after in ((", ", ","), (", ", " "), (" ", ",")))
    found = [behind_comma.str.contains(pl.format(place, part), literal=True) for place in places]
    return pl.any_horizontal(whole == part, *found).fill_null(False)
