"""Invented vendor exports for the benchmarks: 30 columns, any number of rows, the same bytes for the same seed.

Every cell is a function of the seed and the number of its row or person, so that blocks of rows are made one by
one in bounded memory, and a later export of the same leads differs only where it is meant to. Shares, over rows:
8% say again, in other letters and spellings, who an earlier row is about; 0.5% lack a name; 2% of the filled cells
that have a type (`TYPED_COLUMNS`) hold what is none. No person, company or address is real.
"""

import argparse
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from zlib import crc32

import polars as pl

from tests.benchmarks import vendor_words as words

# Of each 25 rows the last two repeat people, of each 200 one lacks a name; both count from zero.
GROUP_ROWS: Final = 25
GROUP_ORIGINALS: Final = 23
NAMELESS_EVERY: Final = 200
NAMELESS_AT: Final = 100
CHANGED_EVERY: Final = 10
CHANGED_AT: Final = 3
BAD_CELL_FRACTION: Final = 0.02

TYPED_COLUMNS: Final = (
    "Email",
    "Phone Number",
    "Mobile Phone Number",
    "Number of Employees",
    "Monthly Card Volume",
    "Interested in Switching",
    "Create Date",
    "Last Contacted",
)
_FIRST_DAY: Final = datetime(2023, 10, 1)
OWNERS: Final = tuple(f"rep{number:02}@acquirer.example" for number in range(1, 13))

_BLOCK_ROWS: Final = 250_000
# A prime: going round in such strides gives every number once before it gives one twice.
PHONE_STRIDE: Final = 715_225_739


