"""The invented export of the benchmarks: the same bytes for the same seed, with the shares that it promises."""

import csv
import math
from pathlib import Path

import polars as pl
import pytest

from flows.cells.phone import parse_phones
from flows.header_aliases import load_aliases
from flows.reference import load_reference
from flows.steps import map as mapping
from flows.steps import normalise
from tests.benchmarks import run, vendor_export, vendor_words
from tests.benchmarks.vendor_export import OWNERS, TYPED_COLUMNS, make_rows, write_export

ROW_COUNT = 4_000
SEED = 7


@pytest.fixture(scope="module")
def export() -> pl.DataFrame:
    return make_rows(0, ROW_COUNT, SEED)


def test_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    one, other, another_seed = tmp_path / "one.csv", tmp_path / "other.csv", tmp_path / "another.csv"
    write_export(one, 200, SEED)
    write_export(other, 200, SEED)
    write_export(another_seed, 200, SEED + 1)
    assert one.read_bytes() == other.read_bytes() != another_seed.read_bytes()


def test_blocks_of_rows_are_the_rows_made_at_once(export: pl.DataFrame) -> None:
    halves = [make_rows(0, 1_500, SEED), make_rows(1_500, ROW_COUNT, SEED)]
    assert pl.concat(halves).equals(export)


def test_file_is_plain_csv_of_thirty_columns(tmp_path: Path, export: pl.DataFrame) -> None:
    path = tmp_path / "export.csv"
    write_export(path, ROW_COUNT, SEED)
    with path.open(newline="", encoding="utf-8") as file:
        header, *records = csv.reader(file, strict=True)
    assert (len(header), len(records)) == (30, ROW_COUNT)
    assert records == [list(row) for row in export.cast(pl.String).iter_rows()]


def test_eight_percent_repeat_a_person_in_other_letters(export: pl.DataFrame) -> None:
    keys = export.select(
        *(pl.col(name).str.strip_chars().str.to_lowercase() for name in ("First Name", "Last Name")),
        email=pl.col("Email").str.to_lowercase().str.replace(" at ", "@"),
        spelt=pl.concat_str("First Name", "Last Name", "Email", "Phone Number"),
    )
    assert ROW_COUNT - keys.select("First Name", "Last Name", "email").n_unique() == ROW_COUNT * 0.08
    assert keys["spelt"].n_unique() > ROW_COUNT * 0.99


def test_half_a_percent_lacks_a_name(export: pl.DataFrame) -> None:
    nameless = export.filter((pl.col("First Name") == "") | (pl.col("Last Name") == ""))
    assert nameless.height == ROW_COUNT * 0.005


def test_two_percent_of_typed_cells_cannot_be_read_and_all_others_can(export: pl.DataFrame) -> None:
    reference = load_reference(run.REFERENCE, must_exist=True)
    feed = reference.feeds[run.FEED]
    raw = pl.concat(
        [pl.DataFrame({"row_number": range(ROW_COUNT), "line_number": range(ROW_COUNT)}), export.cast(pl.String)],
        how="horizontal",
    )
    mapped = mapping.map_records(raw, mapping.map_headers(export.columns, feed, load_aliases(None)), feed)
    typed = normalise.normalise_leads(mapped, feed, normalise.find_date_orders([mapped], feed))
    filled = sum(int((export[name] != "").sum()) for name in TYPED_COLUMNS)
    # A range of employees can be read; its text is kept all the same.
    unread = typed.issues.filter(typed.issues["code"] != "number_range")
    assert unread.height / filled == pytest.approx(0.02, abs=0.002)
    meant = sum(int(export[name].is_in(_bad_cells(name)).sum()) for name in TYPED_COLUMNS if name != "Email")
    assert unread.height == meant + int(export["Email"].str.contains(" at ").sum())


def _bad_cells(column: str) -> tuple[str, ...]:
    match column:
        case "Phone Number" | "Mobile Phone Number":
            return vendor_words.BAD_PHONES
        case "Interested in Switching":
            return vendor_words.BAD_BOOLEANS
        case "Create Date" | "Last Contacted":
            return vendor_words.BAD_DATES
        case _:
            return vendor_words.BAD_NUMBERS


def test_everybody_has_a_number_of_their_own(export: pl.DataFrame) -> None:
    originals = export.with_row_index().filter(pl.col("index") % 25 < 23)
    phones = parse_phones(originals["Phone Number"], "US")
    valid = phones.filter(pl.col("is_valid"))["value"]
    assert valid.n_unique() == valid.len() > originals.height * 0.97
    number_count = len(vendor_words.AREA_CODES) * len(vendor_words.EXCHANGES) * 10_000
    assert math.gcd(vendor_export.PHONE_STRIDE, number_count) == 1


def test_later_export_changes_ten_percent_of_the_rows(export: pl.DataFrame) -> None:
    later = make_rows(0, ROW_COUNT, SEED, is_later=True)
    is_changed = pl.Series(one != other for one, other in zip(export.rows(), later.rows(), strict=True))
    assert is_changed.sum() == ROW_COUNT * 0.1
    assert later["Record ID"].equals(export["Record ID"])


def test_owners_of_the_export_are_users_of_the_reference() -> None:
    users = load_reference(run.REFERENCE, must_exist=True).users
    assert users is not None
    assert sorted(users["user"]) == sorted(OWNERS)