class _Draws:
    """Numbers that look random and depend on the seed, a name and a key alone: splitmix64 of the three."""

    def __init__(self, seed: int, keys: pl.Series) -> None:
        self._seed = seed
        self._keys = keys.cast(pl.UInt64)

    def below(self, name: str, limit: int) -> pl.Series:
        mixed = self._keys * 0x9E3779B97F4A7C15 + crc32(f"{self._seed} {name}".encode()) * 0x1_0000_0001
        mixed = (mixed ^ (mixed // 2**30)) * 0xBF58476D1CE4E5B9
        mixed = (mixed ^ (mixed // 2**27)) * 0x94D049BB133111EB
        return (mixed ^ (mixed // 2**31)) % limit

    def share(self, name: str, fraction: float) -> pl.Series:
        return self.below(name, 1_000_000) < round(fraction * 1_000_000)

    def pick(self, name: str, choices: Sequence[str]) -> pl.Series:
        return pl.Series(choices, dtype=pl.String).gather(self.below(name, len(choices)))


def write_export(path: Path, row_count: int, seed: int, *, is_later: bool = False) -> None:
    """Write an export of `row_count` leads; `is_later` is the next one of the same leads, with 10% of the rows changed."""
    with path.open("wb") as file:
        for start in range(0, row_count, _BLOCK_ROWS):
            stop = min(start + _BLOCK_ROWS, row_count)
            make_rows(start, stop, seed, is_later=is_later).write_csv(file, include_header=start == 0)


def make_rows(start: int, stop: int, seed: int, *, is_later: bool = False) -> pl.DataFrame:
    """Return rows `start` to `stop` of an export, as text."""
    rows = pl.int_range(start, stop, dtype=pl.Int64, eager=True)
    is_repeat = rows % GROUP_ROWS >= GROUP_ORIGINALS
    by_row = _Draws(seed, rows)
    persons = rows.zip_with(~is_repeat, _repeated_persons(rows, by_row))
    by_person = _Draws(seed, persons)
    is_changed = (rows % CHANGED_EVERY == CHANGED_AT) & is_later
    columns = {
        "Record ID": 5_000_000_000 + rows * 7,
        **_names(rows, by_row, by_person, is_repeat),
        **_contacts(persons, by_row, by_person, is_repeat),
        **_company(by_row, by_person),
        **_address(by_person),
        **_business(by_row, by_person, is_changed),
        **_dates(by_row, is_changed),
        "Contact Owner": _blanked(by_row.pick("owner", OWNERS), by_row.share("has owner", 0.9)),
        "Notes": _notes(by_row, is_changed),
        "UTM Campaign": by_row.pick("campaign", words.CAMPAIGNS),
    }
    return pl.DataFrame(columns)


def _repeated_persons(rows: pl.Series, by_row: _Draws) -> pl.Series:
    """Return for each row an earlier one that says first, and with names, who somebody is."""
    earlier = (
        by_row.below("repeated", 2**48).cast(pl.Int64) % (rows // GROUP_ROWS * GROUP_ROWS + GROUP_ORIGINALS)
    ).cast(pl.Int64)
    earlier = earlier.zip_with(earlier % GROUP_ROWS < GROUP_ORIGINALS, earlier - (GROUP_ROWS - GROUP_ORIGINALS))
    return earlier.zip_with(earlier % NAMELESS_EVERY != NAMELESS_AT, earlier + 1)


def _names(rows: pl.Series, by_row: _Draws, by_person: _Draws, is_repeat: pl.Series) -> dict[str, pl.Series]:
    first, last = by_person.pick("first", words.FIRST_NAMES), _surnames(by_person)
    is_nameless = rows % NAMELESS_EVERY == NAMELESS_AT
    has_first = by_row.share("has first name", 0.5)
    style = by_row.below("name style", 4).set(~is_repeat, 9)
    return {
        "First Name": _blanked(_restyled(first, style), is_nameless & ~has_first),
        "Last Name": _blanked(_restyled(last, style), is_nameless & has_first),
    }


def _surnames(by_person: _Draws) -> pl.Series:
    single = by_person.pick("stem", words.SURNAME_STEMS) + by_person.pick("ending", words.SURNAME_ENDINGS)
    second = by_person.pick("second stem", words.SURNAME_STEMS) + by_person.pick("second ending", words.SURNAME_ENDINGS)
    return (single + "-" + second).zip_with(by_person.share("double name", 0.05), single)


def _restyled(names: pl.Series, style: pl.Series) -> pl.Series:
    """Write names again as another clerk would: style 0 in capitals, 1 in small letters, 2 with a space behind."""
    names = names.str.to_uppercase().zip_with(style == 0, names)
    names = names.str.to_lowercase().zip_with(style == 1, names)
    return (names + " ").zip_with(style == 2, names)


def _contacts(persons: pl.Series, by_row: _Draws, by_person: _Draws, is_repeat: pl.Series) -> dict[str, pl.Series]:
    mailbox = by_person.pick("mailbox", ("info", "sales", "hello", "m", "contact", "team", "k.l"))
    domain = by_person.pick("domain", words.COMPANY_WORDS) + by_person.pick("domain trade", words.TRADES).str.replace(
        "_", ""
    )
    emails = mailbox + "." + persons.cast(pl.String) + "@" + domain.str.to_lowercase() + ".example"
    emails = emails.str.to_uppercase().zip_with(is_repeat & by_row.share("shouted", 0.4), emails)
    wrong = emails.str.replace("@", " at ", literal=True)
    return {
        "Email": wrong.zip_with(by_row.share("bad Email", BAD_CELL_FRACTION), emails),
        "Phone Number": _spoilt(
            "Phone Number", _phones(persons * 2, "phone", by_row, by_person), words.BAD_PHONES, by_row
        ),
        "Mobile Phone Number": _spoilt(
            "Mobile Phone Number",
            _blanked(_phones(persons * 2 + 1, "mobile", by_row, by_person), by_person.share("has no mobile", 0.6)),
            words.BAD_PHONES,
            by_row,
        ),
    }


def _phones(numbers: pl.Series, name: str, by_row: _Draws, by_person: _Draws) -> pl.Series:
    """Return a phone number for each number, never the same for two, in one vendor's spelling or another's."""
    places = numbers * PHONE_STRIDE % (len(words.AREA_CODES) * len(words.EXCHANGES) * 10_000)
    abroad = numbers.cast(pl.String).str.zfill(8).str.replace(r"(..)(..)(..)(..)", "$1 $2 $3 $4")
    parts = pl.DataFrame(
        {
            "area": pl.Series(words.AREA_CODES).gather(places // 10_000 // len(words.EXCHANGES)),
            "exchange": pl.Series(words.EXCHANGES).gather(places // 10_000 % len(words.EXCHANGES)),
            "line": (places % 10_000).cast(pl.String).str.zfill(4),
            "extension": (by_person.below("extension", 900) + 100).cast(pl.String),
            "abroad": abroad,
            "is_abroad": by_person.share("lives abroad", 0.03),
            "form": by_row.below(name, len(words.PHONE_FORMS)),
        }
    )
    spelt = [pl.when("is_abroad").then(_spelling(words.FRENCH_FORM))]
    for form in dict.fromkeys(words.PHONE_FORMS):
        numbers_of_form = [number for number, each in enumerate(words.PHONE_FORMS) if each == form]
        spelt.append(pl.when(pl.col("form").is_in(numbers_of_form)).then(_spelling(form)))
    return parts.select(pl.coalesce(spelt)).to_series()


def _spelling(form: str) -> pl.Expr:
    """Return the text of a form that names columns in braces."""
    return pl.format(re.sub(r"\{\w+\}", "{}", form), *re.findall(r"\{(\w+)\}", form))


def _company(by_row: _Draws, by_person: _Draws) -> dict[str, pl.Series]:
    trade = by_person.pick("trade", words.TRADES).str.replace_all("_", " ")
    word, form = by_person.pick("company", words.COMPANY_WORDS), by_person.pick("form", words.COMPANY_FORMS)
    site = "https://www." + word.str.to_lowercase() + "-" + by_person.pick("site", words.TRADES).str.to_lowercase()
    return {
        "Company Name": word + " " + trade + form,
        "Job Title": by_row.pick("job title", words.JOB_TITLES),
        "Website URL": _blanked(site.str.replace_all("_", "-") + ".example/", by_row.share("has no site", 0.3)),
        "Industry": by_person.pick("industry", words.INDUSTRIES),
    }


def _address(by_person: _Draws) -> dict[str, pl.Series]:
    place = by_person.below("place", len(words.PLACES))
    city, state, postcode = (pl.Series(part).gather(place) for part in zip(*words.PLACES, strict=True))
    street = (by_person.below("house", 9_800) + 12).cast(pl.String) + " " + by_person.pick("street", words.STREETS)
    suite = street + " St, Suite " + (by_person.below("suite", 400) + 1).cast(pl.String)
    return {
        "Street Address": suite.zip_with(by_person.share("has a suite", 0.2), street + " St"),
        "City": city,
        "State/Region": state,
        "Postal Code": postcode,
        "Country/Region": by_person.pick("country", ("United States", "USA", "US")),
    }


def _business(by_row: _Draws, by_person: _Draws, is_changed: pl.Series) -> dict[str, pl.Series]:
    amount = (by_person.below("volume", 2_000) + 4) * 50 + is_changed.cast(pl.UInt64) * 1_000
    money = pl.DataFrame(
        {
            "form": by_row.below("money form", 6),
            "whole": amount.cast(pl.String),
            "thousands": (amount // 1_000).cast(pl.String),
            "rest": (amount % 1_000).cast(pl.String).str.zfill(3),
        }
    ).select(
        pl.when((pl.col("form") < 2) | (pl.col("thousands") == "0"))
        .then("whole")
        .when(pl.col("form") == 2)
        .then(pl.format("${},{}", "thousands", "rest"))
        .when(pl.col("form") == 3)
        .then(pl.format("${},{}.00", "thousands", "rest"))
        .when(pl.col("form") == 4)
        .then(pl.format("USD {}", "whole"))
        .otherwise(pl.format("{}k", "thousands"))
    )
    volume = _blanked(money.to_series(), by_row.share("has no volume", 0.2))
    employees = by_person.pick("employees", words.EMPLOYEES)
    switching = _blanked(by_row.pick("switching", words.BOOLEANS), by_row.share("was not asked", 0.3))
    stage = by_row.pick("stage", words.STAGES)
    return {
        "Number of Employees": _spoilt("Number of Employees", employees, words.BAD_NUMBERS, by_row),
        "Annual Revenue": (by_person.below("revenue", 9_000) * 1_000).cast(pl.String),
        "Monthly Card Volume": _spoilt("Monthly Card Volume", volume, words.BAD_NUMBERS, by_row),
        "Current Payment Processor": by_person.pick("processor", words.PROCESSORS),
        "Interested in Switching": _spoilt("Interested in Switching", switching, words.BAD_BOOLEANS, by_row),
        "Products/Services Sold": by_person.pick("products", words.PRODUCTS),
        "Buying Role": by_person.pick("buying role", words.BUYING_ROLES),
        "Lead Source": by_row.pick("lead source", words.LEAD_SOURCES),
        "Lead Status": by_row.pick("later stage", words.STAGES).zip_with(is_changed, stage),
    }


def _dates(by_row: _Draws, is_changed: pl.Series) -> dict[str, pl.Series]:
    created = _moments(by_row, "created", _FIRST_DAY, 500)
    modified = _moments(by_row, "modified", _FIRST_DAY + timedelta(days=500), 200)
    modified = (modified + timedelta(days=200)).zip_with(is_changed, modified)
    contacted = _moments(by_row, "contacted", _FIRST_DAY + timedelta(days=200), 500)
    contacted_texts = _blanked(
        contacted.dt.strftime("%m/%d/%Y").zip_with(
            by_row.share("contacted at a time", 0.8), contacted.dt.strftime("%-m/%-d/%Y %-I:%M %p")
        ),
        by_row.share("never contacted", 0.35),
    )
    created_texts = created.dt.strftime("%Y-%m-%d %H:%M:%S").zip_with(
        by_row.share("created in ISO", 0.8), created.dt.strftime("%b %-d, %Y")
    )
    return {
        "Create Date": _spoilt("Create Date", created_texts, words.BAD_DATES, by_row),
        # Never spoilt: it tells which version of a record is the newer one.
        "Last Modified Date": modified.dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "Last Contacted": _spoilt("Last Contacted", contacted_texts, words.BAD_DATES, by_row),
    }


def _moments(by_row: _Draws, name: str, first: datetime, day_count: int) -> pl.Series:
    seconds = by_row.below(name, day_count * 86_400).cast(pl.Int64) + int(
        (first - datetime(1970, 1, 1)).total_seconds()
    )
    return (seconds * 1_000_000).cast(pl.Datetime("us"))


def _notes(by_row: _Draws, is_changed: pl.Series) -> pl.Series:
    texts = by_row.pick("note", words.NOTES)
    with_case = texts + " (case " + by_row.below("case", 1_000_000).cast(pl.String) + ")"
    notes = _blanked(with_case.zip_with(by_row.share("has a case", 0.5), texts), by_row.share("has no note", 0.4))
    return ("Called again. " + notes).zip_with(is_changed, notes)


def _blanked(cells: pl.Series, is_blank: pl.Series) -> pl.Series:
    return cells.zip_with(~is_blank, pl.Series([""]))


def _spoilt(column: str, cells: pl.Series, bad: Sequence[str], by_row: _Draws) -> pl.Series:
    """Put something unreadable in the place of 2% of the cells that are not blank."""
    is_bad = by_row.share(f"bad {column}", BAD_CELL_FRACTION) & (cells != "")
    return by_row.pick(f"what in {column}", bad).zip_with(is_bad, cells)


def main() -> None:
    """Write one export to a file."""
    parser = argparse.ArgumentParser(description="Write an invented vendor export.")
    parser.add_argument("path", type=Path)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--later", action="store_true", help="the next export of the same leads, 10%% of them changed")
    arguments = parser.parse_args()
    write_export(arguments.path, arguments.rows, arguments.seed, is_later=arguments.later)


if __name__ == "__main__":
    main()
